//! Random programs: a modulus of some kind, a ring of some kind, three registers, and operations on them
//! in any order, against the same with GMP's integers. All of it follows from one number, so a failure
//! is repeated by that number. The stress program runs the same (`examples/stress.rs`).

use darkreach_arith::{Backend, Isa, Modulus, Options, Residue, Ring};
use rug::{Complete, Integer, integer::Order, ops::Pow, ops::RemRounding};

/// A reproducible stream of numbers (splitmix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// A number of at most `bits` bits, every length as likely as another.
    fn of_any_length(&mut self, bits: u32) -> u64 {
        let length = self.below(bits.into()) as u32;
        (self.next() >> (63 - length.min(63))).max(1)
    }

    fn integer(&mut self, bits: u32) -> Integer {
        let limbs: Vec<u64> = (0..bits.div_ceil(64)).map(|_| self.next()).collect();
        Integer::from_digits(&limbs, Order::Lsf).keep_bits(bits)
    }

    /// A number below N: random, or one of those where arithmetic goes wrong.
    fn operand(&mut self, n: &Integer) -> Integer {
        let bits = n.significant_bits();
        let one = Integer::from(1);
        let ones = (one.clone() << (bits - 1)) - 1u32;
        let value = match self.below(12) {
            0 => Integer::from(self.below(4)),
            1 => Integer::from(n - (1 + self.below(3))),
            2 => one << self.below(bits.into()) as u32,
            3 => ones,
            4 => ones / 3u32,
            5 => ((one << self.below(bits.into()) as u32) - 1u32) << (bits / 5),
            6 => Integer::from(n >> (self.below(u64::from(bits / 2)) as u32)),
            // Sparse.
            7 => (0..4)
                .map(|_| Integer::from(1) << self.below(bits.into()) as u32)
                .sum(),
            _ => self.integer(bits),
        };
        value.rem_euc(n)
    }
}

/// A modulus of up to about `bits` bits.
fn modulus(random: &mut Random, bits: u32) -> Option<Modulus> {
    let c = if random.below(2) == 0 { 1 } else { -1 };
    let power = |k: u64, b: u64, c: i64| {
        let b = b.max(2) as u32;
        let places = (f64::from(bits) - (k as f64).log2()) / f64::from(b).log2();
        Modulus::kbnc(k, b, places.max(1.0) as u32, c).ok()
    };
    let whole = Integer::from(1) << bits;
    match random.below(10) {
        0 | 1 => power(random.of_any_length(8), 2, c),
        2 => power(random.of_any_length(40), 2, c),
        3 => power(random.of_any_length(14), 2 + random.below(100), c),
        4 => power(random.of_any_length(40), 2 + random.below(1_000_000), c),
        5 => power(1, 2 * (1 + random.below(100_000)), 1),
        6 => power(
            random.of_any_length(20),
            2 + random.below(20),
            2 * random.below(500) as i64 - 499,
        ),
        7 => {
            let (b, p) = (2 + random.below(12), (bits / 4) | 1);
            let (divisor, c) = if b == 2 { (3, 1) } else { (b - 1, -1) };
            let whole = Modulus::kbnc(1, b as u32, p, c).ok()?;
            whole.divided_by(&Integer::from(divisor)).ok()
        }
        8 => Modulus::integer(random.operand(&whole) | 1u32).ok(),
        _ => {
            let n = bits / (bits.ilog2()).max(1) + 4;
            Modulus::integer(Integer::factorial(n).complete() + c).ok()
        }
    }
}

/// Lengths that a transform may have.
fn lengths() -> impl Iterator<Item = usize> {
    (3..18).flat_map(|a| [16usize, 18, 20, 21, 24, 28, 30].map(|t| t << a))
}

fn ring(random: &mut Random, modulus: &Modulus) -> Option<Ring> {
    let all = Isa::available();
    let isa = all[random.below(all.len() as u64) as usize];
    let options = Options::default().with_isa(isa);
    match random.below(8) {
        0 => Ring::new(modulus, options.with_backend(Backend::Gmp)).ok(),
        1 => Ring::new(modulus, options).ok(),
        choice => {
            let mut options = options.with_backend(Backend::Transform);
            if choice == 2 {
                options = options.without_form();
            }
            let ring = Ring::new(modulus, options).ok()?;
            let least = ring.length().unwrap_or(0);
            let longer = lengths()
                .filter(|&l| l > least)
                .nth(random.below(4) as usize);
            match longer {
                Some(length) if choice == 3 => Ring::new(modulus, options.with_length(length)).ok(),
                _ => Some(ring),
            }
        }
    }
}

/// A register: the residue and what it should be.
struct Register {
    residue: Residue,
    value: Integer,
}

