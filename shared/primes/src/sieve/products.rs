//! Running products: n!+-1, multifactorials n!(k)+-1 and primorials p#+-1. A prime divides a candidate when
//! the product is 1 or -1 modulo it, so each prime walks through all terms, and primes walk side by
//! side in lanes.
//!
//! Terms before the range are multiplied together into words beforehand, and enter as plain numbers.
//! Terms of the range become residues by addition: each differs from the one before by a small gap.
//! Products are compared with both 1 and -1 at once, and looked at only every few terms; a walk that
//! met one of them repeats those few to find out where.

use std::ops::Range;

use super::{
    lanes::{Field, LANES, LARGEST_NUMBER, Lanes, Row, Slices, pow, rows},
    listener::{Listener, Stopped},
};
use crate::word::for_primes;

/// Rows of primes side by side.
const ROWS: usize = 4;
/// Terms between two looks.
const TERMS: usize = 16;
/// Words or terms between two questions whether to stop.
const POLL: usize = 1 << 14;

/// The target number of products plus one in hits.
pub const PLUS: usize = 0;
/// The target number of products minus one in hits.
pub const MINUS: usize = 1;

/// The sieve over terms n in `start..end`: hits carry [`PLUS`] or [`MINUS`] and n-start.
#[derive(Debug)]
pub struct Products {
    start: u64,
    walks: Vec<Walk>,
    /// Primes that divide all products of the range.
    idle: Idle,
}

/// One running product.
#[derive(Debug)]
struct Walk {
    /// The product of the terms before the range, as factors below 2^50.
    head: Vec<u64>,
    /// Whether one of those terms is even.
    even: bool,
    /// The first term in the range.
    first: u64,
    /// Terms in the range.
    count: usize,
    gaps: Gaps,
}

/// The differences of consecutive terms.
#[derive(Debug)]
enum Gaps {
    /// All alike.
    Even(u64),
    /// For each term but the last half the gap to the next one; gaps are even after 2 and 3.
    Halves { halves: Vec<u16>, largest: u16 },
}

/// Which primes are known to divide all products.
#[derive(Debug)]
enum Idle {
    /// Those below the first term.
    Below(u64),
    /// Those whose multiple by k is below the first term, unless they divide k.
    Multiples { k: u64, first: u64 },
}

impl Products {
    /// The sieve of n!(k)+-1 for n in the range, from 1 on; k = 1 for n!+-1. Terms are below 2^48.
    pub fn factorials(k: u64, range: Range<u64>) -> Self {
        let walks = (1..=k)
            .filter_map(|class| {
                let skipped = range.start.saturating_sub(class).div_ceil(k);
                let first = class + k * skipped;
                let count = range.end.checked_sub(first).filter(|n| *n > 0)?.div_ceil(k);
                let head = (0..skipped).map(|i| class + k * i);
                Some(Walk::new(head, first, count as usize, Gaps::Even(k)))
            })
            .collect();
        Self {
            start: range.start,
            walks,
            idle: Idle::Multiples {
                k,
                first: range.start,
            },
        }
    }

    /// The sieve of p#+-1 for primes p in the range. Terms are below 2^48.
    pub fn primorials(range: Range<u64>) -> Self {
        let mut head = Vec::new();
        let mut terms = Vec::new();
        for_primes(2, range.end, &mut |p| {
            if p < range.start {
                head.push(p);
            } else {
                terms.push(p);
            }
            true
        });
        let mut walks = Vec::new();
        // The gap after 2 is odd: 2 and 3 walk alone.
        for alone in [2, 3] {
            if terms.first() == Some(&alone) {
                walks.push(Walk::new(head.iter().copied(), alone, 1, Gaps::Even(1)));
                head.push(alone);
                terms.remove(0);
            }
        }
        if let Some(&first) = terms.first() {
            let halves: Vec<u16> = terms
                .windows(2)
                .map(|pair| ((pair[1] - pair[0]) / 2) as u16)
                .collect();
            let largest = halves.iter().copied().max().unwrap_or(0);
            walks.push(Walk::new(
                head.iter().copied(),
                first,
                terms.len(),
                Gaps::Halves { halves, largest },
            ));
        }
        Self {
            start: range.start,
            walks,
            idle: Idle::Below(range.start),
        }
    }
}

impl Idle {
    #[inline(always)]
    fn has(&self, p: u64) -> bool {
        match *self {
            Self::Below(first) => p < first,
            Self::Multiples { k, first } => p.saturating_mul(k) < first && !k.is_multiple_of(p),
        }
    }
}

impl Walk {
    fn new(terms: impl Iterator<Item = u64>, first: u64, count: usize, gaps: Gaps) -> Self {
        let mut head = Vec::new();
        let mut word = 1u64;
        let mut even = false;
        for term in terms {
            even |= term.is_multiple_of(2);
            match word.checked_mul(term).filter(|w| *w <= LARGEST_NUMBER) {
                Some(product) => word = product,
                None => head.push(std::mem::replace(&mut word, term)),
            }
        }
        head.push(word);
        Self {
            head,
            even,
            first,
            count,
            gaps,
        }
    }

