-- The life of a job: running, paused and back, cancelled, and at the end validated.

ALTER TABLE search_jobs
    ADD COLUMN updated_at  TIMESTAMPTZ NOT NULL DEFAULT now(),
    ADD COLUMN finished_at TIMESTAMPTZ;
COMMENT ON COLUMN search_jobs.updated_at IS 'When its status last changed.';
COMMENT ON COLUMN search_jobs.finished_at IS 'When its last block was validated.';

CREATE FUNCTION set_job_status(p_job_id BIGINT, p_status TEXT) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_status TEXT;
BEGIN
    SELECT status INTO v_status FROM search_jobs WHERE id = p_job_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'job % does not exist', p_job_id USING ERRCODE = 'DR003', DETAIL = 'job';
    END IF;
    IF p_status NOT IN ('running', 'paused', 'cancelled') THEN
        RAISE EXCEPTION 'a job cannot be made %; choose running, paused or cancelled', p_status
            USING ERRCODE = 'DR005';
    END IF;
    IF v_status = p_status THEN
        RETURN;
    END IF;
    IF v_status IN ('cancelled', 'validated') THEN
        RAISE EXCEPTION 'job % is % and stays so; create a new one for more', p_job_id, v_status
            USING ERRCODE = 'DR005';
    END IF;
    UPDATE search_jobs SET status = p_status, updated_at = now() WHERE id = p_job_id;
    IF p_status = 'cancelled' THEN
        -- What was reported is still checked; the rest ends here.
        PERFORM FROM work_blocks
        WHERE search_job_id = p_job_id AND status IN ('available', 'leased')
        ORDER BY id FOR NO KEY UPDATE;
        UPDATE work_blocks SET status = 'cancelled', lease_deadline = NULL
        WHERE search_job_id = p_job_id AND status IN ('available', 'leased');
    END IF;
END
$$;
COMMENT ON FUNCTION set_job_status IS
    'Pauses, resumes or cancels a job. Cancelling ends its leases; a cancelled or validated job stays what it is.';

CREATE FUNCTION job_coverage(p_job_id BIGINT)
RETURNS TABLE (fault TEXT, fault_start BIGINT, fault_end BIGINT)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH blocks AS (
        SELECT j.range_start, j.range_end, b.block_start, b.block_end,
               max(b.block_end) OVER (ORDER BY b.block_start ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
        FROM search_jobs AS j JOIN work_blocks AS b ON b.search_job_id = j.id
        WHERE j.id = p_job_id
    ), inner_faults AS (
        SELECT CASE WHEN block_start > coalesce(reached, range_start) THEN 'gap'
                    WHEN block_start < range_start THEN 'outside'
                    ELSE 'overlap' END,
               least(block_start, coalesce(reached, range_start)),
               CASE WHEN block_start > coalesce(reached, range_start) THEN block_start
                    ELSE least(block_end, coalesce(reached, range_start)) END
        FROM blocks
        WHERE block_start <> coalesce(reached, range_start)
    ), tail AS (
        SELECT j.range_end, coalesce((SELECT max(block_end) FROM blocks), j.range_start) AS reached
        FROM search_jobs AS j WHERE j.id = p_job_id
    )
    SELECT * FROM inner_faults
    UNION ALL
    SELECT CASE WHEN reached < range_end THEN 'gap' ELSE 'outside' END,
           least(reached, range_end), greatest(reached, range_end)
    FROM tail WHERE reached <> range_end
$$;
COMMENT ON FUNCTION job_coverage IS
    'Where the union of a job''s blocks is not exactly its range: gap, overlap or outside. No row: every value is covered exactly once.';

REVOKE ALL ON FUNCTION set_job_status, job_coverage FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION set_job_status TO service_role;
GRANT EXECUTE ON FUNCTION job_coverage TO anon, authenticated, service_role;
