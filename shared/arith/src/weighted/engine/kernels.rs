//! What is compiled for each instruction set: blocks of the vertical part of the transform, and the pass
//! over columns or a part of it. [`super::spread`] says which thread does which.

use super::*;
use crate::{
    simd::{Line, typed},
    transform::edge::Column,
    weighted::{
        columns::Columns,
        padded,
        pass::{End, Over, Part},
    },
};

/// The vertical part of the transform for some of the eight blocks: forward only, or there and back.
pub(super) struct Turn<'a> {
    pub(super) plan: &'a Plan,
    /// The first of them,
    pub(super) block: usize,
    /// and their memory.
    pub(super) data: &'a mut [Line],
    pub(super) way: Way<'a>,
}

/// What happens on the way.
#[derive(Clone, Copy)]
pub(super) enum Way<'a> {
    Forward,
    Square,
    Product(&'a Buffer),
    /// The product, but not back;
    ProductOnly(&'a Buffer),
    /// and what that left, added to another square or product.
    SquareAnd(&'a Buffer),
    ProductAnd(&'a Buffer, &'a Buffer),
}

impl Kernel for Turn<'_> {
    type Output = ();

    #[inline(always)]
    fn call<S: Simd>(self, s: S) {
        let middle = match self.way {
            Way::Forward => Middle::Forward,
            Way::Square => Middle::Square,
            Way::Product(y) => Middle::Product(y.view()),
            Way::ProductOnly(y) => Middle::ProductOnly(y.view()),
            Way::SquareAnd(z) => Middle::SquareAnd(z.view()),
            Way::ProductAnd(y, z) => Middle::ProductAnd(y.view(), z.view()),
        };
        inner::run(s, self.plan, self.block, typed(self.data), middle);
    }
}

/// The pass.
pub(super) struct Pass<'a> {
    pub(super) engine: &'a Engine,
    pub(super) columns: Columns<'a>,
    pub(super) over: Option<Other<'a>>,
    pub(super) from: Start<'a>,
    pub(super) ends: Ends,
    pub(super) share: Share<'a>,
}

/// What the pass starts from.
#[derive(Clone, Copy)]
pub(super) enum Start<'a> {
    /// Products, times a factor.
    Products(f64),
    /// a*x + b*y of digits.
    Combination {
        x: &'a Buffer,
        a: f64,
        y: Option<(&'a Buffer, f64)>,
    },
    /// One column of the digits, which changed.
    Column(usize),
}

/// Another engine of the same layout that takes over the digits.
pub(super) struct Other<'a> {
    pub(super) engine: &'a Engine,
    /// Where its columns go, if not in the place of those that they are made of.
    pub(super) columns: Option<Columns<'a>>,
}

/// Which part of the pass, see [`Part`].
pub(super) enum Share<'a> {
    Whole {
        waiting: &'a mut [Line],
    },
    Stretch {
        waiting: &'a mut [Line],
        end: &'a mut [Line],
    },
    Seams {
        waiting: &'a mut [Line],
        ends: &'a mut [Line],
    },
}

impl Share<'_> {
    /// The same as vectors of an instruction set.
    #[inline(always)]
    fn part<S: Simd>(&mut self) -> Part<'_, S> {
        match self {
            Share::Whole { waiting } => Part::Whole {
                waiting: typed::<Column<S::V>>(waiting),
            },
            Share::Stretch { waiting, end } => {
                let ends: &mut [End<S::V>] = typed(end);
                let [end] = ends else {
                    panic!("a stretch has one end")
                };
                Part::Stretch {
                    waiting: typed::<Column<S::V>>(waiting),
                    end,
                }
            }
            Share::Seams { waiting, ends } => Part::Seams {
                waiting: typed::<Column<S::V>>(waiting),
                ends: typed(ends),
            },
        }
    }
}

// By reference, because it is large.
impl Kernel for &mut Pass<'_> {
    type Output = Watch;

    #[inline(always)]
    fn call<S: Simd>(self, s: S) -> Watch {
        let Engine {
            plan, words, fold, ..
        } = self.engine;
        let source = match self.from {
            Start::Products(factor) => Source::Products(factor),
            Start::Combination { x, a, y } => Source::Combination {
                x: x.view(),
                a,
                y: y.map(|(y, b)| (y.view(), b)),
            },
            Start::Column(i) => Source::Column(i),
        };
        let (state, part) = (self.columns.state(), self.share.part());
        if let Some(fold) = fold {
            let ends = self.ends;
            return match source {
                Source::Products(factor) if fold.is_wide(factor) => {
                    padded::run::<S, true>(s, plan, words, fold, source, ends, state, part)
                }
                _ => padded::run::<S, false>(s, plan, words, fold, source, ends, state, part),
            };
        }
        let top = self.ends.top;
        match (&mut self.over, plan.shape.cyclic) {
            (None, true) => {
                pass::run::<S, true, false>(s, plan, words, source, top, state, None, part)
            }
            (None, false) => {
                pass::run::<S, false, false>(s, plan, words, source, top, state, None, part)
            }
            // (Digits only go over between negacyclic convolutions.)
            (Some(other), _) => {
                let over = Some(Over {
                    plan: &other.engine.plan,
                    words: &other.engine.words,
                    state: other.columns.as_mut().map(Columns::state),
                });
                pass::run::<S, false, true>(s, plan, words, source, top, state, over, part)
            }
        }
    }
}
