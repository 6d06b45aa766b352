//! Releases: uploaded with a token for exactly that, fetched by everybody, held by a person or by too
//! many failures.

use darkreach_protocol::{
    paths,
    release::{HoldRequest, ReleaseStatus, Tried, UpdateReport, UpdateState},
};
use darkreach_update::{
    Channel, SecretKey, Trust, Unverified,
    document::{Artifact, ArtifactKind, Document, Release, Role, Root},
    seal,
};
use reqwest::{Method, Response};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    node::Node,
    server::{Server, folder, problem, program},
};

const PROGRAM: &[u8] = b"a program of some length, longer than a few bytes";

fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

fn role(threshold: u8, keys: &[u8]) -> Role {
    Role {
        threshold,
        epoch: 1,
        keys: keys.iter().map(|n| key(*n).public()).collect(),
    }
}

fn signed<T: Document>(document: &T, keys: &[u8]) -> Unverified {
    let mut envelope = seal(document.to_payload().unwrap()).unwrap();
    for number in keys {
        envelope.sign(&key(*number));
    }
    envelope
}

/// Good for a century: nothing here is about dates.
const SPAN: (u64, u64) = (1_700_000_000, 4_800_000_000);

fn root(version: u64) -> Root {
    let roles = [
        role(2, &[1, 2]),
        role(2, &[11, 12]),
        role(2, &[11, 12]),
        role(1, &[31]),
        role(1, &[41]),
    ];
    let [root, stable, beta, nightly, fresh] = roles;
    Root::new(version, SPAN, root, stable, beta, nightly, fresh)
}

fn release(sequence: u64, version: &str) -> Release {
    let artifact = Artifact {
        kind: ArtifactKind::Worker,
        target: "x86_64-unknown-linux-gnu".to_owned(),
        path: "1.0.0/darkreach".to_owned(),
        size: PROGRAM.len() as u64,
        sha256: Sha256::digest(PROGRAM).into(),
        blake3: [7; 32],
    };
    let mut release = Release::new(Channel::Nightly, version.parse().unwrap(), vec![artifact]);
    (release.issued, release.expires) = SPAN;
    release.sequence = sequence;
    release
}

/// A server with a freshness key, and what a maintainer has.
struct Bench {
    server: Server,
    _folder: tempfile::TempDir,
    token: String,
}

impl Bench {
    fn start() -> Self {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder();
        let file = folder.path().join("freshness.key");
        std::fs::write(&file, key(41).to_file()).unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
        let server = Server::start_with(&["--freshness-key", file.to_str().unwrap()]);
        let token = token(&server, &["root", "nightly", "files"]);
        Self {
            server,
            _folder: folder,
            token,
        }
    }

    async fn send(&self, method: Method, path: &str, body: Vec<u8>) -> Response {
        let request = self.server.request(method, path).bearer_auth(&self.token);
        request.body(body).send().await.unwrap()
    }

    async fn upload_root(&self, document: &Unverified) -> Response {
        self.send(Method::POST, &paths::release_root(0), document.to_bytes())
            .await
    }

    async fn upload(&self, release: &Release, keys: &[u8]) -> Response {
        let document = signed(release, keys).to_bytes();
        let path = paths::release_channel(release.channel.name());
        self.send(Method::POST, &path, document).await
    }

    /// With root and file in place.
    async fn prepared() -> Self {
        let bench = Self::start();
        let answer = bench.upload_root(&signed(&root(1), &[1, 2])).await;
        assert_eq!(answer.status(), 204);
        let path = paths::release_file("1.0.0/darkreach");
        let answer = bench.send(Method::PUT, &path, PROGRAM.to_vec()).await;
        assert_eq!(answer.status(), 201);
        bench
    }
}

fn token(server: &Server, scopes: &[&str]) -> String {
    let mut arguments = vec!["release-token", "add", "test"];
    for scope in scopes {
        arguments.extend(["--scope", scope]);
    }
    let output = server.command(&arguments);
    assert!(output.status.success(), "{output:?}");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    said["token"].as_str().unwrap().to_owned()
}

