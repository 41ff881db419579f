-- Named statements of the erasure saga.

-- name: unfinished
SELECT subject_id FROM {erasure_fences} WHERE purged_at IS NULL ORDER BY closed_at

-- name: fence
SELECT f.erasure_id, f.stream_version, f.effective_at, f.purged_at,
    extract(epoch FROM clock_timestamp() - f.closed_at)::float8 AS age,
    e.notification_id
FROM {erasure_fences} AS f
JOIN {events} AS e ON e.originator_id = f.subject_id AND e.originator_version = f.stream_version
WHERE f.subject_id = %s

-- name: views_behind
-- True while the views have not passed the fence, or when none was ever built. All views share the one position; the other row of the table
-- is where the last rebuild had to come, which no fence waits for.
SELECT coalesce(max(notification_id), 0) < %s FROM {projection_position} WHERE view = 'views'

-- name: forget_subject
WITH link AS (
    UPDATE {accounts} SET subject_id = NULL, erasure_id = %(erasure)s WHERE subject_id = %(subject)s
)
DELETE FROM {subject_references} WHERE subject_id = %(subject)s

-- name: mark_effective
UPDATE {erasure_fences} SET effective_at = clock_timestamp() WHERE subject_id = %s AND effective_at IS NULL

-- name: null_batch
SELECT {null_erased_ciphertexts}(%s, %s)

-- name: purged_events
SELECT count(*) FROM {events} WHERE originator_id = %s AND state IS NULL

-- name: mark_purged
UPDATE {erasure_fences} SET purged_at = clock_timestamp() WHERE subject_id = %s AND purged_at IS NULL
