//! Products of powers: neighbours are folded, (p, q) -> p^h * q, until one value is left. Folds that end
//! in the same product share their squarings.

use darkreach_arith::{Factor, Residue, Ring};
use rug::Integer;

/// Bits of a window: with x, x^3, x^5 and x^7 a product serves four bits.
const WINDOW: u32 = 3;

/// x^e for e >= 0.
pub(super) fn power(ring: &Ring, x: &Residue, e: &Integer) -> Residue {
    powers(ring, &[(x.clone(), e.clone())])
}

/// The product of all x^e, by one chain of squarings.
pub(super) fn powers(ring: &Ring, parts: &[(Residue, Integer)]) -> Residue {
    let tables: Vec<Vec<Factor>> = parts.iter().map(|(x, _)| table(ring, x)).collect();
    let mut windows: Vec<(u32, usize, usize)> = parts
        .iter()
        .enumerate()
        .flat_map(|(part, (_, e))| windows(e).map(move |(place, odd)| (place, part, odd)))
        .collect();
    windows.sort_unstable_by(|a, b| b.cmp(a));
    let mut windows = windows.into_iter().peekable();
    // The first window of every exponent is a single bit, so the product begins with a base.
    let Some((mut at, part, _)) = windows.next() else {
        return ring.residue(&Integer::from(1));
    };
    let mut x = parts[part].0.clone();
    loop {
        while let Some((_, part, odd)) = windows.next_if(|window| window.0 == at) {
            ring.mul_factor(&mut x, &tables[part][odd]);
        }
        if at == 0 {
            return x;
        }
        ring.square(&mut x);
        at -= 1;
    }
}

/// x, x^3, x^5, x^7.
fn table(ring: &Ring, x: &Residue) -> Vec<Factor> {
    let mut square = x.clone();
    ring.square(&mut square);
    let square = ring.factor(&square);
    let mut power = x.clone();
    let mut table = vec![ring.factor(x)];
    for _ in 1..1 << (WINDOW - 1) {
        ring.mul_factor(&mut power, &square);
        table.push(ring.factor(&power));
    }
    table
}

/// e as a sum of odd * 2^place: (place, index of odd in the table), from the top; the first is one bit.
fn windows(e: &Integer) -> impl Iterator<Item = (u32, usize)> + use<> {
    let mut windows = Vec::new();
    let mut left = e.significant_bits();
    while left > 0 {
        left -= 1;
        if !e.get_bit(left) {
            continue;
        }
        let most = if windows.is_empty() { 1 } else { WINDOW };
        let mut low = (left + 1).saturating_sub(most);
        while !e.get_bit(low) {
            low += 1;
        }
        let value = (low..=left).fold(0usize, |sum, bit| {
            sum | usize::from(e.get_bit(bit)) << (bit - low)
        });
        windows.push((low, value / 2));
        left = low;
    }
    windows.into_iter()
}

/// Folds the 2^h values from `first` on, h the number of challenges: the last challenge joins neighbours,
/// the first one the two halves.
pub(super) fn fold<E>(
    ring: &Ring,
    leaf: &mut dyn FnMut(usize) -> Result<Residue, E>,
    first: usize,
    challenges: &[Integer],
) -> Result<Residue, E> {
    let mut parts = Vec::new();
    let mut first = first;
    for (i, h) in challenges.iter().enumerate() {
        let inner = &challenges[i + 1..];
        parts.push((fold(ring, leaf, first, inner)?, h.clone()));
        first += 1 << inner.len();
    }
    let last = leaf(first)?;
    if parts.is_empty() {
        return Ok(last);
    }
    let mut x = powers(ring, &parts);
    ring.mul(&mut x, &last);
    Ok(x)
}

/// The same of exponents, where a power is a product and a product a sum.
pub(super) fn fold_exponents(parts: &[Integer], challenges: &[Integer]) -> Integer {
    match (challenges.split_first(), parts) {
        (Some((h, inner)), parts) => {
            let (left, right) = parts.split_at(parts.len() / 2);
            fold_exponents(left, inner) * h + fold_exponents(right, inner)
        }
        (None, [part]) => part.clone(),
        (None, _) => unreachable!("a power of two of parts, as many as the challenges fold"),
    }
}
