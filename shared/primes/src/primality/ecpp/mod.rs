//! Primality proofs by elliptic curves (Atkin, Morain, *Elliptic curves and primality proving*, Math.
//! Comp. 61, 1993), for any N.
//!
//! Down: for N a discriminant -d is looked for such that 4N = t^2 + d*v^2, then N+1-t is the order of a
//! curve modulo N, and such that this order is a product of small primes and one probable prime q; then
//! the same for q, until q is below 2^64. The square roots of -d come from those of its primes, which
//! many discriminants share (Morain, *Implementing the asymptotically fast version*, Math. Comp. 76,
//! 2007), and the small primes of many orders are found at once (`smooth`). Where nothing is found, the
//! chain goes back one link and takes another.
//!
//! Up: for each link the curve is built from a root of the Hilbert class polynomial modulo N, and a
//! point is found that shows the order. The links are independent of each other.

mod class_polynomial;
mod curve;
mod descent;
mod discriminant;
mod fixed;
mod norm;
mod polynomial;
mod smooth;
mod workers;

pub use workers::{Alone, Workers};

use rug::{Integer, rand::RandState};
use serde::{Deserialize, Serialize};

use super::{Watch, bls::Stopped};
use crate::certificate::Step;
use descent::Descent;

/// Where a proof stands; it can be saved and resumed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Progress {
    /// The chain so far: each link's q is the next one's n.
    links: Vec<Link>,
    /// Numbers that no chain leads on from.
    dead: Vec<String>,
    /// The steps of the links that have one already, by index.
    steps: Vec<(usize, Step)>,
}

impl Progress {
    /// How far the chain has come down from N: bits, and those in all.
    pub(super) fn bits(&self, n: &Integer) -> (u64, u64) {
        let total = u64::from(n.significant_bits());
        let left = self.links.last().map_or(total, |link| {
            let q = link.q.parse::<Integer>();
            q.map_or(total, |q| q.significant_bits().into())
        });
        (total - left.min(total), total)
    }
}

/// One link of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    /// The number, in decimal.
    n: String,
    /// The discriminant -d.
    d: u32,
    /// The order of the curve.
    m: String,
    /// Its large prime.
    q: String,
}

/// What a proof asks of its surroundings.
pub(super) struct Surroundings<'a> {
    /// Stops it and is told how far it is.
    pub watch: &'a dyn Watch,
    /// The threads.
    pub workers: &'a dyn Workers,
    /// Called with the state after each link and each few steps.
    pub save: &'a dyn Fn(&Progress),
}

/// How a proof ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// N is prime by these steps.
    Steps(Vec<Step>),
    /// No chain was found, or N is not prime.
    Failed,
}

/// Proves a probable prime above 2^64 prime, going on from a saved state.
pub(crate) fn prove(
    n: &Integer,
    mut progress: Progress,
    around: &Surroundings<'_>,
) -> Result<Outcome, Stopped> {
    let mut descent = Descent::new(n, &progress);
    while !descent.is_done() {
        let bits = |n: &Integer| u64::from(n.significant_bits());
        look(around.watch, bits(n) - bits(descent.current()), 2 * bits(n))?;
        if !descent.advance(around.workers) {
            return Ok(Outcome::Failed);
        }
        (progress.links, progress.dead) = descent.saved();
        (around.save)(&progress);
    }
    let links = descent.links();
    let mut steps: Vec<Option<Step>> = vec![None; links.len()];
    for (index, step) in &progress.steps {
        if let (Some(slot), Some(link)) = (steps.get_mut(*index), links.get(*index))
            && *step.n() == link.n
        {
            *slot = Some(step.clone());
        }
    }
    let total: u64 = links.iter().map(|link| cost(&link.n)).sum();
    loop {
        let done: u64 = (0..links.len())
            .filter(|&i| steps[i].is_some())
            .map(|i| cost(&links[i].n))
            .sum();
        look(around.watch, total + done, 2 * total)?;
        let open: Vec<usize> = (0..links.len())
            .filter(|&i| steps[i].is_none())
            .take(around.workers.threads().max(1))
            .collect();
        if open.is_empty() {
            break;
        }
        let found = workers::map(around.workers, open.len(), &|i| climb(&links[open[i]]));
        for (index, step) in open.into_iter().zip(found) {
            let Some(step) = step else {
                return Ok(Outcome::Failed);
            };
            progress.steps.push((index, step.clone()));
            steps[index] = Some(step);
        }
        (around.save)(&progress);
    }
    Ok(Outcome::Steps(steps.into_iter().flatten().collect()))
}

/// What a step of the way up costs, about.
fn cost(n: &Integer) -> u64 {
    u64::from(n.significant_bits()).pow(3) >> 10
}

fn look(watch: &dyn Watch, done: u64, total: u64) -> Result<(), Stopped> {
    watch.progress(done.min(total), total);
    if watch.should_stop() {
        Err(Stopped)
    } else {
        Ok(())
    }
}

/// The step of one link.
fn climb(link: &descent::Link) -> Option<Step> {
    // Any start serves; a fixed one makes proofs repeatable.
    let mut random = RandState::new();
    random.seed(&link.n);
    let j = match link.d {
        3 | 4 => Integer::new(),
        d => {
            let parts: Option<Vec<(i32, Integer)>> = discriminant::parts(d)?
                .into_iter()
                .map(|part| Some((part, norm::square_root(&Integer::from(part), &link.n)?)))
                .collect();
            let polynomial = class_polynomial::factor(d, &parts?, &link.n)?;
            polynomial::root(&polynomial, &link.n, &mut random)?
        }
    };
    curve::step(&link.n, link.d, &j, &link.m, &link.q, &mut random)
}

#[cfg(test)]
mod tests;
