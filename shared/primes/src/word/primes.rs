//! The primes in an interval, by a segmented sieve of Eratosthenes over odd numbers: a segment fits
//! the first-level cache, so an interval far out costs little more than one near zero.

/// Odd numbers in a segment.
const SEGMENT: u64 = 1 << 17;

/// The primes up to and including `limit`.
pub(crate) fn primes_up_to(limit: u64) -> Vec<u64> {
    let mut primes = Vec::new();
    for_primes(2, limit.saturating_add(1), &mut |p| {
        primes.push(p);
        true
    });
    primes
}

/// Calls `each` with every prime of `start..end`, ascending, until it answers false.
/// `end` is at most 2^62.
pub(crate) fn for_primes(start: u64, end: u64, each: &mut dyn FnMut(u64) -> bool) {
    debug_assert!(end <= 1 << 62);
    if start <= 2 && end > 2 && !each(2) {
        return;
    }
    let mut low = start.max(3) | 1;
    if low >= end {
        return;
    }
    // Up to the root of the end; this recursion ends because a root is much smaller.
    let base = primes_up_to((end - 1).isqrt());
    let mut composite = vec![false; SEGMENT.min((end - low).div_ceil(2)) as usize];
    while low < end {
        // Index i stands for low + 2*i.
        let count = SEGMENT.min((end - low).div_ceil(2));
        let segment = &mut composite[..count as usize];
        segment.fill(false);
        let last = low + 2 * (count - 1);
        for &p in base.iter().skip(1) {
            if p * p > last {
                break;
            }
            let first = (p * p).max(low.div_ceil(p) * p);
            let first = if first % 2 == 0 { first + p } else { first };
            let mut index = (first - low) / 2;
            while index < count {
                segment[index as usize] = true;
                index += p;
            }
        }
        for (index, _) in segment.iter().enumerate().filter(|(_, struck)| !**struck) {
            if !each(low + 2 * index as u64) {
                return;
            }
        }
        low += 2 * count;
    }
}

#[cfg(test)]
mod tests {
    use super::{super::is_prime, *};
    use proptest::prelude::*;

    #[test]
    fn the_count_of_primes_is_known() {
        for (limit, count) in [(1, 0), (2, 1), (3, 2), (100, 25), (1 << 20, 82_025)] {
            assert_eq!(primes_up_to(limit).len(), count, "up to {limit}");
        }
    }

    proptest! {
        #[test]
        fn intervals_agree_with_single_tests(start in prop_oneof![0u64..300_000, 1u64 << 40..1 << 41], length in 0u64..3000) {
            let mut found = Vec::new();
            for_primes(start, start + length, &mut |p| { found.push(p); true });
            let expected: Vec<u64> = (start..start + length).filter(|&n| is_prime(n)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
