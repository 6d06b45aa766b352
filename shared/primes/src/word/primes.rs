//! The primes in an interval, by a segmented sieve of Eratosthenes. A byte stands for thirty numbers,
//! a bit for each of the eight among them that 2, 3 and 5 do not divide; multiples of 7 to 17 come as
//! a ready pattern, and a segment fits the first-level cache.
//!
//! Base primes stop at 2^24. Beyond 2^48 they leave composites over, which single tests of primality
//! remove: slower, and right as far as 64-bit numbers go.

use std::sync::LazyLock;

use super::is_prime;

/// Residues modulo 30 of the numbers that bits 0 to 7 stand for.
const WHEEL: [u64; 8] = [1, 7, 11, 13, 17, 19, 23, 29];
/// The bit that stands for a residue modulo 30; 8 where none does.
const BIT: [u8; 30] = {
    let mut bits = [8; 30];
    let mut i = 0;
    while i < 8 {
        bits[WHEEL[i] as usize] = i as u8;
        i += 1;
    }
    bits
};
/// What a bit of a word of eight bytes stands for, counted from the word's first number.
const OFFSET: [u8; 64] = {
    let mut offsets = [0; 64];
    let mut i = 0;
    while i < 64 {
        offsets[i] = 30 * (i as u8 / 8) + WHEEL[i % 8] as u8;
        i += 1;
    }
    offsets
};

/// Bytes of a segment, at least: a first-level cache.
const SEGMENT: u64 = 1 << 15;
/// Bytes of a segment, at most: a second-level cache.
const LARGEST_SEGMENT: u64 = 1 << 19;
/// Primes of the pattern; below its start nothing has to be struck.
const PATTERN_PRIMES: [u64; 4] = [7, 11, 13, 17];
/// Bytes after which the pattern repeats.
const PERIOD: usize = 7 * 11 * 13 * 17;
/// The largest base prime.
const LARGEST_BASE: u64 = 1 << 24;
/// Primes handed out at once, about.
const SLICE: usize = 1024;

/// Composites divisible by the primes of the pattern, from number 0 on, a period and a segment long.
static PATTERN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut pattern = vec![0; PERIOD + SEGMENT as usize];
    for (byte, bits) in (0u64..).zip(&mut pattern) {
        for (bit, residue) in WHEEL.iter().enumerate() {
            let number = 30 * byte + residue;
            if PATTERN_PRIMES.iter().any(|p| number.is_multiple_of(*p)) {
                *bits |= 1 << bit;
            }
        }
    }
    pattern
});

/// The primes up to and including `limit`.
pub(crate) fn primes_up_to(limit: u64) -> Vec<u64> {
    let mut primes = Vec::new();
    for_prime_slices(2, limit.saturating_add(1), &mut |slice| {
        primes.extend_from_slice(slice);
        true
    });
    primes
}

/// Calls `each` with every prime of `start..end`, ascending, until it answers false.
/// `end` is at most 2^62.
pub(crate) fn for_primes(start: u64, end: u64, each: &mut dyn FnMut(u64) -> bool) {
    for_prime_slices(start, end, &mut |slice| slice.iter().all(|&p| each(p)));
}

/// Calls `each` with the primes of `start..end`, ascending, some at a time, until it answers false.
/// `end` is at most 2^62.
pub(crate) fn for_prime_slices(start: u64, end: u64, each: &mut dyn FnMut(&[u64]) -> bool) {
    debug_assert!(end <= 1 << 62);
    // What wheel and pattern leave out.
    let mut slice: Vec<u64> = [2, 3, 5]
        .into_iter()
        .chain(PATTERN_PRIMES)
        .filter(|p| (start..end).contains(p))
        .collect();
    let first = start.max(18);
    if first < end && end - first < (end - 1).isqrt() / 64 {
        // The base primes would cost more than the interval.
        slice.extend((first..end).filter(|n| BIT[(n % 30) as usize] < 8 && is_prime(*n)));
    } else if first < end {
        let root = (end - 1).isqrt();
        let mut strikes = Strikes::new(root.min(LARGEST_BASE));
        let exact = root <= LARGEST_BASE;
        let mut low = first - first % 30;
        let size = (root / 16).clamp(SEGMENT, LARGEST_SEGMENT);
        let size = size
            .min((end - low).div_ceil(30))
            .next_multiple_of(SEGMENT.min((end - low).div_ceil(240) * 8));
        let mut segment = vec![0u8; size as usize];
        while low < end {
            let count = size.min((end - low).div_ceil(30)).next_multiple_of(8) as usize;
            let segment = &mut segment[..count];
            strikes.strike(low, segment);
            for (word, bytes) in segment.chunks_exact(8).enumerate() {
                let mut open = !u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
                let base = low + 240 * word as u64;
                let inside = base >= first && base + 240 <= end;
                while open != 0 {
                    let number = base + u64::from(OFFSET[open.trailing_zeros() as usize]);
                    open &= open - 1;
                    if (inside || (first..end).contains(&number)) && (exact || is_prime(number)) {
                        slice.push(number);
                    }
                }
                if slice.len() >= SLICE {
                    if !each(&slice) {
                        return;
                    }
                    slice.clear();
                }
            }
            low += 30 * size;
        }
    }
    if !slice.is_empty() {
        each(&slice);
    }
}

