-- Leases: who works on which block until when, from which checkpoint, and how it ended.
--
-- A block's row says what it is now (004); an assignment is the history of one lease. Rows are
-- always locked in the order job, blocks by ascending id, assignment, node, so no two operations
-- can wait for each other in a circle.

CREATE TABLE work_settings (
    id                      BOOLEAN          PRIMARY KEY DEFAULT true CHECK (id),
    min_lease_seconds       DOUBLE PRECISION NOT NULL DEFAULT 600 CHECK (min_lease_seconds > 0),
    max_lease_seconds       DOUBLE PRECISION NOT NULL DEFAULT 1209600,
    lease_factor            DOUBLE PRECISION NOT NULL DEFAULT 3 CHECK (lease_factor >= 1),
    lease_slack_seconds     DOUBLE PRECISION NOT NULL DEFAULT 300 CHECK (lease_slack_seconds >= 0),
    default_speed           DOUBLE PRECISION NOT NULL DEFAULT 0.25 CHECK (default_speed > 0),
    max_leases_per_node     INTEGER          NOT NULL DEFAULT 512 CHECK (max_leases_per_node > 0),
    max_checkpoint_bytes    BIGINT           NOT NULL DEFAULT 1073741824 CHECK (max_checkpoint_bytes > 0),
    max_new_nodes           INTEGER          NOT NULL DEFAULT 10000 CHECK (max_new_nodes > 0),
    max_new_nodes_per_network INTEGER        NOT NULL DEFAULT 64 CHECK (max_new_nodes_per_network > 0),
    forget_new_node_days    DOUBLE PRECISION NOT NULL DEFAULT 30 CHECK (forget_new_node_days > 0),
    check_seconds           DOUBLE PRECISION NOT NULL DEFAULT 600 CHECK (check_seconds > 0),
    CHECK (min_lease_seconds <= max_lease_seconds)
);
COMMENT ON TABLE work_settings IS 'The numbers behind leases and limits, one row, changed only by the owner.';
COMMENT ON COLUMN work_settings.lease_factor IS 'A lease lasts this many times the estimated duration, plus the slack.';
COMMENT ON COLUMN work_settings.default_speed IS 'Speed assumed of a node that has not measured its own: reference core seconds per second.';
COMMENT ON COLUMN work_settings.max_checkpoint_bytes IS 'Checkpoints that one node may have stored for its running blocks.';
COMMENT ON COLUMN work_settings.max_new_nodes IS 'Nodes that never had a validated result, in all.';
COMMENT ON COLUMN work_settings.max_new_nodes_per_network IS 'The same for one IPv4 address or one IPv6 /64.';
COMMENT ON COLUMN work_settings.check_seconds IS 'How long the check of a result is reserved for one checker; longer with each attempt.';
INSERT INTO work_settings DEFAULT VALUES;

