//! What others write is read, what is written is read again, and what cannot be read says where.

use super::*;
use crate::{expression::Expression, forms::FORMS, spec::SearchSpec};

fn expressions(text: &str) -> Vec<Vec<String>> {
    let entries = read(text).unwrap_or_else(|error| panic!("{error}"));
    entries.into_iter().map(|entry| entry.expressions).collect()
}

#[test]
fn files_of_others_are_read() {
    for (text, expected) in [
        (
            "ABC $a*2^$b+1 // {number_primes,$b,1}\n3 92\n\n# a comment\n7 90\n",
            vec![vec!["3*2^92+1"], vec!["7*2^90+1"]],
        ),
        (
            "ABC $a*$b^$c$d\n3 2 5 +1\n5 2 7 -1\n",
            vec![vec!["3*2^5+1"], vec!["5*2^7-1"]],
        ),
        (
            "ABC $a*2^5-1 & $a*2^5+1\n3\n9\n",
            vec![vec!["3*2^5-1", "3*2^5+1"], vec!["9*2^5-1", "9*2^5+1"]],
        ),
        ("ABC $a#+1\n7\n", vec![vec!["7#+1"]]),
        ("ABC $a!2-1\n9\n", vec![vec!["9!2-1"]]),
        (
            "ABCD 3*2^$a+1 [5] // sieved\n1\n12\nABCD 5*2^$a+1 [7]\n6\n",
            vec![
                vec!["3*2^5+1"],
                vec!["3*2^6+1"],
                vec!["3*2^18+1"],
                vec!["5*2^7+1"],
                vec!["5*2^13+1"],
            ],
        ),
        (
            "1000000000:P:1:2:257\n3 41\n5 39\r\n",
            vec![vec!["3*2^41+1"], vec!["5*2^39+1"]],
        ),
        ("1000:M:1:5:2\n2 41\n", vec![vec!["2*5^41-1"]]),
        ("1000:T:0:2:3\n9 63\n", vec![vec!["9*2^63-1", "9*2^63+1"]]),
        ("1000:S:1:2:10\n9 1\n", vec![vec!["9*2^1-1", "9*2^2-1"]]),
        ("1000:C:2:3:1029\n9 1\n", vec![vec!["9*3^1+1", "2*9*3^1+1"]]),
        (
            "3*2^5+1\n#comment\n11#-1\n7 & 11\n",
            vec![vec!["3*2^5+1"], vec!["11#-1"], vec!["7", "11"]],
        ),
        ("", vec![]),
    ] {
        assert_eq!(expressions(text), expected, "{text}");
    }
}

#[test]
fn bad_lines_are_named_with_their_reason() {
    for (text, line, reason) in [
        ("ABC $a*2^5+1\n3\n5 7\n", 3, "2 values"),
        ("ABC $a*2^5+1\n3\nx\n", 3, "'x'"),
        ("ABC 3*2^5+1\n", 1, "no variable"),
        ("ABC $1*2^5+1\n", 1, "a to z"),
        ("ABC2 $a*2^5+1\n", 1, "no format"),
        ("\nABCD 3*2^$a+1\n", 2, "first value"),
        ("ABCD 3*2^$a+1 [5\n", 1, "not closed"),
        ("ABCD $b*2^$a+1 [5]\n", 1, "more than one"),
        ("ABCD 3*2^$a+1 [5]\n-3\n", 2, "without sign"),
        ("1000:P:1:1:257\n3 4\n", 1, "base"),
        ("1000:P:1:2:64\n3 4\n", 1, "bits 64"),
        ("1000:P:1:2:257\n3\n", 2, "a k and an n"),
        ("1000:P:1:2:257\n3 -4\n", 2, "a k and an n"),
        ("3*2^5+1\n3*2^+1\n", 2, "'+'"),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error.line, line, "{text}: {error}");
        assert!(error.reason.contains(reason), "{text}: {error}");
    }
}

#[test]
fn what_is_written_is_read_again_for_every_form() {
    for info in FORMS {
        let arguments = info.example_arguments();
        let (form, range) = info
            .read(&arguments)
            .unwrap_or_else(|error| panic!("{error}"));
        let spec = SearchSpec::new(form, range).unwrap_or_else(|error| panic!("{error}"));
        let terms: Vec<_> = spec.terms().skip(3).step_by(7).take(40).collect();
        let mut written = 0;
        for format in [Format::Abc, Format::Abcd, Format::NewPGen] {
            let Ok(mut writer) = Writer::new(&spec, format, 1000) else {
                continue;
            };
            written += 1;
            let mut text = writer.header().map_or_else(String::new, |line| line + "\n");
            for (at, term) in &terms {
                text += &(writer.line(*at, term) + "\n");
            }
            let entries = read(&text).unwrap_or_else(|error| panic!("{error} in {text}"));
            assert_eq!(entries.len(), terms.len());
            for (entry, (_, term)) in entries.iter().zip(&terms) {
                let value = |text: &String| {
                    let expression: Expression = text.parse().expect("it was checked");
                    expression.value().expect("it is small")
                };
                let read: Vec<_> = entry.expressions.iter().map(value).collect();
                let right: Vec<_> = term.members().map(|number| number.value()).collect();
                assert_eq!(read, right, "{:?} of {term}", entry.expressions);
            }
        }
        assert!(written >= 1, "{}", info.name);
    }
}
