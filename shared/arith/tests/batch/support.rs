//! Random moduli and operands, and the comparison of every operation with GMP.

use darkreach_arith::{BatchIsa, BatchOptions, BatchResidue, BatchRing, LANES, Modulus};
use rug::{Integer, integer::Order, ops::RemRounding};

/// A ring of these moduli.
pub(crate) fn new_ring(moduli: &[Modulus], options: BatchOptions) -> BatchRing {
    BatchRing::new(moduli, options).expect("the moduli fit into a batch")
}

/// The residues of these values.
pub(crate) fn residues(ring: &BatchRing, values: &[Integer]) -> BatchResidue {
    ring.residues(values).expect("one value for each modulus")
}

/// A reproducible stream of 64-bit numbers (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(crate) fn bits(&mut self, bits: u32) -> Integer {
        let words: Vec<u64> = (0..bits.div_ceil(64)).map(|_| self.next()).collect();
        Integer::from_digits(&words, Order::Lsf).keep_bits(bits)
    }

    /// An odd number of exactly so many bits.
    pub(crate) fn odd(&mut self, bits: u32) -> Integer {
        let mut value = match self.below(4) {
            // Runs of ones and of zeros.
            0 => (Integer::from(1) << bits) - 1u32,
            1 => Integer::from(1) << (bits - 1),
            _ => self.bits(bits),
        };
        value.set_bit(bits - 1, true).set_bit(0, true);
        value
    }
}

/// Operands that break reductions; number `which` of them.
pub(crate) fn operand(n: &Integer, which: usize, random: &mut Random) -> Integer {
    let bits = n.significant_bits();
    let value = match which % 11 {
        0 => Integer::new(),
        1 => Integer::from(1),
        2 => Integer::from(n - 1u32),
        3 => Integer::from(n - 2u32),
        4 => Integer::from(n >> 1u32),
        // All limbs at their largest.
        5 => (Integer::from(1) << (bits - 1)) - 1u32,
        6 => Integer::from(1) << (bits - 1),
        // Sparse: single bits of limbs.
        7 => Integer::from(1) << (bits / 104 * 52),
        8 => (Integer::from(n >> 52u32)) << 52u32,
        9 => n - (Integer::from(1) << (bits / 2)),
        _ => random.bits(bits + 7),
    };
    value.rem_euc(n)
}

/// Rings of all kernels for the same moduli, with and without the use of their shape.
pub(crate) fn rings(moduli: &[Modulus]) -> Vec<BatchRing> {
    let mut rings = Vec::new();
    for isa in BatchIsa::available() {
        for options in [
            BatchOptions::default(),
            BatchOptions::default().without_special_form(),
        ] {
            let ring = new_ring(moduli, options.with_isa(isa));
            assert_eq!(ring.isa(), isa);
            assert!(ring.max_factor() >= 4);
            if rings
                .iter()
                .all(|r: &BatchRing| r.describe() != ring.describe())
            {
                rings.push(ring);
            }
        }
    }
    rings
}

/// Each lane's value of a function of the operands and the modulus.
pub(crate) fn map<const K: usize>(
    ring: &BatchRing,
    operands: [&[Integer]; K],
    f: impl Fn(usize, [&Integer; K]) -> Integer,
) -> Vec<Integer> {
    let lane = |(l, n): (usize, &Integer)| f(l, operands.map(|o| &o[l])).rem_euc(n);
    ring.moduli().iter().enumerate().map(lane).collect()
}

