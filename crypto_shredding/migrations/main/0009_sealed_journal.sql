-- The journal and its seal (design §7). The notary follows events, trail lines and statements, grows Merkle trees over them (RFC 6962), and signs
-- checkpoints. {role}_notary is a role that the saga's login may wear and that no other login may: it reads what it seals, and alone writes the seal.

-- One row a tree: 1 over the events, 2 over the statements, from 3 on one a month of the trail. The notary moves it on; its compact range is at most
-- 64 hashes. A generation ends when an older copy of the database was put back: what it had signed beyond that is never signed over.
CREATE TABLE {schema}.sealed_trees (
    tree          integer PRIMARY KEY CHECK (tree > 0),
    kind          text    NOT NULL CHECK (kind IN ('events', 'statements', 'trail')),
    month         date    CHECK ((month IS NOT NULL) = (kind = 'trail')),
    generation    integer NOT NULL DEFAULT 1,
    size          bigint  NOT NULL DEFAULT 0,
    position      bigint  NOT NULL DEFAULT 0,
    compact_range bytea   NOT NULL DEFAULT '',
    opened_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at     timestamptz
);
INSERT INTO {schema}.sealed_trees (tree, kind) VALUES (1, 'events'), (2, 'statements');

-- The hashes of the leaves, a row a pass of the notary: for proofs, and to say which row was changed. `positions` has 8 bytes a leaf, `hashes` 32.
CREATE TABLE {schema}.sealed_leaves (
    tree       integer NOT NULL REFERENCES {schema}.sealed_trees,
    first_leaf bigint  NOT NULL,
    positions  bytea   NOT NULL,
    hashes     bytea   NOT NULL,
    PRIMARY KEY (tree, first_leaf)
);
ALTER TABLE {schema}.sealed_leaves ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- `note` is what was signed, as it leaves the server. Beside it, what the notary goes on from.
CREATE TABLE {schema}.checkpoints (
    checkpoint    bigint  NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tree          integer NOT NULL REFERENCES {schema}.sealed_trees,
    generation    integer NOT NULL,
    size          bigint  NOT NULL,
    root          bytea   NOT NULL,
    compact_range bytea   NOT NULL,
    note          text    NOT NULL,
    sealed_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (tree, generation, size)
);
CREATE INDEX checkpoints_sealed_at ON {schema}.checkpoints (sealed_at);

-- What happened to the journal itself. A purge: which versions of a stream lost their ciphertext, under which erasure and key (none: the whole ring).
-- A restoration: how much of a tree an older copy had kept, and the checkpoint that it lost.
CREATE TABLE {schema}.journal_statements (
    statement  bigint NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind       text NOT NULL CHECK (kind IN ('purge', 'restoration')),
    erasure_id uuid,
    stream     uuid,
    key_id     bytea,
    versions   int8multirange,
    tree       integer,
    generation integer,
    kept       bigint,
    lost_size  bigint,
    lost_root  bytea,
    CHECK (CASE kind WHEN 'purge' THEN num_nulls(erasure_id, stream, versions) = 0
        ELSE num_nulls(tree, generation, kept, lost_size, lost_root) = 0 END)
);

-- One signed note a month of the trail that is gone: how many lines, their root, when and why.
CREATE TABLE {schema}.retention_records (
    tree      integer PRIMARY KEY REFERENCES {schema}.sealed_trees,
    note      text NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- As before (0006), and says in the same commit which versions it nulled: a missing ciphertext is lawful under such a statement, once sealed, and under
-- nothing else.
CREATE OR REPLACE FUNCTION {schema}.null_erased_ciphertexts(erasure uuid, batch integer) RETURNS integer
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
        RETURNING e.originator_id, e.originator_version
    ), stated AS (
        INSERT INTO {schema}.journal_statements (kind, erasure_id, stream, key_id, versions)
        SELECT 'purge', f.erasure_id, f.subject_id, CASE WHEN NOT f.whole THEN f.key_id END,
            range_agg(int8range(n.originator_version, n.originator_version, '[]'))
        FROM nulled AS n JOIN {schema}.erasure_fences AS f ON f.subject_id = n.originator_id
        WHERE f.erasure_id = erasure
        GROUP BY f.erasure_id, f.subject_id, f.whole, f.key_id
    )
    SELECT count(*)::integer FROM nulled;
END;

-- What was purged before there was a journal is stated now, from the fences that allowed it: nothing was sealed before it.
INSERT INTO {schema}.journal_statements (kind, erasure_id, stream, key_id, versions)
SELECT 'purge', f.erasure_id, f.subject_id, CASE WHEN NOT f.whole THEN f.key_id END,
    range_agg(int8range(e.originator_version, e.originator_version, '[]'))
FROM {schema}.erasure_fences AS f
JOIN {schema}.events AS e ON e.originator_id = f.subject_id AND e.state IS NULL AND (f.whole OR e.purged_key_id = f.key_id)
WHERE f.effective_at IS NOT NULL
GROUP BY f.erasure_id, f.subject_id, f.whole, f.key_id;

