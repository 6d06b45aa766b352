//! Certificates in a folder: one file for each prime, and a state file beside it while a proof that takes
//! long is under way, so that it goes on where it was when the program is killed.

use std::{
    cell::Cell,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use darkreach_primes::{
    certificate::Certificate,
    expression::Expression,
    primality::{self, Caller, Certified, LARGEST_CURVE_BITS, State, Watch, Workers},
};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::state::files::{self, Disk};

/// Between two states on the disk; what is computed in between is lost when the program is killed.
const INTERVAL: Duration = Duration::from_secs(2);
/// The longest state file that is read.
const MAX_STATE: u64 = 1 << 28;

/// The threads of the pool that the test runs in.
struct Pool;

impl Workers for Pool {
    fn run(&self, count: usize, task: &(dyn Fn(usize) + Sync)) {
        (0..count).into_par_iter().for_each(task);
    }

    fn threads(&self) -> usize {
        rayon::current_num_threads()
    }
}

/// Tests a number, proves it and writes its certificate; with the certificate's path.
pub(super) fn certify(
    expression: &Expression,
    folder: &Path,
    watch: &dyn Watch,
) -> Result<(Certified, Option<PathBuf>), String> {
    let name = name(&expression.to_string());
    let state_file = folder.join(format!("{name}.state"));
    let saved = Cell::new(None::<Instant>);
    let caller = Caller {
        watch,
        workers: &Pool,
        save: &|state| {
            if saved.get().is_none_or(|at| at.elapsed() >= INTERVAL) {
                save(&state_file, state);
                saved.set(Some(Instant::now()));
            }
        },
        curve_bits: LARGEST_CURVE_BITS,
    };
    let certified = primality::certify(expression, resume(&state_file), &caller)
        .map_err(|error| error.to_string())?;
    let path = match &certified.certificate {
        Some(certificate) => Some(write(folder, &name, certificate)?),
        None => None,
    };
    files::remove(&Disk, &state_file).map_err(|error| error.to_string())?;
    Ok((certified, path))
}

fn write(folder: &Path, name: &str, certificate: &Certificate) -> Result<PathBuf, String> {
    let path = folder.join(format!("{name}.json"));
    files::replace(&Disk, &path, certificate.to_json().as_bytes())
        .map_err(|error| error.to_string())?;
    Ok(path)
}

/// Keeps a state; if that fails, the proof goes on, and only a kill would cost more.
fn save(path: &Path, state: &State) {
    let written = serde_json::to_vec(state)
        .map_err(|error| error.to_string())
        .and_then(|bytes| files::replace(&Disk, path, &bytes).map_err(|error| error.to_string()));
    match written {
        Ok(()) => tracing::info!("the state of a proof was saved"),
        Err(error) => tracing::warn!("the state of a proof was not saved: {error}"),
    }
}

/// The state of a proof that was interrupted; a new one where there is none or it cannot be read. What
/// a damaged one leads to is caught by the verification at the end.
fn resume(path: &Path) -> State {
    let short = std::fs::metadata(path).is_ok_and(|data| data.len() <= MAX_STATE);
    let bytes = if short {
        std::fs::read(path).ok()
    } else {
        None
    };
    match bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        Some(state) => {
            tracing::info!("a proof goes on from its saved state");
            state
        }
        None => State::default(),
    }
}

/// A file name that shows the number and belongs to it alone.
fn name(expression: &str) -> String {
    let shown: String = expression
        .chars()
        .take(60)
        .map(|c| match c {
            '*' => 'x',
            '/' => '_',
            c => c,
        })
        .collect();
    let digest = blake3::hash(expression.as_bytes()).to_hex();
    format!("{shown}-{}", &digest[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_their_own() {
        let one = name("3*2^189+1");
        assert!(one.starts_with("3x2^189+1-") && one.len() < 40, "{one}");
        assert_ne!(one, name("3*2^190+1"));
        let long = "1".repeat(5000);
        assert!(name(&long).len() < 100);
        assert_ne!(name(&long), name(&(long.clone() + "1")));
        assert!(!name("(2^61+1)/3").contains('/'));
    }
}
