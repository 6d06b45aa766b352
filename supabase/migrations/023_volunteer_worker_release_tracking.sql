-- Which release each worker runs, wants, and has trouble with.

ALTER TABLE volunteer_workers
    ADD COLUMN release_channel TEXT NOT NULL DEFAULT 'stable'
        CONSTRAINT worker_release_channel_exists REFERENCES worker_release_channels (channel),
    ADD COLUMN update_state    TEXT NOT NULL DEFAULT 'current'
        CONSTRAINT worker_update_state_is_known
        CHECK (update_state IN ('current', 'downloading', 'waiting', 'failed', 'rolled_back', 'disabled')),
    ADD COLUMN update_detail   TEXT
        CONSTRAINT worker_update_detail_has_at_most_500_characters CHECK (length(update_detail) <= 500),
    ADD COLUMN updated_at      TIMESTAMPTZ;
COMMENT ON COLUMN volunteer_workers.release_channel IS 'The channel that it follows.';
COMMENT ON COLUMN volunteer_workers.update_state IS 'waiting: a release is ready and comes at the next restart; rolled_back: the new one did not start.';
COMMENT ON COLUMN volunteer_workers.update_detail IS 'What went wrong, by its own word.';
COMMENT ON COLUMN volunteer_workers.updated_at IS 'When it last reported its state of updating.';
CREATE INDEX volunteer_workers_release_channel ON volunteer_workers (release_channel, client_version);
