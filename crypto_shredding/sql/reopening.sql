-- Named statements of the lock after a restore, in the main database (`entries` in both).

-- name: locked
SELECT count(*) FROM {restores} WHERE reopened_at IS NULL

-- name: lock
INSERT INTO {restores} (kind) VALUES ('copy')

-- name: mended_up_to
SELECT coalesce(max(position), 0) FROM {restores} WHERE reopened_at IS NOT NULL

-- name: reopen
UPDATE {restores} SET reopened_at = clock_timestamp(), position = %s WHERE reopened_at IS NULL

-- name: highest_position
SELECT coalesce(max(notification_id), 0) FROM {events}

-- name: ledger
SELECT number, erasure_id, subject_id, key_id, fingerprint, epoch, erased_at FROM {erasure_ledger} ORDER BY number

-- name: entries
SELECT count(*) FROM {erasure_ledger}

-- name: fences
-- The living fence of this erasure, or else the record's own: there is one a record.
SELECT erasure_id, effective_at IS NOT NULL FROM {erasure_fences}
WHERE cancelled_at IS NULL AND (erasure_id = %(erasure)s OR (subject_id = %(subject)s AND whole AND %(whole)s))
ORDER BY erasure_id <> %(erasure)s

-- name: behind_another
SELECT count(*) FROM {erasure_fences} AS f
JOIN {erasure_fences} AS w ON w.subject_id = f.subject_id AND w.whole AND w.cancelled_at IS NULL AND w.effective_at IS NULL
WHERE f.erasure_id = %s AND NOT f.whole

-- name: waiting
-- What is closed and has not begun, whose cancellation or hold may have been lost with what came after the backup.
SELECT count(*) FROM {erasure_fences} WHERE cancelled_at IS NULL AND begun_at IS NULL AND effective_at IS NULL

-- name: last_version
SELECT max(originator_version) FROM {events} WHERE originator_id = %s

-- name: fence
INSERT INTO {erasure_fences} (subject_id, erasure_id, stream_version, whole) VALUES (%s, %s, %s, %s)

-- name: together
-- One structure is opened at a time, by one process: the others wait, and find it open.
SELECT pg_advisory_lock(%s, %s)

-- name: apart
SELECT pg_advisory_unlock(%s, %s)
