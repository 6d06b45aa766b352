-- Many workers at once: blocks carry their estimate and progress, are claimed in batches, and what
-- comes without evidence is computed a second time by somebody else before it counts.

ALTER TABLE work_blocks
    ADD COLUMN cost       DOUBLE PRECISION NOT NULL DEFAULT 60
        CONSTRAINT block_cost_is_finite_and_not_negative CHECK (cost >= 0 AND cost < 'Infinity'),
    ADD COLUMN progress   DOUBLE PRECISION NOT NULL DEFAULT 0
        CONSTRAINT block_progress_is_between_0_and_1 CHECK (progress BETWEEN 0 AND 1),
    ADD COLUMN checkpoint JSONB;
COMMENT ON COLUMN work_blocks.cost IS 'Estimate in reference core seconds.';
COMMENT ON COLUMN work_blocks.progress IS 'Share done as last reported; what the newest checkpoint has while nobody holds the block.';
COMMENT ON COLUMN work_blocks.checkpoint IS 'Where a worker that keeps no binary checkpoints stood; those are in the table checkpoints.';

ALTER TABLE search_jobs ADD COLUMN total_cost DOUBLE PRECISION NOT NULL DEFAULT 0
    CONSTRAINT job_cost_is_finite_and_not_negative CHECK (total_cost >= 0 AND total_cost < 'Infinity');
COMMENT ON COLUMN search_jobs.total_cost IS 'Estimates of its validated blocks, in reference core seconds; what its campaign is charged.';

CREATE TABLE node_block_results (
    id          BIGINT           PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    block_id    BIGINT           NOT NULL REFERENCES work_blocks (id) ON DELETE CASCADE,
    node_id     TEXT             NOT NULL REFERENCES operator_nodes (node_id),
    tested      BIGINT           NOT NULL
                CONSTRAINT block_result_tested_is_not_negative CHECK (tested >= 0),
    found       BIGINT           NOT NULL
                CONSTRAINT block_result_found_is_not_negative CHECK (found >= 0),
    digest      BYTEA            NOT NULL
                CONSTRAINT block_result_digest_is_a_sha256 CHECK (octet_length(digest) = 32),
    cpu_seconds DOUBLE PRECISION NOT NULL
                CONSTRAINT block_result_time_is_finite_and_not_negative CHECK (cpu_seconds >= 0 AND cpu_seconds < 'Infinity'),
    reported_at TIMESTAMPTZ      NOT NULL DEFAULT now(),
    CONSTRAINT block_result_of_this_node_exists UNIQUE (block_id, node_id),
    CONSTRAINT block_result_found_is_at_most_tested CHECK (found <= tested)
);
COMMENT ON TABLE node_block_results IS
    'What nodes say of blocks without evidence: two of different operators must agree. Results with evidence are in the table results.';
COMMENT ON COLUMN node_block_results.digest IS 'SHA-256 over what became of every candidate: equal work has equal digests.';
CREATE INDEX node_block_results_node ON node_block_results (node_id);

CREATE TABLE verification_queue (
    id          BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    block_id    BIGINT      NOT NULL CONSTRAINT block_is_queued_for_verification_once UNIQUE
                REFERENCES work_blocks (id) ON DELETE CASCADE,
    status      TEXT        NOT NULL DEFAULT 'pending'
                CONSTRAINT verification_status_is_known CHECK (status IN ('pending', 'claimed', 'agreed', 'disagreed')),
    claimed_by  TEXT        REFERENCES operator_nodes (node_id) ON DELETE SET NULL,
    deadline    TIMESTAMPTZ,
    created_at  TIMESTAMPTZ NOT NULL DEFAULT now(),
    finished_at TIMESTAMPTZ,
    CONSTRAINT claimed_verification_has_a_deadline CHECK (status <> 'claimed' OR deadline IS NOT NULL)
);
COMMENT ON TABLE verification_queue IS 'Blocks to compute a second time.';
COMMENT ON COLUMN verification_queue.deadline IS 'Until when the node that claimed it may answer; then another one gets it.';
CREATE INDEX verification_queue_open ON verification_queue (id) WHERE status IN ('pending', 'claimed');
CREATE INDEX verification_queue_claimed_by ON verification_queue (claimed_by) WHERE claimed_by IS NOT NULL;

CREATE FUNCTION claim_work_blocks(p_job_id BIGINT, p_worker_id TEXT, p_count INTEGER) RETURNS SETOF work_blocks
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    -- By a list, not by a join: of a LIMIT that it does not know the planner expects thousands.
    v_ids BIGINT[] := lock_available_blocks(p_job_id, p_worker_id, p_count);
BEGIN
    RETURN QUERY
        UPDATE work_blocks
        SET status = 'leased', claimed_by = p_worker_id, claimed_at = now(), lease_deadline = NULL
        WHERE id = ANY (v_ids)
        RETURNING *;
END
$$;
COMMENT ON FUNCTION claim_work_blocks IS
    'Leases up to so many available blocks of lowest start of a running job. Locks only those.';

