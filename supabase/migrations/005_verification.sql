-- A second opinion on every prime. The server verifies the evidence before a prime is stored at
-- all; these columns say whether an independent program has come to the same answer since.

ALTER TABLE primes
    ADD COLUMN verification      TEXT NOT NULL DEFAULT 'pending'
        CONSTRAINT prime_verification_is_pending_confirmed_or_refuted
        CHECK (verification IN ('pending', 'confirmed', 'refuted')),
    ADD COLUMN verification_tool TEXT
        CONSTRAINT prime_verification_tool_has_1_to_100_characters
        CHECK (length(verification_tool) BETWEEN 1 AND 100),
    ADD COLUMN verified_at       TIMESTAMPTZ,
    ADD CONSTRAINT prime_verification_names_tool_and_time
        CHECK ((verification = 'pending') = (verified_at IS NULL)
               AND (verified_at IS NULL) = (verification_tool IS NULL));
COMMENT ON COLUMN primes.verification IS 'What an independent program said of it: pending until one was asked.';
COMMENT ON COLUMN primes.verification_tool IS 'That program with its version, for example PFGW 4.0.';
COMMENT ON COLUMN primes.verified_at IS 'When it answered.';

CREATE INDEX primes_to_verify ON primes (id) WHERE verification = 'pending';

CREATE FUNCTION record_prime_verification(p_prime_id BIGINT, p_confirmed BOOLEAN, p_tool TEXT) RETURNS VOID
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE primes
    SET verification = CASE WHEN p_confirmed THEN 'confirmed' ELSE 'refuted' END,
        verification_tool = p_tool, verified_at = now()
    WHERE id = p_prime_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'prime % does not exist', p_prime_id USING ERRCODE = 'DR003', DETAIL = 'prime';
    END IF;
END
$$;
COMMENT ON FUNCTION record_prime_verification IS
    'Notes what an independent program said of a prime; the newest word counts. DR003: no such prime.';

REVOKE ALL ON FUNCTION record_prime_verification FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION record_prime_verification TO service_role;
