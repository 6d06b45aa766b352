//! The transform: real convolutions of length L, cyclic or negacyclic, of vectors of digits.
//!
//! **What is computed.** A negacyclic convolution multiplies polynomials modulo x^L+1. With M = L/2 it
//! is folded to a_j + i*a_(j+M) modulo x^M-i, which halves the work and loses nothing (the
//! *right-angle* transform). A cyclic one, modulo x^L-1, is cut into real segments, even ones as real
//! and odd ones as imaginary parts, and made whole again in the [`edge`].
//!
//! **How.** Every step splits x^(2m)-r^2 into x^m-r and x^m+r. So there is no separate twist: the
//! twiddle factor of a step is the root r itself, and one r serves a whole block of coefficients.
//! Forward the results come out in the order of that tree (decimation in frequency), backward it is
//! walked the other way; nothing is ever reordered.
//!
//! **Lanes are segments.** With W lanes the M points are cut into 8*W segments of S points: eight vectors
//! at each place i of the segments, a *column*. The first split ([`edge`]) is eight ways across vectors and, after a
//! transposition, W ways across what were lanes; after it each of the eight blocks is W independent
//! transforms of length S, one a lane, and all that follows is vertical ([`inner`]): passes of radix 8,
//! depth first, so that the recursion itself keeps the data in cache.
//!
//! **It stops early.** S = q*2^e with q from 2 to 7: what remains modulo x^q-r is multiplied as
//! polynomials ([`leaf`]), so that the odd factor costs no pass of its own. S = 9, 15 or 21 times 2^e has
//! a factor of 3 left besides, which goes into the lowest split ([`thirds`]). So neighbouring lengths differ by a
//! tenth on average, and by a sixth at most.

pub(crate) mod angle;
pub(crate) mod edge;
pub(crate) mod inner;
pub(crate) mod leaf;
pub(crate) mod node;
pub(crate) mod plan;
pub(crate) mod real;
mod split;
pub(crate) mod thirds;

pub(crate) use plan::{Plan, Shape};
