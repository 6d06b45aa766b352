//! What conditions I and III have in common: a group, elements of it, and for each prime q an element whose
//! whole power is the neutral element and whose q-th part of the whole is not, modulo any prime divisor.

use std::collections::BTreeMap;

use rug::Integer;

use super::{
    arithmetic::{product, roots},
    require,
};

/// A group whose elements are told by one number modulo N.
pub(super) struct Group<'a> {
    /// N.
    pub(super) n: &'a Integer,
    /// N-1 or N+1.
    pub(super) whole: Integer,
    /// The number of the neutral element: 1 of powers, 2 of traces.
    pub(super) one: u32,
    /// What the powers are called in messages: how they begin, and the whole exponent.
    pub(super) name: (&'static str, &'static str),
    /// From the number of an element to that of its power.
    pub(super) raise: &'a dyn Fn(&Integer, &Integer) -> Result<Integer, String>,
}

/// Checks the pairs of an element's name and a prime; `start` gives the number of an element. Each long
/// power is computed once for all primes that have the same element, and one gcd serves all.
pub(super) fn check_witnesses<'q>(
    group: &Group<'_>,
    witnesses: impl Iterator<Item = (u64, &'q Integer)>,
    start: impl Fn(u64) -> Result<Integer, String>,
) -> Result<(), String> {
    let Group {
        n,
        whole,
        one,
        name: (letter, exponent),
        raise,
    } = group;
    let mut groups: BTreeMap<u64, Vec<&Integer>> = BTreeMap::new();
    for (element, q) in witnesses {
        groups.entry(element).or_default().push(q);
    }
    let mut differences = Integer::from(1);
    for (element, primes) in &groups {
        let top = raise(&start(*element)?, &(whole / product(primes)))?;
        let mut whole_power_checked = false;
        roots(&top, primes, raise, &mut |root, q| {
            if !whole_power_checked {
                require(raise(root, q)? == *one, || {
                    format!("{letter}({exponent}) of {element} is not {one}")
                })?;
                whole_power_checked = true;
            }
            let difference = Integer::from(root - one);
            require(difference != 0, || {
                format!(
                    "{letter}(({exponent})/{q}) - {one} of {element} has a factor in common with N"
                )
            })?;
            differences *= difference;
            differences %= *n;
            Ok(())
        })?;
    }
    require(differences.gcd(n) == 1, || {
        format!("some {letter}(({exponent})/q) - {one} has a factor in common with N")
    })
}
