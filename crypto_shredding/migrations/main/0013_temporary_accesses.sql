-- For the DPO, who needs no youth's key: which shares and rights referents' accesses there are, to which day, with whom, for which categories. Dates and
-- references under the structure's key, without a word of content; nobody's right follows from it. The runner writes the rows, and takes a youth's
-- away when their erasure begins.
CREATE TABLE {schema}.temporary_accesses (
    access_id  uuid PRIMARY KEY,
    subject_id uuid NOT NULL,
    granted    bytea NOT NULL,
    ended      bytea
);
CREATE INDEX temporary_accesses_subject_id ON {schema}.temporary_accesses (subject_id);

GRANT SELECT ON {schema}.temporary_accesses TO {role}_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.temporary_accesses TO {role}_runner;
-- What an erasure removes is counted before it goes, and looked for once more before a key is destroyed.
GRANT SELECT (subject_id) ON {schema}.temporary_accesses TO {role}_saga;

-- What was shared before is listed too: the views begin again, as `sillage rebuild` has them do. What was folded stays. The position comes first,
-- since whoever leads takes that row first as well.
UPDATE {schema}.projection_position SET notification_id = 0 WHERE view = 'views';
DELETE FROM {schema}.caseload;
DELETE FROM {schema}.caseload_shares;
DELETE FROM {schema}.figure_contributions;
DELETE FROM {schema}.figures;
DELETE FROM {schema}.activity_figures;
DELETE FROM {schema}.activities;
INSERT INTO {schema}.projection_position AS held (view, notification_id)
SELECT 'rebuilding', max(notification_id) FROM {schema}.events HAVING count(*) > 0
ON CONFLICT (view) DO UPDATE SET notification_id = EXCLUDED.notification_id;
