//! Parameters that make no sense, of every form: each is refused by its name.

use crate::support::{SEARCHES, try_search};

#[test]
fn what_makes_no_sense_is_refused_by_its_name() {
    /// Form, parameters, and the field at fault.
    type Refused = (
        &'static str,
        &'static [(&'static str, &'static str)],
        &'static str,
    );
    let refused: &[Refused] = &[
        ("kbn", &[("k", "3,6"), ("n", "1..10"), ("c", "1")], "k"),
        ("kbn", &[("k", "3,x"), ("n", "1..10"), ("c", "1")], "k"),
        ("kbn", &[("k", "1..10"), ("n", "10"), ("c", "0")], "c"),
        ("kbn", &[("k", "1..10"), ("n", "10")], "c"),
        (
            "kbn",
            &[("k", "1..10"), ("n", "10"), ("c", "1"), ("base", "1")],
            "base",
        ),
        ("twin", &[("k", "1..10"), ("n", "0")], "n"),
        ("twin", &[("k", "0..10"), ("n", "5")], "k"),
        ("twin", &[("k", "1..10"), ("n", "5"), ("base", "1")], "base"),
        ("twin", &[("k", "1..10"), ("n", "2000000000")], "n"),
        (
            "sophie_germain",
            &[("k", "1..10"), ("n", "5"), ("kind", "3")],
            "kind",
        ),
        ("sophie_germain", &[("k", "5..5"), ("n", "5")], "k"),
        ("cullen_woodall", &[("n", "0..10")], "n"),
        ("cullen_woodall", &[("n", "1..10"), ("c", "2")], "c"),
        ("cullen_woodall", &[("n", "1..18446744073709551615")], "n"),
        (
            "cullen_woodall",
            &[("n", "1..10"), ("base", "99999999999")],
            "base",
        ),
        ("carol_kynea", &[("n", "1..10"), ("base", "3")], "base"),
        ("carol_kynea", &[("n", "1..2000000000")], "n"),
        ("gen_fermat", &[("b", "1..10"), ("m", "3")], "b"),
        ("gen_fermat", &[("b", "2..10"), ("m", "0")], "m"),
        ("gen_fermat", &[("b", "2..10"), ("m", "30")], "m"),
        ("gen_fermat", &[("b", "2..9999999999"), ("m", "3")], "b"),
        ("factorial", &[("n", "1..10"), ("step", "0")], "step"),
        ("factorial", &[("n", "1..4000000000")], "n"),
        ("primorial", &[("p", "0..10")], "p"),
        ("primorial", &[("p", "ten")], "p"),
        ("wagstaff", &[("p", "2..10")], "p"),
        ("wagstaff", &[("p", "15")], "p"),
        ("repunit", &[("n", "21")], "n"),
        ("repunit", &[("n", "2..10"), ("base", "1")], "base"),
        ("repunit", &[("n", "1..10")], "n"),
        (
            "palindromic",
            &[("digits", "4"), ("index", "0..5")],
            "digits",
        ),
        (
            "palindromic",
            &[("digits", "5"), ("index", "0..401")],
            "index",
        ),
        (
            "palindromic",
            &[("digits", "65"), ("index", "0..5"), ("lead", "2")],
            "lead",
        ),
        (
            "palindromic",
            &[("digits", "5"), ("index", "0..5"), ("lead", "123")],
            "lead",
        ),
        (
            "palindromic",
            &[("digits", "5"), ("index", "0..5"), ("base", "70000")],
            "base",
        ),
        // Ranges without a single candidate.
        ("twin", &[("k", "4"), ("n", "5")], "k"),
        ("sophie_germain", &[("k", "4"), ("n", "5")], "k"),
        ("gen_fermat", &[("b", "3..4"), ("m", "3")], "b"),
        ("primorial", &[("p", "24..29")], "p"),
        ("wagstaff", &[("p", "8..11")], "p"),
        ("repunit", &[("n", "24..29")], "n"),
        (
            "near_repdigit",
            &[("digits", "4..5"), ("changed", "8")],
            "digits",
        ),
        ("near_repdigit", &[("digits", "4")], "digits"),
        ("near_repdigit", &[("digits", "3..9")], "digits"),
        (
            "near_repdigit",
            &[("digits", "5"), ("repeated", "2")],
            "repeated",
        ),
        (
            "near_repdigit",
            &[("digits", "3..9"), ("changed", "9")],
            "changed",
        ),
        (
            "near_repdigit",
            &[("digits", "3..9"), ("changed", "10")],
            "changed",
        ),
    ];
    for (form, parameters, field) in refused {
        match try_search(form, parameters) {
            Err(error) => assert_eq!(error.field, *field, "{form} {parameters:?}: {error}"),
            Ok(spec) => panic!("{form} {parameters:?} is {}", spec.describe()),
        }
    }
    for (form, parameters) in SEARCHES {
        for (name, _) in *parameters {
            if try_search(form, &[]).is_err_and(|error| error.field == *name) {
                continue;
            }
            for text in [
                "",
                "x",
                "-1..5",
                "1..",
                "5..1",
                "99999999999999999999",
                "1..99999999999999999999",
            ] {
                let mut bad = parameters.to_vec();
                bad.retain(|(other, _)| other != name);
                bad.push((name, text));
                assert!(try_search(form, &bad).is_err(), "{form} {bad:?}");
            }
        }
    }
}
