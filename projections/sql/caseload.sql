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

-- name: of_accounts
-- A fence is there from the very statement that closes a record: the view need not have caught up. `is_late` marks a record of which the view has
-- not folded everything yet, in the same snapshot as the row: what it says about who may see it is then asked of the record itself.
SELECT c.subject_id, c.account_id, c.core, c.follow_up,
    CASE WHEN (SELECT max(e.notification_id) FROM {events} AS e) <= (SELECT p.notification_id FROM {projection_position} AS p WHERE p.view = 'views')
        THEN false
        ELSE EXISTS (
            SELECT FROM {events} AS e WHERE e.originator_id = c.subject_id
                AND e.notification_id > (SELECT p.notification_id FROM {projection_position} AS p WHERE p.view = 'views')
        )
    END AS is_late
FROM {caseload} AS c
WHERE c.account_id = ANY(%b)
    AND NOT EXISTS (SELECT FROM {erasure_fences} AS f WHERE f.subject_id = c.subject_id AND f.whole AND f.cancelled_at IS NULL);

-- name: shared_with
-- Each row is asked of the record itself afterwards.
SELECT s.subject_id, s.access_id, s.core AS share, c.core, c.follow_up
FROM {caseload_shares} AS s
CROSS JOIN LATERAL (SELECT held.core, held.follow_up FROM {caseload} AS held WHERE held.subject_id = s.subject_id LIMIT 1) AS c
WHERE s.holder = ANY(%b)
    AND NOT EXISTS (SELECT FROM {erasure_fences} AS f WHERE f.subject_id = s.subject_id AND f.whole AND f.cancelled_at IS NULL);

-- name: everybody
-- For an emergency: every record of the structure, whoever asks and whatever is sought, so that no time tells what was found.
SELECT DISTINCT ON (subject_id) subject_id, core FROM {caseload} ORDER BY subject_id;