/// One random program for moduli of up to `most` bits. `None` if the kind of modulus drawn has no ring
/// of the kind drawn; an error says what went wrong.
pub(crate) fn run(seed: u64, most: u32) -> Option<Result<String, String>> {
    let mut random = Random::new(seed);
    let least = 200f64.ln();
    let size = least + (f64::from(most).ln() - least) * (random.below(1 << 20) as f64 / 1048576.0);
    let modulus = modulus(&mut random, size.exp() as u32)?;
    let ring = ring(&mut random, &modulus)?;
    let what = ring.describe();
    Some(
        operations(&mut random, &ring)
            .map(|()| what.clone())
            .map_err(|step| format!("{step}: {what}, N = {}", shown(modulus.value()))),
    )
}

/// N, if it is not too long to print.
fn shown(n: &Integer) -> String {
    let text = n.to_string();
    if text.len() <= 200 {
        text
    } else {
        format!(
            "{}...{} ({} digits)",
            &text[..20],
            &text[text.len() - 20..],
            text.len()
        )
    }
}

/// A small factor, which is often 1.
fn scale(random: &mut Random) -> u16 {
    match random.below(2) {
        0 => 1,
        _ => random.of_any_length(16) as u16,
    }
}

fn operations(random: &mut Random, ring: &Ring) -> Result<(), String> {
    let n = ring.modulus();
    let mut registers: Vec<Register> = (0..3)
        .map(|_| {
            let value = random.operand(n);
            Register {
                residue: ring.residue(&value),
                value,
            }
        })
        .collect();
    let factor_value = random.operand(n);
    let factor = ring.factor(&ring.residue(&factor_value));
    // Half of the programs first square until digits are taken for random.
    if random.below(2) == 0 {
        for r in &mut registers {
            for _ in 0..55 {
                ring.square_sub(&mut r.residue, 3);
                r.value.square_mut();
                r.value -= 3u32;
                r.value = Integer::from((&r.value).rem_euc(n));
            }
        }
    }
    for step in 0..40 {
        let (i, j) = (random.below(3) as usize, random.below(3) as usize);
        let other = Register {
            residue: registers[j].residue.clone(),
            value: registers[j].value.clone(),
        };
        let small = random.of_any_length(64);
        let x = &mut registers[i];
        let (operation, value) = match random.below(14) {
            0..=3 => {
                ring.square(&mut x.residue);
                ("square", x.value.clone().square())
            }
            4 => {
                let m = random.of_any_length(16) as u16;
                ring.square_mul(&mut x.residue, m);
                ("square and multiply", x.value.clone().square() * m)
            }
            5 => {
                let m = scale(random);
                ring.square_mul_sub(&mut x.residue, m, small);
                (
                    "square, multiply and subtract",
                    x.value.clone().square() * m - small,
                )
            }
            6 => {
                let m = scale(random);
                ring.mul_scaled(&mut x.residue, &other.residue, m);
                ("multiply", Integer::from(&x.value * &other.value) * m)
            }
            7 => {
                ring.mul_factor(&mut x.residue, &factor);
                (
                    "multiply by a factor",
                    Integer::from(&x.value * &factor_value),
                )
            }
            8 => {
                ring.mul_small(&mut x.residue, small);
                (
                    "multiply by a small number",
                    Integer::from(&x.value * small),
                )
            }
            9 => {
                ring.add(&mut x.residue, &other.residue);
                ("add", Integer::from(&x.value + &other.value))
            }
            10 => {
                ring.sub(&mut x.residue, &other.residue);
                ("subtract", Integer::from(&x.value - &other.value))
            }
            11 => {
                ring.sub_small(&mut x.residue, small);
                ("subtract a small number", Integer::from(&x.value - small))
            }
            12 => {
                let bytes = ring.to_bytes(&x.residue);
                x.residue = ring.from_bytes(&bytes).map_err(|e| e.to_string())?;
                ("bytes", x.value.clone())
            }
            _ => {
                let e = random.below(40);
                ring.pow_small(&mut x.residue, e);
                ("power", x.value.clone().pow(e as u32))
            }
        };
        x.value = value.rem_euc(n);
        if ring.equal(&x.residue, &other.residue) != (x.value == other.value) {
            return Err(format!("comparison after step {step}, {operation}"));
        }
        if step % 5 == 0 && ring.to_integer(&x.residue) != x.value {
            return Err(format!("step {step}, {operation}"));
        }
    }
    for (i, register) in registers.iter().enumerate() {
        if ring.to_integer(&register.residue) != register.value {
            return Err(format!("register {i} at the end"));
        }
    }
    Ok(())
}
