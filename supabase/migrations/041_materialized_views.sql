-- Statistics that answer at once, however much there is. Materialized views hold what was counted
-- at the last refresh together with the highest id counted; the functions add the rows after it.
-- So the totals are right at once, on an empty database as on a large one, and a refresh that is
-- late costs time, not truth. (A row whose transaction began before a refresh and committed after
-- it may have a lower id: it appears with the next refresh.)
--
-- Materialized views know no row-level security: they live in a schema that no API role may read.

CREATE SCHEMA darkreach_private;
COMMENT ON SCHEMA darkreach_private IS 'Counted statistics; read through functions of the schema public only.';
REVOKE ALL ON SCHEMA darkreach_private FROM PUBLIC, anon, authenticated, service_role;

CREATE MATERIALIZED VIEW darkreach_private.form_totals AS
    SELECT form, count(*) AS primes, max(digits) AS max_digits, max(found_at) AS last_found_at,
           (SELECT max(id) FROM public.primes) AS counted_to
    FROM public.primes GROUP BY form;
CREATE UNIQUE INDEX form_totals_key ON darkreach_private.form_totals (form);
COMMENT ON MATERIALIZED VIEW darkreach_private.form_totals IS 'Primes per form, up to the id counted_to.';

CREATE MATERIALIZED VIEW darkreach_private.digit_totals AS
    SELECT form, digits, count(*) AS primes, (SELECT max(id) FROM public.primes) AS counted_to
    FROM public.primes GROUP BY form, digits;
CREATE UNIQUE INDEX digit_totals_key ON darkreach_private.digit_totals (form, digits);
COMMENT ON MATERIALIZED VIEW darkreach_private.digit_totals IS 'Primes per form and number of digits, up to the id counted_to.';

CREATE MATERIALIZED VIEW darkreach_private.digit_ten_totals AS
    SELECT form, digits / 10 * 10 AS digits, sum(primes)::BIGINT AS primes, max(counted_to) AS counted_to
    FROM darkreach_private.digit_totals GROUP BY form, digits / 10 * 10;
CREATE UNIQUE INDEX digit_ten_totals_key ON darkreach_private.digit_ten_totals (form, digits);
COMMENT ON MATERIALIZED VIEW darkreach_private.digit_ten_totals IS 'The same by tens of digits, counted from digit_totals.';

CREATE MATERIALIZED VIEW darkreach_private.hour_totals AS
    SELECT form, date_trunc('hour', found_at, 'UTC') AS hour, count(*) AS primes,
           (SELECT max(id) FROM public.primes) AS counted_to
    FROM public.primes GROUP BY 1, 2;
CREATE UNIQUE INDEX hour_totals_key ON darkreach_private.hour_totals (form, hour);
COMMENT ON MATERIALIZED VIEW darkreach_private.hour_totals IS 'Discoveries per form and UTC hour, up to the id counted_to.';

CREATE MATERIALIZED VIEW darkreach_private.credit_totals AS
    SELECT node_id, count(*) AS blocks, sum(credit) AS credit, (SELECT max(id) FROM public.operator_credits) AS counted_to
    FROM public.operator_credits GROUP BY node_id;
CREATE UNIQUE INDEX credit_totals_key ON darkreach_private.credit_totals (node_id);
COMMENT ON MATERIALIZED VIEW darkreach_private.credit_totals IS 'Credit per node, up to the id counted_to.';

-- SECURITY DEFINER here and below: the views are in a schema that no API role may read. What these
-- functions give away are counts over primes, which everybody may read row by row.
CREATE OR REPLACE FUNCTION form_leaderboard()
RETURNS TABLE (form TEXT, primes BIGINT, max_digits BIGINT, largest TEXT, last_found_at TIMESTAMPTZ)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT f.form, f.primes, f.max_digits,
           (SELECT p.expression FROM primes AS p WHERE p.form = f.form ORDER BY p.digits DESC, p.id LIMIT 1),
           f.last_found_at
    FROM (
        SELECT t.form, sum(t.primes)::BIGINT AS primes, max(t.max_digits) AS max_digits, max(t.last_found_at) AS last_found_at
        FROM (
            SELECT c.form, c.primes, c.max_digits, c.last_found_at FROM darkreach_private.form_totals AS c
            UNION ALL
            SELECT p.form, count(*), max(p.digits), max(p.found_at) FROM primes AS p
            WHERE p.id > coalesce((SELECT c.counted_to FROM darkreach_private.form_totals AS c LIMIT 1), 0)
            GROUP BY p.form
        ) AS t
        GROUP BY t.form
    ) AS f
    ORDER BY f.primes DESC, f.max_digits DESC, f.form
$$;

