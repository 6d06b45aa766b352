//! The third step: baby steps and giant steps for eight primes at once.
//!
//! With n = d+o*m and m = i*B+j, b^n*v = 1 means v*b^d*(b^(o*B))^i = b^(-o*j): giant steps on the left,
//! baby steps on the right.

use super::{
    super::{
        lanes::{Field, LANES, Lanes, Row, pow, pow_each},
        listener::{Listener, Stopped},
        meet::{Columns, MOST, Meet},
    },
    residues::Sifted,
};

/// Giant steps that are stored before they are looked up, at least.
const STORED: usize = 1 << 12;

/// Up to eight primes whose logarithms are left to search.
#[derive(Clone, Default)]
pub(super) struct Waiting(Vec<Sifted>);

impl Waiting {
    /// Adds a prime if it has a logarithm left to search; the number of primes now.
    pub(super) fn push(&mut self, mut entry: Sifted, length: u64) -> usize {
        entry.values.retain(|(_, _, log)| u64::from(*log) < length);
        if !entry.values.is_empty() {
            self.0.push(entry);
        }
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_entries(self) -> Vec<Sifted> {
        self.0
    }
}

/// The searches over one range, with their memory.
pub(super) struct Steps {
    base: u64,
    length: u64,
    babies: Columns,
    giants: Columns,
    meet: Meet,
}

/// How m = i*B+j is cut: B baby steps, and giant steps; both are multiples of eight, so the last
/// ones may lie beyond what is wanted.
#[derive(Clone, Copy)]
struct Cut {
    babies: usize,
    giants: usize,
}

impl Steps {
    pub(super) fn new(base: u64, length: u64) -> Self {
        Self {
            base,
            length,
            babies: Columns::default(),
            giants: Columns::default(),
            meet: Meet::default(),
        }
    }

    /// Reports every logarithm below the length.
    #[inline(always)]
    pub(super) fn search<S: Lanes>(
        &mut self,
        s: S,
        waiting: &Waiting,
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        let entries = &waiting.0;
        let last = entries.len() - 1;
        let mut primes = Row::default();
        let mut inverses = Row::default();
        let mut orders = Row::default();
        for lane in 0..LANES {
            let entry = &entries[lane.min(last)];
            primes.0[lane] = entry.prime;
            inverses.0[lane] = entry.inverse;
            orders.0[lane] = u64::from(entry.order);
        }
        let values = entries.iter().map(|e| e.values.len()).max().unwrap_or(0);
        let shortest = orders.0.into_iter().min().unwrap_or(1);
        let cut = Cut::new(self.length.div_ceil(shortest), values as u64);

        let field = Field::new(s, &[primes]);
        let inverse = pow_each(&field, [s.of_keys(&inverses)], &[orders]);
        let base = field.number(self.base);
        let stride = pow(&field, pow_each(&field, base, &[orders]), cut.babies as u64);
        let one = field.one();
        self.babies.reset(cut.babies);
        let met = powers(&field, one[0], inverse[0], cut.babies, &mut self.babies);

        // Values are taken in groups, so that their giant steps stay in the cache.
        let group = (STORED.max(4 * cut.babies) / cut.giants).max(1);
        for first in (0..values).step_by(group) {
            if listener.should_stop() {
                return Err(Stopped);
            }
            let group = first..(first + group).min(values);
            self.giants.reset(group.len() * cut.giants);
            for value in group.clone() {
                let mut keys = Row::default();
                let mut logs = Row::default();
                for (lane, entry) in entries.iter().enumerate() {
                    if let Some((_, key, log)) = entry.values.get(value) {
                        keys.0[lane] = *key;
                        logs.0[lane] = u64::from(*log);
                    }
                }
                let start = field.mul([s.of_keys(&keys)], pow_each(&field, base, &[logs]));
                powers(&field, start[0], stride[0], cut.giants, &mut self.giants);
            }
            for (lane, entry) in entries.iter().enumerate() {
                let short = met >> lane & 1 == 1;
                self.look_up(lane, entry, group.start, cut, short, listener);
            }
        }
        Ok(())
    }

    /// Finds the giant steps of a group of values among the baby steps of one prime.
    fn look_up(
        &mut self,
        lane: usize,
        entry: &Sifted,
        first: usize,
        cut: Cut,
        short: bool,
        listener: &mut dyn Listener,
    ) {
        let babies = self.babies.lane(lane);
        // Powers that repeat within the baby steps: the first solution, then all after it.
        let period = if short {
            let one = babies[0].0[0];
            let mut keys = babies.iter().flat_map(|row| row.0).skip(1);
            keys.position(|key| key == one).map(|j| j as u64 + 1)
        } else {
            None
        };
        let used = entry.values.len().saturating_sub(first);
        let giants = self.giants.lane(lane);
        let giants = &giants[..giants.len().min(used * cut.giants / LANES)];
        let order = u64::from(entry.order);
        for &(at, j) in self.meet.pairs(babies, giants) {
            let (value, i) = (at as usize / cut.giants, at as usize % cut.giants);
            let (target, _, log) = entry.values[first + value];
            let step = (i * cut.babies) as u64 + u64::from(j);
            let mut index = u64::from(log) + order * step;
            match period {
                None if index < self.length => listener.hit(target as usize, index, entry.prime),
                Some(period) if step < period => {
                    while index < self.length {
                        listener.hit(target as usize, index, entry.prime);
                        index += order * period;
                    }
                }
                _ => {}
            }
        }
    }
}

impl Cut {
    /// Cuts 0..length for a number of values, where a baby step costs about twice a giant step.
    fn new(length: u64, values: u64) -> Self {
        let babies = (length.saturating_mul(values) / 2)
            .isqrt()
            .clamp(1, length.min(MOST as u64));
        let babies = babies.next_multiple_of(LANES as u64);
        let giants = length.div_ceil(babies);
        Self {
            babies: babies as usize,
            giants: giants.next_multiple_of(LANES as u64) as usize,
        }
    }
}

/// Appends first*ratio^i for i below a count, a multiple of eight. The lanes in which the first one
/// comes again.
#[inline(always)]
fn powers<S: Lanes>(
    field: &Field<S, 1>,
    first: S::V,
    ratio: S::V,
    count: usize,
    columns: &mut Columns,
) -> u8 {
    let (s, m) = (field.s, field.m[0]);
    let first = s.tight(m, first);
    // Eight powers side by side: a product waits for its own halves.
    let mut chains = [first; LANES];
    for i in 1..LANES {
        chains[i] = s.tight(m, s.mul(m, chains[i - 1], ratio));
    }
    let ratio = pow(field, [ratio], LANES as u64)[0];
    let mut gathered = s.far();
    for v in &chains[1..] {
        gathered = s.closest(gathered, *v, first);
    }
    columns.push(s, chains);
    for _ in 1..count / LANES {
        for v in &mut chains {
            *v = s.tight(m, s.mul(m, *v, ratio));
            gathered = s.closest(gathered, *v, first);
        }
        columns.push(s, chains);
    }
    s.met(gathered)
}
