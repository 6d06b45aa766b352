-- Samples and logs, cut by time, so that old ones go by dropping a table and a query over an hour
-- reads a week at most. With TimescaleDB its chunks do that; without it, native partitions of one
-- week each, made before they are needed and dropped when their time is over.

CREATE TABLE time_series (
    table_name     TEXT    PRIMARY KEY
                   CONSTRAINT time_series_table_is_samples_or_logs CHECK (table_name IN ('system_metrics', 'system_logs')),
    engine         TEXT    NOT NULL
                   CONSTRAINT time_series_engine_is_known CHECK (engine IN ('timescaledb', 'partitions')),
    retention_days INTEGER NOT NULL
                   CONSTRAINT time_series_retention_is_positive CHECK (retention_days > 0)
);
COMMENT ON TABLE time_series IS 'The tables that are cut by time, how, and how long their rows are kept.';
COMMENT ON COLUMN time_series.engine IS 'timescaledb where that extension was there when this was installed, else partitions.';
COMMENT ON COLUMN time_series.retention_days IS 'Rows older than this go, a whole partition at a time.';

ALTER TABLE time_series ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON time_series FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON time_series TO service_role;
CREATE POLICY service_reads_time_series ON time_series FOR SELECT TO service_role USING (true);

DO $$
DECLARE
    -- It must be loaded by the server already; creating it otherwise would end this session.
    v_timescale BOOLEAN := current_setting('shared_preload_libraries') LIKE '%timescaledb%'
        AND EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb');
BEGIN
    IF v_timescale THEN
        BEGIN
            CREATE EXTENSION IF NOT EXISTS timescaledb;
        EXCEPTION WHEN insufficient_privilege THEN
            v_timescale := false;
        END;
    END IF;
    INSERT INTO time_series (table_name, engine, retention_days)
    SELECT t, CASE WHEN v_timescale THEN 'timescaledb' ELSE 'partitions' END, d
    FROM (VALUES ('system_metrics', 90), ('system_logs', 30)) AS s (t, d);

    IF v_timescale THEN
        -- Platforms install extensions into schemas of their own. The indexes are there already.
        EXECUTE format(
            'SELECT %1$s.create_hypertable(t, ''recorded_at'', chunk_time_interval => interval ''1 day'',
                                           migrate_data => true, create_default_indexes => false)
             FROM unnest(ARRAY[''public.system_metrics''::regclass, ''public.system_logs''::regclass]) AS t',
            (SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'timescaledb'));
        RETURN;
    END IF;

    DROP INDEX system_metrics_series, system_metrics_recorded_at, system_logs_recorded_at, system_logs_level;
    ALTER TABLE system_metrics RENAME TO old_metrics;
    ALTER TABLE system_logs RENAME TO old_logs;
    ALTER INDEX system_metrics_pkey RENAME TO old_metrics_pkey;
    ALTER INDEX system_logs_pkey RENAME TO old_logs_pkey;
    ALTER SEQUENCE system_metrics_id_seq RENAME TO old_metrics_id_seq;
    ALTER SEQUENCE system_logs_id_seq RENAME TO old_logs_id_seq;
    CREATE TABLE system_metrics (LIKE old_metrics INCLUDING CONSTRAINTS INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING COMMENTS)
        PARTITION BY RANGE (recorded_at);
    CREATE TABLE system_logs (LIKE old_logs INCLUDING CONSTRAINTS INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING COMMENTS)
        PARTITION BY RANGE (recorded_at);
    ALTER TABLE system_metrics ADD PRIMARY KEY (id, recorded_at);
    ALTER TABLE system_logs ADD PRIMARY KEY (id, recorded_at);
    CREATE INDEX system_metrics_series ON system_metrics (metric_name, recorded_at DESC);
    CREATE INDEX system_metrics_recorded_at ON system_metrics (recorded_at);
    CREATE INDEX system_logs_recorded_at ON system_logs (recorded_at DESC);
    CREATE INDEX system_logs_level ON system_logs (level, recorded_at DESC) WHERE level IN ('warn', 'error');
    COMMENT ON TABLE system_metrics IS 'Samples: processor, memory, throughput and the like; cut by the week.';
    COMMENT ON TABLE system_logs IS 'Log entries worth keeping beside the data; cut by the week.';

    ALTER TABLE system_metrics ENABLE ROW LEVEL SECURITY;
    ALTER TABLE system_logs ENABLE ROW LEVEL SECURITY;
    REVOKE ALL ON system_metrics, system_logs FROM PUBLIC, anon, authenticated, service_role;
    GRANT SELECT ON system_metrics, system_logs TO authenticated;
    GRANT SELECT, INSERT ON system_metrics, system_logs TO service_role;
    CREATE POLICY service_reads_system_metrics ON system_metrics FOR SELECT TO service_role USING (true);
    CREATE POLICY service_inserts_system_metrics ON system_metrics FOR INSERT TO service_role WITH CHECK (true);
    CREATE POLICY maintainers_read_system_metrics ON system_metrics FOR SELECT TO authenticated USING (is_maintainer());
    CREATE POLICY service_reads_system_logs ON system_logs FOR SELECT TO service_role USING (true);
    CREATE POLICY service_inserts_system_logs ON system_logs FOR INSERT TO service_role WITH CHECK (true);
    CREATE POLICY maintainers_read_system_logs ON system_logs FOR SELECT TO authenticated USING (is_maintainer());
