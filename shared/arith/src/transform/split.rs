//! One split over a piece of a segment, or its inverse: the powers of r and a Fourier transform of a few
//! points ([`super::node`], [`super::thirds`]), for each place of the parts that the piece is split into.

use super::{node, thirds};
use crate::simd::{C, Simd};

/// Defines the split of a radix; the names are those of the parts, one by one, so that points stay in registers.
macro_rules! split {
    ($name:ident, $forward:path, $back:path, $radix:literal, $($part:ident)*) => {
        #[inline(always)]
        pub(super) fn $name<S: Simd, const FORWARD: bool>(
            s: S,
            powers: &[C<S::V>],
            piece: &mut [C<S::V>],
        ) {
            let m = piece.len() / $radix;
            let rest = piece;
            $( let ($part, rest) = rest.split_at_mut(m); )*
            // Radices divide the length.
            debug_assert!(rest.is_empty());
            for i in 0..m {
                let a = [$( $part[i] ),*];
                let b = if FORWARD {
                    $forward(s, a, powers)
                } else {
                    node::turn_back(s, $back(s, a), powers)
                };
                [$( $part[i] ),*] = b;
            }
        }
    };
}

split!(radix_2, node::split_2, node::fourier_2, 2, p0 p1);
split!(radix_3, thirds::split_3, thirds::fourier_3_back, 3, p0 p1 p2);
split!(radix_4, node::split_4, node::fourier_4_back, 4, p0 p1 p2 p3);
split!(radix_6, thirds::split_6, thirds::fourier_6_back, 6, p0 p1 p2 p3 p4 p5);
split!(radix_8, node::split_8, node::fourier_8_back, 8, p0 p1 p2 p3 p4 p5 p6 p7);
split!(radix_12, thirds::split_12, thirds::fourier_12_back, 12,
    p0 p1 p2 p3 p4 p5 p6 p7 p8 p9 p10 p11);
