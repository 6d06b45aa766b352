//! Certificates in a folder: one file for each prime, and a journal beside it while a proof that takes
//! long is under way, so that it goes on where it was when the program is killed.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use darkreach_primes::{
    certificate::Certificate,
    expression::Expression,
    primality::{self, Caller, Certified, LARGEST_CURVE_BITS, Watch, Workers},
};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::super::journal::FileJournal;
use crate::state::files::{self, Disk};

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

/// Tests a number, proves it and writes its certificate; with the certificate's path. What takes longer than
/// the interval is kept each interval.
pub(super) fn certify(
    expression: &Expression,
    folder: &Path,
    every: Duration,
    watch: &dyn Watch,
) -> Result<(Certified, Option<PathBuf>), String> {
    let name = name(&expression.to_string());
    let journal = FileJournal::open(folder.join(format!("{name}.state")), every);
    let caller = Caller {
        watch,
        workers: &Pool,
        journal: &journal,
        curve_bits: LARGEST_CURVE_BITS,
    };
    let certified = primality::certify(expression, &caller).map_err(|error| error.to_string())?;
    let path = match &certified.certificate {
        Some(certificate) => Some(write(folder, &name, certificate)?),
        None => None,
    };
    journal.finish().map_err(|error| error.to_string())?;
    Ok((certified, path))
}

fn write(folder: &Path, name: &str, certificate: &Certificate) -> Result<PathBuf, String> {
    let path = folder.join(format!("{name}.json"));
    files::replace(&Disk, &path, certificate.to_json().as_bytes())
        .map_err(|error| error.to_string())?;
    Ok(path)
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
