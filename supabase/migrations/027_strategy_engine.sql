-- The strategy engine decides which searches are worth the computers that are there. It proposes;
-- what becomes of a proposal is written down beside it.

CREATE TABLE strategy_config (
    id               BOOLEAN       PRIMARY KEY DEFAULT true
                     CONSTRAINT strategy_config_is_one_row CHECK (id),
    enabled          BOOLEAN       NOT NULL DEFAULT false,
    needs_approval   BOOLEAN       NOT NULL DEFAULT true,
    max_running_jobs INTEGER       NOT NULL DEFAULT 10
                     CONSTRAINT strategy_job_limit_is_positive CHECK (max_running_jobs > 0),
    max_monthly_usd  NUMERIC(12,4) NOT NULL DEFAULT 0
                     CONSTRAINT strategy_budget_is_not_negative CHECK (max_monthly_usd >= 0),
    forms            TEXT[]        NOT NULL DEFAULT '{}',
    interval_seconds BIGINT        NOT NULL DEFAULT 3600
                     CONSTRAINT strategy_interval_is_at_least_a_minute CHECK (interval_seconds >= 60),
    updated_at       TIMESTAMPTZ   NOT NULL DEFAULT now()
);
COMMENT ON TABLE strategy_config IS 'How the strategy engine behaves, one row.';
COMMENT ON COLUMN strategy_config.needs_approval IS 'Whether a person approves each proposal before it is carried out.';
COMMENT ON COLUMN strategy_config.forms IS 'Forms that it may choose from; empty: all.';
INSERT INTO strategy_config DEFAULT VALUES;

CREATE TABLE strategy_decisions (
    id           BIGINT           PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    decision     TEXT             NOT NULL
                 CONSTRAINT strategy_decision_is_known
                 CHECK (decision IN ('create_job', 'pause_job', 'resume_job', 'cancel_job')),
    form         TEXT,
    params       JSONB            NOT NULL DEFAULT '{}',
    reason       TEXT             NOT NULL
                 CONSTRAINT strategy_reason_has_1_to_2000_characters CHECK (length(reason) BETWEEN 1 AND 2000),
    score        DOUBLE PRECISION,
    status       TEXT             NOT NULL DEFAULT 'proposed'
                 CONSTRAINT strategy_decision_status_is_known
                 CHECK (status IN ('proposed', 'approved', 'rejected', 'executed', 'failed')),
    job_id       BIGINT           REFERENCES search_jobs (id) ON DELETE SET NULL,
    project_id   BIGINT           REFERENCES projects (id) ON DELETE SET NULL,
    outcome      TEXT,
    created_at   TIMESTAMPTZ      NOT NULL DEFAULT now(),
    resolved_at  TIMESTAMPTZ,
    CONSTRAINT strategy_decision_about_a_job_names_it CHECK (decision = 'create_job' OR job_id IS NOT NULL OR resolved_at IS NOT NULL)
);
COMMENT ON TABLE strategy_decisions IS 'What the strategy engine proposed, why, and what became of it.';
COMMENT ON COLUMN strategy_decisions.score IS 'What it expects of it, in its own measure; higher is better.';
COMMENT ON COLUMN strategy_decisions.job_id IS 'The job that it is about, or that came of it.';
CREATE INDEX strategy_decisions_open ON strategy_decisions (id) WHERE status IN ('proposed', 'approved');
CREATE INDEX strategy_decisions_job ON strategy_decisions (job_id) WHERE job_id IS NOT NULL;
CREATE INDEX strategy_decisions_project ON strategy_decisions (project_id) WHERE project_id IS NOT NULL;

CREATE FUNCTION propose_decision(
    p_decision TEXT, p_form TEXT, p_params JSONB, p_reason TEXT, p_score DOUBLE PRECISION,
    p_job_id BIGINT DEFAULT NULL, p_project_id BIGINT DEFAULT NULL
) RETURNS BIGINT
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_config strategy_config;
    v_id     BIGINT;
BEGIN
    SELECT * INTO v_config FROM strategy_config;
    IF NOT v_config.enabled THEN
        RAISE EXCEPTION 'the strategy engine is switched off; set strategy_config.enabled' USING ERRCODE = 'DR005';
    END IF;
    IF p_form IS NOT NULL AND cardinality(v_config.forms) > 0 AND p_form <> ALL (v_config.forms) THEN
        RAISE EXCEPTION 'the strategy engine may not choose form %', p_form USING ERRCODE = 'DR005';
    END IF;
    INSERT INTO strategy_decisions (decision, form, params, reason, score, job_id, project_id, status)
    VALUES (p_decision, p_form, p_params, p_reason, p_score, p_job_id, p_project_id,
            CASE WHEN v_config.needs_approval THEN 'proposed' ELSE 'approved' END)
    RETURNING id INTO v_id;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION propose_decision IS
    'Writes down a proposal; approved at once where no person needs to. DR005: the engine is off or the form is not allowed.';

CREATE FUNCTION resolve_decision(p_decision_id BIGINT, p_status TEXT, p_outcome TEXT DEFAULT NULL, p_job_id BIGINT DEFAULT NULL)
RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_old TEXT;
BEGIN
    SELECT status INTO v_old FROM strategy_decisions WHERE id = p_decision_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'decision % does not exist', p_decision_id USING ERRCODE = 'DR003', DETAIL = 'decision';
    END IF;
    IF NOT (v_old = 'proposed' AND p_status IN ('approved', 'rejected')
            OR v_old = 'approved' AND p_status IN ('executed', 'failed')) THEN
        RAISE EXCEPTION 'a decision that is % does not become %', v_old, p_status USING ERRCODE = 'DR005';
    END IF;
    UPDATE strategy_decisions
    SET status = p_status, outcome = coalesce(p_outcome, outcome), job_id = coalesce(p_job_id, job_id),
        resolved_at = CASE WHEN p_status <> 'approved' THEN now() END
    WHERE id = p_decision_id;
END
$$;
COMMENT ON FUNCTION resolve_decision IS
    'proposed becomes approved or rejected, approved becomes executed or failed; nothing else.';

ALTER TABLE strategy_config ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON strategy_config FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, UPDATE ON strategy_config TO service_role;
CREATE POLICY service_reads_strategy_config ON strategy_config FOR SELECT TO service_role USING (true);
CREATE POLICY service_updates_strategy_config ON strategy_config
    FOR UPDATE TO service_role USING (true) WITH CHECK (true);
ALTER TABLE strategy_decisions ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON strategy_decisions FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON strategy_decisions TO service_role;
CREATE POLICY service_reads_strategy_decisions ON strategy_decisions FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_strategy_decisions ON strategy_decisions FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_strategy_decisions ON strategy_decisions
    FOR UPDATE TO service_role USING (true) WITH CHECK (true);

REVOKE ALL ON FUNCTION propose_decision, resolve_decision FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION propose_decision, resolve_decision TO service_role;
