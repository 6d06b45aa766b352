-- Who may do what with the primes: everybody reads, only the server adds and corrects.
-- Nobody deletes through the API: a prime stays found.

ALTER TABLE primes ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON primes FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON primes TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE ON primes TO service_role;

CREATE POLICY everyone_reads_primes ON primes
    FOR SELECT TO anon, authenticated, service_role USING (true);
CREATE POLICY service_inserts_primes ON primes
    FOR INSERT TO service_role WITH CHECK (true);
CREATE POLICY service_updates_primes ON primes
    FOR UPDATE TO service_role USING (true) WITH CHECK (true);
