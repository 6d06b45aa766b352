//! The vertical part of the transform: every block of a segment's length forward, multiplied, and back,
//! with passes of radix 8 (the lowest may be of 4 or 2), depth first. Depth first means that a piece is finished, there and back,
//! while it is in cache; the recursion is written as a loop over its smallest pieces, because a
//! recursive function cannot be compiled for a chosen instruction set.

use super::{
    Plan,
    leaf::Middle,
    node::{self, pair_of_roots},
};
use crate::simd::{C, Simd};

/// Forward, `middle`, and back for the blocks that `data` holds, from block `from` on.
#[inline(always)]
pub(crate) fn run<S: Simd>(
    s: S,
    plan: &Plan,
    from: usize,
    data: &mut [C<S::V>],
    middle: Middle<'_, S::V>,
) {
    // The choice is made before the loop over blocks: short ones take no longer than a choice.
    match plan.tree.leaf {
        2 => blocks::<S, 2>(s, plan, from, data, middle),
        3 => blocks::<S, 3>(s, plan, from, data, middle),
        4 => blocks::<S, 4>(s, plan, from, data, middle),
        5 => blocks::<S, 5>(s, plan, from, data, middle),
        6 => blocks::<S, 6>(s, plan, from, data, middle),
        _ => blocks::<S, 7>(s, plan, from, data, middle),
    }
}

#[inline(always)]
fn blocks<S: Simd, const Q: usize>(
    s: S,
    plan: &Plan,
    from: usize,
    data: &mut [C<S::V>],
    middle: Middle<'_, S::V>,
) {
    let shape = &plan.shape;
    for (v, data) in data.chunks_exact_mut(shape.stride()).enumerate() {
        block_of::<S, Q>(s, plan, from + v, &mut data[..shape.segment], middle);
    }
}

/// The same for block `v` alone, in `data`. (Each place that calls this gets the code of all kinds of blocks.)
#[inline(always)]
pub(crate) fn block<S: Simd>(
    s: S,
    plan: &Plan,
    v: usize,
    data: &mut [C<S::V>],
    middle: Middle<'_, S::V>,
) {
    match plan.tree.leaf {
        2 => block_of::<S, 2>(s, plan, v, data, middle),
        3 => block_of::<S, 3>(s, plan, v, data, middle),
        4 => block_of::<S, 4>(s, plan, v, data, middle),
        5 => block_of::<S, 5>(s, plan, v, data, middle),
        6 => block_of::<S, 6>(s, plan, v, data, middle),
        _ => block_of::<S, 7>(s, plan, v, data, middle),
    }
}

#[inline(always)]
fn block_of<S: Simd, const Q: usize>(
    s: S,
    plan: &Plan,
    v: usize,
    data: &mut [C<S::V>],
    middle: Middle<'_, S::V>,
) {
    let shape = &plan.shape;
    let count = plan.tree.roots;
    let (radix, above) = plan.tree.lowest;
    let offset = v * shape.stride();
    if radix == 1 {
        let roots: &[C<S::V>] = plan.roots.view();
        if let Some(x) = data.first_chunk_mut::<Q>() {
            middle.leaf::<S, Q>(s, x, offset, roots[v]);
        }
    } else {
        let nodes: &[C<S::V>] = plan.nodes.view();
        let nodes = &nodes[v * count..(v + 1) * count];
        tree::<S, Q>(s, radix, above, nodes, data, offset, middle);
    }
}

/// One block: `above` levels of radix 8 and the lowest of another.
#[inline(always)]
fn tree<S: Simd, const Q: usize>(
    s: S,
    radix: usize,
    above: usize,
    nodes: &[C<S::V>],
    block: &mut [C<S::V>],
    offset: usize,
    middle: Middle<'_, S::V>,
) {
    let back = middle.goes_back();
    let size = radix * Q;
    let first_of = |level: usize| ((1usize << (3 * level)) - 1) / 7;
    let (upper, lowest) = nodes.split_at(7 * first_of(above));
    for t in 0..1usize << (3 * above) {
        // Into every node that begins here, from the largest down,
        for level in 0..above {
            let span = 3 * (above - level);
            if t & ((1 << span) - 1) == 0 {
                let piece = &mut block[t * size..][..size << span];
                let powers = &upper[7 * (first_of(level) + (t >> span))..][..7];
                pass_8::<S, true>(s, powers, piece);
            }
        }
        let powers = &lowest[(radix - 1) * t..][..radix - 1];
        let piece = &mut block[t * size..][..size];
        let at = offset + t * size;
        match radix {
            8 => {
                pass_8::<S, true>(s, powers, piece);
                let [r, w] = pair_of_roots(s, powers[0]);
                four_leaves::<S, Q>(s, r, &mut piece[..4 * Q], at, middle);
                four_leaves::<S, Q>(s, w, &mut piece[4 * Q..], at + 4 * Q, middle);
            }
            4 => {
                pass_4::<S, true>(s, powers, piece);
                four_leaves::<S, Q>(s, powers[0], piece, at, middle);
            }
            _ => {
                pass_2::<S, true>(s, powers, piece);
                two_leaves::<S, Q>(s, powers[0], piece, at, middle);
            }
        }
        if !back {
            continue;
        }
        match radix {
            8 => pass_8::<S, false>(s, powers, piece),
            4 => pass_4::<S, false>(s, powers, piece),
            _ => pass_2::<S, false>(s, powers, piece),
        }
        // and out of every node that ends here.
        for level in (0..above).rev() {
            let span = 3 * (above - level);
            if (t + 1) & ((1 << span) - 1) != 0 {
                break;
            }
            let size_here = size << span;
            let piece = &mut block[(t + 1) * size - size_here..][..size_here];
            let powers = &upper[7 * (first_of(level) + (t >> span))..][..7];
            pass_8::<S, false>(s, powers, piece);
        }
    }
}

