-- Results: stored the moment they arrive, believed only after the check. Nothing is counted,
-- credited or shown before that.

CREATE TABLE results (
    id             BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    assignment_id  BIGINT      NOT NULL UNIQUE REFERENCES assignments (id) ON DELETE CASCADE,
    block_id       BIGINT      NOT NULL REFERENCES work_blocks (id) ON DELETE CASCADE,
    job_id         BIGINT      NOT NULL REFERENCES search_jobs (id) ON DELETE CASCADE,
    replica        SMALLINT    NOT NULL DEFAULT 0 CHECK (replica >= 0),
    node_id        TEXT        NOT NULL REFERENCES operator_nodes (node_id),
    key            UUID        NOT NULL UNIQUE,
    ledger         BYTEA       NOT NULL,
    primes         JSONB       NOT NULL CHECK (jsonb_typeof(primes) = 'array'),
    digest         BYTEA       NOT NULL CHECK (octet_length(digest) = 32),
    client_version TEXT        NOT NULL CHECK (length(client_version) <= 64),
    cpu_seconds    DOUBLE PRECISION NOT NULL CHECK (cpu_seconds >= 0 AND cpu_seconds < 'Infinity'),
    wall_seconds   DOUBLE PRECISION NOT NULL CHECK (wall_seconds >= 0 AND wall_seconds < 'Infinity'),
    status         TEXT        NOT NULL DEFAULT 'reported' CHECK (status IN ('reported', 'validated', 'rejected')),
    reason         TEXT        CHECK (length(reason) <= 1000),
    received_at    TIMESTAMPTZ NOT NULL DEFAULT now(),
    checking_since TIMESTAMPTZ,
    checks         INTEGER     NOT NULL DEFAULT 0,
    checked_at     TIMESTAMPTZ,
    candidates     BIGINT      CHECK (candidates >= 0),
    sieved         BIGINT      CHECK (sieved >= 0),
    tested         BIGINT      CHECK (tested >= 0),
    primes_found   BIGINT      CHECK (primes_found >= 0),
    probable       BIGINT      CHECK (probable >= 0),
    audited        BIGINT      CHECK (audited >= 0),
    CHECK (status <> 'validated' OR (candidates IS NOT NULL AND tested IS NOT NULL AND primes_found IS NOT NULL))
);
COMMENT ON TABLE results IS 'What nodes reported of their blocks; only validated ones are public.';
COMMENT ON COLUMN results.key IS 'Made by the node: the same key is the same report, stored once.';
COMMENT ON COLUMN results.ledger IS 'What became of every candidate, packed; ledger_rows() unpacks it.';
COMMENT ON COLUMN results.primes IS 'The primes of the block: value of the running variable and proof.';
COMMENT ON COLUMN results.digest IS 'SHA-256 over ledger and primes as reported.';
COMMENT ON COLUMN results.candidates IS 'This and the following counts are the server''s own, from the check.';
COMMENT ON COLUMN results.checking_since IS 'A checker works on it; after work_settings.check_seconds another one may.';
ALTER TABLE results ALTER COLUMN ledger SET STORAGE EXTERNAL;

CREATE INDEX results_unchecked ON results (id) WHERE status = 'reported';
-- A block counts once.
CREATE UNIQUE INDEX results_one_validated ON results (block_id, replica) WHERE status = 'validated';
CREATE INDEX results_validated_by_job ON results (job_id, block_id) WHERE status = 'validated';
CREATE INDEX results_node ON results (node_id);

ALTER TABLE search_jobs
    ADD COLUMN total_candidates BIGINT NOT NULL DEFAULT 0 CHECK (total_candidates >= 0);
COMMENT ON COLUMN search_jobs.total_candidates IS 'Candidates of validated results.';

ALTER TABLE primes ADD COLUMN job_id BIGINT REFERENCES search_jobs (id) ON DELETE SET NULL;
COMMENT ON COLUMN primes.job_id IS 'The job that found it first.';
CREATE INDEX primes_job ON primes (job_id, id DESC) WHERE job_id IS NOT NULL;

