//! Squares of a group of candidates: the rest of their transforms, there and back, and the pass. Each part
//! and each kind of it is a function of its own: what is compiled into one shares registers and stack, and
//! kinds that do not run make the one that does slower (`docs/arithmetic.md`).

use std::ops::Range;

use super::{
    pass::{self, Watch},
    real::{self, Levels},
    tables::Tables,
};
use crate::{
    Isa,
    batch::LANES,
    simd::{Buffer, Kernel, Simd},
    transform::{Plan, inner, leaf::Middle, plan::VECTORS},
};

/// Squares what `data` holds the first step of the transform of, times the factors; `digits` receives the digits.
pub(super) fn square(
    isa: Isa,
    tables: &Tables,
    data: &mut Buffer,
    digits: &mut Buffer,
    factors: &[f64; LANES],
) -> Watch {
    let levels = tables.levels.as_ref();
    if let Some(levels) = levels {
        isa.run(Split(tables, levels, data));
        for (plan, range) in levels.blocks() {
            Blocks::of(plan, 0..1, range.start, data).square(isa);
        }
    }
    let first = usize::from(levels.is_some());
    Blocks::of(&tables.plan, first..VECTORS, 0, data).square(isa);
    let pass = Pass {
        tables,
        data,
        digits,
        factors,
    };
    match levels {
        Some(levels) => {
            isa.run(Join(tables, levels, &mut *pass.data));
            isa.run(Kind::<true>(pass))
        }
        None => isa.run(Kind::<false>(pass)),
    }
}

/// The first block of a cyclic convolution, split.
struct Split<'a>(&'a Tables, &'a Levels, &'a mut Buffer);

impl Kernel for Split<'_> {
    type Output = ();

    #[inline(always)]
    fn call<S: Simd>(self, s: S) {
        let Self(tables, levels, data) = self;
        real::split(s, levels, &mut data.view_mut()[..tables.shape().segment]);
    }
}

/// The same put together.
struct Join<'a>(&'a Tables, &'a Levels, &'a mut Buffer);

impl Kernel for Join<'_> {
    type Output = ();

    #[inline(always)]
    fn call<S: Simd>(self, s: S) {
        let Self(tables, levels, data) = self;
        real::join(s, levels, &mut data.view_mut()[..tables.shape().segment]);
    }
}

/// Some blocks of a plan, the first of which lie from a vector on.
struct Blocks<'a> {
    plan: &'a Plan,
    blocks: Range<usize>,
    from: usize,
    data: &'a mut Buffer,
}

impl<'a> Blocks<'a> {
    fn of(plan: &'a Plan, blocks: Range<usize>, from: usize, data: &'a mut Buffer) -> Self {
        Self {
            plan,
            blocks,
            from,
            data,
        }
    }

    /// Squares them.
    fn square(self, isa: Isa) {
        inner::run_by_leaf!(isa, self.plan, With(self))
    }
}

/// Blocks with leaves of Q coefficients.
struct With<'a, const Q: usize>(Blocks<'a>);

impl<const Q: usize> Kernel for With<'_, Q> {
    type Output = ();

    #[inline(always)]
    fn call<S: Simd>(self, s: S) {
        let Blocks {
            plan,
            blocks,
            from,
            data,
        } = self.0;
        let data = data.view_mut();
        for v in blocks {
            let start = from + v * plan.shape.stride();
            let block = &mut data[start..start + plan.shape.segment];
            inner::block::<S, Q>(s, plan, v, block, Middle::Square);
        }
    }
}

/// The pass.
struct Pass<'a> {
    tables: &'a Tables,
    data: &'a mut Buffer,
    digits: &'a mut Buffer,
    factors: &'a [f64; LANES],
}

/// That of one sign.
struct Kind<'a, const CYCLIC: bool>(Pass<'a>);

impl<const CYCLIC: bool> Kernel for Kind<'_, CYCLIC> {
    type Output = Watch;

    #[inline(always)]
    fn call<S: Simd>(self, s: S) -> Watch {
        let Pass {
            tables,
            data,
            digits,
            factors,
        } = self.0;
        pass::run::<S, CYCLIC>(s, tables, factors, data.view_mut(), digits.view_mut())
    }
}
