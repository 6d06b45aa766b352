//! The search for witnesses: one power with the exponent (N-+1)/(q_1...q_k) serves all the primes, by
//! halving the list again and again; and one gcd serves all the differences.

use rug::Integer;

use super::{
    plan::{Factor, part},
    power::{Powers, Stopped},
};
use crate::{
    certificate::{Base, Element},
    word::primes_up_to,
};

/// Bases that are tried, as primes up to this. For n!+1 all primes up to n are squares modulo N, so those
/// that serve the prime 2 lie above n.
const LARGEST_BASE: u64 = 1 << 17;
/// Elements that are tried.
const ELEMENTS: u64 = 1000;
/// Powers that are computed before a search is given up; each fails for q with probability 1/q.
const ATTEMPTS: usize = 40;

/// What a search ended with.
pub(super) enum Search<T> {
    /// A witness for as many primes as suffice, ascending.
    Found(Vec<T>),
    /// N is composite.
    Composite,
    /// None in reach.
    Failed,
}

/// For each prime of N-1 a base a with a^(N-1) = 1 and gcd(a^((N-1)/q) - 1, N) = 1; or for so many of
/// them that what they make `suffices`.
pub(super) fn bases(
    n: &Integer,
    powers: &Powers<'_>,
    factors: &[Factor],
    suffices: &dyn Fn(&Integer) -> bool,
) -> Result<Search<Base>, Stopped> {
    let whole = Integer::from(n - 1);
    let raise = |x: &Integer, e: &Integer| powers.power(x, e);
    let mut state = Settling::new(factors);
    let mut candidates = primes_up_to(LARGEST_BASE).into_iter();
    for _ in 0..ATTEMPTS {
        if state.is_done(suffices) {
            break;
        }
        // A square modulo N is no witness for 2.
        let two = state.is_open_two();
        let Some(a) = candidates.find(|&a| !two || Integer::from(a).jacobi(n) == -1) else {
            return Ok(Search::Failed);
        };
        let start = Integer::from(a);
        if !state.settle(n, &whole, a, &start, 1, &raise)? {
            return Ok(Search::Composite);
        }
    }
    Ok(state.witnesses(suffices, |q, a| Base { q, a }))
}

/// The same for N+1, with elements (x + sqrt d)/(x - sqrt d).
pub(super) fn elements(
    n: &Integer,
    powers: &Powers<'_>,
    d: i64,
    factors: &[Factor],
    suffices: &dyn Fn(&Integer) -> bool,
) -> Result<Search<Element>, Stopped> {
    let whole = Integer::from(n + 1);
    let raise = |v: &Integer, e: &Integer| powers.lucas(v, e);
    let mut state = Settling::new(factors);
    let mut candidates = 1..ELEMENTS;
    for _ in 0..ATTEMPTS {
        if state.is_done(suffices) {
            break;
        }
        // The element is a square, and no witness for 2, exactly if its denominator's norm is one.
        let two = state.is_open_two();
        let norm = |x: u64| Integer::from(x).square() - d;
        let Some(x) = candidates.find(|&x| !two || norm(x).jacobi(n) == -1) else {
            return Ok(Search::Failed);
        };
        let Ok(inverse) = norm(x).invert(n) else {
            return Ok(Search::Composite);
        };
        let trace = (Integer::from(x).square() + d) * 2u32 * inverse;
        let trace = trace.modulo(n);
        if !state.settle(n, &whole, x, &trace, 2, &raise)? {
            return Ok(Search::Composite);
        }
    }
    Ok(state.witnesses(suffices, |q, x| Element { q, x }))
}

/// The least d = -3, 5, -7, 8, ... in absolute value with (d/N) = -1.
pub(super) fn discriminant(n: &Integer) -> Option<i64> {
    if n.is_perfect_square() {
        return None;
    }
    (2..100_000i64)
        .flat_map(|d| [d, -d])
        .find(|&d| Integer::from(d).jacobi(n) == -1)
}

type Raise<'a> = dyn Fn(&Integer, &Integer) -> Result<Integer, Stopped> + 'a;

/// The primes with the witnesses found so far.
struct Settling<'a> {
    factors: &'a [Factor],
    found: Vec<Option<u64>>,
}

impl<'a> Settling<'a> {
    fn new(factors: &'a [Factor]) -> Self {
        Self {
            factors,
            found: vec![None; factors.len()],
        }
    }

    fn settled(&self) -> Vec<Factor> {
        let pairs = self.factors.iter().zip(&self.found);
        pairs
            .filter(|(_, witness)| witness.is_some())
            .map(|(factor, _)| factor.clone())
            .collect()
    }

    fn is_done(&self, suffices: &dyn Fn(&Integer) -> bool) -> bool {
        self.found.iter().all(Option::is_some) || suffices(&part(&self.settled()))
    }

    fn is_open_two(&self) -> bool {
        let mut pairs = self.factors.iter().zip(&self.found);
        pairs.any(|(factor, witness)| factor.q == 2 && witness.is_none())
    }

    /// Tries one witness on every open prime; false says that N is composite. `one` is what stands for
    /// the neutral element: 1 of powers, 2 of traces.
    fn settle(
        &mut self,
        n: &Integer,
        whole: &Integer,
        witness: u64,
        start: &Integer,
        one: u32,
        raise: &Raise<'_>,
    ) -> Result<bool, Stopped> {
        let open: Vec<usize> = (0..self.found.len())
            .filter(|&i| self.found[i].is_none())
            .collect();
        let radical = self.product(&open);
        let top = raise(start, &Integer::from(whole / &radical))?;
        let mut roots = Vec::new();
        self.roots(&top, &open, raise, &mut roots)?;
        // The whole power, from any of the roots.
        if let Some((index, root)) = roots.first()
            && raise(root, &self.factors[*index].q)? != one
        {
            return Ok(false);
        }
        let mut differences = Integer::from(1);
        for (index, root) in roots {
            let difference = root - one;
            if difference != 0 {
                differences *= difference;
                differences %= n;
                self.found[index] = Some(witness);
            }
        }
        Ok(differences.gcd(n) == 1)
    }

    fn product(&self, indices: &[usize]) -> Integer {
        indices.iter().map(|&i| &self.factors[i].q).product()
    }

    /// From x = g^(whole/(product of the primes)) to g^(whole/q) for each prime q.
    fn roots(
        &self,
        x: &Integer,
        indices: &[usize],
        raise: &Raise<'_>,
        found: &mut Vec<(usize, Integer)>,
    ) -> Result<(), Stopped> {
        match indices {
            [] => {}
            [only] => found.push((*only, x.clone())),
            _ => {
                let (left, right) = indices.split_at(indices.len() / 2);
                self.roots(&raise(x, &self.product(right))?, left, raise, found)?;
                self.roots(&raise(x, &self.product(left))?, right, raise, found)?;
            }
        }
        Ok(())
    }

    fn witnesses<T>(
        &self,
        suffices: &dyn Fn(&Integer) -> bool,
        make: impl Fn(Integer, u64) -> T,
    ) -> Search<T> {
        if !self.is_done(suffices) {
            return Search::Failed;
        }
        let pairs = self.factors.iter().zip(&self.found);
        let mut list: Vec<(&Integer, u64)> = pairs
            .filter_map(|(factor, witness)| witness.map(|w| (&factor.q, w)))
            .collect();
        list.sort_unstable();
        Search::Found(list.into_iter().map(|(q, w)| make(q.clone(), w)).collect())
    }
}
