//! A run of columns of a residue, cut out of its memory: all of them, or what one thread works on.
//!
//! A column lies in eight places, one in each block of the transform. So a run of columns is eight slices,
//! and several threads hold different runs of one residue with nothing but slices that were split. Their
//! type is not known yet where they are handed out: they are lines of memory until the instruction set is.

use std::ops::Range;

use super::pass::State;
use crate::{
    simd::{Buffer, Line, Simd, typed},
    transform::{Shape, plan::VECTORS},
};

/// A run of columns.
#[derive(Debug)]
pub(crate) struct Columns<'a> {
    lanes: usize,
    range: Range<usize>,
    data: [&'a mut [Line]; VECTORS],
    real: [&'a mut [f64]; 2],
    digits: &'a mut [Line],
}

impl<'a> Columns<'a> {
    /// All columns of a transform, of what it leaves to [`crate::transform::real`], and of the digits.
    #[inline(always)]
    pub(crate) fn new(
        shape: &Shape,
        data: &'a mut Buffer,
        real: &'a mut Buffer,
        digits: Option<&'a mut Buffer>,
    ) -> Self {
        let vector = lines_of_a_vector(shape.lanes);
        let mut rest = data.lines_mut();
        let mut blocks: [&'a mut [Line]; VECTORS] = Default::default();
        for block in &mut blocks {
            let (this, others) = rest.split_at_mut(shape.stride() * vector);
            (*block, rest) = (&mut this[..shape.segment * vector], others);
        }
        let real: &mut [f64] = real.view_mut();
        let (low, high) = real.split_at_mut(shape.segment.min(real.len()));
        Self {
            lanes: shape.lanes,
            range: 0..shape.segment,
            data: blocks,
            real: [low, high],
            digits: digits.map_or(&mut [], Buffer::lines_mut),
        }
    }

    /// Cuts off the first columns, as many as asked for.
    pub(crate) fn split_off(&mut self, count: usize) -> Self {
        let vector = lines_of_a_vector(self.lanes);
        let middle = self.range.start + count;
        // What a transform does not have (no digits of its own, or nothing left over) stays empty.
        let range = self.range.start..middle;
        self.range.start = middle;
        Self {
            lanes: self.lanes,
            range,
            data: self
                .data
                .each_mut()
                .map(|d| d.split_off_mut(..count * vector).unwrap_or_default()),
            real: self
                .real
                .each_mut()
                .map(|r| r.split_off_mut(..count).unwrap_or_default()),
            digits: self
                .digits
                .split_off_mut(..count * self.lanes)
                .unwrap_or_default(),
        }
    }

    /// The same as vectors of an instruction set.
    #[inline(always)]
    pub(crate) fn state<S: Simd>(&mut self) -> State<'_, S> {
        assert_eq!(S::LANES, self.lanes, "laid out for other instructions");
        let mut data: [&mut [_]; VECTORS] = Default::default();
        for (data, lines) in data.iter_mut().zip(&mut self.data) {
            *data = typed(lines);
        }
        let [low, high] = &mut self.real;
        State {
            range: self.range.clone(),
            data,
            real: [low, high],
            digits: typed(self.digits),
        }
    }
}

/// Lines of memory that a complex vector takes; the eight digits of a column take as many as lanes.
pub(crate) fn lines_of_a_vector(lanes: usize) -> usize {
    2 * lanes * size_of::<f64>() / size_of::<Line>()
}
