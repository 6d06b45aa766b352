//! Where long computations leave how far they are, so that a killed program goes on instead of starting
//! again.
//!
//! Each computation has a name that is a hash of all that determines it, so what is found under a name
//! belongs to that computation and no other. A journal is the caller's own: nothing of it is proved. It
//! must give back what was put in or nothing, which for a file means a checksum. Provers and verifier use
//! this page of storage and share nothing else.

use rug::{Integer, integer::Order};
use serde::{Deserialize, Serialize};

/// The name of a computation.
pub type Name = [u8; 32];

/// The caller's storage for computations that take long.
pub trait Journal: Sync {
    /// Whether it is time to keep where a computation stands: often asked, so quick to answer.
    fn is_due(&self) -> bool;

    /// Keeps this in the place of what the name had before.
    fn keep(&self, name: &Name, bytes: Vec<u8>);

    /// What was kept under a name last.
    fn kept(&self, name: &Name) -> Option<Vec<u8>>;

    /// Told when a computation goes on from what was kept: what it is, and the steps done and in all.
    fn resumed(&self, what: &str, done: u64, total: u64);
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forgetful;

impl Journal for Forgetful {
    fn is_due(&self) -> bool {
        false
    }
    fn keep(&self, _: &Name, _: Vec<u8>) {}
    fn kept(&self, _: &Name) -> Option<Vec<u8>> {
        None
    }
    fn resumed(&self, _: &str, _: u64, _: u64) {}
}

/// The name of what is done to numbers.
pub(crate) fn name(what: &str, numbers: &[&Integer]) -> Name {
    let mut hasher = blake3::Hasher::new_derive_key("darkreach 2026 journal, names");
    let mut put = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    put(what.as_bytes());
    for number in numbers {
        put(&number.to_digits::<u8>(Order::Lsf));
        put(&[u8::from(**number < 0)]);
    }
    *hasher.finalize().as_bytes()
}

/// One loop over residues modulo N, of which the journal keeps the last place that it was given.
pub(crate) struct Loop<'a> {
    journal: &'a dyn Journal,
    what: &'static str,
    name: Name,
    total: u64,
}

/// Loops of fewer steps are not worth a place in a journal.
const LEAST_STEPS: u64 = 2000;

#[derive(Serialize, Deserialize)]
struct Place {
    done: u64,
    /// Little-endian bytes.
    residues: Vec<Vec<u8>>,
}

impl<'a> Loop<'a> {
    /// A loop of so many steps that the numbers determine; `None` for a short one.
    pub(crate) fn new(
        journal: &'a dyn Journal,
        what: &'static str,
        numbers: &[&Integer],
        total: u64,
    ) -> Option<Self> {
        (total >= LEAST_STEPS).then(|| Self {
            journal,
            what,
            name: name(what, numbers),
            total,
        })
    }

    /// The steps that are done and the residues after them, `count` of them below N.
    pub(crate) fn resume(&self, n: &Integer, count: usize) -> Option<(u64, Vec<Integer>)> {
        let bytes = self.journal.kept(&self.name)?;
        let place: Place = postcard::from_bytes(&bytes).ok()?;
        let residues: Vec<Integer> = place
            .residues
            .iter()
            .map(|digits| Integer::from_digits(digits, Order::Lsf))
            .collect();
        let fits = place.done <= self.total && residues.len() == count;
        if !fits || residues.iter().any(|residue| residue >= n) {
            return None;
        }
        self.journal.resumed(self.what, place.done, self.total);
        Some((place.done, residues))
    }

    /// After a step: keeps the place if it is time to, and at the end.
    pub(crate) fn passed(&self, done: u64, residues: impl FnOnce() -> Vec<Integer>) {
        if done < self.total && !(done.is_multiple_of(16) && self.journal.is_due()) {
            return;
        }
        let residues = residues();
        let place = Place {
            done,
            residues: residues
                .iter()
                .map(|residue| residue.to_digits(Order::Lsf))
                .collect(),
        };
        let bytes = postcard::to_stdvec(&place).expect("numbers and bytes can always be written");
        self.journal.keep(&self.name, bytes);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{
        collections::BTreeMap,
        sync::{Mutex, PoisonError},
    };

    use super::*;

    /// Keeps everything in memory, always due, and counts what went on.
    #[derive(Debug, Default)]
    pub(crate) struct Memory {
        pub(crate) entries: Mutex<BTreeMap<Name, Vec<u8>>>,
        pub(crate) resumed: Mutex<Vec<(String, u64, u64)>>,
    }

    impl Journal for Memory {
        fn is_due(&self) -> bool {
            true
        }
        fn keep(&self, name: &Name, bytes: Vec<u8>) {
            let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            entries.insert(*name, bytes);
        }
        fn kept(&self, name: &Name) -> Option<Vec<u8>> {
            let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            entries.get(name).cloned()
        }
        fn resumed(&self, what: &str, done: u64, total: u64) {
            let mut resumed = self.resumed.lock().unwrap_or_else(PoisonError::into_inner);
            resumed.push((what.to_owned(), done, total));
        }
    }

    #[test]
    fn a_loop_finds_its_own_place_and_no_other() {
        let memory = Memory::default();
        let (n, x, y) = (Integer::from(1000), Integer::from(3), Integer::from(-3));
        let of = |x: &Integer, total| Loop::new(&memory, "power", &[&n, x], total);
        assert!(of(&x, 1999).is_none());
        let Some(one) = of(&x, 5000) else {
            panic!("it is long enough")
        };
        assert_eq!(one.resume(&n, 1), None);
        one.passed(15, || panic!("not asked at every step"));
        one.passed(32, || vec![Integer::from(77)]);
        assert_eq!(one.resume(&n, 1), Some((32, vec![Integer::from(77)])));
        // Another count of residues, a smaller modulus, another base.
        assert_eq!(one.resume(&n, 2), None);
        assert_eq!(one.resume(&Integer::from(50), 1), None);
        assert!(of(&y, 5000).is_some_and(|other| other.resume(&n, 1).is_none()));
        // Damaged, and longer than the loop.
        let stored = memory.kept(&one.name).unwrap_or_default();
        memory.keep(&one.name, stored[..stored.len() - 1].to_vec());
        assert_eq!(one.resume(&n, 1), None);
        one.passed(5000, || vec![Integer::from(1)]);
        assert!(of(&x, 4000).is_some_and(|shorter| shorter.resume(&n, 1).is_none()));
        assert_eq!(one.resume(&n, 1), Some((5000, vec![Integer::from(1)])));
        let resumed = memory.resumed.into_inner().unwrap_or_default();
        assert_eq!(resumed[0], ("power".to_owned(), 32, 5000));
    }
}
