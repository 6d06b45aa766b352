-- Budgets that hold: every cent that a task costs is counted where the cost is written, an alert
-- comes once per period, and with a budget used up no task is handed out.

ALTER TABLE agent_budgets
    ADD COLUMN alert_share NUMERIC(4,3) NOT NULL DEFAULT 0.8
        CONSTRAINT agent_budget_alert_share_is_between_0_and_1 CHECK (alert_share > 0 AND alert_share <= 1),
    ADD COLUMN alerted_at  TIMESTAMPTZ;
COMMENT ON COLUMN agent_budgets.alert_share IS 'The share of the limit at which the alert is given.';
COMMENT ON COLUMN agent_budgets.alerted_at IS 'When the alert of the current period was given; NULL: not yet.';

CREATE FUNCTION budget_period_start(p_period TEXT, p_at TIMESTAMPTZ) RETURNS TIMESTAMPTZ
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT date_trunc(CASE p_period WHEN 'daily' THEN 'day' WHEN 'weekly' THEN 'week' ELSE 'month' END, p_at, 'UTC')
$$;
COMMENT ON FUNCTION budget_period_start IS 'When the UTC day, week (from Monday) or month of a moment began.';

CREATE FUNCTION charge_agent_budgets(p_cost_usd NUMERIC, p_tokens BIGINT) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_budget agent_budgets;
BEGIN
    -- In a fixed order, so that two charges cannot wait for each other in a circle.
    FOR v_budget IN SELECT * FROM agent_budgets ORDER BY id FOR NO KEY UPDATE LOOP
        IF v_budget.period_start < budget_period_start(v_budget.period, now()) THEN
            v_budget.period_start := budget_period_start(v_budget.period, now());
            v_budget.spent_usd := 0;
            v_budget.tokens := 0;
            v_budget.alerted_at := NULL;
        END IF;
        v_budget.spent_usd := greatest(v_budget.spent_usd + p_cost_usd, 0);
        v_budget.tokens := greatest(v_budget.tokens + p_tokens, 0);
        IF v_budget.alerted_at IS NULL AND v_budget.spent_usd >= v_budget.limit_usd * v_budget.alert_share THEN
            v_budget.alerted_at := now();
            INSERT INTO agent_events (event_type, summary, detail)
            VALUES ('budget_alert',
                    format('%s agent budget: %s of %s US dollars are spent', v_budget.period, v_budget.spent_usd, v_budget.limit_usd),
                    jsonb_build_object('period', v_budget.period, 'spent_usd', v_budget.spent_usd, 'limit_usd', v_budget.limit_usd));
        END IF;
        UPDATE agent_budgets
        SET spent_usd = v_budget.spent_usd, tokens = v_budget.tokens, period_start = v_budget.period_start,
            alerted_at = v_budget.alerted_at, updated_at = now()
        WHERE id = v_budget.id;
    END LOOP;
END
$$;
COMMENT ON FUNCTION charge_agent_budgets IS
    'Counts a cost in every budget, starting a new period where one is due; alerts once per period.';

CREATE FUNCTION agent_budget_left() RETURNS NUMERIC
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(min(CASE WHEN period_start < budget_period_start(period, now()) THEN limit_usd
                             ELSE limit_usd - spent_usd END), 0)
    FROM agent_budgets
$$;
COMMENT ON FUNCTION agent_budget_left IS 'US dollars that agents may still spend now, by the tightest budget; 0 without budgets.';

-- The one place where a cost is charged is where it is written, so none is forgotten or doubled.
CREATE FUNCTION charge_agent_task() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM charge_agent_budgets(NEW.cost_usd - OLD.cost_usd, NEW.tokens - OLD.tokens);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION charge_agent_task() IS 'Trigger: what a task costs is charged to the budgets.';
CREATE TRIGGER charge_agent_task AFTER UPDATE OF cost_usd, tokens ON agent_tasks
    FOR EACH ROW WHEN (NEW.cost_usd <> OLD.cost_usd OR NEW.tokens <> OLD.tokens)
    EXECUTE FUNCTION charge_agent_task();

CREATE OR REPLACE FUNCTION claim_agent_task(p_agent TEXT) RETURNS SETOF agent_tasks
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_task agent_tasks;
BEGIN
    IF agent_budget_left() <= 0 THEN
        RETURN;
    END IF;
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
COMMENT ON FUNCTION claim_agent_task IS
    'Gives an agent the most urgent pending task; no row if there is none or a budget is used up.';

REVOKE ALL ON FUNCTION budget_period_start, charge_agent_budgets, agent_budget_left, charge_agent_task
    FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION budget_period_start, charge_agent_budgets, agent_budget_left, charge_agent_task
    TO service_role;
