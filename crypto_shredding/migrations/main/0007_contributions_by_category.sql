-- What a youth contributed because of their contacts goes with the key of their follow-up, out of old copies too: a column of its own, under that
-- key. `core` holds what the opening says, and nothing else.

-- The rows that are there hold both under the key of the core: the views begin again, as `sillage rebuild` has them do. What was folded stays. The
-- position comes first, since whoever leads takes that row first as well.
UPDATE {schema}.projection_position SET notification_id = 0 WHERE view = 'views';
ALTER TABLE {schema}.figure_contributions ADD COLUMN follow_up bytea;
DELETE FROM {schema}.caseload;
DELETE FROM {schema}.figure_contributions;
DELETE FROM {schema}.figures;
DELETE FROM {schema}.activity_figures;
DELETE FROM {schema}.activities;
INSERT INTO {schema}.projection_position AS held (view, notification_id)
SELECT 'rebuilding', max(notification_id) FROM {schema}.events HAVING count(*) > 0
ON CONFLICT (view) DO UPDATE SET notification_id = EXCLUDED.notification_id;
