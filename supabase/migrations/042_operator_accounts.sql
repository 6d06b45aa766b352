-- Accounts of operators. Policies restrict rows, not columns, so what only the owner may read
-- (e-mail addresses, keys) lives in tables of its own.

ALTER TABLE operators
    ADD CONSTRAINT operator_account_exists FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE SET NULL;

CREATE TABLE operator_contacts (
    operator_id BIGINT      PRIMARY KEY REFERENCES operators (id) ON DELETE CASCADE,
    email       TEXT        NOT NULL
                CONSTRAINT operator_email_is_an_address CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$' AND length(email) <= 254),
    updated_at  TIMESTAMPTZ NOT NULL DEFAULT now()
);
COMMENT ON TABLE operator_contacts IS 'How to reach an operator; readable by himself alone.';
CREATE UNIQUE INDEX operator_email_is_taken ON operator_contacts (lower(email));

CREATE TABLE operator_keys (
    id           BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    operator_id  BIGINT      NOT NULL REFERENCES operators (id) ON DELETE CASCADE,
    key_hash     BYTEA       NOT NULL CONSTRAINT operator_key_exists UNIQUE
                 CONSTRAINT operator_key_hash_is_a_sha256 CHECK (octet_length(key_hash) = 32),
    label        TEXT        NOT NULL DEFAULT ''
                 CONSTRAINT operator_key_label_has_at_most_64_characters CHECK (length(label) <= 64),
    created_at   TIMESTAMPTZ NOT NULL DEFAULT now(),
    revoked_at   TIMESTAMPTZ
);
COMMENT ON TABLE operator_keys IS 'Keys with which an operator attaches nodes; only their SHA-256 is kept.';
CREATE INDEX operator_keys_operator ON operator_keys (operator_id);

CREATE FUNCTION register_operator(p_user_id UUID, p_name TEXT, p_email TEXT, p_key_hash BYTEA) RETURNS BIGINT
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_id BIGINT;
BEGIN
    INSERT INTO operators (user_id, name) VALUES (p_user_id, p_name) RETURNING id INTO v_id;
    IF p_email IS NOT NULL THEN
        INSERT INTO operator_contacts (operator_id, email) VALUES (v_id, p_email);
    END IF;
    INSERT INTO operator_keys (operator_id, key_hash, label) VALUES (v_id, p_key_hash, 'first');
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION register_operator IS 'Adds an operator with his first key; account and e-mail address where he gives them.';

CREATE FUNCTION operator_of_key(p_key_hash BYTEA) RETURNS BIGINT
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT operator_id FROM operator_keys WHERE key_hash = p_key_hash AND revoked_at IS NULL
$$;
COMMENT ON FUNCTION operator_of_key IS 'The operator that a key belongs to; NULL if none or revoked.';

CREATE FUNCTION add_operator_key(p_operator_id BIGINT, p_key_hash BYTEA, p_label TEXT) RETURNS BIGINT
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO operator_keys (operator_id, key_hash, label) VALUES (p_operator_id, p_key_hash, p_label) RETURNING id
$$;
COMMENT ON FUNCTION add_operator_key IS 'Gives an operator one more key.';

CREATE FUNCTION revoke_operator_key(p_operator_id BIGINT, p_key_id BIGINT) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE operator_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = p_key_id AND operator_id = p_operator_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'operator % has no key %', p_operator_id, p_key_id USING ERRCODE = 'DR003', DETAIL = 'key';
    END IF;
END
$$;
COMMENT ON FUNCTION revoke_operator_key IS 'Makes a key of an operator worthless; again changes nothing.';

CREATE FUNCTION attach_node(p_node_id TEXT, p_operator_id BIGINT) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- What it did before stays nobody's: credit is not moved after the fact.
    UPDATE operator_nodes SET operator_id = p_operator_id
    WHERE node_id = p_node_id AND (operator_id IS NULL OR operator_id = p_operator_id);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no node % that is free', p_node_id USING ERRCODE = 'DR003', DETAIL = 'free node';
    END IF;
END
$$;
COMMENT ON FUNCTION attach_node IS 'Makes a node an operator''s. DR003: there is no such node, or it is another''s.';

CREATE FUNCTION operator_leaderboard(p_limit INTEGER DEFAULT 100)
RETURNS TABLE (operator_id BIGINT, name TEXT, nodes BIGINT, blocks BIGINT, credit DOUBLE PRECISION)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT o.id, o.name, count(*), sum(t.blocks)::BIGINT, sum(t.credit)
    FROM node_credit_totals() AS t
    JOIN operator_nodes AS n ON n.node_id = t.node_id
    JOIN operators AS o ON o.id = n.operator_id
    GROUP BY o.id, o.name
    ORDER BY 5 DESC, 1
    LIMIT greatest(p_limit, 0)
$$;
COMMENT ON FUNCTION operator_leaderboard IS 'Operators by the credit of their nodes; nodes: those with at least one validated block.';

ALTER TABLE operator_contacts ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON operator_contacts FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON operator_contacts TO service_role;
CREATE POLICY service_reads_operator_contacts ON operator_contacts FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_operator_contacts ON operator_contacts FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_operator_contacts ON operator_contacts
    FOR UPDATE TO service_role USING (true) WITH CHECK (true);
CREATE POLICY service_deletes_operator_contacts ON operator_contacts FOR DELETE TO service_role USING (true);
ALTER TABLE operator_keys ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON operator_keys FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON operator_keys TO service_role;
CREATE POLICY service_reads_operator_keys ON operator_keys FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_operator_keys ON operator_keys FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_operator_keys ON operator_keys FOR UPDATE TO service_role USING (true) WITH CHECK (true);
GRANT SELECT ON operator_contacts, operator_keys, node_addresses TO authenticated;
CREATE POLICY owner_reads_contacts ON operator_contacts FOR SELECT TO authenticated
    USING (operator_id IN (SELECT o.id FROM operators AS o WHERE o.user_id = auth.uid()));
CREATE POLICY owner_reads_keys ON operator_keys FOR SELECT TO authenticated
    USING (operator_id IN (SELECT o.id FROM operators AS o WHERE o.user_id = auth.uid()));
CREATE POLICY owner_reads_addresses ON node_addresses FOR SELECT TO authenticated
    USING (node_id IN (SELECT n.node_id FROM operator_nodes AS n JOIN operators AS o ON o.id = n.operator_id
                       WHERE o.user_id = auth.uid()));
GRANT INSERT, UPDATE ON operators TO service_role;
CREATE POLICY service_inserts_operators ON operators FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_operators ON operators FOR UPDATE TO service_role USING (true) WITH CHECK (true);

REVOKE ALL ON FUNCTION register_operator, operator_of_key, add_operator_key, revoke_operator_key, attach_node,
    operator_leaderboard FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION register_operator, operator_of_key, add_operator_key, revoke_operator_key, attach_node,
    operator_leaderboard TO service_role;
