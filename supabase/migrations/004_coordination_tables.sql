-- Workers, jobs and blocks, and the three functions that every worker's life is made of:
-- heartbeat, claim, reclaim.

CREATE TABLE workers (
    worker_id       TEXT        PRIMARY KEY CHECK (worker_id <> ''),
    cores           INTEGER     CHECK (cores > 0),
    search_type     TEXT,
    search_params   JSONB,
    tested          BIGINT      NOT NULL DEFAULT 0 CHECK (tested >= 0),
    found           BIGINT      NOT NULL DEFAULT 0 CHECK (found >= 0),
    current         TEXT,
    checkpoint      JSONB,
    metrics         JSONB,
    pending_command TEXT,
    last_command    TEXT,
    first_heartbeat TIMESTAMPTZ NOT NULL DEFAULT now(),
    last_heartbeat  TIMESTAMPTZ NOT NULL DEFAULT now()
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
COMMENT ON TABLE workers IS 'What each worker last said of itself.';
COMMENT ON COLUMN workers.worker_id IS 'The node''s identifier; never the host name, which two hosts may share.';
COMMENT ON COLUMN workers.tested IS 'Candidates tested in the blocks it holds now, by its own word.';
COMMENT ON COLUMN workers.found IS 'Primes found in the blocks it holds now, by its own word.';
COMMENT ON COLUMN workers.pending_command IS 'Delivered with the next heartbeat, then cleared.';
COMMENT ON COLUMN workers.last_command IS 'What pending_command was at the last heartbeat.';

CREATE TABLE search_jobs (
    id           BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    search_type  TEXT        NOT NULL CHECK (search_type <> ''),
    params       JSONB       NOT NULL,
    status       TEXT        NOT NULL DEFAULT 'running'
                 CHECK (status IN ('running', 'paused', 'cancelled', 'validated')),
    range_start  BIGINT      NOT NULL CHECK (range_start >= 0),
    range_end    BIGINT      NOT NULL,
    block_size   BIGINT      NOT NULL CHECK (block_size > 0),
    total_tested BIGINT      NOT NULL DEFAULT 0 CHECK (total_tested >= 0),
    total_found  BIGINT      NOT NULL DEFAULT 0 CHECK (total_found >= 0),
    created_at   TIMESTAMPTZ NOT NULL DEFAULT now(),
    CHECK (range_start < range_end)
);
COMMENT ON TABLE search_jobs IS 'Searches over half-open ranges, cut into blocks.';
COMMENT ON COLUMN search_jobs.search_type IS 'Form, for example kbn.';
COMMENT ON COLUMN search_jobs.params IS 'The whole search description; a block''s search is this one over the block''s range.';
COMMENT ON COLUMN search_jobs.status IS 'running: blocks are handed out; validated: every block is; the rest as it says.';
COMMENT ON COLUMN search_jobs.range_end IS 'One past the last value.';
COMMENT ON COLUMN search_jobs.total_tested IS 'Candidates tested in validated results.';
COMMENT ON COLUMN search_jobs.total_found IS 'Primes in validated results.';

CREATE INDEX search_jobs_running ON search_jobs (id) WHERE status = 'running';

CREATE TABLE work_blocks (
    id             BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    search_job_id  BIGINT      NOT NULL REFERENCES search_jobs (id) ON DELETE CASCADE,
    block_start    BIGINT      NOT NULL CHECK (block_start >= 0),
    block_end      BIGINT      NOT NULL,
    status         TEXT        NOT NULL DEFAULT 'available'
                   CHECK (status IN ('available', 'leased', 'reported', 'validated', 'failed', 'cancelled')),
    claimed_by     TEXT        REFERENCES workers (worker_id) ON DELETE SET NULL,
    claimed_at     TIMESTAMPTZ,
    lease_deadline TIMESTAMPTZ,
    failures       INTEGER     NOT NULL DEFAULT 0 CHECK (failures >= 0),
    UNIQUE (search_job_id, block_start),
    CHECK (block_start < block_end)
) WITH (fillfactor = 65, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
COMMENT ON TABLE work_blocks IS 'The parts of a job''s range, half-open: block_end is the next block''s block_start.';
COMMENT ON COLUMN work_blocks.claimed_by IS 'The worker that holds it, or held it last. Not indexed: no query asks by it, and every step of every block would pay for it.';
COMMENT ON COLUMN work_blocks.lease_deadline IS 'Until when the lease holds if no heartbeat extends it. A lease without one ends when its worker falls silent.';
COMMENT ON COLUMN work_blocks.failures IS 'Computations that failed and results that were rejected.';

-- A claim looks only at what is available: its cost must not grow with what is done.
CREATE INDEX work_blocks_available ON work_blocks (search_job_id, block_start) WHERE status = 'available';
-- What is under way: few blocks, so that stale leases are found and a job's blocks counted without a
-- look at those that are available or done. A heartbeat changes no column of any index.
CREATE INDEX work_blocks_under_way ON work_blocks (status, search_job_id)
    WHERE status IN ('leased', 'reported', 'failed', 'cancelled');

CREATE TABLE work_block_failures (
    block_id  BIGINT      NOT NULL REFERENCES work_blocks (id) ON DELETE CASCADE,
    worker_id TEXT        NOT NULL REFERENCES workers (worker_id) ON DELETE CASCADE,
    failures  INTEGER     NOT NULL DEFAULT 1 CHECK (failures > 0),
    last_at   TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (block_id, worker_id)
);
COMMENT ON TABLE work_block_failures IS
    'Which worker failed which block how often (failed computations and rejected results).';
CREATE INDEX work_block_failures_worker ON work_block_failures (worker_id);

CREATE FUNCTION worker_heartbeat(
    p_worker_id     TEXT,
    p_cores         INTEGER DEFAULT NULL,
    p_search_type   TEXT    DEFAULT NULL,
    p_search_params JSONB   DEFAULT NULL,
    p_tested        BIGINT  DEFAULT 0,
    p_found         BIGINT  DEFAULT 0,
    p_current       TEXT    DEFAULT NULL,
    p_checkpoint    JSONB   DEFAULT NULL,
    p_metrics       JSONB   DEFAULT NULL
) RETURNS TEXT
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_command TEXT;
BEGIN
    -- One statement: a command that is set at the same moment is delivered by this heartbeat or by
    -- the next one, never lost and never twice.
    INSERT INTO workers AS w (worker_id, cores, search_type, search_params, tested, found, current, checkpoint, metrics)
    VALUES (p_worker_id, p_cores, p_search_type, p_search_params, p_tested, p_found, p_current, p_checkpoint, p_metrics)
    ON CONFLICT (worker_id) DO UPDATE SET
        cores           = coalesce(excluded.cores, w.cores),
        search_type     = excluded.search_type,
        search_params   = excluded.search_params,
        tested          = excluded.tested,
        found           = excluded.found,
        current         = excluded.current,
        checkpoint      = excluded.checkpoint,
        metrics         = excluded.metrics,
        last_command    = w.pending_command,
        pending_command = NULL,
        last_heartbeat  = now()
    RETURNING w.last_command INTO v_command;
    RETURN v_command;
END
$$;
COMMENT ON FUNCTION worker_heartbeat IS
    'Notes what a worker says of itself (creating it if it is new); returns its pending command and clears it.';

CREATE FUNCTION lock_available_blocks(p_job_id BIGINT, p_worker_id TEXT, p_count INTEGER) RETURNS BIGINT[]
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_ids BIGINT[];
BEGIN
    -- The job's row is read, not locked: two claimers must not stand in each other's way. A job
    -- that is paused at this moment stops the block at the worker's next heartbeat.
    SELECT array_agg(free.id ORDER BY free.block_start) INTO v_ids FROM (
        SELECT b.id, b.block_start FROM work_blocks AS b
        WHERE b.search_job_id = p_job_id AND b.status = 'available'
          AND EXISTS (SELECT FROM search_jobs AS j WHERE j.id = p_job_id AND j.status = 'running')
          -- A block that this worker failed three times is left to others.
          AND (b.failures = 0 OR NOT EXISTS (
              SELECT FROM work_block_failures AS f
              WHERE f.block_id = b.id AND f.worker_id = p_worker_id AND f.failures >= 3))
        ORDER BY b.block_start
        LIMIT greatest(p_count, 0)
        FOR UPDATE OF b SKIP LOCKED
    ) AS free;
    IF v_ids IS NOT NULL THEN
        INSERT INTO workers (worker_id) SELECT p_worker_id
        WHERE NOT EXISTS (SELECT FROM workers AS w WHERE w.worker_id = p_worker_id)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN v_ids;
END
$$;
COMMENT ON FUNCTION lock_available_blocks IS
    'Locks up to so many available blocks of lowest start of a running job for a worker, no others and nothing else; NULL if there are none.';

CREATE FUNCTION claim_work_block(p_job_id BIGINT, p_worker_id TEXT) RETURNS SETOF work_blocks
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_ids BIGINT[] := lock_available_blocks(p_job_id, p_worker_id, 1);
BEGIN
    RETURN QUERY
        UPDATE work_blocks SET status = 'leased', claimed_by = p_worker_id, claimed_at = now(),
                               lease_deadline = NULL
        WHERE id = v_ids[1]
        RETURNING *;
END
$$;
COMMENT ON FUNCTION claim_work_block IS
    'Leases the available block of lowest start of a running job; no row if there is none. Locks only that block.';

CREATE FUNCTION fail_work_block(p_block_id BIGINT, p_worker_id TEXT) RETURNS VOID
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO work_block_failures AS f (block_id, worker_id) VALUES (p_block_id, p_worker_id)
    ON CONFLICT (block_id, worker_id) DO UPDATE SET failures = f.failures + 1, last_at = now();

    -- One worker alone, three failures at most, cannot make a block fail.
    UPDATE work_blocks AS b
    SET failures = b.failures + 1,
        lease_deadline = NULL,
        status = CASE WHEN j.status = 'cancelled' THEN 'cancelled'
                      WHEN b.failures + 1 >= 8 THEN 'failed'
                      ELSE 'available' END
    FROM search_jobs AS j
    WHERE b.id = p_block_id AND j.id = b.search_job_id
$$;
COMMENT ON FUNCTION fail_work_block IS
    'Counts a failure of a block by a worker: the block is handed out again, after eight failures no more, and then it keeps its job from ending.';

CREATE FUNCTION reclaim_stale_blocks(p_stale_seconds DOUBLE PRECISION) RETURNS BIGINT
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    WITH stale AS (
        SELECT b.id
        FROM work_blocks AS b
        WHERE b.status = 'leased'
          AND CASE WHEN b.lease_deadline IS NOT NULL THEN b.lease_deadline <= now()
              ELSE greatest(b.claimed_at,
                       (SELECT w.last_heartbeat FROM workers AS w WHERE w.worker_id = b.claimed_by))
                   <= now() - make_interval(secs => p_stale_seconds)
              END
        ORDER BY b.id
        FOR UPDATE OF b SKIP LOCKED
    ), reclaimed AS (
        UPDATE work_blocks AS b
        SET status = CASE WHEN j.status = 'cancelled' THEN 'cancelled' ELSE 'available' END,
            lease_deadline = NULL
        FROM stale, search_jobs AS j
        WHERE b.id = stale.id AND j.id = b.search_job_id
        RETURNING b.status
    )
    SELECT count(*) FROM reclaimed WHERE status = 'available'
$$;
COMMENT ON FUNCTION reclaim_stale_blocks IS
    'Ends the leases that are over: each by its own deadline, those without one when their worker was silent for so many seconds. Returns how many blocks became available.';

ALTER TABLE work_block_failures ENABLE ROW LEVEL SECURITY;
ALTER TABLE workers ENABLE ROW LEVEL SECURITY;
ALTER TABLE search_jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE work_blocks ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON workers, search_jobs, work_blocks, work_block_failures
    FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON search_jobs, work_blocks TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE ON workers, search_jobs, work_blocks, work_block_failures TO service_role;

CREATE POLICY service_reads_workers ON workers FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_workers ON workers FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_workers ON workers FOR UPDATE TO service_role USING (true) WITH CHECK (true);

CREATE POLICY everyone_reads_jobs ON search_jobs
    FOR SELECT TO anon, authenticated, service_role USING (true);
CREATE POLICY service_inserts_jobs ON search_jobs FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_jobs ON search_jobs FOR UPDATE TO service_role USING (true) WITH CHECK (true);

CREATE POLICY everyone_reads_blocks ON work_blocks
    FOR SELECT TO anon, authenticated, service_role USING (true);
CREATE POLICY service_inserts_blocks ON work_blocks FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_blocks ON work_blocks FOR UPDATE TO service_role USING (true) WITH CHECK (true);

CREATE POLICY service_reads_failures ON work_block_failures FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_failures ON work_block_failures FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_failures ON work_block_failures
    FOR UPDATE TO service_role USING (true) WITH CHECK (true);

REVOKE ALL ON FUNCTION worker_heartbeat, lock_available_blocks, claim_work_block, fail_work_block, reclaim_stale_blocks
    FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION worker_heartbeat, lock_available_blocks, claim_work_block, fail_work_block,
    reclaim_stale_blocks TO service_role;
