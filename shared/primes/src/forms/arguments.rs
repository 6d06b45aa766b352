//! The parameters of a form as people write them, on any command line.
//!
//! Every form describes its parameters here once; the worker's and the server's command lines are
//! made from that description, so that they cannot differ.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::Form;
use crate::spec::{Span, SpecError, plain_number};

/// No form leaves out more values of its index in a row: the longest gap between primes below 2^30 is 282.
const LONGEST_GAP: u64 = 1000;

/// What people may know of a form.
#[derive(Debug)]
pub struct FormInfo {
    /// The name on command lines and in JSON, for example `kbn`.
    pub name: &'static str,
    /// The formula, for example `k*b^n+1, k*b^n-1`.
    pub formula: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The parameters, in the order in which they are shown.
    pub parameters: &'static [Parameter],
    /// A search that takes seconds: parameters with values.
    pub example: &'static [(&'static str, &'static str)],
    /// Reads a search from arguments.
    pub(crate) read: fn(&Arguments) -> Result<(Form, Span), SpecError>,
}

impl FormInfo {
    /// Reads a search from arguments as a command line gives them; those with a default may be left
    /// out.
    ///
    /// # Errors
    /// [`SpecError`] names the argument and says what would be right.
    pub fn read(&self, arguments: &Arguments) -> Result<(Form, Span), SpecError> {
        let defaults = self.parameters.iter().filter_map(|parameter| {
            Some((parameter.name.to_owned(), parameter.default?.to_owned()))
        });
        let mut all: BTreeMap<String, String> = defaults.collect();
        all.extend(arguments.0.clone());
        let (form, range) = (self.read)(&Arguments(all))?;
        let family = form.family();
        family.validate(range)?;
        let short = range.end - range.start <= LONGEST_GAP;
        if short && (range.start..range.end).all(|at| family.term(at).is_none()) {
            return Err(SpecError {
                field: self
                    .parameters
                    .first()
                    .map_or("range", |running| running.name),
                reason: format!("there is no candidate among {}", family.describe(range)),
            });
        }
        Ok((form, range))
    }

    /// The example as arguments.
    pub fn example_arguments(&self) -> Arguments {
        self.example.iter().copied().collect()
    }

    /// The example as it is typed: `kbn --k 3 --n 1..=1000 --c 1`.
    pub fn example_line(&self) -> String {
        let mut line = self.name.to_owned();
        for (name, value) in self.example {
            line += &format!(" --{name} {value}");
        }
        line
    }
}

/// A parameter of a form.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name, for example `n`.
    pub name: &'static str,
    /// What stands in its place in a usage line, for example `RANGE`.
    pub value: &'static str,
    /// What it is.
    pub help: &'static str,
    /// Its value where it is not given; without one it must be given.
    pub default: Option<&'static str>,
}

impl Parameter {
    /// One that must be given.
    pub(crate) const fn required(
        name: &'static str,
        value: &'static str,
        help: &'static str,
    ) -> Self {
        Self {
            name,
            value,
            help,
            default: None,
        }
    }

    /// One with a default.
    pub(crate) const fn optional(
        name: &'static str,
        value: &'static str,
        help: &'static str,
        default: &'static str,
    ) -> Self {
        Self {
            name,
            value,
            help,
            default: Some(default),
        }
    }
}

/// Values of parameters by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments(BTreeMap<String, String>);

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Arguments {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(items: I) -> Self {
        let items = items.into_iter();
        Self(items.map(|(k, v)| (k.into(), v.into())).collect())
    }
}

impl Arguments {
    /// The text of a parameter, if it was given.
    pub(crate) fn get(&self, field: &'static str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    /// The text of a parameter.
    pub(crate) fn text(&self, field: &'static str) -> Result<&str, SpecError> {
        self.get(field).ok_or_else(|| SpecError {
            field,
            reason: "it is missing".into(),
        })
    }

    /// A number without sign.
    pub(crate) fn number(&self, field: &'static str) -> Result<u64, SpecError> {
        plain_number(self.text(field)?).map_err(|reason| SpecError { field, reason })
    }

    /// A number below 2^32.
    pub(crate) fn small(&self, field: &'static str) -> Result<u32, SpecError> {
        let number = self.number(field)?;
        u32::try_from(number).map_err(|_| SpecError {
            field,
            reason: format!("{number} is too large; it is below 2^32"),
        })
    }

    /// A range, or a single number as a range of one.
    pub(crate) fn span(&self, field: &'static str) -> Result<Span, SpecError> {
        let text = self.text(field)?;
        if !text.contains("..") {
            let start = self.number(field)?;
            let end = start.checked_add(1).ok_or_else(|| SpecError {
                field,
                reason: format!("{start} is too large"),
            })?;
            return Ok(Span { start, end });
        }
        text.parse::<Span>()
            .map_err(|error| SpecError { field, ..error })
    }

    /// `1`, `-1` or `both`.
    pub(crate) fn signs(&self, field: &'static str) -> Result<Signs, SpecError> {
        match self.text(field)?.trim() {
            "1" | "+1" => Ok(Signs::Plus),
            "-1" => Ok(Signs::Minus),
            "both" | "+-1" => Ok(Signs::Both),
            other => Err(SpecError {
                field,
                reason: format!("{other:?} is not possible; write 1, -1 or both"),
            }),
        }
    }
}

/// The usual parameter of [`Signs`].
pub(crate) const SIGNS: Parameter = Parameter::optional("c", "SIGN", "1, -1, or both", "both");

/// Which of N+1 and N-1 a search runs over. With both, every value of the form's variable has two
/// indices, that of -1 first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signs {
    /// +1.
    Plus,
    /// -1.
    Minus,
    /// -1 and +1.
    Both,
}

