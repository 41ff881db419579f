-- The list of activities, a row an activity, sealed under the structure's key.

-- name: store
-- No « ON CONFLICT »: an activity has one event, and one that is applied twice is a defect that must stop the runner.
INSERT INTO {activities} (activity_id, occurred_on, state) SELECT * FROM unnest(%b::uuid[], %b::date[], %b::bytea[]);

-- name: page
-- One statement is one snapshot. What a rebuild has not finished is not shown as if it were all there is: then the one row has no activity.
WITH unfinished AS (
    SELECT FROM {projection_position} AS target JOIN {projection_position} AS reached ON reached.view = 'views'
    WHERE target.view = 'rebuilding' AND reached.notification_id < target.notification_id
)
(
    SELECT activity_id, occurred_on, state FROM {activities}
    WHERE NOT EXISTS (SELECT FROM unfinished)
        AND (%(after)b::uuid IS NULL
            OR (occurred_on, activity_id) < (SELECT last.occurred_on, last.activity_id FROM {activities} AS last WHERE last.activity_id = %(after)b))
    ORDER BY occurred_on DESC, activity_id DESC
    LIMIT %(limit)b
)
UNION ALL
SELECT NULL, NULL, NULL FROM unfinished;
