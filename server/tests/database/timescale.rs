//! The time series where TimescaleDB is there. The extension itself is not on every machine, so its
//! place is taken by functions of the same names and parameters that refuse what it refuses and
//! note what they are asked: what is tested is our side.

use sqlx::{Connection, PgConnection};

use crate::{
    bench::{Bench, scenarios},
    upgrade::{files, run},
};

scenarios! {
    with_the_extension_there_are_hypertables_and_its_chunks_are_dropped,
}

/// The stand-in, in a schema of its own as platforms have it. A hypertable's unique indexes must
/// have the time in them.
const STAND_IN: &str = "
    CREATE SCHEMA extensions;
    CREATE TABLE extensions.hypertables (relation REGCLASS, migrated BIGINT, chunk INTERVAL);
    CREATE TABLE extensions.dropped (relation REGCLASS, older_than TIMESTAMPTZ);
    CREATE FUNCTION extensions.create_hypertable(
        relation REGCLASS, time_column_name NAME, chunk_time_interval INTERVAL, migrate_data BOOLEAN, create_default_indexes BOOLEAN
    ) RETURNS TEXT LANGUAGE plpgsql AS $$
    DECLARE
        v_rows BIGINT;
    BEGIN
        IF EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = relation AND i.indisunique AND NOT EXISTS (
                SELECT FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attname = time_column_name AND a.attnum = ANY (i.indkey))) THEN
            RAISE EXCEPTION 'cannot create a unique index without the column %', time_column_name;
        END IF;
        EXECUTE format('SELECT count(*) FROM %s', relation) INTO v_rows;
        IF v_rows > 0 AND NOT migrate_data THEN
            RAISE EXCEPTION 'table % is not empty', relation;
        END IF;
        INSERT INTO extensions.hypertables VALUES (relation, v_rows, chunk_time_interval);
        RETURN relation::text;
    END $$;
    CREATE FUNCTION extensions.drop_chunks(relation REGCLASS, older_than TIMESTAMPTZ) RETURNS SETOF TEXT LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO extensions.dropped VALUES (relation, older_than);
        RETURN NEXT 'chunk 1';
        RETURN NEXT 'chunk 2';
    END $$;
    INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    SELECT 4000000000, 'timescaledb', r.oid, 'extensions'::regnamespace, false, '2' FROM pg_roles AS r WHERE r.rolname = current_user";

/// What asks whether the server has loaded the extension.
const LOADED: &str = "current_setting('shared_preload_libraries') LIKE '%timescaledb%'
        AND EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')";

async fn with_the_extension_there_are_hypertables_and_its_chunks_are_dropped(bench: Bench) {
    let options = bench.cluster.empty().await;
    let mut connection = PgConnection::connect_with(&options).await.unwrap();
    run(&mut connection, "stand-in", STAND_IN).await;
    for (name, mut sql) in files() {
        if name.starts_with("040_") {
            let two = "SELECT record_metrics('[{\"metric_name\": \"load\", \"value\": 1}]'), record_metrics('[{\"metric_name\": \"load\", \"value\": 2}]')";
            run(&mut connection, "samples", two).await;
            assert_eq!(sql.matches(LOADED).count(), 1);
            sql = sql.replace(LOADED, "true");
        }
        run(&mut connection, &name, &sql).await;
    }
    let text = async |connection: &mut PgConnection, query: &'static str| -> String {
        sqlx::query_scalar(query)
            .fetch_one(connection)
            .await
            .unwrap()
    };
    assert_eq!(
        text(
            &mut connection,
            "SELECT string_agg(format('%s %s %s', relation, migrated, chunk), ', ' ORDER BY relation::text) FROM extensions.hypertables"
        )
        .await,
        "system_logs 0 1 day, system_metrics 2 1 day"
    );
    assert_eq!(
        text(
            &mut connection,
            "SELECT string_agg(DISTINCT engine, ',') FROM time_series"
        )
        .await,
        "timescaledb"
    );
    // Samples go in as before, no partition of ours is made, and the chunks go by their age.
    run(
        &mut connection,
        "one more sample",
        "SELECT record_metrics('[{\"metric_name\": \"load\", \"value\": 3}]')",
    )
    .await;
    assert_eq!(
        text(&mut connection, "SELECT count(*)::text FROM system_metrics").await,
        "3"
    );
    assert_eq!(
        text(
            &mut connection,
            "SELECT format('%s %s', created, dropped) FROM maintain_time_series('2026-06-01 00:00:00+00')"
        )
        .await,
        "0 4"
    );
    assert_eq!(
        text(
            &mut connection,
            "SELECT string_agg(format('%s %s', relation, (older_than AT TIME ZONE 'UTC')::date), ', ' ORDER BY relation::text)
             FROM extensions.dropped WHERE older_than > '2026-01-01' AND older_than < '2026-06-01'"
        )
        .await,
        "system_logs 2026-05-02, system_metrics 2026-03-03"
    );
    assert_eq!(
        text(
            &mut connection,
            "SELECT count(*)::text FROM schema_faults()"
        )
        .await,
        "0"
    );
    let partitions = "SELECT count(*)::text FROM pg_inherits WHERE inhparent IN ('system_metrics'::regclass, 'system_logs'::regclass)";
    assert_eq!(text(&mut connection, partitions).await, "0");
    connection.close().await.unwrap();
}
