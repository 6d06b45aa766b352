-- What people ask of the primes: totals, discoveries over time, sizes.

CREATE FUNCTION get_stats() RETURNS JSONB
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT jsonb_build_object(
        'primes', count(*),
        'largest_digits', coalesce(max(digits), 0),
        'by_form', coalesce(
            (SELECT jsonb_object_agg(f.form, f.n)
             FROM (SELECT form, count(*) AS n FROM primes GROUP BY form) AS f),
            '{}'::jsonb))
    FROM primes
$$;
COMMENT ON FUNCTION get_stats() IS 'Totals over the primes: primes, largest_digits, by_form.';

CREATE FUNCTION get_discovery_timeline(p_bucket TEXT DEFAULT 'day')
RETURNS TABLE (bucket TIMESTAMPTZ, form TEXT, discoveries BIGINT)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT date_trunc(p_bucket, p.found_at, 'UTC'), p.form, count(*)
    FROM primes AS p
    GROUP BY 1, 2
    ORDER BY 1, 2
$$;
COMMENT ON FUNCTION get_discovery_timeline(TEXT) IS
    'Discoveries per form and bucket of UTC time: hour, day, week, month or year.';

CREATE FUNCTION get_digit_distribution(p_bucket_size BIGINT DEFAULT 10)
RETURNS TABLE (digits_from BIGINT, form TEXT, primes BIGINT)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.digits / greatest(p_bucket_size, 1) * greatest(p_bucket_size, 1), p.form, count(*)
    FROM primes AS p
    GROUP BY 1, 2
    ORDER BY 1, 2
$$;
COMMENT ON FUNCTION get_digit_distribution(BIGINT) IS
    'How many primes per form have digits in [digits_from, digits_from + bucket size).';

REVOKE ALL ON FUNCTION get_stats, get_discovery_timeline, get_digit_distribution
    FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION get_stats, get_discovery_timeline, get_digit_distribution
    TO anon, authenticated, service_role;
