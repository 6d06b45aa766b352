//! What became of every candidate, as CSV.

use darkreach_primes::{
    search::{
        ledger::Outcome,
        report::{self, BlockReport, Row},
    },
    spec::SearchSpec,
};

use crate::{
    cli::new_file::NewFile,
    display::{outcome_name, res64},
    error::Error,
};

/// Rows unpacked at a time.
const ROWS: usize = 4096;

/// Writes every candidate of a report.
pub(super) fn write(file: NewFile, spec: &SearchSpec, found: &BlockReport) -> Result<(), Error> {
    let header = Ok("at,expression,outcome,factor,res64".to_owned());
    let mut from = Some(spec.range.start);
    let pages = std::iter::from_fn(|| {
        let start = from?;
        let rows = report::rows(spec, &found.ledger, start, ROWS)
            .map_err(|e| Error::other(e.to_string(), "this is a bug: please report it"));
        from = match &rows {
            Ok(rows) => rows.last().and_then(|last| last.at.checked_add(1)),
            Err(_) => None,
        };
        Some(rows)
    });
    let lines = pages.flat_map(|page| match page {
        Ok(rows) => rows.iter().map(|row| Ok(line(row))).collect(),
        Err(error) => vec![Err(error)],
    });
    file.write(std::iter::once(header).chain(lines))
}

fn line(row: &Row) -> String {
    let (factor, residue) = match row.outcome {
        Outcome::Factor(p) => (p.to_string(), String::new()),
        Outcome::Composite { res64: residue } => (String::new(), res64(residue)),
        _ => (String::new(), String::new()),
    };
    let outcome = outcome_name(&row.outcome);
    let (at, expression) = (row.at, &row.expression);
    format!("{at},{expression},{outcome},{factor},{residue}")
}
