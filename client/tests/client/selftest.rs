//! The self-test, and that it notices a kernel that is wrong.

use darkreach::selftest::{self, FAMILIES, PADDED};
use darkreach_arith::Isa;

#[test]
fn every_kernel_and_family_is_met_and_right() {
    let outcome = selftest::run(&|_, residue| residue);
    assert!(outcome.passed, "{:?}", outcome.faults);
    let met = |kernel: &str| {
        let kernels = &outcome.kernels;
        assert!(kernels.iter().any(|k| k == kernel), "{kernel}: {kernels:?}");
    };
    for isa in Isa::available() {
        for family in FAMILIES {
            met(&format!("{isa:?}, {family} * 2^a"));
        }
        met(&format!("{isa:?}{PADDED}"));
    }
    met("GMP");
}

#[test]
fn one_wrong_bit_in_any_kernel_is_found() {
    let spoilt = selftest::run(&|_, residue| residue ^ 1);
    assert!(!spoilt.passed);
    assert_eq!(spoilt.faults.len(), spoilt.computations);
    for kernel in &spoilt.kernels {
        assert!(spoilt.faults.iter().any(|fault| fault.kernel == *kernel));
    }
}
