//! Building what a release consists of. Only what this machine can build is built; the others come
//! from machines that can.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use clap::Args;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{error::ReleaseError, files};

/// Arguments of `build`.
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// The folder for the files; it must not exist
    out: PathBuf,
    /// The signed root document to build in
    #[arg(long, value_name = "FILE")]
    root: PathBuf,
    /// A target triple; may be repeated [default: this machine's]
    #[arg(long = "target", value_name = "TRIPLE")]
    targets: Vec<String>,
}

/// The programs and their packages.
const PROGRAMS: [&str; 2] = ["darkreach", "darkreach-server"];

impl Build {
    pub(crate) fn execute(&self) -> Result<(), ReleaseError> {
        let root =
            std::fs::canonicalize(&self.root).map_err(ReleaseError::io("read", &self.root))?;
        // Before the long build, and so that nothing unsigned is ever built in.
        darkreach_update::Trust::pinned(&files::document(&root)?.to_bytes())
            .map_err(ReleaseError::document(&root))?;
        let host = host()?;
        let targets = if self.targets.is_empty() {
            vec![host]
        } else {
            self.targets.clone()
        };
        std::fs::create_dir(&self.out).map_err(ReleaseError::io("create", &self.out))?;
        for target in &targets {
            self.target(target, &root)?;
        }
        self.materials()?;
        self.sums()
    }

    fn target(&self, target: &str, root: &Path) -> Result<(), ReleaseError> {
        let here = std::env::current_dir().map_err(ReleaseError::io("find", Path::new(".")))?;
        let home =
            std::env::var("CARGO_HOME").or_else(|_| std::env::var("HOME").map(|h| h + "/.cargo"));
        // The same bytes wherever it is built: no path of this machine in them.
        let mut flags = format!("--remap-path-prefix={}=/build", here.display());
        if let Ok(home) = home {
            flags.push_str(&format!(" --remap-path-prefix={home}=/cargo"));
        }
        if target.contains("linux") {
            flags.push_str(" -C target-feature=+crt-static");
        }
        let mut command = Command::new("cargo");
        command
            .args(["build", "--locked", "--profile", "dist", "--target", target])
            .env("RUSTFLAGS", flags)
            .env("DARKREACH_ROOT", root)
            .env("GMP_MPFR_SYS_CACHE", "");
        for program in PROGRAMS {
            command.args(["--package", program]);
        }
        run(&mut command)?;
        let ending = if target.contains("windows") {
            ".exe"
        } else {
            ""
        };
        for program in PROGRAMS {
            let built = here.join(format!("target/{target}/dist/{program}{ending}"));
            let to = self.out.join(format!("{program}-{target}{ending}"));
            std::fs::copy(&built, &to).map_err(ReleaseError::io("copy", &built))?;
        }
        Ok(())
    }

    /// A CycloneDX bill of materials from the lock file.
    fn materials(&self) -> Result<(), ReleaseError> {
        let mut command = Command::new("cargo");
        command.args(["metadata", "--locked", "--format-version", "1"]);
        let output = command
            .output()
            .map_err(ReleaseError::io("run", Path::new("cargo")))?;
        let bad = |what: &str| ReleaseError::other(format!("cargo metadata {what}"));
        if !output.status.success() {
            return Err(bad("failed"));
        }
        let metadata: serde_json::Value =
            serde_json::from_slice(&output.stdout).map_err(|_| bad("says nothing that is JSON"))?;
        let packages = metadata["packages"]
            .as_array()
            .ok_or_else(|| bad("lists nothing"))?;
        let mut components = BTreeMap::new();
        for package in packages {
            let (name, version) = (&package["name"], &package["version"]);
            let (Some(name), Some(version)) = (name.as_str(), version.as_str()) else {
                return Err(bad("lists a package without a name"));
            };
            let component = json!({
                "type": "library", "name": name, "version": version,
                "purl": format!("pkg:cargo/{name}@{version}"),
                "licenses": [{"expression": package["license"]}],
            });
            components.insert((name, version), component);
        }
        let bill = json!({
            "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
            "components": components.into_values().collect::<Vec<_>>(),
        });
        let path = self.out.join("darkreach.cdx.json");
        let text = serde_json::to_string_pretty(&bill).map_err(|e| bad(&e.to_string()))?;
        files::write_new(&path, format!("{text}\n").as_bytes(), 0o644)
    }

    fn sums(&self) -> Result<(), ReleaseError> {
        let mut lines = Vec::new();
        let entries = std::fs::read_dir(&self.out);
        for entry in entries.map_err(ReleaseError::io("read", &self.out))? {
            let path = entry.map_err(ReleaseError::io("read", &self.out))?.path();
            let bytes = std::fs::read(&path).map_err(ReleaseError::io("read", &path))?;
            let digest = Sha256::digest(&bytes);
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            lines.push(format!("{hex}  {name}\n"));
        }
        lines.sort_by(|a, b| a[64..].cmp(&b[64..]));
        let path = self.out.join("SHA256SUMS");
        files::write_new(&path, lines.concat().as_bytes(), 0o644)
    }
}

fn host() -> Result<String, ReleaseError> {
    let output = Command::new("rustc").arg("-vV").output();
    let output = output.map_err(ReleaseError::io("run", Path::new("rustc")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| ReleaseError::other("rustc does not say what this machine is"))
}

fn run(command: &mut Command) -> Result<(), ReleaseError> {
    let status = command
        .status()
        .map_err(ReleaseError::io("run", Path::new("cargo")))?;
    if status.success() {
        return Ok(());
    }
    Err(ReleaseError::other(format!("cargo failed ({status})")))
}
