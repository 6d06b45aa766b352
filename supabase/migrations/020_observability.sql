-- Samples and logs of the running system. 040 partitions both tables by time.

CREATE TABLE system_metrics (
    id          BIGINT           GENERATED ALWAYS AS IDENTITY,
    recorded_at TIMESTAMPTZ      NOT NULL DEFAULT now(),
    metric_name TEXT             NOT NULL
                CONSTRAINT metric_name_has_1_to_100_characters CHECK (length(metric_name) BETWEEN 1 AND 100),
    value       DOUBLE PRECISION NOT NULL
                CONSTRAINT metric_value_is_a_number CHECK (value > '-Infinity' AND value < 'Infinity'),
    source      TEXT             NOT NULL DEFAULT 'server'
                CONSTRAINT metric_source_has_1_to_100_characters CHECK (length(source) BETWEEN 1 AND 100),
    labels      JSONB,
    PRIMARY KEY (id, recorded_at)
);
COMMENT ON TABLE system_metrics IS 'Samples: processor, memory, throughput and the like.';
COMMENT ON COLUMN system_metrics.metric_name IS 'For example blocks_validated; the unit belongs to the name.';
COMMENT ON COLUMN system_metrics.source IS 'Who measured: server, or a node''s identifier.';
CREATE INDEX system_metrics_series ON system_metrics (metric_name, recorded_at DESC);
CREATE INDEX system_metrics_recorded_at ON system_metrics (recorded_at);

CREATE TABLE system_logs (
    id          BIGINT      GENERATED ALWAYS AS IDENTITY,
    recorded_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    level       TEXT        NOT NULL
                CONSTRAINT log_level_is_known CHECK (level IN ('trace', 'debug', 'info', 'warn', 'error')),
    source      TEXT        NOT NULL
                CONSTRAINT log_source_has_1_to_100_characters CHECK (length(source) BETWEEN 1 AND 100),
    message     TEXT        NOT NULL
                CONSTRAINT log_message_has_at_most_10000_characters CHECK (length(message) <= 10000),
    detail      JSONB,
    PRIMARY KEY (id, recorded_at)
);
COMMENT ON TABLE system_logs IS 'Log entries worth keeping beside the data.';
COMMENT ON COLUMN system_logs.source IS 'Which part said it.';
CREATE INDEX system_logs_recorded_at ON system_logs (recorded_at DESC);
CREATE INDEX system_logs_level ON system_logs (level, recorded_at DESC) WHERE level IN ('warn', 'error');

CREATE FUNCTION record_metrics(p_samples JSONB, p_source TEXT DEFAULT 'server') RETURNS BIGINT
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    WITH stored AS (
        INSERT INTO system_metrics (recorded_at, metric_name, value, source, labels)
        SELECT coalesce(recorded_at, now()), metric_name, value, p_source, labels
        FROM jsonb_to_recordset(p_samples)
            AS s (recorded_at TIMESTAMPTZ, metric_name TEXT, value DOUBLE PRECISION, labels JSONB)
        RETURNING id
    )
    SELECT count(*) FROM stored
$$;
COMMENT ON FUNCTION record_metrics IS
    'Stores samples, an array of {metric_name, value, recorded_at?, labels?}, in one round trip; returns how many.';

CREATE FUNCTION record_logs(p_entries JSONB) RETURNS BIGINT
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    WITH stored AS (
        INSERT INTO system_logs (recorded_at, level, source, message, detail)
        SELECT coalesce(recorded_at, now()), level, source, message, detail
        FROM jsonb_to_recordset(p_entries)
            AS e (recorded_at TIMESTAMPTZ, level TEXT, source TEXT, message TEXT, detail JSONB)
        RETURNING id
    )
    SELECT count(*) FROM stored
$$;
COMMENT ON FUNCTION record_logs IS
    'Stores log entries, an array of {level, source, message, recorded_at?, detail?}; returns how many.';

CREATE FUNCTION metric_series(p_metric_name TEXT, p_from TIMESTAMPTZ, p_to TIMESTAMPTZ, p_bucket_seconds INTEGER DEFAULT 300)
RETURNS TABLE (bucket TIMESTAMPTZ, samples BIGINT, minimum DOUBLE PRECISION, average DOUBLE PRECISION, maximum DOUBLE PRECISION)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT date_bin(make_interval(secs => greatest(p_bucket_seconds, 1)), recorded_at, 'epoch'),
           count(*), min(value), avg(value), max(value)
    FROM system_metrics
    WHERE metric_name = p_metric_name AND recorded_at >= p_from AND recorded_at < p_to
    GROUP BY 1
    ORDER BY 1
$$;
COMMENT ON FUNCTION metric_series IS 'A metric over [from, to) in buckets of so many seconds, counted from 1970.';

ALTER TABLE system_metrics ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON system_metrics FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT ON system_metrics TO service_role;
CREATE POLICY service_reads_system_metrics ON system_metrics FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_system_metrics ON system_metrics FOR INSERT TO service_role WITH CHECK (true);
ALTER TABLE system_logs ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON system_logs FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT ON system_logs TO service_role;
CREATE POLICY service_reads_system_logs ON system_logs FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_system_logs ON system_logs FOR INSERT TO service_role WITH CHECK (true);

REVOKE ALL ON FUNCTION record_metrics, record_logs, metric_series FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION record_metrics, record_logs, metric_series TO service_role;
