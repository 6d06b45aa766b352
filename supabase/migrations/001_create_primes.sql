-- The primes: what everything else is for.

CREATE TABLE primes (
    id            BIGINT      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    form          TEXT        NOT NULL CHECK (form <> ''),
    expression    TEXT        NOT NULL CHECK (expression <> ''),
    digits        BIGINT      NOT NULL CHECK (digits > 0),
    found_at      TIMESTAMPTZ NOT NULL DEFAULT now(),
    proof_method  TEXT        NOT NULL CHECK (proof_method IN ('deterministic', 'probabilistic')),
    search_params TEXT,
    UNIQUE (form, expression)
);
COMMENT ON TABLE primes IS 'Primes whose evidence the server has verified, and probable primes that it has tested again, each once, with its first discovery.';
COMMENT ON COLUMN primes.form IS 'Form of the search that found it, for example kbn.';
COMMENT ON COLUMN primes.expression IS 'The number in normal form, for example 3*2^2816+1.';
COMMENT ON COLUMN primes.digits IS 'Decimal digits.';
COMMENT ON COLUMN primes.proof_method IS 'deterministic: proved; probabilistic: passed a probable prime test.';
COMMENT ON COLUMN primes.search_params IS 'The search that found it first, as JSON.';

CREATE INDEX primes_found_at ON primes (found_at DESC, id DESC);
CREATE INDEX primes_form_id ON primes (form, id DESC);
CREATE INDEX primes_digits ON primes (digits DESC);

-- Realtime subscribers hear of new primes. A publication FOR ALL TABLES has them already.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_publication WHERE pubname = 'supabase_realtime' AND NOT puballtables) THEN
        ALTER PUBLICATION supabase_realtime ADD TABLE primes;
    END IF;
END
$$;
