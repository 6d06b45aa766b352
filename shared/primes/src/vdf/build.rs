//! The server's side: from a proof to a task that anybody may do, whose answer only the server knows.

use rug::Integer;

use super::{
    data::{Certified, Proof, Task},
    fold::{fold_exponents, power, powers},
    plan::Plan,
    roots::RootGuard,
    statement::Statement,
    transcript::Transcript,
};
use crate::strong::chain::{LARGE_WIDTH, residue};

/// What the server makes of a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// To be computed by anybody.
    pub task: Task,
    /// To be kept secret until it is.
    pub expected: Expected,
}

/// The answer to a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected(Integer);

impl Expected {
    /// Whether a computed value is the answer: if so, the result of the proof stands.
    pub fn accepts(&self, answer: &Integer) -> bool {
        self.0 == *answer
    }

    /// The answer, to be stored where no host can read it.
    pub fn value(&self) -> &Integer {
        &self.0
    }

    /// The answer from storage.
    pub fn from_value(value: Integer) -> Self {
        Self(value)
    }
}

/// Why a proof is not built on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// Another number of halvings than was asked for.
    #[error("the proof has {found} halvings, not {expected}")]
    Power {
        /// Those of the proof.
        found: u32,
        /// Those of the plan.
        expected: u32,
    },
    /// A number of the proof is 0 or has a factor in common with N.
    #[error("a number of the proof is not prime to N: the common factor is {0}")]
    Divisor(Integer),
    /// The result could be that of a prime, times an element of small order.
    #[error(
        "the result is one that can be forged for a prime: it is void, and the number has to be tested \
         again elsewhere"
    )]
    SmallOrder,
}

/// Goes through the halvings and makes the task. `secret` are 128 random bits that nobody else ever
/// learns and that serve for nothing else.
///
/// A true proof is never refused, but the result of a composite that looks like one of a forged prime
/// ([`Refused::SmallOrder`]) may be, by a chance of 2^-60 and less. A false proof may give a task; its
/// answer is then not the one expected.
///
/// # Errors
/// [`Refused`].
pub fn build(
    statement: &Statement<'_>,
    plan: &Plan,
    guard: &RootGuard,
    nonce: &[u8; 32],
    secret: u128,
    proof: &Proof,
) -> Result<Built, Refused> {
    let (found, expected) = (proof.power(), plan.power());
    if found != expected {
        return Err(Refused::Power { found, expected });
    }
    coprime(statement, proof)?;
    if guard.refuses(statement, &proof.result) {
        return Err(Refused::SmallOrder);
    }
    let mut transcript = Transcript::new(statement, plan, nonce, &proof.result);
    let challenges: Vec<Integer> = proof
        .products
        .iter()
        .map(|product| transcript.challenge(product))
        .collect();
    let claim = last_claim(statement, plan, proof, &challenges);
    // Never 0, and as long as it can be.
    let secret = Integer::from(secret | 1 << 127);
    let raise = |value: &Integer| {
        let ring = statement.ring;
        ring.to_integer(&power(ring, &residue(ring, value), &secret))
    };
    let (claim, steps) = without_ends(statement, claim, plan.certify_steps());
    let power = claim.exponent.map(|exponent| {
        let a = Integer::from(statement.a);
        (raise(&a), exponent)
    });
    Ok(Built {
        task: Task {
            b: statement.base(),
            steps,
            certified: Certified {
                x: raise(&claim.x),
                power,
            },
        },
        expected: Expected(raise(&claim.y)),
    })
}

/// For a power by digits: the server takes what stands above the digits of the claim's steps, where the secret
/// has not made the base a large one yet, and the steps that make no whole digit. So whoever certifies has
/// digits for exactly the steps.
fn without_ends(statement: &Statement<'_>, claim: Claim, steps: u64) -> (Claim, u64) {
    let Some(exponent) = claim.exponent else {
        return (claim, steps);
    };
    let ring = statement.ring;
    let rest = steps % u64::from(LARGE_WIDTH);
    let steps = steps - rest;
    let mut x = residue(ring, &claim.x);
    for _ in 0..rest {
        ring.square(&mut x);
    }
    let a = ring.residue(&Integer::from(statement.a));
    let high = Integer::from(&exponent >> steps as u32);
    ring.mul(&mut x, &power(ring, &a, &high));
    let claim = Claim {
        x: ring.to_integer(&x),
        y: claim.y,
        exponent: Some(exponent.keep_bits(steps as u32)),
    };
    (claim, steps)
}

/// Every number of the proof is invertible.
fn coprime(statement: &Statement<'_>, proof: &Proof) -> Result<(), Refused> {
    let ring = statement.ring;
    let mut product = residue(ring, &proof.result);
    for value in &proof.products {
        ring.mul(&mut product, &residue(ring, value));
    }
    let divisor = ring.to_integer(&product).gcd(statement.modulus());
    if divisor == 1 {
        Ok(())
    } else {
        Err(Refused::Divisor(divisor))
    }
}

/// Y = X^(b^M) * a^A, M the steps that are left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) x: Integer,
    pub(super) y: Integer,
    pub(super) exponent: Option<Integer>,
}

/// The claim that is left after all halvings.
pub(super) fn last_claim(
    statement: &Statement<'_>,
    plan: &Plan,
    proof: &Proof,
    challenges: &[Integer],
) -> Claim {
    let ring = statement.ring;
    let mut x = residue(ring, &statement.start());
    let mut parts = Vec::new();
    for (level, (product, h)) in proof.products.iter().zip(challenges).enumerate() {
        let product = residue(ring, product);
        let exponent = plan.step_exponent(level as u32, statement.base(), h);
        x = power(ring, &x, &exponent);
        ring.mul(&mut x, &product);
        parts.push((product, h.clone()));
    }
    // Y is multiplied by a power of each product, so these share their squarings.
    let mut y = powers(ring, &parts);
    ring.mul(&mut y, &residue(ring, &proof.result));
    Claim {
        x: ring.to_integer(&x),
        y: ring.to_integer(&y),
        exponent: statement
            .parts(plan.power())
            .map(|parts| fold_exponents(&parts, challenges)),
    }
}
