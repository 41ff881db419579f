-- Two workers may null the same erasure at once. The one who waited for the other's rows looks at them again, and leaves what is nulled already:
-- it would put the digest of nothing in the place of the digest of the ciphertext.
CREATE OR REPLACE FUNCTION {schema}.null_erased_ciphertexts(stream uuid, batch integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH doomed AS (
        SELECT e.originator_id, e.originator_version
        FROM {schema}.events AS e
        JOIN {schema}.erasure_fences AS f ON f.subject_id = e.originator_id AND f.effective_at IS NOT NULL
        WHERE e.originator_id = stream AND e.state IS NOT NULL
        ORDER BY e.originator_version
        LIMIT batch
    ), nulled AS (
        UPDATE {schema}.events AS e
        SET purged_digest = sha256(e.state), state = NULL
        FROM doomed AS d
        WHERE e.originator_id = d.originator_id AND e.originator_version = d.originator_version AND e.state IS NOT NULL
        RETURNING 1
    )
    SELECT count(*)::integer FROM nulled;
END;
