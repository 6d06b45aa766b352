//! Square roots modulo N and norm equations 4N = t^2 + d*v^2.

use rug::Integer;

/// A square root of x modulo the prime N, by the algorithm of Tonelli and Shanks. For composite N that
/// looks prime the result may be wrong, or none.
pub(super) fn square_root(x: &Integer, n: &Integer) -> Option<Integer> {
    let x = x.clone().modulo(n);
    if x == 0 {
        return Some(x);
    }
    if x.jacobi(n) != 1 {
        return None;
    }
    let whole = Integer::from(n - 1);
    let twos = whole.find_one(0)?;
    let odd = Integer::from(&whole >> twos);
    let half = Integer::from(x.pow_mod_ref(&Integer::from(&odd >> 1u32), n)?);
    let mut root = Integer::from(&half * &x) % n;
    let mut rest = (&root * half) % n;
    if rest == 1 {
        return Some(root);
    }
    let non_residue = (2..2000u32)
        .map(Integer::from)
        .find(|y| y.jacobi(n) == -1)?;
    let mut generator = Integer::from(non_residue.pow_mod_ref(&odd, n)?);
    let mut order = twos;
    // root^2 = x*rest, and rest has an order 2^k with k < order.
    while rest != 1 {
        let mut k = 0;
        let mut square = rest.clone();
        while square != 1 {
            square.square_mut();
            square %= n;
            k += 1;
            if k >= order {
                return None;
            }
        }
        for _ in 0..order - k - 1 {
            generator.square_mut();
            generator %= n;
        }
        root = root * &generator % n;
        generator.square_mut();
        generator %= n;
        rest = rest * &generator % n;
        order = k;
    }
    Some(root)
}

/// (t, v) with 4N = t^2 + d*v^2, t, v >= 0, by the algorithm of Cornacchia; `root` is a square root of
/// -d modulo N, where -d is a discriminant.
pub(super) fn norm_equation(n: &Integer, d: u32, root: &Integer) -> Option<(Integer, Integer)> {
    let mut low = root.clone();
    if low.is_odd() != (d % 2 == 1) {
        low = n - low;
    }
    let mut high = Integer::from(n << 1u32);
    let four = Integer::from(n << 2u32);
    let bound = Integer::from(four.sqrt_ref());
    while low > bound {
        high %= &low;
        std::mem::swap(&mut high, &mut low);
    }
    let (quotient, remainder) = (four - Integer::from(low.square_ref())).div_rem(Integer::from(d));
    (remainder == 0 && quotient.is_perfect_square()).then(|| (low, quotient.sqrt()))
}

/// The orders of the curves with complex multiplication by the discriminant -d, from a solution of the
/// norm equation: N+1 minus the trace of each unit times the element.
pub(super) fn orders(n: &Integer, d: u32, (t, v): &(Integer, Integer)) -> Vec<Integer> {
    let mut traces = vec![t.clone()];
    match d {
        3 => {
            let triple = Integer::from(v * 3);
            traces.push(Integer::from(t + &triple) >> 1u32);
            traces.push(Integer::from(t - &triple) >> 1u32);
        }
        4 => traces.push(Integer::from(v << 1u32)),
        _ => {}
    }
    let middle = Integer::from(n + 1);
    traces
        .iter()
        .flat_map(|trace| {
            [
                Integer::from(&middle - trace),
                Integer::from(&middle + trace),
            ]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_and_norms_agree_with_a_search() {
        for n in [5u32, 7, 11, 13, 17, 41, 97, 193, 257, 641, 769, 1009, 7681] {
            let big = Integer::from(n);
            for x in 1..n.min(200) {
                let has =
                    (1..n).any(|y| u64::from(y) * u64::from(y) % u64::from(n) == u64::from(x));
                let root = square_root(&Integer::from(x), &big);
                assert_eq!(root.is_some(), has, "{x} modulo {n}");
                if let Some(root) = root {
                    assert_eq!((root.square() - x) % n, 0);
                }
            }
            for d in [3u32, 4, 7, 8, 11, 15, 20, 23] {
                if n % d == 0 || d % n == 0 || Integer::from(n).gcd(&Integer::from(d)) != 1 {
                    continue;
                }
                let Some(root) = square_root(&(Integer::from(0) - d), &big) else {
                    continue;
                };
                let search = (0..=2 * n.isqrt() + 1).any(|t| {
                    let rest = (4 * n).checked_sub(t * t);
                    rest.is_some_and(|r| r % d == 0 && (r / d).isqrt().pow(2) == r / d)
                });
                let found = norm_equation(&big, d, &root);
                assert_eq!(found.is_some(), search, "{n} {d}");
                if let Some((t, v)) = found {
                    assert_eq!(t.square() + v.square() * d, 4 * n);
                }
            }
        }
    }
}
