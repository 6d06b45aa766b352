//! Which thread does which part of a squaring.
//!
//! The eight blocks of the vertical part are independent of each other, and of what it leaves over. The pass
//! is cut into stretches of columns, one a thread; the few columns at their seams are done when all have
//! come to their ends. So a squaring is shared out twice. How it is shared changes no result: every digit is
//! the same integer, but for digits of exactly half their radix at a seam, which may be cut upwards or
//! downwards.

use std::sync::Arc;

use super::{
    kernels::{Other, Pass, Share, Start, Turn, Way},
    *,
};
use crate::{
    simd::Line,
    threads::Pool,
    transform::{Shape, plan::VECTORS},
    weighted::{
        columns::{Columns, lines_of_a_vector},
        pass::{END, start_of},
    },
};

/// The most stretches of a pass.
pub(super) const MOST: usize = 16;

/// Columns that a stretch has at least: so many that their work outweighs two rounds of the pool.
const LEAST: usize = 64;

/// The threads that work on a residue.
#[derive(Clone, Debug)]
pub(crate) struct Spread {
    pool: Arc<Pool>,
    stretches: usize,
}

/// What the vertical part leaves over, of two operands or twice of one.
pub(super) type Rest<'a> = (&'a mut Buffer, Option<&'a mut Buffer>);