CREATE FUNCTION worker_heartbeats(p_heartbeats JSONB) RETURNS TABLE (worker_id TEXT, command TEXT)
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    -- As worker_heartbeat, for many workers in one statement; in the order of their identifiers, so
    -- that two batches cannot wait for each other in a circle.
    WITH beats AS (
        SELECT DISTINCT ON (h.worker_id) h.*
        FROM jsonb_to_recordset(p_heartbeats)
            AS h (worker_id TEXT, cores INTEGER, search_type TEXT, search_params JSONB, tested BIGINT, found BIGINT)
        ORDER BY h.worker_id
    ), noted AS (
        INSERT INTO workers AS w (worker_id, cores, search_type, search_params, tested, found)
        SELECT b.worker_id, b.cores, b.search_type, b.search_params, coalesce(b.tested, 0), coalesce(b.found, 0)
        FROM beats AS b ORDER BY b.worker_id
        ON CONFLICT ON CONSTRAINT workers_pkey DO UPDATE SET
            cores           = coalesce(excluded.cores, w.cores),
            search_type     = excluded.search_type,
            search_params   = excluded.search_params,
            tested          = excluded.tested,
            found           = excluded.found,
            last_command    = w.pending_command,
            pending_command = NULL,
            last_heartbeat  = now()
        RETURNING w.worker_id, w.last_command
    )
    SELECT n.worker_id, n.last_command FROM noted AS n WHERE n.last_command IS NOT NULL
$$;
COMMENT ON FUNCTION worker_heartbeats IS
    'Heartbeats of many workers, an array of {worker_id, cores?, search_type?, search_params?, tested?, found?}; returns the commands that waited, and clears them.';

CREATE FUNCTION report_block_progress(p_worker_id TEXT, p_block_id BIGINT, p_progress DOUBLE PRECISION, p_checkpoint JSONB DEFAULT NULL)
RETURNS BOOLEAN
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    WITH noted AS (
        UPDATE work_blocks SET progress = p_progress, checkpoint = coalesce(p_checkpoint, checkpoint)
        WHERE id = p_block_id AND claimed_by = p_worker_id AND status = 'leased'
        RETURNING id
    )
    SELECT EXISTS (SELECT FROM noted)
$$;
COMMENT ON FUNCTION report_block_progress IS
    'Notes how far a worker is with a block, and where it stands; false: the block is not leased to it any more.';

CREATE FUNCTION complete_work_block(
    p_worker_id TEXT, p_block_id BIGINT, p_tested BIGINT, p_found BIGINT, p_digest BYTEA, p_cpu_seconds DOUBLE PRECISION
) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE work_blocks SET status = 'reported', progress = 1, checkpoint = NULL, lease_deadline = NULL
    WHERE id = p_block_id AND claimed_by = p_worker_id AND status = 'leased';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'block % is not leased to worker %', p_block_id, p_worker_id USING ERRCODE = 'DR001';
    END IF;
    INSERT INTO node_block_results (block_id, node_id, tested, found, digest, cpu_seconds)
    VALUES (p_block_id, p_worker_id, p_tested, p_found, p_digest, p_cpu_seconds)
    ON CONFLICT (block_id, node_id) DO UPDATE
    SET tested = excluded.tested, found = excluded.found, digest = excluded.digest,
        cpu_seconds = excluded.cpu_seconds, reported_at = now();
    INSERT INTO verification_queue (block_id) VALUES (p_block_id)
    ON CONFLICT (block_id) DO UPDATE SET status = 'pending', claimed_by = NULL, deadline = NULL, finished_at = NULL;
END
$$;
COMMENT ON FUNCTION complete_work_block IS
    'Takes a worker''s word for a leased block. It counts for nothing until somebody else has computed the same: the block is queued for that.';

CREATE FUNCTION claim_verification(p_node_id TEXT, p_seconds DOUBLE PRECISION) RETURNS SETOF verification_queue
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_operator BIGINT;
BEGIN
    -- Two computers of one person, or of nobody known, are no second opinion.
    SELECT operator_id INTO v_operator FROM operator_nodes WHERE node_id = p_node_id;
    IF v_operator IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
        UPDATE verification_queue
        SET status = 'claimed', claimed_by = p_node_id, deadline = now() + make_interval(secs => p_seconds)
        WHERE id = (
            SELECT q.id FROM verification_queue AS q
            WHERE (q.status = 'pending' OR q.status = 'claimed' AND q.deadline <= now())
              AND NOT EXISTS (
                  SELECT FROM node_block_results AS r JOIN operator_nodes AS n ON n.node_id = r.node_id
                  WHERE r.block_id = q.block_id AND (r.node_id = p_node_id OR n.operator_id = v_operator))
            ORDER BY q.id LIMIT 1 FOR UPDATE OF q SKIP LOCKED)
        RETURNING *;
END
$$;
COMMENT ON FUNCTION claim_verification IS
    'Gives a node the oldest block that another operator''s node reported, to compute it again within so many seconds; no row if there is none.';

CREATE FUNCTION finish_verification(
    p_node_id TEXT, p_verification_id BIGINT, p_tested BIGINT, p_found BIGINT, p_digest BYTEA, p_cpu_seconds DOUBLE PRECISION
) RETURNS BOOLEAN
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_block BIGINT;
    v_job   BIGINT;
    v_agree BOOLEAN;