-- Who found it is kept apart from what is public.
CREATE TABLE prime_discoveries (
    prime_id  BIGINT PRIMARY KEY REFERENCES primes (id) ON DELETE CASCADE,
    result_id BIGINT NOT NULL REFERENCES results (id) ON DELETE CASCADE,
    node_id   TEXT   NOT NULL REFERENCES operator_nodes (node_id)
);
COMMENT ON TABLE prime_discoveries IS 'The result and the node that found a prime first.';
CREATE INDEX prime_discoveries_node ON prime_discoveries (node_id);
CREATE INDEX prime_discoveries_result ON prime_discoveries (result_id);

CREATE FUNCTION store_result(
    p_node_id TEXT, p_assignment_id BIGINT, p_key UUID, p_ledger BYTEA, p_primes JSONB, p_digest BYTEA,
    p_client_version TEXT, p_cpu_seconds DOUBLE PRECISION, p_wall_seconds DOUBLE PRECISION
) RETURNS TABLE (result_id BIGINT, first_received TIMESTAMPTZ)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_block    BIGINT;
    v_state    TEXT;
    v_job      BIGINT;
    v_lease    TEXT;
    v_replica  SMALLINT;
    v_result   results;
BEGIN
    -- Locked in the order that everybody keeps: the block, then the assignment.
    SELECT b.id, b.status, b.search_job_id, a.status, a.replica INTO v_block, v_state, v_job, v_lease, v_replica
    FROM work_blocks AS b JOIN assignments AS a ON a.block_id = b.id
    WHERE a.id = p_assignment_id AND a.node_id = p_node_id
    FOR NO KEY UPDATE OF b, a;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'assignment % is not leased to node %', p_assignment_id, p_node_id USING ERRCODE = 'DR001';
    END IF;

    -- Late is not lost: while nobody else holds or finished the block, the work counts.
    IF NOT (v_lease = 'live' AND v_state = 'leased' OR v_lease = 'expired' AND v_state = 'available') THEN
        SELECT * INTO v_result FROM results AS r WHERE r.assignment_id = p_assignment_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'assignment % is not leased any more', p_assignment_id USING ERRCODE = 'DR001';
        ELSIF v_result.key <> p_key OR v_result.digest <> p_digest THEN
            RAISE EXCEPTION 'assignment % already has another result', p_assignment_id USING ERRCODE = 'DR002';
        END IF;
        RETURN QUERY SELECT v_result.id, v_result.received_at;
        RETURN;
    END IF;

    INSERT INTO results (assignment_id, block_id, job_id, replica, node_id, key, ledger, primes, digest,
                         client_version, cpu_seconds, wall_seconds)
    VALUES (p_assignment_id, v_block, v_job, v_replica, p_node_id, p_key, p_ledger,
            p_primes, p_digest, p_client_version, p_cpu_seconds, p_wall_seconds)
    ON CONFLICT DO NOTHING
    RETURNING id, received_at INTO v_result.id, v_result.received_at;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'key % belongs to another assignment', p_key USING ERRCODE = 'DR002';
    END IF;
    IF v_lease = 'expired' THEN
        UPDATE assignments SET status = 'reported', ended_at = now() WHERE id = p_assignment_id;
    END IF;
    -- Which ends the live lease as well, see end_lease_with_block().
    UPDATE work_blocks
    SET status = 'reported', claimed_by = p_node_id, lease_deadline = NULL, progress = 1
    WHERE id = v_block;
    UPDATE operator_nodes SET first_reported_at = now() WHERE node_id = p_node_id AND first_reported_at IS NULL;
    RETURN QUERY SELECT v_result.id, v_result.received_at;
END
$$;
COMMENT ON FUNCTION store_result IS
    'Stores the result of a lease, once. DR001: not leased to the node; DR002: another result is stored, or the key is taken.';

CREATE FUNCTION store_results(
    p_node_id TEXT, p_assignments BIGINT[], p_keys UUID[], p_ledgers BYTEA[], p_primes JSONB[], p_digests BYTEA[],
    p_client_versions TEXT[], p_cpu_seconds DOUBLE PRECISION[], p_wall_seconds DOUBLE PRECISION[]
) RETURNS TABLE (place INTEGER, result_id BIGINT, first_received TIMESTAMPTZ, refusal TEXT)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_plain  INTEGER[];
    v_stored INTEGER[];
    v_place  INTEGER;