/// What is shared out of the vertical part.
enum Piece<'a> {
    Block(usize, &'a mut [Line]),
    Rest(Rest<'a>),
}

impl Engine {
    /// The same with the threads of a pool.
    pub(crate) fn with_pool(self, pool: &Arc<Pool>) -> Self {
        let stretches = self.useful_threads(pool.threads());
        let spread = (stretches > 1).then(|| Spread {
            pool: Arc::clone(pool),
            stretches,
        });
        Self { spread, ..self }
    }

    /// How many of so many threads can work on one product of this length.
    pub(crate) fn useful_threads(&self, threads: usize) -> usize {
        let most = self.words.shape.segment / LEAST;
        threads.min(most).clamp(1, MOST)
    }

    /// Does something to neighbouring parts of two vectors of the same length.
    pub(super) fn on_parts<'a>(
        &self,
        x: &'a mut [Line],
        y: &'a [Line],
        work: impl Fn(&mut [Line], &[Line]) + Sync,
    ) {
        match &self.spread {
            None => work(x, y),
            Some(spread) => {
                let size = x.len().div_ceil(spread.stretches).max(1);
                let parts = x.chunks_mut(size).zip(y.chunks(size));
                let mut pieces: [Option<(&mut [Line], &[Line])>; MOST] = Default::default();
                for (piece, part) in pieces.iter_mut().zip(parts) {
                    *piece = Some(part);
                }
                spread.pool.each(&mut pieces[..spread.stretches], |part| {
                    if let Some((x, y)) = part {
                        work(x, y);
                    }
                });
            }
        }
    }

    /// How many stretches a pass has.
    pub(super) fn stretches(&self) -> usize {
        self.spread.as_ref().map_or(1, |s| s.stretches)
    }

    /// Does something to each of some items, by the threads that there are.
    pub(super) fn each<T: Send>(&self, items: &mut [T], work: impl Fn(&mut T) + Sync) {
        match &self.spread {
            None => items.iter_mut().for_each(work),
            Some(spread) => spread.pool.each(items, work),
        }
    }

    /// How many threads work on one product.
    pub(crate) fn threads(&self) -> usize {
        self.spread.as_ref().map_or(1, |s| s.pool.threads())
    }

    /// The vertical part of the transform, and with it what it leaves over.
    pub(super) fn turn(&self, data: &mut Buffer, way: Way<'_>, rest: Option<Rest<'_>>) {
        let plan = &self.plan;
        let Some(spread) = &self.spread else {
            Turn {
                plan,
                block: 0,
                data: data.lines_mut(),
                way,
            }
            .run(self.isa);
            if let Some((x, y)) = rest {
                self.real_part(x, y);
            }
            return;
        };
        // What is left over comes first: it takes as long as the longest of the others.
        let first = usize::from(rest.is_none());
        let mut pieces: [Option<Piece<'_>>; VECTORS + 1] = Default::default();
        let lines = data.lines_mut();
        let of_one = lines.len() / VECTORS;
        let blocks = lines.chunks_exact_mut(of_one).enumerate();
        for (piece, (block, data)) in pieces[1..].iter_mut().zip(blocks) {
            *piece = Some(Piece::Block(block, data));
        }
        pieces[0] = rest.map(Piece::Rest);
        spread.pool.each(&mut pieces[first..], |piece| match piece {
            Some(Piece::Block(block, data)) => Turn {
                plan,
                block: *block,
                data,
                way,
            }
            .run(self.isa),
            Some(Piece::Rest((x, y))) => self.real_part(x, y.as_deref_mut()),
            None => {}
        });
    }

    /// Columns that wait at the start of each stretch of a pass, and at the end of all.
    fn waits(&self) -> (usize, usize) {
        match &self.fold {
            Some(fold) => (fold.waits(), 0),
            None => (self.words.head, self.words.tail.len()),
        }
    }

    /// The pass over a residue, `from` products or digits; with `over` another engine takes over the digits.
    pub(super) fn sweep(
        &self,
        from: Start<'_>,
        ends: Ends,
        room: &mut Buffer,
        mut memory: Memory<'_>,
        mut over: Option<Target<'_>>,
    ) -> Watch {
        match (&self.spread, from) {
            (Some(spread), Start::Products(_) | Start::Combination { .. }) => {
                self.sweep_together(spread, from, ends, room, memory, over)
            }
            _ => {
                let (waiting, _) = self.room(room);
                Pass {
                    engine: self,
                    ends,
                    columns: memory.columns(&self.words.shape),
                    over: over.as_mut().map(Target::whole),
                    from,
                    share: Share::Whole { waiting },
                }
                .run(self.isa)
            }
        }
    }

    /// Room for the columns that wait in all stretches, and for their ends.
    #[inline(always)]
    fn room<'a>(&self, room: &'a mut Buffer) -> (&'a mut [Line], &'a mut [Line]) {
        let stretches = self.stretches();
        let vector = lines_of_a_vector(self.words.shape.lanes);
        let (each, tail) = self.waits();
        let waiting = (stretches * each + tail) * VECTORS * vector;
        let size = waiting + stretches * END * vector;
        if room.lines().len() != size {
            *room = Buffer::of_lines(size);
        }
        room.lines_mut().split_at_mut(waiting)
    }

    /// The same by several threads.
    fn sweep_together(
        &self,
        spread: &Spread,
        from: Start<'_>,
        ends: Ends,
        room: &mut Buffer,
        mut memory: Memory<'_>,
        mut over: Option<Target<'_>>,
    ) -> Watch {
        let shape = &self.words.shape;
        let stretches = spread.stretches;
        let vector = lines_of_a_vector(shape.lanes);
        let end = END * vector;
        let (waiting, last) = self.room(room);
        let (each, _) = self.waits();
        let each = each * VECTORS * vector;
        let mut pieces: [Option<Pass<'_>>; MOST] = Default::default();
        let mut columns = memory.columns(shape);
        let mut others = over.as_mut().map(Target::whole);
        let mut wait = &mut *waiting;
        let cut = pieces
            .iter_mut()
            .zip(last.chunks_exact_mut(end))
            .enumerate();
        for (stretch, (piece, end)) in cut {
            let start = |stretch| start_of(stretch, stretches, shape.segment);
            let count = start(stretch + 1) - start(stretch);
            // The last one has the tail, too.
            let waits = if stretch + 1 < stretches {
                each
            } else {
                wait.len()
            };
            let (waiting, rest) = wait.split_at_mut(waits);
            wait = rest;
            *piece = Some(Pass {
                engine: self,
                ends,
                columns: columns.split_off(count),
                over: others.as_mut().map(|other| Other {
                    columns: other.columns.as_mut().map(|c| c.split_off(count)),
                    ..*other
                }),
                from,
                share: Share::Stretch { waiting, end },
            });
        }
        spread.pool.each(&mut pieces[..stretches], |pass| {
            if let Some(pass) = pass {
                // What it met stands at its end.
                pass.run(self.isa);
            }
        });
        Pass {
            engine: self,
            ends,
            columns: memory.columns(shape),
            over: over.as_mut().map(Target::whole),
            from,
            share: Share::Seams {
                waiting,
                ends: last,
            },
        }
        .run(self.isa)
    }
}

/// The memory of a residue that a pass works on.
pub(super) struct Memory<'a> {
    pub(super) data: &'a mut Buffer,
    pub(super) real: &'a mut Buffer,
    pub(super) digits: Option<&'a mut Buffer>,
}

impl Memory<'_> {
    #[inline(always)]
    fn columns(&mut self, shape: &Shape) -> Columns<'_> {
        Columns::new(shape, self.data, self.real, self.digits.as_deref_mut())
    }
}

/// Another engine that takes over the digits, and the memory for its transform.
pub(super) struct Target<'a> {
    pub(super) engine: &'a Engine,
    /// None if its transform takes the place of what it is made of.
    pub(super) memory: Option<Memory<'a>>,
}

impl Target<'_> {
    fn whole(&mut self) -> Other<'_> {
        let shape = &self.engine.words.shape;
        Other {
            engine: self.engine,
            columns: self.memory.as_mut().map(|memory| memory.columns(shape)),
        }
    }
}

#[cfg(test)]
mod tests;
