-- Everything shut that nobody opened on purpose, and a check that fails this migration if a table,
-- view or function of an earlier one was left open.

-- Maintainers see operations. is_maintainer() asks the profile, which a user cannot promote.
GRANT SELECT ON workers, agent_budgets, agent_permissions, agent_memory, system_metrics, system_logs,
    strategy_config, strategy_decisions, verification_queue TO authenticated;
CREATE POLICY maintainers_read_workers ON workers FOR SELECT TO authenticated USING (is_maintainer());
CREATE POLICY maintainers_read_agent_budgets ON agent_budgets FOR SELECT TO authenticated USING (is_maintainer());
CREATE POLICY maintainers_read_agent_permissions ON agent_permissions FOR SELECT TO authenticated USING (is_maintainer());
CREATE POLICY maintainers_read_agent_memory ON agent_memory FOR SELECT TO authenticated USING (is_maintainer());
CREATE POLICY maintainers_read_system_metrics ON system_metrics FOR SELECT TO authenticated USING (is_maintainer());
CREATE POLICY maintainers_read_system_logs ON system_logs FOR SELECT TO authenticated USING (is_maintainer());
CREATE POLICY maintainers_read_strategy_config ON strategy_config FOR SELECT TO authenticated USING (is_maintainer());
CREATE POLICY maintainers_read_strategy_decisions ON strategy_decisions FOR SELECT TO authenticated USING (is_maintainer());
CREATE POLICY maintainers_read_verification_queue ON verification_queue FOR SELECT TO authenticated USING (is_maintainer());

-- Operators see themselves: their nodes, trust and credit, and nobody else's.
GRANT SELECT ON operators, operator_nodes, operator_trust, operator_credits,
    volunteers, volunteer_workers, volunteer_trust, credit_log TO authenticated;
CREATE POLICY owner_reads_operator ON operators FOR SELECT TO authenticated USING (user_id = auth.uid());
CREATE POLICY owner_reads_nodes ON operator_nodes FOR SELECT TO authenticated
    USING (operator_id IN (SELECT o.id FROM operators AS o WHERE o.user_id = auth.uid()));
CREATE POLICY owner_reads_trust ON operator_trust FOR SELECT TO authenticated
    USING (node_id IN (SELECT n.node_id FROM operator_nodes AS n JOIN operators AS o ON o.id = n.operator_id
                       WHERE o.user_id = auth.uid()));
CREATE POLICY owner_reads_credits ON operator_credits FOR SELECT TO authenticated
    USING (operator_id IN (SELECT o.id FROM operators AS o WHERE o.user_id = auth.uid()));

-- Hosted platforms grant the API roles everything in the schema public by default. Not here, nor
-- for what comes later.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON FUNCTIONS FROM anon, authenticated, service_role;

-- The publication has exactly these tables, also where it existed before with others or with all.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_publication WHERE pubname = 'supabase_realtime' AND puballtables) THEN
        DROP PUBLICATION supabase_realtime;
        CREATE PUBLICATION supabase_realtime;
    END IF;
    ALTER PUBLICATION supabase_realtime SET TABLE primes, agent_tasks, agent_events;
END
$$;

CREATE FUNCTION schema_faults() RETURNS TABLE (object TEXT, fault TEXT)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    -- What an extension brings is its own business.
    WITH foreign_objects AS (
        SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
    )
    SELECT c.oid::regclass::text, 'row-level security is off'
    FROM pg_class AS c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity
      AND (('pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM foreign_objects))
    UNION ALL
    SELECT c.oid::regclass::text, 'the view does not have the rights of its caller'
    FROM pg_class AS c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v'
      AND NOT coalesce('security_invoker=true' = ANY (c.reloptions), false)
      AND (('pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM foreign_objects))
    UNION ALL
    SELECT c.oid::regclass::text, 'a materialized view knows no row-level security'
    FROM pg_class AS c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'm'
    UNION ALL
    SELECT p.oid::regprocedure::text, 'the function does not set its search path'
    FROM pg_proc AS p
    WHERE p.pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS s WHERE s LIKE 'search_path=%')
      AND (('pg_proc'::regclass, p.oid) NOT IN (SELECT classid, objid FROM foreign_objects))
    UNION ALL
    SELECT p.oid::regprocedure::text, 'everybody may call the function'
    FROM pg_proc AS p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
    WHERE p.pronamespace = 'public'::regnamespace AND a.grantee = 0 AND a.privilege_type = 'EXECUTE'
      AND (('pg_proc'::regclass, p.oid) NOT IN (SELECT classid, objid FROM foreign_objects))
    UNION ALL
    SELECT c.oid::regclass::text, format('%s may %s', a.grantee::regrole, a.privilege_type)
    FROM pg_class AS c, aclexplode(c.relacl) AS a
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'S')
      AND a.grantee IN ('anon'::regrole, 'authenticated'::regrole) AND a.privilege_type <> 'SELECT'
    UNION ALL
    SELECT c.oid::regclass::text, 'everybody may ' || a.privilege_type
    FROM pg_class AS c, aclexplode(c.relacl) AS a
    WHERE c.relnamespace = 'public'::regnamespace AND a.grantee = 0
      AND (('pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM foreign_objects))
    UNION ALL
    SELECT 'publication supabase_realtime', 'publishes ' || coalesce(string_agg(t.schemaname || '.' || t.tablename, ', ' ORDER BY t.tablename), 'nothing')
    FROM pg_publication_tables AS t WHERE t.pubname = 'supabase_realtime'
    HAVING array_agg(t.schemaname || '.' || t.tablename ORDER BY t.tablename)
           IS DISTINCT FROM ARRAY['public.agent_events', 'public.agent_tasks', 'public.primes']
    ORDER BY 1, 2
$$;
COMMENT ON FUNCTION schema_faults IS 'Where the schema is more open than its rules allow; no row: nowhere.';

REVOKE ALL ON FUNCTION schema_faults FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION schema_faults TO service_role;

DO $$
DECLARE
    v_faults TEXT;
BEGIN
    SELECT string_agg(object || ': ' || fault, '; ') INTO v_faults FROM schema_faults();
    IF v_faults IS NOT NULL THEN
        RAISE EXCEPTION 'the schema is more open than its rules allow: %', v_faults;
    END IF;
END
$$;