BEGIN
    SELECT block_id INTO v_block FROM verification_queue
    WHERE id = p_verification_id AND claimed_by = p_node_id AND status = 'claimed' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'verification % is not claimed by node %', p_verification_id, p_node_id USING ERRCODE = 'DR001';
    END IF;
    SELECT search_job_id INTO v_job FROM work_blocks WHERE id = v_block;
    PERFORM FROM search_jobs WHERE id = v_job FOR NO KEY UPDATE;
    PERFORM FROM work_blocks WHERE id = v_block FOR NO KEY UPDATE;
    SELECT r.digest = p_digest AND r.tested = p_tested AND r.found = p_found INTO v_agree
    FROM node_block_results AS r WHERE r.block_id = v_block ORDER BY r.reported_at DESC, r.id DESC LIMIT 1;
    UPDATE verification_queue
    SET status = CASE WHEN v_agree THEN 'agreed' ELSE 'disagreed' END, finished_at = now(), deadline = NULL
    WHERE id = p_verification_id;

    IF v_agree THEN
        INSERT INTO node_block_results (block_id, node_id, tested, found, digest, cpu_seconds)
        VALUES (v_block, p_node_id, p_tested, p_found, p_digest, p_cpu_seconds);
        UPDATE work_blocks SET status = 'validated' WHERE id = v_block AND status = 'reported';
        UPDATE search_jobs
        SET total_tested = total_tested + p_tested, total_found = total_found + p_found,
            total_cost = total_cost + (SELECT cost FROM work_blocks WHERE id = v_block)
        WHERE id = v_job;
        PERFORM finish_job_if_complete(v_job);
    ELSE
        -- One of the two is wrong and nobody knows which: neither stays, a third one computes it.
        DELETE FROM node_block_results WHERE block_id = v_block;
        UPDATE work_blocks SET status = 'available', progress = 0, failures = failures + 1
        WHERE id = v_block AND status = 'reported';
    END IF;
    RETURN v_agree;
END
$$;
COMMENT ON FUNCTION finish_verification IS
    'Compares a second computation with the first: equal validates the block (true), different hands it out again (false).';

CREATE FUNCTION set_node_capabilities(
    p_node_id TEXT, p_instruction_sets TEXT[], p_cache_bytes BIGINT, p_gpu_model TEXT, p_forms TEXT[]
) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE operator_nodes
    SET instruction_sets = p_instruction_sets, cache_bytes = p_cache_bytes, gpu_model = p_gpu_model, forms = p_forms
    WHERE node_id = p_node_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'node % is not registered', p_node_id USING ERRCODE = 'DR003', DETAIL = 'node';
    END IF;
END
$$;
COMMENT ON FUNCTION set_node_capabilities IS 'Notes what a node''s computer can do.';

CREATE FUNCTION set_node_update_state(
    p_node_id TEXT, p_client_version TEXT, p_channel TEXT, p_state TEXT, p_detail TEXT DEFAULT NULL
) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE operator_nodes
    SET client_version = p_client_version, release_channel = p_channel, update_state = p_state, update_detail = p_detail,
        updated_at = now()
    WHERE node_id = p_node_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'node % is not registered', p_node_id USING ERRCODE = 'DR003', DETAIL = 'node';
    END IF;
END
$$;
COMMENT ON FUNCTION set_node_update_state IS 'Notes which release a node runs and how its updating goes.';

CREATE FUNCTION release_adoption()
RETURNS TABLE (channel TEXT, client_version TEXT, nodes BIGINT, failed BIGINT)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT release_channel, n.client_version, count(*),
           count(*) FILTER (WHERE update_state IN ('failed', 'rolled_back'))
    FROM operator_nodes AS n
    GROUP BY 1, 2
    ORDER BY 1, 3 DESC, 2
$$;
COMMENT ON FUNCTION release_adoption IS 'How many nodes run which version on each channel, and how many have trouble with an update.';

ALTER TABLE node_block_results ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON node_block_results FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON node_block_results TO service_role;
CREATE POLICY service_reads_node_block_results ON node_block_results FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_node_block_results ON node_block_results FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_node_block_results ON node_block_results
    FOR UPDATE TO service_role USING (true) WITH CHECK (true);
CREATE POLICY service_deletes_node_block_results ON node_block_results FOR DELETE TO service_role USING (true);
ALTER TABLE verification_queue ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON verification_queue FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON verification_queue TO service_role;
CREATE POLICY service_reads_verification_queue ON verification_queue FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_verification_queue ON verification_queue FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_verification_queue ON verification_queue
    FOR UPDATE TO service_role USING (true) WITH CHECK (true);

REVOKE ALL ON FUNCTION claim_work_blocks, worker_heartbeats, report_block_progress, complete_work_block, claim_verification,
    finish_verification, set_node_capabilities, set_node_update_state, release_adoption
    FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION claim_work_blocks, worker_heartbeats, report_block_progress, complete_work_block, claim_verification,
    finish_verification, set_node_capabilities, set_node_update_state, release_adoption TO service_role;
