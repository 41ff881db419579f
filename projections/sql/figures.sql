-- The living youths' contributions, a row a youth, each column under its category's key; and counters, a row a month under the structure's key.

-- name: load_contributions
SELECT subject_id, core, follow_up FROM {figure_contributions} WHERE subject_id = ANY(%b);

-- name: store_contributions
INSERT INTO {figure_contributions} AS held (subject_id, core, follow_up) SELECT * FROM unnest(%b::uuid[], %b::bytea[], %b::bytea[])
ON CONFLICT (subject_id) DO UPDATE SET core = EXCLUDED.core, follow_up = EXCLUDED.follow_up;

-- name: fold_erasures
-- No « ON CONFLICT »: an erasure that is folded twice is a defect, and must stop the runner.
INSERT INTO {folded_erasures} (erasure_id) SELECT * FROM unnest(%b::uuid[]);

-- name: folded_subjects
SELECT f.subject_id FROM {erasure_fences} AS f JOIN {folded_erasures} USING (erasure_id) WHERE f.whole AND f.subject_id = ANY(%b);

-- name: folded_versions
-- Of youths who took back their follow-up and live on: up to which version of their stream all that counted is among the erased.
SELECT f.subject_id, max(f.stream_version) FROM {erasure_fences} AS f JOIN {folded_erasures} USING (erasure_id)
WHERE NOT f.whole AND f.subject_id = ANY(%b) GROUP BY f.subject_id;

-- name: published
-- One statement is one snapshot: a youth who is being folded is in one of the two tables, never in both. What a rebuild has not finished
-- is not shown as if it were all there is.
SELECT 'figures' AS counters, month, state FROM {figures} WHERE month BETWEEN %(first)b AND %(last)b
UNION ALL
SELECT 'erased_figures', month, state FROM {erased_figures} WHERE month BETWEEN %(first)b AND %(last)b
UNION ALL
SELECT 'activity_figures', month, state FROM {activity_figures} WHERE month BETWEEN %(first)b AND %(last)b
UNION ALL
SELECT 'rebuilding', NULL, NULL
FROM {projection_position} AS target JOIN {projection_position} AS reached ON reached.view = 'views'
WHERE target.view = 'rebuilding' AND reached.notification_id < target.notification_id;
