-- Settings for tables whose rows change all the time, and the settling of what campaigns cost.

-- Room on the page for the next version of a row, so that updates touch no index; and vacuum before
-- dead rows pile up. work_blocks, workers and assignments have theirs where they are created.
ALTER TABLE search_jobs SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE operator_nodes SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE operator_trust SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE results SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE checkpoints SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE projects SET (fillfactor = 50);

-- Results of a campaign would wait for each other if each of them wrote to the campaign's row. So
-- they count in their job, and this sums up, now and then.
CREATE FUNCTION settle_projects() RETURNS BIGINT
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_project BIGINT;
    v_due     DOUBLE PRECISION;
    v_settled BIGINT := 0;
BEGIN
    FOR v_project IN SELECT id FROM projects WHERE status IN ('active', 'paused') ORDER BY id LOOP
        PERFORM FROM projects WHERE id = v_project FOR NO KEY UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        SELECT coalesce(sum(j.total_cost), 0) - p.core_hours * 3600 INTO v_due
        FROM projects AS p LEFT JOIN search_jobs AS j ON j.project_id = p.id
        WHERE p.id = v_project GROUP BY p.id;
        -- Less than a millisecond is rounding.
        IF v_due > 0.001 THEN
            PERFORM charge_project(v_project, v_due);
            v_settled := v_settled + 1;
        END IF;
        PERFORM advance_project(v_project);
    END LOOP;
    RETURN v_settled;
END
$$;
COMMENT ON FUNCTION settle_projects IS
    'Charges campaigns what their jobs have cost since the last time, pausing those whose budget is used up, and advances their phases. Returns how many were charged. To be called every half minute.';

REVOKE ALL ON FUNCTION settle_projects FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION settle_projects TO service_role;

DO $$
DECLARE
    v_faults TEXT;
BEGIN
    SELECT string_agg(object || ': ' || fault, '; ') INTO v_faults FROM schema_faults();
    IF v_faults IS NOT NULL THEN
        RAISE EXCEPTION 'the schema is more open than its rules allow: %', v_faults;
    END IF;
END
$$;
