//! The runner: nothing twice, nothing half, nothing over what a newer program did; and the same
//! schema on a bare PostgreSQL and where a hosted platform prepared things.

use darkreach_server::{
    db::Db,
    migrate::{self, MigrateError},
    postgres::Throwaway,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};

use crate::bench::{Bench, scenarios};

scenarios! {
    a_database_of_a_newer_program_is_refused,
    two_runners_at_once_apply_each_migration_once,
    a_migration_that_fails_leaves_nothing_and_can_be_repeated,
    a_hosted_platform_ends_with_the_same_rights_and_keeps_what_is_its_own,
}

async fn execute(options: &PgConnectOptions, sql: &str) {
    let mut connection = PgConnection::connect_with(options).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

async fn lines(options: &PgConnectOptions, query: &str) -> Vec<String> {
    let mut connection = PgConnection::connect_with(options).await.unwrap();
    let lines = sqlx::query_scalar(AssertSqlSafe(query))
        .fetch_all(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    lines
}

#[tokio::test]
async fn again_does_nothing_and_the_schema_is_known_to_be_current() {
    let postgres = Throwaway::start().await.unwrap();
    let (owner, app) = (postgres.connections().owner(), postgres.connections().app());
    let db = Db::connect(app, 2).await.unwrap();
    assert!(!db.schema_is_current().await.unwrap());

    let first = migrate::run(owner.clone()).await.unwrap();
    assert_eq!(first.files[0], "000_prelude.sql");
    assert_eq!(first.files.last(), Some(&first.current));
    assert!(first.files.is_sorted());
    // Without the grant the roles cannot be taken: not ready to serve.
    assert!(!db.schema_is_current().await.unwrap());
    for _ in 0..2 {
        migrate::grant_app(owner.clone(), postgres.connections().app_role())
            .await
            .unwrap();
    }
    assert!(db.schema_is_current().await.unwrap());

    let again = migrate::run(owner.clone()).await.unwrap();
    assert!(again.files.is_empty());
    assert_eq!(again.current, first.current);

    execute(
        &owner,
        "UPDATE _sqlx_migrations SET checksum = 'x' WHERE version = 40",
    )
    .await;
    assert!(!db.schema_is_current().await.unwrap());
    let error = migrate::run(owner.clone()).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, MigrateError::Changed { .. }), "{text}");
    assert!(text.contains("004_coordination_tables.sql"), "{text}");
}

async fn a_database_of_a_newer_program_is_refused(bench: Bench) {
    let owner = bench.cluster.empty().await;
    migrate::run(owner.clone()).await.unwrap();
    let newer =
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (99990, 'of the future', true, 'x', 0)";
    execute(&owner, newer).await;
    let error = migrate::run(owner.clone()).await.unwrap_err();
    assert!(
        matches!(error, MigrateError::Newer { found: 99990, .. }),
        "{error}"
    );
    execute(
        &owner,
        "DELETE FROM _sqlx_migrations WHERE version IN (99990, 20)",
    )
    .await;
    let error = migrate::run(owner.clone()).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("002_create_functions.sql was never applied"),
        "{text}"
    );
}

async fn two_runners_at_once_apply_each_migration_once(bench: Bench) {
    let owner = bench.cluster.empty().await;
    let mut runners = tokio::task::JoinSet::new();
    for _ in 0..3 {
        runners.spawn(migrate::run(owner.clone()));
    }
    let runs = runners.join_all().await;
    let mut files: Vec<String> = runs
        .into_iter()
        .flat_map(|run| run.unwrap().files)
        .collect();
    let count = files.len();
    files.sort();
    files.dedup();
    assert_eq!(files.len(), count);
    let listed = lines(&owner, "SELECT description FROM _sqlx_migrations").await;
    assert_eq!(listed.len(), count);
}

async fn a_migration_that_fails_leaves_nothing_and_can_be_repeated(bench: Bench) {
    let owner = bench.cluster.empty().await;
    // In the way of the last thing that this migration creates.
    execute(&owner, "CREATE FUNCTION public.reclaim_stale_blocks(DOUBLE PRECISION) RETURNS BIGINT LANGUAGE sql AS 'SELECT 1::bigint'").await;
    let error = migrate::run(owner.clone()).await.unwrap_err();
    let MigrateError::Failed { file, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(file, "004_coordination_tables.sql");
    let tables = lines(
        &owner,
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    )
    .await;
    assert_eq!(tables, ["_sqlx_migrations", "primes"]);
    execute(
        &owner,
        "DROP FUNCTION public.reclaim_stale_blocks(DOUBLE PRECISION)",
    )
    .await;
    let repeated = migrate::run(owner.clone()).await.unwrap();
    assert_eq!(repeated.files[0], "004_coordination_tables.sql");
}

/// What a hosted platform has before our first migration: the roles, its own `auth`, the
/// publication, and default rights that would open every new table to everybody.
const HOSTED: &str = "
    CREATE SCHEMA auth;
    GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;
    CREATE TABLE auth.users (id UUID PRIMARY KEY, email TEXT, hosted BOOLEAN);
    CREATE FUNCTION auth.uid() RETURNS UUID LANGUAGE sql STABLE SET search_path = '' AS 'SELECT NULL::uuid';
    CREATE FUNCTION auth.role() RETURNS TEXT LANGUAGE sql STABLE SET search_path = '' AS 'SELECT ''hosted''';
    CREATE FUNCTION auth.jwt() RETURNS JSONB LANGUAGE sql STABLE SET search_path = '' AS 'SELECT NULL::jsonb';
    CREATE PUBLICATION supabase_realtime;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;";

/// Everything in `public` with who may do what.
const RIGHTS: &str = "
    SELECT format('%s %s %s %s', c.relkind, c.relname, a.grantee::regrole, a.privilege_type)
    FROM pg_class AS c, aclexplode(c.relacl) AS a
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v') AND a.grantee <> c.relowner
    UNION ALL
    SELECT format('f %s %s', p.oid::regprocedure, CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END)
    FROM pg_proc AS p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
    WHERE p.pronamespace = 'public'::regnamespace AND a.grantee <> p.proowner
    UNION ALL
    SELECT format('p %s %s %s %s', polrelid::regclass, polname, polcmd, polroles::regrole[]) FROM pg_policy
    UNION ALL
    SELECT format('t %s', prrelid::regclass) FROM pg_publication_rel
    ORDER BY 1";

async fn a_hosted_platform_ends_with_the_same_rights_and_keeps_what_is_its_own(bench: Bench) {
    let owner = bench.cluster.empty().await;
    let hosted = owner;
    execute(&hosted, HOSTED).await;
    migrate::run(hosted.clone()).await.unwrap();
    let (on_bare, on_hosted) = (
        lines(&bench.owner, RIGHTS).await,
        lines(&hosted, RIGHTS).await,
    );
    assert!(on_bare.len() > 50);
    assert_eq!(on_bare, on_hosted);
    let role = lines(&hosted, "SELECT auth.role()").await;
    assert_eq!(role, ["hosted"]);
    let columns = lines(
        &hosted,
        "SELECT attname::text FROM pg_attribute WHERE attrelid = 'auth.users'::regclass AND attnum > 0 ORDER BY attnum",
    )
    .await;
    assert_eq!(columns, ["id", "email", "hosted"]);
}
