//! The vertical part of the transform by itself, against the definition of a product modulo x^S-r: every
//! segment to some thousand points, so every radix above every leaf.

use super::{kernels::Turn, *};
use crate::transform::angle::Angle;

/// A coefficient: small integers, so that sums are exact.
fn coefficient(place: usize, lane: usize, seed: usize) -> [f64; 2] {
    let value = |x: usize| (x * x % 41) as f64 - 20.0;
    [
        value(place * 7 + lane * 13 + seed),
        value(place * 5 + lane * 3 + 2 * seed + 1),
    ]
}

fn times(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]]
}

/// Place `k` of x*y modulo x^S-r.
fn exact(segment: usize, k: usize, lane: usize, seeds: [usize; 2], root: [f64; 2]) -> [f64; 2] {
    let [mut low, mut high] = [[0.0; 2]; 2];
    for i in 0..segment {
        let j = (k + segment - i) % segment;
        let product = times(
            coefficient(i, lane, seeds[0]),
            coefficient(j, lane, seeds[1]),
        );
        let sum = if i <= k { &mut low } else { &mut high };
        *sum = [sum[0] + product[0], sum[1] + product[1]];
    }
    let high = times(high, root);
    [low[0] + high[0], low[1] + high[1]]
}

#[test]
fn every_segment_agrees_with_the_definition() {
    let mut segments: Vec<usize> = (0..12)
        .flat_map(|e| [1, 3, 5, 7, 9, 15, 21].map(|odd: usize| odd << e))
        .filter(|&segment| segment > 1 && segment <= 4_700)
        .collect();
    segments.sort_unstable();
    for isa in Isa::available() {
        let lanes = isa.lanes();
        for &segment in &segments {
            let angle = Angle::new(1, 3);
            let root: [f64; 2] = angle.cos_sin().into();
            let plan = Plan::of_one_block(segment, angle, lanes);
            let filled = |seed| {
                let mut data = Buffer::zeroed::<f64>(2 * lanes * plan.shape.stride());
                let values: &mut [f64] = data.view_mut();
                for place in 0..segment {
                    for lane in 0..lanes {
                        let [re, im] = coefficient(place, lane, seed);
                        values[2 * lanes * place + lane] = re;
                        values[2 * lanes * place + lanes + lane] = im;
                    }
                }
                data
            };
            let turned = |mut data: Buffer, way: Way<'_>| {
                Turn {
                    plan: &plan,
                    block: 0,
                    data: data.lines_mut(),
                    way,
                }
                .run(isa);
                data
            };
            let y = turned(filled(2), Way::Forward);
            let product = turned(filled(1), Way::Product(&y));
            let square = turned(filled(1), Way::Square);
            let gain = (segment / plan.shape.leaf()) as f64;
            // A few places of each size, spread over the segment and the lanes.
            for turn in 0..16 {
                let (k, lane) = ((turn * segment / 16 + turn) % segment, turn % lanes);
                for (data, seeds) in [(&square, [1, 1]), (&product, [1, 2])] {
                    let values: &[f64] = data.view();
                    let at = 2 * lanes * k + lane;
                    let found = [values[at] / gain, values[at + lanes] / gain];
                    let expected = exact(segment, k, lane, seeds, root);
                    for (found, expected) in found.into_iter().zip(expected) {
                        assert!(
                            (found - expected).abs() < 1e-13 * 800.0 * segment as f64,
                            "{isa:?}, {segment} points, place {k}, lane {lane}: {found}, not {expected}"
                        );
                    }
                }
            }
        }
    }
}
