//! The plan of a transform: its lengths and its tables of roots, laid out for a number of lanes.

use super::{angle::Angle, first, node};
use crate::simd::Buffer;

/// The lengths of a transform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Vectors in the first split: 5 to 8.
    pub(crate) vectors: usize,
    /// Lanes of a vector.
    pub(crate) lanes: usize,
    /// Points of a segment: q*8^passes.
    pub(crate) segment: usize,
    /// Convolution modulo x^L-1 rather than x^L+1.
    pub(crate) cyclic: bool,
}

impl Shape {
    /// The shape of length `length` for that many lanes, if there is one.
    pub(crate) fn new(length: usize, lanes: usize, cyclic: bool) -> Option<Self> {
        let odd = length >> length.trailing_zeros();
        let vectors = match odd {
            1 => 8,
            5 | 7 => odd,
            3 => 6,
            _ => return None,
        };
        let unit = 2 * vectors * lanes;
        let segment = length / unit;
        (length.is_multiple_of(unit) && segment >= 2 && segment.is_power_of_two()).then_some(Self {
            vectors,
            lanes,
            segment,
            cyclic,
        })
    }

    /// Real words.
    pub(crate) fn length(&self) -> usize {
        2 * self.vectors * self.lanes * self.segment
    }

    /// Coefficients at which the transform stops: 2, 4 or 8.
    pub(crate) fn leaf(&self) -> usize {
        match self.segment.trailing_zeros() % 3 {
            0 => 8,
            1 => 2,
            _ => 4,
        }
    }

    /// Passes of radix 8 over a segment.
    pub(crate) fn passes(&self) -> usize {
        (self.segment / self.leaf()).trailing_zeros() as usize / 3
    }

    /// Table entries for the passes of one block.
    pub(crate) fn nodes(&self) -> usize {
        (8usize.pow(self.passes() as u32) - 1) / 7
    }

    /// Complex vectors from one block to the next: a little more than a segment where that is long,
    /// or the columns of an edge would all compete for the same few lines of a cache.
    pub(crate) fn stride(&self) -> usize {
        if self.segment >= 16 {
            self.segment + 2
        } else {
            self.segment
        }
    }

    /// Complex vectors of a whole transform.
    pub(crate) fn points(&self) -> usize {
        self.vectors * self.stride()
    }

    /// What one squaring multiplies the result by: forward and inverse leave out all factors 1/2.
    pub(crate) fn gain(&self) -> f64 {
        let splits = self.vectors * self.lanes * self.segment / self.leaf();
        splits as f64 * if self.cyclic { 8.0 } else { 1.0 }
    }

    /// The segment of digits in real (part 0) or imaginary (part 1) lane `lane` of vector `vector`.
    pub(crate) fn segment_of(&self, vector: usize, lane: usize, part: usize) -> usize {
        let slot = vector * self.lanes + lane;
        if self.cyclic {
            2 * slot + part
        } else {
            slot + part * self.vectors * self.lanes
        }
    }
}

/// Tables of roots.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The lengths.
    pub(crate) shape: Shape,
    /// Constants of the split across vectors.
    pub(crate) first: first::Constants,
    /// Complex factors of the splits across lanes: per vector, log2(lanes) levels.
    pub(crate) across: Buffer,
    /// +1 and -1 of the splits across lanes, per level.
    pub(crate) signs: Buffer,
    /// Per vector, the factors that take a cyclic convolution's halves together.
    pub(crate) halves: Buffer,
    /// Radix-8 tables: per vector, level after level.
    pub(crate) nodes: Buffer,
    /// Per vector, the root of the segment, for segments without passes.
    pub(crate) roots: Buffer,
}

impl Plan {
    /// Computes the tables.
    pub(crate) fn new(shape: Shape) -> Self {
        let Shape {
            vectors,
            lanes,
            cyclic,
            ..
        } = shape;
        let top = if cyclic {
            Angle::new(0, 1)
        } else {
            Angle::new(1, 4)
        };
        let levels = lanes.trailing_zeros() as usize;
        let mut across = Vec::new();
        let mut halves = Vec::new();
        let mut nodes = Vec::new();
        let mut roots = Vec::new();
        for angle in first::angles(vectors, top) {
            let mut angles = vec![angle];
            for _ in 0..levels {
                let span = lanes / angles.len();
                let factor = |lane: usize| {
                    if lane % span < span / 2 {
                        (1.0, 0.0)
                    } else {
                        angles[lane / span].root(0, 2).cos_sin()
                    }
                };
                across.extend((0..lanes).map(|lane| factor(lane).0));
                across.extend((0..lanes).map(|lane| factor(lane).1));
                angles = angles
                    .iter()
                    .flat_map(|a| [a.root(0, 2), a.root(1, 2)])
                    .collect();
            }
            if cyclic {
                // x^S of the segment is a square root of what the two halves share; times -i.
                let half: Vec<_> = angles.iter().map(|a| a.root(0, 2)).collect();
                halves.extend(half.iter().map(|a| a.plus(3, 4).cos_sin().0));
                halves.extend(half.iter().map(|a| a.plus(3, 4).cos_sin().1));
                angles = half;
            }
            roots.extend(angles.iter().map(|a| a.cos_sin().0));
            roots.extend(angles.iter().map(|a| a.cos_sin().1));
            let mut level: Vec<Vec<Angle>> = vec![angles];
            for pass in 0..shape.passes() {
                for lane_angles in &level {
                    node::table(lane_angles, &mut nodes);
                }
                if pass + 1 < shape.passes() {
                    level = level
                        .iter()
                        .flat_map(|lanes| {
                            node::CHILDREN.map(|eighths| {
                                lanes
                                    .iter()
                                    .map(|a| a.root(0, 8).plus(eighths, 8))
                                    .collect()
                            })
                        })
                        .collect();
                }
            }
        }
        let mut signs = Vec::new();
        for level in 0..levels {
            let span = lanes >> level;
            signs.extend((0..lanes).map(|l| if l % span < span / 2 { 1.0 } else { -1.0 }));
        }
        Self {
            shape,
            first: first::Constants::new(vectors, top),
            across: filled(&across),
            signs: filled(&signs),
            halves: filled(&halves),
            nodes: filled(&nodes),
            roots: filled(&roots),
        }
    }
}

/// A buffer with these values.
fn filled(values: &[f64]) -> Buffer {
    let mut buffer = Buffer::zeroed::<f64>(values.len());
    buffer.view_mut()[..values.len()].copy_from_slice(values);
    buffer
}
