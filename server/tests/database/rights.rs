//! What each role can do, tried out: as a stranger, as two different users, and as the server.
//!
//! The lists here are the intent, written down a second time; that the documentation says the same
//! as the catalog is tested beside it.

use darkreach_server::db::Db;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::bench::{Bench, scenarios};

scenarios! {
    a_login_role_that_row_level_security_does_not_bind_is_noticed,
    strangers_and_users_read_what_they_may_and_write_nothing,
    what_is_personal_is_read_by_its_owner_alone,
    nobody_promotes_credits_or_trusts_himself,
    by_the_catalog_no_personal_column_is_open_and_people_write_only_their_profiles,
    only_functions_over_public_data_are_open_and_definers_are_argued,
}

const ALICE: &str = "11111111-1111-1111-1111-111111111111";
const BOB: &str = "22222222-2222-2222-2222-222222222222";

/// Readable by everybody.
const PUBLIC: &[&str] = &[
    "cost_calibrations",
    "job_overview",
    "primes",
    "project_phases",
    "projects",
    "records",
    "results",
    "search_jobs",
    "work_blocks",
    "worker_release_channels",
    "worker_releases",
];

/// Readable by users beside what everybody reads; row policies may leave nothing of it.
const USERS: &[&str] = &[
    "agent_budgets",
    "agent_events",
    "agent_memory",
    "agent_permissions",
    "agent_roles",
    "agent_schedules",
    "agent_tasks",
    "agent_templates",
    "agent_usage_daily",
    "credit_log",
    "metric_rollups_daily",
    "node_addresses",
    "operator_contacts",
    "operator_credits",
    "operator_keys",
    "operator_nodes",
    "operator_trust",
    "operators",
    "project_events",
    "strategy_config",
    "strategy_decisions",
    "system_logs",
    "system_metrics",
    "user_profiles",
    "verification_queue",
    "volunteer_trust",
    "volunteer_workers",
    "volunteers",
    "workers",
];

/// A connection of the serving role that has taken an API role, with an account's claims.
async fn become_role(bench: &Bench, role: &str, account: Option<&str>) -> PgConnection {
    let mut connection = PgConnection::connect_with(&bench.app).await.unwrap();
    let claims = account.map_or(String::new(), |id| {
        format!(r#"{{"sub": "{id}", "role": "{role}"}}"#)
    });
    let take = format!("SET ROLE {role}; SET request.jwt.claims = '{claims}'");
    sqlx::raw_sql(AssertSqlSafe(take))
        .execute(&mut connection)
        .await
        .unwrap();
    connection
}

/// The SQLSTATE of a statement that fails, empty if it does not. Nothing it does stays.
async fn attempt(connection: &mut PgConnection, statement: &str) -> String {
    let mut tx = connection.begin().await.unwrap();
    let outcome = sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut *tx)
        .await;
    tx.rollback().await.unwrap();
    match outcome {
        Ok(_) => String::new(),
        Err(sqlx::Error::Database(refusal)) => refusal.code().unwrap().into_owned(),
        Err(other) => panic!("{statement}: {other}"),
    }
}

async fn column<T>(connection: &mut PgConnection, query: &str) -> Vec<T>
where
    T: Send + Unpin + sqlx::Type<sqlx::Postgres> + for<'r> sqlx::Decode<'r, sqlx::Postgres>,
{
    sqlx::query_scalar(AssertSqlSafe(query))
        .fetch_all(connection)
        .await
        .unwrap()
}

/// Tables and views of `public` with the columns that can be written, partitions left out.
const RELATIONS: &str = "
    SELECT c.relname::text, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
        AND NOT a.attisdropped AND a.attidentity = ''
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
      AND NOT c.relispartition AND c.relname <> '_sqlx_migrations'
    GROUP BY c.relname ORDER BY c.relname";

