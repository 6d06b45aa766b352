//! What comes back to the worker's loop from what runs beside it.

use darkreach_protocol::work::{Assignment, HeartbeatResponse, NoWork, Receipt};

use super::{block::Leaving, checkpoints::Kept};
use crate::{
    display::HeldProgress,
    engine::{Happening, Saved},
    link::LinkError,
};

/// A message.
pub(super) enum Message {
    /// From the engine.
    Engine(Happening),
    /// A claim was answered.
    Claimed(Result<Claimed, LinkError>),
    /// A heartbeat was answered.
    Heartbeat(Result<HeartbeatResponse, LinkError>, Vec<HeldProgress>),
    /// A result was answered.
    Delivered(i64, Result<Receipt, LinkError>),
    /// A release was answered.
    Released(i64, Result<(), LinkError>),
    /// A checkpoint round is over.
    Kept(Vec<Kept>),
    /// A checkpoint was uploaded, or not.
    Uploaded(i64, Result<(), LinkError>),
    /// A block is out of the engine.
    Left(i64, Leaving, Option<Saved>),
}

/// An answered claim.
pub(super) struct Claimed {
    /// The blocks, each with the state that lies ready for it.
    pub(super) offers: Vec<Offer>,
    /// Why there are none.
    pub(super) reason: Option<NoWork>,
    /// When to ask again.
    pub(super) retry_after_seconds: Option<u32>,
}

/// A leased block and the state that someone left of it.
pub(super) struct Offer {
    pub(super) assignment: Assignment,
    /// The state and whether this node wrote it.
    pub(super) state: Option<(Vec<u8>, bool)>,
}
