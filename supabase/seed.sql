-- Demo data for a developer's machine: enough to see something on every page. It goes through the
-- functions where there are some, so it is also a tour of them. Applied twice it changes nothing.

DO $$
DECLARE
    v_job     BIGINT;
    v_project BIGINT;
BEGIN
    IF EXISTS (SELECT FROM projects WHERE slug = 'proth-3') THEN
        RETURN;
    END IF;

    -- 3*2^n+1 for n below 1000; these primes are in every table of Proth primes.
    v_project := create_project('proth-3', '3*2^n+1', 'Every n below 1000.', 'survey', 'kbn', '{"n": 1000}');
    INSERT INTO project_phases (project_id, position, name) VALUES (v_project, 0, 'n below 1000');
    v_job := create_search_job(
        'kbn', '{"version": 1, "form": {"kbn": {"base": 2, "c": 1, "over": {"n": {"k": 3}}}}, "range": {"start": 1, "end": 1000}, "sieve_limit": 1000}',
        1, 1000, 100, array_fill(1.0::DOUBLE PRECISION, ARRAY[10]));
    PERFORM attach_job_to_project(v_job, v_project, (SELECT id FROM project_phases WHERE project_id = v_project));
    INSERT INTO primes (form, expression, digits, proof_method, found_at)
    SELECT 'kbn', format('3*2^%s+1', n), ceil(n * log(2) + log(3))::BIGINT, 'probabilistic',
           '2026-01-01 00:00:00+00'::TIMESTAMPTZ + n * interval '1 hour'
    FROM unnest(ARRAY[1, 2, 5, 6, 8, 12, 18, 30, 36, 41, 66, 189, 201, 209, 276, 353, 408, 438, 534]) AS n
    ON CONFLICT DO NOTHING;
    PERFORM record_prime_verification(id, true, 'demo') FROM primes WHERE expression = '3*2^534+1';

    INSERT INTO records (form, category, expression, digits, holder, source_url)
    VALUES ('kbn', 'largest', '10223*2^31172165+1', 9383761, 'Peter, PrimeGrid', 'https://t5k.org/')
    ON CONFLICT DO NOTHING;

    INSERT INTO operator_nodes (node_id, name, client_version, platform, cores)
    VALUES ('demo-node', 'demo', '0.1.0', 'x86_64-unknown-linux-gnu', 4) ON CONFLICT DO NOTHING;
    PERFORM attach_node('demo-node', register_operator(NULL, 'Demo', NULL, sha256('demo key')));
    PERFORM worker_heartbeat('demo-node', 4, 'kbn');

    PERFORM set_agent_role('planner', 'Plans searches', NULL, 'You plan searches for primes.', 1);
    PERFORM set_agent_permission('planner', 'create_job', '*', true);
    PERFORM create_agent_schedule('weekly survey', set_agent_template(
        'survey', 'Look for ranges that nobody searched.', 'planner', 5::SMALLINT, '{look,propose}'), 604800);
    PERFORM create_agent_task('Choose the next exponent range');

    PERFORM publish_worker_release('0.1.0', 'First.', '[{"platform": "x86_64-unknown-linux-gnu"}]');
    PERFORM offer_release('stable', '0.1.0');
    PERFORM calibrate_cost('kbn', '{1000,10000,100000}', '{0.001,0.3,80}');
    PERFORM record_metrics('[{"metric_name": "blocks_validated", "value": 0}]');
    PERFORM record_logs('[{"level": "info", "source": "seed", "message": "demo data was loaded"}]');
    PERFORM refresh_statistics();
END
$$;
