//! The migrations inside the program, in their order.
//!
//! The order is that of the file names. That puts `0121_...` between `011_...` and `012_...`,
//! while its number read as a version would put it last, so the versions given to sqlx are made
//! from the place: a three-digit number counts tens, and a four-digit one stands five after the
//! three-digit number before it (110, 115, 120).

use std::borrow::Cow;

use include_dir::{Dir, include_dir};
use sqlx::{
    AssertSqlSafe, SqlSafeStr,
    migrate::{Migration, MigrationType},
};

use super::MigrateError;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../supabase/migrations");

/// A migration under its file's name.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) file: String,
    pub(crate) migration: Migration,
}

/// The migrations of this program.
///
/// # Errors
/// [`MigrateError::Source`].
pub(crate) fn embedded() -> Result<Vec<Step>, MigrateError> {
    let files = FILES.files().map(|file| {
        let name = file.path().to_string_lossy().into_owned();
        let text = file
            .contents_utf8()
            .map(str::to_owned)
            .ok_or_else(|| MigrateError::Source {
                file: name.clone(),
                reason: "is not UTF-8".to_owned(),
            })?;
        Ok((name, text))
    });
    ordered(files.collect::<Result<_, MigrateError>>()?)
}

/// Orders files by name and numbers them.
///
/// # Errors
/// [`MigrateError::Source`] for a name that is not three or four digits, `_`, a description and
/// `.sql`, and for two files of the same version.
pub(crate) fn ordered(mut files: Vec<(String, String)>) -> Result<Vec<Step>, MigrateError> {
    files.sort();
    let mut steps: Vec<Step> = Vec::with_capacity(files.len());
    let mut tens = 0;
    for (file, sql) in files {
        let fault = |reason: &str| MigrateError::Source {
            file: file.clone(),
            reason: reason.to_owned(),
        };
        let (digits, description) = file
            .strip_suffix(".sql")
            .and_then(|stem| stem.split_once('_'))
            .ok_or_else(|| fault("must be named like 012_what_it_does.sql"))?;
        let number: i64 = match digits.parse() {
            Ok(number) if digits.bytes().all(|digit| digit.is_ascii_digit()) => number,
            _ => return Err(fault("must begin with three or four digits")),
        };
        let version = match digits.len() {
            3 => {
                tens = number * 10;
                tens
            }
            4 => tens + 5,
            _ => return Err(fault("must begin with three or four digits")),
        };
        if steps
            .last()
            .is_some_and(|last| last.migration.version >= version)
        {
            return Err(fault("has the same place as the file before it"));
        }
        let description = description.replace('_', " ");
        // The text comes from the program itself, or from a test.
        let sql = AssertSqlSafe(sql).into_sql_str();
        let migration = Migration::new(
            version,
            Cow::Owned(description),
            MigrationType::Simple,
            sql,
            false,
        );
        steps.push(Step { file, migration });
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::{embedded, ordered};

    fn versions(files: &[&str]) -> Result<Vec<(String, i64)>, String> {
        let files = files
            .iter()
            .map(|name| ((*name).to_owned(), "SELECT 1".to_owned()));
        let steps = ordered(files.collect()).map_err(|error| error.to_string())?;
        Ok(steps
            .into_iter()
            .map(|step| (step.file, step.migration.version))
            .collect())
    }

    #[test]
    fn the_four_digit_file_stands_between_its_neighbours() {
        let order = versions(&[
            "012_c.sql",
            "0121_b.sql",
            "013_d.sql",
            "011_a.sql",
            "000_p.sql",
        ]);
        let expected = [
            ("000_p.sql", 0),
            ("011_a.sql", 110),
            ("0121_b.sql", 115),
            ("012_c.sql", 120),
            ("013_d.sql", 130),
        ];
        let expected = expected.map(|(file, version)| (file.to_owned(), version));
        assert_eq!(order.unwrap(), expected);
    }

    #[test]
    fn names_that_would_be_skipped_or_collide_are_refused() {
        for files in [
            &["readme.txt"][..],
            &["12_short.sql"],
            &["x12_letter.sql"],
            &["+12_sign.sql"],
            &["00012_long.sql"],
            &["012.sql"],
            &["011_a.sql", "011_b.sql"],
            &["011_a.sql", "0121_b.sql", "0122_c.sql"],
        ] {
            assert!(versions(files).is_err(), "{files:?}");
        }
    }

    #[test]
    fn the_program_carries_its_migrations() {
        let steps = embedded().unwrap();
        assert_eq!(steps[0].file, "000_prelude.sql");
        assert!(
            steps
                .iter()
                .any(|step| step.file == "004_coordination_tables.sql")
        );
        assert!(steps.is_sorted_by_key(|step| step.migration.version));
    }
}