    /// Walks rows of primes through the terms.
    #[inline(always)]
    fn walk<S: Lanes>(
        &self,
        s: S,
        primes: &[u64],
        start: u64,
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        let (moduli, used) = rows::<ROWS>(primes);
        let field = Field::new(s, &moduli);
        let entrance = field.entrance();
        let one = field.one();
        // A plain number that enters divides by the radix; this much is multiplied beforehand.
        let mut product = pow(&field, entrance, self.head.len() as u64);
        for words in self.head.chunks(POLL) {
            if listener.should_stop() {
                return Err(Stopped);
            }
            for word in words {
                let word = Row([*word; LANES]);
                for (product, m) in product.iter_mut().zip(&field.m) {
                    *product = s.enter(*m, *product, &word);
                }
            }
        }
        let mut gaps = Vec::new();
        match &self.gaps {
            Gaps::Even(gap) => gaps.push(field.number_by(entrance, *gap)),
            Gaps::Halves { largest, .. } => {
                let two = field.number_by(entrance, 2);
                let mut gap = field.sub(one, one);
                for _ in 0..=*largest {
                    gaps.push(gap);
                    gap = field.add(gap, two);
                }
            }
        }
        let mut folded = one;
        for (folded, m) in folded.iter_mut().zip(&field.m) {
            *folded = s.fold(*m, *folded);
        }
        let mut at = State {
            product,
            term: field.number_by(entrance, self.first),
        };
        let mut value = self.first;
        let mut done = 0;
        while done < self.count {
            if done % POLL == 0 && listener.should_stop() {
                return Err(Stopped);
            }
            let terms = TERMS.min(self.count - done);
            let before = at;
            let gathered = match &self.gaps {
                Gaps::Even(_) => at.run(&field, &folded, (0..terms).map(|_| &gaps[0])),
                Gaps::Halves { halves, .. } => {
                    let end = halves.len().min(done + terms);
                    let halves = halves[done..end].iter().chain(std::iter::once(&0));
                    at.run(
                        &field,
                        &folded,
                        halves.take(terms).map(|h| &gaps[usize::from(*h)]),
                    )
                }
            };
            let met = s.met(gathered) != 0;
            if met {
                at = before;
            }
            for i in done..done + terms {
                let gap = match &self.gaps {
                    Gaps::Even(gap) => (0, *gap),
                    Gaps::Halves { halves, .. } => {
                        let half = halves.get(i).copied().unwrap_or(0);
                        (usize::from(half), 2 * u64::from(half))
                    }
                };
                if met {
                    at.step(&field, &gaps[gap.0]);
                    at.report(&field, &one, value - start, &moduli, used, listener);
                }
                value += gap.1;
            }
            done += terms;
        }
        Ok(())
    }

    /// Reports what 2 divides.
    fn parity(&self, start: u64, listener: &mut dyn Listener) {
        let mut even = self.even;
        let mut value = self.first;
        for i in 0..self.count {
            even |= value.is_multiple_of(2);
            if even {
                return;
            }
            listener.hit(PLUS, value - start, 2);
            listener.hit(MINUS, value - start, 2);
            value += match &self.gaps {
                Gaps::Even(gap) => *gap,
                Gaps::Halves { halves, .. } => 2 * u64::from(halves.get(i).copied().unwrap_or(0)),
            };
        }
    }
}

/// Where a walk stands.
#[derive(Clone, Copy)]
struct State<V: Copy> {
    /// The product of the terms before, loose.
    product: [V; ROWS],
    /// The next term, tight.
    term: [V; ROWS],
}

impl<V: Copy> State<V> {
    /// Multiplies by a term and goes to the next one.
    #[inline(always)]
    fn step<S: Lanes<V = V>>(&mut self, field: &Field<S, ROWS>, gap: &[V; ROWS]) {
        self.product = field.mul(self.product, self.term);
        self.term = field.add(self.term, *gap);
    }

    /// Some steps, and whether a product was 1 or -1, as `closest` tells.
    #[inline(always)]
    fn run<'a, S: Lanes<V = V>>(
        &mut self,
        field: &Field<S, ROWS>,
        folded: &[V; ROWS],
        gaps: impl Iterator<Item = &'a [V; ROWS]>,
    ) -> V
    where
        V: 'a,
    {
        let s = field.s;
        let mut gathered = s.far();
        for gap in gaps {
            self.step(field, gap);
            for ((product, folded), m) in self.product.iter().zip(folded).zip(field.m) {
                let product = s.fold(m, s.tight(m, *product));
                gathered = s.closest(gathered, product, *folded);
            }
        }
        gathered
    }

    /// Reports the primes whose product is 1 or -1.
    #[inline(always)]
    fn report<S: Lanes<V = V>>(
        &self,
        field: &Field<S, ROWS>,
        one: &[V; ROWS],
        index: u64,
        moduli: &[Row; ROWS],
        used: usize,
        listener: &mut dyn Listener,
    ) {
        let product = field.tight(self.product);
        let negative = field.neg(product);
        for u in 0..ROWS {
            let minus = field.s.equal(product[u], one[u]);
            let plus = field.s.equal(negative[u], one[u]);
            for lane in 0..LANES.min(used.saturating_sub(u * LANES)) {
                for (target, lanes) in [(PLUS, plus), (MINUS, minus)] {
                    if lanes >> lane & 1 == 1 {
                        listener.hit(target, index, moduli[u].0[lane]);
                    }
                }
            }
        }
    }
}

impl Slices for Products {
    #[inline(always)]
    fn slice<S: Lanes>(
        &mut self,
        s: S,
        primes: &[u64],
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        let primes: Vec<u64> = primes
            .iter()
            .copied()
            .filter(|p| !self.idle.has(*p))
            .collect();
        for primes in primes.chunks(ROWS * LANES) {
            for walk in &self.walks {
                walk.walk(s, primes, self.start, listener)?;
            }
        }
        Ok(())
    }

    fn two(&mut self, listener: &mut dyn Listener) -> Result<(), Stopped> {
        for walk in &self.walks {
            walk.parity(self.start, listener);
        }
        Ok(())
    }
}
