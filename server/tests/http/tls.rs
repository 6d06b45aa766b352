//! HTTPS, and a certificate that is renewed while the server runs.

use std::{fs, path::Path};

use rcgen::generate_simple_self_signed;

use super::server::{Server, program};

/// A new pair for this machine; the certificate alone is returned.
fn renew(folder: &Path) -> String {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let pair = generate_simple_self_signed(names).unwrap();
    fs::write(folder.join("cert.pem"), pair.cert.pem()).unwrap();
    fs::write(folder.join("key.pem"), pair.signing_key.serialize_pem()).unwrap();
    pair.cert.pem()
}

/// Whether a new connection is trusted by somebody who trusts this certificate alone.
async fn trusted(server: &Server, certificate: &str) -> bool {
    let certificate = reqwest::Certificate::from_pem(certificate.as_bytes()).unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([certificate])
        .build()
        .unwrap();
    match client.get(format!("{}/healthz", server.url)).send().await {
        Ok(response) => {
            assert_eq!(response.status(), 200);
            assert_eq!(response.version(), reqwest::Version::HTTP_2);
            true
        }
        Err(error) => {
            let words = format!("{error:?}");
            assert!(words.contains("ertificate"), "{words}");
            false
        }
    }
}

#[tokio::test]
async fn a_renewed_certificate_is_used_from_the_next_connection_on() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    let first = renew(folder.path());
    let server = Server::start_with(&[
        "--tls-cert",
        cert.to_str().unwrap(),
        "--tls-key",
        key.to_str().unwrap(),
    ]);
    assert!(
        server.url.starts_with("https://127.0.0.1:"),
        "{}",
        server.url
    );
    assert!(trusted(&server, &first).await);
    let second = renew(folder.path());
    assert!(!trusted(&server, &first).await);
    assert!(trusted(&server, &second).await);

    fs::write(&key, "half-written").unwrap();
    assert!(trusted(&server, &second).await, "the old pair stays");
    let log = server.log();
    assert!(log.contains("key.pem"), "{log}");
}

#[test]
fn a_certificate_that_cannot_be_used_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    renew(folder.path());
    let other = tempfile::tempdir().unwrap();
    renew(other.path());
    for (cert, key, words) in [
        (
            folder.path().join("none.pem"),
            folder.path().join("key.pem"),
            "none.pem",
        ),
        (
            folder.path().join("key.pem"),
            folder.path().join("key.pem"),
            "no certificate",
        ),
        (
            folder.path().join("cert.pem"),
            other.path().join("key.pem"),
            "do not fit together",
        ),
    ] {
        let mut command = program();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]);
        command.arg(folder.path().join("data"));
        command
            .arg("--tls-cert")
            .arg(cert)
            .arg("--tls-key")
            .arg(key);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(message.contains(words), "{words}: {message}");
    }
}
