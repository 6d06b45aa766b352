//! The plan of a transform: its lengths and its tables of roots, laid out for a number of lanes.

use super::{
    angle::Angle,
    node::{self, CHILDREN},
};
use crate::simd::Buffer;

/// Vectors of a column.
pub(crate) const VECTORS: usize = 8;

/// The lengths of a transform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Lanes of a vector: 8 or 4; 1 where every lane is a convolution of its own.
    pub(crate) lanes: usize,
    /// Points of a segment: 1, 3, 5, 7, 9, 15 or 21 times a power of two, at least 2.
    pub(crate) segment: usize,
    /// Convolution modulo x^L-1 rather than x^L+1.
    pub(crate) cyclic: bool,
}

impl Shape {
    /// The shape of length `length` for that many lanes, if there is one.
    pub(crate) fn new(length: usize, lanes: usize, cyclic: bool) -> Option<Self> {
        let unit = 2 * VECTORS * lanes;
        let shape = Self {
            lanes,
            segment: length / unit,
            cyclic,
        };
        let exists = length.is_multiple_of(unit) && shape.segment >= 2 && shape.leaf() <= 7;
        exists.then_some(shape)
    }

    /// Real words.
    pub(crate) fn length(&self) -> usize {
        2 * VECTORS * self.lanes * self.segment
    }

    /// Coefficients at which the transform stops: an odd factor, or 2, 4 or 6, whichever leaves splits of
    /// radix 8 and one that is 4 or has a factor of 3.
    pub(crate) fn leaf(&self) -> usize {
        let levels = self.segment.trailing_zeros();
        match (self.segment >> levels, levels % 3) {
            (1, 2) => 4,
            (1, _) => 2,
            (3, 1) | (9, 1) => 6,
            (9, 0) if levels > 0 => 6,
            (9, _) => 3,
            (15, _) => 5,
            (21, _) => 7,
            (odd, _) => odd,
        }
    }

    /// Splits of radix 8 of a segment, one below the other, and the radix of the last one below those:
    /// 2, 3, 4, 6 or 12, or 1 for none.
    fn splits(&self) -> (usize, usize) {
        let rest = self.segment / self.leaf();
        let levels = rest.trailing_zeros() as usize;
        (levels / 3, (rest >> levels) << (levels % 3))
    }

    /// The radix of each split, from the top.
    pub(crate) fn radices(&self) -> impl Iterator<Item = usize> {
        let (eights, last) = self.splits();
        std::iter::repeat_n(8, eights).chain((last > 1).then_some(last))
    }

    /// The radix of the lowest split, 1 if there is none, and how many splits are above it.
    fn lowest(&self) -> (usize, usize) {
        match self.splits() {
            (0, 1) => (1, 0),
            (eights, 1) => (8, eights - 1),
            (eights, last) => (last, eights),
        }
    }

    /// Table entries for the splits of one block.
    fn roots(&self) -> usize {
        let nodes = (0..).map(|level| 1usize << (3 * level));
        self.radices()
            .zip(nodes)
            .map(|(radix, nodes)| nodes * (radix - 1))
            .sum()
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
        VECTORS * self.stride()
    }

    /// What one squaring multiplies the result by: forward and inverse leave out all factors 1/2.
    pub(crate) fn gain(&self) -> f64 {
        let splits = VECTORS * self.lanes * self.segment / self.leaf();
        splits as f64 * if self.cyclic { 8.0 } else { 1.0 }
    }

    /// The segment of digits in real (part 0) or imaginary (part 1) lane `lane` of vector `vector`.
    pub(crate) fn segment_of(&self, vector: usize, lane: usize, part: usize) -> usize {
        let slot = vector * self.lanes + lane;
        if self.cyclic {
            2 * slot + part
        } else {
            slot + part * VECTORS * self.lanes
        }
    }

    /// The angle of the power r^v that the first split multiplies vector v by.
    fn first(&self, v: usize) -> Angle {
        self.top().root(0, VECTORS as u64).times(v as u64)
    }

    /// What weights multiply the digits of vector v by beside, and their products again: r^v is
    /// cos*(1 + i*tan), and with the cosine in the weights two multiplications of four are saved.
    pub(crate) fn cosine(&self, v: usize) -> f64 {
        self.first(v).cos_sin().0
    }

    /// The angle of the whole.
    pub(crate) fn top(&self) -> Angle {
        if self.cyclic {
            Angle::new(0, 1)
        } else {
            Angle::new(1, 4)
        }
    }
}

/// How a block is split: what [`Shape`] says, kept because to say it takes as long as a short block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tree {
    /// [`Shape::leaf`].
    pub(crate) leaf: usize,
    /// [`Shape::lowest`].
    pub(crate) lowest: (usize, usize),
    /// [`Shape::roots`].
    pub(crate) roots: usize,
}

