//! Where blocks and segments end. It depends on the place in the chain alone, so that whoever resumes a
//! saved state comes to the same blocks.

/// What a product costs, in squarings.
const PRODUCT: f64 = 1.4;

/// A block is about so many squarings long, at most half as many again. With L = sqrt(PRODUCT * 10^6) the check costs
/// 2 * PRODUCT / L = 0.24 % of it; and a mismatch costs one block at most.
const BLOCK: f64 = 1e6;

/// A stretch of a chain that is checked as one: `segments` segments of `segment` steps from `start` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Steps before it.
    pub start: u64,
    /// L: steps of a segment.
    pub segment: u64,
    /// m: how many segments.
    pub segments: u64,
}

impl Block {
    /// The block that begins at a verified place, `start < total`, of a chain whose steps cost `weight`
    /// squarings each. It is cut so that next to nothing of the chain is left over for small blocks.
    pub fn at(start: u64, total: u64, weight: f64) -> Self {
        let rest = total - start;
        let blocks = (rest as f64 * weight / BLOCK).round().max(1.0);
        let length = (rest as f64 / blocks).ceil().clamp(1.0, rest as f64);
        // Products cost PRODUCT/L a step, the check's own steps L * weight in all.
        let best = (length * PRODUCT / weight).sqrt().clamp(1.0, length);
        let (from, to) = ((0.7 * best).ceil() as u64, (1.4 * best).floor() as u64);
        let length = length as u64;
        let segment = (from.max(1)..=to.clamp(1, length))
            .min_by_key(|l| (length % l, l.abs_diff(best as u64)))
            .unwrap_or(1);
        Self {
            start,
            segment,
            segments: length / segment,
        }
    }

    /// Steps before its end.
    pub fn end(&self) -> u64 {
        self.start + self.segment * self.segments
    }

    /// Whether a segment ends here and another begins.
    pub fn is_joint(&self, position: u64) -> bool {
        position > self.start
            && position < self.end()
            && (position - self.start).is_multiple_of(self.segment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check's cost in squarings over a whole chain.
    fn cost(total: u64, weight: f64) -> f64 {
        let (mut at, mut cost) = (0, 0.0);
        while at < total {
            let block = Block::at(at, total, weight);
            assert!(block.segment > 0 && block.segments > 0 && block.end() <= total);
            cost += PRODUCT * block.segments as f64 + weight * block.segment as f64;
            at = block.end();
        }
        cost
    }

    #[test]
    fn blocks_cover_every_chain_and_stay_cheap() {
        for total in (1..3000).chain([99_991, 1_000_003, 6_972_593]) {
            for weight in [1.0, 2.4, 9.8] {
                let share = cost(total, weight) / (total as f64 * weight);
                let expected = 2.0 * (PRODUCT / (total as f64 * weight).min(BLOCK)).sqrt();
                // A chain of a few steps is made twice and more.
                let most = if total < 50 {
                    3.0
                } else {
                    1.5 * expected + 0.001
                };
                assert!(share < most, "{total} {weight}: {share}");
            }
        }
        assert!(cost(1_000_000, 1.0) / 1e6 < 0.0025);
    }

    #[test]
    fn joints_lie_inside() {
        let block = Block {
            start: 10,
            segment: 5,
            segments: 3,
        };
        let joints: Vec<u64> = (0..40).filter(|&at| block.is_joint(at)).collect();
        assert_eq!(joints, [15, 20]);
        assert_eq!(block.end(), 25);
    }
}
