//! The bill of materials of a program, in CycloneDX 1.5: what is linked into it, with the sums of the
//! archives it came from, and the tools that made it.

use std::path::Path;

use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use super::{
    machine::Machine,
    source::{Package, Source},
};
use crate::{
    error::ReleaseError,
    sums::{self, Sums},
};

/// The bill of a program that lies somewhere, under a name.
pub(super) fn bill(
    source: &Source,
    machine: &Machine,
    package: &str,
    name: &str,
    file: &Path,
) -> Result<String, ReleaseError> {
    let linked = source.linked(package)?;
    let (program, rest) = linked
        .split_first()
        .ok_or_else(|| ReleaseError::other(format!("{package} is no package")))?;
    let mut components: Vec<Value> = rest.iter().map(|p| component(source, p)).collect();
    for package in rest {
        components.extend(bundled(package)?);
    }
    components.push(foreign("rust", &machine.release, "MIT OR Apache-2.0"));
    if let Some((name, version)) = &machine.c_library {
        components.push(foreign(name, version, "LGPL-2.1-or-later"));
    }
    let dependencies: Vec<Value> = linked
        .iter()
        .map(|p| {
            let on: Vec<String> = source.uses(p).map(reference).collect();
            json!({"ref": reference(p), "dependsOn": on})
        })
        .collect();
    let property =
        |name: &str, value: &str| json!({"name": format!("darkreach:{name}"), "value": value});
    let mut properties = vec![
        property("target", &machine.target),
        property("rustc", &machine.compiler),
        property("cc", &machine.c_compiler),
        property("ld", &machine.linker),
        property("profile", "dist"),
    ];
    if let Some(commit) = &source.commit {
        let mark = if source.changed { "-changed" } else { "" };
        properties.push(property("commit", &format!("{commit}{mark}")));
    }
    let Sums { sha256, blake3 } = sums::of(file)?;
    let bill = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": timestamp(source.date)?,
            "component": {
                "type": "application",
                "bom-ref": reference(program),
                "name": name,
                "version": source.version,
                "licenses": licences(program),
                "hashes": [
                    {"alg": "SHA-256", "content": sha256},
                    {"alg": "BLAKE3", "content": blake3},
                ],
            },
            "properties": properties,
        },
        "components": components,
        "dependencies": dependencies,
    });
    let text = serde_json::to_string_pretty(&bill)
        .map_err(|e| ReleaseError::other(format!("the bill of materials: {e}")))?;
    Ok(format!("{text}\n"))
}

fn reference(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version)
}

fn licences(package: &Package) -> Value {
    match &package.license {
        Some(licence) => json!([{"expression": licence.replace('/', " OR ")}]),
        None => json!([]),
    }
}

fn component(source: &Source, package: &Package) -> Value {
    let hashes: Vec<Value> = source
        .sum(package)
        .map(|sum| json!({"alg": "SHA-256", "content": sum}))
        .into_iter()
        .collect();
    json!({
        "type": "library",
        "bom-ref": reference(package),
        "name": package.name,
        "version": package.version,
        "purl": reference(package),
        "licenses": licences(package),
        "hashes": hashes,
    })
}

/// Something that is linked in and is no package.
fn foreign(name: &str, version: &str, licence: &str) -> Value {
    json!({
        "type": "library",
        "bom-ref": format!("{name}@{version}"),
        "name": name,
        "version": version,
        "licenses": [{"expression": licence}],
    })
}

/// The C libraries that the bindings of GMP bring along: in folders such as `gmp-6.3.0-c`. What the
/// linker drops of them is listed all the same.
fn bundled(package: &Package) -> Result<Vec<Value>, ReleaseError> {
    if package.name != "gmp-mpfr-sys" {
        return Ok(Vec::new());
    }
    let folder = package.manifest_path.parent().unwrap_or(Path::new("."));
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(ReleaseError::io("read", folder))? {
        let entry = entry.map_err(ReleaseError::io("read", folder))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    let libraries = names.iter().filter_map(|name| {
        let (library, version) = name.strip_suffix("-c")?.rsplit_once('-')?;
        (library == "gmp").then(|| foreign(library, version, "LGPL-3.0-or-later"))
    });
    Ok(libraries.collect())
}

fn timestamp(seconds: i64) -> Result<String, ReleaseError> {
    let date = DateTime::from_timestamp(seconds, 0);
    let date = date.ok_or_else(|| ReleaseError::other(format!("{seconds} is no date")))?;
    Ok(date.to_rfc3339_opts(SecondsFormat::Secs, true))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{Machine, Source, bill};
    use crate::sums;

    /// This very source, and a stand-in for the program.
    #[test]
    fn a_bill_names_what_is_linked_in_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("program");
        std::fs::write(&file, "a stand-in").unwrap();
        let machine = Machine::look().unwrap();
        let source = Source::read(&machine.target).unwrap();
        let text = bill(&source, &machine, "darkreach", "darkreach-x", &file).unwrap();
        let bill: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(bill["metadata"]["component"]["version"], source.version);
        let components = bill["components"].as_array().unwrap();
        let find = |name: &str| components.iter().find(|c| c["name"] == name);
        // Ours, a package with its sum, what it brings along, the tools' own libraries.
        assert!(find("darkreach-arith").is_some());
        let rug = find("rug").unwrap();
        assert_eq!(rug["hashes"][0]["content"].as_str().unwrap().len(), 64);
        assert_eq!(rug["licenses"][0]["expression"], "LGPL-3.0+");
        assert!(find("gmp").is_some_and(|c| c["version"].is_string()));
        assert!(find("rust").is_some_and(|c| c["version"] == machine.release));
        // Other programs' packages, and what only tests and builds use.
        for other in ["darkreach-server", "sqlx", "proptest", "rcgen", "cc"] {
            assert!(find(other).is_none(), "{other}");
        }
        let sums = sums::of(&file).unwrap();
        let hashes = &bill["metadata"]["component"]["hashes"];
        assert_eq!(hashes[0]["content"], sums.sha256);
        assert_eq!(hashes[1]["content"], sums.blake3);
        assert_eq!(sums::named_by(text.as_bytes()), Some(sums.sha256));
    }
}