BEGIN
    -- In the order that everybody keeps: blocks by ascending id, then assignments.
    PERFORM FROM work_blocks AS b
    WHERE b.id IN (SELECT a.block_id FROM assignments AS a WHERE a.id = ANY (p_assignments) AND a.node_id = p_node_id)
    ORDER BY b.id FOR NO KEY UPDATE;
    PERFORM FROM assignments AS a WHERE a.id = ANY (p_assignments) AND a.node_id = p_node_id
    ORDER BY a.block_id, a.id FOR NO KEY UPDATE;

    -- The rule, together: reports that share assignment or key with no other one of this call, on
    -- leases that take a result. They do not depend on each other, so their order does not matter.
    SELECT array_agg(r.i) INTO v_plain
    FROM (
        SELECT h.i::INTEGER AS i, h.assignment_id,
               count(*) OVER (PARTITION BY h.assignment_id) AS twins, count(*) OVER (PARTITION BY h.key) AS namesakes
        FROM unnest(p_assignments, p_keys) WITH ORDINALITY AS h (assignment_id, key, i)
    ) AS r
    JOIN assignments AS a ON a.id = r.assignment_id JOIN work_blocks AS b ON b.id = a.block_id
    WHERE r.twins = 1 AND r.namesakes = 1 AND a.node_id = p_node_id
      AND (a.status, b.status) IN (('live', 'leased'), ('expired', 'available'));
    IF v_plain IS NOT NULL THEN
        WITH stored AS (
            INSERT INTO results (assignment_id, block_id, job_id, replica, node_id, key, ledger, primes, digest,
                                 client_version, cpu_seconds, wall_seconds)
            SELECT a.id, a.block_id, b.search_job_id, a.replica, p_node_id, p_keys[p.i], p_ledgers[p.i], p_primes[p.i],
                   p_digests[p.i], p_client_versions[p.i], p_cpu_seconds[p.i], p_wall_seconds[p.i]
            FROM unnest(v_plain) AS p (i)
            JOIN assignments AS a ON a.id = p_assignments[p.i] JOIN work_blocks AS b ON b.id = a.block_id
            ORDER BY a.id
            ON CONFLICT DO NOTHING
            RETURNING id, assignment_id, block_id, received_at
        ), ended AS (
            UPDATE assignments AS a SET status = 'reported', ended_at = now() FROM stored AS s WHERE a.id = s.assignment_id
        ), reported AS (
            UPDATE work_blocks AS b
            SET status = 'reported', claimed_by = p_node_id, lease_deadline = NULL, progress = 1
            FROM stored AS s WHERE b.id = s.block_id
        )
        SELECT array_agg(array_position(p_assignments, s.assignment_id)) INTO v_stored FROM stored AS s;
        UPDATE operator_nodes SET first_reported_at = now()
        WHERE node_id = p_node_id AND first_reported_at IS NULL AND v_stored IS NOT NULL;
        RETURN QUERY
            SELECT array_position(p_assignments, r.assignment_id), r.id, r.received_at, NULL::TEXT
            FROM unnest(v_stored) AS p (i) JOIN results AS r ON r.assignment_id = p_assignments[p.i];
    END IF;

    -- The exceptions, one after the other in the order given, each by the rule for one.
    FOR v_place IN
        SELECT h.i FROM generate_subscripts(p_assignments, 1) AS h (i)
        WHERE v_stored IS NULL OR h.i <> ALL (v_stored) ORDER BY h.i
    LOOP
        BEGIN
            RETURN QUERY
                SELECT v_place, s.result_id, s.first_received, NULL::TEXT
                FROM store_result(p_node_id, p_assignments[v_place], p_keys[v_place], p_ledgers[v_place], p_primes[v_place],
                                  p_digests[v_place], p_client_versions[v_place], p_cpu_seconds[v_place],
                                  p_wall_seconds[v_place]) AS s;
        EXCEPTION WHEN SQLSTATE 'DR001' OR SQLSTATE 'DR002' THEN
            RETURN QUERY SELECT v_place, NULL::BIGINT, NULL::TIMESTAMPTZ, SQLSTATE::TEXT;
        END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION store_results IS
    'As store_result for many reports of a node at once: for each its place in the arrays, counted from 1, and the receipt or the code of the refusal. A malformed value refuses the whole call.';

