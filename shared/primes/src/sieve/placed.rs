//! From the plain sieves to a form's indices.

use std::ops::Range;

use super::{Isa, Listener, Sieve, Sink, Stopped};

impl Sink<'_> {
    /// Runs a sieve with the primes of an interval, see [`Self::run_with`].
    pub(crate) fn run(
        &mut self,
        sieve: impl Sieve,
        primes: Range<u64>,
        place: impl Fn(usize, u64) -> Option<u64>,
    ) {
        self.run_with(|isa, listener| sieve.sieve(isa, primes, listener), place);
    }

    /// Runs a plain sieve. `place` gives the index, counted from the start of the range, of a target at
    /// one of the sieve's own indices, if the form has it and it lies in the range.
    pub(crate) fn run_with(
        &mut self,
        sieve: impl FnOnce(Isa, &mut dyn Listener) -> Result<(), Stopped>,
        place: impl Fn(usize, u64) -> Option<u64>,
    ) {
        if !self.stopped {
            let mut placed = Placed {
                sink: self,
                place,
                primes: 0,
            };
            let result = sieve(Isa::best(), &mut placed);
            let primes = placed.primes;
            self.stopped |= result.is_err();
            // A form may run several sieves with the same primes.
            self.tested = self.tested.max(primes);
        }
    }
}

/// Listens for a sink.
struct Placed<'a, 'b, P> {
    sink: &'a mut Sink<'b>,
    place: P,
    primes: u64,
}

impl<P: Fn(usize, u64) -> Option<u64>> Listener for Placed<'_, '_, P> {
    #[inline]
    fn hit(&mut self, target: usize, index: u64, prime: u64) {
        if let Some(index) = (self.place)(target, index) {
            self.sink.hit(index, prime);
        }
    }

    fn wants(&self, target: usize, index: u64) -> bool {
        (self.place)(target, index).is_some_and(|index| !self.sink.is_hit(index))
    }

    fn count(&mut self, primes: u64) {
        self.primes += primes;
    }

    fn should_stop(&mut self) -> bool {
        (self.sink.should_stop)()
    }
}
