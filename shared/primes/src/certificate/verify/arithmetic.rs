//! Powers and Lucas sequences modulo N, and the trees that serve many primes at once. Short numbers are
//! left to GMP; long ones to a ring of the arithmetic library, without which a verification would take
//! longer than the proof; what takes long there goes on from what a journal has of it.

use darkreach_arith::{Modulus, Options, Residue, Ring};
use rug::{Integer, ops::Pow};

use super::require;
use crate::journal::{Journal, Loop};

/// Bits from which powers are computed in a ring.
const RING_BITS: u32 = 6000;

/// Arithmetic modulo one N.
pub(super) struct Residues<'a> {
    n: &'a Integer,
    ring: Option<Ring>,
    journal: &'a dyn Journal,
}

impl<'a> Residues<'a> {
    /// Modulo any N; a shape that the number is known to have makes it faster.
    pub(super) fn new(
        n: &'a Integer,
        shape: Option<&Modulus>,
        journal: &'a dyn Journal,
    ) -> Result<Self, String> {
        let shape = shape.filter(|shape| shape.value() == n).cloned();
        Self::with(n, journal, || {
            shape.or_else(|| Modulus::integer(n.clone()).ok())
        })
    }

    /// N.
    pub(super) fn n(&self) -> &'a Integer {
        self.n
    }

    /// Modulo n = k*2^e+c: the shape makes it faster where k is a word.
    pub(super) fn kbnc(
        n: &'a Integer,
        k: &Integer,
        e: u32,
        c: i64,
        journal: &'a dyn Journal,
    ) -> Result<Self, String> {
        Self::with(n, journal, || match k.to_u64() {
            Some(k) => Modulus::kbnc(k, 2, e, c).ok(),
            None => Modulus::integer(n.clone()).ok(),
        })
    }

    fn with(
        n: &'a Integer,
        journal: &'a dyn Journal,
        modulus: impl FnOnce() -> Option<Modulus>,
    ) -> Result<Self, String> {
        super::require_odd(n)?;
        let options = Options::default().with_memory(u64::MAX);
        let ring = if n.significant_bits() < RING_BITS {
            None
        } else {
            let modulus = modulus()
                .filter(|modulus| modulus.value() == n)
                .ok_or("there is no arithmetic modulo N")?;
            Some(Ring::new(&modulus, options).map_err(|error| error.to_string())?)
        };
        Ok(Self { n, ring, journal })
    }

    /// base^exponent mod N.
    pub(super) fn power(&self, base: &Integer, exponent: &Integer) -> Result<Integer, String> {
        let Some(ring) = &self.ring else {
            return base
                .pow_mod_ref(exponent, self.n)
                .map(Integer::from)
                .ok_or_else(|| "a power does not exist".into());
        };
        let start = ring.residue(base);
        let factor = ring.factor(&start);
        let small = base.to_u16();
        let mut state = [ring.residue(&Integer::from(1))];
        let bits = exponent.significant_bits();
        let numbers = [self.n, base, exponent];
        self.repeat(
            ring,
            "verified power",
            &numbers,
            bits,
            &mut state,
            |[power], done| match (exponent.get_bit(bits - 1 - done), small) {
                (false, _) => ring.square(power),
                (true, Some(small)) => ring.square_mul(power, small),
                (true, None) => {
                    ring.square(power);
                    ring.mul_factor(power, &factor);
                }
            },
        );
        Ok(ring.to_integer(&state[0]))
    }

    /// Makes so many steps from a state that the numbers determine, or those that the journal has not.
    fn repeat<const COUNT: usize>(
        &self,
        ring: &Ring,
        what: &'static str,
        numbers: &[&Integer],
        steps: u32,
        state: &mut [Residue; COUNT],
        step: impl Fn(&mut [Residue; COUNT], u32),
    ) {
        let kept = Loop::new(self.journal, what, numbers, steps.into());
        let mut first = 0;
        if let Some((done, residues)) = kept.as_ref().and_then(|kept| kept.resume(self.n, COUNT)) {
            first = done as u32;
            for (slot, residue) in state.iter_mut().zip(&residues) {
                *slot = ring.residue(residue);
            }
        }
        for done in first..steps {
            step(state, done);
            if let Some(kept) = &kept {
                kept.passed(u64::from(done) + 1, || {
                    state.iter().map(|x| ring.to_integer(x)).collect()
                });
            }
        }
    }

    /// V_m(p, 1) mod N: (V_k, V_(k+1)) becomes (V_2k, V_(2k+1)) or (V_(2k+1), V_(2k+2)) bit by bit.
    pub(super) fn lucas_v(&self, p: &Integer, m: &Integer) -> Integer {
        let bits = m.significant_bits();
        if let Some(ring) = &self.ring {
            let start = ring.residue(p);
            let mut state = [ring.residue(&Integer::from(2)), start.clone()];
            let numbers = [self.n, p, m];
            self.repeat(
                ring,
                "verified sequence",
                &numbers,
                bits,
                &mut state,
                |[v, w], done| {
                    let (kept, crossed) = if m.get_bit(bits - 1 - done) {
                        (w, v)
                    } else {
                        (v, w)
                    };
                    ring.mul(crossed, kept);
                    ring.sub(crossed, &start);
                    ring.square_sub(kept, 2);
                },
            );
            return ring.to_integer(&state[0]);
        }
        let (mut v, mut w) = (Integer::from(2), Integer::from(p % self.n));
        for bit in (0..bits).rev() {
            let (kept, crossed) = if m.get_bit(bit) {
                (&mut w, &mut v)
            } else {
                (&mut v, &mut w)
            };
            *crossed *= &*kept;
            *crossed -= p;
            *crossed %= self.n;
            kept.square_mut();
            *kept -= 2;
            *kept %= self.n;
        }
        if v < 0 { v + self.n } else { v }
    }

    /// u -> u^2-2, so often.
    pub(super) fn doubled(&self, u: &Integer, times: u32) -> Integer {
        if let Some(ring) = &self.ring {
            let mut state = [ring.residue(u)];
            let numbers = [self.n, u];
            self.repeat(
                ring,
                "verified doublings",
                &numbers,
                times,
                &mut state,
                |[u], _| {
                    ring.square_sub(u, 2);
                },
            );
            return ring.to_integer(&state[0]);
        }
        let mut u = u.clone();
        for _ in 0..times {
            u.square_mut();
            u -= 2;
            u %= self.n;
        }
        u.modulo(self.n)
    }
}

