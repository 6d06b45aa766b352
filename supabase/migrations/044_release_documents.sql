-- Signed release documents, who may upload them, what nodes report of them, and what was done.
-- The server can keep documents back; it cannot make one. What stands here besides is for showing.

ALTER TABLE work_settings
    ADD COLUMN release_halt_failures INTEGER NOT NULL DEFAULT 3
        CONSTRAINT release_halt_failures_is_positive CHECK (release_halt_failures > 0),
    ADD COLUMN release_halt_percent  INTEGER NOT NULL DEFAULT 10
        CONSTRAINT release_halt_percent_is_1_to_100 CHECK (release_halt_percent BETWEEN 1 AND 100);
COMMENT ON COLUMN work_settings.release_halt_failures IS 'A release is held when at least so many nodes could not use it,';
COMMENT ON COLUMN work_settings.release_halt_percent IS 'and they are at least this share of those that tried.';

CREATE TABLE release_tokens (
    id         BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    token_hash BYTEA       NOT NULL CONSTRAINT release_token_exists UNIQUE
               CONSTRAINT release_token_hash_has_32_bytes CHECK (octet_length(token_hash) = 32),
    name       TEXT        NOT NULL
               CONSTRAINT release_token_name_has_1_to_100_characters CHECK (length(name) BETWEEN 1 AND 100),
    scopes     TEXT[]      NOT NULL
               CONSTRAINT release_token_scopes_are_known
               CHECK (scopes <@ ARRAY['root', 'stable', 'beta', 'nightly', 'files', 'halt'] AND cardinality(scopes) > 0),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    revoked_at TIMESTAMPTZ
);
COMMENT ON TABLE release_tokens IS 'Who may upload release documents and files, by the hash of a bearer token, and for what.';

CREATE TABLE release_documents (
    id              BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    role            TEXT        NOT NULL
                    CONSTRAINT release_document_role_is_known CHECK (role IN ('root', 'stable', 'beta', 'nightly')),
    epoch           BIGINT      NOT NULL CONSTRAINT release_document_epoch_is_not_negative CHECK (epoch >= 0),
    sequence        BIGINT      NOT NULL CONSTRAINT release_document_sequence_is_positive CHECK (sequence > 0),
    envelope        BYTEA       NOT NULL
                    CONSTRAINT release_document_has_at_most_256_kib CHECK (octet_length(envelope) BETWEEN 1 AND 262144),
    sha256          BYTEA       NOT NULL
                    CONSTRAINT release_document_digest_has_32_bytes CHECK (octet_length(sha256) = 32),
    version         TEXT,
    rollout_percent INTEGER,
    token_id        BIGINT      REFERENCES release_tokens (id),
    uploaded_at     TIMESTAMPTZ NOT NULL DEFAULT now(),
    held_at         TIMESTAMPTZ,
    hold_reason     TEXT
                    CONSTRAINT release_hold_reason_has_at_most_500_characters CHECK (length(hold_reason) <= 500),
    CONSTRAINT release_document_is_new UNIQUE (role, epoch, sequence),
    CONSTRAINT held_release_document_says_why CHECK ((held_at IS NULL) = (hold_reason IS NULL)),
    CONSTRAINT channel_document_names_a_version CHECK ((role = 'root') = (version IS NULL))
);
COMMENT ON TABLE release_documents IS 'Signed documents as they were uploaded. For root, sequence is its version and epoch 0.';
COMMENT ON COLUMN release_documents.sha256 IS 'Of the signed bytes.';
COMMENT ON COLUMN release_documents.held_at IS 'Kept back from then on; only a newer signed document ends that.';
CREATE INDEX release_documents_token ON release_documents (token_id);

CREATE TABLE release_outcomes (
    node_id     TEXT        NOT NULL REFERENCES operator_nodes (node_id) ON DELETE CASCADE,
    version     TEXT        NOT NULL
                CONSTRAINT release_outcome_version_has_at_most_64_characters CHECK (length(version) BETWEEN 1 AND 64),
    healthy     BOOLEAN     NOT NULL,
    detail      TEXT
                CONSTRAINT release_outcome_detail_has_at_most_500_characters CHECK (length(detail) <= 500),
    reported_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (node_id, version)
);
COMMENT ON TABLE release_outcomes IS 'What became of a release on each node that tried it.';
CREATE INDEX release_outcomes_version ON release_outcomes (version, healthy);

