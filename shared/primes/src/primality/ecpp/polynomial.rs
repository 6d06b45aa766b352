//! Polynomials over the integers modulo N: a root of one that is a product of linear factors.

use rug::{Integer, rand::RandState};

use super::norm::square_root;

/// A root of the monic polynomial with these lower coefficients, which splits into linear factors if N
/// is prime. `None` says that it does not, or that N is not prime.
pub(super) fn root(lower: &[Integer], n: &Integer, random: &mut RandState<'_>) -> Option<Integer> {
    let mut polynomial: Vec<Integer> = lower.iter().map(|c| c.clone().modulo(n)).collect();
    let half = Integer::from(n - 1) >> 1u32;
    for _ in 0..200 {
        match polynomial.as_slice() {
            [] => return None,
            [c] => return Some(Integer::from(n - c) % n),
            [c, b] => {
                // x = (-b + sqrt(b^2-4c))/2
                let square = Integer::from(b.square_ref()) - Integer::from(c << 2u32);
                let twice = square_root(&square, n)? - b;
                let root = if twice.is_even() { twice } else { twice + n };
                return Some((root >> 1u32).modulo(n));
            }
            _ => {}
        }
        // About half of the roots r have (r+shift)^((N-1)/2) = 1.
        let shift = Integer::from(n.random_below_ref(random));
        let mut power = linear_power(&shift, &half, &polynomial, n);
        power[0] -= 1;
        let Some(factor) = gcd(&polynomial, power, n) else {
            continue;
        };
        let degree = factor.len();
        if degree == 0 || degree == polynomial.len() {
            continue;
        }
        polynomial = if 2 * degree <= polynomial.len() {
            factor
        } else {
            quotient(&polynomial, &factor, n)
        };
    }
    None
}

/// (x+shift)^e modulo the polynomial, as a list of its coefficients.
fn linear_power(shift: &Integer, e: &Integer, modulus: &[Integer], n: &Integer) -> Vec<Integer> {
    let degree = modulus.len();
    let mut power = vec![Integer::new(); degree];
    power[0] = Integer::from(1);
    let mut square = vec![Integer::new(); 2 * degree - 1];
    for bit in (0..e.significant_bits()).rev() {
        for c in &mut square {
            *c = Integer::new();
        }
        for i in 0..degree {
            for j in i + 1..degree {
                square[i + j] += &power[i] * &power[j];
            }
        }
        for c in &mut square {
            *c <<= 1;
        }
        for i in 0..degree {
            square[2 * i] += power[i].square_ref();
        }
        reduce(&mut square, modulus, n);
        for (c, value) in power.iter_mut().zip(&mut square) {
            std::mem::swap(c, value);
            *c %= n;
        }
        if e.get_bit(bit) {
            // Times x+shift; the coefficient that leaves at the top comes back by the modulus.
            let top = power[degree - 1].clone();
            for i in (0..degree).rev() {
                let mut value =
                    Integer::from(&power[i] * shift) - Integer::from(&top * &modulus[i]);
                if i > 0 {
                    value += &power[i - 1];
                }
                power[i] = value % n;
            }
        }
    }
    power
}

/// Takes the coefficients from the modulus' degree up away.
fn reduce(value: &mut [Integer], modulus: &[Integer], n: &Integer) {
    let degree = modulus.len();
    for top in (degree..value.len()).rev() {
        let (low, high) = value.split_at_mut(top);
        high[0] %= n;
        for (c, m) in low[top - degree..].iter_mut().zip(modulus) {
            *c -= &high[0] * m;
        }
    }
}

/// The monic greatest common divisor of the monic polynomial and another, without its leading 1.
/// `None` if a leading coefficient has no inverse, or the two have no common factor at all.
fn gcd(monic: &[Integer], mut other: Vec<Integer>, n: &Integer) -> Option<Vec<Integer>> {
    let mut last = monic.to_vec();
    loop {
        for c in &mut other {
            *c = std::mem::take(c).modulo(n);
        }
        while other.last().is_some_and(|c| *c == 0) {
            other.pop();
        }
        let Some(leading) = other.pop() else {
            return Some(last);
        };
        if other.is_empty() {
            return None;
        }
        let inverse = leading.invert(n).ok()?;
        for c in &mut other {
            *c *= &inverse;
            *c %= n;
        }
        let mut rest = last;
        rest.push(Integer::from(1));
        reduce(&mut rest, &other, n);
        rest.truncate(other.len());
        last = std::mem::replace(&mut other, rest);
    }
}

/// The quotient of monic polynomials that divide, all without their leading 1.
fn quotient(polynomial: &[Integer], divisor: &[Integer], n: &Integer) -> Vec<Integer> {
    let mut rest = polynomial.to_vec();
    rest.push(Integer::from(1));
    let degree = divisor.len();
    reduce(&mut rest, divisor, n);
    let mut quotient: Vec<Integer> = rest.drain(degree..).map(|c| c.modulo(n)).collect();
    quotient.pop();
    quotient
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_of_products_of_linear_factors() {
        let mut random = RandState::new();
        for n in [101u64, 1_000_003, 18_446_744_073_709_551_557] {
            let n = Integer::from(n);
            for degree in 1..12u32 {
                let roots: Vec<Integer> = (0..degree)
                    .map(|i| Integer::from(i * i * i + 7 * i + 1) % &n)
                    .collect();
                let mut polynomial = vec![Integer::from(1)];
                for r in &roots {
                    let mut next = vec![Integer::new(); polynomial.len() + 1];
                    for (i, c) in polynomial.iter().enumerate() {
                        next[i] -= Integer::from(c * r);
                        next[i + 1] += c;
                    }
                    polynomial = next;
                }
                polynomial.pop();
                let found = root(&polynomial, &n, &mut random);
                assert!(found.is_some_and(|r| roots.contains(&r)), "{n} {degree}");
            }
        }
    }
}
