-- Named statements of the erasure saga, in the main database.

-- name: unfinished
SELECT erasure_id FROM {erasure_fences} WHERE purged_at IS NULL AND cancelled_at IS NULL ORDER BY closed_at

-- name: fence
SELECT f.subject_id, f.stream_version, f.whole, f.effective_at, f.purged_at,
    extract(epoch FROM clock_timestamp() - f.closed_at)::float8 AS age,
    EXISTS (
        SELECT FROM {erasure_fences} AS w
        WHERE w.subject_id = f.subject_id AND w.whole AND w.cancelled_at IS NULL AND w.effective_at IS NULL AND NOT f.whole
    ) AS behind_another,
    -- A backup may have brought back a closing that was cancelled, or held, after it was taken: everybody gets their time again.
    (SELECT extract(epoch FROM clock_timestamp() - max(r.reopened_at))::float8 FROM {restores} AS r
     WHERE r.kind <> 'keys' AND r.reopened_at > f.closed_at) AS reopened_age
FROM {erasure_fences} AS f
WHERE f.erasure_id = %s AND f.cancelled_at IS NULL

-- name: position
SELECT notification_id FROM {events} WHERE originator_id = %s AND originator_version = %s

-- name: views_behind
-- True while the views have not passed the position, or when none was ever built. All views share the one position; the other row of the table
-- is where the last rebuild had to come, which no fence waits for.
SELECT coalesce(max(notification_id), 0) < %s FROM {projection_position} WHERE view = 'views'

-- name: not_recalled
-- How often the record was shown to somebody else than the youth, and how often it was handed out.
SELECT count(*) FILTER (WHERE t.operation = 'record.read' AND t.role <> 'youth'), count(*) FILTER (WHERE t.operation = ANY(%(exports)s))
FROM {access_trail} AS t JOIN {subject_references} AS r USING (reference)
WHERE r.subject_id = %(subject)s AND t.outcome = 'granted'

-- name: forget_subject
WITH link AS (
    UPDATE {accounts} SET subject_id = NULL, erasure_id = %(erasure)s, display_name = 'Dossier effacé' WHERE subject_id = %(subject)s
)
DELETE FROM {subject_references} WHERE subject_id = %(subject)s

-- name: mark_begun
UPDATE {erasure_fences} SET begun_at = clock_timestamp() WHERE erasure_id = %s AND begun_at IS NULL

-- name: purge_previews
-- What was written is in the events; what still waits belongs to its author's session, opens nowhere else, and ends with it.
DELETE FROM {import_previews} WHERE state = 'written'

-- name: mark_effective
UPDATE {erasure_fences} SET effective_at = clock_timestamp(), key_id = %(key_id)s WHERE erasure_id = %(erasure)s AND effective_at IS NULL

-- name: null_batch
-- Under the lock that writers share: the notary follows what is stated there as it follows events.
WITH lock AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(%s))
SELECT {null_erased_ciphertexts}(%s, %s) FROM lock

-- name: purged_events
SELECT count(*) FROM {erasure_fences} AS f JOIN {events} AS e ON e.originator_id = f.subject_id
WHERE f.erasure_id = %s AND e.state IS NULL AND (f.whole OR e.purged_key_id = f.key_id)

-- name: mark_purged
UPDATE {erasure_fences} SET purged_at = clock_timestamp() WHERE erasure_id = %s AND purged_at IS NULL

-- name: not_yet_irreversible
-- With the erasure whose entry in the ledger says what became of the key: of a category that went with the whole ring, the ring's.
SELECT f.erasure_id, coalesce(own.erasure_id, ring.erasure_id, f.erasure_id)
FROM {erasure_fences} AS f
LEFT JOIN {erasure_ledger} AS own USING (erasure_id)
LEFT JOIN {erasure_ledger} AS ring ON ring.subject_id = f.subject_id AND ring.key_id IS NULL
WHERE f.purged_at IS NOT NULL AND f.irreversible_at IS NULL
ORDER BY f.purged_at

-- name: mark_irreversible
UPDATE {erasure_fences} SET irreversible_at = clock_timestamp() WHERE erasure_id = %s AND irreversible_at IS NULL

-- name: ledger_numbers
SELECT number FROM {erasure_ledger}

-- name: enter
INSERT INTO {erasure_ledger} (number, erasure_id, subject_id, key_id, fingerprint, epoch, erased_at) VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING

-- name: ledger
SELECT number, erasure_id, subject_id, key_id, fingerprint, epoch, erased_at FROM {erasure_ledger} ORDER BY number

-- name: highest_position
SELECT coalesce(max(notification_id), 0) FROM {events}
