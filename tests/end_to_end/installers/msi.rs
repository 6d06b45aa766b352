//! The package of Windows. No program for Windows is built here: a stand-in that is one by its first two
//! letters is packed, and what Windows Installer would read is read.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use darkreach_e2e::process::output;

use super::{build, text, try_build};

const PROGRAM: &[u8] = b"MZ this stands in for a program";

fn msi(folder: &Path, version: &str) -> PathBuf {
    let (program, out) = (
        folder.join("darkreach.exe"),
        folder.join(format!("{version}.msi")),
    );
    fs::write(&program, PROGRAM).expect("a file");
    build(&["msi", text(&program), version, text(&out)]);
    out
}

fn info(arguments: &[&str]) -> Vec<u8> {
    let out = output(Command::new("msiinfo").args(arguments));
    assert!(out.status.success(), "{out:?}");
    out.stdout
}

/// The rows of a table, each by the names of its columns.
fn table(package: &Path, name: &str) -> Vec<BTreeMap<String, String>> {
    let exported = String::from_utf8(info(&["export", text(package), name])).expect("text");
    let mut lines = exported
        .lines()
        .map(|line| line.trim_end_matches('\r').split('\t').map(str::to_owned));
    let columns: Vec<String> = lines.next().expect("names").collect();
    // Kinds of columns, and the name of the table with its keys.
    lines
        .skip(2)
        .map(|row| columns.iter().cloned().zip(row).collect())
        .collect()
}

/// The one row of a table whose column has this value.
fn row(package: &Path, name: &str, column: &str, value: &str) -> BTreeMap<String, String> {
    let mut found = table(package, name);
    found.retain(|row| row[column] == value);
    assert_eq!(found.len(), 1, "{name}.{column} = {value}: {found:?}");
    found.remove(0)
}

#[test]
fn an_msi_installs_the_program_as_a_service_of_little_rights() {
    let folder = tempfile::tempdir().expect("a folder");
    let package = msi(folder.path(), "1.2.3");
    let stream = |name: &str| info(&["extract", text(&package), name]);

    let program = row(&package, "File", "File", "Program");
    assert!(program["FileName"].ends_with("darkreach.exe"));
    assert_eq!(program["FileSize"], PROGRAM.len().to_string());
    let component = row(&package, "Component", "Component", &program["Component_"]);
    assert_eq!(component["Directory_"], "INSTALLDIR");
    // The service is that of the file that the component is known by.
    assert_eq!(component["KeyPath"], "Program");
    let above = row(&package, "Directory", "Directory", "INSTALLDIR");
    assert_eq!(above["Directory_Parent"], "ProgramFiles64Folder");
    // What is packed is what was given.
    let cabinet = folder.path().join("darkreach.cab");
    fs::write(&cabinet, stream("darkreach.cab")).expect("a file");
    assert!(
        fs::read(&cabinet)
            .expect("it was written")
            .starts_with(b"MSCF"),
        "no cabinet"
    );

    let service = row(&package, "ServiceInstall", "Name", "darkreach");
    assert_eq!(service["StartName"], "NT AUTHORITY\\LocalService");
    assert_eq!(service["ServiceType"], "16", "a process of its own");
    assert_eq!(service["StartType"], "2", "with the system");
    assert_eq!(service["Component_"], "Program");
    // A folder ends with a backslash there, which must not stand before a quote.
    assert_eq!(
        service["Arguments"],
        "service dispatch --portable \"[DATADIR].\""
    );
    let stop = row(&package, "ServiceControl", "ServiceControl", "Stop");
    // Stopped for an installation (2) and a removal (32), removed with it (128), and waited for.
    assert_eq!((&stop["Event"][..], &stop["Wait"][..]), ("162", "1"));
    let start = row(&package, "ServiceControl", "ServiceControl", "Start");
    assert_eq!((&start["Event"][..], &start["Wait"][..]), ("1", "0"));

    // The worker's token is in the data folder: nobody but system, administrators and service reads it.
    let rights = row(&package, "MsiLockPermissionsEx", "LockObject", "DATADIR");
    assert_eq!(
        rights["SDDLText"],
        "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;LS)"
    );
    row(&package, "CreateFolder", "Directory_", "DATADIR");
    let path = row(&package, "Environment", "Environment", "Path");
    assert_eq!(
        (&path["Name"][..], &path["Value"][..]),
        ("=-*PATH", "[~];[INSTALLDIR]")
    );
    let steps = table(&package, "InstallExecuteSequence");
    let step = |name: &str| {
        let found = steps.iter().find(|row| row["Action"] == name);
        let number = found.unwrap_or_else(|| panic!("no {name}"))["Sequence"].parse::<u32>();
        number.expect("a number")
    };
    assert!(step("StopServices") < step("RemoveFiles"));
    assert!(step("RemoveExistingProducts") < step("InstallFiles"));
    assert!(step("InstallFiles") < step("InstallServices"));
    assert!(step("InstallServices") < step("StartServices"));
    assert!(step("InstallFiles") < step("WriteEnvironmentStrings"));

    // The mark by which the program knows that it is not to update itself, beside it.
    let owner = row(&package, "File", "File", "Owner");
    assert!(owner["FileName"].ends_with("darkreach.managed-by"));
    let component = row(&package, "Component", "Component", &owner["Component_"]);
    assert_eq!(component["Directory_"], "INSTALLDIR");
}

