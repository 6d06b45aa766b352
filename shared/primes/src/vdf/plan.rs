//! How long a proof is, which values it needs, and what that takes: known before the test starts.

use rug::Integer;

/// The most halvings.
pub(super) const MAX_POWER: u32 = 16;

/// Bits of a challenge.
pub(super) const CHALLENGE_BITS: u32 = 128;

/// What a value costs in a fold, in squarings: half a challenge's squarings, since neighbours share
/// theirs, and a product for every four bits of it with a table of four.
const FOLD: f64 = 0.5 * CHALLENGE_BITS as f64 + 1.2 * CHALLENGE_BITS as f64 / 4.0 + 7.0;

/// How a chain of so many steps is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    steps: u64,
    power: u32,
    stored: u32,
}

/// Why there is no such plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a proof of {power} halvings needs a chain of at least {least} steps, this one has {steps}; the most \
     halvings are {MAX_POWER}"
)]
pub struct PlanError {
    steps: u64,
    power: u32,
    least: u64,
}

impl Plan {
    /// The plan for a chain of steps that cost `weight` squarings each: 8 halvings from 10^6 squarings
    /// on, one more for every four times as many, so that the last power stays below 0.4 % of the test.
    ///
    /// # Errors
    /// [`PlanError`] if the chain is too short for a proof.
    pub fn for_chain(steps: u64, weight: f64) -> Result<Self, PlanError> {
        let squarings = steps as f64 * weight;
        let power = (8.0 + (squarings / 0.99e6).log(4.0).floor()).clamp(3.0, 12.0);
        Self::with_power(steps, weight, power as u32)
    }

    /// The plan with a given number of halvings.
    ///
    /// # Errors
    /// [`PlanError`] if the chain is too short for them, or there are too many.
    pub fn with_power(steps: u64, weight: f64, power: u32) -> Result<Self, PlanError> {
        let least = 4u64 << power.min(MAX_POWER);
        if power == 0 || power > MAX_POWER || steps < least || steps > 1 << 32 {
            return Err(PlanError {
                steps,
                power,
                least,
            });
        }
        // The value half way down a claim is folded from kept values, or computed again from its start
        // where the claim has become so short that this is cheaper.
        let stored = (0..power)
            .find(|&level| {
                let claims = f64::from(1 << level);
                claims * FOLD > steps as f64 * weight / (2.0 * claims)
            })
            .unwrap_or(power);
        Ok(Self {
            steps,
            power,
            stored: stored.max(1),
        })
    }

    /// The same with 2^`stored` kept values, 1 <= stored <= power: half as many take half the disk, and
    /// more work at the end.
    #[must_use]
    pub fn keeping(self, stored: u32) -> Self {
        Self {
            stored: stored.clamp(1, self.power),
            ..self
        }
    }

    /// Steps of the chain.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Halvings.
    pub fn power(&self) -> u32 {
        self.power
    }

    /// How many values are kept: those at [`Plan::places`].
    pub fn points(&self) -> u32 {
        1 << self.stored
    }

    /// The levels whose middle is folded from kept values.
    pub(super) fn stored(&self) -> u32 {
        self.stored
    }

    /// The places of the kept values, ascending; the last is the end of the chain.
    pub fn places(&self) -> Vec<u64> {
        (1..=u64::from(self.points()))
            .map(|i| place(self.steps, self.stored, i))
            .collect()
    }

    /// Steps of a claim after so many halvings.
    pub(super) fn claim(&self, level: u32) -> u64 {
        self.steps >> level
    }

    /// What the start of a claim is raised to by a challenge: where the claim has an odd number of steps,
    /// it makes its first step, too.
    pub(super) fn step_exponent(&self, level: u32, base: u32, challenge: &Integer) -> Integer {
        let odd = self.claim(level) & 1 == 1;
        Integer::from(challenge * if odd { base } else { 1 })
    }

    /// Bytes of the kept values together, for a number of so many bits.
    pub fn disk_bytes(&self, bits: u32) -> u64 {
        u64::from(self.points()) * (u64::from(bits).div_ceil(8) + 64)
    }

    /// Bytes that folding takes at once beside the ring, about: the values on the way down the tree and
    /// the tables of four for each. Three times as much where N has no special form.
    pub fn memory_bytes(&self, bits: u32) -> u64 {
        u64::from(bits) * u64::from(7 * self.stored + 12) / 2
    }

    /// Bytes of a proof at most.
    pub fn proof_bytes(&self, bits: u32) -> u64 {
        (u64::from(self.power) + 1) * (u64::from(bits).div_ceil(8) + 5) + 16
    }

    /// Steps of the last power.
    pub fn certify_steps(&self) -> u64 {
        self.claim(self.power)
    }
}

/// Where the i-th of 2^levels values lies: ends of claims after as many halvings, where a claim of an odd
/// number of steps makes its first step alone.
pub(super) fn place(steps: u64, levels: u32, i: u64) -> u64 {
    if i == 1 << levels {
        return steps;
    }
    let mut place = 0;
    for level in 0..levels {
        let half = 1u64 << (levels - 1 - level);
        if i.is_multiple_of(2 * half) {
            break;
        }
        if i & half != 0 {
            place += steps >> (level + 1);
        }
        place += steps >> level & 1;
    }
    place
}
