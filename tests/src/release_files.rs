//! What lies beside the program of a release: a bill of materials and checksums, for stand-ins.

use std::{fs, path::Path, process::Command};

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::process::{output, program};

/// Puts a bill of materials with nothing in it beside a program, as `darkreach-release build` does with
/// a real one, and checksums beside all files of its folder.
pub fn accompany(file: &Path) {
    let bytes = fs::read(file).expect("the program");
    let sum: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let bill = json!({
        "bomFormat": "CycloneDX",
        "components": [],
        "metadata": {"component": {"hashes": [{"alg": "SHA-256", "content": sum}]}},
    });
    let mut name = file.file_name().expect("a name").to_owned();
    name.push(".cdx.json");
    fs::write(file.with_file_name(name), bill.to_string()).expect("a bill of materials");
    let folder = file.parent().expect("a folder");
    let sums = output(
        Command::new(program("darkreach-release"))
            .arg("sums")
            .arg(folder),
    );
    assert!(sums.status.success(), "{sums:?}");
}
