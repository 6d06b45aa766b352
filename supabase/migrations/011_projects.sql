-- Campaigns: jobs with a goal, in phases, measured against the world's records.

CREATE TABLE projects (
    id          BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    slug        TEXT        NOT NULL CONSTRAINT project_slug_is_taken UNIQUE
                CONSTRAINT project_slug_is_lower_case_words_with_hyphens
                CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 80),
    name        TEXT        NOT NULL
                CONSTRAINT project_name_has_1_to_200_characters CHECK (length(name) BETWEEN 1 AND 200),
    description TEXT        NOT NULL DEFAULT ''
                CONSTRAINT project_description_has_at_most_10000_characters CHECK (length(description) <= 10000),
    objective   TEXT        NOT NULL
                CONSTRAINT project_objective_is_known
                CHECK (objective IN ('record', 'survey', 'verification', 'exploration')),
    form        TEXT        NOT NULL CONSTRAINT project_form_is_not_empty CHECK (form <> ''),
    status      TEXT        NOT NULL DEFAULT 'draft'
                CONSTRAINT project_status_is_known
                CHECK (status IN ('draft', 'active', 'paused', 'completed', 'cancelled')),
    pause_cause TEXT
                CONSTRAINT project_pause_cause_is_manual_or_budget CHECK (pause_cause IN ('manual', 'budget')),
    target      JSONB       NOT NULL DEFAULT '{}',
    created_at  TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at  TIMESTAMPTZ NOT NULL DEFAULT now(),
    started_at  TIMESTAMPTZ,
    finished_at TIMESTAMPTZ,
    CONSTRAINT paused_project_has_a_cause CHECK ((status = 'paused') = (pause_cause IS NOT NULL))
);
COMMENT ON TABLE projects IS 'Campaigns: jobs that serve one goal.';
COMMENT ON COLUMN projects.slug IS 'Its name in addresses.';
COMMENT ON COLUMN projects.objective IS 'record: beat one; survey: every candidate of a range; verification: repeat what is known; exploration: see what comes.';
COMMENT ON COLUMN projects.pause_cause IS 'Why it is paused: by a person, or because its budget is used up.';
COMMENT ON COLUMN projects.target IS 'What is aimed at, for people; for example {"digits": 100000}.';
CREATE INDEX projects_status ON projects (status, id DESC);

CREATE TABLE project_phases (
    id            BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    project_id    BIGINT      NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    position      INTEGER     NOT NULL
                  CONSTRAINT project_phase_position_is_not_negative CHECK (position >= 0),
    name          TEXT        NOT NULL
                  CONSTRAINT project_phase_name_has_1_to_200_characters CHECK (length(name) BETWEEN 1 AND 200),
    status        TEXT        NOT NULL DEFAULT 'pending'
                  CONSTRAINT project_phase_status_is_known CHECK (status IN ('pending', 'active', 'completed', 'skipped')),
    search_params JSONB       NOT NULL DEFAULT '{}',
    completion    TEXT        NOT NULL DEFAULT 'jobs_validated'
                  CONSTRAINT project_phase_completion_is_known
                  CHECK (completion IN ('jobs_validated', 'primes_found', 'candidates_tested')),
    goal          BIGINT
                  CONSTRAINT project_phase_goal_is_positive CHECK (goal > 0),
    started_at    TIMESTAMPTZ,
    finished_at   TIMESTAMPTZ,
    CONSTRAINT project_phase_position_is_taken UNIQUE (project_id, position),
    CONSTRAINT project_phase_has_a_goal_where_it_counts CHECK ((completion = 'jobs_validated') = (goal IS NULL))
);
COMMENT ON TABLE project_phases IS 'The phases of a campaign, one after the other.';
COMMENT ON COLUMN project_phases.search_params IS 'What its jobs search.';
COMMENT ON COLUMN project_phases.completion IS 'It is complete when all its jobs are validated, or when they have found or tested goal many.';

