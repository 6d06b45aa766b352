//! Divisors in a residue class: H. W. Lenstra, *Divisors in residue classes*, Math. Comp. 42 (1984).

use rug::Integer;

/// Whether a divisor d of n is found, 1 < d < n. None is missed with d = 1 (mod s), for s^3 > n and
/// gcd(s, n) = 1.
///
/// For a divisor x*s+1 with cofactor y*s+r the algorithm makes pairs (a_i, b_i) so that a_i*x + b_i*y
/// takes one of at most two values; with that value and n both factors are the roots of a quadratic.
pub(super) fn has_divisor(n: &Integer, s: &Integer) -> bool {
    let cofactor = Integer::from(n % s);
    let is_divisor = |d: &Integer| *d > 1 && d < n && n.is_divisible(d);
    if is_divisor(&cofactor) {
        return true;
    }
    let limit = n / Integer::from(s.square_ref());
    let mut last = [s.clone(), Integer::new(), Integer::new()];
    let mut this = [cofactor.clone(), Integer::from(1), Integer::from(n / s) % s];
    let mut odd = true;
    if values(&last, &limit, s, false)
        .iter()
        .any(|c| solve(n, s, &cofactor, &last, c).iter().any(is_divisor))
    {
        return true;
    }
    loop {
        if values(&this, &limit, s, odd)
            .iter()
            .any(|c| solve(n, s, &cofactor, &this, c).iter().any(is_divisor))
        {
            return true;
        }
        if this[0] == 0 {
            return false;
        }
        odd = !odd;
        // Remainders of even index lie in 0..a, those of odd index in 1..=a.
        let quotient = if odd {
            Integer::from(&last[0] - 1) / &this[0]
        } else {
            Integer::from(&last[0] / &this[0])
        };
        let mut next = [0, 1, 2].map(|i| Integer::from(&last[i] - &quotient * &this[i]));
        next[2] %= s;
        last = std::mem::replace(&mut this, next);
    }
}

/// The values that a*x + b*y can take, in the class of c modulo s.
fn values([a, b, c]: &[Integer; 3], limit: &Integer, s: &Integer, odd: bool) -> Vec<Integer> {
    let mut c = Integer::from(c % s);
    if c < 0 {
        c += s;
    }
    if !odd {
        let below = Integer::from(&c - s);
        return vec![c, below];
    }
    let product = Integer::from(a * b);
    let low = Integer::from(&product << 1u32);
    let high = limit + product;
    // The least value >= low in the class.
    let mut value = Integer::from(&low - &c);
    value = value.div_rem_ceil(s.clone()).0 * s + c;
    let mut found = Vec::new();
    while value <= high {
        found.push(value.clone());
        value += s;
    }
    found
}

/// Candidates for the divisor x*s+1 and its cofactor y*s+r, when a*x + b*y = c: a*(x*s+1) and b*(y*s+r)
/// have the sum c*s + a + b*r and the product a*b*n.
fn solve(
    n: &Integer,
    s: &Integer,
    r: &Integer,
    [a, b, _]: &[Integer; 3],
    c: &Integer,
) -> Vec<Integer> {
    let sum = Integer::from(c * s) + a + Integer::from(b * r);
    let product = Integer::from(a * b) * n;
    let discriminant = Integer::from(sum.square_ref()) - (product << 2u32);
    if discriminant < 0 || !discriminant.is_perfect_square() {
        return Vec::new();
    }
    let root = discriminant.sqrt();
    let mut found = Vec::new();
    for twice in [Integer::from(&sum + &root), Integer::from(&sum - &root)] {
        if twice.is_odd() {
            continue;
        }
        let value = twice >> 1u32;
        for factor in [a, b] {
            if *factor != 0 && value != 0 && value.is_divisible(factor) {
                found.push(Integer::from(&value / factor));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_prime(n: u32) -> bool {
        (2..n)
            .take_while(|d| d * d <= n)
            .all(|d| !n.is_multiple_of(d))
    }

    #[test]
    fn agrees_with_trial_division() {
        for n in (5u32..6000).step_by(2) {
            for s in (2..3 * n.isqrt()).filter(|s| s.pow(3) > n) {
                if Integer::from(n).gcd(&Integer::from(s)) != 1 {
                    continue;
                }
                let naive = (2..n).any(|d| n % d == 0 && d % s == 1);
                let found = has_divisor(&Integer::from(n), &Integer::from(s));
                assert!(found || !naive, "{n} has a divisor 1 modulo {s}");
                // Others may be found by the way; what is found is a divisor.
                assert!(!found || !is_prime(n), "{n} is prime");
            }
        }
    }

    #[test]
    fn large_products_are_found() {
        let s = Integer::from(Integer::u_pow_u(10, 30)) + 57;
        for (x, y) in [
            (1u64, 1u64),
            (12_345, 99_999),
            (u64::MAX, 3),
            (2, u64::MAX / 5),
        ] {
            let n = (Integer::from(&s * x) + 1) * (Integer::from(&s * y) + 1234);
            assert!(has_divisor(&n, &s), "{x} {y}");
        }
    }
}
