//! Every instruction set against 128-bit arithmetic.

use proptest::prelude::*;

use super::{Field, Isa, Kernel, LANES, Lanes, Row, pow, pow_each};
use crate::word::{is_prime, pow_mod};

/// One round of every operation with random operands.
struct Round {
    primes: [Row; 2],
    a: [Row; 2],
    b: [Row; 2],
    number: u64,
    uniform: u64,
}

impl Kernel for Round {
    type Output = Vec<Row>;

    #[inline(always)]
    fn call<S: Lanes>(self, s: S) -> Vec<Row> {
        let field = Field::new(s, &self.primes);
        let enter = |rows: &[Row; 2]| {
            let mut v = field.one();
            for u in 0..2 {
                v[u] = s.enter(field.m[u], s.entrance(field.m[u]), &rows[u]);
            }
            v
        };
        let (a, b) = (enter(&self.a), enter(&self.b));
        let (ta, tb) = (field.tight(a), field.tight(b));
        let mut results = vec![
            field.one(),
            a,
            field.mul(a, b),
            field.mul(field.mul(a, a), field.mul(b, b)),
            field.sub(ta, tb),
            field.neg(ta),
            field.halve(ta),
            field.number(self.number),
            pow(&field, a, self.uniform),
            pow_each(&field, a, &self.b),
        ];
        let mut sum = ta;
        let mut chosen = ta;
        let mut keyed = ta;
        let mut marks = [Row::default(); 2];
        for u in 0..2 {
            let m = field.m[u];
            sum[u] = s.add(m, ta[u], tb[u]);
            chosen[u] = s.select(0b1010_0110, ta[u], tb[u]);
            keyed[u] = s.of_keys(&s.keys(ta[u]));
            let negative = s.sub(m, s.sub(m, ta[u], ta[u]), ta[u]);
            let gathered = s.closest(s.far(), ta[u], tb[u]);
            marks[u].0[0] = u64::from(s.equal(ta[u], tb[u]));
            marks[u].0[1] = u64::from(s.equal(s.fold(m, ta[u]), s.fold(m, negative)));
            marks[u].0[2] = u64::from(s.met(gathered));
            marks[u].0[3] = u64::from(s.met(s.closest(gathered, chosen[u], tb[u])));
        }
        results.extend([sum, chosen, keyed]);
        let mut rows: Vec<Row> = results
            .iter()
            .flat_map(|v| [s.leave(field.m[0], v[0]), s.leave(field.m[1], v[1])])
            .collect();
        rows.extend(marks);
        rows
    }
}

/// The same by division.
fn expected(round: &Round) -> Vec<Row> {
    let wide = |a: u64, b: u64, p: u64| (u128::from(a) * u128::from(b) % u128::from(p)) as u64;
    let mut rows = vec![Row::default(); 28];
    for u in 0..2 {
        for lane in 0..LANES {
            let p = round.primes[u].0[lane];
            let (a, b) = (round.a[u].0[lane] % p, round.b[u].0[lane] % p);
            let half = if a % 2 == 0 { a / 2 } else { (a + p) / 2 };
            let values = [
                1,
                a,
                wide(a, b, p),
                wide(wide(a, a, p), wide(b, b, p), p),
                (a + p - b) % p,
                (p - a) % p,
                half,
                round.number % p,
                pow_mod(a, round.uniform, p),
                pow_mod(a, round.b[u].0[lane], p),
                (a + b) % p,
                if 0b1010_0110 >> lane & 1 == 1 { a } else { b },
                a,
            ];
            for (i, value) in values.into_iter().enumerate() {
                rows[2 * i + u].0[lane] = value;
            }
            let equal = u64::from(a == b) << lane;
            rows[26 + u].0[0] |= equal;
            rows[26 + u].0[1] |= 1 << lane;
            rows[26 + u].0[2] |= equal;
            rows[26 + u].0[3] |= equal | (u64::from(0b1010_0110 >> lane & 1 == 0) << lane);
        }
    }
    rows
}

/// Sixteen odd primes from a number on.
fn primes_from(start: u64) -> [Row; 2] {
    let mut rows = [Row::default(); 2];
    let primes = (start.max(3)..).filter(|n| is_prime(*n));
    for (i, p) in primes.take(16).enumerate() {
        rows[i / LANES].0[i % LANES] = p;
    }
    rows
}

proptest! {
    #[test]
    fn every_instruction_set_agrees_with_division(
        start in prop_oneof![Just(3u64), 3u64..1 << 20, 3u64..1 << 49, Just((1 << 50) - 1000), Just((1 << 62) - 2000)],
        a in proptest::array::uniform16(0u64..1 << 50),
        b in proptest::array::uniform16(0u64..1 << 50),
        same in 0usize..16,
        number: u64,
        uniform in prop_oneof![0u64..5, any::<u64>()],
    ) {
        let rows = |x: [u64; 16]| [
            Row(std::array::from_fn(|i| x[i])),
            Row(std::array::from_fn(|i| x[i + 8])),
        ];
        let mut b = b;
        b[same] = a[same];
        for isa in Isa::available() {
            let primes = primes_from(start);
            if primes[1].0[7] >= isa.limit() {
                continue;
            }
            let round = Round { primes, a: rows(a), b: rows(b), number: number >> 1, uniform };
            let want = expected(&round);
            prop_assert_eq!(isa.run(round), want, "{:?}", isa);
        }
    }
}
