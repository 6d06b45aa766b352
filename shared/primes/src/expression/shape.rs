//! Recognises k*b^n+-1 in an expression as it stands, because no factorisation could find the shape
//! in the value again.

use rug::Integer;

use super::Node;
use crate::forms::Candidate;

/// k*b^n+-1 in normal form, if the expression is a product of numbers and powers, plus or minus 1.
pub(super) fn recognise(root: &Node) -> Option<Candidate> {
    let Node::Sum(terms) = root else {
        return None;
    };
    let [(false, product), (minus, Node::Number(one))] = terms.as_slice() else {
        return None;
    };
    if *one != 1 {
        return None;
    }
    let factors = match product {
        Node::Product(factors) => factors
            .iter()
            .map(|(divide, factor)| (!divide).then_some(factor))
            .collect::<Option<Vec<_>>>()?,
        single => vec![single],
    };
    // The power with the largest exponent is b^n; everything else must fit into k.
    let powers: Vec<_> = factors.iter().map(|factor| as_power(factor)).collect();
    let main = (0..factors.len())
        .filter(|&i| powers[i].is_some())
        .max_by_key(|&i| powers[i].map(|(_, n)| n))?;
    let (mut b, mut n) = powers[main]?;
    let mut k = Integer::from(1);
    for (i, factor) in factors.iter().enumerate() {
        if i != main {
            k *= small_value(factor)?;
        }
        if k.significant_bits() > 128 {
            return None;
        }
    }
    if b.is_power_of_two() {
        n = n.checked_mul(b.ilog2())?;
        b = 2;
    }
    while k > 0 && k.is_divisible_u(b) {
        k.div_exact_u_mut(b);
        n = n.checked_add(1)?;
    }
    let k = k.to_u64().filter(|&k| k > 0)?;
    Some(Candidate {
        k,
        b,
        n,
        c: if *minus { -1 } else { 1 },
    })
}

/// b^n with 2 <= b < 2^32 and 1 <= n < 2^30.
fn as_power(node: &Node) -> Option<(u32, u32)> {
    let Node::Power(base, exponent) = node else {
        return None;
    };
    let b = small_value(base)?.to_u32().filter(|&b| b >= 2)?;
    let n = small_value(exponent)?
        .to_u32()
        .filter(|n| (1..1 << 30).contains(n))?;
    Some((b, n))
}

/// The value, if it is surely short.
fn small_value(node: &Node) -> Option<Integer> {
    let value = match node {
        Node::Number(number) => number.clone(),
        Node::Power(..) => {
            let (b, n) = as_power(node)?;
            if u64::from(n) * u64::from(b.ilog2() + 1) > 128 {
                return None;
            }
            node.value().ok()?
        }
        _ => return None,
    };
    (value.significant_bits() <= 128).then_some(value)
}
