-- What a campaign costs, and its budget. A campaign whose budget is used up is paused with all its
-- jobs, once. This file and 012 know nothing of each other, so their order does not matter.

ALTER TABLE projects
    ADD COLUMN core_hours        DOUBLE PRECISION NOT NULL DEFAULT 0
        CONSTRAINT project_core_hours_are_not_negative CHECK (core_hours >= 0 AND core_hours < 'Infinity'),
    ADD COLUMN cost_usd          NUMERIC(14,4) NOT NULL DEFAULT 0
        CONSTRAINT project_cost_is_not_negative CHECK (cost_usd >= 0),
    ADD COLUMN usd_per_core_hour NUMERIC(10,6) NOT NULL DEFAULT 0
        CONSTRAINT project_price_of_a_core_hour_is_not_negative CHECK (usd_per_core_hour >= 0),
    ADD COLUMN budget_core_hours DOUBLE PRECISION
        CONSTRAINT project_budget_of_core_hours_is_not_negative CHECK (budget_core_hours >= 0),
    ADD COLUMN budget_usd        NUMERIC(14,4)
        CONSTRAINT project_budget_is_not_negative CHECK (budget_usd >= 0),
    ADD COLUMN budget_alerted_at TIMESTAMPTZ;
COMMENT ON COLUMN projects.core_hours IS 'Core hours of its validated results.';
COMMENT ON COLUMN projects.cost_usd IS 'The same in US dollars at the price of the time.';
COMMENT ON COLUMN projects.usd_per_core_hour IS 'Price of a core hour; 0 for lent computers.';
COMMENT ON COLUMN projects.budget_core_hours IS 'Core hours after which it is paused; NULL: no limit.';
COMMENT ON COLUMN projects.budget_usd IS 'US dollars after which it is paused; NULL: no limit.';
COMMENT ON COLUMN projects.budget_alerted_at IS 'When it was said that four fifths of the budget are used; NULL: not yet.';

CREATE FUNCTION project_budget_used(p_project projects) RETURNS DOUBLE PRECISION
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT greatest(
        CASE WHEN p_project.budget_core_hours IS NULL THEN 0
             WHEN p_project.budget_core_hours = 0 THEN 1
             ELSE p_project.core_hours / p_project.budget_core_hours END,
        CASE WHEN p_project.budget_usd IS NULL THEN 0
             WHEN p_project.budget_usd = 0 THEN 1
             ELSE (p_project.cost_usd / p_project.budget_usd)::DOUBLE PRECISION END)
$$;
COMMENT ON FUNCTION project_budget_used IS 'The share of a campaign''s budget that is used, of the tighter one of the two; 0 without budget.';

CREATE FUNCTION charge_project(p_project_id BIGINT, p_core_seconds DOUBLE PRECISION) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_project projects;
    v_used    DOUBLE PRECISION;
BEGIN
    IF NOT (p_core_seconds >= 0 AND p_core_seconds < 'Infinity') THEN
        RAISE EXCEPTION 'a project cannot be charged % core seconds', p_core_seconds USING ERRCODE = 'DR005';
    END IF;
    UPDATE projects
    SET core_hours = core_hours + p_core_seconds / 3600,
        cost_usd = cost_usd + (p_core_seconds / 3600)::NUMERIC * usd_per_core_hour
    WHERE id = p_project_id
    RETURNING * INTO v_project;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'project % does not exist', p_project_id USING ERRCODE = 'DR003', DETAIL = 'project';
    END IF;

    v_used := project_budget_used(v_project);
    IF v_used >= 0.8 AND v_project.budget_alerted_at IS NULL THEN
        UPDATE projects SET budget_alerted_at = now() WHERE id = p_project_id;
        INSERT INTO project_events (project_id, event_type, summary)
        VALUES (p_project_id, 'budget_alert', format('%s %% of the budget are used', round((100 * v_used)::NUMERIC)));
    END IF;
    -- Results of jobs that run out still come in after the pause: they count, and pause nothing again.
    IF v_used >= 1 AND v_project.status = 'active' THEN
        PERFORM set_project_status(p_project_id, 'paused', 'budget');
    END IF;
END
$$;
COMMENT ON FUNCTION charge_project IS
    'Counts core seconds for a campaign; alerts once at four fifths of its budget and pauses it with its jobs at the end of it.';

CREATE FUNCTION set_project_budget(
    p_project_id BIGINT, p_budget_core_hours DOUBLE PRECISION, p_budget_usd NUMERIC, p_usd_per_core_hour NUMERIC DEFAULT 0
) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE projects
    SET budget_core_hours = p_budget_core_hours, budget_usd = p_budget_usd, usd_per_core_hour = p_usd_per_core_hour,
        budget_alerted_at = NULL, updated_at = now()
    WHERE id = p_project_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'project % does not exist', p_project_id USING ERRCODE = 'DR003', DETAIL = 'project';
    END IF;
    INSERT INTO project_events (project_id, event_type, summary, detail)
    VALUES (p_project_id, 'budget_set', 'the budget was set',
            jsonb_build_object('core_hours', p_budget_core_hours, 'usd', p_budget_usd));
END
$$;
COMMENT ON FUNCTION set_project_budget IS 'Sets what a campaign may cost; a paused one stays paused until it is resumed.';

REVOKE ALL ON FUNCTION project_budget_used, charge_project, set_project_budget
    FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION project_budget_used, charge_project, set_project_budget TO service_role;