/// F: the part of `whole` made of the given primes, which must be ascending and divide it.
pub(super) fn factored_part<'a>(
    whole: &Integer,
    primes: impl Iterator<Item = &'a Integer>,
) -> Result<Integer, String> {
    let mut powers = Vec::new();
    let mut last = Integer::from(1);
    for q in primes {
        require(*q > last, || "the primes are not ascending".into())?;
        last.clone_from(q);
        let (_, multiplicity) = whole.clone().remove_factor(q);
        require(multiplicity > 0, || {
            format!("{} does not divide N+-1", super::short(q))
        })?;
        powers.push(Integer::from(q.pow(multiplicity)));
    }
    Ok(product(&powers.iter().collect::<Vec<_>>()))
}

/// For x that stands for g^(whole/(q_1...q_k)), calls `each` with g^(whole/q_i) and q_i. Halving the
/// list costs the logarithm of its length where one power for each prime would cost the length.
pub(super) fn roots(
    x: &Integer,
    primes: &[&Integer],
    raise: &dyn Fn(&Integer, &Integer) -> Result<Integer, String>,
    each: &mut dyn FnMut(&Integer, &Integer) -> Result<(), String>,
) -> Result<(), String> {
    match primes {
        [] => Ok(()),
        [q] => each(x, q),
        _ => {
            let (left, right) = primes.split_at(primes.len() / 2);
            roots(&raise(x, &product(right))?, left, raise, each)?;
            roots(&raise(x, &product(left))?, right, raise, each)
        }
    }
}

/// The product of numbers.
pub(super) fn product(numbers: &[&Integer]) -> Integer {
    match numbers {
        [] => Integer::from(1),
        [one] => (*one).clone(),
        _ => {
            let (left, right) = numbers.split_at(numbers.len() / 2);
            product(left) * product(right)
        }
    }
}
