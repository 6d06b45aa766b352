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

-- A job has up to a million blocks, and pages that show it must not count them. What changes rarely
-- is kept with the job by triggers, so that it is right whoever writes: how many blocks there are,
-- how many are validated, and that they are exactly the range. What is under way is counted from its
-- index; the rest follows (see job_overview).
ALTER TABLE search_jobs
    ADD COLUMN blocks_total     BIGINT  NOT NULL DEFAULT 0 CHECK (blocks_total >= 0),
    ADD COLUMN blocks_validated BIGINT  NOT NULL DEFAULT 0 CHECK (blocks_validated >= 0),
    ADD COLUMN coverage_checked BOOLEAN NOT NULL DEFAULT false;
COMMENT ON COLUMN search_jobs.blocks_total IS 'Blocks that the range is cut into.';
COMMENT ON COLUMN search_jobs.blocks_validated IS 'Blocks whose result is validated.';
COMMENT ON COLUMN search_jobs.coverage_checked IS
    'job_coverage() found no fault, and neither range nor blocks have changed since.';
UPDATE search_jobs AS j
SET blocks_total = b.total, blocks_validated = b.validated, coverage_checked = NOT EXISTS (SELECT FROM job_coverage(j.id))
FROM (SELECT search_job_id, count(*) AS total, count(*) FILTER (WHERE status = 'validated') AS validated
      FROM work_blocks GROUP BY search_job_id) AS b
WHERE b.search_job_id = j.id;

CREATE FUNCTION count_added_blocks() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE search_jobs AS j
    SET blocks_total = j.blocks_total + b.total, blocks_validated = j.blocks_validated + b.validated, coverage_checked = false
    FROM (SELECT search_job_id, count(*) AS total, count(*) FILTER (WHERE status = 'validated') AS validated
          FROM added GROUP BY search_job_id) AS b
    WHERE j.id = b.search_job_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION count_added_blocks() IS 'Trigger: keeps the counts of a job.';
CREATE TRIGGER count_added_blocks AFTER INSERT ON work_blocks
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_added_blocks();

CREATE FUNCTION count_removed_blocks() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE search_jobs AS j
    SET blocks_total = j.blocks_total - b.total, blocks_validated = j.blocks_validated - b.validated, coverage_checked = false
    FROM (SELECT search_job_id, count(*) AS total, count(*) FILTER (WHERE status = 'validated') AS validated
          FROM removed GROUP BY search_job_id) AS b
    WHERE j.id = b.search_job_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION count_removed_blocks() IS 'Trigger: keeps the counts of a job.';
CREATE TRIGGER count_removed_blocks AFTER DELETE ON work_blocks
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_removed_blocks();

-- Whoever validates a block has locked its job before.
CREATE FUNCTION count_validated_block() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE search_jobs SET blocks_validated = blocks_validated + CASE WHEN NEW.status = 'validated' THEN 1 ELSE -1 END
    WHERE id = NEW.search_job_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION count_validated_block() IS 'Trigger: keeps the counts of a job.';
CREATE TRIGGER count_validated_block AFTER UPDATE OF status ON work_blocks
    FOR EACH ROW WHEN ((OLD.status = 'validated') <> (NEW.status = 'validated'))
    EXECUTE FUNCTION count_validated_block();

CREATE FUNCTION doubt_coverage() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.search_job_id <> OLD.search_job_id THEN
        RAISE EXCEPTION 'block % belongs to job % for ever', OLD.id, OLD.search_job_id USING ERRCODE = 'DR005';
    END IF;
    UPDATE search_jobs SET coverage_checked = false WHERE id = NEW.search_job_id AND coverage_checked;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION doubt_coverage() IS 'Trigger: a block that was moved may leave a gap or overlap another one.';
CREATE TRIGGER doubt_coverage AFTER UPDATE OF search_job_id, block_start, block_end ON work_blocks
    FOR EACH ROW EXECUTE FUNCTION doubt_coverage();

CREATE FUNCTION doubt_range() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.coverage_checked := false;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION doubt_range() IS 'Trigger: a range that was changed may not be that of the blocks.';
CREATE TRIGGER doubt_range BEFORE UPDATE OF range_start, range_end ON search_jobs
    FOR EACH ROW EXECUTE FUNCTION doubt_range();

REVOKE ALL ON FUNCTION count_added_blocks, count_removed_blocks, count_validated_block, doubt_coverage, doubt_range
    FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION count_added_blocks, count_removed_blocks, count_validated_block, doubt_coverage, doubt_range
    TO service_role;
REVOKE ALL ON FUNCTION set_job_status, job_coverage FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION set_job_status TO service_role;
GRANT EXECUTE ON FUNCTION job_coverage TO anon, authenticated, service_role;
