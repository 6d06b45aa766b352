//! The ring that a test runs in.

use darkreach_arith::{Modulus, Options, Ring};

/// The ring of a modulus. The sizes of searches and expressions are limited where they come in, so that
/// none is refused here for its memory; and by default nothing else is.
pub(crate) fn ring(modulus: &Modulus) -> Ring {
    Ring::new(modulus, Options::default().with_memory(u64::MAX))
        .expect("without a limit on memory every modulus has a ring")
}
