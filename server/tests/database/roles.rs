//! Who may read and write what: by the catalog, by trying, and as the documentation says it.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::bench::{Bench, scenarios};

scenarios! {
    every_table_function_and_view_is_closed_and_explained,
    the_documented_rights_are_those_of_the_catalog,
    strangers_see_validated_results_and_do_no_work,
    the_login_role_by_itself_can_do_nothing,
}

const DOCUMENT: &str = include_str!("../../../docs/database.md");

/// Tables that do not protect their rows.
const UNPROTECTED: &str = "
    SELECT coalesce(string_agg(c.oid::regclass::text, ', '), '') FROM pg_class AS c
    WHERE c.relkind IN ('r', 'p') AND NOT c.relrowsecurity
      AND c.relnamespace IN ('public'::regnamespace, 'auth'::regnamespace)";

/// Functions that can be led astray by the caller's search path, or that act with other rights
/// than the caller's and are not among those of which rights.rs knows; views likewise.
const LOOSE: &str = "
    SELECT coalesce(string_agg(name, ', '), '') FROM (
        SELECT p.oid::regprocedure::text FROM pg_proc AS p
        WHERE p.pronamespace IN ('public'::regnamespace, 'auth'::regnamespace)
          AND (p.prosecdef AND p.proname NOT IN (
                 'ensure_time_partition', 'form_leaderboard', 'get_digit_distribution', 'get_discovery_timeline',
                 'get_stats', 'maintain_time_series', 'node_credit_totals', 'refresh_statistics') OR NOT coalesce(p.proconfig, '{}') && ARRAY(
                 SELECT s FROM unnest(p.proconfig) AS s WHERE s LIKE 'search_path=%'))
        UNION ALL
        SELECT c.oid::regclass::text FROM pg_class AS c
        WHERE c.relkind = 'v' AND c.relnamespace = 'public'::regnamespace
          AND NOT coalesce(c.reloptions, '{}') @> '{security_invoker=true}'
    ) AS l (name)";

/// Tables, columns that need words, functions and views without a comment.
const UNEXPLAINED: &str = "
    SELECT coalesce(string_agg(name, ', '), '') FROM (
        SELECT c.oid::regclass::text FROM pg_class AS c
        WHERE c.relkind IN ('r', 'p', 'v') AND c.relnamespace = 'public'::regnamespace
          AND c.relname <> '_sqlx_migrations' AND obj_description(c.oid, 'pg_class') IS NULL
        UNION ALL
        SELECT p.oid::regprocedure::text FROM pg_proc AS p
        WHERE p.pronamespace = 'public'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL
    ) AS u (name)";

async fn every_table_function_and_view_is_closed_and_explained(bench: Bench) {
    for query in [UNPROTECTED, LOOSE, UNEXPLAINED] {
        assert_eq!(bench.value::<String>(query).await, "");
    }
    // The same questions see what is planted.
    bench
        .sql(
            "CREATE TABLE public.open (x int);
              CREATE FUNCTION public.astray() RETURNS int LANGUAGE sql AS 'SELECT 1';
              CREATE FUNCTION public.mighty() RETURNS int LANGUAGE sql SECURITY DEFINER
                  SET search_path = pg_catalog AS 'SELECT 1';
              CREATE VIEW public.seen AS SELECT 1 AS x;",
        )
        .await;
    assert_eq!(bench.value::<String>(UNPROTECTED).await, "open");
    let loose = bench.value::<String>(LOOSE).await;
    for name in ["astray()", "mighty()", "seen"] {
        assert!(loose.contains(name), "{loose}");
    }
    assert!(bench.value::<String>(UNEXPLAINED).await.contains("open"));
}

/// What each role can do with each table and view of `public`, in words: a privilege counts only
/// together with a policy that lets rows through.
const POWERS: &str = "
    SELECT c.relname::text, r.role,
           coalesce(string_agg(CASE WHEN p.whom IS NULL THEN NULL
                                    WHEN p.whom LIKE '%is_maintainer%' THEN 'maintainers ' || w.word
                                    WHEN p.whom LIKE '%auth.uid%' THEN w.word || ' own'
                                    ELSE w.word END, ', ' ORDER BY w.place), '-')
    FROM pg_class AS c
    CROSS JOIN (VALUES ('anon'), ('authenticated'), ('service_role')) AS r (role)
    CROSS JOIN (VALUES (1, 'SELECT', 'r', 'read'), (2, 'INSERT', 'a', 'add'), (3, 'UPDATE', 'w', 'change'),
                       (4, 'DELETE', 'd', 'delete'), (5, 'TRUNCATE', '', 'truncate')) AS w (place, privilege, command, word)
    LEFT JOIN LATERAL (
        SELECT coalesce(pg_get_expr(p.polqual, c.oid), '') || coalesce(pg_get_expr(p.polwithcheck, c.oid), '') AS whom
        FROM pg_policy AS p
        WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd::text = w.command AND r.role::regrole = ANY (p.polroles)
        UNION ALL
        SELECT '' WHERE c.relkind = 'v'
    ) AS p ON CASE WHEN w.privilege IN ('SELECT', 'INSERT', 'UPDATE') THEN has_any_column_privilege(r.role, c.oid, w.privilege)
                   ELSE has_table_privilege(r.role, c.oid, w.privilege) END
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
    GROUP BY c.relname, r.role";

