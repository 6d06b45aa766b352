-- Roles that agents play, and templates of tasks that come again.

CREATE TABLE agent_roles (
    id            BIGINT        PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name          TEXT          NOT NULL CONSTRAINT agent_role_name_is_taken UNIQUE
                  CONSTRAINT agent_role_name_has_1_to_100_characters CHECK (length(name) BETWEEN 1 AND 100),
    description   TEXT          NOT NULL DEFAULT '',
    model         TEXT,
    system_prompt TEXT          NOT NULL DEFAULT '',
    max_cost_usd  NUMERIC(12,4)
                  CONSTRAINT agent_role_cost_limit_is_not_negative CHECK (max_cost_usd >= 0),
    enabled       BOOLEAN       NOT NULL DEFAULT true,
    created_at    TIMESTAMPTZ   NOT NULL DEFAULT now(),
    updated_at    TIMESTAMPTZ   NOT NULL DEFAULT now()
);
COMMENT ON TABLE agent_roles IS 'Roles that agents play.';
COMMENT ON COLUMN agent_roles.model IS 'The language model to use; NULL: the agent''s default.';
COMMENT ON COLUMN agent_roles.max_cost_usd IS 'What one task in this role may cost where the task itself says nothing.';
COMMENT ON COLUMN agent_roles.enabled IS 'Whether tasks of this role are handed out.';

CREATE TABLE agent_templates (
    id           BIGINT        PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name         TEXT          NOT NULL CONSTRAINT agent_template_name_is_taken UNIQUE
                 CONSTRAINT agent_template_name_has_1_to_100_characters CHECK (length(name) BETWEEN 1 AND 100),
    description  TEXT          NOT NULL DEFAULT '',
    role_id      BIGINT        REFERENCES agent_roles (id) ON DELETE SET NULL,
    priority     SMALLINT      NOT NULL DEFAULT 5
                 CONSTRAINT agent_template_priority_is_0_to_9 CHECK (priority BETWEEN 0 AND 9),
    steps        TEXT[]        NOT NULL DEFAULT '{}'
                 CONSTRAINT agent_template_has_at_most_100_steps CHECK (cardinality(steps) <= 100),
    max_cost_usd NUMERIC(12,4)
                 CONSTRAINT agent_template_cost_limit_is_not_negative CHECK (max_cost_usd >= 0),
    created_at   TIMESTAMPTZ   NOT NULL DEFAULT now(),
    updated_at   TIMESTAMPTZ   NOT NULL DEFAULT now()
);
COMMENT ON TABLE agent_templates IS 'Tasks that come again.';
COMMENT ON COLUMN agent_templates.steps IS 'Titles of the parts that a task made from it is divided into; empty: one task.';
CREATE INDEX agent_templates_role ON agent_templates (role_id) WHERE role_id IS NOT NULL;

ALTER TABLE agent_tasks
    ADD COLUMN role_id     BIGINT REFERENCES agent_roles (id) ON DELETE SET NULL,
    ADD COLUMN template_id BIGINT REFERENCES agent_templates (id) ON DELETE SET NULL;
COMMENT ON COLUMN agent_tasks.role_id IS 'The role in which it is to be done; NULL: any.';
COMMENT ON COLUMN agent_tasks.template_id IS 'The template that it was made from.';
CREATE INDEX agent_tasks_role ON agent_tasks (role_id) WHERE role_id IS NOT NULL;
CREATE INDEX agent_tasks_template ON agent_tasks (template_id) WHERE template_id IS NOT NULL;

-- Permissions were written by name before there were roles: each of those becomes one.
INSERT INTO agent_roles (name) SELECT DISTINCT role_name FROM agent_permissions ORDER BY role_name;
ALTER TABLE agent_permissions
    ADD CONSTRAINT agent_permission_is_for_a_known_role
    FOREIGN KEY (role_name) REFERENCES agent_roles (name) ON UPDATE CASCADE ON DELETE CASCADE;

