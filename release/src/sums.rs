//! The checksums and bills of materials beside the files of a release. People check them with tools
//! that they have (`sha256sum -c SHA256SUMS`, `b3sum -c B3SUMS`); a signed document never relies on
//! them. `draft` and `verify` insist that they are there and right.

use std::{
    collections::BTreeMap,
    fmt::Write,
    path::{Path, PathBuf},
};

use clap::Args;
use darkreach_update::document::ArtifactKind;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    error::ReleaseError,
    files::{self, kind},
};

/// How a program's bill of materials is called: the program's name and this.
pub(crate) const BILL: &str = ".cdx.json";

/// The files of checksums.
pub(crate) const LISTS: [&str; 2] = ["SHA256SUMS", "B3SUMS"];

/// Arguments of `sums`.
#[derive(Debug, Args)]
pub(crate) struct SumsOf {
    /// The folder with the files of a release
    folder: PathBuf,
}

impl SumsOf {
    pub(crate) fn execute(&self) -> Result<(), ReleaseError> {
        let names = complete(&self.folder)?;
        println!("{} files, each with its checksums", names.len());
        Ok(())
    }
}

/// The hashes of a file, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) sha256: String,
    pub(crate) blake3: String,
}

/// The hashes of a file.
pub(crate) fn of(path: &Path) -> Result<Sums, ReleaseError> {
    let bytes = std::fs::read(path).map_err(ReleaseError::io("read", path))?;
    Ok(Sums {
        sha256: hex(&Sha256::digest(&bytes)),
        blake3: blake3::hash(&bytes).to_hex().to_string(),
    })
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Checks the checksums that are there, adds those that are missing, and returns the names of all
/// files of the folder.
pub(crate) fn complete(folder: &Path) -> Result<Vec<String>, ReleaseError> {
    let names = files::names(folder)?;
    let mut lists = LISTS.map(|_| BTreeMap::new());
    for name in names.iter().filter(|name| !LISTS.contains(&name.as_str())) {
        let sums = of(&folder.join(name))?;
        let [sha256, blake3] = &mut lists;
        sha256.insert(name.clone(), sums.sha256);
        blake3.insert(name.clone(), sums.blake3);
    }
    for (list, right) in LISTS.iter().zip(&lists) {
        let path = folder.join(list);
        if path.exists() {
            let text = std::fs::read_to_string(&path).map_err(ReleaseError::io("read", &path))?;
            for (name, sum) in parse(list, &text)? {
                same(list, &name, &sum, right.get(&name))?;
            }
        }
        let text: String = right.iter().fold(String::new(), |mut text, (name, sum)| {
            let _ = writeln!(text, "{sum}  {name}");
            text
        });
        files::replace(&path, text.as_bytes())?;
    }
    files::names(folder)
}

/// The lines of a list: name and hash.
pub(crate) fn parse(list: &str, text: &str) -> Result<BTreeMap<String, String>, ReleaseError> {
    let line = |line: &str| {
        let (sum, name) = line.split_once("  ")?;
        let right = sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit());
        right.then(|| (name.to_owned(), sum.to_ascii_lowercase()))
    };
    text.lines()
        .map(|text| {
            line(text).ok_or_else(|| {
                let shown: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
                ReleaseError::other(format!("{list}: {shown:?} is no line of checksums"))
            })
        })
        .collect()
}

/// That a list has the hash that a file has.
pub(crate) fn same(
    list: &str,
    name: &str,
    listed: &str,
    has: Option<&String>,
) -> Result<(), ReleaseError> {
    match has {
        Some(sum) if sum == listed => Ok(()),
        Some(_) => Err(ReleaseError::other(format!(
            "{name} is not the file that {list} names"
        ))),
        None => Err(ReleaseError::other(format!(
            "{list} names {name}, which is not there"
        ))),
    }
}

/// The SHA-256 of the program that a bill of materials is for.
pub(crate) fn named_by(bill: &[u8]) -> Option<String> {
    let bill: Value = serde_json::from_slice(bill).ok()?;
    if bill["bomFormat"] != "CycloneDX" || !bill["components"].is_array() {
        return None;
    }
    let hashes = bill["metadata"]["component"]["hashes"].as_array()?;
    let sum = hashes.iter().find(|hash| hash["alg"] == "SHA-256")?;
    Some(sum["content"].as_str()?.to_ascii_lowercase())
}

