//! The way to the schema: from nothing, step by step with data in every table, in both orders of
//! the two files that are independent, and over a publication that was there before.

use std::path::Path;

use darkreach_server::migrate;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::bench::{Bench, scenarios};

scenarios! {
    an_upgrade_with_data_in_every_table_ends_where_a_fresh_database_does,
    the_two_independent_files_give_the_same_schema_in_either_order,
    the_publication_has_exactly_three_tables_whatever_it_had_before,
}

/// Everything that the migrations define, a line each. Partitions come and go with the calendar.
const CATALOG: &str = "
    WITH relations AS (
        SELECT c.* FROM pg_class AS c
        WHERE c.relnamespace IN ('public'::regnamespace, 'auth'::regnamespace, 'darkreach_private'::regnamespace)
          AND NOT c.relispartition AND c.relname NOT LIKE '\\_sqlx\\_%'
    )
    SELECT line FROM (
        SELECT format('%s %s rls=%s options=%s %s', c.relkind, c.oid::regclass, c.relrowsecurity, c.reloptions,
                      obj_description(c.oid, 'pg_class')) FROM relations AS c WHERE c.relkind <> 'i'
        UNION ALL
        SELECT format('column %s %s.%s %s null=%s identity=%s storage=%s default=%s %s', a.attnum, c.oid::regclass, a.attname,
                      format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, a.attidentity, a.attstorage,
                      pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum))
        FROM relations AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.relkind IN ('r', 'p', 'v', 'm')
        UNION ALL
        SELECT format('constraint %s %s %s', c.oid::regclass, k.conname, pg_get_constraintdef(k.oid))
        FROM relations AS c JOIN pg_constraint AS k ON k.conrelid = c.oid
        UNION ALL
        SELECT 'index ' || pg_get_indexdef(i.indexrelid) FROM relations AS c JOIN pg_index AS i ON i.indrelid = c.oid
        UNION ALL
        SELECT format('view %s %s', c.oid::regclass, pg_get_viewdef(c.oid)) FROM relations AS c WHERE c.relkind IN ('v', 'm')
        UNION ALL
        SELECT format('policy %s %s %s %s %s %s %s', c.oid::regclass, p.polname, p.polcmd, p.polpermissive,
                      (SELECT string_agg(r::regrole::text, ',' ORDER BY r::regrole::text) FROM unnest(p.polroles) AS r),
                      pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
        FROM relations AS c JOIN pg_policy AS p ON p.polrelid = c.oid
        UNION ALL
        SELECT 'trigger ' || pg_get_triggerdef(t.oid) FROM relations AS c JOIN pg_trigger AS t ON t.tgrelid = c.oid AND NOT t.tgisinternal
        UNION ALL
        SELECT format('right %s %s %s', c.oid::regclass, a.grantee::regrole, a.privilege_type)
        FROM relations AS c, aclexplode(c.relacl) AS a WHERE c.relkind <> 'S'
        UNION ALL
        SELECT format('right %s.%s %s %s', c.oid::regclass, t.attname, a.grantee::regrole, a.privilege_type)
        FROM relations AS c JOIN pg_attribute AS t ON t.attrelid = c.oid, aclexplode(t.attacl) AS a
        UNION ALL
        SELECT pg_get_functiondef(p.oid) || obj_description(p.oid, 'pg_proc') FROM pg_proc AS p
        WHERE p.pronamespace IN ('public'::regnamespace, 'auth'::regnamespace)
        UNION ALL
        SELECT format('right %s %s', p.oid::regprocedure, a.grantee::regrole) FROM pg_proc AS p, aclexplode(p.proacl) AS a
        WHERE p.pronamespace IN ('public'::regnamespace, 'auth'::regnamespace)
        UNION ALL
        SELECT format('published %s.%s', schemaname, tablename) FROM pg_publication_tables WHERE pubname = 'supabase_realtime'
        UNION ALL
        SELECT format('default right %s %s %s', d.defaclnamespace::regnamespace, d.defaclobjtype, d.defaclacl) FROM pg_default_acl AS d
    ) AS lines (line)
    ORDER BY line";

