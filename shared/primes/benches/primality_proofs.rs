//! Proofs against their verification: for a number of each kind the processor time of the proof, of the
//! verification, and their ratio, on one thread. Arguments choose numbers; `--long` adds those of 600 and
//! 1,000 digits.

use std::time::Instant;

use darkreach_primes::{
    certificate::check,
    expression::Expression,
    journal::Forgetful,
    primality::{Alone, Caller, LARGEST_CURVE_BITS, Watch, certify},
};

/// Expressions that are proved in seconds, with what they stand for.
const SHORT: [(&str, &str); 11] = [
    ("Proth", "3*2^20909+1"),
    ("Riesel", "3*2^18819-1"),
    ("Pocklington", "2*3^7842+1"),
    ("factorial +1", "872!+1"),
    ("factorial -1", "974!-1"),
    ("primorial +1", "3229#+1"),
    ("primorial -1", "4583#-1"),
    ("near-repdigit", "10^2493-10^1246-1"),
    ("curves, 100 digits", "10^99+289"),
    ("curves, 200 digits", "10^199+153"),
    ("curves, 300 digits", "10^299+669"),
];

/// Expressions that take minutes.
const LONG: [(&str, &str); 2] = [
    ("curves, 600 digits", "10^599+2161"),
    ("curves, 1000 digits", "10^999+7"),
];

struct Unwatched;

impl Watch for Unwatched {
    fn should_stop(&self) -> bool {
        false
    }
    fn progress(&self, _: u64, _: u64) {}
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let long = arguments.iter().any(|argument| argument == "--long");
    let chosen: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let caller = Caller {
        watch: &Unwatched,
        workers: &Alone,
        journal: &Forgetful,
        curve_bits: LARGEST_CURVE_BITS,
    };
    println!(
        "{:22} {:22} {:12} {:>6} {:>10} {:>10} {:>6}",
        "kind", "number", "theorem", "steps", "proof s", "verify s", "ratio"
    );
    let list = SHORT.iter().chain(LONG.iter().filter(|_| long));
    let numbers: Vec<(&str, &str)> = if chosen.is_empty() {
        list.copied().collect()
    } else {
        chosen.iter().map(|text| ("", text.as_str())).collect()
    };
    for (kind, text) in numbers {
        let expression: Expression = match text.parse() {
            Ok(expression) => expression,
            Err(error) => {
                eprintln!("{error}");
                continue;
            }
        };
        let start = Instant::now();
        let certified = certify(&expression, &caller);
        let whole = start.elapsed().as_secs_f64();
        let Ok(Some(certificate)) = certified.map(|certified| certified.certificate) else {
            println!("{kind:22} {text:22} no certificate after {whole:.3} s");
            continue;
        };
        let start = Instant::now();
        let valid = check(&certificate).is_ok();
        let verified = start.elapsed().as_secs_f64();
        assert!(valid, "{text}: the certificate is not valid");
        // A proof ends with a verification of its own.
        let proved = whole - verified;
        println!(
            "{kind:22} {text:22} {:12} {:6} {proved:10.3} {verified:10.3} {:6.2}",
            certificate.theorem(),
            certificate.steps.len(),
            verified / proved
        );
    }
}
