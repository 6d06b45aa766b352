//! HTTPS served by the server itself.

use std::{fs, process::Command};

use darkreach_e2e::{
    process::{output, program},
    server::Server,
    worker::Worker,
};

/// A worker with the server's authority works over TLS; one without it says what is wrong.
#[test]
fn a_worker_works_over_tls_and_distrusts_a_stranger() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let key = rcgen::generate_simple_self_signed(["localhost".into(), "127.0.0.1".into()])
        .expect("a certificate");
    let (cert_file, key_file) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    fs::write(&cert_file, key.cert.pem()).expect("write");
    fs::write(&key_file, key.signing_key.serialize_pem()).expect("write");
    let (cert, key) = (
        cert_file.to_str().expect("UTF-8"),
        key_file.to_str().expect("UTF-8"),
    );
    let server = Server::start_with(&["--tls-cert", cert, "--tls-key", key]);
    assert!(
        server.url.starts_with("https://127.0.0.1:"),
        "{}",
        server.url
    );
    // A job of nothing but the claim itself; the REST checks of other tests go over plain HTTP.
    server.job("1..100", "50", 2, 1, 50);

    let worker = Worker::attach_with(&server.url, &["--ca-certificate", cert]);
    let mut process = worker.run(&["--until-idle"]);
    let (status, events) = process.finish();
    assert!(status.success(), "{}", process.log());
    assert_eq!(events.iter().filter(|e| e["event"] == "receipt").count(), 2);

    let state = dir.path().join("stranger");
    let mut command = Command::new(program("darkreach"));
    command
        .args(["attach", &server.url, "--data-dir"])
        .arg(&state);
    let refused = output(&mut command);
    assert!(!refused.status.success());
    let message = String::from_utf8_lossy(&refused.stderr).to_lowercase();
    assert!(message.contains("certificate"), "{message}");
}