CREATE FUNCTION next_unchecked_result() RETURNS SETOF results
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE results SET checking_since = now(), checks = checks + 1
    WHERE id = (
        SELECT r.id FROM results AS r, work_settings AS s
        WHERE r.status = 'reported'
          AND (r.checking_since IS NULL
               OR r.checking_since <= now() - make_interval(secs => s.check_seconds * least(r.checks, 24)))
        ORDER BY r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED)
    RETURNING *
$$;
COMMENT ON FUNCTION next_unchecked_result IS
    'Reserves the oldest result that nobody is checking; the reservation lapses, so a checker that died loses nothing.';

CREATE FUNCTION lock_result(p_result_id BIGINT) RETURNS results
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_result results;
BEGIN
    SELECT * INTO v_result FROM results WHERE id = p_result_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'result % does not exist', p_result_id USING ERRCODE = 'DR003', DETAIL = 'result';
    END IF;
    PERFORM FROM search_jobs WHERE id = v_result.job_id FOR NO KEY UPDATE;
    PERFORM FROM work_blocks WHERE id = v_result.block_id FOR NO KEY UPDATE;
    PERFORM FROM assignments WHERE id = v_result.assignment_id FOR NO KEY UPDATE;
    SELECT * INTO v_result FROM results WHERE id = p_result_id FOR NO KEY UPDATE;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION lock_result IS 'The result, with job, block and assignment locked in the order that everybody keeps.';

CREATE FUNCTION finish_job_if_complete(p_job_id BIGINT) RETURNS BOOLEAN
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- The counts are exact; only at the end is every block looked at.
    IF NOT EXISTS (SELECT FROM search_jobs WHERE id = p_job_id AND blocks_validated = blocks_total) THEN
        RETURN false;
    END IF;
    -- Validated says two things: every block is, and together they are the whole range.
    IF EXISTS (SELECT FROM work_blocks WHERE search_job_id = p_job_id AND status <> 'validated')
       OR EXISTS (SELECT FROM job_coverage(p_job_id)) THEN
        RETURN false;
    END IF;
    UPDATE search_jobs SET coverage_checked = true WHERE id = p_job_id AND NOT coverage_checked;
    UPDATE search_jobs SET status = 'validated', finished_at = now(), updated_at = now()
    WHERE id = p_job_id AND status IN ('running', 'paused');
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION finish_job_if_complete IS
    'Marks a running or paused job validated if every block is and the blocks cover its range exactly.';

CREATE FUNCTION accept_result(
    p_result_id BIGINT, p_candidates BIGINT, p_sieved BIGINT, p_tested BIGINT, p_probable BIGINT, p_audited BIGINT,
    p_primes JSONB
) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_result results := lock_result(p_result_id);
    v_job    search_jobs;
    v_block  work_blocks;
