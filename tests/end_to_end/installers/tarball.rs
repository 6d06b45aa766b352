//! The program in a folder, for those who want nothing installed.

use std::fs;

use darkreach_e2e::root::Root;

use super::{build, text, worker};

#[test]
fn a_tarball_works_where_it_is_unpacked_and_goes_with_its_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = worker(folder.path(), "1.0.0");
    let path = |name: &str| folder.path().join(name);
    for out in ["one.tar.gz", "two.tar.gz"] {
        build(&["tarball", text(&program), "1.0.0", text(&path(out))]);
    }
    let read = |name: &str| fs::read(path(name)).expect("an archive");
    assert!(
        read("one.tar.gz") == read("two.tar.gz"),
        "two builds differ"
    );

    let root = Root::unpack("base");
    root.run(&["mkdir", "/opt/there"]);
    let before = root.everything();
    root.copy(&path("one.tar.gz"), "/tmp/one.tar.gz");
    root.run(&["tar", "-xzf", "/tmp/one.tar.gz", "-C", "/opt/there"]);
    let top = "/opt/there/darkreach-1.0.0";
    let program = format!("{top}/darkreach");
    assert_eq!(root.run(&[&program[..], "--version"]), "darkreach 1.0.0\n");
    for name in [
        "README.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "THIRD-PARTY.txt",
    ] {
        assert!(root.has(&format!("{top}/{name}")), "{name}");
    }
    // Nothing outside of the folder is written, not even by a search.
    let here = format!("{top}/here");
    let search = [
        "search", "kbn", "--k", "3", "--n", "1..50", "--base", "2", "--c", "1",
    ];
    let found = root.run(&[&[&program[..]], &search[..], &["--portable", &here]].concat());
    assert!(found.contains("3*2^41+1"), "{found}");
    root.run(&["rm", "-r", top]);
    assert_eq!(root.everything(), before);
}
