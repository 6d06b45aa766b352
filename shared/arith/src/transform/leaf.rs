//! Where the transform stops: products of polynomials with Q coefficients modulo x^Q-r.

use crate::simd::{C, Plain, Simd};

/// What happens to the residues modulo x^Q-r. A choice at run time, so that the passes around it are
/// compiled once; it is the same for all leaves, and costs nothing beside one.
#[derive(Clone, Copy)]
pub(crate) enum Middle<'a, V> {
    /// x = x*x.
    Square,
    /// x = x*y, for the transform of y.
    Product(&'a [C<V>]),
    /// x = x*y, and the transform does not go back;
    ProductOnly(&'a [C<V>]),
    /// so that x = x*x+z,
    SquareAnd(&'a [C<V>]),
    /// or x = x*y+z, have one way back for two products.
    ProductAnd(&'a [C<V>], &'a [C<V>]),
    /// Nothing, and the transform does not go back.
    Forward,
}

impl<V: Plain> Middle<'_, V> {
    /// Works on the Q coefficients `x`, which stand at `offset` of the whole transform.
    #[inline(always)]
    pub(crate) fn leaf<S: Simd<V = V>, const Q: usize>(
        self,
        s: S,
        x: &mut [C<V>; Q],
        offset: usize,
        root: C<V>,
    ) {
        match self {
            Middle::Square | Middle::SquareAnd(_) => square(s, x, root),
            Middle::Product(y) | Middle::ProductOnly(y) | Middle::ProductAnd(y, _) => {
                if let Some(y) = y[offset..].first_chunk::<Q>() {
                    product(s, x, y, root);
                }
            }
            Middle::Forward => {}
        }
        if let Middle::SquareAnd(z) | Middle::ProductAnd(_, z) = self
            && let Some(z) = z[offset..].first_chunk::<Q>()
        {
            for k in 0..Q {
                x[k] = x[k].add(s, z[k]);
            }
        }
    }

    /// Whether the transform goes back.
    #[inline(always)]
    pub(crate) fn goes_back(self) -> bool {
        !matches!(self, Middle::Forward | Middle::ProductOnly(_))
    }
}

/// x*x modulo x^Q-root.
#[inline(always)]
fn square<S: Simd, const Q: usize>(s: S, x: &mut [C<S::V>; Q], root: C<S::V>) {
    let a = *x;
    for k in 0..Q {
        // Pairs i < j with i+j = k+Q, twice, and the square in the middle.
        let mut high = C::zero(s);
        for i in k + 1..(k + Q).div_ceil(2) {
            high = high.mul_add(s, a[i], a[k + Q - i]);
        }
        high = high.add(s, high);
        if (k + Q).is_multiple_of(2) {
            high = high.add_square(s, a[(k + Q) / 2]);
        }
        // The same with i+j = k.
        let mut low = C::zero(s);
        for i in 0..k.div_ceil(2) {
            low = low.mul_add(s, a[i], a[k - i]);
        }
        low = low.add(s, low);
        if k.is_multiple_of(2) {
            low = low.add_square(s, a[k / 2]);
        }
        x[k] = if k + 1 < Q {
            low.mul_add(s, high, root)
        } else {
            low
        };
    }
}

/// x*y modulo x^Q-root.
#[inline(always)]
fn product<S: Simd, const Q: usize>(s: S, x: &mut [C<S::V>; Q], b: &[C<S::V>; Q], root: C<S::V>) {
    let a = *x;
    for k in 0..Q {
        let mut high = C::zero(s);
        for i in k + 1..Q {
            high = high.mul_add(s, a[i], b[k + Q - i]);
        }
        let mut low = C::zero(s);
        for i in 0..=k {
            low = low.mul_add(s, a[i], b[k - i]);
        }
        x[k] = if k + 1 < Q {
            low.mul_add(s, high, root)
        } else {
            low
        };
    }
}
