//! Nothing hot is called: all of a kernel is inlined into the one function that is compiled for its
//! instruction set. What is not, is compiled without those instructions and passes vectors through
//! memory, which made squarings six times slower once, with every result right.

use std::{env, process::Command};

/// Where everything must be inlined.
const HOT: [&str; 12] = [
    "simd::avx2::",
    "simd::avx512::",
    "simd::portable::",
    "simd::C<",
    "transform::edge::",
    "transform::inner::",
    "transform::leaf::",
    "transform::node::",
    "transform::pass::",
    "weighted::pass::",
    "weighted::padded::",
    "weighted::seams::",
];

/// What may be a function there: the kernels themselves, what makes and frees tables, and the few digits at
/// the top of a row, which are scalar and wide.
const COLD: [&str; 10] = [
    "::run::with",
    " core::ptr::drop_in_place<",
    "::detect",
    "::fmt",
    "transform::node::powers",
    "weighted::padded::Fold",
    "weighted::padded::pass::add_low",
    "weighted::seams::whole",
    "weighted::seams::nearest",
    "weighted::seams::tail",
];

/// The functions among demangled symbols that should not be there.
fn strays(symbols: &str) -> Vec<&str> {
    symbols
        .lines()
        .filter(|line| line.contains("darkreach_arith::"))
        .filter(|line| HOT.iter().any(|hot| line.contains(hot)))
        .filter(|line| !COLD.iter().any(|cold| line.contains(cold)))
        .collect()
}

#[test]
fn everything_hot_is_inlined() {
    let program = env::current_exe().unwrap();
    let listed = Command::new("nm")
        .arg("--demangle")
        .arg(&program)
        .output()
        .expect("nm of the GNU binutils, which every compiler for C comes with");
    assert!(listed.status.success(), "{listed:?}");
    let symbols = String::from_utf8(listed.stdout).unwrap();
    // Otherwise the program was stripped and says nothing.
    assert!(symbols.contains("darkreach_arith::simd::Isa::run"));
    assert_eq!(strays(&symbols), Vec::<&str>::new());
}

#[test]
fn a_function_left_standing_is_found() {
    let kernel =
        "0 t <darkreach_arith::simd::avx2::Avx2 as darkreach_arith::simd::Simd>::run::with";
    let closure = "0 t <darkreach_arith::simd::avx2::Avx2 as darkreach_arith::simd::Simd>::transpose::{{closure}}";
    let step = "0 t darkreach_arith::transform::edge::forward";
    assert_eq!(strays(&[kernel, closure, step].join("\n")), [closure, step]);
}