CREATE TABLE release_audit (
    id       BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    at       TIMESTAMPTZ NOT NULL DEFAULT now(),
    token_id BIGINT      REFERENCES release_tokens (id),
    action   TEXT        NOT NULL,
    detail   JSONB       NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE release_audit IS 'Who did what to releases; without a token: the server itself. Rows are only added.';
CREATE INDEX release_audit_token ON release_audit (token_id);

CREATE FUNCTION add_release_token(p_token_hash BYTEA, p_name TEXT, p_scopes TEXT[]) RETURNS BIGINT
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_id BIGINT;
BEGIN
    INSERT INTO release_tokens (token_hash, name, scopes) VALUES (p_token_hash, p_name, p_scopes) RETURNING id INTO v_id;
    INSERT INTO release_audit (action, detail)
    VALUES ('add token', jsonb_build_object('token', v_id, 'name', p_name, 'scopes', p_scopes));
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION add_release_token IS 'Adds a token for maintainers.';

CREATE FUNCTION revoke_release_token(p_id BIGINT) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE release_tokens SET revoked_at = coalesce(revoked_at, now()) WHERE id = p_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no token %', p_id USING ERRCODE = 'DR003', DETAIL = 'release token';
    END IF;
    INSERT INTO release_audit (action, detail) VALUES ('revoke token', jsonb_build_object('token', p_id));
END
$$;
COMMENT ON FUNCTION revoke_release_token IS 'Makes a token for maintainers worthless.';

CREATE FUNCTION newest_release_document(p_role TEXT) RETURNS SETOF release_documents
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT * FROM release_documents WHERE role = p_role ORDER BY epoch DESC, sequence DESC LIMIT 1
$$;
COMMENT ON FUNCTION newest_release_document IS 'The newest document of a role, held or not; no row if there is none.';

CREATE FUNCTION store_release_document(
    p_token_id BIGINT, p_role TEXT, p_epoch BIGINT, p_sequence BIGINT, p_envelope BYTEA, p_sha256 BYTEA,
    p_version TEXT, p_rollout_percent INTEGER, p_notes TEXT, p_artifacts JSONB
) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_newest  release_documents;
    v_release worker_releases;
BEGIN
    -- One document of a role at a time.
    PERFORM pg_advisory_xact_lock(hashtext('release_document ' || p_role));
    SELECT * INTO v_newest FROM newest_release_document(p_role);
    IF v_newest.id IS NOT NULL AND (p_epoch, p_sequence) = (v_newest.epoch, v_newest.sequence)
       AND p_sha256 = v_newest.sha256 THEN
        RETURN; -- sent twice
    END IF;
    IF v_newest.id IS NOT NULL AND (p_epoch, p_sequence) <= (v_newest.epoch, v_newest.sequence) THEN
        RAISE EXCEPTION 'the newest % document has sequence % of epoch %, this one has % of %',
            p_role, v_newest.sequence, v_newest.epoch, p_sequence, p_epoch USING ERRCODE = 'DR005';
    END IF;
    INSERT INTO release_documents (role, epoch, sequence, envelope, sha256, version, rollout_percent, token_id)
    VALUES (p_role, p_epoch, p_sequence, p_envelope, p_sha256, p_version, p_rollout_percent, p_token_id);
    IF p_role <> 'root' THEN
        SELECT * INTO v_release FROM worker_releases WHERE version = p_version;
        IF v_release.id IS NULL THEN
            PERFORM publish_worker_release(p_version, p_notes, p_artifacts);
        ELSIF v_release.artifacts <> p_artifacts THEN
            RAISE EXCEPTION 'version % was published with other files', p_version USING ERRCODE = 'DR005';
        END IF;
        PERFORM offer_release(p_role, p_version, p_rollout_percent);
    END IF;
    INSERT INTO release_audit (token_id, action, detail)
    VALUES (p_token_id, 'document', jsonb_build_object('role', p_role, 'epoch', p_epoch, 'sequence', p_sequence,
        'version', p_version, 'rollout_percent', p_rollout_percent, 'sha256', encode(p_sha256, 'hex')));
END
$$;
COMMENT ON FUNCTION store_release_document IS
    'Stores a signed document that the caller verified; it must be newer than what is there. The same one again changes nothing.';

CREATE FUNCTION hold_release(p_token_id BIGINT, p_channel TEXT, p_reason TEXT) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_newest release_documents;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('release_document ' || p_channel));
    SELECT * INTO v_newest FROM newest_release_document(p_channel);
    IF v_newest.id IS NULL OR p_channel = 'root' THEN
        RAISE EXCEPTION '% offers nothing that could be held', p_channel USING ERRCODE = 'DR003', DETAIL = 'release';
    END IF;
    IF v_newest.held_at IS NOT NULL THEN
        RETURN;
    END IF;
    UPDATE release_documents SET held_at = now(), hold_reason = left(p_reason, 500) WHERE id = v_newest.id;
    PERFORM halt_release(p_channel);
    INSERT INTO release_audit (token_id, action, detail)
    VALUES (p_token_id, 'hold', jsonb_build_object('role', p_channel, 'sequence', v_newest.sequence,
        'version', v_newest.version, 'reason', left(p_reason, 500)));
