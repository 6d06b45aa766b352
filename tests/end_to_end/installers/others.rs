//! What is made here and used elsewhere: manifests for Homebrew, winget and Scoop, the package of macOS
//! and the units. Nothing of it can be run here; what it says is read.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use darkreach_e2e::process::output;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::{build, mirror, text, try_build};

/// A folder as `darkreach-release build` leaves it, with other contents.
fn dist() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in [
        "darkreach-aarch64-apple-darwin",
        "darkreach-x86_64-apple-darwin",
        "darkreach-x86_64-unknown-linux-gnu",
        "darkreach-x86_64-pc-windows-gnu.exe",
        "darkreach-server-x86_64-pc-windows-gnu.exe",
        "darkreach-1.2.3-x64.msi",
    ] {
        fs::write(folder.path().join(name), name).expect("a file");
    }
    folder
}

/// The digest of a file of [`dist`].
fn digest(name: &str) -> String {
    let digest = Sha256::digest(name.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The fields of a file that is nothing but fields: lines `name: value`, and those of its one list.
fn fields(path: &Path) -> Vec<(String, String)> {
    let all = fs::read_to_string(path).expect("a file");
    all.lines()
        .filter_map(|line| line.trim_start_matches(['-', ' ']).split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
        .collect()
}

#[test]
fn winget_s_manifests_have_what_its_schema_asks_for() {
    let (dist, out) = (dist(), tempfile::tempdir().expect("a folder"));
    build(&["winget", text(dist.path()), "1.2.3", text(out.path())]);
    let file = |part: &str| out.path().join(format!("Darkreach.Darkreach{part}.yaml"));
    let common = [
        "PackageIdentifier",
        "PackageVersion",
        "ManifestType",
        "ManifestVersion",
    ];
    let value = |part: &str, name: &str| {
        let fields = fields(&file(part));
        let mut found = fields.into_iter().filter(|(field, _)| field == name);
        let one = found
            .next()
            .unwrap_or_else(|| panic!("{part}: no {name}"))
            .1;
        assert_eq!(found.next(), None, "{part}: {name}");
        one
    };
    for (part, kind, needed) in [
        ("", "version", &["DefaultLocale"][..]),
        (
            ".installer",
            "installer",
            &[
                "Architecture",
                "InstallerType",
                "InstallerUrl",
                "InstallerSha256",
            ],
        ),
        (
            ".locale.en-US",
            "defaultLocale",
            &[
                "PackageLocale",
                "Publisher",
                "PackageName",
                "License",
                "ShortDescription",
            ],
        ),
    ] {
        for name in common.iter().chain(needed) {
            assert!(!value(part, name).is_empty(), "{part}: {name}");
        }
        assert_eq!(value(part, "ManifestType"), kind);
        assert_eq!(value(part, "PackageVersion"), "1.2.3");
    }
    let msi = "darkreach-1.2.3-x64.msi";
    assert_eq!(
        value(".installer", "InstallerSha256"),
        digest(msi).to_uppercase()
    );
    let url = value(".installer", "InstallerUrl");
    assert!(
        url.starts_with("https://") && url.ends_with(&format!("/1.2.3/{msi}")),
        "{url}"
    );
    assert_eq!(
        value("", "DefaultLocale"),
        value(".locale.en-US", "PackageLocale")
    );
    // The number by which Windows knows the product is that of the package itself.
    let (program, package) = (out.path().join("p.exe"), out.path().join("p.msi"));
    fs::write(&program, "MZ").expect("a file");
    build(&["msi", text(&program), "1.2.3", text(&package)]);
    let properties = output(Command::new("msiinfo").args(["export", text(&package), "Property"]));
    let properties = String::from_utf8_lossy(&properties.stdout).into_owned();
    let code = value(".installer", "ProductCode");
    assert!(
        properties.contains(&format!("ProductCode\t{code}")),
        "{code}: {properties}"
    );
}

#[test]
fn scoop_s_manifest_has_what_its_documentation_asks_for() {
    let (dist, out) = (dist(), tempfile::tempdir().expect("a folder"));
    let out = out.path().join("darkreach.json");
    build(&["scoop", text(dist.path()), "1.2.3", text(&out)]);
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(out).expect("a file")).expect("JSON");
    for name in ["version", "description", "homepage", "license", "bin"] {
        assert!(manifest[name].is_string(), "{name}");
    }
    assert_eq!(manifest["license"], "MIT|Apache-2.0");
    let program = &manifest["architecture"]["64bit"];
    assert_eq!(
        program["hash"],
        digest("darkreach-x86_64-pc-windows-gnu.exe")
    );
    let url = program["url"].as_str().expect("an address");
    // What stands behind # is the name that the file gets.
    assert!(
        url.ends_with("/1.2.3/darkreach-x86_64-pc-windows-gnu.exe#/darkreach.exe"),
        "{url}"
    );
    assert_eq!(manifest["bin"], "darkreach.exe");
}

#[test]
fn homebrew_s_formula_names_every_program_with_its_digest() {
    let (dist, out) = (dist(), tempfile::tempdir().expect("a folder"));
    let out = out.path().join("darkreach.rb");
    build(&["homebrew", text(dist.path()), "1.2.3", text(&out)]);
    let formula = fs::read_to_string(out).expect("a file");
    let lines: Vec<&str> = formula.lines().map(str::trim).collect();
    for name in [
        "darkreach-aarch64-apple-darwin",
        "darkreach-x86_64-apple-darwin",
        "darkreach-x86_64-unknown-linux-gnu",
    ] {
        let at = lines
            .iter()
            .position(|line| line.starts_with("url ") && line.contains(name));
        let at = at.unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(lines[at + 1], format!("sha256 \"{}\"", digest(name)));
    }
    assert!(formula.contains("managed-by\").write \"Homebrew\\n\""));
    let opened = lines.iter().filter(|line| {
        line.ends_with(" do") || line.starts_with("def ") || line.starts_with("class ")
    });
    assert_eq!(
        opened.count(),
        lines.iter().filter(|line| **line == "end").count()
    );
}

#[test]
fn a_release_that_lacks_a_platform_gets_no_manifest() {
    let (dist, out) = (dist(), tempfile::tempdir().expect("a folder"));
    fs::remove_file(dist.path().join("darkreach-x86_64-apple-darwin")).expect("it was there");
    let out = out.path().join("darkreach.rb");
    let made = try_build(&["homebrew", text(dist.path()), "1.2.3", text(&out)]);
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(
        !made.status.success() && said.contains("0 files like darkreach-x86_64-apple-darwin"),
        "{said}"
    );
    assert!(!out.exists());
}

/// Apple's `pkgbuild` is not here: in its place a script notes what it is given.
#[test]
fn the_macos_package_is_given_program_daemon_mark_and_uninstaller() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let stand_in = "#!/bin/sh\nout=\"$(dirname \"$0\")/given\"\nmkdir \"$out\"\n\
                    printf '%s\\n' \"$@\" >\"$out/arguments\"\n\
                    while [ $# -gt 1 ]; do case $1 in --root|--scripts) cp -R \"$2\" \"$out/${1#--}\";; esac; shift; done\n";
    fs::create_dir(path("bin")).expect("a folder");
    fs::write(path("bin/pkgbuild"), stand_in).expect("a file");
    fs::set_permissions(path("bin/pkgbuild"), fs::Permissions::from_mode(0o755)).expect("chmod");
    let search = format!(
        "{}:{}",
        path("bin").display(),
        std::env::var("PATH").expect("a path")
    );
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../installers/build");
    let mut command = Command::new(script);
    command
        .args(["macos-pkg", "/bin/true", "1.2.3", text(&path("out.pkg"))])
        .env("PATH", search);
    let made = output(&mut command);
    assert!(made.status.success(), "{made:?}");

    let given = |name: &str| path("bin/given").join(name);
    let read =
        |name: &str| fs::read_to_string(given(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert!(read("arguments").contains("--version\n1.2.3\n"));
    let prefix = "root/usr/local";
    assert_eq!(
        fs::read(given(&format!("{prefix}/bin/darkreach"))).expect("the program"),
        fs::read("/bin/true").expect("a program")
    );
    assert_eq!(
        read(&format!("{prefix}/share/darkreach/managed-by")),
        "the macOS package\n"
    );
    let daemon = read("root/Library/LaunchDaemons/darkreach.worker.plist");
    assert!(daemon.contains("<key>UserName</key>\n    <string>_darkreach</string>"));
    assert!(
        daemon.contains("<string>/usr/local/bin/darkreach</string>\n        <string>run</string>")
    );
    for script in [
        "scripts/preinstall",
        "scripts/postinstall",
        "root/usr/local/share/darkreach/uninstall.sh",
    ] {
        let checked = output(Command::new("sh").arg("-n").arg(given(script)));
        assert!(checked.status.success(), "{script}: {checked:?}");
        let rights = fs::metadata(given(script)).expect(script).permissions();
        assert_eq!(rights.mode() & 0o777, 0o755, "{script}");
    }
    // What the installer makes, the uninstaller takes away.
    let uninstaller = read("root/usr/local/share/darkreach/uninstall.sh");
    for made in [
        "/Library/LaunchDaemons/darkreach.worker.plist",
        "/usr/local/bin/darkreach",
        "-delete \"/Users/_darkreach\"",
        "/usr/local/share/darkreach",
        "--forget \"darkreach.worker\"",
    ] {
        assert!(uninstaller.contains(made), "{made}");
    }
}

#[test]
fn units_alone_are_those_of_the_packages() {
    let folder = tempfile::tempdir().expect("a folder");
    let unit = |kind: &str| -> String {
        let out: PathBuf = folder.path().join(kind);
        build(&["unit", kind, text(&out)]);
        fs::read_to_string(out).expect("a unit")
    };
    assert!(
        unit("systemd")
            .contains("\nExecStart=/usr/bin/darkreach run --data-dir /var/lib/darkreach ")
    );
    let daemon = unit("launchd");
    // Every element that is opened is closed.
    for element in ["plist", "dict", "array", "key", "string", "integer"] {
        let opened = daemon.matches(&format!("<{element}>")).count()
            + daemon.matches(&format!("<{element} ")).count();
        assert_eq!(
            opened,
            daemon.matches(&format!("</{element}>")).count(),
            "{element}"
        );
    }
    let windows = unit("windows");
    assert!(
        windows.lines().count() > 3
            && windows.matches("\r\n").count() == windows.matches('\n').count()
    );
    assert!(
        windows.contains("sc.exe create darkreach start= auto obj= \"NT AUTHORITY\\LocalService\"")
    );
}

/// PowerShell is not here. What can be read without it: the keys of the channel and no other stand in
/// the script, it is whole, and what it was given for an address cannot leave its quotes.
#[test]
fn install_ps1_carries_the_keys_of_its_channel() {
    let folder = tempfile::tempdir().expect("a folder");
    let (root, out) = (
        folder.path().join("root.signed"),
        folder.path().join("install.ps1"),
    );
    fs::write(&root, mirror::root()).expect("a file");
    let make = |server: &str| {
        try_build(&[
            "install.ps1",
            "--root",
            text(&root),
            "--server",
            server,
            text(&out),
        ])
    };
    assert!(make("https://darkreach.example").status.success());
    let script = fs::read_to_string(&out).expect("a script");
    let keys = |name: &str| {
        let line = script
            .lines()
            .find(|line| line.starts_with(&format!("${name} = '")));
        let line = line.unwrap_or_else(|| panic!("no {name}"));
        let keys = line.split('\'').nth(1).expect("quotes");
        keys.split(' ').map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(keys("Keys"), [11, 12, 13].map(mirror::public));
    assert_eq!(keys("FreshKeys"), [41].map(mirror::public));
    assert!(script.contains("$Threshold = [int]'2'\n"));
    assert!(script.contains("$FreshThreshold = [int]'1'\n"));
    assert!(!script.contains("_KEYS@") && !script.contains("@SERVER@"));
    for (open, close) in [('{', '}'), ('(', ')')] {
        assert_eq!(
            script.matches(open).count(),
            script.matches(close).count(),
            "{open}"
        );
    }
    fs::remove_file(&out).expect("it is there");
    assert!(!make("https://a'; Remove-Item x; '").status.success());
    assert!(!out.exists());
}

#[test]
fn the_placeholder_of_an_address_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = try_build(&["unit", "systemd", text(&folder.path().join("unit"))]);
    let said = String::from_utf8_lossy(&made.stderr);
    let description = Path::new(env!("CARGO_MANIFEST_DIR")).join("../installers/description");
    let description = fs::read_to_string(description).expect("the description");
    let placeholder = description.contains("\nhomepage=https://darkreach.example\n");
    assert_eq!(said.contains("which is no address"), placeholder, "{said}");
}
