//! Runs a chain block by block, and takes no block whose check fails.
//!
//! What the identity covers is the work between two verified values. Beyond it:
//! - the start value is computed by the ring and by GMP, and both must agree;
//! - both sides are brought to canonical form and multiplied by GMP modulo N, so a ring that computes
//!   modulo another number, a conversion that errs, or a comparison of representations cannot pass;
//! - the value that was compared is the value that is kept, sealed, and returned at the end;
//! - D = 0 and X = 0 satisfy the identity whatever happened, so they are refused;
//! - blocks cover the chain to its last step: what does not divide is left for ever smaller blocks.

use rug::Integer;

use super::{
    chain::Chain,
    plan::Block,
    rehearsal,
    state::{Checkpoint, Errors, Identity, Miscalculation, StateError, Unverified, Verified},
};

/// After so many mismatches at one place the computer is not trusted any more.
const PATIENCE: u32 = 3;

/// A chain on its way.
#[derive(Debug)]
pub struct Run<'a, C: Chain> {
    chain: &'a C,
    identity: Identity,
    verified: Verified,
    block: Option<Block>,
    position: u64,
    /// The value at `position`.
    x: C::Element,
    /// The product of the values at the block's joints so far, its start among them.
    d: C::Element,
    errors: Errors,
}

/// How a chain ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The last value.
    pub end: Verified,
    /// Mismatches on the way.
    pub errors: u32,
}

/// Why a chain did not end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop<S> {
    /// The caller stopped it.
    Asked(S),
    /// The computer cannot be trusted.
    Miscalculates(Miscalculation),
}

impl<'a, C: Chain> Run<'a, C> {
    /// At the beginning.
    ///
    /// # Errors
    /// [`Miscalculation`] if ring and GMP do not agree on the start value.
    pub fn new(chain: &'a C) -> Result<Self, Miscalculation> {
        let mut errors = Errors::default();
        let value = loop {
            let value = chain.value(&chain.start());
            if value == chain.start_again() {
                break value;
            }
            mismatch(&mut errors, 0, 0)?;
        };
        let identity = Identity::of(chain);
        let verified = Verified::new(&identity, 0, value);
        Ok(Self::at(
            chain,
            identity,
            Checkpoint {
                verified,
                running: None,
                errors: Errors {
                    in_a_row: 0,
                    ..errors
                },
            },
        ))
    }

    /// Where it was saved.
    ///
    /// # Errors
    /// [`StateError`] if the state is not one of this chain.
    pub fn resume(chain: &'a C, state: Checkpoint) -> Result<Self, StateError> {
        let identity = Identity::of(chain);
        if !state.verified.holds(&identity) {
            return Err(StateError::Seal);
        }
        let run = Self::at(chain, identity, state);
        let inside = run.position >= run.verified.position()
            && run.position <= run.block.map_or(run.position, |block| block.end());
        inside.then_some(run).ok_or(StateError::Impossible)
    }

    fn at(chain: &'a C, identity: Identity, state: Checkpoint) -> Self {
        let Checkpoint {
            verified,
            running,
            errors,
        } = state;
        let (position, x, d) = match &running {
            Some(running) => (
                running.position(),
                chain.element(running.value()),
                chain.element(running.product()),
            ),
            None => {
                let x = chain.element(verified.value());
                (verified.position(), x.clone(), x)
            }
        };
        Self {
            block: block(chain, verified.position()),
            chain,
            identity,
            verified,
            position,
            x,
            d,
            errors,
        }
    }

    /// Steps done, the unverified ones among them.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Steps in all.
    pub fn total(&self) -> u64 {
        self.chain.total()
    }

    /// The value at this position, which may not be verified yet.
    pub fn value(&self) -> Vec<Integer> {
        self.chain.value(&self.x)
    }

    /// The last verified value.
    pub fn verified(&self) -> &Verified {
        &self.verified
    }

    /// Mismatches so far.
    pub fn errors(&self) -> Errors {
        self.errors
    }

    /// Everything that is needed to go on from here.
    pub fn checkpoint(&self) -> Checkpoint {
        let running = (self.position > self.verified.position()).then(|| {
            Unverified::new(
                self.position,
                self.chain.value(&self.x),
                self.chain.value(&self.d),
            )
        });
        Checkpoint {
            verified: self.verified.clone(),
            running,
            errors: self.errors,
        }
    }

    /// Goes to the end; `after` hears of every step, and of steps that are made again.
    ///
    /// # Errors
    /// [`Stop`]: what `after` said, or that the computer miscalculates.
    pub fn finish<S>(
        mut self,
        mut after: impl FnMut(&Self) -> Result<(), S>,
    ) -> Result<Done, Stop<S>> {
        while let Some(block) = self.block {
            while self.position < block.end() {
                self.chain.step(&mut self.x, self.position);
                self.position += 1;
                if block.is_joint(self.position) {
                    self.chain.mul(&mut self.d, &self.x);
                }
                after(&self).map_err(Stop::Asked)?;
            }
            if rehearsal::is_wrong() {
                let mut value = self.chain.value(&self.x);
                value[0].toggle_bit(7);
                self.x = self.chain.element(&value);
            }
            match self.check(&block) {
                Some(value) => {
                    self.verified = Verified::new(&self.identity, self.position, value);
                    self.errors.in_a_row = 0;
                    // The element goes on: were it another value than the one verified, the next check
                    // would begin with two different numbers and fail.
                    self.d.clone_from(&self.x);
                    self.block = self::block(self.chain, self.position);
                }
                None => self.go_back(&block).map_err(Stop::Miscalculates)?,
            }
        }
        Ok(Done {
            end: self.verified,
            errors: self.errors.total,
        })
    }

    /// The value at the end of the block, if the block is right.
    fn check(&self, block: &Block) -> Option<Vec<Integer>> {
        let chain = self.chain;
        if !self.verified.holds(&self.identity) {
            return None;
        }
        let (x, d) = (chain.value(&self.x), chain.value(&self.d));
        if is_zero(&x) || is_zero(&d) {
            return None;
        }
        let raised = chain.value(&chain.raise(&self.d, block));
        let left = chain.product(self.verified.value(), &raised);
        (left == chain.product(&d, &x)).then_some(x)
    }

    /// Back to the last verified value; or to the start, if not even that is what it was.
    fn go_back(&mut self, block: &Block) -> Result<(), Miscalculation> {
        mismatch(&mut self.errors, block.start, block.end())?;
        if !self.verified.holds(&self.identity) {
            self.verified = Verified::new(&self.identity, 0, self.chain.start_again());
            self.block = self::block(self.chain, 0);
        }
        self.position = self.verified.position();
        self.x = self.chain.element(self.verified.value());
        self.d = self.x.clone();
        Ok(())
    }
}

/// The block after a verified place, unless that is the end.
fn block<C: Chain>(chain: &C, start: u64) -> Option<Block> {
    (start < chain.total()).then(|| Block::at(start, chain.total(), chain.weight()))
}

fn is_zero(value: &[Integer]) -> bool {
    value.iter().all(Integer::is_zero)
}

fn mismatch(errors: &mut Errors, from: u64, to: u64) -> Result<(), Miscalculation> {
    errors.total = errors.total.saturating_add(1);
    errors.in_a_row = errors.in_a_row.saturating_add(1);
    if errors.in_a_row < PATIENCE {
        return Ok(());
    }
    Err(Miscalculation {
        from,
        to,
        in_a_row: errors.in_a_row,
        total: errors.total,
    })
}
