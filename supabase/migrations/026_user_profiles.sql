-- What an account shows and prefers, and its role. A user writes the former, never the latter:
-- row policies do not restrict columns, so the privileges on the columns do.

CREATE TABLE user_profiles (
    id           BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    user_id      UUID        NOT NULL CONSTRAINT profile_of_this_account_exists UNIQUE
                 REFERENCES auth.users (id) ON DELETE CASCADE,
    display_name TEXT        NOT NULL
                 CONSTRAINT profile_name_has_1_to_64_characters CHECK (length(display_name) BETWEEN 1 AND 64),
    role         TEXT        NOT NULL DEFAULT 'volunteer'
                 CONSTRAINT profile_role_is_known CHECK (role IN ('volunteer', 'researcher', 'maintainer')),
    preferences  JSONB       NOT NULL DEFAULT '{}'
                 CONSTRAINT profile_preferences_are_an_object_of_at_most_10000_characters
                 CHECK (jsonb_typeof(preferences) = 'object' AND length(preferences::text) <= 10000),
    created_at   TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at   TIMESTAMPTZ NOT NULL DEFAULT now()
);
COMMENT ON TABLE user_profiles IS 'Accounts of people, as far as this project knows them; each readable by its owner alone.';
COMMENT ON COLUMN user_profiles.role IS 'maintainer: sees operations. Changed by the server alone.';
COMMENT ON COLUMN user_profiles.preferences IS 'The owner''s settings of the web pages.';

CREATE FUNCTION touch_user_profile() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION touch_user_profile() IS 'Trigger: notes when a profile was changed.';
CREATE TRIGGER touch_user_profile BEFORE UPDATE ON user_profiles
    FOR EACH ROW EXECUTE FUNCTION touch_user_profile();

CREATE FUNCTION is_maintainer() RETURNS BOOLEAN
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM user_profiles WHERE user_id = auth.uid() AND role = 'maintainer')
$$;
COMMENT ON FUNCTION is_maintainer IS
    'Whether the request''s account is a maintainer''s. It needs no rights of its own: everybody may read his own profile.';

CREATE FUNCTION set_user_role(p_user_id UUID, p_role TEXT) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE user_profiles SET role = p_role WHERE user_id = p_user_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'account % has no profile', p_user_id USING ERRCODE = 'DR003', DETAIL = 'profile';
    END IF;
END
$$;
COMMENT ON FUNCTION set_user_role IS 'Changes the role of an account. DR003: it has no profile yet.';

ALTER TABLE user_profiles ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON user_profiles FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON user_profiles TO authenticated;
GRANT INSERT (user_id, display_name, preferences), UPDATE (display_name, preferences) ON user_profiles TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON user_profiles TO service_role;
CREATE POLICY owner_reads_profile ON user_profiles FOR SELECT TO authenticated USING (user_id = auth.uid());
CREATE POLICY owner_inserts_profile ON user_profiles FOR INSERT TO authenticated
    WITH CHECK (user_id = auth.uid() AND role = 'volunteer');
CREATE POLICY owner_updates_profile ON user_profiles FOR UPDATE TO authenticated
    USING (user_id = auth.uid()) WITH CHECK (user_id = auth.uid());
CREATE POLICY service_reads_profiles ON user_profiles FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_profiles ON user_profiles FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_profiles ON user_profiles FOR UPDATE TO service_role USING (true) WITH CHECK (true);
CREATE POLICY service_deletes_profiles ON user_profiles FOR DELETE TO service_role USING (true);

REVOKE ALL ON FUNCTION touch_user_profile, is_maintainer, set_user_role FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION touch_user_profile, is_maintainer TO authenticated, service_role;
GRANT EXECUTE ON FUNCTION set_user_role TO service_role;