-- Removes the lines of one month, whole, and the hashes of its leaves: the root, the checkpoints and the signed record stay. It looks by itself whether the
-- month is closed, sealed to its end, recorded and old enough, whether every line is there, and whether the months before it are recorded: whoever may
-- call it can remove nothing else. The month of a tree is the latest that was named up to it and that is not to come: a clock that was wrong for a
-- while neither hurries a month nor keeps the next ones. A clock that has just leapt is not believed for a day.
CREATE FUNCTION {schema}.expire_trail(expiring integer, days integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    it {schema}.sealed_trees;
    before {schema}.sealed_trees;
    present date := date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')::date;
    named date;
    removed bigint;
BEGIN
    SELECT * INTO it FROM {schema}.sealed_trees WHERE tree = expiring AND kind = 'trail';
    SELECT * INTO before FROM {schema}.sealed_trees WHERE tree < expiring AND kind = 'trail' ORDER BY tree DESC LIMIT 1;
    SELECT max(month) INTO named FROM {schema}.sealed_trees WHERE kind = 'trail' AND tree <= expiring AND month <= present;
    IF days IS NULL OR days NOT BETWEEN 214 AND 1095 THEN
        RAISE EXCEPTION 'a trail is kept from 214 to 1095 days' USING ERRCODE = 'check_violation';
    ELSIF it.closed_at IS NULL OR named IS NULL OR named + days > (clock_timestamp() AT TIME ZONE 'UTC')::date THEN
        RAISE EXCEPTION 'this month is not over, or not old enough' USING ERRCODE = 'check_violation';
    ELSIF NOT EXISTS (SELECT FROM {schema}.checkpoints WHERE tree = it.tree AND generation = it.generation AND size = it.size) THEN
        RAISE EXCEPTION 'this month is not sealed to its end' USING ERRCODE = 'check_violation';
    ELSIF EXISTS (
        SELECT FROM {schema}.sealed_trees AS t LEFT JOIN {schema}.retention_records AS r USING (tree)
        WHERE t.kind = 'trail' AND t.tree <= expiring AND r.tree IS NULL
    ) THEN
        RAISE EXCEPTION 'this month, or one before it, has no record' USING ERRCODE = 'check_violation';
    ELSIF NOT EXISTS (
        SELECT FROM {schema}.checkpoints
        WHERE sealed_at BETWEEN clock_timestamp() - interval '40 days' AND clock_timestamp() - interval '1 day'
    ) THEN
        RAISE EXCEPTION 'the clock has not told this time for a day' USING ERRCODE = 'check_violation';
    END IF;
    DELETE FROM {schema}.access_trail WHERE line > coalesce(before.position, 0) AND line <= it.position;
    GET DIAGNOSTICS removed = ROW_COUNT;
    -- The first leaf of every month but the first is the root of the month before, and no line.
    IF removed > 0 AND removed <> it.size - (before.tree IS NOT NULL)::integer THEN
        RAISE EXCEPTION 'lines of this month are missing: it is kept as it is' USING ERRCODE = 'check_violation';
    END IF;
    DELETE FROM {schema}.sealed_leaves WHERE tree = it.tree;
    RETURN removed;
END;
$$;
REVOKE ALL ON FUNCTION {schema}.expire_trail(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.expire_trail(integer, integer) TO {role}_notary;

GRANT USAGE ON SCHEMA {schema} TO {role}_notary, {role}_expirer;
GRANT SELECT ON {schema}.events, {schema}.access_trail, {schema}.journal_statements, {schema}.sealed_trees, {schema}.sealed_leaves,
    {schema}.checkpoints, {schema}.retention_records TO {role}_notary;
GRANT INSERT (tree, kind, month, generation, position) ON {schema}.sealed_trees TO {role}_notary;
GRANT UPDATE (generation, size, position, compact_range, closed_at) ON {schema}.sealed_trees TO {role}_notary;
GRANT INSERT ON {schema}.sealed_leaves TO {role}_notary;
GRANT INSERT (tree, generation, size, root, compact_range, note) ON {schema}.checkpoints TO {role}_notary;
GRANT INSERT (kind, tree, generation, kept, lost_size, lost_root) ON {schema}.journal_statements TO {role}_notary;
GRANT INSERT (tree, note) ON {schema}.retention_records TO {role}_notary;
GRANT INSERT (kind, erasure_id, stream, key_id, versions) ON {schema}.journal_statements TO {role}_purger;
-- The journal goes out through the application: it reads the seal, and writes none of it.
GRANT SELECT ON {schema}.journal_statements, {schema}.sealed_trees, {schema}.sealed_leaves, {schema}.checkpoints, {schema}.retention_records
    TO {role}_app;
GRANT SELECT (line), DELETE ON {schema}.access_trail TO {role}_expirer;
GRANT SELECT (tree), DELETE ON {schema}.sealed_leaves TO {role}_expirer;
GRANT SELECT ON {schema}.sealed_trees, {schema}.checkpoints, {schema}.retention_records TO {role}_expirer;
ALTER FUNCTION {schema}.expire_trail(integer, integer) OWNER TO {role}_expirer;
