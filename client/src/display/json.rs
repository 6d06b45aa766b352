//! One JSON object a line on standard output.

use std::io;

use super::{Display, Event, print_json};

pub(super) struct Json;

impl Display for Json {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        print_json(event)
    }
}