impl Tree {
    fn new(shape: &Shape) -> Self {
        Self {
            leaf: shape.leaf(),
            lowest: shape.lowest(),
            roots: shape.roots(),
        }
    }
}

/// Tables of roots.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The lengths.
    pub(crate) shape: Shape,
    /// How a block is split.
    pub(crate) tree: Tree,
    /// For the split across vectors, the tangents of the powers' angles; the same in all lanes.
    pub(crate) tangents: [f64; VECTORS - 1],
    /// Powers for the split across what were lanes, `lanes`-1 for each group of `lanes` vectors.
    pub(crate) across: Buffer,
    /// Per vector, the factors that take a cyclic convolution's halves together.
    pub(crate) halves: Buffer,
    /// Powers for the splits of each block, level after level.
    pub(crate) nodes: Buffer,
    /// Per block, the root of the segment, for segments that are not split.
    pub(crate) roots: Buffer,
}

impl Plan {
    /// The tables for a convolution in each of `lanes` lanes, all of this shape of a single lane.
    pub(crate) fn in_each_lane(shape: Shape, lanes: usize) -> Self {
        let plan = Self::new(shape);
        Self {
            halves: plan.halves.repeated(lanes),
            nodes: plan.nodes.repeated(lanes),
            roots: plan.roots.repeated(lanes),
            ..plan
        }
    }

    /// The tables for the one block modulo x^segment-r, r of this angle, the same in all of `lanes` lanes.
    pub(crate) fn of_one_block(segment: usize, root: Angle, lanes: usize) -> Self {
        let shape = Shape {
            lanes: 1,
            segment,
            cyclic: false,
        };
        let (mut nodes, mut roots) = (Vec::new(), Vec::new());
        block(&shape, vec![root], &mut nodes, &mut roots);
        let none = Buffer::of_lines(0);
        Self {
            shape,
            tree: Tree::new(&shape),
            // One block alone has no split across vectors.
            tangents: [0.0; VECTORS - 1],
            across: none.clone(),
            halves: none,
            nodes: Buffer::filled(&nodes).repeated(lanes),
            roots: Buffer::filled(&roots).repeated(lanes),
        }
    }

    /// Computes the tables.
    pub(crate) fn new(shape: Shape) -> Self {
        let Shape { lanes, cyclic, .. } = shape;
        let mut across = Vec::new();
        let mut halves = Vec::new();
        let mut nodes = Vec::new();
        let mut roots = Vec::new();
        let first = CHILDREN.map(|e| shape.top().root(e, 8));
        for group in first.chunks_exact(lanes) {
            node::powers(lanes, group, &mut across);
        }
        for group in first.chunks_exact(lanes) {
            for &child in node::children(lanes) {
                let mut angles: Vec<Angle> =
                    group.iter().map(|a| a.root(child, lanes as u64)).collect();
                if cyclic {
                    // x^S of the segment is a square root of what the two halves share; times -i.
                    let half: Vec<_> = angles.iter().map(|a| a.root(0, 2)).collect();
                    halves.extend(half.iter().map(|a| a.plus(3, 4).cos_sin().0));
                    halves.extend(half.iter().map(|a| a.plus(3, 4).cos_sin().1));
                    angles = half;
                }
                block(&shape, angles, &mut nodes, &mut roots);
            }
        }
        let mut tangents = [0.0; VECTORS - 1];
        for (j, tangent) in tangents.iter_mut().enumerate() {
            let (c, s) = shape.first(j + 1).cos_sin();
            *tangent = s / c;
        }
        Self {
            shape,
            tree: Tree::new(&shape),
            tangents,
            across: Buffer::filled(&across),
            halves: Buffer::filled(&halves),
            nodes: Buffer::filled(&nodes),
            roots: Buffer::filled(&roots),
        }
    }
}

/// Appends the tables of a block of this shape, whose segments have these roots in the lanes of a vector.
fn block(shape: &Shape, angles: Vec<Angle>, nodes: &mut Vec<f64>, roots: &mut Vec<f64>) {
    roots.extend(angles.iter().map(|a| a.cos_sin().0));
    roots.extend(angles.iter().map(|a| a.cos_sin().1));
    let mut level: Vec<Vec<Angle>> = vec![angles];
    for radix in shape.radices() {
        for lane_angles in &level {
            node::powers(radix, lane_angles, nodes);
        }
        let split = |lanes: &Vec<Angle>, child: u64| -> Vec<Angle> {
            lanes.iter().map(|a| a.root(child, radix as u64)).collect()
        };
        level = level
            .iter()
            .flat_map(|lanes| {
                node::children(radix)
                    .iter()
                    .map(move |&child| split(lanes, child))
            })
            .collect();
    }
}