async fn strangers_and_users_read_what_they_may_and_write_nothing(bench: Bench) {
    let mut owner = bench.connect().await;
    let relations: Vec<(String, String)> = sqlx::query_as(RELATIONS)
        .fetch_all(&mut owner)
        .await
        .unwrap();
    assert!(relations.len() > 45, "{}", relations.len());
    for (role, account) in [
        ("anon", None),
        ("authenticated", Some(ALICE)),
        ("authenticated", Some(BOB)),
    ] {
        let mut connection = become_role(&bench, role, account).await;
        for (table, columns) in &relations {
            let name = table.as_str();
            let readable = PUBLIC.contains(&name) || role != "anon" && USERS.contains(&name);
            let read = attempt(&mut connection, &format!("SELECT * FROM {table} LIMIT 1")).await;
            assert_eq!(
                read,
                if readable { "" } else { "42501" },
                "{role} reads {table}"
            );

            let first = columns.split(',').next().unwrap();
            for write in [
                format!("INSERT INTO {table} ({first}) SELECT NULL WHERE false"),
                format!("UPDATE {table} SET {first} = NULL WHERE false"),
                format!("DELETE FROM {table} WHERE false"),
                format!("TRUNCATE {table}"),
            ] {
                // An account makes its own profile; what it may write there is tried below.
                if name == "user_profiles" && role != "anon" && write.starts_with("INSERT") {
                    continue;
                }
                let code = attempt(&mut connection, &write).await;
                // 55000, 42809, 428C9: a view that nobody can write or truncate.
                let refused = ["42501", "55000", "42809", "428C9"].contains(&code.as_str());
                assert!(refused, "{role}: {write}: {code:?}");
            }
        }
        let sequences: Vec<String> = column(
            &mut owner,
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace",
        )
        .await;
        for sequence in sequences {
            let next = format!("SELECT nextval('{sequence}')");
            assert_eq!(
                attempt(&mut connection, &next).await,
                "42501",
                "{role}: {next}"
            );
        }
        let private = "SELECT * FROM darkreach_private.form_totals";
        assert_eq!(attempt(&mut connection, private).await, "42501", "{role}");
        let create = "CREATE TABLE public.mine (x int)";
        assert_eq!(attempt(&mut connection, create).await, "42501", "{role}");
        connection.close().await.unwrap();
    }

    let mut service = become_role(&bench, "service_role", None).await;
    for (table, _) in &relations {
        let read = attempt(&mut service, &format!("SELECT * FROM {table} LIMIT 1")).await;
        assert_eq!(read, "", "service_role reads {table}");
    }
    for write in [
        "UPDATE work_settings SET max_new_nodes = 1",
        "TRUNCATE primes",
        "DELETE FROM primes",
        "UPDATE operator_credits SET credit = 1",
        "UPDATE project_events SET summary = ''",
        "SELECT * FROM darkreach_private.form_totals",
    ] {
        assert_eq!(attempt(&mut service, write).await, "42501", "{write}");
    }
}

/// Two accounts with everything that belongs to one: profile, operator, address, key, node, trust,
/// credit.
async fn two_people(bench: &Bench) {
    bench.register("alice-node").await;
    bench.register("bob-node").await;
    let job = bench.job(2, 1).await;
    bench
        .sql(&format!(
            "INSERT INTO auth.users (id, email) VALUES ('{ALICE}', 'alice@example.org'), ('{BOB}', 'bob@example.org');
             INSERT INTO user_profiles (user_id, display_name) VALUES ('{ALICE}', 'Alice'), ('{BOB}', 'Bob');
             SELECT register_operator('{ALICE}', 'Alice', 'alice@example.org', sha256('a')),
                    register_operator('{BOB}', 'Bob', 'bob@example.org', sha256('b'));
             SELECT attach_node('alice-node', (SELECT id FROM operators WHERE name = 'Alice')),
                    attach_node('bob-node', (SELECT id FROM operators WHERE name = 'Bob'));
             INSERT INTO operator_trust (node_id) VALUES ('alice-node'), ('bob-node');
             INSERT INTO operator_credits (node_id, operator_id, block_id, credit)
             SELECT n.node_id, n.operator_id, b.id, 1
             FROM (SELECT *, row_number() OVER (ORDER BY node_id) AS i FROM operator_nodes) AS n
             JOIN (SELECT *, row_number() OVER (ORDER BY id) AS i FROM work_blocks WHERE search_job_id = {}) AS b USING (i);
             INSERT INTO workers (worker_id) VALUES ('alice-node');
             INSERT INTO agent_memory (agent, key, value) VALUES ('planner', 'k', '1');
             INSERT INTO system_logs (level, source, message) VALUES ('info', 'test', 'hello')",
            job.id
        ))
        .await;
}