/// The base primes with their next multiples.
struct Strikes {
    base: Vec<u64>,
    /// For each base prime that has begun: the byte, counted from the next segment, of its next
    /// multiple that each bit stands for.
    next: Vec<[u32; 8]>,
}

impl Strikes {
    fn new(limit: u64) -> Self {
        // The recursion ends, because a root is much smaller.
        let mut base = if limit > 17 {
            primes_up_to(limit)
        } else {
            Vec::new()
        };
        base.retain(|p| *p > 17);
        Self {
            base,
            next: Vec::new(),
        }
    }

    /// Marks the composites of the segment that begins at `low`, a multiple of 30. Segments come in
    /// order and without gaps.
    fn strike(&mut self, low: u64, segment: &mut [u8]) {
        let mut at = (low / 30 % PERIOD as u64) as usize;
        for part in segment.chunks_mut(SEGMENT as usize) {
            part.copy_from_slice(&PATTERN[at..at + part.len()]);
            at = (at + part.len()) % PERIOD;
        }
        let high = low + 30 * segment.len() as u64;
        while let Some(&p) = self.base.get(self.next.len())
            && p * p < high
        {
            self.next.push(first_multiples(p, low));
        }
        let length = segment.len();
        for (next, &p) in self.next.iter_mut().zip(&self.base) {
            let p = p as usize;
            for (bit, next) in next.iter_mut().enumerate() {
                let mask = 1u8 << bit;
                let mut at = *next as usize;
                while at < length {
                    segment[at] |= mask;
                    at = at.wrapping_add(p);
                }
                *next = (at - length) as u32;
            }
        }
    }
}

/// For each bit the byte, counted from `low`, of the first multiple of p >= 7 that is at least p^2 and `low`
/// and that the bit stands for.
fn first_multiples(p: u64, low: u64) -> [u32; 8] {
    let mut next = [0; 8];
    let mut cofactor = p.max(low.div_ceil(p));
    let mut found = 0;
    while found < 8 {
        if BIT[(cofactor % 30) as usize] < 8 {
            let multiple = p * cofactor;
            let bit = BIT[(multiple % 30) as usize];
            next[usize::from(bit)] = ((multiple - low) / 30) as u32;
            found += 1;
        }
        cofactor += 1;
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_count_of_primes_is_known() {
        for (limit, count) in [
            (0, 0),
            (1, 0),
            (2, 1),
            (3, 2),
            (17, 7),
            (18, 7),
            (19, 8),
            (100, 25),
            (1 << 20, 82_025),
            (100_000_000, 5_761_455),
        ] {
            assert_eq!(primes_up_to(limit).len(), count, "up to {limit}");
        }
    }

    #[test]
    fn the_start_agrees_with_trial_division() {
        let prime = |n: &u64| {
            *n >= 2
                && (2..)
                    .take_while(|d| d * d <= *n)
                    .all(|d| !n.is_multiple_of(d))
        };
        for start in 0..70 {
            for end in 0..400 {
                let mut found = Vec::new();
                for_primes(start, end, &mut |p| {
                    found.push(p);
                    true
                });
                let expected: Vec<u64> = (start..end).filter(prime).collect();
                assert_eq!(found, expected, "{start}..{end}");
            }
        }
    }

    #[test]
    fn a_refusal_ends_it() {
        let mut found = Vec::new();
        for_primes(1000, 1 << 40, &mut |p| {
            found.push(p);
            found.len() < 3
        });
        assert_eq!(found, [1009, 1013, 1019]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn intervals_agree_with_single_tests(
            start in prop_oneof![
                0u64..300_000, 1u64 << 30..1 << 31, 1u64 << 40..1 << 41,
                (1u64 << 48) - 5000..(1 << 48) + 5000, (1u64 << 62) - 9000..(1 << 62) - 3000
            ],
            length in 0u64..3000,
        ) {
            let mut found = Vec::new();
            for_primes(start, start + length, &mut |p| { found.push(p); true });
            let expected: Vec<u64> = (start..start + length).filter(|&n| is_prime(n)).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn cuts_change_nothing(start in 0u64..1 << 33, cut in 0u64..3_000_000) {
            let mut whole = Vec::new();
            for_primes(start, start + 3_000_000, &mut |p| { whole.push(p); true });
            let mut parts = Vec::new();
            for (from, to) in [(start, start + cut), (start + cut, start + 3_000_000)] {
                for_primes(from, to, &mut |p| { parts.push(p); true });
            }
            prop_assert_eq!(parts, whole);
        }
    }
}
