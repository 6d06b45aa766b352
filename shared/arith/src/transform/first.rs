//! The split across vectors, at the top of the tree: x^(T*m)-r^T into T factors x^m-r*w with T = 5, 6,
//! 7 or 8. Its roots are the same for every lane and column.

use super::{
    angle::Angle,
    node::{self, Node},
};
use crate::simd::{C, Simd};

/// The constants of the split.
#[derive(Debug)]
pub(crate) struct Constants {
    /// For 8: a node of radix 8.
    eight: [f64; node::VALUES],
    /// For 6: the root that makes it two times 3.
    half: [f64; 2],
    /// For 5 and 7 the powers r^1 to r^(T-1); for 6 those of its two halves, two each.
    powers: [[f64; 2]; 6],
    /// Cosine and sine of j/T turns (for 6: j/3).
    unit: [[f64; 2]; 7],
}

/// The angles of the T results for the root of angle `top`, in order.
pub(crate) fn angles(vectors: usize, top: Angle) -> Vec<Angle> {
    match vectors {
        8 => node::CHILDREN
            .iter()
            .map(|&e| top.root(0, 8).plus(e, 8))
            .collect(),
        6 => [top.root(0, 2), top.root(1, 2)]
            .iter()
            .flat_map(|half| [half.root(0, 3), half.root(1, 3), half.root(2, 3)])
            .collect(),
        odd => (0..odd as u64).map(|k| top.root(k, odd as u64)).collect(),
    }
}

/// The vector whose angles are those of vector v, negated, where `top` is zero.
#[inline(always)]
pub(crate) const fn partner(vectors: usize, v: usize) -> usize {
    match vectors {
        8 => [0, 1, 3, 2, 7, 6, 5, 4][v],
        6 => [0, 2, 1, 5, 4, 3][v],
        odd => (odd - v) % odd,
    }
}

impl Constants {
    /// The constants for the root of angle `top`.
    pub(crate) fn new(vectors: usize, top: Angle) -> Self {
        let pair = |a: Angle| <[f64; 2]>::from(a.cos_sin());
        let mut eight = [0.0; node::VALUES];
        let mut values = Vec::new();
        node::table(&[top], &mut values);
        eight.copy_from_slice(&values);
        let mut powers = [[1.0, 0.0]; 6];
        let order = if vectors == 6 { 3 } else { vectors as u64 };
        if vectors == 6 {
            for (half, part) in [(0, 0), (2, 1)] {
                let r = top.root(part, 2).root(0, 3);
                powers[half] = pair(r);
                powers[half + 1] = pair(r.times(2));
            }
        } else {
            for (j, power) in powers.iter_mut().enumerate().take(vectors - 1) {
                *power = pair(top.root(0, order).times(j as u64 + 1));
            }
        }
        let mut unit = [[1.0, 0.0]; 7];
        for (j, u) in unit.iter_mut().enumerate() {
            *u = pair(Angle::new(j as u64, order));
        }
        Self {
            eight,
            half: pair(top.root(0, 2)),
            powers,
            unit,
        }
    }

    /// Coefficients to residues.
    #[inline(always)]
    pub(crate) fn forward<S: Simd, const T: usize>(
        &self,
        s: S,
        mut z: [C<S::V>; T],
    ) -> [C<S::V>; T] {
        match T {
            8 => {
                let a = [z[0], z[1], z[2], z[3], z[4], z[5], z[6], z[7]];
                let b = Node::splat(s, &self.eight).forward(s, a);
                z.copy_from_slice(&b);
            }
            7 => {
                let a = [z[0], z[1], z[2], z[3], z[4], z[5], z[6]];
                z.copy_from_slice(&self.forward_odd(s, a, 0));
            }
            6 => {
                let r = broadcast(s, self.half);
                let [b3, b4, b5] = [z[3].mul(s, r), z[4].mul(s, r), z[5].mul(s, r)];
                let low = [z[0].add(s, b3), z[1].add(s, b4), z[2].add(s, b5)];
                let high = [z[0].sub(s, b3), z[1].sub(s, b4), z[2].sub(s, b5)];
                z[..3].copy_from_slice(&self.forward_odd(s, low, 0));
                z[3..].copy_from_slice(&self.forward_odd(s, high, 2));
            }
            _ => {
                let a = [z[0], z[1], z[2], z[3], z[4]];
                z.copy_from_slice(&self.forward_odd(s, a, 0));
            }
        }
        z
    }

