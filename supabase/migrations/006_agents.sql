-- Agents: programs that plan searches and look after them. They take tasks from a queue, tell what
-- they did in a feed, and spend money from budgets.

CREATE TABLE agent_tasks (
    id           BIGINT        PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    title        TEXT          NOT NULL
                 CONSTRAINT agent_task_title_has_1_to_200_characters CHECK (length(title) BETWEEN 1 AND 200),
    description  TEXT          NOT NULL DEFAULT ''
                 CONSTRAINT agent_task_description_has_at_most_10000_characters CHECK (length(description) <= 10000),
    status       TEXT          NOT NULL DEFAULT 'pending'
                 CONSTRAINT agent_task_status_is_known
                 CHECK (status IN ('pending', 'in_progress', 'completed', 'failed', 'cancelled')),
    priority     SMALLINT      NOT NULL DEFAULT 5
                 CONSTRAINT agent_task_priority_is_0_to_9 CHECK (priority BETWEEN 0 AND 9),
    source       TEXT          NOT NULL DEFAULT 'manual'
                 CONSTRAINT agent_task_source_is_known CHECK (source IN ('manual', 'schedule', 'agent', 'strategy')),
    agent        TEXT
                 CONSTRAINT agent_task_agent_has_1_to_100_characters CHECK (length(agent) BETWEEN 1 AND 100),
    max_cost_usd NUMERIC(12,4)
                 CONSTRAINT agent_task_cost_limit_is_not_negative CHECK (max_cost_usd >= 0),
    cost_usd     NUMERIC(12,4) NOT NULL DEFAULT 0
                 CONSTRAINT agent_task_cost_is_not_negative CHECK (cost_usd >= 0),
    tokens       BIGINT        NOT NULL DEFAULT 0
                 CONSTRAINT agent_task_tokens_are_not_negative CHECK (tokens >= 0),
    result       JSONB,
    error        TEXT,
    created_at   TIMESTAMPTZ   NOT NULL DEFAULT now(),
    started_at   TIMESTAMPTZ,
    finished_at  TIMESTAMPTZ,
    CONSTRAINT agent_task_in_progress_has_an_agent
        CHECK (status <> 'in_progress' OR (agent IS NOT NULL AND started_at IS NOT NULL)),
    CONSTRAINT agent_task_has_a_finish_time_exactly_when_finished
        CHECK ((status IN ('completed', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
);
COMMENT ON TABLE agent_tasks IS 'What agents are asked to do, with what became of it.';
COMMENT ON COLUMN agent_tasks.priority IS '9 is the most urgent.';
COMMENT ON COLUMN agent_tasks.source IS 'Who asked: a person, a schedule, another agent, the strategy engine.';
COMMENT ON COLUMN agent_tasks.agent IS 'The agent that works on it or did.';
COMMENT ON COLUMN agent_tasks.max_cost_usd IS 'What it may cost; NULL: only the budgets limit it.';
COMMENT ON COLUMN agent_tasks.cost_usd IS 'What it has cost so far in US dollars.';
COMMENT ON COLUMN agent_tasks.tokens IS 'Language model tokens used so far, both directions.';
CREATE INDEX agent_tasks_pending ON agent_tasks (priority DESC, id) WHERE status = 'pending';
CREATE INDEX agent_tasks_status ON agent_tasks (status, id DESC);

CREATE TABLE agent_events (
    id         BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    task_id    BIGINT      REFERENCES agent_tasks (id) ON DELETE CASCADE,
    event_type TEXT        NOT NULL
               CONSTRAINT agent_event_type_has_1_to_50_characters CHECK (length(event_type) BETWEEN 1 AND 50),
    agent      TEXT,
    summary    TEXT        NOT NULL
               CONSTRAINT agent_event_summary_has_at_most_1000_characters CHECK (length(summary) <= 1000),
    detail     JSONB,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
COMMENT ON TABLE agent_events IS 'The feed of what agents do.';
COMMENT ON COLUMN agent_events.task_id IS 'The task it is about; NULL for what concerns none, such as a budget.';
COMMENT ON COLUMN agent_events.event_type IS 'For example created, claimed, completed, failed, cancelled, budget_alert.';
CREATE INDEX agent_events_task ON agent_events (task_id, id DESC);
CREATE INDEX agent_events_created_at ON agent_events (created_at DESC);

CREATE TABLE agent_budgets (
    id           BIGINT        PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    period       TEXT          NOT NULL CONSTRAINT agent_budget_for_this_period_exists UNIQUE
                 CONSTRAINT agent_budget_period_is_daily_weekly_or_monthly
                 CHECK (period IN ('daily', 'weekly', 'monthly')),
    limit_usd    NUMERIC(12,4) NOT NULL
                 CONSTRAINT agent_budget_limit_is_not_negative CHECK (limit_usd >= 0),
    spent_usd    NUMERIC(12,4) NOT NULL DEFAULT 0
                 CONSTRAINT agent_budget_spending_is_not_negative CHECK (spent_usd >= 0),
    tokens       BIGINT        NOT NULL DEFAULT 0
                 CONSTRAINT agent_budget_tokens_are_not_negative CHECK (tokens >= 0),
    period_start TIMESTAMPTZ   NOT NULL,
    updated_at   TIMESTAMPTZ   NOT NULL DEFAULT now()
);
COMMENT ON TABLE agent_budgets IS 'What agents may spend and have spent in the current day, week and month of UTC.';
COMMENT ON COLUMN agent_budgets.period_start IS 'Start of the period that spent_usd and tokens count.';
INSERT INTO agent_budgets (period, limit_usd, period_start)
SELECT period, limit_usd, date_trunc(unit, now(), 'UTC')
FROM (VALUES ('daily', 10, 'day'), ('weekly', 50, 'week'), ('monthly', 150, 'month')) AS b (period, limit_usd, unit);

CREATE FUNCTION create_agent_task(
    p_title TEXT, p_description TEXT DEFAULT '', p_priority SMALLINT DEFAULT 5, p_source TEXT DEFAULT 'manual',
    p_max_cost_usd NUMERIC DEFAULT NULL
) RETURNS BIGINT
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    WITH task AS (
        INSERT INTO agent_tasks (title, description, priority, source, max_cost_usd)
        VALUES (p_title, p_description, p_priority, p_source, p_max_cost_usd)
        RETURNING id
    )
    INSERT INTO agent_events (task_id, event_type, summary)
    SELECT id, 'created', p_title FROM task
    RETURNING task_id
$$;
COMMENT ON FUNCTION create_agent_task IS 'Queues a task and tells the feed.';

CREATE FUNCTION claim_agent_task(p_agent TEXT) RETURNS SETOF agent_tasks
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_task agent_tasks;
BEGIN
    SELECT * INTO v_task FROM agent_tasks WHERE status = 'pending'
    ORDER BY priority DESC, id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE agent_tasks SET status = 'in_progress', agent = p_agent, started_at = now()
    WHERE id = v_task.id RETURNING * INTO v_task;
    INSERT INTO agent_events (task_id, event_type, agent, summary)
    VALUES (v_task.id, 'claimed', p_agent, v_task.title);
    RETURN NEXT v_task;
END
$$;
COMMENT ON FUNCTION claim_agent_task IS 'Gives an agent the most urgent pending task; no row if there is none.';

CREATE FUNCTION finish_agent_task(
    p_task_id BIGINT, p_agent TEXT, p_status TEXT, p_result JSONB DEFAULT NULL, p_error TEXT DEFAULT NULL
) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF p_status NOT IN ('completed', 'failed') THEN
        RAISE EXCEPTION 'a task ends completed or failed, not %', p_status USING ERRCODE = 'DR005';
    END IF;
    UPDATE agent_tasks SET status = p_status, result = p_result, error = p_error, finished_at = now()
    WHERE id = p_task_id AND agent = p_agent AND status = 'in_progress';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'agent % does not work on a task %', p_agent, p_task_id
            USING ERRCODE = 'DR003', DETAIL = 'agent task in progress';
    END IF;
    INSERT INTO agent_events (task_id, event_type, agent, summary)
    VALUES (p_task_id, p_status, p_agent, coalesce(left(p_error, 1000), p_status));
END
$$;
COMMENT ON FUNCTION finish_agent_task IS 'Ends a task that the agent works on. DR003: it does not.';

CREATE FUNCTION cancel_agent_task(p_task_id BIGINT) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE agent_tasks SET status = 'cancelled', finished_at = now()
    WHERE id = p_task_id AND finished_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no unfinished task %', p_task_id USING ERRCODE = 'DR003', DETAIL = 'unfinished agent task';
    END IF;
    INSERT INTO agent_events (task_id, event_type, summary) VALUES (p_task_id, 'cancelled', 'cancelled');
END
$$;
COMMENT ON FUNCTION cancel_agent_task IS 'Ends a task before it is finished. DR003: it is finished, or there is none.';

ALTER TABLE agent_tasks ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON agent_tasks FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON agent_tasks TO authenticated;
GRANT SELECT, INSERT, UPDATE ON agent_tasks TO service_role;
CREATE POLICY users_read_agent_tasks ON agent_tasks
    FOR SELECT TO authenticated USING (true);
CREATE POLICY service_reads_agent_tasks ON agent_tasks FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_agent_tasks ON agent_tasks FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_agent_tasks ON agent_tasks FOR UPDATE TO service_role USING (true) WITH CHECK (true);
ALTER TABLE agent_events ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON agent_events FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON agent_events TO authenticated;
GRANT SELECT, INSERT ON agent_events TO service_role;
CREATE POLICY users_read_agent_events ON agent_events
    FOR SELECT TO authenticated USING (true);
CREATE POLICY service_reads_agent_events ON agent_events FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_agent_events ON agent_events FOR INSERT TO service_role WITH CHECK (true);
ALTER TABLE agent_budgets ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON agent_budgets FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON agent_budgets TO service_role;
CREATE POLICY service_reads_agent_budgets ON agent_budgets FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_agent_budgets ON agent_budgets FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_agent_budgets ON agent_budgets FOR UPDATE TO service_role USING (true) WITH CHECK (true);

REVOKE ALL ON FUNCTION create_agent_task, claim_agent_task, finish_agent_task, cancel_agent_task
    FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION create_agent_task, claim_agent_task, finish_agent_task, cancel_agent_task TO service_role;

-- The feed and the queue are shown live. A publication FOR ALL TABLES has them already.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_publication WHERE pubname = 'supabase_realtime' AND NOT puballtables) THEN
        ALTER PUBLICATION supabase_realtime ADD TABLE agent_tasks, agent_events;
    END IF;
END
$$;
