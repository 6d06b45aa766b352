//! The connection to the server: requests, what can go wrong, and how long to wait before trying
//! again.

mod client;
mod diagnosis;
mod error;
mod retry;
mod url;

pub(crate) use client::build;
pub use client::{Link, Options};
pub(crate) use diagnosis::diagnose;
pub use error::LinkError;
pub use retry::{Backoff, Severity};
pub use url::{ServerUrl, UrlError};
