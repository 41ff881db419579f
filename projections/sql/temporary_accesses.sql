-- A row for each share and each rights referent's access of a youth whose erasure has not begun. Both columns are under the structure's key.

-- name: store
INSERT INTO {temporary_accesses} (access_id, subject_id, granted)
SELECT * FROM unnest(%b::uuid[], %b::uuid[], %b::bytea[])
ON CONFLICT (access_id) DO NOTHING;

-- name: end
UPDATE {temporary_accesses} AS held SET ended = over.ended
FROM unnest(%b::uuid[], %b::bytea[]) AS over (access_id, ended)
WHERE held.access_id = over.access_id;

-- name: of_open_records
-- Named as the trail names it. A fence is there from the very statement that closes a record: the view need not have caught up.
SELECT t.access_id, t.subject_id, r.reference, t.granted, t.ended
FROM {temporary_accesses} AS t
JOIN {subject_references} AS r ON r.subject_id = t.subject_id
WHERE NOT EXISTS (SELECT FROM {erasure_fences} AS f WHERE f.subject_id = t.subject_id AND f.whole AND f.cancelled_at IS NULL);