CREATE FUNCTION set_agent_role(
    p_name TEXT, p_description TEXT, p_model TEXT, p_system_prompt TEXT, p_max_cost_usd NUMERIC, p_enabled BOOLEAN DEFAULT true
) RETURNS BIGINT
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO agent_roles (name, description, model, system_prompt, max_cost_usd, enabled)
    VALUES (p_name, p_description, p_model, p_system_prompt, p_max_cost_usd, p_enabled)
    ON CONFLICT (name) DO UPDATE
    SET description = excluded.description, model = excluded.model, system_prompt = excluded.system_prompt,
        max_cost_usd = excluded.max_cost_usd, enabled = excluded.enabled, updated_at = now()
    RETURNING id
$$;
COMMENT ON FUNCTION set_agent_role IS 'Creates a role or replaces what it says.';

CREATE FUNCTION set_agent_template(
    p_name TEXT, p_description TEXT, p_role_name TEXT, p_priority SMALLINT, p_steps TEXT[], p_max_cost_usd NUMERIC DEFAULT NULL
) RETURNS BIGINT
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_role BIGINT;
    v_id   BIGINT;
BEGIN
    IF p_role_name IS NOT NULL THEN
        SELECT id INTO v_role FROM agent_roles WHERE name = p_role_name;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'there is no role %', p_role_name USING ERRCODE = 'DR003', DETAIL = 'agent role';
        END IF;
    END IF;
    INSERT INTO agent_templates (name, description, role_id, priority, steps, max_cost_usd)
    VALUES (p_name, p_description, v_role, p_priority, p_steps, p_max_cost_usd)
    ON CONFLICT (name) DO UPDATE
    SET description = excluded.description, role_id = excluded.role_id, priority = excluded.priority,
        steps = excluded.steps, max_cost_usd = excluded.max_cost_usd, updated_at = now()
    RETURNING id INTO v_id;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION set_agent_template IS 'Creates a template or replaces what it says. DR003: no such role.';

CREATE FUNCTION task_from_template(p_template_id BIGINT, p_source TEXT DEFAULT 'manual') RETURNS BIGINT
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_template agent_templates;
    v_limit    NUMERIC;
    v_task     BIGINT;
BEGIN
    SELECT * INTO v_template FROM agent_templates WHERE id = p_template_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'template % does not exist', p_template_id USING ERRCODE = 'DR003', DETAIL = 'agent template';
    END IF;
    SELECT max_cost_usd INTO v_limit FROM agent_roles WHERE id = v_template.role_id;
    v_task := create_agent_task(v_template.name, v_template.description, v_template.priority, p_source,
                                coalesce(v_template.max_cost_usd, v_limit));
    UPDATE agent_tasks SET role_id = v_template.role_id, template_id = p_template_id WHERE id = v_task;
    IF cardinality(v_template.steps) > 0 THEN
        PERFORM decompose_agent_task(v_task, v_template.steps);
        UPDATE agent_tasks SET role_id = v_template.role_id WHERE parent_task_id = v_task;
    END IF;
    RETURN v_task;
END
$$;
COMMENT ON FUNCTION task_from_template IS 'Queues a task made from a template, with its parts.';

ALTER TABLE agent_roles ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON agent_roles FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON agent_roles TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON agent_roles TO service_role;
CREATE POLICY users_read_agent_roles ON agent_roles
    FOR SELECT TO authenticated USING (true);
CREATE POLICY service_reads_agent_roles ON agent_roles FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_agent_roles ON agent_roles FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_agent_roles ON agent_roles FOR UPDATE TO service_role USING (true) WITH CHECK (true);
CREATE POLICY service_deletes_agent_roles ON agent_roles FOR DELETE TO service_role USING (true);
ALTER TABLE agent_templates ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON agent_templates FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON agent_templates TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON agent_templates TO service_role;
CREATE POLICY users_read_agent_templates ON agent_templates
    FOR SELECT TO authenticated USING (true);
CREATE POLICY service_reads_agent_templates ON agent_templates FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_agent_templates ON agent_templates FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_agent_templates ON agent_templates
    FOR UPDATE TO service_role USING (true) WITH CHECK (true);
CREATE POLICY service_deletes_agent_templates ON agent_templates FOR DELETE TO service_role USING (true);

REVOKE ALL ON FUNCTION set_agent_role, set_agent_template, task_from_template
    FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION set_agent_role, set_agent_template, task_from_template TO service_role;