END
$$;
COMMENT ON FUNCTION hold_release IS
    'Keeps the newest document of a channel back. It cannot be taken back: a newer signed document follows.';

CREATE FUNCTION report_release(p_node_id TEXT, p_version TEXT, p_healthy BOOLEAN, p_detail TEXT) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_settings work_settings;
    v_tried    BIGINT;
    v_failed   BIGINT;
    v_channel  TEXT;
BEGIN
    INSERT INTO release_outcomes (node_id, version, healthy, detail)
    VALUES (p_node_id, p_version, p_healthy, p_detail)
    ON CONFLICT (node_id, version) DO UPDATE
    SET healthy = EXCLUDED.healthy, detail = EXCLUDED.detail, reported_at = now();
    IF p_healthy THEN
        RETURN;
    END IF;
    -- Only nodes that did valid work have a say, so that strangers cannot stop a release.
    SELECT count(*), count(*) FILTER (WHERE NOT o.healthy) INTO v_tried, v_failed
    FROM release_outcomes AS o JOIN operator_nodes AS n ON n.node_id = o.node_id
    WHERE o.version = p_version AND n.first_validated_at IS NOT NULL;
    SELECT * INTO v_settings FROM work_settings;
    IF v_failed < v_settings.release_halt_failures OR v_failed * 100 < v_tried * v_settings.release_halt_percent THEN
        RETURN;
    END IF;
    FOR v_channel IN
        SELECT c.channel FROM worker_release_channels AS c, newest_release_document(c.channel) AS d
        WHERE d.version = p_version AND d.held_at IS NULL ORDER BY c.channel
    LOOP
        PERFORM hold_release(NULL, v_channel, format('%s of %s nodes could not use it', v_failed, v_tried));
    END LOOP;
END
$$;
COMMENT ON FUNCTION report_release IS
    'Notes whether a node could use a release, and holds it where too many could not.';

ALTER TABLE release_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE release_documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE release_outcomes ENABLE ROW LEVEL SECURITY;
ALTER TABLE release_audit ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON release_tokens, release_documents, release_outcomes, release_audit
    FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON release_tokens, release_documents, release_outcomes TO service_role;
GRANT SELECT, INSERT ON release_audit TO service_role;
CREATE POLICY service_reads_release_tokens ON release_tokens FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_release_tokens ON release_tokens FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_release_tokens ON release_tokens FOR UPDATE TO service_role USING (true) WITH CHECK (true);
CREATE POLICY service_reads_release_documents ON release_documents FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_release_documents ON release_documents FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_release_documents ON release_documents
    FOR UPDATE TO service_role USING (true) WITH CHECK (true);
CREATE POLICY service_reads_release_outcomes ON release_outcomes FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_release_outcomes ON release_outcomes FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_release_outcomes ON release_outcomes
    FOR UPDATE TO service_role USING (true) WITH CHECK (true);
CREATE POLICY service_reads_release_audit ON release_audit FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_release_audit ON release_audit FOR INSERT TO service_role WITH CHECK (true);

REVOKE ALL ON FUNCTION add_release_token, revoke_release_token, newest_release_document, store_release_document,
    hold_release, report_release FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION add_release_token, revoke_release_token, newest_release_document, store_release_document,
    hold_release, report_release TO service_role;