async fn what_is_personal_is_read_by_its_owner_alone(bench: Bench) {
    two_people(&bench).await;
    let personal = [
        ("user_profiles", "display_name", ["Alice", "Bob"]),
        ("operators", "name", ["Alice", "Bob"]),
        ("volunteers", "name", ["Alice", "Bob"]),
        (
            "operator_contacts",
            "email",
            ["alice@example.org", "bob@example.org"],
        ),
        (
            "operator_keys",
            "encode(key_hash, 'hex')",
            [
                "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
                "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d",
            ],
        ),
        ("operator_nodes", "node_id", ["alice-node", "bob-node"]),
        ("volunteer_workers", "worker_id", ["alice-node", "bob-node"]),
        ("operator_trust", "node_id", ["alice-node", "bob-node"]),
        ("operator_credits", "node_id", ["alice-node", "bob-node"]),
        ("credit_log", "worker_id", ["alice-node", "bob-node"]),
        ("node_addresses", "node_id", ["alice-node", "bob-node"]),
    ];
    for (place, account) in [ALICE, BOB].into_iter().enumerate() {
        let mut user = become_role(&bench, "authenticated", Some(account)).await;
        for (table, value, owners) in &personal {
            let seen: Vec<String> = column(
                &mut user,
                &format!("SELECT {value} FROM {table} ORDER BY 1"),
            )
            .await;
            assert_eq!(seen, [owners[place]], "{table}");
        }
        // Operations are for maintainers.
        for table in [
            "workers",
            "agent_memory",
            "system_logs",
            "agent_budgets",
            "strategy_config",
        ] {
            let seen: Vec<i64> = column(&mut user, &format!("SELECT count(*) FROM {table}")).await;
            assert_eq!(seen, [0], "{table}");
        }
        user.close().await.unwrap();
    }
    // Without an account in the request there is nobody to own anything.
    let mut nobody = become_role(&bench, "authenticated", None).await;
    for (table, ..) in &personal {
        let seen: Vec<i64> = column(&mut nobody, &format!("SELECT count(*) FROM {table}")).await;
        assert_eq!(seen, [0], "{table}");
    }

    bench
        .sql(&format!("SELECT set_user_role('{ALICE}', 'maintainer')"))
        .await;
    for (account, rows) in [(ALICE, 1), (BOB, 0)] {
        let mut user = become_role(&bench, "authenticated", Some(account)).await;
        for table in ["workers", "agent_memory", "system_logs", "strategy_config"] {
            let seen: Vec<i64> = column(&mut user, &format!("SELECT count(*) FROM {table}")).await;
            assert_eq!(seen, [rows], "{account} {table}");
        }
        // Not even a maintainer reads other people's addresses through the API.
        let seen: Vec<i64> = column(&mut user, "SELECT count(*) FROM operator_contacts").await;
        assert_eq!(seen, [1]);
    }
}

async fn nobody_promotes_credits_or_trusts_himself(bench: Bench) {
    two_people(&bench).await;
    let mut bob = become_role(&bench, "authenticated", Some(BOB)).await;
    for refused in [
        "UPDATE user_profiles SET role = 'maintainer'",
        "UPDATE user_profiles SET user_id = auth.uid()",
        "INSERT INTO user_profiles (user_id, display_name, role) VALUES (auth.uid(), 'x', 'maintainer')",
        "UPDATE operator_trust SET validated = 1000",
        "INSERT INTO operator_credits (node_id, block_id, credit) VALUES ('bob-node', 1, 1000)",
        "UPDATE operator_nodes SET operator_id = NULL",
        "UPDATE operators SET user_id = NULL",
        "UPDATE volunteer_trust SET validated = 1000",
        "DELETE FROM user_profiles",
        "SELECT set_user_role(auth.uid(), 'maintainer')",
        "SELECT register_operator(NULL, 'x', NULL, sha256('x'))",
        "SELECT attach_node('alice-node', 2)",
        "SELECT accept_result(1, 1, 1, 1, 0, 0, '[]')",
        "SELECT claim_work_block(1, 'bob-node')",
        "SELECT refresh_statistics()",
        "SELECT maintain_time_series()",
        "SELECT * FROM node_credit_totals()",
    ] {
        assert_eq!(attempt(&mut bob, refused).await, "42501", "{refused}");
    }
    // Of his own profile he writes what is his, of another's nothing.
    sqlx::raw_sql(
        "UPDATE user_profiles SET display_name = 'Robert', preferences = '{\"theme\": \"dark\"}'",
    )
    .execute(&mut bob)
    .await
    .unwrap();
    let names: Vec<String> = column(
        &mut bench.connect().await,
        "SELECT display_name || ' ' || role FROM user_profiles ORDER BY user_id",
    )
    .await;
    assert_eq!(names, ["Alice volunteer", "Robert volunteer"]);

    bench
        .sql("INSERT INTO auth.users (id) VALUES ('33333333-3333-3333-3333-333333333333')")
        .await;
    let carol = "33333333-3333-3333-3333-333333333333";
    let mut user = become_role(&bench, "authenticated", Some(carol)).await;
    let foreign =
        format!("INSERT INTO user_profiles (user_id, display_name) VALUES ('{ALICE}', 'x')");
    assert_eq!(attempt(&mut user, &foreign).await, "42501");
    let own = "INSERT INTO user_profiles (user_id, display_name) VALUES (auth.uid(), 'Carol')";
    assert_eq!(attempt(&mut user, own).await, "");
}

