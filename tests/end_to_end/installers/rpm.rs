//! The package of Fedora and openSUSE, on a Debian that has `rpm`: there rpm knows of no other package,
//! so what it asks for is read, and not looked for.

use std::fs;

use super::{architecture, build, life::Life, text};

fn rpm(version: &str) -> impl FnOnce(&str, &str) {
    let version = version.to_owned();
    move |program, package| build(&["rpm", program, &version, architecture().1, package])
}

#[test]
fn an_rpm_is_installed_works_is_upgraded_and_goes_without_a_trace() {
    let life = Life::new("tools");
    let root = &life.root;
    // The first call makes rpm's own files.
    root.run(&["rpm", "--initdb"]);
    let (one, two) = (
        life.package("1.0.0", rpm("1.0.0")),
        life.package("1.1.0", rpm("1.1.0")),
    );
    let asks = root.run(&["rpm", "--query", "--requires", "--package", &one]);
    assert!(asks.contains("libc.so.6"), "{asks}");
    assert!(asks.contains("/usr/sbin/useradd"), "{asks}");
    root.run(&["rpm", "--install", "--nodeps", &one]);
    root.run(&["rpm", "--verify", "--nodeps", "darkreach"]);
    life.installed("1.0.0", "dnf, zypper or rpm");
    // systemd is on this system, though it does not run: it understands the unit.
    root.run(&["systemd-analyze", "verify", "darkreach.service"]);
    life.settings_changed();
    root.run(&["rpm", "--upgrade", "--nodeps", &two]);
    life.upgraded("1.1.0");
    root.run(&["rpm", "--erase", "darkreach"]);
    life.removed();
    // What stays by the custom of rpm goes as docs/installing.md says.
    root.run(&["rm", "--recursive", "/var/lib/darkreach", "/etc/darkreach"]);
    root.run(&["userdel", "darkreach"]);
    life.without_a_trace();
}

#[test]
fn an_rpm_is_the_same_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let make = |out: &str| {
        let path = folder.path().join(out);
        rpm("1.0.0-rc.1")("/bin/true", text(&path));
        fs::read(path).expect("a package")
    };
    assert!(make("one.rpm") == make("two.rpm"), "two builds differ");
}
