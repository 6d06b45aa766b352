//! Buckets are uniform, stable, new for each release, and a rising percentage loses nobody. Seeds are
//! counted, so the numbers are the same in every run.

use darkreach_update::{Channel, Seed, Version, bucket};

const HOSTS: u64 = 100_000;
/// 99 degrees of freedom: a fair draw is above this once in 100,000 times.
const LIMIT: f64 = 168.0;

fn seed(number: u64) -> Seed {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    Seed::from_bytes(bytes)
}

fn buckets(channel: Channel, version: &str) -> Vec<u8> {
    let version: Version = version.parse().unwrap();
    (0..HOSTS)
        .map(|number| bucket(&seed(number), channel, &version))
        .collect()
}

fn chi_square(buckets: impl Iterator<Item = u8>, cells: usize) -> f64 {
    let mut hits = vec![0_u32; cells];
    let mut all = 0_u32;
    for bucket in buckets {
        hits[usize::from(bucket)] += 1;
        all += 1;
    }
    let expected = f64::from(all) / cells as f64;
    hits.iter()
        .map(|hits| (f64::from(*hits) - expected).powi(2) / expected)
        .sum()
}

#[test]
fn buckets_are_uniform() {
    for (channel, version) in [
        (Channel::Stable, "1.0.0"),
        (Channel::Stable, "1.0.1"),
        (Channel::Nightly, "2.0.0-nightly.20261101"),
    ] {
        let value = chi_square(buckets(channel, version).into_iter(), 100);
        assert!(value < LIMIT, "{version}: {value}");
        assert!(value > 50.0, "{version}: too even to be true: {value}");
    }
}

#[test]
fn a_plain_remainder_would_be_found() {
    // The planted fault: bytes modulo 100 favour the buckets below 56.
    let biased = (0..HOSTS).map(|number| {
        let mut bytes = [0; 1];
        bytes.copy_from_slice(&blake3::hash(&number.to_le_bytes()).as_bytes()[..1]);
        bytes[0] % 100
    });
    assert!(chi_square(biased, 100) > LIMIT);
}

#[test]
fn each_release_and_channel_meets_a_new_early_group() {
    let first = buckets(Channel::Stable, "1.0.0");
    for other in [
        buckets(Channel::Stable, "1.0.1"),
        buckets(Channel::Beta, "1.0.0"),
    ] {
        let early = |b: &u8| *b < 10;
        let both = first
            .iter()
            .zip(&other)
            .filter(|(a, b)| early(a) && early(b));
        // A hundredth of the hosts, give or take five standard deviations.
        let both = both.count();
        assert!((840..=1160).contains(&both), "{both}");
        // The joint distribution over ten by ten cells.
        let joint = first.iter().zip(&other).map(|(a, b)| a / 10 * 10 + b / 10);
        let value = chi_square(joint, 100);
        assert!(value < LIMIT, "{value}");
    }
}

#[test]
fn a_bucket_never_changes_and_is_below_one_hundred() {
    let version = Version::new(1, 0, 0);
    let once = buckets(Channel::Stable, "1.0.0");
    for (number, was) in (0..).zip(&once).take(1000) {
        assert_eq!(bucket(&seed(number), Channel::Stable, &version), *was);
        assert!(*was < 100);
    }
    // Written down, so that a new version of the program does not shuffle the groups.
    assert_eq!(&once[..8], &KNOWN);
}

/// The buckets of seeds 0 to 7 for 1.0.0 on stable.
const KNOWN: [u8; 8] = [51, 50, 74, 84, 11, 13, 12, 46];

#[test]
fn a_seed_is_not_shown() {
    assert_eq!(format!("{:?}", seed(0x4242)), "Seed(..)");
}