BEGIN
    IF v_result.status = 'validated' THEN
        RETURN;
    ELSIF v_result.status <> 'reported' THEN
        RAISE EXCEPTION 'result % was rejected and stays so', p_result_id USING ERRCODE = 'DR005';
    END IF;
    SELECT * INTO v_job FROM search_jobs WHERE id = v_result.job_id;
    SELECT * INTO v_block FROM work_blocks WHERE id = v_result.block_id;

    UPDATE results
    SET status = 'validated', checked_at = now(), candidates = p_candidates, sieved = p_sieved, tested = p_tested,
        primes_found = jsonb_array_length(p_primes) - p_probable, probable = p_probable, audited = p_audited
    WHERE id = p_result_id;
    UPDATE assignments SET status = 'validated' WHERE id = v_result.assignment_id;
    UPDATE work_blocks SET status = 'validated', progress = 1 WHERE id = v_result.block_id;
    DELETE FROM checkpoints WHERE block_id = v_result.block_id;

    -- The list holds the primes with their proofs and the p_probable probable primes without. One that
    -- is known already is no error; its first discovery stands.
    WITH found AS (
        SELECT * FROM jsonb_to_recordset(p_primes)
            AS p (expression TEXT, digits BIGINT, theorem TEXT, proof TEXT)
    ), new AS (
        INSERT INTO primes AS known (form, expression, digits, proof_method, theorem, certificate, search_params, job_id)
        SELECT v_job.search_type, f.expression, f.digits,
               CASE WHEN f.proof IS NULL THEN 'probabilistic' ELSE 'deterministic' END,
               f.theorem, f.proof, v_job.params::text, v_job.id
        FROM found AS f
        ORDER BY f.expression
        -- But a proof makes a prime of what was a probable one.
        ON CONFLICT (form, expression) DO UPDATE
        SET proof_method = excluded.proof_method, theorem = excluded.theorem, certificate = excluded.certificate
        WHERE known.proof_method = 'probabilistic' AND excluded.proof_method = 'deterministic'
        RETURNING id
    )
    INSERT INTO prime_discoveries (prime_id, result_id, node_id)
    SELECT new.id, p_result_id, v_result.node_id FROM new
    ON CONFLICT DO NOTHING;

    UPDATE search_jobs
    SET total_candidates = total_candidates + p_candidates, total_tested = total_tested + p_tested,
        total_found = total_found + jsonb_array_length(p_primes) - p_probable,
        total_cost = total_cost + v_block.cost
    WHERE id = v_job.id;

    INSERT INTO operator_credits (node_id, operator_id, block_id, credit)
    SELECT n.node_id, n.operator_id, v_block.id, v_block.cost FROM operator_nodes AS n WHERE n.node_id = v_result.node_id;
    INSERT INTO operator_trust AS t (node_id, validated) VALUES (v_result.node_id, 1)
    ON CONFLICT (node_id) DO UPDATE SET validated = t.validated + 1, updated_at = now();
    UPDATE operator_nodes SET first_validated_at = now()
    WHERE node_id = v_result.node_id AND first_validated_at IS NULL;
    -- Its address was kept for the cap on new nodes alone.
    DELETE FROM node_addresses WHERE node_id = v_result.node_id;

    PERFORM finish_job_if_complete(v_job.id);
END
$$;
COMMENT ON FUNCTION accept_result IS
    'Validates a checked result: counts, primes, credit, block, and the job with its last block. Again: changes nothing.';

CREATE FUNCTION reject_result(p_result_id BIGINT, p_reason TEXT) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_result results := lock_result(p_result_id);
BEGIN
    IF v_result.status = 'rejected' THEN
        RETURN;
    ELSIF v_result.status <> 'reported' THEN
        RAISE EXCEPTION 'result % was validated and stays so', p_result_id USING ERRCODE = 'DR005';
    END IF;
    UPDATE results SET status = 'rejected', checked_at = now(), reason = left(p_reason, 1000) WHERE id = p_result_id;
    UPDATE assignments SET status = 'rejected', detail = left(p_reason, 1000) WHERE id = v_result.assignment_id;
    -- What led to a wrong result is not gone on from.
    DELETE FROM checkpoints WHERE block_id = v_result.block_id;
    UPDATE work_blocks SET progress = 0 WHERE id = v_result.block_id;
    PERFORM fail_work_block(v_result.block_id, v_result.node_id);
    INSERT INTO operator_trust AS t (node_id, rejected) VALUES (v_result.node_id, 1)
    ON CONFLICT (node_id) DO UPDATE SET rejected = t.rejected + 1, updated_at = now();
END
$$;
COMMENT ON FUNCTION reject_result IS
    'Does not believe a result: its block is handed out again and starts from nothing. Again: changes nothing.';

ALTER TABLE results ENABLE ROW LEVEL SECURITY;
ALTER TABLE prime_discoveries ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON results, prime_discoveries FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON results TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE ON results TO service_role;
GRANT SELECT, INSERT ON prime_discoveries TO service_role;

CREATE POLICY everyone_reads_validated_results ON results
    FOR SELECT TO anon, authenticated USING (status = 'validated');
CREATE POLICY service_reads_results ON results FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_results ON results FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_results ON results FOR UPDATE TO service_role USING (true) WITH CHECK (true);
CREATE POLICY service_reads_discoveries ON prime_discoveries FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_discoveries ON prime_discoveries FOR INSERT TO service_role WITH CHECK (true);

REVOKE ALL ON FUNCTION store_result, store_results, next_unchecked_result, lock_result, finish_job_if_complete,
    accept_result, reject_result FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION store_result, store_results, next_unchecked_result, lock_result, finish_job_if_complete,
    accept_result, reject_result TO service_role;
