//! What is proved: that a residue is a certain power of a small base.

use darkreach_arith::Ring;
use rug::Integer;

use super::plan::{Plan, PlanError, place};
use crate::strong::{
    Chain, Checkpoint, Digits, Done, EqualPowers, Miscalculation, Run, Start, Stop,
};

/// "x is a^e modulo N."
#[derive(Clone, Debug)]
pub struct Statement<'a> {
    pub(super) ring: &'a Ring,
    pub(super) a: u16,
    pub(super) exponent: Exponent,
}

/// e.
#[derive(Clone, Debug)]
pub(super) enum Exponent {
    /// k*b^n: a chain of equal powers from a^k.
    Equal { k: u64, b: u32, n: u64 },
    /// Any, by its binary digits.
    Digits(Integer),
}

impl<'a> Statement<'a> {
    /// a^(k*b^n), b >= 2: the test of k*b^n+c.
    pub fn equal_powers(ring: &'a Ring, a: u16, k: u64, b: u32, n: u64) -> Self {
        let b = b.max(2);
        Self {
            ring,
            a,
            exponent: Exponent::Equal { k, b, n },
        }
    }

    /// a^e for any e >= 1.
    pub fn any_power(ring: &'a Ring, a: u16, e: Integer) -> Self {
        Self {
            ring,
            a,
            exponent: Exponent::Digits(e),
        }
    }

    /// Steps of the chain.
    pub fn steps(&self) -> u64 {
        match &self.exponent {
            Exponent::Equal { n, .. } => *n,
            Exponent::Digits(e) => u64::from(e.significant_bits()) - 1,
        }
    }

    /// What a step costs, in squarings.
    pub fn weight(&self) -> f64 {
        match &self.exponent {
            Exponent::Equal { b, n, .. } => {
                EqualPowers::new(self.ring, Start::Value(Integer::ZERO), *b, *n).weight()
            }
            Exponent::Digits(_) => 1.0,
        }
    }

    /// The plan that fits its length.
    ///
    /// # Errors
    /// [`PlanError`] if it is too short for a proof.
    pub fn plan(&self) -> Result<Plan, PlanError> {
        let plan = Plan::for_chain(self.steps(), self.weight())?;
        Ok(match &self.exponent {
            Exponent::Equal { .. } => plan,
            // Whoever certifies has a product in every few steps, by a base that is large there.
            Exponent::Digits(_) => {
                Plan::with_power(self.steps(), self.weight(), plan.power() + 1).unwrap_or(plan)
            }
        })
    }

    /// What it is computed in.
    pub fn ring(&self) -> &'a Ring {
        self.ring
    }

    /// N.
    pub fn modulus(&self) -> &Integer {
        self.ring.modulus()
    }

    /// e.
    pub fn exponent(&self) -> Integer {
        match &self.exponent {
            Exponent::Equal { k, b, n } => {
                let n = u32::try_from(*n).expect("no modulus has an exponent of 2^32");
                Integer::from(Integer::u_pow_u(*b, n)) * *k
            }
            Exponent::Digits(e) => e.clone(),
        }
    }

    /// What a step raises to.
    pub(super) fn base(&self) -> u32 {
        match &self.exponent {
            Exponent::Equal { b, .. } => *b,
            Exponent::Digits(_) => 2,
        }
    }

    /// The start of the chain, by GMP.
    pub(super) fn start(&self) -> Integer {
        let k = match &self.exponent {
            Exponent::Equal { k, .. } => *k,
            Exponent::Digits(_) => 1,
        };
        let a = self.a.into();
        Start::Power { a, k }.value(self.modulus())
    }

    /// Bytes that name base and exponent, for hashing.
    pub(super) fn name(&self) -> Vec<u8> {
        match &self.exponent {
            Exponent::Equal { k, b, n } => format!("{}^({k}*{b}^{n})", self.a),
            Exponent::Digits(e) => format!("{}^0x{e:x}", self.a),
        }
        .into_bytes()
    }

    /// The digits of e between the places of 2^levels values; `None` for equal powers, where there are
    /// none but zeros.
    pub(super) fn parts(&self, levels: u32) -> Option<Vec<Integer>> {
        let Exponent::Digits(e) = &self.exponent else {
            return None;
        };
        let steps = self.steps();
        let parts = (0..1u64 << levels).map(|i| {
            let (from, to) = (place(steps, levels, i), place(steps, levels, i + 1));
            Integer::from(e >> (steps - to) as u32).keep_bits((to - from) as u32)
        });
        Some(parts.collect())
    }

    /// Computes the power under the strong check, from the beginning or from a saved state; `after` hears
    /// of every step.
    ///
    /// # Errors
    /// [`Stop`]. A saved state that does not belong here counts as none.
    pub fn test<S>(
        &self,
        from: Option<Checkpoint>,
        after: impl FnMut(&dyn Place) -> Result<(), S>,
    ) -> Result<Done, Stop<S>> {
        match &self.exponent {
            Exponent::Equal { k, b, n } => {
                let a = self.a.into();
                let start = Start::Power { a, k: *k };
                run(&EqualPowers::new(self.ring, start, *b, *n), from, after)
            }
            Exponent::Digits(e) => run(&Digits::new(self.ring, self.a, e), from, after),
        }
    }
}

/// A place in a test that is under way.
pub trait Place {
    /// Steps done.
    fn position(&self) -> u64;
    /// The residue, not yet verified.
    fn residue(&self) -> Integer;
    /// Everything that is needed to go on from here.
    fn checkpoint(&self) -> Checkpoint;
}

impl<C: Chain> Place for Run<'_, C> {
    fn position(&self) -> u64 {
        Run::position(self)
    }
    fn residue(&self) -> Integer {
        self.value().swap_remove(0)
    }
    fn checkpoint(&self) -> Checkpoint {
        Run::checkpoint(self)
    }
}

/// Runs a chain to its end.
pub(super) fn run<C: Chain, S>(
    chain: &C,
    from: Option<Checkpoint>,
    mut after: impl FnMut(&dyn Place) -> Result<(), S>,
) -> Result<Done, Stop<S>> {
    let run = match from.and_then(|state| Run::resume(chain, state).ok()) {
        Some(run) => run,
        None => Run::new(chain).map_err(Stop::Miscalculates)?,
    };
    run.finish(|run| after(run))
}

/// Runs a chain that nobody stops.
pub(super) fn run_through<C: Chain>(chain: &C) -> Result<Integer, Miscalculation> {
    match run(chain, None, |_| Ok::<(), std::convert::Infallible>(())) {
        Ok(done) => Ok(done.end.into_value().swap_remove(0)),
        Err(Stop::Miscalculates(error)) => Err(error),
        Err(Stop::Asked(never)) => match never {},
    }
}
