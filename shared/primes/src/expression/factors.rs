//! Factors of N-1 and N+1 that stand in the expression of N, found by its structure where no
//! factorisation could find them in the value.
//!
//! Two views are taken. As a sum: what remains after the last term is taken away may be a product, as in
//! n!+1, p#-1, 12*100!+1. As a polynomial in a power of one base, with a denominator: 10^100+3*10^50+1
//! less 1 has the factor 10^50, (2^p+1)/3 less 1 is 2*(2^(p-1)-1)/3, and b^m-1 and b^m+1 split into the
//! values of cyclotomic polynomials.

use rug::Integer;

use super::{Expression, ExpressionError, Node, polynomial::Polynomial};
use crate::word::{prime_factors, primes_up_to};

/// Numbers above 1, each with a factor in common with N-1 or N+1; prime or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownFactors {
    /// Divisors of N-1.
    pub minus: Vec<Integer>,
    /// Divisors of N+1.
    pub plus: Vec<Integer>,
}

impl Expression {
    /// Divisors of N-1 and N+1 that the expression shows. Each divides, and none is 1; what is left of
    /// N-1 and N+1 without them is not listed.
    ///
    /// # Errors
    /// [`ExpressionError::Value`].
    pub fn known_factors(&self) -> Result<KnownFactors, ExpressionError> {
        let n = self.value()?;
        Ok(KnownFactors {
            minus: self.factors_beside(&n, -1),
            plus: self.factors_beside(&n, 1),
        })
    }

    /// Divisors of N+c, c = +-1.
    fn factors_beside(&self, n: &Integer, c: i32) -> Vec<Integer> {
        let whole = Integer::from(n + c);
        if whole <= 1 {
            return Vec::new();
        }
        let mut pieces = Vec::new();
        if let Some(term) = lone_term(&self.root, c) {
            factors_of(term, &mut pieces);
        }
        if let Some(polynomial) = Polynomial::of(&self.root) {
            polynomial.plus(c).factors(&mut pieces);
        }
        let mut divisors: Vec<Integer> = pieces
            .into_iter()
            .map(|piece| piece.gcd(&whole))
            .filter(|divisor| *divisor > 1)
            .collect();
        divisors.sort_unstable();
        divisors.dedup();
        divisors
    }
}

/// The one term that is left of a sum if c is added and the numbers in it cancel.
fn lone_term(root: &Node, c: i32) -> Option<&Node> {
    let Node::Sum(terms) = root else {
        return None;
    };
    let mut constant = Integer::from(c);
    let mut lone = None;
    for (minus, term) in terms {
        match term {
            Node::Number(number) if *minus => constant -= number,
            Node::Number(number) => constant += number,
            _ if lone.is_none() && !*minus => lone = Some(term),
            _ => return None,
        }
    }
    lone.filter(|_| constant == 0)
}

/// Factors of a product, a power, a factorial, a primorial; a sum counts as it is.
fn factors_of(node: &Node, pieces: &mut Vec<Integer>) {
    match node {
        Node::Product(factors) => factors
            .iter()
            .filter(|(divide, _)| !divide)
            .for_each(|(_, factor)| factors_of(factor, pieces)),
        Node::Power(base, _) => factors_of(base, pieces),
        Node::Negative(inner) => factors_of(inner, pieces),
        Node::Factorial(inner) | Node::Multifactorial(inner, _) | Node::Primorial(inner) => {
            if let Some(limit) = inner.value().ok().and_then(|value| value.to_u32()) {
                pieces.extend(primes_up_to(limit.into()).into_iter().map(Integer::from));
            }
        }
        Node::Number(number) => pieces.extend(split_word(number)),
        Node::Sum(_) => match Polynomial::of(node) {
            Some(polynomial) => polynomial.factors(pieces),
            None => pieces.extend(node.value().ok()),
        },
    }
}

/// The primes of a number below 2^64, otherwise the number.
pub(super) fn split_word(number: &Integer) -> Vec<Integer> {
    let number = number.clone().abs();
    match number.to_u64() {
        Some(0) => Vec::new(),
        Some(word) => prime_factors(word).into_iter().map(Integer::from).collect(),
        None => vec![number],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str) -> (Vec<String>, Vec<String>) {
        let expression: Expression = text.parse().unwrap_or_else(|error| panic!("{error}"));
        let known = expression
            .known_factors()
            .unwrap_or_else(|error| panic!("{error}"));
        let n = expression.value().unwrap_or_else(|error| panic!("{error}"));
        for (list, whole) in [
            (&known.minus, Integer::from(&n - 1)),
            (&known.plus, Integer::from(&n + 1)),
        ] {
            for divisor in list {
                assert!(
                    whole.is_divisible(divisor) && *divisor > 1,
                    "{text}: {divisor}"
                );
            }
        }
        let texts = |list: Vec<Integer>| list.iter().map(Integer::to_string).collect();
        (texts(known.minus), texts(known.plus))
    }

    #[test]
    fn products_are_taken_apart() {
        assert_eq!(known("7!+1").0, ["2", "3", "5", "7"]);
        assert_eq!(known("11#-1").1, ["2", "3", "5", "7", "11"]);
        assert_eq!(known("12*5!*7^30+1").0, ["2", "3", "5", "7"]);
        assert_eq!(known("10!3-1").1, ["2", "5", "7"]);
        assert_eq!(known("1+6*13#").0, ["2", "3", "5", "7", "11", "13"]);
    }

    #[test]
    fn polynomials_are_taken_apart() {
        // (2^13+1)/3 - 1 = 2*(2^12-1)/3 with 2^12-1 = 1*3*7*3*5*3*13 by index 1, 2, 3, 4, 6, 12.
        let (minus, plus) = known("(2^13+1)/3");
        for divisor in ["2", "7", "5", "13"] {
            assert!(
                minus.contains(&divisor.to_owned()),
                "{divisor} of {minus:?}"
            );
        }
        // N+1 = 4*(2^11+1)/3, 2^11+1 = 3*683.
        assert!(plus.contains(&"683".to_owned()), "{plus:?}");
        // A repunit: R_19 - 1 = 10*R_18, with the factors of index 2, 3, 6, 9, 18.
        let (minus, _) = known("(10^19-1)/9");
        for divisor in ["2", "5", "11", "91", "111", "1001001", "999001"] {
            assert!(
                minus.contains(&divisor.to_owned()),
                "{divisor} of {minus:?}"
            );
        }
        // Carol: N+1 = 2^11*(2^9-1).
        let (_, plus) = known("(2^10-1)^2-2");
        assert!(
            plus.contains(&"2".to_owned()) && plus.contains(&"73".to_owned()),
            "{plus:?}"
        );
        // A palindrome, a near-repdigit palindrome, a quadratic form.
        assert_eq!(known("10^20+3*10^10+1").0, ["2", "5", "10000000003"]);
        assert!(known("10^21-8*10^10-1").1.contains(&"5".to_owned()));
        assert!(known("(3*2^57)^2+3*2^57+1").0.contains(&"3".to_owned()));
        // The same base in other clothes.
        assert!(known("4^50+2^50+1").0.contains(&"2".to_owned()));
        let texts = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(known("17"), (texts(&["2"]), texts(&["2", "3"])));
    }
}
