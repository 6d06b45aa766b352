//! Memory for vectors: aligned to a cache line, zeroed, and readable as slices of any plain type, so
//! that tables and residues are the same values whatever the number of lanes.

/// Types that any bits are a value of.
///
/// # Safety
/// Every bit pattern is valid, there is no padding and no interior mutability, the alignment is at
/// most 64, and the type is not of size zero.
pub(crate) unsafe trait Plain: Copy {}

// SAFETY: numbers are plain.
unsafe impl Plain for f64 {}
// SAFETY: numbers are plain.
unsafe impl Plain for i32 {}
// SAFETY: an array of plain values is plain (only used with N > 0).
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}

/// One cache line; the alignment is what it is for. Whatever the instruction set, a complex vector is a
/// whole number of lines, so slices of lines are handed out where the set is not known yet.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Line([u8; 64]);

/// Zeroed, aligned memory.
#[derive(Clone, Debug)]
pub(crate) struct Buffer {
    lines: Vec<Line>,
}

impl Buffer {
    /// Room for `count` values of type T.
    pub(crate) fn zeroed<T: Plain>(count: usize) -> Self {
        Self::of_lines((count * size_of::<T>()).div_ceil(64))
    }

    /// So many lines.
    pub(crate) fn of_lines(count: usize) -> Self {
        Self {
            lines: vec![Line([0; 64]); count],
        }
    }

    /// These values.
    pub(crate) fn filled(values: &[f64]) -> Self {
        let mut buffer = Self::zeroed::<f64>(values.len());
        buffer.view_mut()[..values.len()].copy_from_slice(values);
        buffer
    }

    /// Each double in all lanes of a vector.
    pub(crate) fn repeated(&self, lanes: usize) -> Self {
        let values = self.view::<f64>().iter();
        let values: Vec<f64> = values
            .flat_map(|&x| std::iter::repeat_n(x, lanes))
            .collect();
        Self::filled(&values)
    }

    /// The values, rounded down to whole ones.
    pub(crate) fn view<T: Plain>(&self) -> &[T] {
        seen(&self.lines)
    }

    /// The values, rounded down to whole ones.
    pub(crate) fn view_mut<T: Plain>(&mut self) -> &mut [T] {
        typed(&mut self.lines)
    }

    /// The memory itself.
    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The memory itself, to be handed out in pieces.
    pub(crate) fn lines_mut(&mut self) -> &mut [Line] {
        &mut self.lines
    }
}

/// Lines as values, rounded down to whole ones.
#[inline(always)]
pub(crate) fn seen<T: Plain>(lines: &[Line]) -> &[T] {
    const { assert!(align_of::<T>() <= 64 && size_of::<T>() > 0) }
    let count = size_of_val(lines) / size_of::<T>();
    // SAFETY: the lines are initialised, aligned to 64, and at least `count` values long; any bits are
    // a value of a plain type; the borrow covers the slice.
    unsafe { std::slice::from_raw_parts(lines.as_ptr().cast(), count) }
}

/// The same, to be changed.
#[inline(always)]
pub(crate) fn typed<T: Plain>(lines: &mut [Line]) -> &mut [T] {
    const { assert!(align_of::<T>() <= 64 && size_of::<T>() > 0) }
    let count = size_of_val(lines) / size_of::<T>();
    // SAFETY: as in `seen`; the borrow is exclusive, and writing plain values leaves plain bytes.
    unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), count) }
}

/// Values seen as their parts, e.g. vectors as doubles.
pub(crate) fn parts<T: Plain, P: Plain>(values: &mut [T]) -> &mut [P] {
    const { assert!(align_of::<P>() <= align_of::<T>() && size_of::<T>().is_multiple_of(size_of::<P>())) }
    let count = size_of_val(values) / size_of::<P>();
    // SAFETY: the same bytes; P is plain and needs no more alignment than T; exclusively borrowed.
    unsafe { std::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), count) }
}
