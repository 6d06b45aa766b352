//! Statistics are right on an empty, a small and a large database, before and after a refresh; and
//! functions do not fail always.

use darkreach_server::db::stats;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::bench::{Bench, scenarios};

scenarios! {
    the_totals_are_right_on_an_empty_a_small_and_a_large_database,
    no_function_fails_for_a_reason_of_its_own,
}

/// What the functions must answer, counted the slow way.
const SLOW: &str = "SELECT jsonb_build_object(
    'stats', (SELECT jsonb_build_object('primes', count(*), 'largest_digits', coalesce(max(digits), 0), 'by_form',
        coalesce((SELECT jsonb_object_agg(form, n) FROM (SELECT form, count(*) AS n FROM primes GROUP BY form) AS f), '{}')) FROM primes),
    'sevens', (SELECT jsonb_agg(to_jsonb(t)) FROM (SELECT digits / 7 * 7 AS digits_from, form, count(*) AS primes FROM primes GROUP BY 1, 2 ORDER BY 1, 2) AS t),
    'digits', (SELECT jsonb_agg(to_jsonb(t)) FROM (SELECT digits / 10 * 10 AS digits_from, form, count(*) AS primes FROM primes GROUP BY 1, 2 ORDER BY 1, 2) AS t),
    'timeline', (SELECT jsonb_agg(to_jsonb(t)) FROM (SELECT date_trunc('month', found_at, 'UTC') AS bucket, form, count(*) AS discoveries FROM primes GROUP BY 1, 2 ORDER BY 1, 2) AS t),
    'board', (SELECT jsonb_agg(to_jsonb(t)) FROM (SELECT form, count(*) AS primes, max(digits) AS max_digits FROM primes GROUP BY 1 ORDER BY 2 DESC, 3 DESC, 1) AS t))";

const QUICK: &str = "SELECT jsonb_build_object(
    'stats', get_stats(),
    'sevens', (SELECT jsonb_agg(to_jsonb(t)) FROM get_digit_distribution(7) AS t),
    'digits', (SELECT jsonb_agg(to_jsonb(t)) FROM get_digit_distribution(10) AS t),
    'timeline', (SELECT jsonb_agg(to_jsonb(t)) FROM get_discovery_timeline('month') AS t),
    'board', (SELECT jsonb_agg(to_jsonb(t)) FROM (SELECT form, primes, max_digits FROM form_leaderboard()) AS t))";

async fn assert_right(bench: &Bench, when: &str) {
    let (slow, quick): (serde_json::Value, serde_json::Value) =
        (bench.value(SLOW).await, bench.value(QUICK).await);
    assert_eq!(quick, slow, "{when}");
}

async fn the_totals_are_right_on_an_empty_a_small_and_a_large_database(bench: Bench) {
    assert_right(&bench, "empty").await;
    assert_eq!(
        bench.value::<serde_json::Value>("SELECT get_stats()").await,
        serde_json::json!({"primes": 0, "largest_digits": 0, "by_form": {}})
    );
    assert!(stats::refresh(&bench.db).await.unwrap());
    assert_right(&bench, "empty, refreshed").await;
    let add = |from: i64, to: i64| {
        format!(
            "INSERT INTO primes (form, expression, digits, proof_method, found_at)
             SELECT (ARRAY['kbn', 'twin', 'cullen'])[1 + i % 3], i::text, 1 + (i * 7919) % 5000, 'probabilistic',
                    '2026-01-01'::timestamptz + make_interval(hours => (i % 9000)::int)
             FROM generate_series({from}, {to}) AS i"
        )
    };
    bench.sql(&add(1, 3)).await;
    assert_right(&bench, "small, after an old refresh").await;
    bench.sql("SELECT refresh_statistics()").await;
    assert_right(&bench, "small, refreshed").await;
    bench.sql(&add(4, 50_000)).await;
    assert_right(&bench, "large, after an old refresh").await;
    bench.sql("SELECT refresh_statistics()").await;
    bench.sql(&add(50_001, 50_010)).await;
    assert_right(&bench, "large, a few since the refresh").await;
    // A stranger gets the same answer, and cannot look behind it.
    let mut anon = PgConnection::connect_with(&bench.app).await.unwrap();
    sqlx::raw_sql("SET ROLE anon")
        .execute(&mut anon)
        .await
        .unwrap();
    let total: i64 = sqlx::query_scalar("SELECT (get_stats() ->> 'primes')::bigint")
        .fetch_one(&mut anon)
        .await
        .unwrap();
    assert_eq!(total, 50_010);
}

async fn no_function_fails_for_a_reason_of_its_own(bench: Bench) {
    let mut service = PgConnection::connect_with(&bench.app).await.unwrap();
    sqlx::raw_sql("SET ROLE service_role")
        .execute(&mut service)
        .await
        .unwrap();
    let functions: Vec<(String, i32)> = sqlx::query_as(
        "SELECT p.oid::regprocedure::text,
                (SELECT count(*)::int FROM unnest(p.proargtypes))
         FROM pg_proc AS p WHERE p.pronamespace = 'public'::regnamespace AND p.prorettype <> 'trigger'::regtype
         ORDER BY 1",
    )
    .fetch_all(&mut service)
    .await
    .unwrap();
    assert!(functions.len() > 80, "{}", functions.len());
    for (function, _) in functions {
        // Each argument missing, and each a plausible value.
        let (name, types) = function.split_once('(').unwrap();
        let types: Vec<&str> = types
            .trim_end_matches(')')
            .split(',')
            .filter(|t| !t.is_empty())
            .collect();
        for value in ["NULL", "plausible"] {
            let arguments: Vec<String> = types
                .iter()
                .map(|kind| match (value, *kind) {
                    ("NULL", kind) => format!("NULL::{kind}"),
                    (_, "jsonb") => "'[]'::jsonb".to_owned(),
                    (_, "text") => "'stable'".to_owned(),
                    (_, "boolean") => "true".to_owned(),
                    (_, "uuid") => "gen_random_uuid()".to_owned(),
                    (_, "bytea") => "sha256('x')".to_owned(),
                    (_, "inet") => "inet '192.0.2.1'".to_owned(),
                    (_, "date") => "current_date".to_owned(),
                    (_, kind) if kind.starts_with("timestamp") => "now()".to_owned(),
                    (_, kind) if kind.ends_with("[]") => format!("'{{1}}'::{kind}"),
                    (_, "projects") => "(SELECT p FROM projects AS p LIMIT 1)".to_owned(),
                    (_, kind) => format!("1::{kind}"),
                })
                .collect();
            let call = format!("SELECT {name}({})", arguments.join(", "));
            let mut tx = service.begin().await.unwrap();
            let outcome = sqlx::raw_sql(AssertSqlSafe(call.clone()))
                .execute(&mut *tx)
                .await;
            tx.rollback().await.unwrap();
            let Err(sqlx::Error::Database(refusal)) = outcome else {
                outcome.unwrap_or_else(|error| panic!("{call}: {error}"));
                continue;
            };
            // Rules (DR), constraints and malformed values are answers; anything else is a defect.
            let code = refusal.code().unwrap();
            let answer = ["DR", "22", "23"]
                .iter()
                .any(|class| code.starts_with(class));
            assert!(answer, "{call}: {refusal} ({code})");
        }
    }
}
