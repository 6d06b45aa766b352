//! Whether the program belongs to somebody else, who updates it: then it is never touched.

use std::path::Path;

use super::program::Program;

/// Who installed the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Nobody but its user: it may update itself.
    User,
    /// A package manager or an image, by name.
    Manager(String),
    /// Somebody whose files this user may not change.
    Other,
}

/// Where packages leave a word that they own the program, relative to its folder.
const MARKS: [&str; 2] = ["darkreach.managed-by", "../share/darkreach/managed-by"];

/// Folders that only package managers fill.
const MANAGED: [(&str, &str); 5] = [
    ("/nix/store/", "Nix"),
    ("/snap/", "snap"),
    ("/Cellar/", "Homebrew"),
    ("/scoop/apps/", "Scoop"),
    ("/WindowsApps/", "winget"),
];

/// Who owns a program.
pub fn owner(program: &Program) -> Owner {
    let exe = program.exe();
    let folder = exe.parent().unwrap_or(Path::new("."));
    for mark in MARKS {
        if let Ok(text) = std::fs::read_to_string(folder.join(mark)) {
            let name = text.lines().next().unwrap_or_default();
            let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
            return Owner::Manager(name);
        }
    }
    let path = exe.to_string_lossy().replace('\\', "/");
    for (part, name) in MANAGED {
        if path.contains(part) {
            return Owner::Manager(name.to_owned());
        }
    }
    if program.is_writable() {
        Owner::User
    } else {
        Owner::Other
    }
}
