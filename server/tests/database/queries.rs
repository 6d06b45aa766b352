//! Every query in the database layer matches the schema: each literal in its source is prepared on
//! the migrated database, in the role that serves.

use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqlSafeStr};

use crate::bench::{Bench, scenarios};

scenarios! {
    every_query_matches_the_schema,
}

/// The calls that take a statement.
const CALLS: [&str; 3] = ["query(", "query_as(", "query_scalar("];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
}

/// The argument of each call: a string literal, or what stands there instead.
fn statements(source: &str) -> Vec<Result<String, String>> {
    let mut found = Vec::new();
    for call in CALLS {
        for (at, _) in source.match_indices(call) {
            let before = source[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let rest = source[at + call.len()..].trim_start();
            let Some(literal) = rest.strip_prefix('"') else {
                found.push(Err(rest.chars().take(40).collect()));
                continue;
            };
            let mut text = String::new();
            let mut characters = literal.chars();
            while let Some(c) = characters.next() {
                match c {
                    '"' => break,
                    '\\' => match characters.next() {
                        Some('\n') => text = text.trim_end().to_owned() + " ",
                        Some(escaped) => text.push(escaped),
                        None => break,
                    },
                    c => text.push(c),
                }
            }
            found.push(Ok(text));
        }
    }
    found
}

#[test]
fn literals_are_read_as_the_compiler_does() {
    let source = "query(\"SELECT 1\") sqlx::query_as(\n  \"SELECT \\\"a\\\" \\\n   FROM t\") my_query(\"no\") query_scalar(TEXT)";
    assert_eq!(
        statements(source),
        [
            Ok("SELECT 1".to_owned()),
            Ok("SELECT \"a\"    FROM t".to_owned()),
            Err("TEXT)".to_owned())
        ]
    );
}

async fn every_query_matches_the_schema(bench: Bench) {
    let mut connection = PgConnection::connect_with(&bench.app).await.unwrap();
    sqlx::raw_sql("SET ROLE service_role")
        .execute(&mut connection)
        .await
        .unwrap();
    let mut files = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/db"),
        &mut files,
    );
    let mut prepared = 0;
    for file in files {
        for statement in statements(&std::fs::read_to_string(&file).unwrap()) {
            let place = file.display();
            let text = statement.unwrap_or_else(|other| {
                panic!("{place}: {other}: a query that is not a literal is not checked")
            });
            (&mut connection)
                .prepare(AssertSqlSafe(text.clone()).into_sql_str())
                .await
                .unwrap_or_else(|error| panic!("{place}: {text}: {error}"));
            prepared += 1;
        }
    }
    assert!(prepared >= 80, "{prepared}");
    // It sees a query of another day.
    let renamed = "SELECT worker_id FROM operator_nodes";
    assert!(
        (&mut connection)
            .prepare(AssertSqlSafe(renamed).into_sql_str())
            .await
            .is_err()
    );
}
