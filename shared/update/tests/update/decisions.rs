//! What one host does with a release it believes.

use darkreach_update::{
    Channel, Decision, Installed, Seed, Version, bucket,
    document::{ArtifactKind, Release},
};

use crate::support::{NOW, TARGET, accept_at, release, trust};

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

/// A host in words.
struct Host {
    version: &'static str,
    target: &'static str,
    bad: &'static [&'static str],
    pin: Option<&'static str>,
}

const HOST: Host = Host {
    version: "1.0.5",
    target: TARGET,
    bad: &[],
    pin: None,
};

/// The decision of a host, as a word.
fn decide(release: &Release, host: &Host) -> String {
    let accepted = accept_at(&mut trust(), release, NOW).unwrap();
    let bad: Vec<Version> = host.bad.iter().map(|v| version(v)).collect();
    let pin = host.pin.map(version);
    let installed = Installed {
        version: &version(host.version),
        target: host.target,
        seed: &Seed::from_bytes([7; 32]),
        bad: &bad,
        pin: pin.as_ref(),
    };
    match accepted.release.decide(&installed) {
        Decision::Install {
            artifact,
            downgrade,
        } => format!("install {} {downgrade}", artifact.path),
        other => format!("{other:?}"),
    }
}

/// The host at another version.
fn at(version: &'static str) -> Host {
    Host { version, ..HOST }
}

const INSTALL: &str = "install 1.1.0/darkreach-x86_64-unknown-linux-gnu false";

#[test]
fn the_next_version_is_installed_and_the_same_one_is_not() {
    assert_eq!(decide(&release(1), &HOST), INSTALL);
    assert_eq!(decide(&release(1), &at("1.1.0")), "Current");
}

#[test]
fn a_step_back_needs_a_signed_order() {
    let newer = at("1.2.0-beta.3");
    assert_eq!(decide(&release(1), &newer), "Ahead");
    let mut order = release(1);
    order.downgrade = true;
    assert_eq!(decide(&order, &newer), INSTALL.replace("false", "true"));
}

#[test]
fn a_version_that_failed_here_is_not_tried_again() {
    let host = Host {
        bad: &["1.1.0"],
        ..HOST
    };
    assert_eq!(decide(&release(1), &host), "KnownBad");
    let mut order = release(1);
    order.minimum_version = version("1.1.0");
    assert_eq!(decide(&order, &host), "KnownBad");
}

#[test]
fn a_pin_holds_and_lets_its_own_version_through() {
    let pinned = |pin| Host {
        pin: Some(pin),
        ..HOST
    };
    assert_eq!(decide(&release(1), &pinned("1.0.5")), "Pinned");
    assert_eq!(decide(&release(1), &pinned("1.1.0")), INSTALL);
}

#[test]
fn a_program_for_another_platform_is_not_taken() {
    let host = Host {
        target: "aarch64-apple-darwin",
        ..HOST
    };
    assert_eq!(decide(&release(1), &host), "NoArtifact");
    // Nor what is no worker.
    let mut server = release(1);
    server.artifacts[0].kind = ArtifactKind::Server;
    assert_eq!(decide(&server, &HOST), "NoArtifact");
}

#[test]
fn hosts_outside_the_rollout_wait_unless_their_version_must_go() {
    let seed = Seed::from_bytes([7; 32]);
    let own = bucket(&seed, Channel::Stable, &version("1.1.0"));
    let mut staged = release(1);
    staged.rollout = own;
    let wait = format!("NotYet {{ percent: {own} }}");
    assert_eq!(decide(&staged, &HOST), wait);
    staged.rollout = own + 1;
    assert_eq!(decide(&staged, &HOST), INSTALL);
    staged.rollout = 0;
    staged.minimum_version = version("1.0.6");
    assert_eq!(decide(&staged, &HOST), INSTALL);
    staged.minimum_version = version("1.0.5");
    assert_eq!(decide(&staged, &HOST), "NotYet { percent: 0 }");
}
