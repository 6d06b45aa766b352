//! The second step: what an exponent is modulo the small factors of p-1, or that there is none.

use super::{
    super::lanes::{Field, LANES, Lanes, Row, pow, pow_each, rows},
    ROWS, Values,
};

/// The largest power of a prime in the smooth number.
const LARGEST_POWER: usize = 16;
/// Different primes in the smooth number, at most.
const PRIMES: usize = 5;
/// Primes sifted at once.
const SIFTED: usize = ROWS * LANES;

/// Divisors of a smooth number: the classes of primes (their p-1 has this common divisor), and the
/// orders that occur.
pub(super) struct Classes {
    smooth: u32,
    /// All divisors, ascending.
    divisors: Vec<Divisor>,
    /// The number of the divisor gcd(smooth, x), for x modulo the smooth number.
    of_residue: Vec<u8>,
}

/// A divisor with its decomposition.
struct Divisor {
    value: u32,
    /// For each prime of the smooth number the power that divides the divisor exactly.
    powers: [u32; PRIMES],
    /// Numbers that are 1 modulo that power and 0 modulo the others.
    idempotents: [u32; PRIMES],
}

impl Classes {
    pub(super) fn new(smooth: u32) -> Self {
        let primes = small_primes(smooth);
        let divisors: Vec<Divisor> = (1..=smooth)
            .filter(|d| smooth.is_multiple_of(*d))
            .map(|d| Divisor::new(d, &primes))
            .collect();
        let number = |x: u32| {
            let divisor = gcd(smooth, x);
            divisors.partition_point(|d| d.value < divisor) as u8
        };
        let of_residue = (0..smooth).map(number).collect();
        Self {
            smooth,
            divisors,
            of_residue,
        }
    }

    /// How many classes there are, and how many orders.
    pub(super) fn count(&self) -> usize {
        self.divisors.len()
    }

    /// The class of a prime.
    #[inline(always)]
    pub(super) fn of(&self, p: u64) -> usize {
        usize::from(self.of_residue[((p - 1) % u64::from(self.smooth)) as usize])
    }
}

impl Divisor {
    fn new(value: u32, primes: &[u32]) -> Self {
        let mut powers = [1; PRIMES];
        let mut idempotents = [0; PRIMES];
        for (i, r) in primes.iter().enumerate() {
            while value.is_multiple_of(powers[i] * r) {
                powers[i] *= r;
            }
            let (power, rest) = (powers[i], value / powers[i]);
            idempotents[i] = (0..power)
                .map(|x| x * rest)
                .find(|x| x % power == 1 % power)
                .expect("the rest is prime to the power");
        }
        Self {
            value,
            powers,
            idempotents,
        }
    }
}

/// A prime with the values whose logarithm may exist.
#[derive(Clone)]
pub(super) struct Sifted {
    pub(super) prime: u64,
    /// The key of 1/b.
    pub(super) inverse: u64,
    /// The order o of b's image, by its number among the divisors and itself.
    pub(super) order_class: usize,
    pub(super) order: u32,
    /// Number and key of the value, and its logarithm modulo o.
    pub(super) values: Vec<(u32, u64, u32)>,
}

