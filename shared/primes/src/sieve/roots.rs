//! Square roots modulo primes, in lanes (Tonelli 1891, Shanks 1973), and numbers that have none.

use super::lanes::{Field, LANES, Lanes, Row, pow_each};
use crate::word::{for_primes, pow_mod};

/// The least prime without a square root modulo an odd p = 1 (mod 4), by quadratic reciprocity; for p
/// composite one whose Jacobi symbol is -1. `None` for squares. (For primes below 2^64 it is far below
/// the bound.)
pub(super) fn nonresidue(p: u64) -> Option<u64> {
    if p % 8 == 5 {
        return Some(2);
    }
    let mut least = None;
    for_primes(3, 1000, &mut |z| {
        let remainder = p % z;
        if pow_mod(remainder, (z - 1) / 2, z) == z - 1 {
            least = Some(z);
        }
        least.is_none()
    });
    least
}

/// A square root of tight residues, tight, and for each row the lanes that have one.
#[inline(always)]
pub(super) fn square_root<S: Lanes, const N: usize>(
    field: &Field<S, N>,
    primes: &[Row; N],
    a: [S::V; N],
) -> ([S::V; N], [u8; N]) {
    let s = field.s;
    // p-1 = q*2^e; z has no root.
    let mut halves = [Row::default(); N];
    let mut odd = [Row::default(); N];
    let mut twos = [[0u32; LANES]; N];
    let mut z = [Row::default(); N];
    let mut most = 1;
    for u in 0..N {
        for (lane, twos) in twos[u].iter_mut().enumerate() {
            let p = primes[u].0[lane];
            let e = (p - 1).trailing_zeros();
            let q = (p - 1) >> e;
            halves[u].0[lane] = q / 2;
            odd[u].0[lane] = q;
            *twos = e;
            if e > 1 {
                most = most.max(e);
                z[u].0[lane] = nonresidue(p).unwrap_or(1);
            }
        }
    }
    // root^2 = a*rest, and rest has an order that divides 2^(e-1) if there is a root.
    let power = pow_each(field, a, &halves);
    let mut root = field.mul(a, power);
    if most > 1 {
        let mut rest = field.mul(root, power);
        let one = field.one();
        let mut generator = field.entrance();
        for u in 0..N {
            generator[u] = s.enter(field.m[u], generator[u], &z[u]);
        }
        let mut generator = pow_each(field, generator, &odd);
        for k in (1..most).rev() {
            let mut high = rest;
            for _ in 1..k {
                high = field.mul(high, high);
            }
            let high = field.tight(high);
            let square = field.mul(generator, generator);
            let larger = field.mul(root, generator);
            let less = field.mul(rest, square);
            for u in 0..N {
                let mut begun = 0;
                for (lane, e) in twos[u].iter().enumerate() {
                    begun |= u8::from(k < *e) << lane;
                }
                let wrong = begun & !s.equal(high[u], one[u]);
                root[u] = s.select(wrong, larger[u], root[u]);
                rest[u] = s.select(wrong, less[u], rest[u]);
                generator[u] = s.select(begun, square[u], generator[u]);
            }
        }
    }
    let root = field.tight(root);
    let square = field.tight(field.mul(root, root));
    let mut exists = [0; N];
    for u in 0..N {
        exists[u] = s.equal(square[u], a[u]);
    }
    (root, exists)
}
