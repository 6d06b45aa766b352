//! The vertical part of the transform: every block of a segment's length forward, multiplied, and back,
//! with passes of radix 8 (the lowest may be of another radix), depth first. Depth first means that a piece is finished, there and back,
//! while it is in cache; the recursion is written as a loop over its smallest pieces, because a
//! recursive function cannot be compiled for a chosen instruction set.

use super::{Plan, leaf::Middle, node, split};
use crate::simd::{C, Simd};

/// Runs `$kernel::<Q>($work)` for a plan with leaves of Q coefficients: each kind of leaf is a function of its own.
macro_rules! run_by_leaf {
    ($isa:expr, $plan:expr, $kernel:ident($work:expr)) => {
        match $plan.tree.leaf {
            2 => $isa.run($kernel::<2>($work)),
            3 => $isa.run($kernel::<3>($work)),
            4 => $isa.run($kernel::<4>($work)),
            5 => $isa.run($kernel::<5>($work)),
            6 => $isa.run($kernel::<6>($work)),
            _ => $isa.run($kernel::<7>($work)),
        }
    };
}
pub(crate) use run_by_leaf;

/// Forward, `middle`, and back for the blocks that `data` holds, from block `from` on, for a plan with leaves of Q
/// coefficients ([`Tree::leaf`](super::plan::Tree::leaf)).
#[inline(always)]
pub(crate) fn run<S: Simd, const Q: usize>(
    s: S,
    plan: &Plan,
    from: usize,
    data: &mut [C<S::V>],
    middle: Middle<'_, S::V>,
) {
    let shape = &plan.shape;
    for (v, data) in data.chunks_exact_mut(shape.stride()).enumerate() {
        block::<S, Q>(s, plan, from + v, &mut data[..shape.segment], middle);
    }
}

/// The same for block `v` alone, in `data`.
#[inline(always)]
pub(crate) fn block<S: Simd, const Q: usize>(
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
        leaves::<S, Q>(s, radix, &roots[v], data, offset, middle);
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
                split::radix_8::<S, true>(s, powers, piece);
            }
        }
        let powers = &lowest[(radix - 1) * t..][..radix - 1];
        let piece = &mut block[t * size..][..size];
        lowest_split::<S, Q, true>(s, radix, powers, piece);
        leaves::<S, Q>(s, radix, &powers[0], piece, offset + t * size, middle);
        if !back {
            continue;
        }
        lowest_split::<S, Q, false>(s, radix, powers, piece);
        // and out of every node that ends here.
        for level in (0..above).rev() {
            let span = 3 * (above - level);
            if (t + 1) & ((1 << span) - 1) != 0 {
                break;
            }
            let size_here = size << span;
            let piece = &mut block[(t + 1) * size - size_here..][..size_here];
            let powers = &upper[7 * (first_of(level) + (t >> span))..][..7];
            split::radix_8::<S, false>(s, powers, piece);
        }
    }
}

/// The split above leaves of Q coefficients. Which radices a leaf has above it is known when this is compiled
/// ([`super::Shape::leaf`]), so only those are.
#[inline(always)]
fn lowest_split<S: Simd, const Q: usize, const FORWARD: bool>(
    s: S,
    radix: usize,
    powers: &[C<S::V>],
    piece: &mut [C<S::V>],
) {
    match radix {
        8 => split::radix_8::<S, FORWARD>(s, powers, piece),
        4 if Q != 4 && Q != 6 => split::radix_4::<S, FORWARD>(s, powers, piece),
        12 if Q != 4 && Q != 2 => split::radix_12::<S, FORWARD>(s, powers, piece),
        3 if Q != 4 && Q != 2 => split::radix_3::<S, FORWARD>(s, powers, piece),
        6 if Q == 5 || Q == 7 => split::radix_6::<S, FORWARD>(s, powers, piece),
        2 if Q == 5 || Q == 7 => split::radix_2::<S, FORWARD>(s, powers, piece),
        _ => unreachable!("no radix of {radix} above {Q} coefficients"),
    }
}

/// The products at all the roots that a split by the powers of r leads to, in its order. (One loop for all
/// radices: each place that calls for a leaf gets all of its code. And roots are made where they are used: to keep
/// them would take stores, which these leaves have no time for.)
#[inline(always)]
fn leaves<S: Simd, const Q: usize>(
    s: S,
    radix: usize,
    r: &C<S::V>,
    piece: &mut [C<S::V>],
    offset: usize,
    middle: Middle<'_, S::V>,
) {
    let steps = node::steps(radix);
    if radix.is_multiple_of(2) {
        for (n, (pair, &step)) in piece.chunks_exact_mut(2 * Q).zip(steps).enumerate() {
            let (low, high) = pair.split_at_mut(Q);
            if let (Some(low), Some(high)) = (low.first_chunk_mut(), high.first_chunk_mut()) {
                let (root, at) = (node::root_at(s, r, step), offset + n * 2 * Q);
                middle.leaf::<S, Q>(s, low, at, root);
                middle.leaf::<S, Q>(s, high, at + Q, C::zero(s).sub(s, root));
            }
        }
    } else {
        for (n, (x, &step)) in piece.chunks_exact_mut(Q).zip(steps).enumerate() {
            if let Some(x) = x.first_chunk_mut::<Q>() {
                let root = node::root_at(s, r, step);
                middle.leaf::<S, Q>(s, x, offset + n * Q, root);
            }
        }
    }
}
