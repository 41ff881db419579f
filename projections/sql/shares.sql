-- A row for each share that was not ended. Whether its last day has come is for whoever reads it to compare with the clock.

-- name: store
INSERT INTO {caseload_shares} (access_id, holder, subject_id, core)
SELECT * FROM unnest(%b::uuid[], %b::uuid[], %b::uuid[], %b::bytea[])
ON CONFLICT (access_id) DO NOTHING;

-- name: drop
DELETE FROM {caseload_shares} WHERE access_id = ANY(%b);
