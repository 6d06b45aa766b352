//! The commands of docs/releasing.md that make installers, to the letter.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

use darkreach_e2e::process::output;

use super::mirror;

#[test]
fn every_documented_command_makes_what_it_names() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(repository.join("docs/releasing.md")).expect("the page");
    let section = page.split("\n## Installers\n").nth(1).expect("a section");
    let block = section.split("```").nth(1).expect("a block");
    let commands: Vec<&str> = block
        .lines()
        .filter(|line| line.starts_with("installers/build "))
        // Apple's own program is needed for this one; another test has a stand-in.
        .filter(|line| !line.contains("macos-pkg"))
        .collect();
    assert!(commands.len() >= 10, "{block}");

    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    symlink(repository.join("installers"), path("installers")).expect("a link");
    fs::write(path("root.signed"), mirror::root()).expect("a file");
    fs::create_dir(path("dist")).expect("a folder");
    for target in [
        "aarch64-apple-darwin",
        "x86_64-apple-darwin",
        "x86_64-unknown-linux-gnu",
    ] {
        let to = path(&format!("dist/darkreach-{target}"));
        fs::copy("/bin/true", to).expect("a program");
    }
    fs::write(path("dist/darkreach-x86_64-pc-windows-gnu.exe"), "MZ").expect("a file");
    for command in commands {
        let made = output(
            Command::new("bash")
                .args(["-c", command])
                .env("PACKAGE_EFFORT", "0")
                .current_dir(folder.path()),
        );
        assert!(made.status.success(), "{command}: {made:?}");
        let words = command.split('#').next().expect("words").split_whitespace();
        let out = path(words.last().expect("a name"));
        assert!(out.exists(), "{command}");
    }
}