CREATE TABLE project_events (
    id         BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    project_id BIGINT      NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    event_type TEXT        NOT NULL
               CONSTRAINT project_event_type_has_1_to_50_characters CHECK (length(event_type) BETWEEN 1 AND 50),
    summary    TEXT        NOT NULL
               CONSTRAINT project_event_summary_has_at_most_1000_characters CHECK (length(summary) <= 1000),
    detail     JSONB,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
COMMENT ON TABLE project_events IS 'What happened to a campaign; rows are only added.';
CREATE INDEX project_events_project ON project_events (project_id, id DESC);

CREATE TABLE records (
    id            BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    form          TEXT        NOT NULL CONSTRAINT record_form_is_not_empty CHECK (form <> ''),
    category      TEXT        NOT NULL DEFAULT 'largest'
                  CONSTRAINT record_category_has_1_to_100_characters CHECK (length(category) BETWEEN 1 AND 100),
    expression    TEXT        NOT NULL CONSTRAINT record_expression_is_not_empty CHECK (expression <> ''),
    digits        BIGINT      NOT NULL CONSTRAINT record_digits_are_positive CHECK (digits > 0),
    holder        TEXT,
    discovered_on DATE,
    source_url    TEXT
                  CONSTRAINT record_source_is_an_https_address CHECK (source_url LIKE 'https://%'),
    fetched_at    TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT record_of_this_form_and_category_exists UNIQUE (form, category)
);
COMMENT ON TABLE records IS 'The world''s records per form, as published lists have them.';
COMMENT ON COLUMN records.holder IS 'To whom the list credits it; published there.';

ALTER TABLE search_jobs
    ADD COLUMN project_id        BIGINT  REFERENCES projects (id) ON DELETE SET NULL,
    ADD COLUMN phase_id          BIGINT  REFERENCES project_phases (id) ON DELETE SET NULL,
    ADD COLUMN paused_by_project BOOLEAN NOT NULL DEFAULT false;
COMMENT ON COLUMN search_jobs.project_id IS 'The campaign that it serves.';
COMMENT ON COLUMN search_jobs.phase_id IS 'The phase of the campaign.';
COMMENT ON COLUMN search_jobs.paused_by_project IS 'It is paused because its campaign is, and goes on with it.';
CREATE INDEX search_jobs_project ON search_jobs (project_id) WHERE project_id IS NOT NULL;
CREATE INDEX search_jobs_phase ON search_jobs (phase_id) WHERE phase_id IS NOT NULL;

-- A campaign that stands still has no running job, whoever starts one.
CREATE FUNCTION keep_job_with_its_project() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_status TEXT;
BEGIN
    -- Locked, so that a pause at this moment either sees the job or is seen by it.
    SELECT status INTO v_status FROM projects WHERE id = NEW.project_id FOR SHARE;
    IF v_status IN ('completed', 'cancelled') THEN
        RAISE EXCEPTION 'project % is %; a job of it cannot run', NEW.project_id, v_status USING ERRCODE = 'DR005';
    ELSIF v_status <> 'active' AND TG_OP = 'UPDATE' AND OLD.status <> 'running' AND OLD.project_id = NEW.project_id THEN
        RAISE EXCEPTION 'job % belongs to project %, which is %; make that active', NEW.id, NEW.project_id, v_status
            USING ERRCODE = 'DR005';
    ELSIF v_status <> 'active' THEN
        NEW.status := 'paused';
        NEW.paused_by_project := true;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION keep_job_with_its_project() IS
    'Trigger: a job of a campaign that is not active does not run; it is paused until the campaign goes on.';
CREATE TRIGGER keep_job_with_its_project BEFORE INSERT OR UPDATE OF status, project_id ON search_jobs
    FOR EACH ROW WHEN (NEW.status = 'running' AND NEW.project_id IS NOT NULL)
    EXECUTE FUNCTION keep_job_with_its_project();

CREATE FUNCTION forget_pause_by_project() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.paused_by_project := false;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION forget_pause_by_project() IS 'Trigger: a job that is not paused is not paused by its campaign.';
-- Triggers fire in the order of their names: this one after keep_job_with_its_project.
CREATE TRIGGER later_forget_pause_by_project BEFORE UPDATE OF status ON search_jobs
    FOR EACH ROW WHEN (NEW.status <> 'paused' AND NEW.paused_by_project)
    EXECUTE FUNCTION forget_pause_by_project();

CREATE FUNCTION set_project_status(p_project_id BIGINT, p_status TEXT, p_cause TEXT DEFAULT 'manual') RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_old TEXT;
    v_job BIGINT;
BEGIN
    SELECT status INTO v_old FROM projects WHERE id = p_project_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'project % does not exist', p_project_id USING ERRCODE = 'DR003', DETAIL = 'project';
    END IF;
    IF p_status NOT IN ('active', 'paused', 'completed', 'cancelled') THEN
        RAISE EXCEPTION 'a project cannot be made %; choose active, paused, completed or cancelled', p_status
            USING ERRCODE = 'DR005';
    END IF;
    IF v_old = p_status THEN
        RETURN;
    END IF;
    IF v_old IN ('completed', 'cancelled') THEN
        RAISE EXCEPTION 'project % is % and stays so; create a new one for more', p_project_id, v_old
            USING ERRCODE = 'DR005';
    END IF;
    UPDATE projects
    SET status = p_status, pause_cause = CASE WHEN p_status = 'paused' THEN p_cause END, updated_at = now(),
        started_at = CASE WHEN p_status = 'active' THEN coalesce(started_at, now()) ELSE started_at END,
        finished_at = CASE WHEN p_status IN ('completed', 'cancelled') THEN now() END
    WHERE id = p_project_id;

    IF p_status = 'active' THEN
        UPDATE project_phases SET status = 'active', started_at = now()
        WHERE id = (SELECT id FROM project_phases WHERE project_id = p_project_id AND status = 'pending'
                    ORDER BY position LIMIT 1)
          AND NOT EXISTS (SELECT FROM project_phases WHERE project_id = p_project_id AND status = 'active');
        UPDATE search_jobs SET status = 'running' WHERE project_id = p_project_id AND status = 'paused' AND paused_by_project;
    ELSIF p_status = 'paused' THEN
        UPDATE search_jobs SET status = 'paused', paused_by_project = true
        WHERE project_id = p_project_id AND status = 'running';
    ELSE
        FOR v_job IN SELECT id FROM search_jobs
                     WHERE project_id = p_project_id AND status IN ('running', 'paused') ORDER BY id LOOP
            PERFORM set_job_status(v_job, 'cancelled');
        END LOOP;
    END IF;
    INSERT INTO project_events (project_id, event_type, summary, detail)
    VALUES (p_project_id, p_status, format('%s, was %s', p_status, v_old),
            CASE WHEN p_status = 'paused' THEN jsonb_build_object('cause', p_cause) END);
END
$$;
COMMENT ON FUNCTION set_project_status IS
    'Starts, pauses, resumes, completes or cancels a campaign, and its jobs with it; a completed or cancelled one stays so.';

CREATE FUNCTION create_project(
    p_slug TEXT, p_name TEXT, p_description TEXT, p_objective TEXT, p_form TEXT, p_target JSONB DEFAULT '{}'
) RETURNS BIGINT
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    WITH project AS (
        INSERT INTO projects (slug, name, description, objective, form, target)
        VALUES (p_slug, p_name, p_description, p_objective, p_form, p_target)
        RETURNING id
    )
    INSERT INTO project_events (project_id, event_type, summary) SELECT id, 'created', p_name FROM project
    RETURNING project_id
$$;
COMMENT ON FUNCTION create_project IS 'Creates a campaign as a draft.';

CREATE FUNCTION attach_job_to_project(p_job_id BIGINT, p_project_id BIGINT, p_phase_id BIGINT DEFAULT NULL) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF p_phase_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM project_phases WHERE id = p_phase_id AND project_id = p_project_id) THEN
        RAISE EXCEPTION 'project % has no phase %', p_project_id, p_phase_id USING ERRCODE = 'DR003', DETAIL = 'phase';
    END IF;
    UPDATE search_jobs SET project_id = p_project_id, phase_id = p_phase_id WHERE id = p_job_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'job % does not exist', p_job_id USING ERRCODE = 'DR003', DETAIL = 'job';
    END IF;
    INSERT INTO project_events (project_id, event_type, summary, detail)
    VALUES (p_project_id, 'job_attached', format('job %s', p_job_id), jsonb_build_object('job_id', p_job_id));
