-- Which forms have given what.

CREATE FUNCTION form_leaderboard()
RETURNS TABLE (form TEXT, primes BIGINT, max_digits BIGINT, largest TEXT, last_found_at TIMESTAMPTZ)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT f.form, f.primes, f.max_digits,
           (SELECT p.expression FROM primes AS p WHERE p.form = f.form ORDER BY p.digits DESC, p.id LIMIT 1),
           f.last_found_at
    FROM (SELECT p.form, count(*) AS primes, max(p.digits) AS max_digits, max(p.found_at) AS last_found_at
          FROM primes AS p GROUP BY p.form) AS f
    ORDER BY f.primes DESC, f.max_digits DESC, f.form
$$;
COMMENT ON FUNCTION form_leaderboard IS 'The forms by the number of primes found, with the largest of each.';

REVOKE ALL ON FUNCTION form_leaderboard FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION form_leaderboard TO anon, authenticated, service_role;