/// Every operation, with operands `which` and `other` of each lane (another one in each).
pub(crate) fn check(moduli: &[Modulus], which: usize, other: usize, random: &mut Random) {
    let pick = |which: usize, random: &mut Random| -> Vec<Integer> {
        let lanes = moduli.iter().enumerate();
        lanes
            .map(|(l, m)| operand(m.value(), which + l, random))
            .collect()
    };
    let (a, b) = (pick(which, random), pick(other, random));
    let small: [u32; LANES] = std::array::from_fn(|_| match random.below(4) {
        0 => random.below(5) as u32,
        1 => u32::MAX - random.below(3) as u32,
        _ => random.next() as u32,
    });
    let few: [u32; LANES] = std::array::from_fn(|_| random.below(5) as u32);
    for ring in rings(moduli) {
        let about = ring.describe();
        let x0 = residues(&ring, &a);
        let y = residues(&ring, &b);
        assert_eq!(ring.to_integers(&x0), a, "there and back: {about}");

        let mut x = x0.clone();
        let mut expected = a.clone();
        for round in 0..4 {
            ring.square(&mut x);
            expected = map(&ring, [&expected], |_, [a]| Integer::from(a.square_ref()));
            assert_eq!(ring.to_integers(&x), expected, "square {round}: {about}");
        }
        // Goes on from a value that is not canonical.
        for m in [&few, &small, &[3; LANES], &[1; LANES]] {
            ring.square_mul(&mut x, m);
            expected = map(&ring, [&expected], |l, [a]| {
                Integer::from(a.square_ref()) * m[l]
            });
            assert_eq!(ring.to_integers(&x), expected, "square_mul {m:?}: {about}");
        }
        ring.mul(&mut x, &y);
        expected = map(&ring, [&expected, &b], |_, [a, b]| Integer::from(a * b));
        assert_eq!(ring.to_integers(&x), expected, "mul: {about}");
        ring.add(&mut x, &y);
        expected = map(&ring, [&expected, &b], |_, [a, b]| Integer::from(a + b));
        assert_eq!(ring.to_integers(&x), expected, "add: {about}");
        ring.mul_small(&mut x, &small);
        expected = map(&ring, [&expected], |l, [a]| Integer::from(a * small[l]));
        assert_eq!(ring.to_integers(&x), expected, "mul_small: {about}");
        ring.sub(&mut x, &y);
        expected = map(&ring, [&expected, &b], |_, [a, b]| Integer::from(a - b));
        assert_eq!(ring.to_integers(&x), expected, "sub: {about}");
        ring.sub_small(&mut x, &small);
        expected = map(&ring, [&expected], |l, [a]| Integer::from(a - small[l]));
        assert_eq!(ring.to_integers(&x), expected, "sub_small: {about}");

        // From the values themselves, which may be 0, N-1 and the like.
        for (name, result) in [
            ("mul", {
                let mut x = x0.clone();
                ring.mul(&mut x, &y);
                x
            }),
            ("add", {
                let mut x = x0.clone();
                ring.add(&mut x, &y);
                x
            }),
            ("sub", {
                let mut x = x0.clone();
                ring.sub(&mut x, &y);
                x
            }),
        ] {
            let expected = map(&ring, [&a, &b], |_, [a, b]| match name {
                "mul" => Integer::from(a * b),
                "add" => Integer::from(a + b),
                _ => Integer::from(a - b),
            });
            assert_eq!(ring.to_integers(&result), expected, "{name}: {about}");
        }
        let equal = ring.equal(&x0, &y);
        for l in 0..ring.lanes() {
            assert_eq!(equal[l], a[l] == b[l], "equal in lane {l}: {about}");
        }
        // x-y+y need not have the limbs of x.
        let mut x = x0.clone();
        ring.sub(&mut x, &y);
        ring.add(&mut x, &y);
        assert_eq!(ring.equal(&x, &x0), [true; LANES], "{about}");
        assert_eq!(ring.equal(&x0, &x), [true; LANES], "{about}");
    }
}

/// Moduli that fill this many limbs, `lanes` of them.
pub(crate) fn any_moduli(limbs: u32, lanes: usize, random: &mut Random) -> Vec<Modulus> {
    let lanes = 0..lanes;
    lanes
        .map(|_| {
            let bits = (52 * limbs - 4 - random.below(40) as u32).max(2);
            Modulus::integer(random.odd(bits)).expect("at least 2")
        })
        .collect()
}

/// k*2^n+-1 with multipliers of any length, and n that differ by up to two limbs.
pub(crate) fn special_moduli(limbs: u32, lanes: usize, random: &mut Random) -> Vec<Modulus> {
    let kind = random.below(3);
    let length = random.below(64) as u32 + 1;
    let lanes = 0..lanes;
    lanes
        .map(|_| {
            let k = random.next() >> (64 - length);
            let spread = if kind == 2 { 100 } else { 20 };
            let n = 52 * (limbs - 1) + random.below(spread) as u32;
            let c = match kind {
                0 => 1,
                1 => -1,
                _ => 1 - 2 * random.below(2) as i64,
            };
            Modulus::kbnc(k.max(1), 2, n.max(2), c).expect("at least 2")
        })
        .collect()
}

/// Sizes from one limb up: all the small ones, then around steps of blocks and of algorithms.
pub(crate) fn sizes() -> impl Iterator<Item = u32> {
    (1..=44).chain([
        47, 48, 49, 55, 56, 57, 63, 64, 65, 66, 71, 79, 80, 81, 95, 96, 97, 99, 100, 127, 128, 129,
        160, 191, 192, 199, 200, 201,
    ])
}
