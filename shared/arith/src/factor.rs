//! A residue prepared to be multiplied by again and again.

use crate::{any, residue::Reduced, weighted::engine};

/// A factor of one ring, by [`crate::Ring::factor`]: where the ring uses a transform, its transform is
/// kept, which saves a third of a product's work or more. It may be shared between threads.
#[derive(Clone, Debug)]
pub struct Factor(pub(crate) Stored);

/// How the ring represents it.
#[derive(Clone, Debug)]
pub(crate) enum Stored {
    /// As an integer.
    Integer(Reduced),
    /// As a transform.
    Digits(Box<engine::Factor>),
    /// As two transforms.
    General(Box<any::Factor>),
}
