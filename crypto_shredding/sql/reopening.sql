-- Named statements of the lock after a restore, in the main database.

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

-- name: is_fenced
SELECT count(*) FROM {erasure_fences}
WHERE cancelled_at IS NULL AND (erasure_id = %(erasure)s OR (subject_id = %(subject)s AND whole AND %(whole)s))

-- name: last_version
SELECT max(originator_version) FROM {events} WHERE originator_id = %s

-- name: fence
INSERT INTO {erasure_fences} (subject_id, erasure_id, stream_version, whole) VALUES (%s, %s, %s, true)

-- name: together
-- One structure is opened at a time, by one process: the others wait, and find it open.
SELECT pg_advisory_lock(%s, %s)

-- name: apart
SELECT pg_advisory_unlock(%s, %s)
