-- Tasks that come by themselves: every so often, or when something happens.

CREATE TABLE agent_schedules (
    id               BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name             TEXT        NOT NULL CONSTRAINT agent_schedule_name_is_taken UNIQUE
                     CONSTRAINT agent_schedule_name_has_1_to_100_characters CHECK (length(name) BETWEEN 1 AND 100),
    template_id      BIGINT      NOT NULL REFERENCES agent_templates (id) ON DELETE CASCADE,
    interval_seconds BIGINT
                     CONSTRAINT agent_schedule_interval_is_at_least_a_minute CHECK (interval_seconds >= 60),
    event_type       TEXT        CONSTRAINT agent_schedule_event_type_is_not_empty CHECK (event_type <> ''),
    enabled          BOOLEAN     NOT NULL DEFAULT true,
    next_run_at      TIMESTAMPTZ,
    last_run_at      TIMESTAMPTZ,
    runs             BIGINT      NOT NULL DEFAULT 0
                     CONSTRAINT agent_schedule_runs_are_not_negative CHECK (runs >= 0),
    created_at       TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT agent_schedule_has_either_interval_or_event_type
        CHECK ((interval_seconds IS NULL) <> (event_type IS NULL)),
    CONSTRAINT agent_schedule_with_interval_has_a_next_run
        CHECK ((interval_seconds IS NULL) = (next_run_at IS NULL))
);
COMMENT ON TABLE agent_schedules IS 'Templates that become tasks by themselves.';
COMMENT ON COLUMN agent_schedules.interval_seconds IS 'Every so often; or, if NULL,';
COMMENT ON COLUMN agent_schedules.event_type IS 'whenever an agent event of this type happens.';
CREATE INDEX agent_schedules_due ON agent_schedules (next_run_at) WHERE enabled;
CREATE INDEX agent_schedules_event ON agent_schedules (event_type) WHERE enabled AND event_type IS NOT NULL;
CREATE INDEX agent_schedules_template ON agent_schedules (template_id);

CREATE FUNCTION create_agent_schedule(
    p_name TEXT, p_template_id BIGINT, p_interval_seconds BIGINT, p_event_type TEXT DEFAULT NULL
) RETURNS BIGINT
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO agent_schedules (name, template_id, interval_seconds, event_type, next_run_at)
    VALUES (p_name, p_template_id, p_interval_seconds, p_event_type, now() + make_interval(secs => p_interval_seconds))
    RETURNING id
$$;
COMMENT ON FUNCTION create_agent_schedule IS 'Schedules a template, by interval or by event.';

CREATE FUNCTION enable_agent_schedule(p_schedule_id BIGINT, p_enabled BOOLEAN) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE agent_schedules
    SET enabled = p_enabled,
        next_run_at = CASE WHEN p_enabled AND NOT enabled THEN now() + make_interval(secs => interval_seconds)
                           ELSE next_run_at END
    WHERE id = p_schedule_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'schedule % does not exist', p_schedule_id USING ERRCODE = 'DR003', DETAIL = 'schedule';
    END IF;
END
$$;
COMMENT ON FUNCTION enable_agent_schedule IS 'Switches a schedule on or off. Switched on, its interval begins anew.';

CREATE FUNCTION run_due_agent_schedules(p_now TIMESTAMPTZ DEFAULT now()) RETURNS SETOF BIGINT
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_schedule agent_schedules;
BEGIN
    FOR v_schedule IN
        SELECT * FROM agent_schedules WHERE enabled AND next_run_at <= p_now
        ORDER BY next_run_at, id FOR UPDATE SKIP LOCKED
    LOOP
        -- Runs missed while nobody looked are not made up for: the next one comes a full interval
        -- later, counted on the same beat.
        UPDATE agent_schedules
        SET last_run_at = p_now, runs = runs + 1,
            next_run_at = next_run_at + make_interval(secs => interval_seconds
                * (floor(extract(epoch FROM p_now - next_run_at) / interval_seconds) + 1)::DOUBLE PRECISION)
        WHERE id = v_schedule.id;
        RETURN NEXT task_from_template(v_schedule.template_id, 'schedule');
    END LOOP;
END
$$;
COMMENT ON FUNCTION run_due_agent_schedules IS 'Queues the tasks of all schedules that are due; returns the tasks.';

CREATE FUNCTION run_schedules_of_event() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_schedule agent_schedules;
BEGIN
    -- An event of a task that a schedule made starts no schedule: a schedule must not feed itself.
    IF EXISTS (SELECT FROM agent_tasks WHERE id = NEW.task_id AND source = 'schedule') THEN
        RETURN NULL;
    END IF;
    FOR v_schedule IN
        SELECT * FROM agent_schedules WHERE enabled AND event_type = NEW.event_type ORDER BY id FOR NO KEY UPDATE
    LOOP
        UPDATE agent_schedules SET last_run_at = now(), runs = runs + 1 WHERE id = v_schedule.id;
        PERFORM task_from_template(v_schedule.template_id, 'schedule');
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION run_schedules_of_event() IS 'Trigger: an agent event starts the schedules that wait for its type.';
CREATE TRIGGER run_schedules_of_event AFTER INSERT ON agent_events
    FOR EACH ROW EXECUTE FUNCTION run_schedules_of_event();

ALTER TABLE agent_schedules ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON agent_schedules FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON agent_schedules TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON agent_schedules TO service_role;
CREATE POLICY users_read_agent_schedules ON agent_schedules
    FOR SELECT TO authenticated USING (true);
CREATE POLICY service_reads_agent_schedules ON agent_schedules FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_agent_schedules ON agent_schedules FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_agent_schedules ON agent_schedules
    FOR UPDATE TO service_role USING (true) WITH CHECK (true);
CREATE POLICY service_deletes_agent_schedules ON agent_schedules FOR DELETE TO service_role USING (true);

REVOKE ALL ON FUNCTION create_agent_schedule, enable_agent_schedule, run_due_agent_schedules, run_schedules_of_event
    FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION create_agent_schedule, enable_agent_schedule, run_due_agent_schedules, run_schedules_of_event
    TO service_role;
