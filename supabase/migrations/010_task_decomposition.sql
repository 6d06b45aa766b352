-- Tasks made of tasks. A parent waits for its children and ends when the last of them does.

ALTER TABLE agent_tasks
    ADD COLUMN parent_task_id BIGINT REFERENCES agent_tasks (id) ON DELETE CASCADE
        CONSTRAINT agent_task_is_not_its_own_parent CHECK (parent_task_id <> id),
    ADD COLUMN position       INTEGER NOT NULL DEFAULT 0
        CONSTRAINT agent_task_position_is_not_negative CHECK (position >= 0),
    DROP CONSTRAINT agent_task_status_is_known,
    ADD CONSTRAINT agent_task_status_is_known
        CHECK (status IN ('pending', 'in_progress', 'waiting', 'completed', 'failed', 'cancelled'));
COMMENT ON COLUMN agent_tasks.status IS 'waiting: for its subtasks; the rest as it says.';
COMMENT ON COLUMN agent_tasks.parent_task_id IS 'The task that it is a part of. Set when it is created and never changed, so there are no circles.';
COMMENT ON COLUMN agent_tasks.position IS 'Order among the parts of one task.';
CREATE INDEX agent_tasks_parent ON agent_tasks (parent_task_id, position) WHERE parent_task_id IS NOT NULL;

CREATE FUNCTION keep_parent_task() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'task % keeps its parent; create a new task instead', OLD.id USING ERRCODE = 'DR005';
END
$$;
COMMENT ON FUNCTION keep_parent_task() IS 'Trigger: a task is not moved to another parent.';
CREATE TRIGGER keep_parent_task BEFORE UPDATE OF parent_task_id ON agent_tasks
    FOR EACH ROW WHEN (NEW.parent_task_id IS DISTINCT FROM OLD.parent_task_id)
    EXECUTE FUNCTION keep_parent_task();

CREATE FUNCTION decompose_agent_task(p_task_id BIGINT, p_titles TEXT[]) RETURNS SETOF BIGINT
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_task  agent_tasks;
    v_depth INTEGER;
BEGIN
    SELECT * INTO v_task FROM agent_tasks WHERE id = p_task_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'task % does not exist', p_task_id USING ERRCODE = 'DR003', DETAIL = 'agent task';
    END IF;
    IF v_task.finished_at IS NOT NULL OR coalesce(cardinality(p_titles), 0) NOT BETWEEN 1 AND 100 THEN
        RAISE EXCEPTION 'an unfinished task is divided into 1 to 100 parts' USING ERRCODE = 'DR005';
    END IF;
    WITH RECURSIVE up AS (
        SELECT v_task.parent_task_id AS id, 1 AS depth
        UNION ALL
        SELECT t.parent_task_id, up.depth + 1 FROM up JOIN agent_tasks AS t ON t.id = up.id
    )
    SELECT max(depth) INTO v_depth FROM up;
    IF v_depth > 8 THEN
        RAISE EXCEPTION 'tasks are divided at most eight levels deep' USING ERRCODE = 'DR005';
    END IF;
    RETURN QUERY
        INSERT INTO agent_tasks (title, priority, source, parent_task_id, position)
        SELECT title, v_task.priority, 'agent', p_task_id, i - 1
        FROM unnest(p_titles) WITH ORDINALITY AS part (title, i)
        ORDER BY i
        RETURNING id;
    UPDATE agent_tasks SET status = 'waiting' WHERE id = p_task_id;
    INSERT INTO agent_events (task_id, event_type, agent, summary)
    VALUES (p_task_id, 'decomposed', v_task.agent, format('divided into %s parts', cardinality(p_titles)));
END
$$;
COMMENT ON FUNCTION decompose_agent_task IS 'Divides a task into parts, which are queued; the task waits for them.';

CREATE FUNCTION end_task_with_its_parts() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_failed BOOLEAN;
BEGIN
    IF NEW.status = 'cancelled' THEN
        UPDATE agent_tasks SET status = 'cancelled', finished_at = now()
        WHERE parent_task_id = NEW.id AND finished_at IS NULL;
    END IF;
    -- The parent is locked before its parts are counted: of two last parts that end at the same
    -- moment, the second one sees the first.
    PERFORM FROM agent_tasks WHERE id = NEW.parent_task_id AND status = 'waiting' FOR NO KEY UPDATE;
    IF FOUND AND NOT EXISTS (SELECT FROM agent_tasks WHERE parent_task_id = NEW.parent_task_id AND finished_at IS NULL) THEN
        SELECT bool_or(status <> 'completed') INTO v_failed FROM agent_tasks WHERE parent_task_id = NEW.parent_task_id;
        UPDATE agent_tasks
        SET status = CASE WHEN v_failed THEN 'failed' ELSE 'completed' END, finished_at = now(),
            error = CASE WHEN v_failed THEN 'a part of it did not complete' END
        WHERE id = NEW.parent_task_id;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION end_task_with_its_parts() IS
    'Trigger: a task ends with the last of its parts; with a cancelled task its parts are cancelled.';
CREATE TRIGGER end_task_with_its_parts AFTER UPDATE OF status ON agent_tasks
    FOR EACH ROW WHEN (NEW.finished_at IS NOT NULL AND OLD.finished_at IS NULL)
    EXECUTE FUNCTION end_task_with_its_parts();

REVOKE ALL ON FUNCTION keep_parent_task, decompose_agent_task, end_task_with_its_parts
    FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION keep_parent_task, decompose_agent_task, end_task_with_its_parts TO service_role;
