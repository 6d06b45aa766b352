-- Samples by the day, kept when the samples are long gone.

CREATE TABLE metric_rollups_daily (
    id          BIGINT           PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    day         DATE             NOT NULL,
    metric_name TEXT             NOT NULL,
    source      TEXT             NOT NULL,
    samples     BIGINT           NOT NULL
                CONSTRAINT metric_rollup_has_samples CHECK (samples > 0),
    minimum     DOUBLE PRECISION NOT NULL,
    average     DOUBLE PRECISION NOT NULL,
    maximum     DOUBLE PRECISION NOT NULL,
    total       DOUBLE PRECISION NOT NULL,
    computed_at TIMESTAMPTZ      NOT NULL DEFAULT now(),
    CONSTRAINT metric_rollup_of_this_day_exists UNIQUE (metric_name, source, day),
    CONSTRAINT metric_rollup_is_ordered CHECK (minimum <= maximum)
);
COMMENT ON TABLE metric_rollups_daily IS 'system_metrics by UTC day, metric and source; kept for ever.';
COMMENT ON COLUMN metric_rollups_daily.total IS 'Sum of the samples.';
CREATE INDEX metric_rollups_daily_day ON metric_rollups_daily (day);

CREATE FUNCTION compute_daily_rollups(p_day DATE DEFAULT NULL) RETURNS BIGINT
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    WITH wanted AS (
        SELECT coalesce(p_day, (now() AT TIME ZONE 'UTC')::DATE - 1) AS day
    ), computed AS (
        INSERT INTO metric_rollups_daily (day, metric_name, source, samples, minimum, average, maximum, total)
        SELECT w.day, m.metric_name, m.source, count(*), min(m.value), avg(m.value), max(m.value), sum(m.value)
        FROM wanted AS w
        JOIN system_metrics AS m ON m.recorded_at >= w.day::TIMESTAMP AT TIME ZONE 'UTC'
                                AND m.recorded_at < (w.day + 1)::TIMESTAMP AT TIME ZONE 'UTC'
        GROUP BY w.day, m.metric_name, m.source
        ON CONFLICT (metric_name, source, day) DO UPDATE
        SET samples = excluded.samples, minimum = excluded.minimum, average = excluded.average,
            maximum = excluded.maximum, total = excluded.total, computed_at = now()
        RETURNING id
    )
    SELECT count(*) FROM computed
$$;
COMMENT ON FUNCTION compute_daily_rollups IS
    'Rolls a UTC day up, by default yesterday; again gives the same rows. Returns how many.';

ALTER TABLE metric_rollups_daily ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON metric_rollups_daily FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON metric_rollups_daily TO authenticated;
GRANT SELECT, INSERT, UPDATE ON metric_rollups_daily TO service_role;
CREATE POLICY users_read_metric_rollups_daily ON metric_rollups_daily
    FOR SELECT TO authenticated USING (true);
CREATE POLICY service_reads_metric_rollups_daily ON metric_rollups_daily FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_metric_rollups_daily ON metric_rollups_daily FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_metric_rollups_daily ON metric_rollups_daily
    FOR UPDATE TO service_role USING (true) WITH CHECK (true);

REVOKE ALL ON FUNCTION compute_daily_rollups FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION compute_daily_rollups TO service_role;
