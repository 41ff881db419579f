-- What may stand between *closed* and *effective*, erasures of one category, and what comes after *purged* (design §6).

-- One row an erasure, of a whole record (`whole`) or of one category's key. A cancelled one closes nothing any more. `key_id` is the destroyed key's.
ALTER TABLE {schema}.erasure_fences DROP CONSTRAINT erasure_fences_pkey;
ALTER TABLE {schema}.erasure_fences DROP CONSTRAINT erasure_fences_erasure_id_key;
ALTER TABLE {schema}.erasure_fences
    ADD CONSTRAINT erasure_fences_pkey PRIMARY KEY (erasure_id),
    ADD COLUMN whole boolean NOT NULL DEFAULT true,
    ADD COLUMN key_id bytea CHECK (key_id IS NULL OR (octet_length(key_id) = 16 AND NOT whole)),
    ADD COLUMN cancelled_at timestamptz,
    ADD COLUMN irreversible_at timestamptz,
    ADD CONSTRAINT erasure_fences_cancelled CHECK (cancelled_at IS NULL OR (whole AND effective_at IS NULL));
-- One living fence a record, whoever asks and how often.
CREATE UNIQUE INDEX erasure_fences_subject ON {schema}.erasure_fences (subject_id) WHERE whole AND cancelled_at IS NULL;
CREATE INDEX erasure_fences_subject_id ON {schema}.erasure_fences (subject_id);
CREATE INDEX erasure_fences_unfinished ON {schema}.erasure_fences (closed_at) WHERE cancelled_at IS NULL AND irreversible_at IS NULL;

-- The id of the key that had sealed a purged ciphertext: a purged event of a living record is lawful only when that key is among the destroyed ones.
ALTER TABLE {schema}.events ADD COLUMN purged_key_id bytea;

-- The second copy of the ledger (the first stands in the keys database, the third in a file off the server).
CREATE TABLE {schema}.erasure_ledger (
    number      bigint PRIMARY KEY CHECK (number > 0),
    erasure_id  uuid   NOT NULL UNIQUE,
    subject_id  uuid   NOT NULL,
    key_id      bytea,
    fingerprint bytea  NOT NULL,
    epoch       integer NOT NULL,
    erased_at   timestamptz NOT NULL
);

-- A database that came back from a backup is locked until what was erased since is erased again (R073).
CREATE TABLE {schema}.restores (
    restored_at timestamptz NOT NULL DEFAULT clock_timestamp() PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('main', 'keys', 'copy')),
    taken_at    timestamptz,
    reopened_at timestamptz,
    -- The provider's mark when it was opened again: what is older than that was noticed, and mended.
    position    bigint
);

-- Nulls a batch of erased ciphertexts and keeps their digests, under the fence of a whole record or of one destroyed key. It checks the fence itself, so that
-- nobody who may call it can null anything else. The header bears the key's id in clear (docs/reference/ciphertext-format.md): version(1) | algorithm(1) | key id(16).
DROP FUNCTION {schema}.null_erased_ciphertexts(uuid, integer);
CREATE FUNCTION {schema}.null_erased_ciphertexts(erasure uuid, batch integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH doomed AS (
        SELECT e.originator_id, e.originator_version
        FROM {schema}.erasure_fences AS f
        JOIN {schema}.events AS e ON e.originator_id = f.subject_id
        WHERE f.erasure_id = erasure AND f.effective_at IS NOT NULL
            AND e.state IS NOT NULL AND (f.whole OR substring(e.state FROM 3 FOR 16) = f.key_id)
        ORDER BY e.originator_version
        LIMIT batch
    ), nulled AS (
        UPDATE {schema}.events AS e
        SET purged_digest = sha256(e.state), purged_key_id = substring(e.state FROM 3 FOR 16), state = NULL
        FROM doomed AS d
        WHERE e.originator_id = d.originator_id AND e.originator_version = d.originator_version AND e.state IS NOT NULL
        RETURNING 1
    )
    SELECT count(*)::integer FROM nulled;
END;
REVOKE ALL ON FUNCTION {schema}.null_erased_ciphertexts(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.null_erased_ciphertexts(uuid, integer) TO {role}_saga;
GRANT UPDATE (purged_key_id) ON {schema}.events TO {role}_purger;
ALTER FUNCTION {schema}.null_erased_ciphertexts(uuid, integer) OWNER TO {role}_purger;

GRANT INSERT (subject_id, erasure_id, stream_version, whole) ON {schema}.erasure_fences TO {role}_app, {role}_saga;
GRANT UPDATE (cancelled_at) ON {schema}.erasure_fences TO {role}_app;
GRANT UPDATE (key_id, irreversible_at) ON {schema}.erasure_fences TO {role}_saga;
GRANT SELECT, INSERT ON {schema}.erasure_ledger TO {role}_saga;
GRANT SELECT ON {schema}.restores TO {role}_app, {role}_runner, {role}_saga;
GRANT INSERT (kind, taken_at), UPDATE (reopened_at, position) ON {schema}.restores TO {role}_saga;
-- What an erasure removes is counted before it goes, and looked for once more before a key is destroyed.
GRANT SELECT (subject_id) ON {schema}.caseload, {schema}.figure_contributions TO {role}_saga;
-- What an erasure takes away of the previews of imports that were made before it.
GRANT SELECT (preview_id, state, created_at), DELETE ON {schema}.import_previews TO {role}_saga;