/// Columns that name or could identify a person or open a door, by their names. One that is added
/// must be thought about, and be added here.
const PERSONAL: &str = "
    SELECT c.oid::regclass::text || '.' || a.attname,
           has_column_privilege('anon', c.oid, a.attnum, 'SELECT'),
           has_column_privilege('authenticated', c.oid, a.attnum, 'SELECT'),
           c.relkind = 'v' OR coalesce((
               SELECT bool_and(pg_get_expr(p.polqual, c.oid) LIKE '%auth.uid()%') FROM pg_policy AS p
               WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('r', '*')
                 AND p.polroles && ARRAY['authenticated'::regrole::oid, 'anon'::regrole::oid, 0::oid]), false)
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace IN ('public'::regnamespace, 'auth'::regnamespace) AND c.relkind IN ('r', 'p', 'v')
      AND NOT c.relispartition AND a.attname ~ '(^|_)(email|hash|token|secret|password|address|phone|user_id)$|^network$'
    ORDER BY 1";

/// What people may write, down to the column.
const WRITABLE: &str = "
    SELECT format('%s %s %s.%s', r.role, w.privilege, c.relname, a.attname)
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    CROSS JOIN unnest(ARRAY['anon', 'authenticated']) AS r (role)
    CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE', 'REFERENCES']) AS w (privilege)
    WHERE c.relnamespace IN ('public'::regnamespace, 'auth'::regnamespace, 'darkreach_private'::regnamespace)
      AND c.relkind IN ('r', 'p', 'v', 'm') AND has_column_privilege(r.role, c.oid, a.attnum, w.privilege)
    UNION ALL
    SELECT format('%s %s %s', r.role, w.privilege, c.relname)
    FROM pg_class AS c
    CROSS JOIN unnest(ARRAY['anon', 'authenticated']) AS r (role)
    CROSS JOIN unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) AS w (privilege)
    WHERE c.relnamespace IN ('public'::regnamespace, 'auth'::regnamespace, 'darkreach_private'::regnamespace)
      AND c.relkind IN ('r', 'p', 'v', 'm') AND has_table_privilege(r.role, c.oid, w.privilege)
    ORDER BY 1";

async fn by_the_catalog_no_personal_column_is_open_and_people_write_only_their_profiles(
    bench: Bench,
) {
    let mut owner = bench.connect().await;
    let personal = async |owner: &mut PgConnection| -> Vec<(String, bool, bool, bool)> {
        sqlx::query_as(PERSONAL).fetch_all(owner).await.unwrap()
    };
    // A column is either closed to people, or only its owner's row is seen. Views have the rights of
    // who asks.
    let open = |columns: &[(String, bool, bool, bool)]| -> Vec<String> {
        let shut = |&(_, anon, user, own): &(String, bool, bool, bool)| !anon && (!user || own);
        let open = columns.iter().filter(|column| !shut(column));
        open.map(|(name, ..)| name.clone()).collect()
    };
    let found = personal(&mut owner).await;
    let names: Vec<&str> = found.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "auth.users.email",
            "node_addresses.network",
            "node_tokens.token_hash",
            "operator_contacts.email",
            "operator_keys.key_hash",
            "operators.user_id",
            "release_tokens.token_hash",
            "user_profiles.user_id",
            "volunteers.user_id",
        ]
    );
    assert_eq!(open(&found), Vec::<String>::new());
    let writable: Vec<String> = column(&mut owner, WRITABLE).await;
    assert_eq!(
        writable,
        [
            "authenticated INSERT user_profiles.display_name",
            "authenticated INSERT user_profiles.preferences",
            "authenticated INSERT user_profiles.user_id",
            "authenticated UPDATE user_profiles.display_name",
            "authenticated UPDATE user_profiles.preferences",
        ]
    );

    // Both see what is planted.
    bench
        .sql(
            "CREATE POLICY careless ON operator_contacts FOR SELECT TO authenticated USING (true);
             GRANT SELECT (email) ON auth.users TO anon;
             GRANT UPDATE (role) ON user_profiles TO authenticated",
        )
        .await;
    assert_eq!(
        open(&personal(&mut owner).await),
        ["auth.users.email", "operator_contacts.email"]
    );
    let writable: Vec<String> = column(&mut owner, WRITABLE).await;
    assert!(
        writable.contains(&"authenticated UPDATE user_profiles.role".to_owned()),
        "{writable:?}"
    );
}

