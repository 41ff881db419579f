-- What is shared, for the lists of those it is shared with: a row a living share, written by the runner alone. `holder` is an account or a team; to
-- which day and which categories is sealed under the core's key. Nobody's right follows from it: the record itself decides.
CREATE TABLE {schema}.caseload_shares (
    access_id  uuid PRIMARY KEY,
    holder     uuid NOT NULL,
    subject_id uuid NOT NULL,
    core       bytea NOT NULL
);
CREATE INDEX caseload_shares_holder ON {schema}.caseload_shares (holder);
CREATE INDEX caseload_shares_subject_id ON {schema}.caseload_shares (subject_id);

GRANT SELECT ON {schema}.caseload_shares TO {role}_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.caseload_shares TO {role}_runner;
-- What an erasure removes is counted before it goes, and looked for once more before a key is destroyed.
GRANT SELECT (subject_id) ON {schema}.caseload_shares TO {role}_saga;
