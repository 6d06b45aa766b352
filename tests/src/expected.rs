//! Compares what the server says of a whole range with what GMP says.

use std::collections::BTreeMap;

use rug::Integer;

use crate::{
    api::Fate,
    oracle::{is_prime, kbnc, res64},
};

/// A range of k*b^n+c as a test means it; one of the two ranges has one member.
#[derive(Clone, Debug)]
pub struct Range {
    /// Values of k.
    pub k: std::ops::Range<u64>,
    /// Values of n.
    pub n: std::ops::Range<u32>,
    /// b.
    pub base: u32,
    /// c.
    pub c: i32,
}

impl Range {
    /// The candidates in normal form: expression and value.
    pub fn candidates(&self) -> BTreeMap<String, Integer> {
        let Self { k, n, base, c } = self.clone();
        k.filter(|k| k % u64::from(base) != 0)
            .flat_map(|k| n.clone().map(move |n| (k, n)))
            .map(|(k, n)| (format!("{k}*{base}^{n}{c:+}"), kbnc(k, base, n, c)))
            .collect()
    }

    /// The expressions of the primes among them, by GMP.
    pub fn primes(&self) -> Vec<String> {
        self.candidates()
            .into_iter()
            .filter(|(_, n)| is_prime(n))
            .map(|(e, _)| e)
            .collect()
    }

    /// Fails unless exactly the candidates have a fate, and each the right one.
    pub fn assert_right(&self, fates: &BTreeMap<String, Fate>) {
        let candidates = self.candidates();
        assert!(
            candidates.keys().eq(fates.keys()),
            "not the same candidates: {} expected, {} there",
            candidates.len(),
            fates.len()
        );
        for (expression, n) in &candidates {
            let fate = &fates[expression];
            let right = match fate.outcome.as_str() {
                "factor" => fate
                    .factor
                    .is_some_and(|p| p > 1 && *n > p && n.is_divisible(&p.into())),
                // A residue other than 1 shows that N is composite; 1 shows nothing.
                "composite" => {
                    let residue = res64(n);
                    fate.res64.as_ref() == Some(&residue)
                        && (residue != "0000000000000001" || !is_prime(n))
                }
                "prime" => is_prime(n),
                "below_two" => *n < 2,
                "algebraic" => !is_prime(n),
                _ => false,
            };
            assert!(right, "{expression}: {fate:?}");
        }
    }
}
