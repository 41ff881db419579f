-- A row for each referent of each youth. Both columns are ciphertext, each under its category's key.

-- name: load
SELECT subject_id, account_id, core, follow_up FROM {caseload} WHERE subject_id = ANY(%b);

-- name: store
INSERT INTO {caseload} AS held (account_id, subject_id, core, follow_up)
SELECT * FROM unnest(%b::uuid[], %b::uuid[], %b::bytea[], %b::bytea[])
ON CONFLICT (account_id, subject_id) DO UPDATE SET core = EXCLUDED.core, follow_up = EXCLUDED.follow_up;

-- name: drop
DELETE FROM {caseload} AS held USING unnest(%b::uuid[], %b::uuid[]) AS gone (account_id, subject_id)
WHERE held.account_id = gone.account_id AND held.subject_id = gone.subject_id;

-- name: closed
SELECT subject_id FROM {erasure_fences} WHERE subject_id = ANY(%b) AND whole AND cancelled_at IS NULL;

-- name: of_account
-- A fence is there from the very statement that closes a record: the view need not have caught up.
SELECT c.subject_id, c.core, c.follow_up FROM {caseload} AS c
WHERE c.account_id = %b AND NOT EXISTS (SELECT FROM {erasure_fences} AS f WHERE f.subject_id = c.subject_id AND f.whole AND f.cancelled_at IS NULL);
