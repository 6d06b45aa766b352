//! The private PostgreSQL through everything that happens to one: a first start, crashes of either
//! process, a second server, folders that do not fit.

// In a test, helpers included, a panic is the report.
#![allow(clippy::unwrap_used)]

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use darkreach_server::postgres::{Connections, PostgresError, Private, Throwaway};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

/// Processes that work inside a folder: all of PostgreSQL's do.
fn processes_in(folder: &Path) -> Vec<u32> {
    let folder = folder.canonicalize().unwrap();
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let cwd = std::fs::read_link(entry.path().join("cwd")).ok()?;
            (cwd == folder).then_some(pid)
        })
        .collect()
}

async fn scalar<T>(options: &PgConnectOptions, query: &'static str) -> Result<T, sqlx::Error>
where
    T: Send + Unpin + sqlx::Type<sqlx::Postgres> + for<'r> sqlx::Decode<'r, sqlx::Postgres>,
{
    let mut connection = PgConnection::connect_with(options).await?;
    let value = sqlx::query_scalar(query).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(value)
}

async fn execute(options: &PgConnectOptions, query: &'static str) {
    let mut connection = PgConnection::connect_with(options).await.unwrap();
    sqlx::raw_sql(query).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

fn kill(signal: &str, pid: u32) {
    let status = std::process::Command::new("kill")
        .args([signal, &pid.to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

#[tokio::test]
async fn it_listens_on_no_network_and_lets_nobody_in_without_the_password() {
    let postgres = Throwaway::start().await.unwrap();
    let owner = postgres.connections().owner();
    let listen: String = scalar(&owner, "SHOW listen_addresses").await.unwrap();
    assert_eq!(listen, "");
    let methods = "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules";
    let methods: String = scalar(&owner, methods).await.unwrap();
    assert_eq!(methods, "scram-sha-256");
    let wrong = owner.clone().password("guess");
    let error = scalar::<i32>(&wrong, "SELECT 1").await.unwrap_err();
    assert!(
        error.to_string().contains("password authentication failed"),
        "{error}"
    );

    let app = postgres.connections().app();
    let powers = "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication \
                  OR rolinherit FROM pg_roles WHERE rolname = current_user";
    assert!(!scalar::<bool>(&app, powers).await.unwrap());
    let owns = "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole";
    assert_eq!(scalar::<i64>(&app, owns).await.unwrap(), 0);
    let create = "CREATE TABLE public.mine (x int)";
    let mut connection = PgConnection::connect_with(&app).await.unwrap();
    assert!(
        sqlx::raw_sql(create)
            .execute(&mut connection)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn its_folders_belong_to_an_unprivileged_user_alone() {
    let postgres = Throwaway::start().await.unwrap();
    let directory = postgres.private().directory();
    for name in ["postgres/data", "postgres/run"] {
        let metadata = std::fs::metadata(directory.join(name)).unwrap();
        assert_ne!(metadata.uid(), 0, "{name}");
        assert_eq!(metadata.mode() & 0o777, 0o700, "{name}");
    }
    let passwords = std::fs::metadata(directory.join("database-passwords.json")).unwrap();
    assert_eq!(passwords.mode() & 0o777, 0o600);
    for pid in processes_in(&directory.join("postgres/data")) {
        let uid = std::fs::metadata(format!("/proc/{pid}")).unwrap().uid();
        assert_ne!(uid, 0);
    }
}

#[tokio::test]
async fn data_survive_a_stop_and_nothing_is_left_running() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let first = Private::start(path).await.unwrap();
    execute(&first.owner(), "CREATE TABLE kept AS SELECT 17 AS x").await;
    let cluster = path.join("postgres/data");
    assert!(!processes_in(&cluster).is_empty());
    first.stop().await;
    assert_eq!(processes_in(&cluster), Vec::<u32>::new());
    assert!(!cluster.join("postmaster.pid").exists());

    let second = Private::start(path).await.unwrap();
    let kept: i32 = scalar(&second.owner(), "SELECT x FROM kept").await.unwrap();
    assert_eq!(kept, 17);
    second.stop().await;
}

#[tokio::test]
async fn a_killed_postmaster_is_started_again() {
    let postgres = Throwaway::start().await.unwrap();
    let owner = postgres.connections().owner();
    execute(&owner, "CREATE TABLE kept AS SELECT 17 AS x").await;
    let mut restarts = postgres.private().restarts();
    for round in 1..=2 {
        let before = postgres.private().postmaster().unwrap();
        kill("-KILL", before);
        restarts.wait_for(|count| *count == round).await.unwrap();
        assert_ne!(postgres.private().postmaster().unwrap(), before);
        let kept: i32 = scalar(&owner, "SELECT x FROM kept").await.unwrap();
        assert_eq!(kept, 17);
    }
}

#[tokio::test]
async fn one_that_dies_every_time_is_given_up_with_its_last_words() {
    let postgres = Throwaway::start().await.unwrap();
    let private = postgres.private();
    // A damaged cluster: no start can succeed from now on.
    let cluster = private.directory().join("postgres/data");
    std::fs::remove_file(cluster.join("global/pg_control")).unwrap();
    kill("-KILL", private.postmaster().unwrap());
    let error = private.gave_up().await;
    assert!(matches!(error, PostgresError::GaveUp { .. }), "{error}");
    assert!(error.to_string().contains("pg_control"), "{error}");
}

#[tokio::test]
async fn a_lock_file_whose_number_now_belongs_to_another_process_does_not_stop_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    Private::start(path).await.unwrap().stop().await;
    // A postmaster of the same account, elsewhere: PostgreSQL alone would refuse to start.
    let other = Throwaway::start().await.unwrap();
    let file = |folder: &Path| folder.join("postgres/data/postmaster.pid");
    let text = std::fs::read_to_string(file(other.private().directory())).unwrap();
    std::fs::write(file(path), text).unwrap();

    let private = Private::start(path).await.unwrap();
    assert_ne!(private.postmaster(), other.private().postmaster());
    private.stop().await;
    let alive = scalar::<i32>(&other.connections().owner(), "SELECT 1").await;
    assert_eq!(alive.unwrap(), 1, "the other process was left alone");
}

#[tokio::test]
async fn a_second_start_is_refused_but_can_use_the_running_one() {
    let folder = tempfile::tempdir().unwrap();
    let first = Private::start(folder.path()).await.unwrap();
    let error = Private::start(folder.path()).await.unwrap_err();
    assert!(error.to_string().contains("in use by another"), "{error}");
    let connections = Connections::of_running(first.directory()).unwrap();
    let one: i32 = scalar(&connections.app(), "SELECT 1").await.unwrap();
    assert_eq!(one, 1);
    first.stop().await;
    let error = Connections::of_running(folder.path()).unwrap_err();
    assert!(matches!(error, PostgresError::NotRunning(_)), "{error}");
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_works() {
    let folder = tempfile::tempdir().unwrap();
    set_mode(folder.path(), 0o711);
    let path = folder.path().join("x".repeat(120));
    let private = Private::start(&path).await.unwrap();
    let sockets: String = scalar(&private.owner(), "SHOW unix_socket_directories")
        .await
        .unwrap();
    let sockets = PathBuf::from(sockets);
    assert!(!sockets.starts_with(&path));
    assert_eq!(std::fs::metadata(&sockets).unwrap().mode() & 0o777, 0o700);
    let found = Connections::of_running(private.directory()).unwrap();
    let one: i32 = scalar(&found.app(), "SELECT 1").await.unwrap();
    assert_eq!(one, 1);
    private.stop().await;
    assert!(!sockets.exists());
}

#[tokio::test]
async fn a_folder_that_the_account_cannot_enter_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ours = std::fs::metadata(folder.path()).unwrap().uid();
    if ours != 0 {
        // Without root's rights PostgreSQL runs as this user, who reaches what this user made.
        return;
    }
    set_mode(folder.path(), 0o700);
    let error = Private::start(&folder.path().join("data"))
        .await
        .unwrap_err();
    let words = format!("may not enter {}", folder.path().display());
    assert!(error.to_string().contains(&words), "{error}");
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
