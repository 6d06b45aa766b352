//! Equal numbers in two lists, for a prime in each lane: baby steps and giant steps, or inner and outer
//! digits. The lists are computed in lanes and stored lane by lane; then each lane fills one hash table,
//! which stays in the first-level cache, and looks the other list up.

use super::lanes::{LANES, Lanes, Row};

/// Numbers in the first list, at most: the table counts them in 16 bits.
pub(super) const MOST: usize = 1 << 14;
/// Slots of the table for each number, at least: most look-ups then find an empty slot.
const SPARSE: usize = 8;
/// Rows looked up before the slots that were filled are examined.
const GROUP: usize = 32;

/// A list of keys for every lane.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// Lane after lane, eight keys a row.
    keys: Vec<Row>,
    /// Rows kept for a lane, and rows filled.
    room: usize,
    filled: usize,
}

impl Columns {
    /// Forgets all keys and makes room for some a lane, a multiple of eight.
    pub(super) fn reset(&mut self, keys: usize) {
        self.room = keys / LANES;
        self.filled = 0;
        let rows = self.room * LANES;
        if self.keys.len() < rows {
            self.keys.resize(rows, Row::default());
        }
    }

    /// Appends eight tight residues to each lane.
    #[inline(always)]
    pub(super) fn push<S: Lanes>(&mut self, s: S, residues: [S::V; LANES]) {
        let columns = s.columns(residues);
        for (lane, keys) in columns.into_iter().enumerate() {
            self.keys[lane * self.room + self.filled] = keys;
        }
        self.filled += 1;
    }

    /// The keys of a lane.
    pub(super) fn lane(&self, lane: usize) -> &[Row] {
        &self.keys[lane * self.room..][..self.filled]
    }
}

/// The hash table of one lane, with its memory.
#[derive(Debug, Default)]
pub(super) struct Meet {
    /// 1+j for the last number j of the first list that falls on a slot; 0 is empty.
    table: Vec<u16>,
    /// The same for the number before it.
    chain: Vec<u16>,
    /// Pairs that are equal: position in the second list, position in the first.
    pairs: Vec<(u32, u16)>,
}

impl Meet {
    /// All pairs of equal keys: position in `many`, which is looked up, and in `few`, at most [`MOST`].
    pub(super) fn pairs(&mut self, few: &[Row], many: &[Row]) -> &[(u32, u16)] {
        debug_assert!(few.len() * LANES <= MOST);
        self.pairs.clear();
        let slots = (SPARSE * LANES * few.len()).next_power_of_two().max(256);
        if self.table.len() < slots {
            self.table.resize(slots, 0);
        }
        if self.chain.len() <= few.len() * LANES {
            self.chain.resize(few.len() * LANES + 1, 0);
        }
        macro_rules! with_slots {
            ($($slots:literal)*) => {
                match slots {
                    $($slots => self.find::<$slots>(few, many),)*
                    _ => unreachable!("no table is larger than {MOST} numbers need"),
                }
            };
        }
        with_slots!(256 512 1024 2048 4096 8192 16384 32768 65536 131072);
        &self.pairs
    }

    /// The same with a table of a length that the compiler knows, so that no index is checked.
    fn find<const N: usize>(&mut self, few: &[Row], many: &[Row]) {
        let table = self.table.first_chunk_mut::<N>().expect("it was resized");
        table.fill(0);
        let mut j = 0u16;
        for (row, chain) in few.iter().zip(self.chain[1..].as_chunks_mut::<LANES>().0) {
            for (key, chain) in row.0.iter().zip(chain) {
                j += 1;
                let slot = &mut table[*key as usize % N];
                *chain = std::mem::replace(slot, j);
            }
        }
        let mut filled = [0u16; GROUP * LANES];
        for (group, rows) in many.chunks(GROUP).enumerate() {
            let mut count = 0;
            let mut at = 0;
            for row in rows {
                for key in row.0 {
                    filled[count % (GROUP * LANES)] = at;
                    count += usize::from(table[key as usize % N] != 0);
                    at += 1;
                }
            }
            for &at in &filled[..count] {
                let at = usize::from(at);
                let key = rows[at / LANES].0[at % LANES];
                let mut next = table[key as usize % N];
                while next != 0 {
                    let j = usize::from(next) - 1;
                    if few[j / LANES].0[j % LANES] == key {
                        self.pairs
                            .push(((group * GROUP * LANES + at) as u32, next - 1));
                    }
                    next = self.chain[usize::from(next)];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn all_pairs_are_found(
            few in proptest::collection::vec(proptest::array::uniform8(0u64..5000), 1..70),
            many in proptest::collection::vec(proptest::array::uniform8(0u64..5000), 0..90),
        ) {
            let rows = |keys: &[[u64; 8]]| keys.iter().map(|row| Row(*row)).collect::<Vec<_>>();
            let mut meet = Meet::default();
            let mut expected = BTreeSet::new();
            for (at, key) in (0u32..).zip(many.iter().flatten()) {
                for (j, other) in (0u16..).zip(few.iter().flatten()) {
                    if key == other {
                        expected.insert((at, j));
                    }
                }
            }
            let pairs = meet.pairs(&rows(&few), &rows(&many));
            prop_assert_eq!(pairs.len(), expected.len());
            prop_assert_eq!(pairs.iter().copied().collect::<BTreeSet<_>>(), expected);
        }
    }
}
