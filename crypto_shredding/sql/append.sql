-- Named statements of the event store. Tables are filled in per structure; parameters are psycopg's.
-- Each one takes the advisory lock that the structure's writers share before it draws a position, and keeps it until its commit is
-- visible: that is what lets a follower know that it missed nothing (see following.py).

-- name: append_one
-- A change of a record: one event, its trail line, its idempotency row. One statement, one commit.
WITH lock AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(%(lock)b)),
known AS (
    INSERT INTO {idempotency} (account, key_digest, stream, version)
    SELECT %(account)b, %(key)b, %(stream)b, %(version)b FROM lock WHERE %(key)b::bytea IS NOT NULL
),
line AS (
    INSERT INTO {access_trail} (account, role, purpose, operation, outcome, reference, categories, records, request)
    SELECT %(account)b, %(role)b, %(purpose)b, %(operation)b, %(outcome)b,
        coalesce((SELECT reference FROM {subject_references} WHERE subject_id = %(subject)b), %(about)b),
        string_to_array(%(categories)b, ','), %(records)b, %(request)b
    FROM lock
)
INSERT INTO {events} (originator_id, originator_version, state)
SELECT %(stream)b, %(version)b, %(state)b FROM lock
RETURNING notification_id

-- name: append_opening
-- The same for a stream's first event of a youth: the trail reference is drawn in the same statement.
WITH lock AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(%(lock)b)),
known AS (
    INSERT INTO {idempotency} (account, key_digest, stream, version)
    SELECT %(account)b, %(key)b, %(stream)b, %(version)b FROM lock WHERE %(key)b::bytea IS NOT NULL
),
named AS (
    INSERT INTO {subject_references} (subject_id) SELECT %(subject)b FROM lock RETURNING reference
),
line AS (
    INSERT INTO {access_trail} (account, role, purpose, operation, outcome, reference, categories, records, request)
    SELECT %(account)b, %(role)b, %(purpose)b, %(operation)b, %(outcome)b, named.reference, string_to_array(%(categories)b, ','), %(records)b, %(request)b
    FROM lock, named
)
INSERT INTO {events} (originator_id, originator_version, state)
SELECT stream, version, state
FROM lock, unnest(%(streams)b::uuid[], %(versions)b::bigint[], %(states)b::bytea[]) AS event (stream, version, state)
RETURNING notification_id

-- name: append_many
-- Several events at once, of one stream or of two.
WITH lock AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(%(lock)b)),
known AS (
    INSERT INTO {idempotency} (account, key_digest, stream, version)
    SELECT %(account)b, %(key)b, %(stream)b, %(version)b FROM lock WHERE %(key)b::bytea IS NOT NULL
),
line AS (
    INSERT INTO {access_trail} (account, role, purpose, operation, outcome, reference, categories, records, request)
    SELECT %(account)b, %(role)b, %(purpose)b, %(operation)b, %(outcome)b,
        coalesce((SELECT reference FROM {subject_references} WHERE subject_id = %(subject)b), %(about)b),
        string_to_array(%(categories)b, ','), %(records)b, %(request)b
    FROM lock
)
INSERT INTO {events} (originator_id, originator_version, state)
SELECT stream, version, state
FROM lock, unnest(%(streams)b::uuid[], %(versions)b::bigint[], %(states)b::bytea[]) AS event (stream, version, state)
RETURNING notification_id

-- name: append_fence
-- The closing of a youth's stream: the fence stands in the same commit as the event that says so.
WITH lock AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(%(lock)b)),
known AS (
    INSERT INTO {idempotency} (account, key_digest, stream, version)
    SELECT %(account)b, %(key)b, %(stream)b, %(version)b FROM lock WHERE %(key)b::bytea IS NOT NULL
),
fence AS (
    INSERT INTO {erasure_fences} (subject_id, erasure_id, stream_version, whole)
    SELECT %(subject)b, %(erasure)b, %(fence_version)b, %(whole)b FROM lock
),
line AS (
    INSERT INTO {access_trail} (account, role, purpose, operation, outcome, reference, categories, records, request)
    SELECT %(account)b, %(role)b, %(purpose)b, %(operation)b, %(outcome)b,
        (SELECT reference FROM {subject_references} WHERE subject_id = %(subject)b),
        string_to_array(%(categories)b, ','), %(records)b, %(request)b
    FROM lock
)
INSERT INTO {events} (originator_id, originator_version, state)
SELECT stream, version, state
FROM lock, unnest(%(streams)b::uuid[], %(versions)b::bigint[], %(states)b::bytea[]) AS event (stream, version, state)
RETURNING notification_id

