//! The files of the field: lists of candidates as sieves write and tests read them.
//!
//! - **ABC**: a line `ABC` with a template such as `$a*2^$b+1`, then lines of values; several templates
//!   are joined by `&` (both must be prime).
//! - **ABCD**: a line `ABCD 3*2^$a+1 [1000]`, then the differences from one value to the next.
//! - **NewPGen**: a line `1000000:P:1:2:257` (depth, letter, length of chains, base, bits for the
//!   numbers tested), then lines `k n`.
//! - Anything else is one expression a line.
//!
//! Comments begin with `#` or `//`. What is read are expressions as text; a line that cannot be read is
//! named with its number and the reason.

mod abc;
mod newpgen;
mod write;

pub use write::{Format, Writer};

/// The candidates of one line: all of them must be prime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The line, counted from 1.
    pub line: usize,
    /// The expressions, at least one.
    pub expressions: Vec<String>,
}

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct FormatError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it, and what would be right.
    pub reason: String,
}

/// Reads a file of any of the formats.
///
/// # Errors
/// [`FormatError`] for the first line that cannot be read.
pub fn read(text: &str) -> Result<Vec<Entry>, FormatError> {
    let mut entries = Vec::new();
    let mut mode = Mode::Plain;
    for (number, line) in (1..).zip(text.lines()) {
        let content = without_comment(line);
        if content.is_empty() {
            continue;
        }
        let at = |reason| FormatError {
            line: number,
            reason,
        };
        if let Some(header) = Mode::header(content).map_err(at)? {
            mode = header;
            if let Some(expressions) = mode.first().map_err(at)? {
                entries.push(Entry {
                    line: number,
                    expressions,
                });
            }
            continue;
        }
        let expressions = mode.line(content).map_err(at)?;
        for expression in &expressions {
            expression
                .parse::<crate::expression::Expression>()
                .map_err(|error| at(error.to_string()))?;
        }
        entries.push(Entry {
            line: number,
            expressions,
        });
    }
    Ok(entries)
}

/// What the lines mean.
enum Mode {
    Plain,
    Abc(abc::Template),
    Abcd(abc::Deltas),
    NewPGen(newpgen::Header),
}

impl Mode {
    /// The mode that a line begins, if it is a header.
    fn header(line: &str) -> Result<Option<Self>, String> {
        if let Some(rest) = line.strip_prefix("ABCD ") {
            return abc::Deltas::read(rest).map(|deltas| Some(Self::Abcd(deltas)));
        }
        if let Some(rest) = line.strip_prefix("ABC ") {
            return abc::Template::read(rest).map(|template| Some(Self::Abc(template)));
        }
        if line.starts_with("ABC") {
            return Err(format!(
                "{line:?} begins no format that is read here: ABC, ABCD or NewPGen"
            ));
        }
        newpgen::Header::read(line).map(|header| header.map(Self::NewPGen))
    }

    /// The candidates that the header itself stands for.
    fn first(&self) -> Result<Option<Vec<String>>, String> {
        match self {
            Self::Abcd(deltas) => deltas.current().map(Some),
            _ => Ok(None),
        }
    }

    /// The candidates of a line.
    fn line(&mut self, line: &str) -> Result<Vec<String>, String> {
        match self {
            Self::Plain => Ok(line
                .split(" & ")
                .map(|part| part.trim().to_owned())
                .collect()),
            Self::Abc(template) => {
                let values: Vec<&str> = line.split_whitespace().collect();
                template.fill(&values)
            }
            Self::Abcd(deltas) => deltas.step(line),
            Self::NewPGen(header) => header.line(line),
        }
    }
}

/// A line without its comment and the spaces around it.
fn without_comment(line: &str) -> &str {
    let line = line.split("//").next().unwrap_or("").trim();
    // A # inside a line is a primorial.
    if line.starts_with('#') { "" } else { line }
}

#[cfg(test)]
mod tests;
