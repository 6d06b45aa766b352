-- What an agent wants to remember from one task to the next.

CREATE TABLE agent_memory (
    id         BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    agent      TEXT        NOT NULL
               CONSTRAINT agent_memory_agent_has_1_to_100_characters CHECK (length(agent) BETWEEN 1 AND 100),
    key        TEXT        NOT NULL
               CONSTRAINT agent_memory_key_has_1_to_200_characters CHECK (length(key) BETWEEN 1 AND 200),
    value      JSONB       NOT NULL,
    category   TEXT        NOT NULL DEFAULT 'general'
               CONSTRAINT agent_memory_category_has_1_to_50_characters CHECK (length(category) BETWEEN 1 AND 50),
    task_id    BIGINT      REFERENCES agent_tasks (id) ON DELETE SET NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    expires_at TIMESTAMPTZ,
    CONSTRAINT agent_memory_of_this_agent_and_key_exists UNIQUE (agent, key)
);
COMMENT ON TABLE agent_memory IS 'Keys and values that agents keep.';
COMMENT ON COLUMN agent_memory.task_id IS 'The task in which it was written last.';
COMMENT ON COLUMN agent_memory.expires_at IS 'From when on it is not recalled any more; NULL: never.';
CREATE INDEX agent_memory_task ON agent_memory (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX agent_memory_expires_at ON agent_memory (expires_at) WHERE expires_at IS NOT NULL;

CREATE FUNCTION remember(
    p_agent TEXT, p_key TEXT, p_value JSONB, p_category TEXT DEFAULT 'general', p_task_id BIGINT DEFAULT NULL,
    p_expires_at TIMESTAMPTZ DEFAULT NULL
) RETURNS VOID
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO agent_memory (agent, key, value, category, task_id, expires_at)
    VALUES (p_agent, p_key, p_value, p_category, p_task_id, p_expires_at)
    ON CONFLICT (agent, key) DO UPDATE
    SET value = excluded.value, category = excluded.category, task_id = excluded.task_id,
        expires_at = excluded.expires_at, updated_at = now()
$$;
COMMENT ON FUNCTION remember IS 'Writes what an agent keeps under a key; what was there is replaced.';

CREATE FUNCTION recall(p_agent TEXT, p_key TEXT) RETURNS JSONB
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT value FROM agent_memory
    WHERE agent = p_agent AND key = p_key AND (expires_at IS NULL OR expires_at > now())
$$;
COMMENT ON FUNCTION recall IS 'What an agent keeps under a key; NULL if nothing, or nothing any more.';

CREATE FUNCTION forget_expired_memories() RETURNS BIGINT
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    WITH gone AS (DELETE FROM agent_memory WHERE expires_at <= now() RETURNING id)
    SELECT count(*) FROM gone
$$;
COMMENT ON FUNCTION forget_expired_memories IS 'Deletes what expired; returns how many.';

ALTER TABLE agent_memory ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON agent_memory FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON agent_memory TO service_role;
CREATE POLICY service_reads_agent_memory ON agent_memory FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_agent_memory ON agent_memory FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_agent_memory ON agent_memory FOR UPDATE TO service_role USING (true) WITH CHECK (true);
CREATE POLICY service_deletes_agent_memory ON agent_memory FOR DELETE TO service_role USING (true);

REVOKE ALL ON FUNCTION remember, recall, forget_expired_memories FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION remember, recall, forget_expired_memories TO service_role;
