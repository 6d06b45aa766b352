-- What an agent of a role may do. What is not allowed is forbidden.

CREATE TABLE agent_permissions (
    id         BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    role_name  TEXT        NOT NULL
               CONSTRAINT agent_permission_role_has_1_to_100_characters CHECK (length(role_name) BETWEEN 1 AND 100),
    action     TEXT        NOT NULL
               CONSTRAINT agent_permission_action_has_1_to_100_characters CHECK (length(action) BETWEEN 1 AND 100),
    resource   TEXT        NOT NULL DEFAULT '*'
               CONSTRAINT agent_permission_resource_has_1_to_200_characters CHECK (length(resource) BETWEEN 1 AND 200),
    allowed    BOOLEAN     NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT agent_permission_for_role_action_and_resource_exists UNIQUE (role_name, action, resource)
);
COMMENT ON TABLE agent_permissions IS 'What agents of a role may do; what no row allows is forbidden.';
COMMENT ON COLUMN agent_permissions.action IS 'For example create_job; * for every action.';
COMMENT ON COLUMN agent_permissions.resource IS 'What it is done to, for example form:kbn; * for everything.';

CREATE FUNCTION agent_may(p_role_name TEXT, p_action TEXT, p_resource TEXT DEFAULT '*') RETURNS BOOLEAN
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce((
        SELECT allowed FROM agent_permissions
        WHERE role_name = p_role_name AND action IN (p_action, '*') AND resource IN (p_resource, '*')
        ORDER BY action = p_action DESC, resource = p_resource DESC
        LIMIT 1), false)
$$;
COMMENT ON FUNCTION agent_may IS
    'Whether agents of a role may do an action to a resource: the most specific row decides, action before resource; none: no.';

CREATE FUNCTION set_agent_permission(p_role_name TEXT, p_action TEXT, p_resource TEXT, p_allowed BOOLEAN) RETURNS VOID
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO agent_permissions (role_name, action, resource, allowed)
    VALUES (p_role_name, p_action, p_resource, p_allowed)
    ON CONFLICT (role_name, action, resource) DO UPDATE SET allowed = excluded.allowed
$$;
COMMENT ON FUNCTION set_agent_permission IS 'Allows or forbids agents of a role an action on a resource.';

ALTER TABLE agent_permissions ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON agent_permissions FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON agent_permissions TO service_role;
CREATE POLICY service_reads_agent_permissions ON agent_permissions FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_agent_permissions ON agent_permissions FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_agent_permissions ON agent_permissions
    FOR UPDATE TO service_role USING (true) WITH CHECK (true);
CREATE POLICY service_deletes_agent_permissions ON agent_permissions FOR DELETE TO service_role USING (true);

REVOKE ALL ON FUNCTION agent_may, set_agent_permission FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION agent_may, set_agent_permission TO service_role;