-- name: write_line
-- What is about to be disclosed: one line a record shown, or one line when none is named. Committed before anything is disclosed.
WITH lock AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(%(lock)b))
INSERT INTO {access_trail} (account, role, purpose, operation, outcome, reference, categories, records, request)
SELECT %(account)b, %(role)b, %(purpose)b, %(operation)b, %(outcome)b, coalesce(r.reference, %(about)b), string_to_array(%(categories)b, ','), %(records)b, %(request)b
FROM lock, unnest(%(subjects)b::uuid[]) AS shown (subject_id)
LEFT JOIN {subject_references} AS r USING (subject_id)
-- Whoever had read before a fence that stands by now reads again before anything is disclosed.
RETURNING coalesce(
    (SELECT max(f.stream_version) FROM {erasure_fences} AS f JOIN {subject_references} AS named USING (subject_id)
     WHERE named.reference = access_trail.reference AND f.cancelled_at IS NULL),
    0
)

-- name: take_shared_lock
SELECT pg_advisory_xact_lock_shared(%(lock)b)

-- name: remember_import
INSERT INTO {imports} (file_digest, account) VALUES (%(digest)s, %(account)s)

-- name: name_subjects
INSERT INTO {subject_references} (subject_id) SELECT unnest(%(subjects)b::uuid[])

-- name: copy_events
COPY {events} (originator_id, originator_version, state) FROM STDIN (FORMAT BINARY)

-- name: replayed
SELECT stream, version FROM {idempotency} WHERE account = %s AND key_digest = %s

-- name: append_reopening
-- The cancelling of an erasure: the fence goes in the same commit as the events that say so. Whoever comes too late finds the version taken.
WITH lock AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(%(lock)b)),
known AS (
    INSERT INTO {idempotency} (account, key_digest, stream, version)
    SELECT %(account)b, %(key)b, %(stream)b, %(version)b FROM lock WHERE %(key)b::bytea IS NOT NULL
),
fence AS (
    UPDATE {erasure_fences} SET cancelled_at = clock_timestamp() WHERE erasure_id = %(erasure)b
),
line AS (
    INSERT INTO {access_trail} (account, role, purpose, operation, outcome, reference, categories, records, request)
    SELECT %(account)b, %(role)b, %(purpose)b, %(operation)b, %(outcome)b,
        (SELECT reference FROM {subject_references} WHERE subject_id = %(subject)b),
        string_to_array(%(categories)b, ','), %(records)b, %(request)b
    FROM lock
)
INSERT INTO {events} (originator_id, originator_version, state)
SELECT stream, version, state
FROM lock, unnest(%(streams)b::uuid[], %(versions)b::bigint[], %(states)b::bytea[]) AS event (stream, version, state)
RETURNING notification_id

-- name: fence_of
SELECT erasure_id FROM {erasure_fences} WHERE subject_id = %b AND whole AND cancelled_at IS NULL

-- name: subject_of_reference
SELECT subject_id FROM {subject_references} WHERE reference = %b

-- name: erasures
-- For the desk of the DPO: every erasure that was asked for, the latest first.
SELECT erasure_id FROM {erasure_fences}
WHERE %(before)b::timestamptz IS NULL OR closed_at < %(before)b
ORDER BY closed_at DESC
LIMIT %(limit)b

-- name: imported
SELECT 1 FROM {imports} WHERE file_digest = %s

-- name: highest
SELECT max(notification_id) FROM {events}

-- name: select_after
-- Of a purged ciphertext, the id of the key that had sealed it stands in its place.
SELECT notification_id, originator_id, originator_version, coalesce(state, purged_key_id)
FROM {events}
WHERE notification_id > %(after)b AND notification_id <= %(until)b
ORDER BY notification_id
LIMIT %(limit)b

-- name: select_stream
SELECT originator_version, coalesce(state, purged_key_id)
FROM {events}
WHERE originator_id = %(stream)b AND originator_version > %(gt)b AND originator_version <= %(lte)b
ORDER BY originator_version

-- name: select_first
SELECT originator_id, state
FROM {events}
WHERE originator_version = 1 AND originator_id > %(after)b AND state IS NOT NULL
ORDER BY originator_id
LIMIT %(limit)b

-- name: lock_holders
-- The writers at work at this moment, each by its virtual transaction, which is never used twice.
SELECT virtualtransaction
FROM pg_catalog.pg_locks
WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
    AND classid = %(high)s AND objid = %(low)s
