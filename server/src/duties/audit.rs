//! Which residues of a report are computed again.
//!
//! The sample is drawn after the report is stored, by a generator whose state no host can know, so
//! nobody can prepare for it. One in [`ONE_IN`] is enough to catch a host that computes wrong; one
//! at least is always taken, so that no report passes on its word alone.

use rand::seq::index;

/// One residue in this many is computed again, and one more.
const ONE_IN: u64 = 200;
/// The largest sample: a bound on what one report can cost this server.
const MOST: u64 = 1000;

/// The ordinals to repeat out of this many tested composites, ascending.
pub(crate) fn sample(composites: u64) -> Vec<u64> {
    let amount = (1 + composites / ONE_IN).min(MOST).min(composites);
    // Both fit: a report of more composites than the address space holds cannot have arrived.
    let (Ok(length), Ok(amount)) = (usize::try_from(composites), usize::try_from(amount)) else {
        return vec![0];
    };
    let mut ordinals: Vec<u64> = index::sample(&mut rand::rng(), length, amount)
        .into_iter()
        .map(|ordinal| ordinal as u64)
        .collect();
    ordinals.sort_unstable();
    ordinals
}

#[cfg(test)]
mod tests {
    use super::{MOST, sample};
    use std::collections::BTreeSet;

    #[test]
    fn samples_have_the_stated_size_and_stay_in_range() {
        for (composites, size) in [
            (0, 0),
            (1, 1),
            (199, 1),
            (200, 2),
            (10_000, 51),
            (u64::from(u32::MAX), MOST),
        ] {
            let drawn = sample(composites);
            assert_eq!(drawn.len() as u64, size, "of {composites}");
            assert!(drawn.iter().all(|ordinal| *ordinal < composites));
            assert!(
                drawn.windows(2).all(|pair| pair[0] < pair[1]),
                "distinct, ascending"
            );
        }
    }

    #[test]
    fn every_residue_can_be_drawn() {
        // 3 of 400 at a time: after 4000 draws one that is never drawn would be a defect of the
        // sampling; by chance alone it is missed with probability below 400 * e^-30.
        let drawn: BTreeSet<u64> = (0..4000).flat_map(|_| sample(400)).collect();
        assert_eq!(drawn.len(), 400);
    }
}
