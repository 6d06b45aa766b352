//! Precedence, values, errors that name the character, shapes, and that nothing panics.

use proptest::prelude::*;
use rug::{Integer, ops::Pow};

use super::{Expression, ExpressionError};
use crate::forms::Structure;

fn parse(text: &str) -> Expression {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn value(text: &str) -> Integer {
    parse(text)
        .value()
        .unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn values_follow_the_precedence() {
    for (text, expected) in [
        ("7", 7),
        (" 3 * 2^4 + 1 ", 49),
        ("2^3^2", 512),
        ("-2^2", -4),
        ("(-2)^2", 4),
        ("--5", 5),
        ("2*-3", -6),
        ("2-3-4", -5),
        ("24/2/3", 4),
        ("24/(2*3)", 4),
        ("2*12/3", 8),
        ("5!+1", 121),
        ("2*3!", 12),
        ("3!^2", 36),
        ("2^3!", 64),
        ("(3!)!", 720),
        ("11#-1", 2309),
        ("12#", 2310),
        ("10!2", 3840),
        ("10!3-1", 279),
        ("9!1", 362_880),
        ("2*7!4", 42),
        ("2#", 2),
        ("1#", 1),
        ("0!", 1),
        ("(2^11+1)/3", 683),
        ("2^0", 1),
        ("0^0", 1),
        ("1^(10^30)", 1),
        ("(-1)^(10^30+1)", -1),
        ("0^(10^30)", 0),
        ("1-1/1+1*1", 1),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
    assert_eq!(value("10^999+7"), Integer::from(10).pow(999) + 7);
    assert_eq!(value("100!+1"), Integer::from(Integer::factorial(100)) + 1);
}

#[test]
fn errors_name_the_character() {
    for (text, at) in [
        ("", 1),
        ("3*2^", 5),
        ("3*2^1000+", 10),
        ("3**2", 3),
        ("(1+2", 5),
        ("1+2)", 4),
        ("2^x", 3),
        ("3 4", 3),
        ("10!0", 4),
        ("10! 2", 5),
        ("10!!", 4),
        ("5!!", 3),
        ("1.5", 2),
        ("+1", 1),
        ("3\u{00d7}2", 2),
    ] {
        match text.parse::<Expression>() {
            Err(ExpressionError::Syntax { at: found, .. }) => assert_eq!(found, at, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    let deep = "(".repeat(100_000) + "1";
    assert!(deep.parse::<Expression>().is_err());
    assert!(("-".repeat(100_000) + "1").parse::<Expression>().is_err());
    assert!(("2^".repeat(100_000) + "1").parse::<Expression>().is_err());
}

#[test]
fn what_has_no_value_says_why() {
    for (text, reason) in [
        ("7/2", "remainder"),
        ("1/0", "zero"),
        ("2^(0-1)", "negative"),
        ("2^-1", "negative"),
        ("(0-3)!", "negative"),
        ("10^10^10^10", "too large"),
        ("2^(2^40)", "too large"),
        ("100000000!", "too large"),
        ("4000000000#", "too large"),
        ("(2^60000000)*(2^60000000)", "too large"),
        ("(2^60000000)^2", "too large"),
    ] {
        let error = parse(text).value().unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn long_sums_do_not_nest() {
    let text = "1+".repeat(200_000) + "1";
    assert_eq!(value(&text), 200_001);
}

#[test]
fn shapes_are_recognised_in_normal_form() {
    for (text, normal) in [
        ("3*2^2816+1", "3*2^2816+1"),
        ("2^127-1", "1*2^127-1"),
        ("12*2^10+1", "3*2^12+1"),
        ("2^10*12+1", "3*2^12+1"),
        ("3*4^10-1", "3*2^20-1"),
        ("2*4^10-1", "1*2^21-1"),
        ("54*6^9+1", "9*6^10+1"),
        ("2^3*3^100-1", "8*3^100-1"),
        ("3*5*2^100+1", "15*2^100+1"),
    ] {
        let candidate = parse(text).as_kbn().unwrap_or_else(|| panic!("{text}"));
        assert_eq!(candidate.to_string(), normal, "{text}");
        assert_eq!(candidate.value(), value(text));
    }
    for text in [
        "3*2^10+3",
        "2^10",
        "100!+1",
        "(2^97+1)/3",
        "7",
        "1+2^10",
        "0*2^10+1",
        "3*2^0+1",
    ] {
        assert_eq!(parse(text).as_kbn(), None, "{text}");
    }
}

/// Expressions with small values.
fn tree() -> impl Strategy<Value = String> {
    let leaf = (0u32..30).prop_map(|n| n.to_string());
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec((any::<bool>(), inner.clone()), 2..4)
                .prop_map(|items| join(&items, ['+', '-'])),
            prop::collection::vec((any::<bool>(), inner.clone()), 2..4)
                .prop_map(|items| join(&items, ['*', '/'])),
            inner.clone().prop_map(|a| format!("-({a})")),
            (inner, 0u32..4).prop_map(|(a, n)| format!("({a})^{n}")),
            (0u32..8).prop_map(|n| format!("{n}!")),
            (0u32..20).prop_map(|n| format!("{n}#")),
            (0u32..12, 1u32..4).prop_map(|(n, s)| format!("{n}!{s}")),
        ]
    })
}

fn join(items: &[(bool, String)], signs: [char; 2]) -> String {
    let mut text = String::new();
    for (position, (second, item)) in items.iter().enumerate() {
        if position > 0 {
            text.push(signs[usize::from(*second)]);
        }
        text += &format!("({item})");
    }
    text
}

proptest! {
    #[test]
    fn the_normal_form_is_the_same_number(text in tree()) {
        let expression = parse(&text);
        let again = parse(&expression.to_string());
        prop_assert_eq!(again.to_string(), expression.to_string());
        prop_assert_eq!(again.value().ok(), expression.value().ok());
    }

    #[test]
    fn no_text_panics(text in "[-0-9+*/^!#() x]{0,30}") {
        if let Ok(expression) = text.parse::<Expression>() {
            let _ = expression.to_string();
        }
    }
}
