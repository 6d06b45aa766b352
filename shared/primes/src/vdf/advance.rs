//! Powers in the middle of a proof, X^(b^M) * a^A, under the strong check.

use darkreach_arith::Ring;
use rug::Integer;

use super::{
    data::{Certified, Task},
    statement::{Statement, run_through},
};
use crate::strong::{Digits, EqualPowers, Miscalculation, Start, chain::LARGE_WIDTH};

/// x^(b^steps) * a^exponent of a statement's b and a; an exponent where it has digits.
pub(super) fn advance(
    statement: &Statement<'_>,
    x: &Integer,
    steps: u64,
    exponent: Option<&Integer>,
) -> Result<Integer, Miscalculation> {
    let ring = statement.ring;
    let Some(exponent) = exponent else {
        let start = Start::Value(x.clone());
        return run_through(&EqualPowers::new(ring, start, statement.base(), steps));
    };
    // What stands above the steps' digits is there from the start.
    let bits = steps as u32;
    let high = Integer::from(exponent >> bits);
    let mut start = x.clone();
    if high > 0 {
        start *= run_through(&Digits::new(ring, statement.a, &high))?;
    }
    let low = Integer::from(exponent.keep_bits_ref(bits));
    run_through(&Digits::from_start(ring, start, statement.a, low, steps))
}

/// Computes the short power of a task, under the strong check. N is the ring's.
///
/// # Errors
/// [`Miscalculation`] if this computer cannot be trusted.
pub fn certify(ring: &Ring, task: &Task) -> Result<Integer, Miscalculation> {
    let Certified { x, power } = &task.certified;
    let Some((a, digits)) = power else {
        let start = Start::Value(x.clone());
        return run_through(&EqualPowers::new(ring, start, task.b, task.steps));
    };
    let steps = task.steps / u64::from(LARGE_WIDTH);
    let (x, digits) = (x.clone(), digits.clone());
    run_through(&Digits::with_large_base(ring, x, a, digits, steps))
}
