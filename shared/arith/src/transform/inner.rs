//! The vertical part of the transform: every block of a segment's length forward, multiplied, and back,
//! with passes of radix 8, depth first. Depth first means that a piece is finished, there and back,
//! while it is in cache; the recursion is written as a loop over its smallest pieces, because a
//! recursive function cannot be compiled for a chosen instruction set.

use super::{Plan, leaf::Middle, node::Node};
use crate::simd::{C, Simd};

/// Forward, `middle`, and back for all blocks.
#[inline(always)]
pub(crate) fn run<S: Simd>(s: S, plan: &Plan, data: &mut [C<S::V>], middle: Middle<'_, S::V>) {
    match plan.shape.leaf() {
        2 => blocks::<S, 2>(s, plan, data, middle),
        4 => blocks::<S, 4>(s, plan, data, middle),
        _ => blocks::<S, 8>(s, plan, data, middle),
    }
}

#[inline(always)]
fn blocks<S: Simd, const Q: usize>(
    s: S,
    plan: &Plan,
    data: &mut [C<S::V>],
    middle: Middle<'_, S::V>,
) {
    let shape = &plan.shape;
    let count = shape.nodes();
    let nodes: &[Node<S::V>] = plan.nodes.view();
    let roots: &[C<S::V>] = plan.roots.view();
    for v in 0..shape.vectors {
        let offset = v * shape.stride();
        let block = &mut data[offset..offset + shape.segment];
        if shape.passes() == 0 {
            if let Some(x) = block.first_chunk_mut::<Q>() {
                middle.leaf::<S, Q>(s, x, offset, roots[v]);
            }
        } else {
            let nodes = &nodes[v * count..(v + 1) * count];
            tree::<S, Q>(s, shape.passes(), nodes, block, offset, middle);
        }
    }
}

/// One block. `nodes` holds 1 node of the first level, 8 of the second, and so on.
#[inline(always)]
fn tree<S: Simd, const Q: usize>(
    s: S,
    levels: usize,
    nodes: &[Node<S::V>],
    block: &mut [C<S::V>],
    offset: usize,
    middle: Middle<'_, S::V>,
) {
    let lowest = levels - 1;
    let back = !matches!(middle, Middle::Forward);
    let first_of = |level: usize| ((1usize << (3 * level)) - 1) / 7;
    for t in 0..1usize << (3 * lowest) {
        // Into every node that begins here, from the largest down,
        for level in 0..=lowest {
            let span = 3 * (lowest - level);
            if t & ((1 << span) - 1) == 0 {
                let piece = &mut block[t * 8 * Q..][..(8 * Q) << span];
                pass::<S, true>(s, &nodes[first_of(level) + (t >> span)], piece);
            }
        }
        let node = &nodes[first_of(lowest) + t];
        leaves::<S, Q>(
            s,
            node,
            &mut block[t * 8 * Q..][..8 * Q],
            offset + t * 8 * Q,
            middle,
        );
        // and out of every node that ends here.
        for level in (0..=lowest).rev() {
            let span = 3 * (lowest - level);
            if !back || (t + 1) & ((1 << span) - 1) != 0 {
                break;
            }
            let size = (8 * Q) << span;
            let piece = &mut block[(t + 1) * 8 * Q - size..][..size];
            pass::<S, false>(s, &nodes[first_of(level) + (t >> span)], piece);
        }
    }
}

/// The eight products below one node.
#[inline(always)]
fn leaves<S: Simd, const Q: usize>(
    s: S,
    node: &Node<S::V>,
    piece: &mut [C<S::V>],
    offset: usize,
    middle: Middle<'_, S::V>,
) {
    let zero = s.splat(0.0);
    let [r, w] = node.roots(s);
    for (k, root) in [r, w].into_iter().enumerate() {
        let minus = C {
            re: s.sub(zero, root.re),
            im: s.sub(zero, root.im),
        };
        let four = [
            root,
            minus,
            C {
                re: minus.im,
                im: root.re,
            },
            C {
                re: root.im,
                im: minus.re,
            },
        ];
        for (l, root) in four.into_iter().enumerate() {
            let at = (4 * k + l) * Q;
            if let Some(x) = piece[at..].first_chunk_mut::<Q>() {
                middle.leaf::<S, Q>(s, x, offset + at, root);
            }
        }
    }
}

/// One split of radix 8 over a piece, or its inverse.
#[inline(always)]
fn pass<S: Simd, const FORWARD: bool>(s: S, node: &Node<S::V>, piece: &mut [C<S::V>]) {
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
            node.forward(s, a)
        } else {
            node.inverse(s, a)
        };
        [p0[i], p1[i], p2[i], p3[i], p4[i], p5[i], p6[i], p7[i]] = b;
    }
}
