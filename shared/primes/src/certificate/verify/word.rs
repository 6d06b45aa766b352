//! Words: the ground that every certificate stands on.

use rug::Integer;

/// Whether a word is prime: strong probable prime tests to the seven bases of Sinclair (2011), which no
/// composite below 2^64 passes.
pub(super) fn is_prime_word(q: u64) -> bool {
    if q < 4 {
        return q >= 2;
    }
    if q.is_multiple_of(2) {
        return false;
    }
    let n = Integer::from(q);
    let minus_one = Integer::from(&n - 1);
    let twos = (q - 1).trailing_zeros();
    let odd = Integer::from((q - 1) >> twos);
    [2u64, 325, 9375, 28_178, 450_775, 9_780_504, 1_795_265_022]
        .into_iter()
        .filter(|base| base % q != 0)
        .all(|base| {
            let Ok(mut x) = Integer::from(base).pow_mod(&odd, &n) else {
                return false;
            };
            if x == 1 || x == minus_one {
                return true;
            }
            (1..twos).any(|_| {
                x.square_mut();
                x %= &n;
                x == minus_one
            })
        })
}
