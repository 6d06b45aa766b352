//! Proofs from prime factors of N-1 and of N+1 together.

use rug::Integer;

use super::{
    super::{Base, Element},
    arithmetic::Residues,
    minus::condition_one,
    plus::condition_three,
    require, require_odd,
    residue_class::has_divisor,
};

/// Conditions I and III (Brillhart, Lehmer, Selfridge 1975): every divisor of N is 1 modulo f1 and +-1
/// modulo f2, hence 1 or N modulo their least common multiple. Of two factors of N one is 1, as the
/// other is N. Above the cube root of N the divisors in that class are found (Lenstra 1984).
pub(super) fn combined(
    residues: &Residues<'_>,
    f1: &Integer,
    minus: &[Base],
    f2: &Integer,
    d: i64,
    plus: &[Element],
) -> Result<(), String> {
    let n = residues.n();
    require_odd(n)?;
    require(*f1 > 0 && *f2 > 0, || {
        "a factored part is not positive".into()
    })?;
    let modulus = Integer::from(f1.lcm_ref(f2));
    let square = Integer::from(modulus.square_ref());
    require(Integer::from(&square * &modulus) > *n, || {
        "the factored parts are not above the cube root of N".into()
    })?;
    condition_one(residues, f1, minus, || Ok(()))?;
    condition_three(residues, f2, d, plus, || {
        require(!has_divisor(n, &modulus), || {
            "N has a divisor that is 1 modulo the factored parts".into()
        })
    })
}