/// The products at r, -r, ir and -ir.
#[inline(always)]
fn four_leaves<S: Simd, const Q: usize>(
    s: S,
    r: C<S::V>,
    piece: &mut [C<S::V>],
    offset: usize,
    middle: Middle<'_, S::V>,
) {
    let (low, high) = piece.split_at_mut(2 * Q);
    two_leaves::<S, Q>(s, r, low, offset, middle);
    let turned = C::zero(s).add_i(s, r);
    two_leaves::<S, Q>(s, turned, high, offset + 2 * Q, middle);
}

/// The products at r and -r.
#[inline(always)]
fn two_leaves<S: Simd, const Q: usize>(
    s: S,
    r: C<S::V>,
    piece: &mut [C<S::V>],
    offset: usize,
    middle: Middle<'_, S::V>,
) {
    let (low, high) = piece.split_at_mut(Q);
    if let (Some(low), Some(high)) = (low.first_chunk_mut(), high.first_chunk_mut()) {
        middle.leaf::<S, Q>(s, low, offset, r);
        middle.leaf::<S, Q>(s, high, offset + Q, C::zero(s).sub(s, r));
    }
}

/// One split of radix 8 over a piece, or its inverse.
#[inline(always)]
fn pass_8<S: Simd, const FORWARD: bool>(s: S, powers: &[C<S::V>], piece: &mut [C<S::V>]) {
    let m = piece.len() / 8;
    let (p0, rest) = piece.split_at_mut(m);
    let (p1, rest) = rest.split_at_mut(m);
    let (p2, rest) = rest.split_at_mut(m);
    let (p3, rest) = rest.split_at_mut(m);
    let (p4, rest) = rest.split_at_mut(m);
    let (p5, rest) = rest.split_at_mut(m);
    let (p6, p7) = rest.split_at_mut(m);
    let p7 = &mut p7[..m];
    for i in 0..m {
        let a = [p0[i], p1[i], p2[i], p3[i], p4[i], p5[i], p6[i], p7[i]];
        let b = if FORWARD {
            node::split_8(s, a, powers)
        } else {
            node::turn_back(s, node::fourier_8_back(s, a), powers)
        };
        [p0[i], p1[i], p2[i], p3[i], p4[i], p5[i], p6[i], p7[i]] = b;
    }
}

/// One split of radix 4 over a piece, or its inverse.
#[inline(always)]
fn pass_4<S: Simd, const FORWARD: bool>(s: S, powers: &[C<S::V>], piece: &mut [C<S::V>]) {
    let m = piece.len() / 4;
    let (p0, rest) = piece.split_at_mut(m);
    let (p1, rest) = rest.split_at_mut(m);
    let (p2, p3) = rest.split_at_mut(m);
    let p3 = &mut p3[..m];
    for i in 0..m {
        let a = [p0[i], p1[i], p2[i], p3[i]];
        let b = if FORWARD {
            node::split_4(s, a, powers)
        } else {
            node::turn_back(s, node::fourier_4_back(s, a), powers)
        };
        [p0[i], p1[i], p2[i], p3[i]] = b;
    }
}

/// One split of radix 2 over a piece, or its inverse.
#[inline(always)]
fn pass_2<S: Simd, const FORWARD: bool>(s: S, powers: &[C<S::V>], piece: &mut [C<S::V>]) {
    let m = piece.len() / 2;
    let (p0, p1) = piece.split_at_mut(m);
    let (r, p1) = (powers[0], &mut p1[..m]);
    for i in 0..m {
        if FORWARD {
            [p0[i], p1[i]] = node::split_2(s, [p0[i], p1[i]], r);
        } else {
            let (a, b) = (p0[i].add(s, p1[i]), p0[i].sub(s, p1[i]));
            (p0[i], p1[i]) = (a, b.mul_conj(s, r));
        }
    }
}
