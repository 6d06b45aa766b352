-- What a worker's computer can do.

ALTER TABLE volunteer_workers
    ADD COLUMN instruction_sets TEXT[]  NOT NULL DEFAULT '{}'
        CONSTRAINT worker_has_at_most_32_instruction_sets CHECK (cardinality(instruction_sets) <= 32),
    ADD COLUMN cache_bytes      BIGINT
        CONSTRAINT worker_cache_is_positive CHECK (cache_bytes > 0),
    ADD COLUMN gpu_model        TEXT
        CONSTRAINT worker_gpu_has_at_most_128_characters CHECK (length(gpu_model) <= 128),
    ADD COLUMN forms            TEXT[]
        CONSTRAINT worker_has_1_to_64_forms CHECK (cardinality(forms) BETWEEN 1 AND 64);
COMMENT ON COLUMN volunteer_workers.instruction_sets IS 'For example {avx2,fma}; empty: it did not say.';
COMMENT ON COLUMN volunteer_workers.cache_bytes IS 'Second-level cache of one core.';
COMMENT ON COLUMN volunteer_workers.forms IS 'The forms that its program can search; NULL: it did not say.';
