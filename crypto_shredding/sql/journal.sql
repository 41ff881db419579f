-- Named statements of the journal: what the notary follows and writes, and what an export reads.

-- name: highest_events
SELECT max(notification_id) FROM {events}

-- name: events
-- Of a purged event the digest and the key's id stand in the place of the ciphertext, whose header bears that id (docs/reference/ciphertext-format.md).
SELECT notification_id, originator_id, originator_version,
    CASE WHEN state IS NULL THEN purged_key_id ELSE substring(state FROM 3 FOR 16) END,
    CASE WHEN state IS NULL THEN purged_digest ELSE sha256(state) END,
    state IS NOT NULL
FROM {events}
WHERE notification_id > %(after)b AND notification_id <= %(until)b
ORDER BY notification_id
LIMIT %(limit)b

-- name: highest_trail
SELECT max(line) FROM {access_trail}

-- name: trail
SELECT line, CASE WHEN isfinite(at) THEN (extract(epoch FROM at) * 1000000)::bigint ELSE -1 END,
    account, role, purpose, operation, outcome, reference, categories, records, request
FROM {access_trail}
WHERE line > %(after)b AND line <= %(until)b
ORDER BY line
LIMIT %(limit)b

-- name: highest_statements
SELECT max(statement) FROM {journal_statements}

-- name: statements
SELECT statement, CASE WHEN isfinite(at) THEN (extract(epoch FROM at) * 1000000)::bigint ELSE -1 END,
    kind, erasure_id, stream, key_id,
    ARRAY(SELECT ARRAY[lower(versions_), upper(versions_) - 1] FROM unnest(versions) AS versions_),
    tree, generation, kept, lost_size, lost_root
FROM {journal_statements}
WHERE statement > %(after)b AND statement <= %(until)b
ORDER BY statement
LIMIT %(limit)b

-- name: lead
-- One notary works on a structure at a time, until its transaction ends.
SELECT pg_try_advisory_xact_lock(%s, %s)

-- name: wait_to_lead
SELECT pg_advisory_xact_lock(%s, %s)

-- name: growing
SELECT tree, kind, month, generation, size, position, compact_range FROM {sealed_trees} WHERE closed_at IS NULL ORDER BY tree FOR UPDATE

-- name: unsealed
-- Trees that have grown, or begun another generation, since their last checkpoint.
SELECT t.tree, t.kind, t.month, t.generation, t.size, t.position, t.compact_range
FROM {sealed_trees} AS t
WHERE t.size > 0 AND NOT EXISTS (
    SELECT FROM {checkpoints} AS c WHERE c.tree = t.tree AND c.generation = t.generation AND c.size = t.size
)
ORDER BY t.tree

-- name: grow
UPDATE {sealed_trees} SET size = %(size)s, position = %(position)s, compact_range = %(range)s WHERE tree = %(tree)s

-- name: store_leaves
INSERT INTO {sealed_leaves} (tree, first_leaf, positions, hashes) VALUES (%s, %s, %s, %s)

-- name: close
UPDATE {sealed_trees} SET closed_at = pg_catalog.clock_timestamp() WHERE tree = %s

-- name: open_month
-- A month whose like was lost with an older copy begins in another generation.
INSERT INTO {sealed_trees} (tree, kind, month, position, generation)
SELECT greatest(2, max(t.tree)) + 1, 'trail', %(month)s, %(position)s,
    1 + coalesce((SELECT max(s.generation) FROM {journal_statements} AS s WHERE s.kind = 'restoration' AND s.tree = greatest(2, max(t.tree)) + 1), 0)
FROM {sealed_trees} AS t
RETURNING tree, kind, month, generation, size, position, compact_range

-- name: last_checkpoint
SELECT size, root, compact_range, note FROM {checkpoints} WHERE tree = %s ORDER BY generation DESC, size DESC LIMIT 1

-- name: leaves_since
SELECT first_leaf, hashes FROM {sealed_leaves} WHERE tree = %s AND first_leaf >= %s ORDER BY first_leaf

-- name: store_checkpoint
INSERT INTO {checkpoints} (tree, generation, size, root, compact_range, note) VALUES (%s, %s, %s, %s, %s, %s)

-- name: is_known
SELECT EXISTS (SELECT FROM {checkpoints} WHERE tree = %s AND generation = %s AND size = %s AND root = %s)

-- name: tree
SELECT generation, size FROM {sealed_trees} WHERE tree = %s

-- name: state_restoration
WITH lock AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(%(lock)s))
INSERT INTO {journal_statements} (kind, tree, generation, kept, lost_size, lost_root)
SELECT 'restoration', %(tree)s, %(generation)s, %(kept)s, %(size)s, %(root)s FROM lock

