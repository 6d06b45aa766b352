//! Single numbers: residues that other programs print, proofs for each shape, exact decisions, and
//! stopping.

use std::sync::atomic::{AtomicU64, Ordering};

use darkreach_primes::{
    certificate::{Proof, verify},
    expression::Expression,
    primality::{Method, TestError, Tested, Verdict, Watch, test},
};
use proptest::prelude::*;
use rug::{Integer, integer::IsPrime};

struct Patient;

impl Watch for Patient {
    fn should_stop(&self) -> bool {
        false
    }
    fn progress(&self, done: u64, total: u64) {
        assert!(done <= total);
    }
}

fn run(text: &str, method: Method) -> Tested {
    let expression: Expression = text.parse().unwrap_or_else(|error| panic!("{error}"));
    test(&expression, method, &Patient).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn residues_are_those_of_other_programs() {
    // PRST, PFGW and LLR2 print these as the residue of 3^(N-1) mod N.
    for (text, res64) in [
        ("3*2^188+1", 0xE362_E521_8682_A016),
        ("3*2^106-1", 0x4119_195A_AC28_9097),
        ("2*5^117+1", 0x8AA4_CF2C_74EA_BD69),
        ("6*7^120+1", 0xA820_44FA_698C_F54B),
        ("5^97-4", 0x66EC_38AD_4D9C_148B),
        ("100!+1", 0xBEDC_1A74_20A1_E92D),
        ("(2^97+1)/3", 0xBEC6_6DD7_632F_C9AD),
        ("(2^89+1)/3", 0x3E09_E550_A943_F76Cu64),
    ] {
        let tested = run(text, Method::Prp);
        assert_eq!(tested.res64, Some(res64), "{text}");
        assert_eq!(
            (tested.verdict, tested.method),
            (Verdict::Composite, "fermat"),
            "{text}"
        );
    }
}

#[test]
fn a_long_residue_is_that_of_other_programs() {
    let tested = run("27*2^100000-1", Method::Prp);
    assert_eq!(tested.res64, Some(0xB750_78F2_9D81_5E01));
    assert_eq!(tested.digits, 30_105);
}

#[test]
fn the_chain_and_the_plain_power_agree() {
    // The same number with its shape and as a decimal, which hides it.
    for text in [
        "3*2^188+1",
        "3*2^106-1",
        "2*5^117+1",
        "45*6^80-1",
        "3*2^353+1",
    ] {
        let value = text.parse::<Expression>().unwrap().value().unwrap();
        let (shaped, plain) = (run(text, Method::Prp), run(&value.to_string(), Method::Prp));
        assert_eq!(shaped, plain, "{text}");
    }
}

#[test]
fn each_shape_gets_its_proof_and_the_verifier_accepts_it() {
    for (text, method) in [
        ("3*2^2816+1", "proth"),
        ("12*2^351+1", "proth"),
        ("1*2^127-1", "llr"),
        ("3*2^2*2^204-1", "llr"),
        ("2^521-1", "llr"),
        ("3*4^103-1", "llr"),
    ] {
        let tested = run(text, Method::Auto);
        assert_eq!(
            (tested.verdict, tested.method),
            (Verdict::Prime, method),
            "{text}"
        );
        assert_eq!(tested.res64, None);
        let candidate = text.parse::<Expression>().unwrap().as_kbn().unwrap();
        verify(&candidate, &tested.proof.unwrap()).unwrap();
    }
    // Every candidate of a stretch, so that primes of each kind appear, against GMP.
    let mut proved = [0; 4];
    for (b, n) in [(6u32, 30u32), (10, 25), (3, 50), (15, 21), (2, 80)] {
        for c in ["+1", "-1"] {
            for k in (2..240u64).chain((1 << 40)..(1 << 40) + 60) {
                let text = format!("{k}*{b}^{n}{c}");
                let expression: Expression = text.parse().unwrap();
                let value = expression.value().unwrap();
                if value < Integer::from(1) << 64u32 {
                    continue;
                }
                let tested = run(&text, Method::Auto);
                let prime = value.is_probably_prime(30) != IsPrime::No;
                assert_eq!(tested.verdict == Verdict::Prime, prime, "{text}");
                assert_ne!(tested.verdict, Verdict::ProbablePrime, "{text}");
                let Some(proof) = tested.proof else { continue };
                let candidate = expression.as_kbn().unwrap();
                verify(&candidate, &proof).unwrap_or_else(|error| panic!("{error}"));
                proved[match proof {
                    Proof::Proth { .. } => 0,
                    Proof::Llr { .. } => 1,
                    Proof::Pocklington { .. } => 2,
                    Proof::Morrison { .. } => 3,
                    other => panic!("{text}: {other:?}"),
                }] += 1;
            }
        }
    }
    assert!(proved.iter().all(|count| *count > 5), "{proved:?}");
}

#[test]
fn large_multipliers_are_not_left_to_proth_and_llr() {
    // k > 2^n: these composites pass the power test of Proth or LLR.
    for text in [
        "81*2^2+1",
        "205*2^4+1",
        "775*2^6+1",
        "405*2^3-1",
        "1155*2^6-1",
        "3597*2^8-1",
    ] {
        assert_eq!(
            run(text, Method::Auto).verdict,
            Verdict::Composite,
            "{text}"
        );
    }
    for n in 20..40 {
        for c in ["+1", "-1"] {
            for k in 0..20u64 {
                let text = format!("{}*2^{n}{c}", (1u64 << 60) + 2 * k + 1);
                let value = text.parse::<Expression>().unwrap().value().unwrap();
                let tested = run(&text, Method::Auto);
                let prime = value.is_probably_prime(30) != IsPrime::No;
                assert_eq!(tested.verdict == Verdict::Prime, prime, "{text}");
                assert!(
                    matches!(tested.method, "exact" | "pocklington" | "morrison"),
                    "{}",
                    tested.method
                );
            }
        }
    }
}

#[test]
fn what_needs_no_test_is_decided_exactly() {
    for (text, verdict) in [
        ("0", Verdict::Composite),
        ("1", Verdict::Composite),
        ("2-9", Verdict::Composite),
        ("2", Verdict::Prime),
        ("3", Verdict::Prime),
        ("9", Verdict::Composite),
        ("2^100", Verdict::Composite),
        ("3^100", Verdict::Composite),
        ("10^100+2", Verdict::Composite),
        ("7*2^101+7", Verdict::Composite),
    ] {
        for method in [Method::Auto, Method::Prp] {
            let tested = run(text, method);
            assert_eq!(tested.verdict, verdict, "{text}");
            assert_eq!((tested.method, tested.res64), ("exact", None), "{text}");
        }
    }
    let tested = run("18446744073709551557", Method::Auto);
    assert_eq!((tested.verdict, tested.method), (Verdict::Prime, "exact"));
    assert_eq!(tested.proof, Some(Proof::Small));
    assert_eq!(tested.digits, 20);
    // Words too can be given to the Fermat test; 121 is a pseudoprime.
    let tested = run("121", Method::Prp);
    assert_eq!(
        (tested.verdict, tested.res64),
        (Verdict::ProbablePrime, Some(1))
    );
    let tested = run("25", Method::Prp);
    assert_eq!(
        (tested.verdict, tested.res64),
        (Verdict::Composite, Some(6))
    );
}

#[test]
fn numbers_without_a_shape_are_proved_where_that_is_quick() {
    for (text, verdict, method) in [
        // Too long for a proof by curves that nobody asked for, and no factors.
        ("10^999+7", Verdict::ProbablePrime, "fermat+lucas"),
        ("73!+1", Verdict::Prime, "pocklington"),
        ("94!-1", Verdict::Prime, "morrison"),
        ("379#+1", Verdict::Prime, "pocklington"),
        ("(2^10-1)^2-2", Verdict::Prime, "exact"),
        ("(2^132-1)^2-2", Verdict::Prime, "morrison"),
        ("10^99+289", Verdict::Prime, "ecpp"),
        ("(2^167+1)/3", Verdict::Prime, "pocklington"),
        ("11#*10^60+19", Verdict::Composite, "trial division"),
    ] {
        let tested = run(text, Method::Auto);
        assert_eq!((tested.verdict, tested.method), (verdict, method), "{text}");
        if verdict == Verdict::Prime && method != "exact" {
            assert_eq!(tested.res64, Some(1), "{text}");
            assert_eq!(run(text, Method::Prp).verdict, Verdict::ProbablePrime);
        }
    }
    assert_eq!(run("100!+1", Method::Auto).method, "trial division");
    // A Carmichael number above 2^64 with large factors, (6m+1)(12m+1)(18m+1), passes Fermat.
    let text = "(6*1001530+1)*(12*1001530+1)*(18*1001530+1)";
    let value = text.parse::<Expression>().unwrap().value().unwrap();
    assert_ne!(run(text, Method::Auto).verdict, Verdict::Prime);
    assert_eq!(
        value.is_probably_prime(30) == IsPrime::No,
        run(text, Method::Auto).verdict == Verdict::Composite
    );
}

#[test]
fn a_stop_is_obeyed_and_progress_is_told() {
    struct Impatient {
        looks: AtomicU64,
        last: AtomicU64,
    }
    impl Watch for Impatient {
        fn should_stop(&self) -> bool {
            self.looks.fetch_add(1, Ordering::Relaxed) == 3
        }
        fn progress(&self, done: u64, total: u64) {
            // The checked Fermat test that comes before the recursion.
            assert!(done <= total && total == 20_000_000);
            self.last.store(done, Ordering::Relaxed);
        }
    }
    let watch = Impatient {
        looks: AtomicU64::new(0),
        last: AtomicU64::new(0),
    };
    let expression: Expression = "3*2^20000000-1".parse().unwrap();
    let stopped = test(&expression, Method::Auto, &watch);
    assert_eq!(stopped, Err(TestError::Stopped));
    assert_eq!(watch.last.load(Ordering::Relaxed), 4);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn verdicts_agree_with_gmp(k in 1u64..1000, b in 2u32..50, n in 1u32..120, c in prop_oneof![Just(1), Just(-1), -50i32..50]) {
        let text = format!("{k}*{b}^{n}{c:+}");
        let value = text.parse::<Expression>().unwrap().value().unwrap();
        let tested = run(&text, Method::Auto);
        let prime = value.is_probably_prime(30) != IsPrime::No;
        prop_assert_eq!(tested.verdict != Verdict::Composite, prime);
        let fermat = run(&text, Method::Prp);
        if let Some(res64) = fermat.res64 {
            let exponent = Integer::from(&value - 1);
            let residue = Integer::from(3).pow_mod(&exponent, &value).unwrap();
            prop_assert_eq!(res64, residue.to_u64_wrapping());
        }
    }
}
