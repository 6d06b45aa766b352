-- Volunteers and their workers. A worker needs no account: volunteer_id stays empty until somebody
-- attaches it to one. What is nobody else's business (tokens, addresses) is in tables of its own.

CREATE TABLE volunteers (
    id         BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    user_id    UUID        UNIQUE,
    name       TEXT        NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
COMMENT ON TABLE volunteers IS 'Accounts of the people who lend their computers.';
COMMENT ON COLUMN volunteers.user_id IS 'The account in auth.users; NULL for one that only tokens know.';

CREATE TABLE volunteer_workers (
    worker_id          TEXT        PRIMARY KEY CHECK (worker_id <> ''),
    volunteer_id       BIGINT      REFERENCES volunteers (id) ON DELETE SET NULL,
    name               TEXT        CHECK (length(name) <= 64),
    client_version     TEXT        NOT NULL CHECK (length(client_version) <= 64),
    platform           TEXT        NOT NULL CHECK (length(platform) <= 64),
    cores              INTEGER     NOT NULL CHECK (cores BETWEEN 1 AND 65536),
    cpu_model          TEXT        CHECK (length(cpu_model) <= 128),
    memory_bytes       BIGINT      CHECK (memory_bytes >= 0),
    speed              DOUBLE PRECISION CHECK (speed > 0),
    registered_at      TIMESTAMPTZ NOT NULL DEFAULT now(),
    last_seen_at       TIMESTAMPTZ NOT NULL DEFAULT now(),
    first_reported_at  TIMESTAMPTZ,
    first_validated_at TIMESTAMPTZ
) WITH (fillfactor = 80);
COMMENT ON TABLE volunteer_workers IS 'The installed workers.';
COMMENT ON COLUMN volunteer_workers.speed IS 'Reference core seconds per second over the whole host, as it last measured; bounded.';
COMMENT ON COLUMN volunteer_workers.first_reported_at IS 'When its first result arrived.';
COMMENT ON COLUMN volunteer_workers.first_validated_at IS 'When its first result was validated; until then it counts against the cap on new workers.';
CREATE INDEX volunteer_workers_volunteer ON volunteer_workers (volunteer_id);
CREATE INDEX volunteer_workers_new ON volunteer_workers (registered_at) WHERE first_validated_at IS NULL;

CREATE TABLE volunteer_trust (
    worker_id  TEXT        PRIMARY KEY REFERENCES volunteer_workers (worker_id) ON DELETE CASCADE,
    validated  BIGINT      NOT NULL DEFAULT 0 CHECK (validated >= 0),
    rejected   BIGINT      NOT NULL DEFAULT 0 CHECK (rejected >= 0),
    failed     BIGINT      NOT NULL DEFAULT 0 CHECK (failed >= 0),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
COMMENT ON TABLE volunteer_trust IS 'Each worker''s record, counted only after the check of a result.';
COMMENT ON COLUMN volunteer_trust.failed IS 'Blocks handed back because the computation failed.';

CREATE TABLE credit_log (
    id           BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    worker_id    TEXT        NOT NULL REFERENCES volunteer_workers (worker_id),
    volunteer_id BIGINT      REFERENCES volunteers (id) ON DELETE SET NULL,
    block_id     BIGINT      NOT NULL UNIQUE REFERENCES work_blocks (id),
    credit       DOUBLE PRECISION NOT NULL CHECK (credit >= 0),
    granted_at   TIMESTAMPTZ NOT NULL DEFAULT now()
);
COMMENT ON TABLE credit_log IS 'Credit, once for each validated block.';
COMMENT ON COLUMN credit_log.credit IS 'The block''s cost by the cost model in reference core seconds, never the worker''s claim.';
CREATE INDEX credit_log_worker ON credit_log (worker_id);
CREATE INDEX credit_log_volunteer ON credit_log (volunteer_id);

ALTER TABLE volunteers ENABLE ROW LEVEL SECURITY;
ALTER TABLE volunteer_workers ENABLE ROW LEVEL SECURITY;
ALTER TABLE volunteer_trust ENABLE ROW LEVEL SECURITY;
ALTER TABLE credit_log ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON volunteers, volunteer_workers, volunteer_trust, credit_log
    FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON volunteers TO service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON volunteer_workers TO service_role;
GRANT SELECT, INSERT, UPDATE ON volunteer_trust TO service_role;
GRANT SELECT, INSERT ON credit_log TO service_role;

CREATE POLICY service_reads_volunteers ON volunteers FOR SELECT TO service_role USING (true);
CREATE POLICY service_reads_workers ON volunteer_workers FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_workers ON volunteer_workers FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_workers ON volunteer_workers FOR UPDATE TO service_role USING (true) WITH CHECK (true);
CREATE POLICY service_deletes_new_workers ON volunteer_workers
    FOR DELETE TO service_role USING (first_reported_at IS NULL);
CREATE POLICY service_reads_trust ON volunteer_trust FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_trust ON volunteer_trust FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_trust ON volunteer_trust FOR UPDATE TO service_role USING (true) WITH CHECK (true);
CREATE POLICY service_reads_credit ON credit_log FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_credit ON credit_log FOR INSERT TO service_role WITH CHECK (true);
