//! The way down: a chain of numbers, each the large prime in the order of a curve modulo the one before.

use std::collections::{HashMap, HashSet};

use rug::Integer;

use super::{
    discriminant::{Discriminant, table},
    norm::{norm_equation, orders, square_root},
    smooth::rough_parts,
    workers::{Workers, map},
};

/// One link.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) n: Integer,
    pub(super) d: u32,
    pub(super) m: Integer,
    pub(super) q: Integer,
}

/// A number with the ways on from it that are still open.
struct Frame {
    n: Integer,
    /// The link that led on from here.
    taken: Option<Link>,
    /// Links whose q was not tested yet, the smallest q last.
    waiting: Vec<Link>,
    /// Discriminants that can serve, the best first, and how many were used.
    discriminants: Vec<&'static Discriminant>,
    used: usize,
    /// Square roots of prime discriminants modulo n.
    roots: HashMap<i32, Integer>,
}

/// The search for a chain.
pub(super) struct Descent {
    frames: Vec<Frame>,
    dead: HashSet<Integer>,
    primorial: Integer,
    bound: f64,
}

impl Descent {
    /// From N, or from where a saved state ends.
    pub(super) fn new(n: &Integer, progress: &super::Progress) -> Self {
        // Twice as large a bound finds an order with a few per cent fewer discriminants; the product of
        // all primes up to it is reduced once for each batch.
        let bits = n.significant_bits();
        let bound = (u64::from(bits).pow(2) * 4).clamp(1 << 18, 1 << 25) as u32;
        let number = |text: &str| Integer::from_str_radix(text, 10).ok();
        let mut descent = Self {
            frames: vec![Frame::new(n.clone())],
            dead: progress
                .dead
                .iter()
                .filter_map(|text| number(text))
                .collect(),
            primorial: Integer::from(Integer::primorial(bound)),
            bound: f64::from(bound).ln(),
        };
        for link in &progress.links {
            let (Some(n), Some(m), Some(q)) = (number(&link.n), number(&link.m), number(&link.q))
            else {
                break;
            };
            // What does not fit is done again; what fits and is wrong is refused by the verifier.
            if n != *descent.current() || q >= n || q < 2 || !m.is_divisible(&q) {
                break;
            }
            descent.take(Link { n, d: link.d, m, q });
        }
        descent
    }

    /// The number that the chain ends with.
    pub(super) fn current(&self) -> &Integer {
        &self.last().n
    }

    fn last(&self) -> &Frame {
        self.frames
            .last()
            .expect("the first frame is never taken away")
    }

    pub(super) fn is_done(&self) -> bool {
        self.current().significant_bits() <= 64
    }

    /// The links of the chain.
    pub(super) fn links(&self) -> Vec<Link> {
        self.frames
            .iter()
            .filter_map(|frame| frame.taken.clone())
            .collect()
    }

    /// What is to be kept.
    pub(super) fn saved(&self) -> (Vec<super::Link>, Vec<String>) {
        let links = self
            .links()
            .iter()
            .map(|link| super::Link {
                n: link.n.to_string(),
                d: link.d,
                m: link.m.to_string(),
                q: link.q.to_string(),
            })
            .collect();
        (links, self.dead.iter().map(Integer::to_string).collect())
    }

    fn take(&mut self, link: Link) {
        let next = Frame::new(link.q.clone());
        self.frames
            .last_mut()
            .expect("the first frame is never taken away")
            .taken = Some(link);
        self.frames.push(next);
    }

    /// Adds a link, or goes back one; false says that there is no chain.
    pub(super) fn advance(&mut self, workers: &dyn Workers) -> bool {
        let frame = self
            .frames
            .last_mut()
            .expect("the first frame is never taken away");
        frame.prepare(self.bound);
        loop {
            if let Some(link) = frame.test(workers, &self.dead) {
                self.take(link);
                return true;
            }
            if !frame.extend(workers, &self.primorial, self.bound) {
                break;
            }
        }
        let Some(frame) = self.frames.pop() else {
            return false;
        };
        self.dead.insert(frame.n);
        match self.frames.last_mut() {
            Some(last) => {
                last.taken = None;
                true
            }
            None => {
                // Nothing is left but to say so.
                self.frames.push(Frame::new(Integer::from(1)));
                false
            }
        }
    }
}

impl Frame {
    fn new(n: Integer) -> Self {
        Self {
            n,
            taken: None,
            waiting: Vec::new(),
            discriminants: Vec::new(),
            used: 0,
            roots: HashMap::new(),
        }
    }

    /// Finds the discriminants all of whose parts are squares modulo n.
    fn prepare(&mut self, bound: f64) {
        if !self.discriminants.is_empty() {
            return;
        }
        let mut symbols = HashMap::new();
        let goal = goal(&self.n, bound);
        self.discriminants = table(self.n.significant_bits())
            .iter()
            .filter(|entry| {
                entry.parts.iter().all(|&part| {
                    *symbols
                        .entry(part)
                        .or_insert_with(|| Integer::from(part).jacobi(&self.n) == 1)
                })
            })
            .collect();
        self.discriminants.sort_by(|one, other| {
            price(one, goal)
                .total_cmp(&price(other, goal))
                .then(one.d.cmp(&other.d))
        });
    }