-- name: is_stated
SELECT EXISTS (SELECT FROM {journal_statements} WHERE kind = 'restoration' AND tree = %s AND generation >= %s)

-- name: next_generation
UPDATE {sealed_trees} SET generation = %s WHERE tree = %s

-- name: latest_notes
-- The last checkpoint of each tree that is not closed, and of the month before.
SELECT c.note
FROM {sealed_trees} AS t
CROSS JOIN LATERAL (SELECT note FROM {checkpoints} WHERE tree = t.tree ORDER BY generation DESC, size DESC LIMIT 1) AS c
WHERE t.closed_at IS NULL OR t.tree = (SELECT max(tree) - 1 FROM {sealed_trees})
ORDER BY t.tree

-- name: since_last_checkpoint
-- Both ways: a clock that was put back must not keep the notary from sealing.
SELECT abs(extract(epoch FROM pg_catalog.clock_timestamp() - max(sealed_at)))::float8 FROM {checkpoints}

-- name: now
SELECT pg_catalog.clock_timestamp()

-- name: months_due
-- The months whose every line is about to be older than it may be. Their month is the latest that was named up to them and that is not to come.
SELECT tree, month, size, lines_after, position, compact_range, generation FROM (
    SELECT t.tree, t.month, t.size, t.position, t.compact_range, t.generation, t.closed_at,
        coalesce(lag(t.position) OVER (ORDER BY t.tree), 0) AS lines_after,
        max(t.month) FILTER (WHERE t.month <= pg_catalog.clock_timestamp() AT TIME ZONE 'UTC') OVER (ORDER BY t.tree) AS named
    FROM {sealed_trees} AS t WHERE t.kind = 'trail'
) AS months
WHERE closed_at IS NOT NULL AND named + %(days)s <= (pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')::date
    AND (EXISTS (SELECT FROM {sealed_leaves} AS l WHERE l.tree = months.tree)
        OR NOT EXISTS (SELECT FROM {retention_records} AS r WHERE r.tree = months.tree))
ORDER BY tree

-- name: judge_month
SELECT {judge_month}(%s, %s)

-- name: record_retention
-- One that was signed by a wrong hour, or before a kill, gives way: the month is still there, and was judged again.
INSERT INTO {retention_records} (tree, note) VALUES (%s, %s)
ON CONFLICT (tree) DO UPDATE SET note = EXCLUDED.note, signed_at = EXCLUDED.signed_at

-- name: expire
SELECT {expire_trail}(%s, %s)

-- name: trees
SELECT tree, kind, month, generation, size, position, compact_range FROM {sealed_trees} ORDER BY tree

-- name: leaves
SELECT positions, hashes FROM {sealed_leaves} WHERE tree = %s ORDER BY first_leaf

-- name: exported_notes
-- The last checkpoint of each day and generation, and so the last of all.
SELECT DISTINCT ON (generation, sealed_at::date) note FROM {checkpoints} WHERE tree = %s ORDER BY generation, sealed_at::date, size DESC

-- name: retention
SELECT note FROM {retention_records} WHERE tree = %s

-- name: is_erased
-- In the keys database, where whoever owns the main one has nothing to say: was this ring, or this key of it, destroyed?
SELECT EXISTS (SELECT FROM {erasure_ledger} WHERE subject_id = %(stream)s AND (key_id IS NULL OR key_id = %(key)s))
    OR EXISTS (SELECT FROM {key_rings} WHERE subject_id = %(stream)s AND state = 'erased')

-- name: sealed_at
SELECT max(sealed_at) FROM {checkpoints}

-- name: waiting
-- How many rows no checkpoint vouches for yet, and for how many seconds there has been none: since the first line of all when there never was one.
SELECT
    (SELECT count(*) FROM {events} WHERE notification_id > (SELECT position FROM {sealed_trees} WHERE tree = 1))
    + (SELECT count(*) FROM {journal_statements} WHERE statement > (SELECT position FROM {sealed_trees} WHERE tree = 2))
    + (SELECT count(*) FROM {access_trail} WHERE line > (SELECT coalesce(max(position), 0) FROM {sealed_trees} WHERE kind = 'trail'))
    + (SELECT coalesce(sum(t.size - coalesce((SELECT max(c.size) FROM {checkpoints} AS c WHERE c.tree = t.tree), 0)), 0) FROM {sealed_trees} AS t)::bigint,
    abs(extract(epoch FROM pg_catalog.clock_timestamp() - coalesce(
        (SELECT max(sealed_at) FROM {checkpoints}), (SELECT min(at) FROM {access_trail}), pg_catalog.clock_timestamp())))::float8,
    EXISTS (SELECT FROM {checkpoints})