impl Signs {
    /// Indices per value of the variable.
    pub(crate) fn per_value(self) -> u64 {
        if self == Self::Both { 2 } else { 1 }
    }

    /// The value of the variable and the sign at an index.
    pub(crate) fn split(self, at: u64) -> (u64, i32) {
        match self {
            Self::Plus => (at, 1),
            Self::Minus => (at, -1),
            Self::Both => (at / 2, if at.is_multiple_of(2) { -1 } else { 1 }),
        }
    }

    /// The index of a value with a sign, if that sign is searched.
    pub(crate) fn index(self, value: u64, sign: i32) -> Option<u64> {
        match (self, sign) {
            (Self::Plus, 1) | (Self::Minus, -1) => Some(value),
            (Self::Both, _) => Some(2 * value + u64::from(sign > 0)),
            _ => None,
        }
    }

    /// The place of a value with a sign in a range of indices, counted from its start, if it is there.
    pub(crate) fn place(self, range: Span, value: u64, sign: i32) -> Option<u64> {
        range.place(self.index(value, sign)?)
    }

    /// The range of indices of a range of values.
    pub(crate) fn indices(self, field: &'static str, values: Span) -> Result<Span, SpecError> {
        let scale = |value: u64| {
            value.checked_mul(self.per_value()).ok_or(SpecError {
                field,
                reason: format!("{value} is too large"),
            })
        };
        Ok(Span {
            start: scale(values.start)?,
            end: scale(values.end)?,
        })
    }

    /// The values of the variable that a range of indices touches.
    pub(crate) fn values(self, range: Span) -> Span {
        let per = self.per_value();
        Span {
            start: range.start / per,
            end: range.end.div_ceil(per),
        }
    }

    /// For people: `n in 1..300`, with the cut named where it separates two signs.
    pub(crate) fn describe(self, variable: &str, range: Span) -> String {
        let Span { start, end } = self.values(range);
        let mut text = format!("{variable} in {start}..{end}");
        if self == Self::Both && range.start % 2 == 1 {
            text += &format!(" without {start} at -1");
        }
        if self == Self::Both && range.end % 2 == 1 {
            text += &format!(" without {} at +1", end - 1);
        }
        text
    }
}

/// `+1`, `-1` or `+-1`.
impl fmt::Display for Signs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plus => "+1",
            Self::Minus => "-1",
            Self::Both => "+-1",
        })
    }
}

/// Refuses a range that is empty, starts below `first` or ends beyond `last`.
pub(crate) fn check_range(
    field: &'static str,
    range: Span,
    first: u64,
    last: u64,
) -> Result<(), SpecError> {
    let Span { start, end } = range;
    let reason = if start >= end {
        format!(
            "the range {start}..{end} is empty; the end is not included (write a..=b to include b)"
        )
    } else if start < first {
        format!("the range starts at {start}; {field} is at least {first}")
    } else if end - 1 > last {
        format!("the range reaches {}; {field} is at most {last}", end - 1)
    } else {
        return Ok(());
    };
    Err(SpecError { field, reason })
}

/// Refuses a number outside `first..=last`.
pub(crate) fn check_number(
    field: &'static str,
    value: u64,
    first: u64,
    last: u64,
) -> Result<(), SpecError> {
    if (first..=last).contains(&value) {
        return Ok(());
    }
    Err(SpecError {
        field,
        reason: format!("{value} is outside {first}..={last}"),
    })
}

/// Refuses candidates above 2^30 bits.
pub(crate) fn check_bits(field: &'static str, bits: f64) -> Result<(), SpecError> {
    if bits <= MAX_BITS {
        return Ok(());
    }
    Err(SpecError {
        field,
        reason: format!(
            "the largest candidate has about {bits:.0} bits; candidates have at most 2^30"
        ),
    })
}

/// The largest candidate in bits.
pub(crate) const MAX_BITS: f64 = (1u64 << 30) as f64;

/// `+` or `-` with 1, as expressions end.
pub(crate) fn sign_text(c: i32) -> &'static str {
    if c > 0 { "+1" } else { "-1" }
}
