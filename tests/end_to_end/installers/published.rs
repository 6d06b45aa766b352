//! `install.sh` and the real server, with a release that was published as maintainers do.

use std::fs;

use darkreach_e2e::root::Root;

use super::{build, text};
use crate::updates::World;

#[test]
fn what_a_maintainer_publishes_is_what_install_sh_installs() {
    let mut world = World::start();
    world.offer("1.1.0", "none");
    let (script, document) = (world.path("install.sh"), world.text("root.signed"));
    let server = &world.server.url;
    let places = ["--server", server, "--root", &document, text(&script)];
    build(&[&["install.sh", "--channel", "nightly"], &places[..]].concat());

    let root = Root::unpack("base");
    root.copy(&script, "/tmp/install.sh");
    let said = root.run(&["sh", "/tmp/install.sh"]);
    assert!(said.contains("darkreach 1.1.0 is installed"), "{said}");
    let installed = root.path().join("usr/local/bin/darkreach");
    let published = world.path("1.1.0/darkreach-x86_64-unknown-linux-gnu");
    assert!(fs::read(installed).expect("installed") == fs::read(published).expect("published"));

    // A newer one takes its place.
    world.offer("1.2.0", "none");
    root.run(&["sh", "/tmp/install.sh"]);
    let version = root.run(&["/usr/local/bin/darkreach", "--version"]);
    assert_eq!(version, "darkreach 1.2.0\n");
}
