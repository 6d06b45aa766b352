//! The promise that released migrations stay as they were.
//!
//! `supabase/released.sha256` lists the files that a release carried, in order, each with its
//! SHA-256. It travels inside the program beside the files. Before the first release it is empty,
//! and files may be inserted and edited; from then on a listed file is frozen, and others may only
//! follow. Without this, an edited file would give new databases another schema than those that
//! were upgraded, and nobody would notice until a query fails on one of them.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::{MigrateError, source::Step};

/// The list inside this program.
pub(super) const RELEASED: &str = include_str!("../../../supabase/released.sha256");

/// What stands above the list.
const HEADER: &str = "\
# SHA-256 of every migration that a release carried, in the order of the files. A file that stands
# here is never edited, renamed or removed, and no file is put before it: databases out there have
# it. Written by `./dev seal-migrations` when a release is made, never by hand.
";

/// Checksum and file name of each line that is no comment.
fn entries(manifest: &str) -> Result<Vec<(&str, &str)>, MigrateError> {
    let mut entries = Vec::new();
    for (place, line) in manifest.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let fault = |reason| MigrateError::Manifest {
            line: place + 1,
            reason,
        };
        let (sum, file) = line
            .split_once("  ")
            .ok_or_else(|| fault("must be a checksum, two spaces and a file name"))?;
        let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if sum.len() != 64 || !sum.bytes().all(hexadecimal) {
            return Err(fault("must begin with 64 hexadecimal digits"));
        }
        if entries.last().is_some_and(|(_, last)| *last >= file) {
            return Err(fault("must come before the line above it"));
        }
        entries.push((sum, file));
    }
    Ok(entries)
}

/// Makes sure that the listed files are the first ones of the program and unchanged.
///
/// # Errors
/// [`MigrateError::Released`], [`MigrateError::Manifest`].
pub(super) fn check(manifest: &str, steps: &[Step]) -> Result<(), MigrateError> {
    let broken = |file: &str, reason| MigrateError::Released {
        file: file.to_owned(),
        reason,
    };
    let listed = entries(manifest)?;
    for (place, (sum, file)) in listed.iter().enumerate() {
        if !steps.iter().any(|step| step.file == *file) {
            return Err(broken(file, "was released and is gone"));
        }
        // Both lists ascend and the file is there: another one in its place was put before it.
        let step = &steps[place];
        if step.file != *file {
            return Err(broken(&step.file, "was put before a released one"));
        }
        if *sum != sum_of(step) {
            return Err(broken(file, "was edited after its release"));
        }
    }
    Ok(())
}

/// The list that a release commits.
///
/// # Errors
/// As [`check`]: what was released before must be unchanged.
pub(super) fn seal(manifest: &str, steps: &[Step]) -> Result<String, MigrateError> {
    check(manifest, steps)?;
    let mut sealed = HEADER.to_owned();
    for step in steps {
        sealed.push_str(&sum_of(step));
        sealed.push_str("  ");
        sealed.push_str(&step.file);
        sealed.push('\n');
    }
    Ok(sealed)
}

fn sum_of(step: &Step) -> String {
    let digest = Sha256::digest(step.migration.sql.as_str());
    digest.iter().fold(String::new(), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::{HEADER, RELEASED, check, seal};
    use crate::migrate::source::{Step, embedded, ordered};

    fn steps(files: &[(&str, &str)]) -> Vec<Step> {
        let files = files
            .iter()
            .map(|(name, sql)| ((*name).to_owned(), (*sql).to_owned()));
        ordered(files.collect()).unwrap()
    }

    const OLD: [(&str, &str); 2] = [("001_a.sql", "SELECT 1"), ("002_b.sql", "SELECT 2")];

    #[test]
    fn the_committed_list_matches_the_files() {
        check(RELEASED, &embedded().unwrap()).unwrap();
        assert!(RELEASED.starts_with(HEADER));
    }

    #[test]
    fn before_the_first_release_files_may_be_edited_and_inserted() {
        check("", &steps(&OLD)).unwrap();
        check(HEADER, &steps(&[("001_a.sql", "SELECT 9")])).unwrap();
    }

    #[test]
    fn a_sealed_list_takes_new_files_after_it_and_refuses_everything_else() {
        let sealed = seal(HEADER, &steps(&OLD)).unwrap();
        // As `sha256sum` writes it, so that anybody can check it without this program.
        let first = "e004ebd5b5532a4b85984a62f8ad48a81aa3460c1ca07701f386135d72cdecf5  001_a.sql";
        assert!(sealed.lines().any(|line| line == first), "{sealed}");
        check(&sealed, &steps(&OLD)).unwrap();
        let more = steps(&[OLD[0], OLD[1], ("003_c.sql", "SELECT 3")]);
        check(&sealed, &more).unwrap();
        let longer = seal(&sealed, &more).unwrap();
        assert!(longer.starts_with(&sealed));
        check(&longer, &more).unwrap();

        let edited = [("001_a.sql", "SELECT 1 "), OLD[1]];
        let inserted = [OLD[0], ("0012_x.sql", "SELECT 3"), OLD[1]];
        let before = [("000_x.sql", "SELECT 3"), OLD[0], OLD[1]];
        let renamed = [OLD[0], ("002_c.sql", "SELECT 2")];
        for (files, complaint) in [
            (&edited[..], "001_a.sql was edited"),
            (&inserted, "0012_x.sql was put before"),
            (&before, "000_x.sql was put before"),
            (&renamed, "002_b.sql was released and is gone"),
            (&OLD[..1], "002_b.sql was released and is gone"),
        ] {
            for refused in [
                check(&sealed, &steps(files)).map(|()| String::new()),
                seal(&sealed, &steps(files)),
            ] {
                let words = refused.unwrap_err().to_string();
                assert!(words.contains(complaint), "{words}");
            }
        }
    }

    #[test]
    fn a_list_that_was_mangled_is_refused_with_the_line() {
        let sealed = seal("", &steps(&OLD)).unwrap();
        let swapped: Vec<&str> = sealed.lines().rev().collect();
        for list in [
            "no checksum",
            "e004ebd5  001_a.sql",
            &sealed.replace("  ", " "),
            &sealed.replace('e', "E"),
            &swapped.join("\n"),
        ] {
            let words = check(list, &steps(&OLD)).unwrap_err().to_string();
            assert!(words.contains("line "), "{list}: {words}");
        }
    }
}
