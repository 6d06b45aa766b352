//! Negative fundamental discriminants with their class numbers and prime discriminants.

use std::sync::OnceLock;

/// The largest absolute values in the table for short numbers and in that for long ones.
const LIMITS: [usize; 2] = [100_000, 1_000_000];
/// Numbers of more bits use the long table.
const LONG: u32 = 1200;
/// The largest class number: a class polynomial takes time that grows with its square.
const LARGEST_CLASS_NUMBER: u32 = 400;
/// The largest degree of a polynomial whose root is needed, h/g.
const LARGEST_DEGREE: u32 = 64;
/// The largest prime in a discriminant. Each prime costs a square root modulo N, so primes that many
/// discriminants share are better.
const LARGEST_PRIME: u32 = 2000;

/// A discriminant -d.
#[derive(Clone, Debug)]
pub(super) struct Discriminant {
    /// Its absolute value.
    pub(super) d: u32,
    /// The class number h.
    pub(super) class_number: u32,
    /// The prime discriminants whose product is -d: -4, 8, -8, p = 1 (mod 4), -p with p = 3 (mod 4).
    pub(super) parts: Vec<i32>,
}

impl Discriminant {
    /// The chance that a prime which splits in every part is a norm of the order: 2^(t-1)/h.
    pub(super) fn chance(&self) -> f64 {
        1.0 / f64::from(self.degree())
    }

    /// The number of classes in a genus, h/2^(t-1): the degree of a factor of the class polynomial over
    /// the genus field.
    pub(super) fn degree(&self) -> u32 {
        self.class_number >> (self.parts.len() - 1)
    }
}

/// The table for numbers of so many bits, by class number.
pub(super) fn table(bits: u32) -> &'static [Discriminant] {
    static TABLES: [OnceLock<Vec<Discriminant>>; 2] = [OnceLock::new(), OnceLock::new()];
    let which = usize::from(bits > LONG);
    TABLES[which].get_or_init(|| {
        let class_numbers = class_numbers(LIMITS[which]);
        let mut list: Vec<Discriminant> = (3..=LIMITS[which] as u32)
            .filter(|&d| class_numbers[d as usize] <= LARGEST_CLASS_NUMBER)
            .filter_map(|d| {
                Some(Discriminant {
                    d,
                    class_number: class_numbers[d as usize],
                    parts: parts(d)?,
                })
            })
            .filter(|entry| entry.degree() <= LARGEST_DEGREE)
            .collect();
        list.sort_by_key(|entry| (entry.class_number, entry.d));
        list
    })
}

/// The number of reduced forms (a, b, c), |b| <= a <= c, of each discriminant b^2-4ac = -d, d <= limit:
/// the class number where d is fundamental, because then every form is primitive.
fn class_numbers(limit: usize) -> Vec<u32> {
    let mut count = vec![0u32; limit + 1];
    let mut a = 1usize;
    while 3 * a * a <= limit {
        for b in 0..=a {
            // With a = b, a = c or b = 0 a form is equivalent to the one with -b.
            let mut c = a;
            while 4 * a * c - b * b <= limit {
                let single = b == 0 || b == a || a == c;
                count[4 * a * c - b * b] += if single { 1 } else { 2 };
                c += 1;
            }
        }
        a += 1;
    }
    count
}

/// The prime discriminants of -d, if it is fundamental and all are small.
pub(super) fn parts(d: u32) -> Option<Vec<i32>> {
    let mut parts = Vec::new();
    let twos = d.trailing_zeros();
    let mut odd = d >> twos;
    let mut sign = -1i32;
    let mut p = 3;
    while odd > 1 {
        if p * p > odd {
            p = odd;
        }
        if odd.is_multiple_of(p) {
            odd /= p;
            if odd.is_multiple_of(p) || p > LARGEST_PRIME {
                return None;
            }
            let part = if p % 4 == 1 { p as i32 } else { -(p as i32) };
            sign *= part.signum();
            parts.push(part);
        }
        p += 2;
    }
    // What is left must be one of 1, -4, 8, -8, with the sign that makes the whole negative.
    match (twos, sign) {
        (0, 1) => {}
        (2, -1) => parts.push(-4),
        (3, sign) => parts.push(8 * sign),
        _ => return None,
    }
    (!parts.is_empty()).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_numbers_of_the_literature() {
        let of = |d: u32| table(1).iter().find(|entry| entry.d == d);
        for (d, h) in [
            (3, 1),
            (4, 1),
            (7, 1),
            (8, 1),
            (163, 1),
            (15, 2),
            (20, 2),
            (23, 3),
            (47, 5),
            (71, 7),
            (84, 4),
            (95, 8),
            (420, 8),
            (5460, 16),
        ] {
            assert_eq!(of(d).map(|entry| entry.class_number), Some(h), "{d}");
        }
        for d in [1, 9, 12, 16, 27, 28, 36, 44, 60, 75] {
            assert!(of(d).is_none(), "-{d} is not fundamental");
        }
        // The Gauss class number problem: 9, 18, 16 and 54 fields of class number 1 to 4.
        let many = |h| {
            table(1)
                .iter()
                .filter(|entry| entry.class_number == h)
                .count()
        };
        assert_eq!([many(1), many(2), many(4)], [9, 18, 54]);
        for entry in table(1) {
            let product: i64 = entry.parts.iter().map(|&part| i64::from(part)).product();
            assert_eq!(product, -i64::from(entry.d));
        }
    }
}
