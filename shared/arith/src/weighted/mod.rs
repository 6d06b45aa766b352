//! Arithmetic modulo k*b^n+c with c = 1 or -1, by weighted convolutions.
//!
//! A residue is a row of L digits, where L is the length of the transform and not a divisor of n: digit
//! j counts b^p_j with p_j = ceil(j*(n + log_b k)/L), so digits hold two different numbers of base-b
//! places, and its weight b^(p_j - j*(n + log_b k)/L) makes up for the rounding (Crandall and Fagin
//! 1994). A convolution modulo x^L+1 (c = 1) or x^L-1 (c = -1) of weighted digits then reduces modulo
//! k*b^n+c by itself, but for a factor: what passes the top comes back divided by k (Percival 2003).
//! So x is kept as X with x = k*X, and k times the convolution of X with itself is the X of x^2.
//!
//! Digits are balanced, in -R/2 .. R/2, which saves a bit or so of every product. One [`pass`] turns
//! products into digits and digits into the first step of the next transform: last inverse step,
//! rounding, carrying, weighting, first forward step, a column at a time in registers.
//!
//! **Never wrong.** Rounding is right while errors stay below a half. [`limits`] says how many bits a
//! digit may have for a length; every pass reports the largest round-off and the largest value it
//! met; [`engine`] discards what came near the limit and does it again exactly, from the digits it
//! kept; and operands that need not look random are only multiplied where a bound that holds for any
//! digits allows it, otherwise by GMP.

pub(crate) mod columns;
pub(crate) mod convert;
pub(crate) mod engine;
pub(crate) mod limits;
pub(crate) mod padded;
pub(crate) mod pass;
pub(crate) mod seams;
pub(crate) mod words;
