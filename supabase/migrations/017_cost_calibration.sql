-- What a test costs, per form: seconds = scale * digits ^ exponent, fitted to measured tests.

CREATE TABLE cost_calibrations (
    id            BIGINT           PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    form          TEXT             NOT NULL CONSTRAINT cost_calibration_of_this_form_exists UNIQUE
                  CONSTRAINT cost_calibration_form_is_not_empty CHECK (form <> ''),
    scale         DOUBLE PRECISION NOT NULL
                  CONSTRAINT cost_calibration_scale_is_positive CHECK (scale > 0 AND scale < 'Infinity'),
    exponent      DOUBLE PRECISION NOT NULL
                  CONSTRAINT cost_calibration_exponent_is_between_0_and_5 CHECK (exponent BETWEEN 0 AND 5),
    samples       BIGINT           NOT NULL
                  CONSTRAINT cost_calibration_has_at_least_2_samples CHECK (samples >= 2),
    mean_error    DOUBLE PRECISION NOT NULL
                  CONSTRAINT cost_calibration_error_is_not_negative CHECK (mean_error >= 0),
    calibrated_at TIMESTAMPTZ      NOT NULL DEFAULT now()
);
COMMENT ON TABLE cost_calibrations IS 'Cost model per form: reference core seconds of one test = scale * digits ^ exponent.';
COMMENT ON COLUMN cost_calibrations.samples IS 'Measured tests that it is fitted to.';
COMMENT ON COLUMN cost_calibrations.mean_error IS 'Mean of |estimate / measured - 1| over the samples.';

CREATE FUNCTION calibrate_cost(p_form TEXT, p_digits DOUBLE PRECISION[], p_seconds DOUBLE PRECISION[]) RETURNS SETOF cost_calibrations
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_exponent DOUBLE PRECISION;
    v_log      DOUBLE PRECISION;
    v_samples  BIGINT;
    v_error    DOUBLE PRECISION;
BEGIN
    IF cardinality(p_digits) IS DISTINCT FROM cardinality(p_seconds)
       OR EXISTS (SELECT FROM unnest(p_digits, p_seconds) AS s (d, t)
                  WHERE (d > 0 AND d < 'Infinity' AND t > 0 AND t < 'Infinity') IS NOT TRUE) THEN
        RAISE EXCEPTION 'a calibration needs positive digits and seconds, one of each per sample' USING ERRCODE = 'DR005';
    END IF;
    -- A straight line through the logarithms, by least squares.
    SELECT regr_slope(ln(t), ln(d)), regr_intercept(ln(t), ln(d)), count(*) INTO v_exponent, v_log, v_samples
    FROM unnest(p_digits, p_seconds) AS s (d, t);
    IF v_exponent IS NULL THEN
        RAISE EXCEPTION 'a calibration needs samples of at least two sizes' USING ERRCODE = 'DR005';
    END IF;
    SELECT avg(abs(exp(v_log) * d ^ v_exponent / t - 1)) INTO v_error FROM unnest(p_digits, p_seconds) AS s (d, t);
    RETURN QUERY
        INSERT INTO cost_calibrations AS c (form, scale, exponent, samples, mean_error)
        VALUES (p_form, exp(v_log), v_exponent, v_samples, v_error)
        ON CONFLICT (form) DO UPDATE
        SET scale = excluded.scale, exponent = excluded.exponent, samples = excluded.samples,
            mean_error = excluded.mean_error, calibrated_at = now()
        RETURNING c.*;
END
$$;
COMMENT ON FUNCTION calibrate_cost IS 'Fits the cost model of a form to measured tests (digits and seconds) and stores it.';

CREATE FUNCTION estimate_cost(p_form TEXT, p_digits BIGINT) RETURNS DOUBLE PRECISION
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT scale * p_digits::DOUBLE PRECISION ^ exponent FROM cost_calibrations WHERE form = p_form
$$;
COMMENT ON FUNCTION estimate_cost IS 'Reference core seconds of one test of so many digits; NULL where the form was never calibrated.';

ALTER TABLE cost_calibrations ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON cost_calibrations FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON cost_calibrations TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE ON cost_calibrations TO service_role;
CREATE POLICY everyone_reads_cost_calibrations ON cost_calibrations
    FOR SELECT TO anon, authenticated USING (true);
CREATE POLICY service_reads_cost_calibrations ON cost_calibrations FOR SELECT TO service_role USING (true);
CREATE POLICY service_inserts_cost_calibrations ON cost_calibrations FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_cost_calibrations ON cost_calibrations
    FOR UPDATE TO service_role USING (true) WITH CHECK (true);

REVOKE ALL ON FUNCTION calibrate_cost, estimate_cost FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION calibrate_cost TO service_role;
GRANT EXECUTE ON FUNCTION estimate_cost TO anon, authenticated, service_role;
