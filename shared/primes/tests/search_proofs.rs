//! Searches of forms whose N-1 or N+1 is factored by its structure report proved primes, not probable
//! ones, and a report with another number's proof is refused.

mod support;

use darkreach_primes::{certificate::Proof, search::report};
use support::{run_all, search_of};

#[test]
fn factored_forms_report_proofs() {
    for (form, parameters) in [
        ("factorial", &[("n", "1..130")][..]),
        ("factorial", &[("n", "1..120"), ("step", "3"), ("c", "1")]),
        ("primorial", &[("p", "2..400")]),
        ("carol_kynea", &[("n", "1..130")]),
        ("gen_fermat", &[("b", "2..300"), ("m", "4")]),
    ] {
        let spec = search_of(form, parameters);
        let report = run_all(&spec);
        let check = |report: &_| report::check(&spec, report, &mut |count| (0..count).collect());
        let checked = check(&report).unwrap_or_else(|rejection| panic!("{form}: {rejection}"));
        assert!(checked.primes.len() > 8, "{form}");
        let probable: Vec<_> = checked.probable.iter().map(|p| &p.expression).collect();
        assert!(probable.is_empty(), "{form}: {probable:?}");

        // Each proof in another's place.
        for from in 0..report.primes.len() {
            let mut forged = report.clone();
            let to = (from + 1) % report.primes.len();
            if report.primes[from].proof == report.primes[to].proof {
                continue;
            }
            forged.primes[to].proof = report.primes[from].proof.clone();
            let general = matches!(report.primes[from].proof, Proof::General { .. });
            assert!(
                check(&forged).is_err() || !general,
                "{form}: {from} for {to}"
            );
        }
    }
}
