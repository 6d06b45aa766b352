//! What people and programs see of the work: one stream of events, shown as JSON lines, as plain
//! lines, or with progress bars on a terminal.

mod bars;
mod event;
mod json;
mod plain;
mod words;

use std::io::{self, IsTerminal};

pub use event::{Event, HeldProgress};
pub use words::{duration, outcome_name, percent, prime_line, res64};

/// The state of the work at one moment, for the displays that show it.
#[derive(Clone, Debug, Default)]
pub struct Overview<'a> {
    /// The blocks held, in claim order.
    pub blocks: &'a [HeldProgress],
    /// Reference core seconds per second, once measured.
    pub speed: Option<f64>,
}

/// Something that shows events.
pub trait Display: Send {
    /// Shows an event.
    ///
    /// # Errors
    /// The output is gone.
    fn event(&mut self, event: &Event) -> io::Result<()>;

    /// Shows where everything stands; called about once a second.
    fn overview(&mut self, _overview: &Overview<'_>) {}

    /// Clears what would be left on a terminal.
    fn finish(&mut self) {}
}

/// The display that fits: JSON if asked for, bars on a terminal, else lines.
pub fn choose(json: bool) -> Box<dyn Display> {
    if json {
        Box::new(json::Json)
    } else if io::stdout().is_terminal() && io::stderr().is_terminal() {
        Box::new(bars::Bars::default())
    } else {
        Box::new(plain::Plain::default())
    }
}

/// Writes one JSON object as a line, at once.
///
/// # Errors
/// The output is gone.
pub fn print_json<T: serde::Serialize>(value: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    io::Write::write_all(&mut out, &line)?;
    io::Write::flush(&mut out)
}

/// Writes one line, at once.
///
/// # Errors
/// The output is gone.
pub fn print_line(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    io::Write::write_all(&mut out, format!("{line}\n").as_bytes())?;
    io::Write::flush(&mut out)
}
