//! The tables of a batch: what is common to the lanes, and the numbers of each lane side by side.

use super::{real::Levels, tails::Tails};
use crate::{
    simd::Buffer,
    transform::{Plan, Shape, plan::VECTORS},
    weighted::words::{Long, Words},
};

/// The tables for as many candidates as a vector has lanes, or fewer; lanes without a candidate have
/// the numbers of the first.
#[derive(Debug)]
pub(super) struct Tables {
    /// Lanes of a vector.
    pub(super) lanes: usize,
    /// One convolution in each lane.
    pub(super) plan: Plan,
    /// Of a cyclic one, for its first block.
    pub(super) levels: Option<Levels>,
    /// The digits of each candidate.
    pub(super) words: Vec<Words>,
    /// Per column and vector, [`crate::weighted::words::Weights`].
    pub(super) weights: Buffer,
    /// Per column and vector.
    pub(super) long: Vec<Long>,
    /// What digits count to, the shorter and the longer ones; then one by each.
    pub(super) radices: Buffer,
    /// Columns at the start of the segments after which all carries have come to rest.
    pub(super) head: usize,
    /// Columns at the end that hold the tail of some lane.
    pub(super) tail: usize,
    /// The numbers of these tails, where vectors can cut them exactly.
    pub(super) tails: Option<Tails>,
}

impl Tables {
    /// Puts the candidates' numbers side by side; `words` are of one shape, of a single lane, and at
    /// most as many as `lanes`.
    pub(super) fn new(words: Vec<Words>, lanes: usize) -> Self {
        let shape = words[0].shape;
        let of = |lane: usize| words.get(lane).unwrap_or(&words[0]);
        let all = || (0..lanes).map(of);
        // Four doubles for each complex digit of a lane.
        let mut weights = Vec::with_capacity(2 * shape.length() * lanes);
        for at in 0..2 * shape.length() {
            weights.extend(all().map(|words| words.weights.view::<f64>()[at]));
        }
        let long = (0..shape.segment * VECTORS).map(|at| {
            let mut bits = Long::default();
            for (lane, words) in all().enumerate() {
                for (bits, of) in bits.iter_mut().zip(words.long[at]) {
                    *bits |= of << lane;
                }
            }
            bits
        });
        let long = long.collect();
        let mut radices: Vec<f64> = Vec::new();
        for which in 0..2 {
            radices.extend(all().map(|words| words.radix[which]));
        }
        for which in 0..2 {
            radices.extend(all().map(|words| 1.0 / words.radix[which]));
        }
        let tail = all().map(|words| words.tail.len()).max().unwrap_or(1);
        Self {
            lanes,
            plan: Plan::in_each_lane(shape, lanes),
            levels: shape.cyclic.then(|| {
                // As much as the edge and the other blocks multiply by.
                let gain = 8.0 * (shape.segment / shape.leaf()) as f64;
                Levels::new(shape.segment, lanes, gain)
            }),
            weights: Buffer::filled(&weights),
            long,
            radices: Buffer::filled(&radices),
            head: all().map(|words| words.head).max().unwrap_or(1),
            tail,
            tails: Tails::new(all(), tail),
            words,
        }
    }

    /// The shape of one candidate's transform.
    pub(super) fn shape(&self) -> &Shape {
        &self.plan.shape
    }

    /// The digits of a lane.
    pub(super) fn words_of(&self, lane: usize) -> &Words {
        self.words.get(lane).unwrap_or(&self.words[0])
    }

    /// One lane's digits out of those of all.
    pub(super) fn digits_of(&self, lane: usize, all: &[i32]) -> Vec<i32> {
        (0..self.shape().length())
            .map(|at| all[self.place(lane, at)])
            .collect()
    }

    /// One lane's digits among those of all.
    pub(super) fn put_digits(&self, lane: usize, digits: &[i32], all: &mut [i32]) {
        for (at, &digit) in digits.iter().enumerate() {
            all[self.place(lane, at)] = digit;
        }
    }

    /// Where a lane has the digit that lies at `at` when it is alone: pairs of real and imaginary parts
    /// stay together.
    fn place(&self, lane: usize, at: usize) -> usize {
        (at / 2 * self.lanes + lane) * 2 + at % 2
    }
}
