//! Rehearsing a computer that miscalculates, so that tests of whole programs see what they say and do then.
//! No program that is shipped begins it, and without a beginning nothing is ever wrong.

use std::sync::atomic::{AtomicU32, Ordering};

/// Blocks that are still to go wrong.
static WRONG: AtomicU32 = AtomicU32::new(0);

/// From now on this process errs at the end of each of the next so many blocks of checked chains.
pub fn begin(blocks: u32) {
    WRONG.store(blocks, Ordering::Relaxed);
}

/// Whether the block that ends now is to go wrong.
pub(super) fn is_wrong() -> bool {
    let left = |blocks: u32| blocks.checked_sub(1);
    let order = Ordering::Relaxed;
    WRONG.fetch_update(order, order, left).is_ok()
}