END
$$;

-- SECURITY DEFINER: only a table's owner can add a partition to it, and the role that stores
-- samples owns nothing. It takes no SQL: the table is one of the two above, the name is computed.
CREATE FUNCTION ensure_time_partition(p_table TEXT, p_at TIMESTAMPTZ) RETURNS BOOLEAN
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_from TIMESTAMPTZ := date_trunc('week', p_at, 'UTC');
    v_name TEXT := p_table || '_' || to_char(v_from AT TIME ZONE 'UTC', 'YYYYMMDD');
BEGIN
    IF NOT EXISTS (SELECT FROM time_series WHERE table_name = p_table) THEN
        RAISE EXCEPTION 'table % is not cut by time', p_table USING ERRCODE = 'DR005';
    END IF;
    IF EXISTS (SELECT FROM time_series WHERE table_name = p_table AND engine = 'timescaledb')
       OR to_regclass('public.' || quote_ident(v_name)) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('time_partition'));
    IF to_regclass('public.' || quote_ident(v_name)) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- Made apart and attached: that does not wait for those who read and write the table.
    EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING CONSTRAINTS INCLUDING DEFAULTS)', v_name, p_table);
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', v_name);
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC, anon, authenticated, service_role', v_name);
    EXECUTE format('COMMENT ON TABLE public.%I IS %L', v_name, 'One week of ' || p_table || '; read and written through it.');
    EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                   p_table, v_name, v_from, v_from + interval '7 days');
    RETURN true;
END
$$;
COMMENT ON FUNCTION ensure_time_partition IS
    'Makes the partition for a moment if there is none, with row-level security on; true if it did.';

-- SECURITY DEFINER: only the owner can drop a partition; see ensure_time_partition.
CREATE FUNCTION maintain_time_series(p_now TIMESTAMPTZ DEFAULT now())
RETURNS TABLE (created BIGINT, dropped BIGINT)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    v_series time_series;
    v_name   TEXT;
    v_weeks  INTEGER;
BEGIN
    created := 0;
    dropped := 0;
    FOR v_series IN SELECT * FROM time_series ORDER BY table_name LOOP
        IF v_series.engine = 'timescaledb' THEN
            EXECUTE format('SELECT count(*) FROM %s.drop_chunks(%L::regclass, older_than => %L::timestamptz)',
                           (SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'timescaledb'),
                           'public.' || v_series.table_name, p_now - make_interval(days => v_series.retention_days))
            INTO v_weeks;
            dropped := dropped + v_weeks;
            CONTINUE;
        END IF;
        -- This week and the next two, so that a server that does not run for a while finds one.
        FOR v_weeks IN 0..2 LOOP
            IF ensure_time_partition(v_series.table_name, p_now + make_interval(weeks => v_weeks)) THEN
                created := created + 1;
            END IF;
        END LOOP;
        FOR v_name IN
            SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
            WHERE i.inhparent = ('public.' || v_series.table_name)::regclass AND c.relname ~ '_[0-9]{8}$'
              AND to_date(right(c.relname, 8), 'YYYYMMDD') + 7
                  <= ((p_now - make_interval(days => v_series.retention_days)) AT TIME ZONE 'UTC')::DATE
            ORDER BY c.relname
        LOOP
            BEGIN
                EXECUTE format('DROP TABLE public.%I', v_name);
                dropped := dropped + 1;
            EXCEPTION WHEN lock_not_available THEN
                -- Somebody reads it for long: it goes next time.
                NULL;
            END;
        END LOOP;
    END LOOP;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION maintain_time_series IS
    'Makes the partitions of this week and the next two, drops those whose time is over. To be called daily.';