/// That files, given by names and hashes, are a whole release: each program has its bill, each file
/// its checksums, and all of them are right. `read` gives the content of the small ones.
pub(crate) fn check(
    sums: &BTreeMap<String, Sums>,
    read: impl Fn(&str) -> Option<Vec<u8>>,
) -> Result<(), ReleaseError> {
    let without = |what: String| {
        ReleaseError::other(format!(
            "{what}; `darkreach-release build` makes bills of materials, `sums` checksums"
        ))
    };
    for (name, own) in sums {
        if !matches!(kind(name).0, ArtifactKind::Worker | ArtifactKind::Server) {
            continue;
        }
        let bill = format!("{name}{BILL}");
        let bytes = read(&bill).ok_or_else(|| without(format!("{name} has no {bill}")))?;
        if named_by(&bytes).as_ref() != Some(&own.sha256) {
            return Err(ReleaseError::other(format!(
                "{bill} is not the bill of materials of this {name}"
            )));
        }
    }
    for list in LISTS {
        let bytes = read(list).ok_or_else(|| without(format!("there is no {list}")))?;
        let lines = parse(list, &String::from_utf8_lossy(&bytes))?;
        let has = |name: &str| {
            let sums = sums.get(name)?;
            Some(if list == LISTS[0] {
                &sums.sha256
            } else {
                &sums.blake3
            })
        };
        for (name, sum) in &lines {
            same(list, name, sum, has(name))?;
        }
        let missing = sums
            .keys()
            .find(|name| !LISTS.contains(&name.as_str()) && !lines.contains_key(name.as_str()));
        if let Some(name) = missing {
            return Err(without(format!("{list} does not name {name}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{check, complete, of};
    use crate::files;

    /// A folder with a program, its bill and checksums.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("darkreach-x86_64-unknown-linux-gnu");
        fs::write(&program, "program").unwrap();
        let sum = of(&program).unwrap().sha256;
        let bill = format!(
            r#"{{"bomFormat": "CycloneDX", "components": [],
                 "metadata": {{"component": {{"hashes": [{{"alg": "SHA-256", "content": "{sum}"}}]}}}}}}"#
        );
        fs::write(
            program.with_file_name("darkreach-x86_64-unknown-linux-gnu.cdx.json"),
            bill,
        )
        .unwrap();
        complete(folder.path()).unwrap();
        folder
    }

    fn judge(folder: &tempfile::TempDir) -> Result<(), String> {
        let folder = folder.path();
        let sums = files::names(folder).unwrap().into_iter();
        let sums = sums.map(|name| (name.clone(), of(&folder.join(name)).unwrap()));
        let read = |name: &str| fs::read(folder.join(name)).ok();
        check(&sums.collect(), read).map_err(|e| e.to_string())
    }

    #[test]
    fn a_whole_release_passes_and_each_missing_or_wrong_part_is_named() {
        judge(&folder()).unwrap();
        let program = "darkreach-x86_64-unknown-linux-gnu";
        let bill = "darkreach-x86_64-unknown-linux-gnu.cdx.json";
        type Change = fn(&std::path::Path);
        let cases: [(&str, Change, &str); 6] = [
            (bill, |p| fs::remove_file(p).unwrap(), "has no darkreach"),
            (bill, |p| fs::write(p, "{}").unwrap(), "is not the bill"),
            (
                program,
                |p| fs::write(p, "other").unwrap(),
                "is not the bill",
            ),
            ("SHA256SUMS", |p| fs::write(p, "").unwrap(), "does not name"),
            (
                "B3SUMS",
                |p| fs::remove_file(p).unwrap(),
                "there is no B3SUMS",
            ),
            (
                "more.deb",
                |p| fs::write(p, "package").unwrap(),
                "does not name more.deb",
            ),
        ];
        for (name, change, words) in cases {
            let folder = folder();
            change(&folder.path().join(name));
            let said = judge(&folder).unwrap_err();
            assert!(said.contains(words), "{name}: {said}");
        }
    }

    #[test]
    fn sums_that_are_there_are_checked_before_more_are_added() {
        let folder = folder();
        fs::write(folder.path().join("more.deb"), "package").unwrap();
        complete(folder.path()).unwrap();
        judge(&folder).unwrap();
        fs::write(folder.path().join("more.deb"), "another").unwrap();
        let said = complete(folder.path()).unwrap_err().to_string();
        assert!(said.contains("more.deb is not the file"), "{said}");
    }

    #[test]
    fn a_line_that_is_none_is_refused_and_shown_harmlessly() {
        let said = super::parse("SHA256SUMS", "rm -rf\u{1b}[2J")
            .unwrap_err()
            .to_string();
        assert!(
            said.contains("no line of checksums") && !said.contains('\u{1b}'),
            "{said}"
        );
    }
}