/// The rows of a table in the documentation, by first column.
fn documented(heading: &str) -> BTreeMap<String, Vec<String>> {
    let section = DOCUMENT
        .split(heading)
        .nth(1)
        .expect("the heading is there");
    section
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            let cells: Vec<String> = line
                .trim_matches('|')
                .split('|')
                .map(|cell| cell.trim().trim_matches('`').to_owned())
                .collect();
            (cells[0].clone(), cells[1..].to_vec())
        })
        .collect()
}

async fn the_documented_rights_are_those_of_the_catalog(bench: Bench) {
    let mut connection = bench.connect().await;
    let rows: Vec<(String, String, String)> = sqlx::query_as(POWERS)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let mut actual: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (table, role, powers) in rows {
        actual.entry(table).or_default().insert(role, powers);
    }
    let documented = documented("## Who may do what");
    let names: Vec<&String> = documented.keys().collect();
    assert_eq!(names, actual.keys().collect::<Vec<_>>());
    for (table, cells) in &documented {
        let powers: Vec<String> = actual[table].values().cloned().collect();
        assert_eq!(cells[..3], powers, "{table}");
    }

    let public: Vec<String> = sqlx::query_scalar(
        "SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
         AND has_function_privilege('anon', oid, 'EXECUTE') ORDER BY 1",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let all: Vec<String> = sqlx::query_scalar(
        "SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let functions = documented_functions();
    assert_eq!(functions.keys().cloned().collect::<Vec<_>>(), all);
    let everybodys: Vec<&String> = functions
        .iter()
        .filter(|(_, who)| *who == "everybody")
        .map(|(name, _)| name)
        .collect();
    assert_eq!(everybodys, public.iter().collect::<Vec<_>>());
}

fn documented_functions() -> BTreeMap<String, String> {
    documented("## Functions")
        .into_iter()
        .map(|(name, cells)| (name, cells[0].clone()))
        .collect()
}

async fn attempt(connection: &mut PgConnection, role: &str, sql: &str) -> Result<u64, String> {
    let mut tx = connection.begin().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("SET LOCAL ROLE {role}")))
        .execute(&mut *tx)
        .await
        .unwrap();
    let answer = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *tx).await;
    tx.rollback().await.unwrap();
    match answer {
        Ok(done) => Ok(done.rows_affected()),
        Err(sqlx::Error::Database(error)) => Err(error.code().unwrap_or_default().into_owned()),
        Err(error) => panic!("{error}"),
    }
}

async fn strangers_see_validated_results_and_do_no_work(bench: Bench) {
    bench.register("a").await;
    bench.job(4, 2).await;
    let leases = bench.claim("a", 2).await;
    bench.report("a", &leases[0]).await.unwrap();
    bench.check_all().await;
    bench.report("a", &leases[1]).await.unwrap();

    let mut connection = bench.connect().await;
    let denied = Err("42501".to_owned());
    for role in ["anon", "authenticated"] {
        let change = "UPDATE search_jobs SET status = 'cancelled'";
        assert_eq!(attempt(&mut connection, role, change).await, denied);
        for call in [
            "claim_work_block(1, 'x')",
            "authenticate_node('')",
            "worker_heartbeat('x')",
            "set_job_status(1, 'paused')",
        ] {
            let answer = attempt(&mut connection, role, &format!("SELECT {call}")).await;
            assert_eq!(answer, denied, "{role}: {call}");
        }
        // Two results are stored, one is validated.
        let visible = attempt(&mut connection, role, "SELECT * FROM results").await;
        assert_eq!(visible, Ok(1), "{role}");
    }
    assert_eq!(
        attempt(&mut connection, "service_role", "SELECT * FROM results").await,
        Ok(2)
    );
    // Not even the server rewrites history.
    for forbidden in [
        "DELETE FROM primes",
        "DELETE FROM results",
        "UPDATE operator_credits SET credit = 1",
        "UPDATE work_settings SET default_speed = 1",
    ] {
        assert_eq!(
            attempt(&mut connection, "service_role", forbidden).await,
            denied,
            "{forbidden}"
        );
    }
}

async fn the_login_role_by_itself_can_do_nothing(bench: Bench) {
    let mut connection = PgConnection::connect_with(&bench.app).await.unwrap();
    for sql in [
        "SELECT * FROM primes",
        "SELECT * FROM node_tokens",
        "SELECT claim_work_block(1, 'x')",
    ] {
        let error = sqlx::query(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("permission denied"),
            "{sql}: {error}"
        );
    }
}
