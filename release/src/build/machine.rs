//! The machine and the tools that a release is built with: whoever wants the same bytes needs the same.

use std::{path::Path, process::Command};

use crate::error::ReleaseError;

/// What compiles.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    /// Its platform, as a Rust target triple.
    pub(super) target: String,
    /// The version of the Rust compiler.
    pub(super) release: String,
    /// The Rust compiler in one line.
    pub(super) compiler: String,
    /// The C compiler in one line: it compiles GMP and the cryptography of TLS.
    pub(super) c_compiler: String,
    /// The linker in one line.
    pub(super) linker: String,
    /// The C library, where it is linked into the programs.
    pub(super) c_library: Option<(String, String)>,
}

impl Machine {
    pub(super) fn look() -> Result<Self, ReleaseError> {
        let verbose = say("rustc", &["-vV"])?;
        let field = |name: &str| {
            let found = verbose.lines().find_map(|line| line.strip_prefix(name));
            found.map(str::to_owned).ok_or_else(|| {
                ReleaseError::other(format!("rustc -vV has no line that begins with {name:?}"))
            })
        };
        let target = field("host: ")?;
        let c_library = if target.contains("linux-gnu") {
            // "glibc 2.36"
            let library = say("getconf", &["GNU_LIBC_VERSION"])?;
            library
                .split_once(' ')
                .map(|(name, version)| (name.to_owned(), version.to_owned()))
        } else {
            None
        };
        Ok(Self {
            release: field("release: ")?,
            compiler: first(&verbose),
            c_compiler: first(&say("cc", &["--version"])?),
            linker: if target.contains("apple") {
                first(&say("ld", &["-v"])?)
            } else {
                first(&say("ld", &["--version"])?)
            },
            c_library,
            target,
        })
    }

    /// That this is the compiler that releases are built with.
    pub(super) fn is_the_one(&self, wanted: &str) -> Result<(), ReleaseError> {
        if self.release == wanted {
            return Ok(());
        }
        Err(ReleaseError::other(format!(
            "releases are built with Rust {wanted}, and this is {}; run: rustup toolchain install \
             {wanted}, and begin this command with RUSTUP_TOOLCHAIN={wanted}",
            self.release
        )))
    }
}

/// What a command says, on whichever output.
pub(super) fn say(program: &str, arguments: &[&str]) -> Result<String, ReleaseError> {
    let output = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .output()
        .map_err(ReleaseError::io("run", Path::new(program)))?;
    if !output.status.success() {
        return Err(ReleaseError::other(format!(
            "{program} {} failed: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        )));
    }
    let said = if output.stdout.is_empty() {
        output.stderr
    } else {
        output.stdout
    };
    Ok(String::from_utf8_lossy(&said).trim().to_owned())
}

fn first(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::Machine;

    #[test]
    fn another_compiler_is_refused_with_the_way_to_the_right_one() {
        let machine = Machine::look().unwrap();
        machine.is_the_one(&machine.release).unwrap();
        let refused = machine.is_the_one("1.2.3").unwrap_err().to_string();
        assert!(refused.contains("RUSTUP_TOOLCHAIN=1.2.3"), "{refused}");
        assert!(!machine.c_compiler.is_empty() && !machine.linker.is_empty());
    }
}
