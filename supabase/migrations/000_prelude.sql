-- What hosted Supabase brings and a bare PostgreSQL lacks: the API roles, the schema auth and the
-- realtime publication. Each part is created only where it is missing, so on Supabase this file
-- changes nothing, and everything after it is written once for both.

-- Roles belong to the whole cluster: another database's migration may create them at this moment.
DO $$
DECLARE
    r TEXT;
BEGIN
    FOREACH r IN ARRAY ARRAY['anon', 'authenticated', 'service_role'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', r);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;
            END;
        END IF;
    END LOOP;
END
$$;

GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;

DO $$
BEGIN
    IF to_regnamespace('auth') IS NULL THEN
        CREATE SCHEMA auth;
        COMMENT ON SCHEMA auth IS 'Accounts and the claims of the request; stands in for Supabase Auth.';
        GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;
    END IF;

    IF to_regclass('auth.users') IS NULL THEN
        CREATE TABLE auth.users (
            id         UUID        PRIMARY KEY DEFAULT gen_random_uuid(),
            email      TEXT        UNIQUE,
            created_at TIMESTAMPTZ NOT NULL DEFAULT now()
        );
        COMMENT ON TABLE auth.users IS 'Accounts. No API role reads it: it holds e-mail addresses.';
        ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
        REVOKE ALL ON auth.users FROM PUBLIC, anon, authenticated, service_role;
    END IF;

    IF to_regprocedure('auth.jwt()') IS NULL THEN
        CREATE FUNCTION auth.jwt() RETURNS JSONB
        LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
        'SELECT nullif(current_setting(''request.jwt.claims'', true), '''')::jsonb';
        COMMENT ON FUNCTION auth.jwt() IS 'The claims of the request, NULL outside one.';
    END IF;

    IF to_regprocedure('auth.uid()') IS NULL THEN
        CREATE FUNCTION auth.uid() RETURNS UUID
        LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
        'SELECT (auth.jwt() ->> ''sub'')::uuid';
        COMMENT ON FUNCTION auth.uid() IS 'The account of the request, NULL without one.';
    END IF;

    IF to_regprocedure('auth.role()') IS NULL THEN
        CREATE FUNCTION auth.role() RETURNS TEXT
        LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
        'SELECT auth.jwt() ->> ''role''';
        COMMENT ON FUNCTION auth.role() IS 'The API role of the request, NULL outside one.';
    END IF;

    IF NOT EXISTS (SELECT FROM pg_publication WHERE pubname = 'supabase_realtime') THEN
        CREATE PUBLICATION supabase_realtime;
    END IF;

    -- Our own runner keeps its list in this table. It is no secret, but nobody else's to change.
    IF to_regclass('public._sqlx_migrations') IS NOT NULL THEN
        ALTER TABLE public._sqlx_migrations ENABLE ROW LEVEL SECURITY;
        REVOKE ALL ON public._sqlx_migrations FROM PUBLIC, anon, authenticated, service_role;
        GRANT SELECT ON public._sqlx_migrations TO service_role;
        CREATE POLICY service_reads_migrations ON public._sqlx_migrations
            FOR SELECT TO service_role USING (true);
    END IF;
END
$$;