/// Sifts up to [`SIFTED`] primes of a class.
#[inline(always)]
pub(super) fn sift<S: Lanes, T: Values>(
    s: S,
    classes: &Classes,
    class: usize,
    base: u64,
    values: &T,
    primes: &[u64],
) -> Vec<Sifted> {
    let divisor = &classes.divisors[class];
    let (moduli, count) = rows::<ROWS>(primes);
    let field = Field::new(s, &moduli);
    let inverse = field.inverse(&moduli, base);
    let mut exponents = moduli;
    for e in exponents.iter_mut().flat_map(|row| &mut row.0) {
        *e = (*e - 1) / u64::from(divisor.value);
    }
    let root = pow_each(&field, inverse, &exponents);
    let mut wanted = Vec::with_capacity(values.count());
    values.values(&field, &moduli, &mut wanted);
    let mut images = wanted.clone();
    for image in &mut images {
        *image = pow_each(&field, *image, &exponents);
    }

    // For each prime power its digit of every logarithm, and the part of the order.
    let mut digits = vec![[[0u8; SIFTED]; PRIMES]; wanted.len()];
    let mut orders = [[1u32; SIFTED]; PRIMES];
    let mut solvable = vec![u32::MAX >> (SIFTED - count); wanted.len()];
    for (i, &power) in divisor.powers.iter().enumerate() {
        if power == 1 {
            continue;
        }
        let cofactor = u64::from(divisor.value / power);
        let step = field.tight(pow(&field, root, cofactor));
        let mut table = [field.one(); LARGEST_POWER];
        let mut complete = 0u32;
        for j in 1..=power as usize {
            let next = field.tight(field.mul(table[j - 1], step));
            let new = equal(&field, &next, &table[0]) & !complete;
            complete |= new;
            for lane in bits(new) {
                orders[i][lane] = j as u32;
            }
            if complete == u32::MAX {
                break;
            }
            table[j] = next;
        }
        for ((image, digits), solvable) in images.iter().zip(&mut digits).zip(&mut solvable) {
            if *solvable == 0 {
                continue;
            }
            let part = field.tight(pow(&field, *image, cofactor));
            let mut open = *solvable;
            for (j, entry) in table[..power as usize].iter().enumerate() {
                let new = equal(&field, &part, entry) & open;
                open &= !new;
                for lane in bits(new) {
                    digits[i][lane] = j as u8;
                }
                if open == 0 {
                    break;
                }
            }
            *solvable &= !open;
        }
    }
    collect(
        &field, classes, primes, inverse, &wanted, &digits, &orders, &solvable,
    )
}

/// Puts the digits together by the Chinese remainder theorem.
#[expect(clippy::too_many_arguments, reason = "the results of one computation")]
#[inline(always)]
fn collect<S: Lanes>(
    field: &Field<S, ROWS>,
    classes: &Classes,
    primes: &[u64],
    inverse: [S::V; ROWS],
    wanted: &[[S::V; ROWS]],
    digits: &[[[u8; SIFTED]; PRIMES]],
    orders: &[[u32; SIFTED]; PRIMES],
    solvable: &[u32],
) -> Vec<Sifted> {
    let mut sifted = Vec::with_capacity(primes.len());
    let any = solvable.iter().fold(0, |any, lanes| any | lanes);
    let mut keys = vec![Row::default(); wanted.len()];
    for u in 0..ROWS {
        if any >> (u * LANES) & 0xff == 0 {
            continue;
        }
        let inverses = field.s.keys(inverse[u]);
        for (keys, wanted) in keys.iter_mut().zip(wanted) {
            *keys = field.s.keys(wanted[u]);
        }
        for lane in bits(any & 0xff << (u * LANES)) {
            let order = (0..PRIMES).map(|i| orders[i][lane]).product::<u32>();
            let order_class = classes.divisors.partition_point(|d| d.value < order);
            let idempotents = &classes.divisors[order_class].idempotents;
            let mut values = Vec::new();
            for (value, keys) in keys.iter().enumerate() {
                if solvable[value] >> lane & 1 == 1 {
                    let sum = (0..PRIMES)
                        .map(|i| u32::from(digits[value][i][lane]) * idempotents[i])
                        .sum::<u32>();
                    values.push((value as u32, keys.0[lane % LANES], sum % order));
                }
            }
            sifted.push(Sifted {
                prime: primes[lane],
                inverse: inverses.0[lane % LANES],
                order_class,
                order,
                values,
            });
        }
    }
    sifted
}

/// The lanes of all rows in which tight residues are equal.
#[inline(always)]
fn equal<S: Lanes>(field: &Field<S, ROWS>, a: &[S::V; ROWS], b: &[S::V; ROWS]) -> u32 {
    let mut lanes = 0;
    for u in 0..ROWS {
        lanes |= u32::from(field.s.equal(a[u], b[u])) << (u * LANES);
    }
    lanes
}

/// The numbers of the bits that are set.
#[inline(always)]
fn bits(mut set: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(bit)
    })
}

/// The different primes of a small number.
fn small_primes(n: u32) -> Vec<u32> {
    let prime = |r: &u32| (2..*r).all(|d| !r.is_multiple_of(d));
    (2..20)
        .filter(|r| n.is_multiple_of(*r) && prime(r))
        .collect()
}

fn gcd(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