#[test]
fn versions_of_an_msi_replace_each_other_upwards() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, two) = (msi(folder.path(), "1.2.3"), msi(folder.path(), "1.3.0"));
    let property =
        |package: &Path, name: &str| row(package, "Property", "Property", name)["Value"].clone();
    assert_eq!(property(&two, "ProductVersion"), "1.3.0");
    assert_eq!(property(&one, "UpgradeCode"), property(&two, "UpgradeCode"));
    assert_ne!(property(&one, "ProductCode"), property(&two, "ProductCode"));
    assert_eq!(property(&one, "ALLUSERS"), "1");
    let older = row(&two, "Upgrade", "ActionProperty", "WIX_UPGRADE_DETECTED");
    assert_eq!(older["UpgradeCode"], property(&two, "UpgradeCode"));
    assert_eq!(
        (&older["VersionMin"][..], &older["VersionMax"][..]),
        ("", "1.3.0")
    );
    let newer = row(&two, "Upgrade", "ActionProperty", "WIX_DOWNGRADE_DETECTED");
    assert_eq!(
        (&newer["VersionMin"][..], &newer["VersionMax"][..]),
        ("1.3.0", "")
    );
    row(
        &two,
        "LaunchCondition",
        "Condition",
        "NOT WIX_DOWNGRADE_DETECTED",
    );
    // A component is the same in every version.
    let components = |package: &Path| -> Vec<String> {
        let rows = table(package, "Component");
        rows.iter().map(|row| row["ComponentId"].clone()).collect()
    };
    assert_eq!(components(&one), components(&two));
    // The same version twice differs in the date of its summary alone.
    let tables = |package: &Path| info(&["export", text(package), "Property"]);
    let first = (
        tables(&one),
        info(&["extract", text(&one), "darkreach.cab"]),
    );
    let again = msi(folder.path(), "1.2.3");
    assert_eq!(first.0, tables(&again));
    assert!(first.1 == info(&["extract", text(&again), "darkreach.cab"]));
}

#[test]
fn what_windows_cannot_install_is_not_packed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (program, out) = (
        folder.path().join("darkreach.exe"),
        folder.path().join("out.msi"),
    );
    fs::write(&program, PROGRAM).expect("a file");
    let refused = |program: &str, version: &str, words: &str| {
        let made = try_build(&["msi", program, version, text(&out)]);
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(!made.status.success() && said.contains(words), "{said}");
        assert!(!out.exists());
    };
    refused(text(&program), "1.2.3-rc.1", "three numbers");
    refused("/bin/true", "1.2.3", "no program for Windows");
}
