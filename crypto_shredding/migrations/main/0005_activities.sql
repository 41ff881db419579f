-- The list of what the team did, a row an activity, written by the runner alone. The day stands in clear, for the order; the rest is sealed under
-- the structure's key and bound to its row and its day. No row is about a youth.
CREATE TABLE {schema}.activities (
    activity_id uuid PRIMARY KEY,
    occurred_on date NOT NULL,
    state       bytea NOT NULL
);
CREATE UNIQUE INDEX activities_newest_first ON {schema}.activities (occurred_on, activity_id);

GRANT SELECT ON {schema}.activities TO {role}_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.activities TO {role}_runner;

-- The runner has passed the activities that are there already: the views begin again, as `sillage rebuild` has them do. The position comes first,
-- since whoever leads takes that row first as well.
UPDATE {schema}.projection_position SET notification_id = 0 WHERE view = 'views';
DELETE FROM {schema}.caseload;
DELETE FROM {schema}.figure_contributions;
DELETE FROM {schema}.figures;
DELETE FROM {schema}.activity_figures;
INSERT INTO {schema}.projection_position AS held (view, notification_id)
SELECT 'rebuilding', max(notification_id) FROM {schema}.events HAVING count(*) > 0
ON CONFLICT (view) DO UPDATE SET notification_id = EXCLUDED.notification_id;
