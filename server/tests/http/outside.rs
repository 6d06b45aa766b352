//! A PostgreSQL that somebody else runs, by `DATABASE_URL`.

use std::process::Command;

use darkreach_server::postgres::Throwaway;
use sqlx::ConnectOptions;

use super::server::{Server, folder, problem, program};

fn with_urls(command: &mut Command, postgres: &Throwaway) {
    let connections = postgres.connections();
    command.env("DATABASE_URL", connections.app().to_url_lossy().as_str());
    command.env(
        "DIRECT_DATABASE_URL",
        connections.owner().to_url_lossy().as_str(),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_must_be_there_first_and_readyz_follows_the_database() {
    let postgres = Throwaway::start().await.unwrap();
    let folder = folder();
    let unused = folder.path().join("data");
    let mut command = program();
    with_urls(&mut command, &postgres);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(&unused);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("darkreach-server migrate"), "{message}");

    for _ in 0..2 {
        let mut migrate = program();
        with_urls(&mut migrate, &postgres);
        let output = migrate.arg("migrate").output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let mut command = program();
    with_urls(&mut command, &postgres);
    let server = Server::run(&mut command, &unused, &[]);
    assert!(!unused.exists(), "nothing of its own beside the database");
    assert_eq!(server.get("/readyz").await.status(), 200);
    drop(postgres);
    let refused = problem(server.get("/readyz").await, "unavailable").await;
    assert_eq!(refused.status, 503);
    assert!(refused.retry_after_seconds.is_some());
    problem(server.get("/api/v1/jobs").await, "unavailable").await;
    assert_eq!(
        server.get("/healthz").await.status(),
        200,
        "it lives all the same"
    );
}

#[test]
fn settings_that_make_no_sense_stop_the_start() {
    for (variables, words) in [
        (&[("DATABASE_URL", "")][..], "DATABASE_URL is set but empty"),
        (
            &[("DATABASE_URL", "mysql://me:s3cret@host/db")],
            "DATABASE_URL is not the URL",
        ),
        (
            &[("DIRECT_DATABASE_URL", "postgres://me:s3cret@host/db")],
            "set both or none",
        ),
        (&[("DB_MAX_CONNECTIONS", "many")], "many"),
        (&[("DB_MAX_CONNECTIONS", "0")], "0"),
        (
            &[("DATABASE_URL", "postgres://me:s3cret@127.0.0.1:1/db")],
            "hint:",
        ),
    ] {
        let mut command = program();
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        let output = command.envs(variables.iter().copied()).output().unwrap();
        assert!(!output.status.success(), "{variables:?}");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(message.contains(words), "{words}: {message}");
        assert!(!message.contains("s3cret"), "{message}");
    }
}