CREATE OR REPLACE FUNCTION record_metrics(p_samples JSONB, p_source TEXT DEFAULT 'server') RETURNS BIGINT
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_stored BIGINT;
BEGIN
    PERFORM check_sample_times('system_metrics', p_samples);
    INSERT INTO system_metrics (recorded_at, metric_name, value, source, labels)
    SELECT coalesce(recorded_at, now()), metric_name, value, p_source, labels
    FROM jsonb_to_recordset(p_samples)
        AS s (recorded_at TIMESTAMPTZ, metric_name TEXT, value DOUBLE PRECISION, labels JSONB);
    GET DIAGNOSTICS v_stored = ROW_COUNT;
    RETURN v_stored;
END
$$;

CREATE OR REPLACE FUNCTION record_logs(p_entries JSONB) RETURNS BIGINT
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_stored BIGINT;
BEGIN
    PERFORM check_sample_times('system_logs', p_entries);
    INSERT INTO system_logs (recorded_at, level, source, message, detail)
    SELECT coalesce(recorded_at, now()), level, source, message, detail
    FROM jsonb_to_recordset(p_entries)
        AS e (recorded_at TIMESTAMPTZ, level TEXT, source TEXT, message TEXT, detail JSONB);
    GET DIAGNOSTICS v_stored = ROW_COUNT;
    RETURN v_stored;
END
$$;

CREATE FUNCTION check_sample_times(p_table TEXT, p_samples JSONB) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_week TIMESTAMPTZ;
BEGIN
    FOR v_week IN
        SELECT DISTINCT date_trunc('week', coalesce(s.recorded_at, now()), 'UTC')
        FROM jsonb_to_recordset(p_samples) AS s (recorded_at TIMESTAMPTZ)
    LOOP
        -- A wrong clock must not make partitions without end, nor keep rows for ever.
        IF v_week > now() + interval '1 day'
           OR v_week < now() - make_interval(days => 7 + (SELECT retention_days FROM time_series WHERE table_name = p_table)) THEN
            RAISE EXCEPTION 'a sample of the week of % is outside what is kept', v_week::DATE USING ERRCODE = 'DR005';
        END IF;
        PERFORM ensure_time_partition(p_table, v_week);
    END LOOP;
END
$$;
COMMENT ON FUNCTION check_sample_times IS 'Makes the partitions that samples need. DR005: one is older than what is kept, or of the future.';

DO $$
BEGIN
    IF to_regclass('public.old_metrics') IS NULL THEN
        RETURN;
    END IF;
    PERFORM ensure_time_partition('system_metrics', w) FROM (SELECT DISTINCT date_trunc('week', recorded_at, 'UTC') AS w FROM old_metrics) AS s;
    PERFORM ensure_time_partition('system_logs', w) FROM (SELECT DISTINCT date_trunc('week', recorded_at, 'UTC') AS w FROM old_logs) AS s;
    INSERT INTO system_metrics OVERRIDING SYSTEM VALUE SELECT * FROM old_metrics;
    INSERT INTO system_logs OVERRIDING SYSTEM VALUE SELECT * FROM old_logs;
    PERFORM setval(pg_get_serial_sequence('system_metrics', 'id'), max(id)) FROM old_metrics HAVING max(id) IS NOT NULL;
    PERFORM setval(pg_get_serial_sequence('system_logs', 'id'), max(id)) FROM old_logs HAVING max(id) IS NOT NULL;
    DROP TABLE old_metrics, old_logs;
END
$$;
SELECT FROM maintain_time_series();

REVOKE ALL ON FUNCTION ensure_time_partition, maintain_time_series, check_sample_times
    FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION ensure_time_partition, maintain_time_series, check_sample_times TO service_role;