async fn only_functions_over_public_data_are_open_and_definers_are_argued(bench: Bench) {
    let mut owner = bench.connect().await;
    let open: Vec<String> = column(
        &mut owner,
        "SELECT DISTINCT p.proname::text FROM pg_proc AS p
         WHERE p.pronamespace = 'public'::regnamespace AND has_function_privilege('anon', p.oid, 'EXECUTE')
         ORDER BY 1",
    )
    .await;
    assert_eq!(
        open,
        [
            "channel_release",
            "estimate_cost",
            "form_leaderboard",
            "get_digit_distribution",
            "get_discovery_timeline",
            "get_stats",
            "job_coverage",
            "ledger_rows",
            "records_and_ours",
        ]
    );
    let definers: Vec<String> = column(
        &mut owner,
        "SELECT p.proname::text FROM pg_proc AS p
         WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef ORDER BY 1",
    )
    .await;
    assert_eq!(
        definers,
        [
            "ensure_time_partition",
            "form_leaderboard",
            "get_digit_distribution",
            "get_discovery_timeline",
            "get_stats",
            "maintain_time_series",
            "node_credit_totals",
            "refresh_statistics",
        ]
    );
    let faults: Vec<String> = column(
        &mut owner,
        "SELECT object || ': ' || fault FROM schema_faults()",
    )
    .await;
    assert_eq!(faults, Vec::<String>::new());
    // The check sees each kind of fault.
    bench
        .sql(
            "CREATE TABLE public.open (x int); GRANT INSERT ON public.open TO anon; GRANT SELECT ON public.open TO PUBLIC;
             CREATE VIEW public.seen AS SELECT 1 AS x;
             CREATE MATERIALIZED VIEW public.kept AS SELECT 1 AS x;
             CREATE FUNCTION public.astray() RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT EXECUTE ON FUNCTION public.astray() TO PUBLIC;
             ALTER PUBLICATION supabase_realtime ADD TABLE workers;",
        )
        .await;
    let faults: Vec<String> = column(
        &mut owner,
        "SELECT object || ': ' || fault FROM schema_faults()",
    )
    .await;
    assert_eq!(
        faults,
        [
            "astray(): everybody may call the function",
            "astray(): the function does not set its search path",
            "kept: a materialized view knows no row-level security",
            "open: anon may INSERT",
            "open: everybody may SELECT",
            "open: row-level security is off",
            "publication supabase_realtime: publishes public.agent_events, public.agent_tasks, public.primes, public.workers",
            "seen: the view does not have the rights of its caller",
        ]
    );
}

async fn a_login_role_that_row_level_security_does_not_bind_is_noticed(bench: Bench) {
    assert!(bench.db.login_is_bounded().await.unwrap());
    let owner = Db::connect(bench.owner.clone(), 1).await.unwrap();
    assert!(!owner.login_is_bounded().await.unwrap());
    owner.close().await;
    // Neither superuser nor bypassing, but the owner of one table; and one who may become him.
    let (keeper, friend) = (role_name("keeper"), role_name("friend"));
    bench
        .sql(&format!(
            "CREATE ROLE {keeper} LOGIN PASSWORD 'k'; ALTER TABLE records OWNER TO {keeper};
             CREATE ROLE {friend} LOGIN NOINHERIT PASSWORD 'f' IN ROLE {keeper}"
        ))
        .await;
    for (role, password) in [(&keeper, "k"), (&friend, "f")] {
        let options = bench.owner.clone().username(role).password(password);
        let db = Db::connect(options, 1).await.unwrap();
        assert!(!db.login_is_bounded().await.unwrap(), "{role}");
        db.close().await;
    }
}

/// A role's name that no other test of the cluster uses.
fn role_name(stem: &str) -> String {
    format!("{stem}_{}", std::process::id())
}
