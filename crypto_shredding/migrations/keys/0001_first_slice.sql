-- One structure's keys, in a database of their own: no event, no view, no foreign key to them.

-- The KEK of each epoch, wrapped by the provider's key of that structure and epoch (design §6).
CREATE TABLE {schema}.structure_keks (
    epoch      integer PRIMARY KEY CHECK (epoch > 0),
    wrapped    bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One row a subject. A missing row means « unknown » and never « erased ».
CREATE TABLE {schema}.key_rings (
    subject_id  uuid PRIMARY KEY,
    epoch       integer REFERENCES {schema}.structure_keks,
    slots       bytea,
    fingerprint bytea NOT NULL,
    state       text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'erased')),
    erased_at   timestamptz,
    CHECK ((state = 'erased') = (slots IS NULL AND epoch IS NULL AND erased_at IS NOT NULL))
);
CREATE INDEX key_rings_epoch ON {schema}.key_rings (epoch) WHERE state = 'active';

-- What was destroyed, to be destroyed again after a restore (R073).
CREATE TABLE {schema}.erasure_ledger (
    subject_id  uuid PRIMARY KEY,
    erasure_id  uuid NOT NULL,
    fingerprint bytea NOT NULL,
    erased_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

GRANT USAGE ON SCHEMA {schema} TO {role}_app, {role}_runner, {role}_saga;
GRANT SELECT ON {schema}.structure_keks TO {role}_app, {role}_runner, {role}_saga;
GRANT SELECT, INSERT ON {schema}.key_rings TO {role}_app;
GRANT SELECT ON {schema}.key_rings TO {role}_runner;
GRANT SELECT, UPDATE (epoch, slots, state, erased_at) ON {schema}.key_rings TO {role}_saga;
GRANT SELECT, INSERT ON {schema}.erasure_ledger TO {role}_saga;
