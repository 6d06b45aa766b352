//! The self-test: numbers whose residues are published, computed by everything that computes here.
//!
//! Every kernel that this processor can run meets every family of transform lengths (a power of two
//! times 1, 3, 5 or 7), the padded rows of long multipliers, the transforms for any number, the batches
//! and GMP. For a prime N the
//! right answer 3^(N-1) mod N is 1, for the composites it is what other programs published; nothing
//! is compared with our own arithmetic. It takes less than a minute.

mod cases;

use std::time::Instant;

use darkreach_arith::{
    Backend, BatchIsa, BatchOptions, BatchRing, Isa, Modulus, Options, Ring, RingError,
};
use rug::Integer;
use serde::Serialize;

pub use cases::{CASES, Case, Number};

/// Looks at each residue before it is judged, and may spoil it: how a test plants a fault.
pub type Probe<'a> = &'a dyn Fn(&str, u64) -> u64;

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// Whether every residue was right.
    pub passed: bool,
    /// How many computations.
    pub computations: usize,
    /// The kernels and families that were met.
    pub kernels: Vec<String>,
    /// What was wrong.
    pub faults: Vec<Fault>,
    /// How long it took.
    pub seconds: f64,
}

/// A wrong residue.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fault {
    /// The number.
    pub number: String,
    /// What computed.
    pub kernel: String,
    /// The published residue, in hexadecimal.
    pub expected: String,
    /// What came out.
    pub got: String,
}

/// The families of transform lengths: the odd part.
pub const FAMILIES: [usize; 4] = [1, 3, 5, 7];

/// What the name of a kernel ends with where a row is padded.
pub const PADDED: &str = ", padded rows";

/// The longest transform that is tried.
const LONGEST: usize = 1 << 14;

/// Runs all cases. `probe` sees each residue first.
pub fn run(probe: Probe<'_>) -> Outcome {
    let began = Instant::now();
    let mut run = Run {
        probe,
        outcome: Outcome::default(),
    };
    for case in CASES {
        match case.number.modulus() {
            Some(modulus) => run.case(case, &modulus),
            None => run.judge(case, "none", None),
        }
    }
    let mut outcome = run.outcome;
    outcome.kernels.sort();
    outcome.kernels.dedup();
    outcome.passed = outcome.faults.is_empty();
    outcome.seconds = began.elapsed().as_secs_f64();
    outcome
}

struct Run<'a> {
    probe: Probe<'a>,
    outcome: Outcome,
}

impl Run<'_> {
    fn case(&mut self, case: &Case, modulus: &Modulus) {
        let plain = Options::default().with_backend(Backend::Gmp);
        if case.with_gmp {
            self.ring(case, modulus, plain, "GMP");
        }
        for isa in Isa::available() {
            let options = Options::default()
                .with_isa(isa)
                .with_backend(Backend::Transform);
            self.ring(case, modulus, options, &format!("{isa:?}"));
            if case.any_number {
                self.ring(
                    case,
                    modulus,
                    options.without_form(),
                    &format!("{isa:?}, any number"),
                );
            }
            if case.families {
                for family in FAMILIES {
                    self.family(case, modulus, options, family);
                }
            }
        }
        if case.batch {
            for isa in BatchIsa::available() {
                let options = BatchOptions::default().with_isa(isa);
                self.batch(case, modulus, options, &format!("{isa:?}, eight at a time"));
            }
            for isa in Isa::available() {
                let options = BatchOptions::default().with_transform(isa);
                self.batch(
                    case,
                    modulus,
                    options,
                    &format!("{isa:?}, eight transforms"),
                );
            }
        }
    }

    /// The shortest length of a family that holds the number.
    fn family(&mut self, case: &Case, modulus: &Modulus, options: Options, family: usize) {
        let lengths = (0..).map(|a| family << a).take_while(|l| *l <= LONGEST);
        for length in lengths {
            if let Ok(ring) = Ring::new(modulus, options.with_length(length)) {
                let kernel = format!("{:?}, {family} * 2^a", options.isa.unwrap_or(Isa::best()));
                self.compute(case, &ring, &kernel);
                return;
            }
        }
    }

    fn ring(&mut self, case: &Case, modulus: &Modulus, options: Options, kernel: &str) {
        match Ring::new(modulus, options) {
            Ok(ring) => self.compute(case, &ring, kernel),
            // This number has no transform on this kernel: others meet it.
            Err(RingError::NoTransform { .. } | RingError::Even { .. }) => {}
            Err(error) => self.judge(case, &format!("{kernel}: {error}"), None),
        }
    }

    /// 3^(N-1) mod N from the top bit down.
    fn compute(&mut self, case: &Case, ring: &Ring, kernel: &str) {
        let padded = ring.describe().contains("padded");
        let kernel = &if padded {
            format!("{kernel}{PADDED}")
        } else {
            kernel.to_owned()
        };
        let exponent = Integer::from(ring.modulus() - 1u32);
        let mut x = ring.residue(&Integer::from(3));
        for bit in (0..exponent.significant_bits() - 1).rev() {
            ring.square_mul(&mut x, if exponent.get_bit(bit) { 3 } else { 1 });
        }
        self.judge(case, kernel, Some(ring.res64(&x)));
    }

    fn batch(&mut self, case: &Case, modulus: &Modulus, options: BatchOptions, kernel: &str) {
        let moduli = vec![modulus.clone(); darkreach_arith::LANES];
        let Ok(ring) = BatchRing::new(&moduli, options) else {
            return;
        };
        let exponents: Vec<Integer> = moduli
            .iter()
            .map(|m| Integer::from(m.value() - 1u32))
            .collect();
        match ring.pow(3, &exponents) {
            Ok(power) => {
                for residue in ring.to_integers(&power) {
                    self.judge(case, kernel, Some(residue.to_u64_wrapping()));
                }
            }
            Err(error) => self.judge(case, &format!("{kernel}: {error}"), None),
        }
    }

    fn judge(&mut self, case: &Case, kernel: &str, residue: Option<u64>) {
        let got = residue.map(|residue| (self.probe)(kernel, residue));
        self.outcome.computations += 1;
        self.outcome.kernels.push(kernel.to_owned());
        if got == Some(case.res64) {
            return;
        }
        self.outcome.faults.push(Fault {
            number: case.number.to_string(),
            kernel: kernel.to_owned(),
            expected: format!("{:016X}", case.res64),
            got: got.map_or("nothing".to_owned(), |got| format!("{got:016X}")),
        });
    }
}
