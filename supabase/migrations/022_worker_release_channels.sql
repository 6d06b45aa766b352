-- Released programs, and which of them each channel offers.

CREATE TABLE worker_releases (
    id           BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    version      TEXT        NOT NULL CONSTRAINT release_version_exists UNIQUE
                 CONSTRAINT release_version_is_semantic
                 CHECK (version ~ '^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$'
                        AND length(version) <= 64),
    notes        TEXT        NOT NULL DEFAULT ''
                 CONSTRAINT release_notes_have_at_most_20000_characters CHECK (length(notes) <= 20000),
    artifacts    JSONB       NOT NULL
                 CONSTRAINT release_has_artifacts
                 CHECK (jsonb_typeof(artifacts) = 'array' AND jsonb_array_length(artifacts) > 0),
    published_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    yanked_at    TIMESTAMPTZ,
    yank_reason  TEXT,
    CONSTRAINT yanked_release_says_why CHECK ((yanked_at IS NULL) = (yank_reason IS NULL))
);
COMMENT ON TABLE worker_releases IS 'Released programs. What a client installs is decided by signed metadata; this is what the server shows and tracks.';
COMMENT ON COLUMN worker_releases.artifacts IS 'Array of {platform, url, size, sha256}.';
COMMENT ON COLUMN worker_releases.yanked_at IS 'When it was withdrawn; no channel offers it from then on.';

CREATE TABLE worker_release_channels (
    id              BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    channel         TEXT        NOT NULL CONSTRAINT release_channel_exists UNIQUE
                    CONSTRAINT release_channel_is_stable_beta_or_nightly CHECK (channel IN ('stable', 'beta', 'nightly')),
    release_id      BIGINT      REFERENCES worker_releases (id),
    previous_id     BIGINT      REFERENCES worker_releases (id),
    rollout_percent INTEGER     NOT NULL DEFAULT 100
                    CONSTRAINT release_rollout_is_0_to_100_percent CHECK (rollout_percent BETWEEN 0 AND 100),
    halted          BOOLEAN     NOT NULL DEFAULT false,
    updated_at      TIMESTAMPTZ NOT NULL DEFAULT now()
);
COMMENT ON TABLE worker_release_channels IS 'What each channel offers.';
COMMENT ON COLUMN worker_release_channels.release_id IS 'The release being rolled out; NULL: the channel never had one.';
COMMENT ON COLUMN worker_release_channels.previous_id IS 'What those outside the rollout get.';
COMMENT ON COLUMN worker_release_channels.halted IS 'The rollout is stopped: nobody is moved to release_id.';
INSERT INTO worker_release_channels (channel) VALUES ('stable'), ('beta'), ('nightly');
CREATE INDEX worker_release_channels_release ON worker_release_channels (release_id);
CREATE INDEX worker_release_channels_previous ON worker_release_channels (previous_id);

CREATE FUNCTION publish_worker_release(p_version TEXT, p_notes TEXT, p_artifacts JSONB) RETURNS BIGINT
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO worker_releases (version, notes, artifacts) VALUES (p_version, p_notes, p_artifacts) RETURNING id
$$;
COMMENT ON FUNCTION publish_worker_release IS 'Adds a release; no channel offers it yet.';

CREATE FUNCTION offer_release(p_channel TEXT, p_version TEXT, p_rollout_percent INTEGER DEFAULT 100) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_release BIGINT;
BEGIN
    SELECT id INTO v_release FROM worker_releases WHERE version = p_version AND yanked_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no release % that is not yanked', p_version USING ERRCODE = 'DR003', DETAIL = 'release';
    END IF;
    UPDATE worker_release_channels
    SET previous_id = CASE WHEN release_id = v_release THEN previous_id ELSE release_id END,
        release_id = v_release, rollout_percent = p_rollout_percent, halted = false, updated_at = now()
    WHERE channel = p_channel;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no channel %', p_channel USING ERRCODE = 'DR003', DETAIL = 'channel';
    END IF;
END
$$;
COMMENT ON FUNCTION offer_release IS
    'Makes a channel offer a release to so many percent; the same release again changes only the percentage.';

CREATE FUNCTION halt_release(p_channel TEXT) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE worker_release_channels SET halted = true, updated_at = now() WHERE channel = p_channel;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no channel %', p_channel USING ERRCODE = 'DR003', DETAIL = 'channel';
    END IF;
END
$$;
COMMENT ON FUNCTION halt_release IS 'Stops the rollout of a channel.';

CREATE FUNCTION yank_release(p_version TEXT, p_reason TEXT) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_release BIGINT;
BEGIN
    UPDATE worker_releases SET yanked_at = coalesce(yanked_at, now()), yank_reason = p_reason
    WHERE version = p_version RETURNING id INTO v_release;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no release %', p_version USING ERRCODE = 'DR003', DETAIL = 'release';
    END IF;
    UPDATE worker_release_channels
    SET release_id = previous_id, previous_id = NULL, rollout_percent = 100, halted = false, updated_at = now()
    WHERE release_id = v_release;
    UPDATE worker_release_channels SET previous_id = NULL, updated_at = now() WHERE previous_id = v_release;
END
$$;
COMMENT ON FUNCTION yank_release IS 'Withdraws a release: channels that offer it go back to the one before.';

CREATE FUNCTION channel_release(p_channel TEXT, p_bucket INTEGER) RETURNS SETOF worker_releases
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT r.* FROM worker_release_channels AS c
    JOIN worker_releases AS r
      ON r.id = CASE WHEN p_bucket < c.rollout_percent AND NOT c.halted THEN c.release_id ELSE c.previous_id END
    WHERE c.channel = p_channel
$$;
COMMENT ON FUNCTION channel_release IS
    'What a channel offers to a node of a rollout bucket, 0 to 99; no row if nothing.';

ALTER TABLE worker_releases ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON worker_releases FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON worker_releases TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE ON worker_releases TO service_role;
CREATE POLICY everyone_reads_worker_releases ON worker_releases
    FOR SELECT TO anon, authenticated USING (true);
CREATE POLICY service_reads_worker_releases ON worker_releases FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_worker_releases ON worker_releases FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_worker_releases ON worker_releases
    FOR UPDATE TO service_role USING (true) WITH CHECK (true);
ALTER TABLE worker_release_channels ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON worker_release_channels FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON worker_release_channels TO anon, authenticated;
GRANT SELECT, UPDATE ON worker_release_channels TO service_role;
CREATE POLICY everyone_reads_worker_release_channels ON worker_release_channels
    FOR SELECT TO anon, authenticated USING (true);
CREATE POLICY service_reads_worker_release_channels ON worker_release_channels FOR SELECT TO service_role USING (true);
CREATE POLICY service_updates_worker_release_channels ON worker_release_channels
    FOR UPDATE TO service_role USING (true) WITH CHECK (true);

REVOKE ALL ON FUNCTION publish_worker_release, offer_release, halt_release, yank_release, channel_release
    FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION publish_worker_release, offer_release, halt_release, yank_release TO service_role;
GRANT EXECUTE ON FUNCTION channel_release TO anon, authenticated, service_role;
