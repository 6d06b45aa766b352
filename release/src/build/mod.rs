//! Building what a release consists of, so that anybody who builds the same source with the same tools
//! gets the same bytes. Only this machine's platform is built: GMP is compiled for the machine that
//! compiles it. The others come from machines of their own, into the same folder.

mod compile;
mod machine;
mod materials;
mod source;

use std::path::PathBuf;

use clap::Args;

use self::{compile::compile, machine::Machine, source::Source};
use crate::{error::ReleaseError, files, sums};

/// Arguments of `build`.
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// The folder for the files; it must not exist
    out: PathBuf,
    /// The signed root document to build in
    #[arg(long, value_name = "FILE")]
    root: PathBuf,
    /// Build with another compiler than the one that releases are built with: nobody else will get
    /// the same bytes
    #[arg(long)]
    any_compiler: bool,
    /// A nightly build of this date: the version is a pre-release of the source's
    #[arg(long, value_name = "YYYYMMDD", value_parser = date)]
    nightly: Option<String>,
    /// Only this program; may be repeated [default: all that the platform has]
    #[arg(long = "program", value_name = "NAME")]
    programs: Vec<String>,
}

/// A date in eight digits, so that later versions are larger.
fn date(text: &str) -> Result<String, String> {
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0') {
        return Ok(text.to_owned());
    }
    Err("a date has eight digits: YYYYMMDD".to_owned())
}

/// The platforms of a release. Those for Linux are static: they need nothing of the system.
pub(crate) const PLATFORMS: [&str; 5] = [
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-gnu",
];

impl Build {
    pub(crate) fn execute(&self) -> Result<(), ReleaseError> {
        let root =
            std::fs::canonicalize(&self.root).map_err(ReleaseError::io("read", &self.root))?;
        // Before the long build, and so that nothing unsigned is ever built in.
        darkreach_update::Trust::pinned(&files::document(&root)?.to_bytes())
            .map_err(ReleaseError::document(&root))?;
        let machine = Machine::look()?;
        let mut source = Source::read(&machine.target)?;
        if let Some(date) = &self.nightly {
            source.version = format!("{}-nightly.{date}", source.version);
        }
        if !self.any_compiler {
            machine.is_the_one(&source.compiler)?;
        }
        eprintln!(
            "building {} for {}, with {}",
            source.version, machine.target, machine.compiler
        );
        for platform in PLATFORMS.iter().filter(|p| **p != machine.target) {
            eprintln!(
                "left out: {platform} (GMP is built for the machine that builds it; run this there)"
            );
        }
        if source.changed {
            eprintln!("warning: files differ from the commit; nobody else can build this again");
        }
        std::fs::create_dir(&self.out).map_err(ReleaseError::io("create", &self.out))?;
        for program in compile(&source, &machine.target, &self.programs, &root)? {
            let name = program.file_name(&machine.target);
            let to = self.out.join(&name);
            std::fs::copy(&program.built, &to).map_err(ReleaseError::io("copy", &program.built))?;
            let bill = materials::bill(&source, &machine, &program.package, &name, &to)?;
            let path = self.out.join(format!("{name}{}", sums::BILL));
            files::write_new(&path, bill.as_bytes(), 0o644)?;
        }
        for name in sums::complete(&self.out)? {
            println!("{}", self.out.join(name).display());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn nightlies_of_later_days_are_later_versions() {
        let version = |day: &str| -> darkreach_update::Version {
            format!("1.4.0-nightly.{}", date(day).unwrap())
                .parse()
                .unwrap()
        };
        assert!(version("20261231") < version("20270101"));
        assert!(version("20270101") < "1.4.0".parse().unwrap());
        for day in ["2026-1-1", "0261231x", "00000001", ""] {
            date(day).unwrap_err();
        }
    }
}