/// Rows that stand in the tables a file made, before the next file comes.
const DATA: &[(&str, &str)] = &[
    ("001", "INSERT INTO primes (form, expression, digits, proof_method) VALUES ('kbn', '3*2^2816+1', 849, 'probabilistic')"),
    ("004", "INSERT INTO workers (worker_id, cores) VALUES ('n1', 4), ('n2', 4);
             INSERT INTO search_jobs (search_type, params, range_start, range_end, block_size)
             VALUES ('kbn', '{}', 0, 30, 10);
             INSERT INTO work_blocks (search_job_id, block_start, block_end, status, claimed_by)
             VALUES (1, 0, 10, 'available', NULL), (1, 10, 20, 'leased', 'n1'), (1, 20, 30, 'validated', 'n1');
             INSERT INTO work_block_failures (block_id, worker_id) VALUES (1, 'n1')"),
    ("006", "SELECT create_agent_task('look'), create_agent_task('look again')"),
    ("008", "INSERT INTO agent_permissions (role_name, action, allowed) VALUES ('planner', 'create_job', true)"),
    ("009", "SELECT remember('planner', 'k', '1')"),
    ("010", "SELECT decompose_agent_task(1, '{one,two}')"),
    ("011", "SELECT create_project('big', 'Big', '', 'record', 'kbn');
             INSERT INTO project_phases (project_id, position, name) VALUES (1, 0, 'first');
             INSERT INTO records (form, expression, digits) VALUES ('kbn', '10223*2^31172165+1', 9383761);
             SELECT attach_job_to_project(1, 1, 1)"),
    ("013", "SELECT set_agent_template('survey', '', 'planner', 5::smallint, '{a,b}')"),
    ("014", "SELECT create_agent_schedule('nightly', 1, 86400)"),
    ("017", "SELECT calibrate_cost('kbn', '{1000,2000}', '{1,8}')"),
    ("019", "INSERT INTO volunteers (name) VALUES ('Ann'), ('Ben');
             INSERT INTO volunteer_workers (worker_id, volunteer_id, client_version, platform, cores)
             VALUES ('n1', 1, '0.1.0', 'x86_64', 4), ('n2', 2, '0.1.0', 'x86_64', 4);
             INSERT INTO volunteer_trust (worker_id) VALUES ('n1');
             INSERT INTO credit_log (worker_id, volunteer_id, block_id, credit) VALUES ('n1', 1, 3, 1)"),
    ("020", "SELECT record_metrics('[{\"metric_name\": \"load\", \"value\": 1.5}, {\"metric_name\": \"load\", \"value\": 2.5}]'),
                    record_logs('[{\"level\": \"info\", \"source\": \"test\", \"message\": \"hello\"}]')"),
    ("022", "SELECT publish_worker_release('1.0.0', '', '[{\"platform\": \"x86_64\"}]'); SELECT offer_release('stable', '1.0.0')"),
    ("024", "SELECT compute_daily_rollups((now() AT TIME ZONE 'UTC')::date)"),
    ("026", "INSERT INTO auth.users (email) VALUES ('ann@example.org');
             INSERT INTO user_profiles (user_id, display_name) SELECT id, 'Ann' FROM auth.users"),
    ("027", "UPDATE strategy_config SET enabled = true; SELECT propose_decision('create_job', 'kbn', '{}', 'why not', 1)"),
    ("028", "SELECT complete_work_block('n1', 2, 5, 1, sha256('x'), 1)"),
    ("030", "INSERT INTO assignments (block_id, node_id) VALUES (1, 'n1');
             INSERT INTO checkpoints (assignment_id, block_id, node_id, bytes) VALUES (1, 1, 'n1', 'x')"),
    ("031", "INSERT INTO results (assignment_id, block_id, job_id, node_id, key, ledger, primes, digest, client_version, cpu_seconds, wall_seconds)
             VALUES (1, 1, 1, 'n1', gen_random_uuid(), 'x', '[]', sha256('x'), '0.1.0', 1, 1);
             INSERT INTO prime_discoveries (prime_id, result_id, node_id) VALUES (1, 1, 'n1')"),
    ("032", "INSERT INTO node_tokens (token_hash, node_id) VALUES (sha256('t'), 'n1');
             INSERT INTO node_addresses (node_id, network) VALUES ('n1', '192.0.2.1/32')"),
    ("042", "INSERT INTO operator_contacts (operator_id, email) VALUES (1, 'ann@example.org');
             SELECT add_operator_key(1, sha256('k'), '')"),
    ("044", "SELECT add_release_token(sha256('r'), 'Ann', '{stable}');
             INSERT INTO release_documents (role, epoch, sequence, envelope, sha256)
             VALUES ('root', 0, 1, 'x', sha256('x'));
             INSERT INTO release_outcomes (node_id, version, healthy) VALUES ('n1', '1.0.0', true)"),
];

/// The migrations by file name.
pub(crate) fn files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../supabase/migrations");
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().extension().is_some_and(|kind| kind == "sql"))
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

pub(crate) async fn run(connection: &mut PgConnection, name: &str, sql: &str) {
    let mut tx = connection.begin().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut *tx)
        .await
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    tx.commit().await.unwrap();
}

async fn catalog(connection: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(CATALOG)
        .fetch_all(connection)
        .await
        .unwrap()
}

fn assert_same(left: &[String], right: &[String]) {
    let only: Vec<&String> = left.iter().filter(|line| !right.contains(line)).collect();
    let missing: Vec<&String> = right.iter().filter(|line| !left.contains(line)).collect();
    assert!(
        only.is_empty() && missing.is_empty(),
        "{only:#?}\n{missing:#?}"
    );
    assert_eq!(left, right);
}

async fn an_upgrade_with_data_in_every_table_ends_where_a_fresh_database_does(bench: Bench) {
    let fresh = catalog(&mut bench.connect().await).await;
    assert!(fresh.len() > 1000, "{}", fresh.len());

    let options = bench.cluster.empty().await;
    let mut stepwise = PgConnection::connect_with(&options).await.unwrap();
    for (name, sql) in files() {
        run(&mut stepwise, &name, &sql).await;
        for (number, data) in DATA {
            if name.starts_with(&format!("{number}_")) {
                run(&mut stepwise, &format!("data for {name}"), data).await;
            }
        }
    }
    assert_same(&catalog(&mut stepwise).await, &fresh);

    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT oid::regclass::text FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition",
    )
    .fetch_all(&mut stepwise)
    .await
    .unwrap();
    for table in tables {
        let count = format!("SELECT count(*) FROM {table}");
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(count))
            .fetch_one(&mut stepwise)
            .await
            .unwrap();
        assert!(rows > 0, "{table} was upgraded without data");
    }
    // What was there is there: samples moved into partitions, identities go on after them.
    let samples: (i64, i64, f64) =
        sqlx::query_as("SELECT count(*), max(id), sum(value) FROM system_metrics")
            .fetch_one(&mut stepwise)
            .await
            .unwrap();
    assert_eq!(samples, (2, 2, 4.0));
    run(
        &mut stepwise,
        "one more sample",
        "SELECT record_metrics('[{\"metric_name\": \"load\", \"value\": 1}]')",
    )
    .await;
    let last: i64 = sqlx::query_scalar("SELECT max(id) FROM system_metrics")
        .fetch_one(&mut stepwise)
        .await
        .unwrap();
    assert_eq!(last, 3);
    stepwise.close().await.unwrap();
}

async fn the_two_independent_files_give_the_same_schema_in_either_order(bench: Bench) {
    let fresh = catalog(&mut bench.connect().await).await;
    let mut swapped = files();
    let first = swapped
        .iter()
        .position(|(name, _)| name.starts_with("0121_"))
        .unwrap();
    assert!(
        swapped[first + 1].0.starts_with("012_"),
        "{}",
        swapped[first + 1].0
    );
    swapped.swap(first, first + 1);
    let options = bench.cluster.empty().await;
    let mut connection = PgConnection::connect_with(&options).await.unwrap();
    for (name, sql) in swapped {
        run(&mut connection, &name, &sql).await;
    }
    assert_same(&catalog(&mut connection).await, &fresh);
    connection.close().await.unwrap();
}

async fn the_publication_has_exactly_three_tables_whatever_it_had_before(bench: Bench) {
    for (name, before) in [
        (
            "with_all",
            "CREATE PUBLICATION supabase_realtime FOR ALL TABLES",
        ),
        ("with_none", "CREATE PUBLICATION supabase_realtime"),
        (
            "with_other",
            "CREATE TABLE other (x int); CREATE PUBLICATION supabase_realtime FOR TABLE other",
        ),
        (
            "with_schema",
            "CREATE PUBLICATION supabase_realtime FOR TABLES IN SCHEMA public",
        ),
    ] {
        let options = bench.cluster.empty().await;
        let mut connection = PgConnection::connect_with(&options).await.unwrap();
        run(&mut connection, name, before).await;
        // A table of somebody else's is his: row-level security there is not ours to judge.
        run(&mut connection, name, "DROP TABLE IF EXISTS other").await;
        migrate::run(options.clone()).await.unwrap();
        let published: Vec<String> = sqlx::query_scalar(
            "SELECT schemaname || '.' || tablename FROM pg_publication_tables
             WHERE pubname = 'supabase_realtime' ORDER BY 1",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        assert_eq!(
            published,
            ["public.agent_events", "public.agent_tasks", "public.primes"],
            "{name}"
        );
        connection.close().await.unwrap();
    }
}

#[test]
fn all_thirty_files_of_the_contract_are_there() {
    let names: Vec<String> = files().into_iter().map(|(name, _)| name).collect();
    let contract = [
        "001_create_primes",
        "002_create_functions",
        "003_rls_policies",
        "004_coordination_tables",
        "005_verification",
        "006_agents",
        "007_agent_cost_control",
        "008_agent_permissions",
        "009_agent_memory",
        "010_task_decomposition",
        "011_projects",
        "0121_project_cost_tracking",
        "012_form_leaderboard",
        "013_agent_roles",
        "014_agent_schedules",
        "015_add_certificate",
        "016_lifecycle_management",
        "017_cost_calibration",
        "018_agent_observability",
        "019_volunteers",
        "020_observability",
        "021_volunteer_worker_capabilities",
        "022_worker_release_channels",
        "023_volunteer_worker_release_tracking",
        "024_metric_rollups_daily",
        "025_operator_rename",
        "026_user_profiles",
        "027_strategy_engine",
        "028_network_scaling",
        "029_security_hardening",
    ];
    for file in contract {
        assert!(names.contains(&format!("{file}.sql")), "{file}");
    }
    let numbered = |from: &str, to: &str| {
        names
            .iter()
            .filter(|n| n.as_str() >= from && n.as_str() < to)
            .count()
    };
    assert_eq!(
        numbered("001", "030"),
        contract.len(),
        "and no other below 030"
    );
}
