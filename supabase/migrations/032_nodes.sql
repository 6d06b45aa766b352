-- Nodes introduce themselves: a token, of which only the hash is kept, and a cap on those that
-- never worked, so that strangers cannot fill the table.

CREATE TABLE node_tokens (
    token_hash BYTEA       PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    node_id    TEXT        NOT NULL REFERENCES operator_nodes (node_id) ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
COMMENT ON TABLE node_tokens IS 'SHA-256 of the bearer token of each node.';
CREATE INDEX node_tokens_node ON node_tokens (node_id);

CREATE TABLE node_addresses (
    node_id TEXT PRIMARY KEY REFERENCES operator_nodes (node_id) ON DELETE CASCADE,
    network CIDR NOT NULL
);
COMMENT ON TABLE node_addresses IS
    'Where a new node registered from: an IPv4 address or an IPv6 /64. Forgotten with its first validated result.';
CREATE INDEX node_addresses_network ON node_addresses (network);

CREATE FUNCTION register_node(
    p_node_id TEXT, p_token_hash BYTEA, p_address INET, p_name TEXT, p_client_version TEXT, p_platform TEXT,
    p_cores INTEGER, p_cpu_model TEXT, p_memory_bytes BIGINT
) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_settings work_settings;
    v_network  CIDR := CASE WHEN family(p_address) = 6 THEN network(set_masklen(p_address, 64))
                            ELSE network(set_masklen(p_address, 32)) END;
BEGIN
    SELECT * INTO v_settings FROM work_settings;
    -- One registration at a time, so that the counts hold.
    PERFORM pg_advisory_xact_lock(hashtext('register_node'));

    -- A node that never reported anything and was not seen for long makes room.
    DELETE FROM operator_nodes AS n
    WHERE n.first_validated_at IS NULL AND n.first_reported_at IS NULL
      AND n.registered_at < now() - make_interval(secs => 86400 * v_settings.forget_new_node_days)
      AND n.last_seen_at < now() - make_interval(secs => 86400 * v_settings.forget_new_node_days)
      AND NOT EXISTS (SELECT FROM assignments AS a WHERE a.node_id = n.node_id);

    IF (SELECT count(*) FROM operator_nodes WHERE first_validated_at IS NULL) >= v_settings.max_new_nodes THEN
        RAISE EXCEPTION 'too many nodes that never worked' USING ERRCODE = 'DR004';
    END IF;
    IF (SELECT count(*) FROM node_addresses WHERE network = v_network) >= v_settings.max_new_nodes_per_network THEN
        RAISE EXCEPTION 'too many nodes from this address that never worked' USING ERRCODE = 'DR004';
    END IF;

    INSERT INTO operator_nodes (node_id, name, client_version, platform, cores, cpu_model, memory_bytes)
    VALUES (p_node_id, p_name, p_client_version, p_platform, p_cores, p_cpu_model, p_memory_bytes);
    INSERT INTO node_tokens (token_hash, node_id) VALUES (p_token_hash, p_node_id);
    INSERT INTO node_addresses (node_id, network) VALUES (p_node_id, v_network);
END
$$;
COMMENT ON FUNCTION register_node IS 'Adds a node. DR004: too many that never had a validated result, in all or from this network.';

CREATE FUNCTION authenticate_node(p_token_hash BYTEA) RETURNS TEXT
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT node_id FROM node_tokens WHERE token_hash = p_token_hash
$$;
COMMENT ON FUNCTION authenticate_node IS 'The node that a token belongs to, NULL if none.';

CREATE FUNCTION node_heartbeat(
    p_node_id TEXT, p_client_version TEXT, p_cores INTEGER, p_tested BIGINT, p_found BIGINT,
    p_assignments BIGINT[], p_fractions DOUBLE PRECISION[], p_progress JSONB
) RETURNS TABLE (assignment_id BIGINT, verdict TEXT, seconds_left DOUBLE PRECISION, command TEXT)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_settings work_settings;
    v_command  TEXT;
    v_type     TEXT;
    v_params   JSONB;
    v_i        INTEGER;
    v_plain    BIGINT[];
    v_places   BIGINT[];
    v_job      BIGINT;
    v_others   DOUBLE PRECISION;
    v_speed    DOUBLE PRECISION;
BEGIN
    -- In ascending order, as everybody locks blocks.
    PERFORM FROM work_blocks AS b
    WHERE b.id IN (SELECT a.block_id FROM assignments AS a WHERE a.id = ANY (p_assignments) AND a.node_id = p_node_id)
    ORDER BY b.id FOR NO KEY UPDATE;

    -- Live leases of running jobs, the rule, together: what assignment_heartbeat does, once for all.
    SELECT array_agg(n.id), array_agg(n.i), min(n.search_job_id) INTO v_plain, v_places, v_job
    FROM (
        SELECT a.id, min(h.i) AS i, b.search_job_id
        FROM unnest(p_assignments) WITH ORDINALITY AS h (id, i)
        JOIN assignments AS a ON a.id = h.id JOIN work_blocks AS b ON b.id = a.block_id
        JOIN search_jobs AS j ON j.id = b.search_job_id
        -- By their keys, not through an index of what is live or leased at this moment: such an index
        -- looks shorter than it is.
        WHERE a.node_id = p_node_id AND a.status || '' = 'live' AND b.status || '' = 'leased' AND j.status = 'running'
        GROUP BY a.id, b.search_job_id
    ) AS n;
    IF v_plain IS NOT NULL THEN
        SELECT * INTO v_settings FROM work_settings;
        SELECT coalesce(n.speed, v_settings.default_speed) INTO v_speed FROM operator_nodes AS n WHERE n.node_id = p_node_id;
        SELECT coalesce(sum(b.cost * (1 - b.progress)), 0) INTO v_others
        FROM assignments AS a JOIN work_blocks AS b ON b.id = a.block_id
        WHERE a.node_id = p_node_id AND a.status = 'live' AND a.id <> ALL (v_plain);
        -- The formula is that of lease_seconds(), written out: a call for each block costs more than
        -- all the rest. Never shorter than promised before; and no block is held for ever by
        -- heartbeats alone.
        RETURN QUERY
            WITH named AS MATERIALIZED (
                SELECT h.id, h.i, CASE WHEN p_fractions[h.i] BETWEEN 0 AND 1 THEN p_fractions[h.i] ELSE 0 END AS fraction
                FROM unnest(v_plain, v_places) AS h (id, i)
            ), noted AS (
                UPDATE assignments AS a SET progress = p_progress -> (n.i - 1)::INTEGER, reported_on = now()
                FROM named AS n WHERE a.id = n.id
                RETURNING a.id, a.block_id, a.leased_at, n.fraction
            ), due AS (
                SELECT d.*, v_others + sum(b.cost * (1 - d.fraction)) OVER () AS backlog
                FROM noted AS d JOIN work_blocks AS b ON b.id = d.block_id
            )
            UPDATE work_blocks AS b
            SET progress = d.fraction,
                lease_deadline = greatest(b.lease_deadline, least(
                    now() + make_interval(secs => least(v_settings.max_lease_seconds, greatest(v_settings.min_lease_seconds,
                        v_settings.lease_factor * d.backlog / v_speed + v_settings.lease_slack_seconds))),
                    d.leased_at + make_interval(days => 60, secs => 2 * least(v_settings.max_lease_seconds,
                        greatest(v_settings.min_lease_seconds,
                            v_settings.lease_factor * b.cost / v_speed + v_settings.lease_slack_seconds)))))
            FROM due AS d WHERE b.id = d.block_id
            RETURNING d.id, 'continue', greatest(extract(epoch FROM b.lease_deadline - now()), 0)::DOUBLE PRECISION, NULL::TEXT;
    END IF;

    IF cardinality(p_assignments) > coalesce(cardinality(v_plain), 0) THEN
        FOR v_i IN
            SELECT h.i FROM unnest(p_assignments) WITH ORDINALITY AS h (id, i) LEFT JOIN assignments AS a ON a.id = h.id
            WHERE v_plain IS NULL OR h.id <> ALL (v_plain)
            ORDER BY a.block_id
        LOOP
            RETURN QUERY
                SELECT p_assignments[v_i], h.verdict, h.seconds_left, NULL::TEXT
                FROM assignment_heartbeat(p_node_id, p_assignments[v_i], p_fractions[v_i], p_progress -> (v_i - 1)) AS h;
        END LOOP;
    END IF;

    SELECT j.search_type, j.params INTO v_type, v_params FROM search_jobs AS j WHERE j.id = v_job;
    UPDATE operator_nodes SET last_seen_at = now(), client_version = p_client_version
    WHERE node_id = p_node_id AND (last_seen_at < now() - interval '1 minute' OR client_version <> p_client_version);
    v_command := worker_heartbeat(p_node_id, p_cores, v_type, v_params, p_tested, p_found);
    IF v_command IS NOT NULL THEN
        RETURN QUERY SELECT NULL::BIGINT, NULL::TEXT, NULL::DOUBLE PRECISION, v_command;
    END IF;
END
$$;
COMMENT ON FUNCTION node_heartbeat IS
    'One heartbeat of a node with all that it holds: an order per assignment, and a last row with the command if one was waiting.';

ALTER TABLE node_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE node_addresses ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON node_tokens, node_addresses FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, DELETE ON node_tokens, node_addresses TO service_role;

CREATE POLICY service_reads_tokens ON node_tokens FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_tokens ON node_tokens FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_deletes_tokens ON node_tokens FOR DELETE TO service_role USING (true);
CREATE POLICY service_reads_addresses ON node_addresses FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_addresses ON node_addresses FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_deletes_addresses ON node_addresses FOR DELETE TO service_role USING (true);

REVOKE ALL ON FUNCTION register_node, authenticate_node, node_heartbeat
    FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION register_node, authenticate_node, node_heartbeat TO service_role;
