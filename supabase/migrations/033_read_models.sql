-- What researchers read with SQL: jobs with their counts, totals, and the candidates of a result
-- unpacked into rows.

-- Nothing here looks at blocks that are available or validated, of which there may be a million: how
-- many there are in all and validated is kept with the job, what is under way is counted from its
-- index, and one number follows from the others. In a cancelled job that is the cancelled ones (of
-- those available none is left but what a race left), otherwise the available ones.
CREATE VIEW job_overview WITH (security_invoker = true) AS
    SELECT j.*, j.blocks_total AS blocks,
           CASE WHEN j.status = 'cancelled' THEN c.available ELSE c.others - c.cancelled END AS available,
           c.leased, c.reported, j.blocks_validated AS validated, c.failed,
           CASE WHEN j.status = 'cancelled' THEN c.others - c.available ELSE c.cancelled END AS cancelled,
           CASE WHEN j.coverage_checked THEN true ELSE NOT EXISTS (SELECT FROM job_coverage(j.id)) END AS covered
    FROM search_jobs AS j
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE b.status = 'leased')   AS leased,
               count(*) FILTER (WHERE b.status = 'reported') AS reported,
               count(*) FILTER (WHERE b.status = 'failed')   AS failed
        FROM work_blocks AS b WHERE b.search_job_id = j.id AND b.status IN ('leased', 'reported', 'failed')
    ) AS u
    CROSS JOIN LATERAL (
        SELECT u.leased, u.reported, u.failed,
               j.blocks_total - j.blocks_validated - u.leased - u.reported - u.failed AS others,
               CASE WHEN j.status = 'cancelled' THEN
                   (SELECT count(*) FROM work_blocks AS b WHERE b.search_job_id = j.id AND b.status = 'available') END AS available,
               CASE WHEN j.status <> 'cancelled' THEN
                   (SELECT count(*) FROM work_blocks AS b WHERE b.search_job_id = j.id AND b.status = 'cancelled') END AS cancelled
    ) AS c;
COMMENT ON VIEW job_overview IS
    'Jobs with their blocks by state; covered: the blocks are exactly the range, without gap or overlap.';

CREATE FUNCTION get_work_stats()
RETURNS TABLE (jobs BIGINT, blocks_validated BIGINT, candidates BIGINT, nodes BIGINT)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(*), coalesce(sum(j.blocks_validated), 0)::BIGINT, coalesce(sum(j.total_candidates), 0)::BIGINT,
           (SELECT count(*) FROM operator_nodes AS n WHERE n.first_reported_at IS NOT NULL)
    FROM search_jobs AS j
$$;
COMMENT ON FUNCTION get_work_stats IS 'Totals over all jobs; nodes: those that reported at least one result.';

CREATE FUNCTION ledger_rows(p_ledger BYTEA)
RETURNS TABLE (ordinal BIGINT, outcome TEXT, factor NUMERIC, res64 TEXT)
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_size    INTEGER := octet_length(p_ledger);
    v_at      INTEGER := 1;
    v_byte    INTEGER;
    v_tag     INTEGER;
    v_payload NUMERIC;
    v_scale   NUMERIC;
BEGIN
    IF v_size = 0 OR get_byte(p_ledger, 0) <> 1 THEN
        RAISE EXCEPTION 'not a ledger of format 1' USING ERRCODE = 'DR005';
    END IF;
    ordinal := 0;
    WHILE v_at < v_size LOOP
        -- A LEB128 number: tag in the two low bits, payload above.
        v_byte := get_byte(p_ledger, v_at);
        v_at := v_at + 1;
        v_tag := v_byte & 3;
        v_payload := (v_byte & 127) >> 2;
        v_scale := 32;
        WHILE v_byte >= 128 LOOP
            v_byte := get_byte(p_ledger, v_at);
            v_at := v_at + 1;
            v_payload := v_payload + (v_byte & 127) * v_scale;
            v_scale := v_scale * 128;
        END LOOP;

        factor := NULL;
        res64 := NULL;
        CASE
            WHEN v_tag = 0 THEN
                outcome := 'factor';
                factor := v_payload;
            WHEN v_tag = 1 AND v_payload = 0 AND v_at + 8 <= v_size THEN
                outcome := 'composite';
                SELECT upper(string_agg(lpad(to_hex(get_byte(p_ledger, v_at + i)), 2, '0'), '' ORDER BY i DESC))
                INTO res64 FROM generate_series(0, 7) AS i;
                v_at := v_at + 8;
            WHEN v_tag = 2 AND v_payload = 0 THEN
                outcome := 'prime';
            WHEN v_tag = 3 AND v_payload = 0 THEN
                outcome := 'below_two';
            WHEN v_tag = 3 AND v_payload = 1 THEN
                outcome := 'probable_prime';
            WHEN v_tag = 3 AND v_payload = 2 THEN
                outcome := 'algebraic';
            ELSE
                RAISE EXCEPTION 'not a ledger: byte % has no meaning', v_at USING ERRCODE = 'DR005';
        END CASE;
        RETURN NEXT;
        ordinal := ordinal + 1;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ledger_rows IS
    'Unpacks results.ledger: one row per candidate, ascending; ordinal counts candidates from 0, res64 is 16 hexadecimal digits.';

REVOKE ALL ON job_overview FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON job_overview TO anon, authenticated, service_role;
REVOKE ALL ON FUNCTION get_work_stats, ledger_rows FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION get_work_stats TO service_role;
GRANT EXECUTE ON FUNCTION ledger_rows TO anon, authenticated, service_role;