/// From upload to what a node accepts.
#[tokio::test]
async fn a_release_is_uploaded_fetched_and_believed() {
    let bench = Bench::prepared().await;
    let server = &bench.server;
    let channel = paths::release_channel("nightly");
    assert_eq!(server.get(&channel).await.status(), 204, "nothing offered");
    assert_eq!(
        bench.upload(&release(1, "1.0.0"), &[31]).await.status(),
        204
    );

    // What everybody fetches, judged as a node judges it.
    let fetch = async |path: &str| {
        let answer = server.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        Unverified::parse(&answer.bytes().await.unwrap()).unwrap()
    };
    let pinned = fetch(&paths::release_root(1)).await;
    let mut trust = Trust::pinned(&pinned.to_bytes()).unwrap();
    let document = fetch(&channel).await;
    let fresh = fetch(paths::RELEASE_FRESHNESS).await;
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let accepted = trust.accept(Channel::Nightly, &document, &fresh, now.as_secs());
    assert_eq!(accepted.unwrap().release.version.to_string(), "1.0.0");

    // The file, whole and in parts.
    let file = paths::release_file("1.0.0/darkreach");
    let whole = server.get(&file).await;
    assert_eq!(whole.headers()["accept-ranges"], "bytes");
    assert_eq!(whole.headers()["content-length"], PROGRAM.len().to_string());
    assert_eq!(whole.bytes().await.unwrap(), PROGRAM);
    for (range, part) in [("bytes=10-", &PROGRAM[10..]), ("bytes=3-5", &PROGRAM[3..6])] {
        let request = server.request(Method::GET, &file).header("range", range);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 206);
        assert!(answer.headers().contains_key("content-range"));
        assert_eq!(answer.bytes().await.unwrap(), part, "{range}");
    }
    let beyond = server
        .request(Method::GET, &file)
        .header("range", "bytes=999-");
    // A status without a problem of its own is told as a bad request.
    problem(beyond.send().await.unwrap(), "bad-request").await;
}

#[tokio::test]
async fn what_is_not_signed_newer_or_there_is_refused() {
    let bench = Bench::prepared().await;
    problem(
        bench.upload(&release(1, "1.0.0"), &[11, 12]).await,
        "invalid",
    )
    .await;
    problem(bench.upload(&release(1, "1.0.0"), &[]).await, "invalid").await;
    let mut elsewhere = release(1, "1.0.0");
    elsewhere.artifacts[0].path = "1.0.0/missing".to_owned();
    problem(bench.upload(&elsewhere, &[31]).await, "invalid").await;

    assert_eq!(
        bench.upload(&release(5, "1.0.0"), &[31]).await.status(),
        204
    );
    // The same again is fine, an older or another one is not.
    assert_eq!(
        bench.upload(&release(5, "1.0.0"), &[31]).await.status(),
        204
    );
    problem(bench.upload(&release(4, "1.0.0"), &[31]).await, "invalid").await;
    let mut twin = release(5, "1.0.0");
    twin.rollout = 3;
    problem(bench.upload(&twin, &[31]).await, "invalid").await;
    // One version is one set of files.
    let mut other = release(6, "1.0.0");
    other.artifacts[0].sha256 = [1; 32];
    problem(bench.upload(&other, &[31]).await, "invalid").await;

    // Roots follow each other.
    problem(
        bench.upload_root(&signed(&root(3), &[1, 2])).await,
        "invalid",
    )
    .await;
    problem(bench.upload_root(&signed(&root(2), &[1])).await, "invalid").await;
    assert_eq!(
        bench.upload_root(&signed(&root(2), &[1, 2])).await.status(),
        204
    );
    // A file is never replaced, and none leaves its folder.
    let path = paths::release_file("1.0.0/darkreach");
    let again = bench.send(Method::PUT, &path, b"other".to_vec()).await;
    problem(again, "result-conflict").await;
    for path in ["..%2Fx", "a%2F..%2F..%2Fx", ".hidden", "a%5Cb"] {
        let path = paths::release_file(path);
        let answer = bench.send(Method::PUT, &path, b"x".to_vec()).await;
        problem(answer, "not-found").await;
    }
}

#[tokio::test]
async fn a_token_is_good_for_its_scope_alone() {
    let mut bench = Bench::prepared().await;
    let good = std::mem::take(&mut bench.token);
    bench.token = "drt_nonsense".to_owned();
    problem(
        bench.upload(&release(1, "1.0.0"), &[31]).await,
        "unauthorized",
    )
    .await;
    bench.token = token(&bench.server, &["halt"]);
    problem(
        bench.upload(&release(1, "1.0.0"), &[31]).await,
        "unauthorized",
    )
    .await;
    let path = paths::release_file("1.0.0/x");
    let put = bench.send(Method::PUT, &path, vec![1]).await;
    problem(put, "unauthorized").await;
    bench.token = good;
    assert_eq!(
        bench.upload(&release(1, "1.0.0"), &[31]).await.status(),
        204
    );
    // Without a token nothing but reading is possible, and a revoked one is none.
    let status = bench.server.get(paths::RELEASE_STATUS).await;
    problem(status, "unauthorized").await;
    let revoked = bench.server.command(&["release-token", "revoke", "1"]);
    assert!(revoked.status.success(), "{revoked:?}");
    problem(
        bench.upload(&release(2, "1.0.0"), &[31]).await,
        "unauthorized",
    )
    .await;
}

