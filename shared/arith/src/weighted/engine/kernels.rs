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

impl Turn<'_> {
    /// Does it. A function for each kind of leaf, for the reason given at [`Pass::run`].
    #[inline(always)]
    pub(super) fn run(self, isa: Isa) {
        inner::run_by_leaf!(isa, self.plan, With(self))
    }
}

/// The vertical part with leaves of Q coefficients.
struct With<'a, const Q: usize>(Turn<'a>);

impl<const Q: usize> Kernel for With<'_, Q> {
    type Output = ();

    #[inline(always)]
    fn call<S: Simd>(self, s: S) {
        let turn = self.0;
        let middle = match turn.way {
            Way::Forward => Middle::Forward,
            Way::Square => Middle::Square,
            Way::Product(y) => Middle::Product(y.view()),
            Way::ProductOnly(y) => Middle::ProductOnly(y.view()),
            Way::SquareAnd(z) => Middle::SquareAnd(z.view()),
            Way::ProductAnd(y, z) => Middle::ProductAnd(y.view(), z.view()),
        };
        inner::run::<S, Q>(s, turn.plan, turn.block, typed(turn.data), middle);
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

impl Pass<'_> {
    /// Does it. Each kind is a function of its own: what is compiled into one shares registers and stack, and a change
    /// of one kind made the others slower or faster by a tenth.
    #[inline(always)]
    pub(super) fn run(&mut self, isa: Isa) -> Watch {
        let Engine { plan, fold, .. } = self.engine;
        match (fold, &self.over, self.from) {
            (Some(fold), _, Start::Products(factor)) if fold.is_wide(factor) => {
                isa.run(Of::<WIDE>(self))
            }
            (Some(_), ..) => isa.run(Of::<PADDED>(self)),
            // (Digits only go over between negacyclic convolutions.)
            (None, Some(_), _) => isa.run(Of::<OVER>(self)),
            (None, None, _) if plan.shape.cyclic => isa.run(Of::<CYCLIC>(self)),
            (None, None, _) => isa.run(Of::<NEGACYCLIC>(self)),
        }
    }
}

/// A pass of one kind. By reference, because it is large.
struct Of<'p, 'a, const KIND: u8>(&'p mut Pass<'a>);

const NEGACYCLIC: u8 = 0;
const CYCLIC: u8 = 1;
const OVER: u8 = 2;
const PADDED: u8 = 3;
const WIDE: u8 = 4;

impl<const KIND: u8> Kernel for Of<'_, '_, KIND> {
    type Output = Watch;

    #[inline(always)]
    fn call<S: Simd>(self, s: S) -> Watch {
        let pass = self.0;
        let Engine {
            plan, words, fold, ..
        } = pass.engine;
        let source = match pass.from {
            Start::Products(factor) => Source::Products(factor),
            Start::Combination { x, a, y } => Source::Combination {
                x: x.view(),
                a,
                y: y.map(|(y, b)| (y.view(), b)),
            },
            Start::Column(i) => Source::Column(i),
        };
        let (state, part, ends) = (pass.columns.state(), pass.share.part(), pass.ends);
        let top = ends.top;
        match (KIND, fold) {
            (PADDED, Some(fold)) => {
                padded::run::<S, false>(s, plan, words, fold, source, ends, state, part)
            }
            (WIDE, Some(fold)) => {
                padded::run::<S, true>(s, plan, words, fold, source, ends, state, part)
            }
            (PADDED | WIDE, None) => panic!("a padded row has a fold"),
            (OVER, _) => {
                let over = pass.over.as_mut().map(|other| Over {
                    plan: &other.engine.plan,
                    words: &other.engine.words,
                    state: other.columns.as_mut().map(Columns::state),
                });
                pass::run::<S, false, true>(s, plan, words, source, top, state, over, part)
            }
            (CYCLIC, _) => {
                pass::run::<S, true, false>(s, plan, words, source, top, state, None, part)
            }
            _ => pass::run::<S, false, false>(s, plan, words, source, top, state, None, part),
        }
    }
}
