-- Every prime comes with its evidence.

ALTER TABLE primes
    ADD COLUMN theorem     TEXT,
    ADD COLUMN certificate TEXT;
COMMENT ON COLUMN primes.theorem IS 'The theorem of the proof, for example proth.';
COMMENT ON COLUMN primes.certificate IS 'The proof as JSON; anybody can verify it without trusting us.';
ALTER TABLE primes ADD CONSTRAINT proved_primes_have_their_proof
    CHECK (proof_method <> 'deterministic' OR certificate IS NOT NULL) NOT VALID;