#[tokio::test]
async fn a_hold_stops_at_once_and_only_a_newer_document_ends_it() {
    let mut bench = Bench::prepared().await;
    let good = bench.token.clone();
    bench.upload(&release(1, "1.0.0"), &[31]).await;
    bench.token = token(&bench.server, &["halt"]);
    let hold = HoldRequest {
        reason: "it crashes".to_owned(),
    };
    let request = bench
        .server
        .request(Method::POST, &paths::release_hold("nightly"))
        .bearer_auth(&bench.token)
        .json(&hold);
    assert_eq!(request.send().await.unwrap().status(), 204);
    let channel = paths::release_channel("nightly");
    assert_eq!(bench.server.get(&channel).await.status(), 204);
    let status = status(&bench).await;
    assert_eq!(status.channels[0].held.as_deref(), Some("it crashes"));
    let actions: Vec<&str> = status.audit.iter().map(|a| a.action.as_str()).collect();
    assert_eq!(actions[..2], ["hold", "add token"]);

    bench.token = good;
    assert_eq!(
        bench.upload(&release(2, "1.0.0"), &[31]).await.status(),
        204
    );
    assert_eq!(bench.server.get(&channel).await.status(), 200);
}

async fn status(bench: &Bench) -> ReleaseStatus {
    let request = bench
        .server
        .request(Method::GET, paths::RELEASE_STATUS)
        .bearer_auth(&bench.token);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn too_many_failures_of_nodes_that_worked_hold_a_release() {
    let bench = Bench::prepared().await;
    let server = &bench.server;
    bench.upload(&release(1, "1.0.0"), &[31]).await;
    let job = server.job("3", "1..200", "20");
    let channel = paths::release_channel("nightly");
    let report = |healthy| UpdateReport {
        running: "0.9.0".to_owned(),
        channel: "nightly".to_owned(),
        state: UpdateState::RolledBack,
        detail: Some("it hangs".to_owned()),
        tried: Some(Tried {
            version: "1.0.0".to_owned(),
            healthy,
        }),
    };
    let say = async |node: &Node<'_>, healthy| {
        let request = node.request(Method::POST, paths::RELEASE_REPORTS);
        let answer = request.json(&report(healthy)).send().await.unwrap();
        assert_eq!(answer.status(), 204);
    };
    // Strangers that never worked have no say.
    for _ in 0..4 {
        say(&Node::register(server).await, false).await;
    }
    assert_eq!(server.get(&channel).await.status(), 200);
    // Nodes with a validated block do: the third one is enough.
    for failed in 1..=3 {
        let node = Node::register(server).await;
        let lease = node.claim(1).await.remove(0);
        let answer = node.report(lease.id, &super::node::work(&lease)).await;
        assert_eq!(answer.status(), 200);
        server.wait_for("validated");
        say(&node, false).await;
        let expected = if failed < 3 { 200 } else { 204 };
        assert_eq!(server.get(&channel).await.status(), expected, "{failed}");
    }
    let status = status(&bench).await;
    let held = status.channels[0].held.as_deref();
    assert_eq!(held, Some("3 of 3 nodes could not use it"));
    assert_eq!(
        (status.outcomes[0].healthy, status.outcomes[0].failed),
        (0, 7)
    );
    assert!(
        status
            .adoption
            .iter()
            .any(|a| a.version == "0.9.0" && a.nodes == 7)
    );
    assert_eq!(server.json(&paths::job(job)).await["id"], job);
}

#[tokio::test]
async fn a_freshness_key_that_others_can_read_is_refused() {
    let folder = folder();
    let file = folder.path().join("freshness.key");
    std::fs::write(&file, key(41).to_file()).unwrap();
    let mut command = program();
    let output = command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path().join("data"))
        .arg("--freshness-key")
        .arg(&file)
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("can be read by others"), "{said}");
    assert!(!said.contains("darkreach secret key"), "{said}");
}
