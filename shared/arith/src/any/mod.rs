//! Arithmetic modulo any odd N, by weighted convolutions of half the length of a full product.
//!
//! The method is McLaughlin's ("New frameworks for Montgomery's modular multiplication method", Math.
//! Comp. 73, 2004), with two moduli of another kind. Let m be some bits longer than N, and
//!
//! - R = 2^m + 2, coprime to N, with a fixed U = -1/N mod R;
//! - Q = 2^m + 1.
//!
//! For x and y let u = (xy mod R)*U mod R, any representative of it. Then S = xy + u*N is divisible by
//! R, since S = xy - xy (mod R). Let w = S/R, which is xy/R modulo N, a Montgomery product. Since R = Q + 1,
//! S = w (mod Q): *one product modulo R, one by the fixed U modulo R, and one sum of two products modulo Q
//! give w modulo Q*, and therefore w itself, as long as |w| < Q/2. (The original takes 2^m - 1 and 2^m + 1,
//! and halves the result. Here both convolutions are negacyclic, the cheaper kind, and nothing is halved.)
//!
//! **Values.** A value v is kept as a number x = v*R (mod N). Then w = xy/R = (v_x*v_y)*R (mod N)
//! is the product's. x is an exact integer, the one its digits modulo Q stand for, of either sign, and
//! need not be below N.
//!
//! **Bounds**, in units of 2^m: let |x| <= p, |y| <= q, N = s. The digits of u stand for a number of at
//! most 2 (each is at most twice its radix, whatever the pass did; about 1/2 really). So
//! |w| <= pq + 2s. With s <= 2^-[`SLACK`](setup::SLACK) and p, q <= [`LIMIT`] = 1/4 this is at most
//! 1/16 + 2^-22, and for p and q that are products themselves about 2^-22. A residue carries its p;
//! sums and small multiples may therefore be left unreduced until p would exceed 1/4.
//!
//! **Exact digits.** The pass modulo Q leaves digits that stand for some t = w (mod Q). t = w if |t - w|
//! < Q: the bound on w is at most 1/4, and the topmost digits are looked at after every operation: they
//! must stand for a number within the bound (the digits below count less than 2^-38). So the number
//! held is known exactly, never only modulo Q.
//!
//! This look is also a check of the arithmetic: if u is wrong in any digit, S is not divisible by R, and w
//! modulo Q is a number like any other, which is within 2^-20 of zero only once in a million times.
//!
//! **One set of digits.** Both moduli have k = 1, b = 2, the same m and length, so digit j
//! counts 2^p_j with the same p_j in both. Digits go from one to the other as they stand, in the same places;
//! what differs is what the topmost carry comes back as, and the weights: modulo R they rise by a factor
//! of 2 from the first digit to beyond the last, since 2^m = -2. That costs a factor of 1.5 in the round-off.
//!
//! **Never wrong.** The gate is that of [`crate::weighted`]: every one of the three passes reports its
//! largest round-off and product. N and U are fixed numbers of any look, but a product in which one
//! operand looks random has the round-off of two such operands of the same norm: an error that the
//! transform of either makes is convolved with the other. So the norms of N and U (at most sqrt(3)
//! times that of random digits) go into the choice of the length. What is not random is multiplied by
//! GMP, by the same formulas (`exact`): results are the same number whichever way they came.

mod exact;
mod operations;
mod setup;
#[cfg(test)]
mod tests;

pub(crate) use operations::{Factor, Value};
pub(crate) use setup::General;

/// The largest |x| / 2^m of an operand.
const LIMIT: f64 = 0.25;