CREATE TABLE assignments (
    id           BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    block_id     BIGINT      NOT NULL REFERENCES work_blocks (id) ON DELETE CASCADE,
    replica      SMALLINT    NOT NULL DEFAULT 0 CHECK (replica >= 0),
    node_id      TEXT        NOT NULL REFERENCES operator_nodes (node_id),
    status       TEXT        NOT NULL DEFAULT 'live'
                 CHECK (status IN ('live', 'expired', 'released', 'failed', 'cancelled', 'reported', 'validated', 'rejected')),
    resumed_from BIGINT      REFERENCES assignments (id) ON DELETE SET NULL,
    progress     JSONB,
    leased_at    TIMESTAMPTZ NOT NULL DEFAULT now(),
    reported_on  TIMESTAMPTZ,
    ended_at     TIMESTAMPTZ,
    detail       TEXT        CHECK (length(detail) <= 1000)
) WITH (fillfactor = 65, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
COMMENT ON TABLE assignments IS 'Leases of blocks to nodes, with how each ended.';
COMMENT ON COLUMN assignments.status IS 'live; or how it ended: expired (deadline), released (handed back), failed (computation), cancelled (job), reported, validated, rejected (result).';
COMMENT ON COLUMN assignments.resumed_from IS 'The assignment whose checkpoint it was offered: what that one decided stays its author''s.';
COMMENT ON COLUMN assignments.reported_on IS 'Last heartbeat that named it.';

-- The rule that nothing may break: at most one live lease per block and replica. The second condition
-- always holds and is in no query, so that no plan takes this index for a short list of live leases:
-- it is short only while it has just been vacuumed.
CREATE UNIQUE INDEX assignments_one_live ON assignments (block_id, replica) WHERE status = 'live' AND replica >= 0;
CREATE INDEX assignments_live_of_node ON assignments (node_id) WHERE status = 'live';
CREATE INDEX assignments_block ON assignments (block_id);
CREATE INDEX assignments_resumed_from ON assignments (resumed_from) WHERE resumed_from IS NOT NULL;

CREATE TABLE checkpoints (
    assignment_id BIGINT      PRIMARY KEY REFERENCES assignments (id) ON DELETE CASCADE,
    block_id      BIGINT      NOT NULL REFERENCES work_blocks (id) ON DELETE CASCADE,
    node_id       TEXT        NOT NULL REFERENCES operator_nodes (node_id),
    bytes         BYTEA       NOT NULL,
    progress      DOUBLE PRECISION NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    written_at    TIMESTAMPTZ NOT NULL DEFAULT now()
);
COMMENT ON TABLE checkpoints IS 'The newest checkpoint of each assignment, until its block is validated.';
-- Random-looking bytes: compressing them again would cost time and gain nothing.
ALTER TABLE checkpoints ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE INDEX checkpoints_block ON checkpoints (block_id, written_at DESC, assignment_id DESC);
CREATE INDEX checkpoints_node ON checkpoints (node_id);

-- Whatever takes a block out of the state leased ends its live lease in the same moment, so no
-- path (reclaiming, cancelling, a maintainer's own SQL) can leave one behind.
CREATE FUNCTION end_lease_with_block() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE assignments
    SET status = CASE WHEN NEW.status IN ('cancelled', 'reported') THEN NEW.status ELSE 'expired' END, ended_at = now()
    -- By the block, not through an index of what is live: see assignments_one_live.
    WHERE block_id = NEW.id AND status || '' = 'live';
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION end_lease_with_block() IS 'Trigger: a block that is not leased has no live assignment.';
CREATE TRIGGER end_lease_with_block AFTER UPDATE OF status ON work_blocks
    FOR EACH ROW WHEN (OLD.status = 'leased' AND NEW.status <> 'leased')
    EXECUTE FUNCTION end_lease_with_block();

CREATE FUNCTION create_search_job(
    p_search_type TEXT, p_params JSONB, p_start BIGINT, p_end BIGINT, p_block_size BIGINT,
    p_costs DOUBLE PRECISION[]
) RETURNS BIGINT
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_job    BIGINT;
    v_blocks BIGINT;
BEGIN
    IF p_start < 0 OR p_end <= p_start OR p_block_size <= 0 THEN
        RAISE EXCEPTION 'a range %..% cannot be cut into blocks of %', p_start, p_end, p_block_size
            USING ERRCODE = 'DR005';
    END IF;
    v_blocks := (p_end - p_start - 1) / p_block_size + 1;
    IF cardinality(p_costs) <> v_blocks THEN
        RAISE EXCEPTION '% blocks, but % costs', v_blocks, cardinality(p_costs) USING ERRCODE = 'DR005';
    END IF;

    INSERT INTO search_jobs (search_type, params, range_start, range_end, block_size)
    VALUES (p_search_type, p_params, p_start, p_end, p_block_size)
    RETURNING id INTO v_job;

    INSERT INTO work_blocks (search_job_id, block_start, block_end, cost)
    SELECT v_job, s, CASE WHEN p_end - s <= p_block_size THEN p_end ELSE s + p_block_size END, c
    FROM (SELECT p_start + (i - 1) * p_block_size AS s, c
          FROM unnest(p_costs) WITH ORDINALITY AS u (c, i) ORDER BY i) AS cut;

    IF EXISTS (SELECT FROM job_coverage(v_job)) THEN
        RAISE EXCEPTION 'the blocks of job % do not cover its range', v_job;
    END IF;
    UPDATE search_jobs SET coverage_checked = true WHERE id = v_job;
    RETURN v_job;
END
$$;
COMMENT ON FUNCTION create_search_job IS
    'Creates a running job over the half-open range and cuts it into blocks; one cost per block, in order.';

CREATE FUNCTION lease_seconds(p_cost DOUBLE PRECISION, p_speed DOUBLE PRECISION) RETURNS DOUBLE PRECISION
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT least(s.max_lease_seconds,
                 greatest(s.min_lease_seconds,
                          s.lease_factor * p_cost / coalesce(p_speed, s.default_speed) + s.lease_slack_seconds))
    FROM work_settings AS s
$$;
COMMENT ON FUNCTION lease_seconds IS 'How long a lease lasts for so many reference core seconds at a speed; NULL: the default speed.';

CREATE FUNCTION block_checkpoint(p_block_id BIGINT) RETURNS SETOF checkpoints
LANGUAGE sql STABLE ROWS 1 SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT * FROM checkpoints WHERE block_id = p_block_id
    ORDER BY written_at DESC, assignment_id DESC LIMIT 1
$$;
COMMENT ON FUNCTION block_checkpoint IS 'The checkpoint from which a block goes on; no row if it starts from nothing.';

-- Planning anew for each call's numbers, as PostgreSQL does where it takes that for cheaper, costs
-- more than the work itself: here and in the other functions of a block's life the first plan is kept.
CREATE FUNCTION claim_assignments(
    p_node_id TEXT, p_max_blocks INTEGER, p_holding BIGINT[], p_speed DOUBLE PRECISION DEFAULT NULL
) RETURNS SETOF assignments
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_settings work_settings;
    v_speed    DOUBLE PRECISION;
    v_backlog  DOUBLE PRECISION;
    v_live     BIGINT;
    v_lost     BIGINT[];
    v_room     INTEGER := p_max_blocks;
    v_job      BIGINT;
    v_lease    assignments;
    v_ids      BIGINT[];
BEGIN
    -- One claim of a node at a time: a repeated request sees what the first one leased.
    PERFORM pg_advisory_xact_lock(hashtextextended('claim ' || p_node_id, 0));
    SELECT * INTO v_settings FROM work_settings;
    SELECT coalesce(least(greatest(p_speed, 0.001), 100000), n.speed) INTO v_speed
    FROM operator_nodes AS n WHERE n.node_id = p_node_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'node % is not registered', p_node_id USING ERRCODE = 'DR003', DETAIL = 'node';
    END IF;

    SELECT coalesce(sum(b.cost * (1 - b.progress)), 0), count(*), array_agg(a.id) FILTER (WHERE a.id <> ALL (p_holding))
    INTO v_backlog, v_live, v_lost
    FROM assignments AS a JOIN work_blocks AS b ON b.id = a.block_id
    WHERE a.node_id = p_node_id AND a.status = 'live';

    -- First what it holds without knowing: the answer was lost on the way.
    IF v_lost IS NOT NULL THEN
        FOR v_lease IN
            SELECT a.* FROM assignments AS a
            JOIN work_blocks AS b ON b.id = a.block_id JOIN search_jobs AS j ON j.id = b.search_job_id
            WHERE a.id = ANY (v_lost) AND a.status = 'live' AND j.status = 'running'
            ORDER BY a.block_id
        LOOP
            EXIT WHEN v_room <= 0;
            UPDATE work_blocks
            SET lease_deadline = greatest(lease_deadline, now() + make_interval(secs => lease_seconds(v_backlog, v_speed)))
            WHERE id = v_lease.block_id AND status = 'leased' AND claimed_by = p_node_id;
            -- Reclaimed while we waited for the block: it is no longer this node's.
            CONTINUE WHEN NOT FOUND;
            RETURN NEXT v_lease;
            v_room := v_room - 1;
        END LOOP;
    END IF;

    v_room := least(v_room, v_settings.max_leases_per_node - v_live);
    FOR v_job IN SELECT id FROM search_jobs WHERE status = 'running' AND v_room > 0 ORDER BY id LOOP
        v_ids := lock_available_blocks(v_job, p_node_id, v_room);
        CONTINUE WHEN v_ids IS NULL;
        -- Each deadline counts what comes before it, and a block what its checkpoint leaves to do.
        -- The formula is that of lease_seconds(), written out: a call for each block costs more than
        -- all the rest.
        RETURN QUERY
            WITH taken AS MATERIALIZED (
                SELECT u.id, u.place, c.assignment_id AS resumed_from, coalesce(c.progress, 0) AS progress,
                       v_backlog + sum(b.cost * (1 - coalesce(c.progress, 0))) OVER (ORDER BY u.place) AS backlog
                FROM unnest(v_ids) WITH ORDINALITY AS u (id, place)
                JOIN work_blocks AS b ON b.id = u.id
                LEFT JOIN LATERAL (
                    SELECT k.assignment_id, k.progress FROM checkpoints AS k WHERE k.block_id = u.id
                    ORDER BY k.written_at DESC, k.assignment_id DESC LIMIT 1
                ) AS c ON true
            ), due AS (
                UPDATE work_blocks AS b
                SET status = 'leased', claimed_by = p_node_id, claimed_at = now(), progress = t.progress,
                    lease_deadline = now() + make_interval(secs => least(v_settings.max_lease_seconds,
                        greatest(v_settings.min_lease_seconds,
                                 v_settings.lease_factor * t.backlog / coalesce(v_speed, v_settings.default_speed)
                                 + v_settings.lease_slack_seconds)))
                FROM taken AS t WHERE b.id = t.id
            )
            INSERT INTO assignments (block_id, node_id, resumed_from)
            SELECT t.id, p_node_id, t.resumed_from FROM taken AS t ORDER BY t.place
            RETURNING *;
        v_room := v_room - cardinality(v_ids);
        EXIT WHEN v_room <= 0;
        v_backlog := v_backlog + (SELECT sum(b.cost * (1 - b.progress)) FROM work_blocks AS b WHERE b.id = ANY (v_ids));
    END LOOP;
    UPDATE operator_nodes SET speed = v_speed, last_seen_at = now()
    WHERE node_id = p_node_id AND (speed IS DISTINCT FROM v_speed OR last_seen_at < now() - interval '1 minute');
END
$$;
COMMENT ON FUNCTION claim_assignments IS
    'Leases up to so many blocks to a node, lowest job and start first; its live leases that are not in p_holding come first, again.';

CREATE FUNCTION assignment_heartbeat(p_node_id TEXT, p_assignment_id BIGINT, p_fraction DOUBLE PRECISION, p_progress JSONB)
RETURNS TABLE (verdict TEXT, seconds_left DOUBLE PRECISION)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_block    work_blocks;
    v_lease    assignments;
    v_job      TEXT;
    v_backlog  DOUBLE PRECISION;
    v_fraction DOUBLE PRECISION := CASE WHEN p_fraction BETWEEN 0 AND 1 THEN p_fraction ELSE 0 END;
    v_deadline TIMESTAMPTZ;
    v_speed    DOUBLE PRECISION;
BEGIN
    SELECT b.* INTO v_block
    FROM work_blocks AS b JOIN assignments AS a ON a.block_id = b.id
    WHERE a.id = p_assignment_id AND a.node_id = p_node_id
    FOR NO KEY UPDATE OF b;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'abandon', NULL::DOUBLE PRECISION;
        RETURN;
    END IF;
    SELECT * INTO v_lease FROM assignments WHERE id = p_assignment_id FOR NO KEY UPDATE;
    SELECT status INTO v_job FROM search_jobs WHERE id = v_block.search_job_id;

    IF v_job = 'cancelled' THEN
        UPDATE work_blocks SET status = 'cancelled', lease_deadline = NULL
        WHERE id = v_block.id AND status IN ('available', 'leased');
        RETURN QUERY SELECT 'abandon', NULL::DOUBLE PRECISION;
        RETURN;
    END IF;
    -- A lease that ran out while the host was away, of a block that nobody took since: it goes on.
    IF v_lease.status = 'expired' AND v_block.status = 'available' THEN
        UPDATE work_blocks SET status = 'leased', claimed_by = p_node_id, claimed_at = now() WHERE id = v_block.id;
        UPDATE assignments SET status = 'live', ended_at = NULL WHERE id = p_assignment_id;
    ELSIF v_lease.status <> 'live' THEN
        RETURN QUERY SELECT 'abandon', NULL::DOUBLE PRECISION;
        RETURN;
    END IF;

    UPDATE assignments SET progress = p_progress, reported_on = now() WHERE id = p_assignment_id;
    UPDATE work_blocks SET progress = v_fraction WHERE id = v_block.id;
    IF v_job = 'paused' THEN
        -- Time enough to upload a checkpoint and hand the block back.
        UPDATE work_blocks
        SET lease_deadline = greatest(lease_deadline, now() + make_interval(secs => lease_seconds(0, NULL)))
        WHERE id = v_block.id;
        RETURN QUERY SELECT 'stop', NULL::DOUBLE PRECISION;
        RETURN;
    END IF;

    SELECT n.speed INTO v_speed FROM operator_nodes AS n WHERE n.node_id = p_node_id;
    SELECT coalesce(sum(b.cost * (1 - b.progress)), 0) INTO v_backlog
    FROM assignments AS a JOIN work_blocks AS b ON b.id = a.block_id
    WHERE a.node_id = p_node_id AND a.status = 'live';
    -- Never shorter than promised before; and no block is held for ever by heartbeats alone.
    UPDATE work_blocks AS b
    SET lease_deadline = greatest(b.lease_deadline, least(
            now() + make_interval(secs => lease_seconds(v_backlog, v_speed)),
            v_lease.leased_at + make_interval(days => 60, secs => 2 * lease_seconds(b.cost, v_speed))))
    WHERE b.id = v_block.id
    RETURNING b.lease_deadline INTO v_deadline;
    RETURN QUERY SELECT 'continue', greatest(extract(epoch FROM v_deadline - now()), 0)::DOUBLE PRECISION;
END
$$;
COMMENT ON FUNCTION assignment_heartbeat IS
    'Notes the progress of a lease and extends it. continue; stop: the job is paused; abandon: the lease is over or another node''s.';

CREATE FUNCTION lock_lease(p_node_id TEXT, p_assignment_id BIGINT) RETURNS assignments
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_lease assignments;
BEGIN
    PERFORM FROM work_blocks AS b JOIN assignments AS a ON a.block_id = b.id
    WHERE a.id = p_assignment_id AND a.node_id = p_node_id
    FOR NO KEY UPDATE OF b;
    SELECT * INTO v_lease FROM assignments
    WHERE id = p_assignment_id AND node_id = p_node_id AND status = 'live' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'assignment % is not leased to node %', p_assignment_id, p_node_id USING ERRCODE = 'DR001';
    END IF;
    RETURN v_lease;
END
$$;
COMMENT ON FUNCTION lock_lease IS 'The live lease, its block and itself locked; DR001 if it is not live or not this node''s.';

CREATE FUNCTION put_checkpoint(p_node_id TEXT, p_assignment_id BIGINT, p_bytes BYTEA) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_lease assignments := lock_lease(p_node_id, p_assignment_id);
    v_bytes BIGINT;
    v_limit BIGINT := (SELECT max_checkpoint_bytes FROM work_settings);
BEGIN
    SELECT coalesce(sum(octet_length(c.bytes)), 0) + octet_length(p_bytes) INTO v_bytes
    FROM checkpoints AS c JOIN assignments AS a ON a.id = c.assignment_id
    WHERE c.node_id = p_node_id AND a.id <> p_assignment_id;
    IF v_bytes > v_limit THEN
        RAISE EXCEPTION 'the checkpoints of this node take % bytes, % are allowed; finish or release a block first', v_bytes, v_limit
            USING ERRCODE = 'DR005';
    END IF;
    INSERT INTO checkpoints AS c (assignment_id, block_id, node_id, bytes, progress)
    SELECT v_lease.id, b.id, p_node_id, p_bytes, b.progress FROM work_blocks AS b WHERE b.id = v_lease.block_id
    ON CONFLICT (assignment_id) DO UPDATE
        SET bytes = excluded.bytes, progress = excluded.progress, written_at = clock_timestamp();
END
$$;
COMMENT ON FUNCTION put_checkpoint IS 'Stores the newest checkpoint of a live lease.';

CREATE FUNCTION release_assignment(p_node_id TEXT, p_assignment_id BIGINT, p_failed BOOLEAN, p_detail TEXT DEFAULT NULL)
RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_lease assignments := lock_lease(p_node_id, p_assignment_id);
BEGIN
    UPDATE assignments
    SET status = CASE WHEN p_failed THEN 'failed' ELSE 'released' END, ended_at = now(), detail = left(p_detail, 500)
    WHERE id = v_lease.id;
    IF p_failed THEN
        PERFORM fail_work_block(v_lease.block_id, p_node_id);
        INSERT INTO operator_trust AS t (node_id, failed) VALUES (p_node_id, 1)
        ON CONFLICT (node_id) DO UPDATE SET failed = t.failed + 1, updated_at = now();
    ELSE
        UPDATE work_blocks AS b SET lease_deadline = NULL,
            status = CASE WHEN j.status = 'cancelled' THEN 'cancelled' ELSE 'available' END
        FROM search_jobs AS j WHERE b.id = v_lease.block_id AND j.id = b.search_job_id;
    END IF;
END
$$;
COMMENT ON FUNCTION release_assignment IS 'Takes a live lease back from its node; a failure counts against block and node.';

ALTER TABLE work_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE assignments ENABLE ROW LEVEL SECURITY;
ALTER TABLE checkpoints ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON work_settings, assignments, checkpoints FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON work_settings TO service_role;
GRANT SELECT, INSERT, UPDATE ON assignments TO service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON checkpoints TO service_role;

CREATE POLICY service_reads_settings ON work_settings FOR SELECT TO service_role USING (true);
CREATE POLICY service_reads_assignments ON assignments FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_assignments ON assignments FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_assignments ON assignments FOR UPDATE TO service_role USING (true) WITH CHECK (true);
CREATE POLICY service_reads_checkpoints ON checkpoints FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_checkpoints ON checkpoints FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_checkpoints ON checkpoints FOR UPDATE TO service_role USING (true) WITH CHECK (true);
CREATE POLICY service_deletes_checkpoints ON checkpoints FOR DELETE TO service_role USING (true);

REVOKE ALL ON FUNCTION end_lease_with_block, create_search_job, lease_seconds, claim_assignments,
    assignment_heartbeat, lock_lease, put_checkpoint, block_checkpoint, release_assignment
    FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION end_lease_with_block, create_search_job, lease_seconds, claim_assignments,
    assignment_heartbeat, lock_lease, put_checkpoint, block_checkpoint, release_assignment
    TO service_role;
