//! Chains of products: what is multiplied, how it is reduced, and how often, put together into one
//! kernel each, which the compiler handles better than one with all of them.

use super::{
    engine::Limbs,
    karatsuba,
    lanes::{Kernel, Lanes, Row},
    product::{self, Block, Extent, Reduce, Sink},
    scale::Scale,
    shape::Moduli,
};

/// Products, each with its reduction, one after the other.
pub(super) struct Chain<'a, R, F> {
    pub(super) moduli: &'a Moduli,
    pub(super) x: &'a mut Limbs,
    pub(super) reduction: &'a R,
    pub(super) factor: &'a F,
    pub(super) times: u64,
}

impl<R: Reduce, F: Factor> Kernel for Chain<'_, R, F> {
    type Output = ();

    #[inline(always)]
    fn call<S: Lanes>(self, s: S) {
        let extent = self.moduli.extent;
        for _ in 0..self.times {
            let x = &mut *self.x;
            {
                let out = x.result.as_flattened_mut();
                let mut sink = self.reduction.start(s, self.moduli, &mut x.quotient, out);
                let limbs = &x.value;
                self.factor.times(s, limbs, extent, &mut x.space, &mut sink);
            }
            std::mem::swap(&mut x.value, &mut x.result);
        }
    }
}

/// What a residue is multiplied with.
pub(super) trait Factor {
    /// Sends the columns of the product into the reduction.
    fn times<S: Lanes>(
        &self,
        s: S,
        x: &[Block],
        extent: Extent,
        space: &mut [Block],
        sink: &mut impl Sink<S>,
    );
}

/// Itself.
pub(super) struct Itself;

/// Itself, and a number for each lane.
pub(super) struct ItselfAnd(pub(super) Row);

/// Another residue.
pub(super) struct Other<'a>(pub(super) &'a [Block]);

/// The integer 1, which takes the residue out of its form.
pub(super) struct One;

impl Factor for Itself {
    #[inline(always)]
    fn times<S: Lanes>(
        &self,
        s: S,
        x: &[Block],
        extent: Extent,
        space: &mut [Block],
        sink: &mut impl Sink<S>,
    ) {
        karatsuba::square(s, x, extent, space, sink);
    }
}

impl Factor for ItselfAnd {
    #[inline(always)]
    fn times<S: Lanes>(
        &self,
        s: S,
        x: &[Block],
        extent: Extent,
        space: &mut [Block],
        sink: &mut impl Sink<S>,
    ) {
        karatsuba::square(s, x, extent, space, &mut Scale::new(s, &self.0, sink));
    }
}

impl Factor for Other<'_> {
    #[inline(always)]
    fn times<S: Lanes>(
        &self,
        s: S,
        x: &[Block],
        extent: Extent,
        _: &mut [Block],
        sink: &mut impl Sink<S>,
    ) {
        product::multiply(s, x, self.0, extent, sink);
    }
}

impl Factor for One {
    #[inline(always)]
    fn times<S: Lanes>(
        &self,
        s: S,
        x: &[Block],
        extent: Extent,
        _: &mut [Block],
        sink: &mut impl Sink<S>,
    ) {
        product::widen(s, x, extent, sink);
    }
}
