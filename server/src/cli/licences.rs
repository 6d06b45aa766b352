//! `darkreach-server licences`: the texts that must come with the program.

use std::io::{self, Write};

/// The texts, each with its title.
const TEXTS: [(&str, &str); 4] = [
    (
        "How to relink this program",
        include_str!("../../../licences/RELINKING.md"),
    ),
    (
        "Packages in this program",
        include_str!("../../../licences/THIRD-PARTY.txt"),
    ),
    (
        "GNU Lesser General Public License 3.0",
        include_str!("../../../licences/LGPL-3.0.txt"),
    ),
    (
        "GNU General Public License 3.0",
        include_str!("../../../licences/GPL-3.0.txt"),
    ),
];

/// Prints them all. A reader who has seen enough (`licences | head`) is no error.
///
/// # Errors
/// The output's.
pub fn print(out: &mut impl Write) -> io::Result<()> {
    let written = TEXTS
        .iter()
        .try_for_each(|(title, text)| writeln!(out, "==== {title} ====\n\n{}\n", text.trim_end()));
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
