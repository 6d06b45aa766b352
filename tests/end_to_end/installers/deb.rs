//! The package of Debian.

use std::{fs, process::Command};

use darkreach_e2e::{process::output, root::Root};

use super::{architecture, build, life::Life, text, try_build};

fn deb(version: &str) -> impl FnOnce(&str, &str) {
    let version = version.to_owned();
    move |program, package| build(&["deb", program, &version, architecture().0, package])
}

#[test]
fn a_deb_is_installed_works_is_upgraded_and_goes_without_a_trace() {
    let life = Life::new("base");
    let (one, two) = (
        life.package("1.0.0", deb("1.0.0")),
        life.package("1.1.0", deb("1.1.0")),
    );
    life.root.run(&["dpkg", "--install", &one]);
    life.installed("1.0.0", "apt or dpkg");
    life.settings_changed();
    life.root.run(&["dpkg", "--install", &two]);
    life.upgraded("1.1.0");
    life.root.run(&["dpkg", "--remove", "darkreach"]);
    life.removed();
    // Removed is not purged: installed again it goes on where it was.
    life.root.run(&["dpkg", "--install", &two]);
    life.upgraded("1.1.0");
    life.root.run(&["dpkg", "--purge", "darkreach"]);
    life.without_a_trace();
}

#[test]
fn purging_a_deb_leaves_a_folder_alone_that_is_not_ours() {
    let root = Root::unpack("base");
    let folder = tempfile::tempdir().expect("a folder");
    let package = folder.path().join("one.deb");
    deb("1.0.0")("/bin/true", text(&package));
    root.copy(&package, "/tmp/one.deb");
    root.run(&["dpkg", "--install", "/tmp/one.deb"]);
    root.run(&["sh", "-c", "echo mine >/var/lib/darkreach/letter"]);
    root.run(&["dpkg", "--purge", "darkreach"]);
    assert_eq!(root.read("/var/lib/darkreach/letter"), "mine\n");
}

#[test]
fn a_deb_is_the_same_twice_and_asks_for_the_glibc_of_its_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    // Any program of this machine will do.
    let program = path("program");
    fs::copy("/bin/true", &program).expect("a program");
    let make = |out: &str| {
        deb("1.0.0-rc.1")(text(&program), text(&path(out)));
        fs::read(path(out)).expect("a package")
    };
    assert!(make("one.deb") == make("two.deb"), "two builds differ");
    let field = |name: &str| {
        let mut command = Command::new("dpkg-deb");
        command.arg("--field").arg(path("one.deb")).arg(name);
        let out = output(&mut command);
        assert!(out.status.success(), "{out:?}");
        String::from_utf8(out.stdout).expect("text")
    };
    // A candidate is older than the release.
    assert_eq!(field("Version").trim(), "1.0.0~rc.1");
    assert!(
        field("Depends").contains("libc6 (>= 2."),
        "{}",
        field("Depends")
    );
    // The program inside is the signed one, to the byte.
    let inside = "dpkg-deb --fsys-tarfile \"$0\" | tar -xO ./usr/bin/darkreach";
    let mut command = Command::new("sh");
    let inside = output(command.args(["-c", inside, text(&path("one.deb"))])).stdout;
    assert!(inside == fs::read(&program).expect("a program"));

    // A static program, as releases have them, asks for no glibc.
    let source = path("source.c");
    fs::write(&source, "int main(void) { return 0; }").expect("a file");
    let mut command = Command::new("cc");
    command.args(["-static", "-o"]).arg(path("static"));
    assert!(output(command.arg(&source)).status.success());
    deb("1.0.0")(text(&path("static")), text(&path("one.deb")));
    assert_eq!(field("Depends").trim(), "adduser");

    for (version, program) in [("one", text(&program)), ("1.0.0", "/nowhere")] {
        let refused = try_build(&["deb", program, version, "amd64", text(&path("three.deb"))]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(
            !refused.status.success() && said.contains("is no "),
            "{said}"
        );
        assert!(!path("three.deb").exists());
    }
}
