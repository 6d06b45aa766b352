//! The same thing said the same way everywhere.

use darkreach_primes::{certificate::Proof, search::ledger::Outcome};

/// RES64 as the field writes it: 16 upper-case hexadecimal digits.
pub fn res64(residue: u64) -> String {
    format!("{residue:016X}")
}

/// An outcome's name in JSON and tables.
pub fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Factor(_) => "factor",
        Outcome::Composite { .. } => "composite",
        Outcome::Prime => "prime",
        Outcome::BelowTwo => "below_two",
        Outcome::ProbablePrime => "probable_prime",
        Outcome::Algebraic => "algebraic",
    }
}

/// A prime, or a pair of them, with the proofs in one line.
pub fn prime_line(
    expression: &str,
    digits: u64,
    proof: Option<&Proof>,
    second: Option<&Proof>,
) -> String {
    let plural = if digits == 1 { "digit" } else { "digits" };
    let proofs: String = proof
        .into_iter()
        .chain(second)
        .map(|proof| format!("; {}", evidence(proof)))
        .collect();
    let verb = if second.is_some() { "are" } else { "is" };
    format!("{expression} {verb} prime ({digits} {plural}{proofs})")
}

fn evidence(proof: &Proof) -> String {
    let witness = match proof {
        Proof::Small => "below 2^64, strong tests to seven bases".to_owned(),
        Proof::Proth { a } => format!("a={a}"),
        Proof::Llr { p1 } => format!("P1={p1}"),
        Proof::Pocklington { witnesses } => {
            let pairs: Vec<_> = witnesses
                .iter()
                .map(|w| format!("q={} a={}", w.q, w.a))
                .collect();
            pairs.join(", ")
        }
        Proof::Morrison { p, primes } => {
            let primes: Vec<_> = primes.iter().map(u64::to_string).collect();
            format!("P={p}, q={}", primes.join(","))
        }
        _ => return proof.theorem().to_owned(),
    };
    format!("{}: {witness}", proof.theorem())
}

/// A share as a percentage, never rounded up to 100.
pub fn percent(fraction: f64) -> String {
    let tenths = (fraction.clamp(0.0, 1.0) * 1000.0).floor() / 10.0;
    format!("{tenths:.1} %")
}

/// A duration as people say it, in its two largest units.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "unknown".to_owned();
    }
    if seconds < 10.0 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    let (days, hours, minutes) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60);
    if days > 0 {
        format!("{days} d {hours} h")
    } else if hours > 0 {
        format!("{hours} h {minutes} min")
    } else if minutes > 0 {
        format!("{minutes} min {} s", whole % 60)
    } else {
        format!("{whole} s")
    }
}

#[cfg(test)]
mod tests {
    use super::{duration, percent, res64};

    #[test]
    fn numbers_are_written_as_promised() {
        assert_eq!(res64(0xB750_78F2_9D81_5E01), "B75078F29D815E01");
        assert_eq!(res64(1), "0000000000000001");
        assert_eq!(percent(0.9999), "99.9 %");
        assert_eq!(percent(1.0), "100.0 %");
        assert_eq!(percent(-1.0), "0.0 %");
        assert_eq!(duration(3.25), "3.2 s");
        assert_eq!(duration(59.6), "1 min 0 s");
        assert_eq!(duration(3661.0), "1 h 1 min");
        assert_eq!(duration(90_000.0), "1 d 1 h");
        assert_eq!(duration(f64::NAN), "unknown");
    }
}
