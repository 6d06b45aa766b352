-- Volunteers are called operators from here on, their workers nodes. The old names stay readable
-- as views with the rights of whoever asks.

ALTER TABLE volunteers RENAME TO operators;
ALTER TABLE volunteer_workers RENAME TO operator_nodes;
ALTER TABLE volunteer_trust RENAME TO operator_trust;
ALTER TABLE credit_log RENAME TO operator_credits;

ALTER TABLE operator_nodes RENAME COLUMN worker_id TO node_id;
ALTER TABLE operator_nodes RENAME COLUMN volunteer_id TO operator_id;
ALTER TABLE operator_trust RENAME COLUMN worker_id TO node_id;
ALTER TABLE operator_credits RENAME COLUMN worker_id TO node_id;
ALTER TABLE operator_credits RENAME COLUMN volunteer_id TO operator_id;

ALTER INDEX volunteer_workers_volunteer RENAME TO operator_nodes_operator;
ALTER INDEX volunteer_workers_new RENAME TO operator_nodes_new;
ALTER INDEX volunteer_workers_release_channel RENAME TO operator_nodes_release_channel;
ALTER INDEX credit_log_worker RENAME TO operator_credits_node;
ALTER INDEX credit_log_volunteer RENAME TO operator_credits_operator;

CREATE VIEW volunteers WITH (security_invoker = true) AS
    SELECT id, user_id, name, created_at FROM operators;
CREATE VIEW volunteer_workers WITH (security_invoker = true) AS
    SELECT node_id AS worker_id, operator_id AS volunteer_id, name, client_version, platform, cores,
           cpu_model, memory_bytes, speed, registered_at, last_seen_at, first_reported_at, first_validated_at,
           instruction_sets, cache_bytes, gpu_model, forms, release_channel, update_state, update_detail, updated_at
    FROM operator_nodes;
CREATE VIEW volunteer_trust WITH (security_invoker = true) AS
    SELECT node_id AS worker_id, validated, rejected, failed, updated_at FROM operator_trust;
CREATE VIEW credit_log WITH (security_invoker = true) AS
    SELECT id, node_id AS worker_id, operator_id AS volunteer_id, block_id, credit, granted_at
    FROM operator_credits;
COMMENT ON VIEW volunteers IS 'Old name of operators.';
COMMENT ON VIEW volunteer_workers IS 'Old name of operator_nodes.';
COMMENT ON VIEW volunteer_trust IS 'Old name of operator_trust.';
COMMENT ON VIEW credit_log IS 'Old name of operator_credits.';

REVOKE ALL ON volunteers, volunteer_workers, volunteer_trust, credit_log
    FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON volunteers, volunteer_workers, volunteer_trust, credit_log TO service_role;