CREATE OR REPLACE FUNCTION get_stats() RETURNS JSONB
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT jsonb_build_object(
        'primes', coalesce(sum(f.primes), 0)::BIGINT,
        'largest_digits', coalesce(max(f.max_digits), 0),
        'by_form', coalesce(jsonb_object_agg(f.form, f.primes) FILTER (WHERE f.form IS NOT NULL), '{}'::jsonb))
    FROM (
        SELECT t.form, sum(t.primes)::BIGINT AS primes, max(t.max_digits) AS max_digits
        FROM (
            SELECT c.form, c.primes, c.max_digits FROM darkreach_private.form_totals AS c
            UNION ALL
            SELECT p.form, count(*), max(p.digits) FROM primes AS p
            WHERE p.id > coalesce((SELECT c.counted_to FROM darkreach_private.form_totals AS c LIMIT 1), 0)
            GROUP BY p.form
        ) AS t
        GROUP BY t.form
    ) AS f
$$;

CREATE OR REPLACE FUNCTION get_digit_distribution(p_bucket_size BIGINT DEFAULT 10)
RETURNS TABLE (digits_from BIGINT, form TEXT, primes BIGINT)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT t.digits / greatest(p_bucket_size, 1) * greatest(p_bucket_size, 1), t.form, sum(t.primes)::BIGINT
    FROM (
        -- The tens are enough for buckets made of them, and far fewer.
        SELECT c.digits, c.form, c.primes FROM darkreach_private.digit_ten_totals AS c
        WHERE greatest(p_bucket_size, 1) % 10 = 0
        UNION ALL
        SELECT c.digits, c.form, c.primes FROM darkreach_private.digit_totals AS c
        WHERE greatest(p_bucket_size, 1) % 10 <> 0
        UNION ALL
        SELECT p.digits, p.form, count(*) FROM primes AS p
        WHERE p.id > coalesce((SELECT c.counted_to FROM darkreach_private.digit_totals AS c LIMIT 1), 0)
        GROUP BY p.digits, p.form
    ) AS t
    GROUP BY 1, 2
    ORDER BY 1, 2
$$;

CREATE OR REPLACE FUNCTION get_discovery_timeline(p_bucket TEXT DEFAULT 'day')
RETURNS TABLE (bucket TIMESTAMPTZ, form TEXT, discoveries BIGINT)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT date_trunc(p_bucket, t.hour, 'UTC'), t.form, sum(t.primes)::BIGINT
    FROM (
        SELECT c.hour, c.form, c.primes FROM darkreach_private.hour_totals AS c
        UNION ALL
        SELECT date_trunc('hour', p.found_at, 'UTC'), p.form, count(*) FROM primes AS p
        WHERE p.id > coalesce((SELECT c.counted_to FROM darkreach_private.hour_totals AS c LIMIT 1), 0)
        GROUP BY 1, 2
    ) AS t
    GROUP BY 1, 2
    ORDER BY 1, 2
$$;

CREATE FUNCTION node_credit_totals() RETURNS TABLE (node_id TEXT, blocks BIGINT, credit DOUBLE PRECISION)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT t.node_id, sum(t.blocks)::BIGINT, sum(t.credit)
    FROM (
        SELECT c.node_id, c.blocks, c.credit FROM darkreach_private.credit_totals AS c
        UNION ALL
        SELECT o.node_id, count(*), sum(o.credit) FROM operator_credits AS o
        WHERE o.id > coalesce((SELECT c.counted_to FROM darkreach_private.credit_totals AS c LIMIT 1), 0)
        GROUP BY o.node_id
    ) AS t
    GROUP BY t.node_id
$$;
COMMENT ON FUNCTION node_credit_totals IS 'Validated blocks and credit per node; for the server alone, which decides what of it is public.';

-- SECURITY DEFINER: only the owner can refresh. One refresh at a time; a second one does nothing.
CREATE FUNCTION refresh_statistics() RETURNS BOOLEAN
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('refresh_statistics')) THEN
        RETURN false;
    END IF;
    REFRESH MATERIALIZED VIEW CONCURRENTLY darkreach_private.form_totals;
    REFRESH MATERIALIZED VIEW CONCURRENTLY darkreach_private.digit_totals;
    -- From the one before, so that both were counted to the same row.
    REFRESH MATERIALIZED VIEW CONCURRENTLY darkreach_private.digit_ten_totals;
    REFRESH MATERIALIZED VIEW CONCURRENTLY darkreach_private.hour_totals;
    REFRESH MATERIALIZED VIEW CONCURRENTLY darkreach_private.credit_totals;
    RETURN true;
END
$$;
COMMENT ON FUNCTION refresh_statistics IS
    'Counts the statistics anew while they can be read; false if somebody else does it at this moment. To be called every few minutes.';

REVOKE ALL ON FUNCTION node_credit_totals, refresh_statistics FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION node_credit_totals, refresh_statistics TO service_role;
REVOKE ALL ON ALL TABLES IN SCHEMA darkreach_private FROM PUBLIC, anon, authenticated, service_role;
