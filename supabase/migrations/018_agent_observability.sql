-- What an agent's task used: tokens in and out, turns, tool calls, time.

ALTER TABLE agent_tasks
    ADD COLUMN input_tokens  BIGINT  NOT NULL DEFAULT 0
        CONSTRAINT agent_task_input_tokens_are_not_negative CHECK (input_tokens >= 0),
    ADD COLUMN output_tokens BIGINT  NOT NULL DEFAULT 0
        CONSTRAINT agent_task_output_tokens_are_not_negative CHECK (output_tokens >= 0),
    ADD COLUMN turns         INTEGER NOT NULL DEFAULT 0
        CONSTRAINT agent_task_turns_are_not_negative CHECK (turns >= 0),
    ADD COLUMN tool_calls    INTEGER NOT NULL DEFAULT 0
        CONSTRAINT agent_task_tool_calls_are_not_negative CHECK (tool_calls >= 0),
    ADD COLUMN trace_id      UUID    NOT NULL DEFAULT gen_random_uuid();
COMMENT ON COLUMN agent_tasks.input_tokens IS 'Language model tokens that went in.';
COMMENT ON COLUMN agent_tasks.output_tokens IS 'Language model tokens that came out.';
COMMENT ON COLUMN agent_tasks.turns IS 'Exchanges with the language model.';
COMMENT ON COLUMN agent_tasks.tool_calls IS 'Tools that it used, each time counted.';
COMMENT ON COLUMN agent_tasks.trace_id IS 'Under this number the logs of the agent speak of it.';

CREATE FUNCTION record_agent_usage(
    p_task_id BIGINT, p_agent TEXT, p_input_tokens BIGINT, p_output_tokens BIGINT, p_turns INTEGER, p_tool_calls INTEGER,
    p_cost_usd NUMERIC
) RETURNS BOOLEAN
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_within BOOLEAN;
BEGIN
    IF least(p_input_tokens, p_output_tokens, p_turns, p_tool_calls, p_cost_usd) < 0 THEN
        RAISE EXCEPTION 'usage is counted upwards' USING ERRCODE = 'DR005';
    END IF;
    UPDATE agent_tasks
    SET input_tokens = input_tokens + p_input_tokens, output_tokens = output_tokens + p_output_tokens,
        tokens = tokens + p_input_tokens + p_output_tokens, turns = turns + p_turns,
        tool_calls = tool_calls + p_tool_calls, cost_usd = cost_usd + p_cost_usd
    WHERE id = p_task_id AND agent = p_agent AND status IN ('in_progress', 'waiting')
    RETURNING cost_usd <= coalesce(max_cost_usd, cost_usd) INTO v_within;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'agent % does not work on a task %', p_agent, p_task_id
            USING ERRCODE = 'DR003', DETAIL = 'agent task in progress';
    END IF;
    RETURN v_within AND agent_budget_left() > 0;
END
$$;
COMMENT ON FUNCTION record_agent_usage IS
    'Adds what a task used since the last call. False: its own limit or a budget is used up, the agent must stop.';

CREATE VIEW agent_usage_daily WITH (security_invoker = true) AS
    SELECT date_trunc('day', created_at, 'UTC') AS day, agent, count(*) AS tasks,
           count(*) FILTER (WHERE status = 'completed') AS completed, count(*) FILTER (WHERE status = 'failed') AS failed,
           sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens, sum(cost_usd) AS cost_usd,
           avg(extract(epoch FROM finished_at - started_at))::DOUBLE PRECISION AS mean_seconds
    FROM agent_tasks
    GROUP BY 1, 2;
COMMENT ON VIEW agent_usage_daily IS 'Tasks, tokens and cost per UTC day of creation and agent.';

REVOKE ALL ON agent_usage_daily FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON agent_usage_daily TO authenticated, service_role;
REVOKE ALL ON FUNCTION record_agent_usage FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION record_agent_usage TO service_role;