END
$$;
COMMENT ON FUNCTION attach_job_to_project IS 'Makes a job a part of a campaign. It runs only while the campaign is active.';

CREATE FUNCTION advance_project(p_project_id BIGINT) RETURNS BOOLEAN
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_phase project_phases;
    v_done  BOOLEAN;
    v_next  BIGINT;
BEGIN
    PERFORM FROM projects WHERE id = p_project_id AND status = 'active' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    SELECT * INTO v_phase FROM project_phases WHERE project_id = p_project_id AND status = 'active'
    ORDER BY position LIMIT 1;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    SELECT CASE v_phase.completion
               WHEN 'jobs_validated' THEN count(*) > 0 AND bool_and(status IN ('validated', 'cancelled'))
               WHEN 'primes_found' THEN coalesce(sum(total_found), 0) >= v_phase.goal
               ELSE coalesce(sum(total_tested), 0) >= v_phase.goal END
    INTO v_done FROM search_jobs WHERE phase_id = v_phase.id;
    IF NOT v_done THEN
        RETURN false;
    END IF;

    UPDATE project_phases SET status = 'completed', finished_at = now() WHERE id = v_phase.id;
    INSERT INTO project_events (project_id, event_type, summary)
    VALUES (p_project_id, 'phase_completed', v_phase.name);
    SELECT id INTO v_next FROM project_phases WHERE project_id = p_project_id AND status = 'pending'
    ORDER BY position LIMIT 1;
    IF FOUND THEN
        UPDATE project_phases SET status = 'active', started_at = now() WHERE id = v_next;
    ELSE
        PERFORM set_project_status(p_project_id, 'completed');
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION advance_project IS
    'Ends the active phase of a campaign if its condition holds, and begins the next one or completes the campaign. True if it did.';