    /// Tests the waiting links, the smallest q first, as many at once as there are threads.
    fn test(&mut self, workers: &dyn Workers, dead: &HashSet<Integer>) -> Option<Link> {
        self.waiting.retain(|link| !dead.contains(&link.q));
        while !self.waiting.is_empty() {
            let from = self.waiting.len().saturating_sub(workers.threads().max(1));
            let links = self.waiting.split_off(from);
            let passed = map(workers, links.len(), &|i| is_probable_prime(&links[i].q));
            // The smallest that passed; the others wait on.
            let best = passed.iter().rposition(|&passed| passed);
            let mut found = None;
            for (index, link) in links.into_iter().enumerate() {
                if Some(index) == best {
                    found = Some(link);
                } else if passed[index] {
                    self.waiting.push(link);
                }
            }
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Uses so many more discriminants that about one link is to be expected; false if none is left.
    fn extend(&mut self, workers: &dyn Workers, primorial: &Integer, bound: f64) -> bool {
        if self.used == self.discriminants.len() {
            return false;
        }
        let goal = goal(&self.n, bound);
        let mut expected = 0.0;
        let from = self.used;
        while self.used < self.discriminants.len() && expected < goal {
            expected += 2.0 * self.discriminants[self.used].chance();
            self.used += 1;
        }
        let chosen = &self.discriminants[from..self.used];
        let mut parts: Vec<i32> = chosen
            .iter()
            .flat_map(|entry| entry.parts.iter().copied())
            .filter(|part| !self.roots.contains_key(part))
            .collect();
        parts.sort_unstable();
        parts.dedup();
        let n = &self.n;
        let found = map(workers, parts.len(), &|i| {
            square_root(&Integer::from(parts[i]), n)
        });
        for (part, root) in parts.into_iter().zip(found) {
            // Missing roots say that n is not prime; then the discriminant finds nothing.
            self.roots.insert(part, root.unwrap_or_default());
        }
        let roots = &self.roots;
        let found = map(workers, chosen.len(), &|i| {
            let mut root = Integer::from(1);
            for part in &chosen[i].parts {
                root = root * &roots[part] % n;
            }
            let square = Integer::from(root.square_ref()) + chosen[i].d;
            if !square.is_divisible(n) {
                return Vec::new();
            }
            norm_equation(n, chosen[i].d, &root)
                .map_or(Vec::new(), |solution| orders(n, chosen[i].d, &solution))
        });
        let (mut ds, mut ms) = (Vec::new(), Vec::new());
        for (entry, orders) in chosen.iter().zip(found) {
            for m in orders {
                ds.push(entry.d);
                ms.push(m);
            }
        }
        let rough = rough_parts(&ms, primorial);
        // q > (n^(1/4)+1)^2, with the root rounded up.
        let least = (Integer::from(n.root_ref(4)) + 2u32).square();
        let mut links: Vec<Link> = ds
            .into_iter()
            .zip(ms)
            .zip(rough)
            .filter(|((_, m), q)| *q > least && q != m && q < n)
            .map(|((d, m), q)| Link {
                n: n.clone(),
                d,
                m,
                q,
            })
            .collect();
        links.sort_by(|one, other| other.q.cmp(&one.q));
        self.waiting.extend(links);
        self.waiting.sort_by(|one, other| other.q.cmp(&one.q));
        true
    }
}

/// How many orders are to be expected until one is a prime times primes up to the bound, whose logarithm
/// is given (Mertens).
fn goal(n: &Integer, bound: f64) -> f64 {
    let size = f64::from(n.significant_bits()) * std::f64::consts::LN_2;
    (size / (1.781 * bound)).max(1.0)
}

/// What a discriminant costs, in the unit of a square root: its own roots over the chance that it helps,
/// and the root of the class polynomial, which is found for one order of many.
fn price(entry: &Discriminant, goal: f64) -> f64 {
    let rare = entry
        .parts
        .iter()
        .filter(|part| part.unsigned_abs() > 100)
        .count();
    let degree = f64::from(entry.degree());
    let climb = degree * degree + degree + 0.3 * f64::from(entry.class_number);
    (0.25 + rare as f64) / entry.chance() + 2.0 * climb / goal
}

/// A Fermat test to base 2, and for what passes, the test of Baillie, Pomerance, Selfridge, Wagstaff.
fn is_probable_prime(q: &Integer) -> bool {
    let exponent = Integer::from(q - 1);
    let passed = Integer::from(2)
        .pow_mod(&exponent, q)
        .is_ok_and(|power| power == 1);
    passed && q.is_probably_prime(24) != rug::integer::IsPrime::No
}