    /// Residues to T times the coefficients.
    #[inline(always)]
    pub(crate) fn inverse<S: Simd, const T: usize>(
        &self,
        s: S,
        mut z: [C<S::V>; T],
    ) -> [C<S::V>; T] {
        match T {
            8 => {
                let a = [z[0], z[1], z[2], z[3], z[4], z[5], z[6], z[7]];
                let b = Node::splat(s, &self.eight).inverse(s, a);
                z.copy_from_slice(&b);
            }
            7 => {
                let a = [z[0], z[1], z[2], z[3], z[4], z[5], z[6]];
                z.copy_from_slice(&self.inverse_odd(s, a, 0));
            }
            6 => {
                let r = broadcast(s, self.half);
                let low = self.inverse_odd(s, [z[0], z[1], z[2]], 0);
                let high = self.inverse_odd(s, [z[3], z[4], z[5]], 2);
                for j in 0..3 {
                    z[j] = low[j].add(s, high[j]);
                    z[j + 3] = low[j].sub(s, high[j]).mul_conj(s, r);
                }
            }
            _ => {
                let a = [z[0], z[1], z[2], z[3], z[4]];
                z.copy_from_slice(&self.inverse_odd(s, a, 0));
            }
        }
        z
    }

    /// P coefficients to P residues, with the powers of r from `powers[from]` on.
    #[inline(always)]
    fn forward_odd<S: Simd, const P: usize>(
        &self,
        s: S,
        mut a: [C<S::V>; P],
        from: usize,
    ) -> [C<S::V>; P] {
        for (a, &power) in a[1..].iter_mut().zip(&self.powers[from..]) {
            *a = a.mul(s, broadcast(s, power));
        }
        self.fourier(s, a)
    }

    /// P residues to P times the coefficients.
    #[inline(always)]
    fn inverse_odd<S: Simd, const P: usize>(
        &self,
        s: S,
        a: [C<S::V>; P],
        from: usize,
    ) -> [C<S::V>; P] {
        // Backward is forward with the results in the order 0, P-1, .., 1.
        let b = self.fourier(s, a);
        let mut out = b;
        for j in 1..P {
            out[j] = b[P - j].mul_conj(s, broadcast(s, self.powers[from + j - 1]));
        }
        out
    }

    /// The discrete Fourier transform of order P: result k is the sum of a_j*w^(jk).
    #[inline(always)]
    fn fourier<S: Simd, const P: usize>(&self, s: S, a: [C<S::V>; P]) -> [C<S::V>; P] {
        let mut out = a;
        let mut sums = a;
        let mut differences = a;
        for j in 1..=P / 2 {
            sums[j] = a[j].add(s, a[P - j]);
            differences[j] = a[j].sub(s, a[P - j]);
            out[0] = out[0].add(s, sums[j]);
        }
        for k in 1..=P / 2 {
            let mut even = a[0];
            let mut odd = C::zero(s);
            for j in 1..=P / 2 {
                let [c, v] = self.unit[j * k % P];
                even = even.fma(s, s.splat(c), sums[j]);
                odd = odd.fma(s, s.splat(v), differences[j]);
            }
            // even + i*odd and even - i*odd.
            out[k] = C {
                re: s.sub(even.re, odd.im),
                im: s.add(even.im, odd.re),
            };
            out[P - k] = C {
                re: s.add(even.re, odd.im),
                im: s.sub(even.im, odd.re),
            };
        }
        out
    }
}

/// One complex number in every lane.
#[inline(always)]
fn broadcast<S: Simd>(s: S, value: [f64; 2]) -> C<S::V> {
    C {
        re: s.splat(value[0]),
        im: s.splat(value[1]),
    }
}
