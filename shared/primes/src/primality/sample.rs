//! A part of a test, so that a caller with a clock learns what tests cost on its computer.

use super::{
    batch,
    run::{Halt, Monitor, Partial},
    term,
};
use crate::forms::{Candidate, Term};

/// Runs about `steps` steps of the Fermat test of one of some terms, or of several at once where that
/// is how they are tested; says how many whole tests that amounts to, 0 if there is nothing to test.
pub fn sample(terms: &[Term], steps: u64) -> f64 {
    let shapes: Vec<Candidate> = terms.iter().map_while(|term| term.first().kbnc()).collect();
    let together = batch::group(shapes.iter().copied());
    if together > 0 && batch::residues(&shapes[..together], &mut || true).is_some() {
        return together as f64;
    }
    let Some(term) = terms.first() else {
        return 0.0;
    };
    let mut stop = StopAfter { steps, share: 1.0 };
    // Its end by itself is a whole test; its state when stopped is of no use here.
    let _ = term::number_res64(term.first(), &mut stop);
    stop.share
}

/// Stops after some steps and keeps the share that they are.
struct StopAfter {
    steps: u64,
    share: f64,
}

impl Monitor for StopAfter {
    fn step(&mut self, done: u64, total: u64, save: &dyn Fn() -> Partial) -> Result<(), Halt> {
        if done < self.steps || done == total {
            return Ok(());
        }
        self.share = done as f64 / total as f64;
        Err(Halt::Stopped(Box::new(save())))
    }
}