CREATE FUNCTION records_and_ours()
RETURNS TABLE (form TEXT, category TEXT, record_expression TEXT, record_digits BIGINT, our_expression TEXT, our_digits BIGINT)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT r.form, r.category, r.expression, r.digits, ours.expression, ours.digits
    FROM records AS r
    LEFT JOIN LATERAL (SELECT p.expression, p.digits FROM primes AS p WHERE p.form = r.form
                       ORDER BY p.digits DESC LIMIT 1) AS ours ON true
    ORDER BY r.form, r.category
$$;
COMMENT ON FUNCTION records_and_ours IS 'The world''s records beside the largest prime of the form that we found.';
CREATE INDEX primes_form_digits ON primes (form, digits DESC, id);

ALTER TABLE projects ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON projects FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON projects TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE ON projects TO service_role;
CREATE POLICY everyone_reads_projects ON projects
    FOR SELECT TO anon, authenticated USING (true);
CREATE POLICY service_reads_projects ON projects FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_projects ON projects FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_projects ON projects FOR UPDATE TO service_role USING (true) WITH CHECK (true);
ALTER TABLE project_phases ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON project_phases FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON project_phases TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE ON project_phases TO service_role;
CREATE POLICY everyone_reads_project_phases ON project_phases
    FOR SELECT TO anon, authenticated USING (true);
CREATE POLICY service_reads_project_phases ON project_phases FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_project_phases ON project_phases FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_project_phases ON project_phases
    FOR UPDATE TO service_role USING (true) WITH CHECK (true);
ALTER TABLE project_events ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON project_events FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON project_events TO authenticated;
GRANT SELECT, INSERT ON project_events TO service_role;
CREATE POLICY users_read_project_events ON project_events
    FOR SELECT TO authenticated USING (true);
CREATE POLICY service_reads_project_events ON project_events FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_project_events ON project_events FOR INSERT TO service_role WITH CHECK (true);
ALTER TABLE records ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON records FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON records TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE ON records TO service_role;
CREATE POLICY everyone_reads_records ON records
    FOR SELECT TO anon, authenticated USING (true);
CREATE POLICY service_reads_records ON records FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_records ON records FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_records ON records FOR UPDATE TO service_role USING (true) WITH CHECK (true);

REVOKE ALL ON FUNCTION keep_job_with_its_project, forget_pause_by_project, set_project_status, create_project,
    attach_job_to_project, advance_project, records_and_ours FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION keep_job_with_its_project, forget_pause_by_project, set_project_status, create_project,
    attach_job_to_project, advance_project TO service_role;
GRANT EXECUTE ON FUNCTION records_and_ours TO anon, authenticated, service_role;
