-- One structure: its events, its trail, its views. {role}_app, {role}_runner and {role}_saga are roles nobody logs in with;
-- {role}_purger owns the one function that nulls erased ciphertexts.

-- The events. No topic, no clock, no category stands in clear: all of that is inside the ciphertext (R071).
CREATE TABLE {schema}.events (
    originator_id      uuid   NOT NULL,
    originator_version bigint NOT NULL CHECK (originator_version > 0),
    notification_id    bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    state              bytea,
    purged_digest      bytea,
    CONSTRAINT events_pkey PRIMARY KEY (originator_id, originator_version),
    CONSTRAINT events_purged CHECK ((state IS NULL) = (purged_digest IS NOT NULL))
);
CREATE UNIQUE INDEX events_notification_id ON {schema}.events (notification_id);
-- Ciphertext does not compress: trying costs time at every append.
ALTER TABLE {schema}.events ALTER COLUMN state SET STORAGE EXTERNAL;

-- What makes a change happen once. No digest of a body: it could be guessed.
CREATE TABLE {schema}.idempotency (
    account    uuid   NOT NULL,
    key_digest bytea  NOT NULL,
    stream     uuid   NOT NULL,
    version    bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT idempotency_pkey PRIMARY KEY (account, key_digest)
);

-- The only link between a youth's identifier and the reference that the trail knows. Erasure deletes the row.
CREATE TABLE {schema}.subject_references (
    subject_id uuid PRIMARY KEY,
    reference  uuid NOT NULL UNIQUE DEFAULT gen_random_uuid()
);

CREATE TABLE {schema}.access_trail (
    line       bigint NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    account    uuid NOT NULL,
    role       text NOT NULL,
    purpose    text NOT NULL,
    operation  text NOT NULL,
    outcome    text NOT NULL,
    reference  uuid,
    categories text[] NOT NULL,
    records    integer NOT NULL,
    request    uuid NOT NULL
);
CREATE INDEX access_trail_reference ON {schema}.access_trail (reference, line) WHERE reference IS NOT NULL;
CREATE INDEX access_trail_account ON {schema}.access_trail (account, line);

-- A fence is written in the same statement as the closing event: from then on nobody reads or writes that youth.
CREATE TABLE {schema}.erasure_fences (
    subject_id     uuid PRIMARY KEY,
    erasure_id     uuid NOT NULL UNIQUE,
    stream_version bigint NOT NULL,
    closed_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    effective_at   timestamptz,
    purged_at      timestamptz
);

CREATE TABLE {schema}.imports (
    file_digest bytea PRIMARY KEY,
    account     uuid NOT NULL,
    imported_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE {schema}.accounts (
    account_id   uuid PRIMARY KEY,
    role         text NOT NULL,
    display_name text NOT NULL,
    initials     text,
    subject_id   uuid UNIQUE,
    -- The receipt of a youth whose record was erased: it leads to no content.
    erasure_id   uuid
);

-- Views: written by the runner alone, thrown away and rebuilt at will.
CREATE TABLE {schema}.projection_position (
    view            text PRIMARY KEY,
    notification_id bigint NOT NULL
);
CREATE TABLE {schema}.caseload (
    account_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    core       bytea NOT NULL,
    follow_up  bytea,
    PRIMARY KEY (account_id, subject_id)
);
CREATE INDEX caseload_subject_id ON {schema}.caseload (subject_id);
CREATE TABLE {schema}.figure_contributions (
    subject_id uuid PRIMARY KEY,
    core       bytea NOT NULL
);
CREATE TABLE {schema}.figures (
    month date PRIMARY KEY,
    state bytea NOT NULL
);
CREATE TABLE {schema}.activity_figures (
    month date PRIMARY KEY,
    state bytea NOT NULL
);

-- Source data, not views: what erased youths had contributed to periods still open, and which erasures were folded in.
CREATE TABLE {schema}.erased_figures (
    month date PRIMARY KEY,
    state bytea NOT NULL
);
CREATE TABLE {schema}.folded_erasures (
    erasure_id uuid PRIMARY KEY
);

-- Nulls a batch of a closed youth's ciphertexts and keeps their digests. It checks the fence itself, so that nobody who may call it can
-- null anything else. Executable by the saga alone.
CREATE FUNCTION {schema}.null_erased_ciphertexts(stream uuid, batch integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH doomed AS (
        SELECT e.originator_id, e.originator_version
        FROM {schema}.events AS e
        JOIN {schema}.erasure_fences AS f ON f.subject_id = e.originator_id AND f.effective_at IS NOT NULL
        WHERE e.originator_id = stream AND e.state IS NOT NULL
        ORDER BY e.originator_version
        LIMIT batch
    ), nulled AS (
        UPDATE {schema}.events AS e
        SET purged_digest = sha256(e.state), state = NULL
        FROM doomed AS d
        WHERE e.originator_id = d.originator_id AND e.originator_version = d.originator_version
        RETURNING 1
    )
    SELECT count(*)::integer FROM nulled;
END;

REVOKE ALL ON FUNCTION {schema}.null_erased_ciphertexts(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.null_erased_ciphertexts(uuid, integer) TO {role}_saga;

GRANT USAGE ON SCHEMA {schema} TO {role}_app, {role}_runner, {role}_saga, {role}_purger;

GRANT SELECT, INSERT ON {schema}.events, {schema}.idempotency, {schema}.access_trail, {schema}.imports TO {role}_app;
GRANT SELECT, INSERT ON {schema}.subject_references, {schema}.erasure_fences, {schema}.accounts TO {role}_app;
GRANT SELECT ON {schema}.projection_position, {schema}.caseload, {schema}.figure_contributions, {schema}.figures,
    {schema}.activity_figures, {schema}.erased_figures TO {role}_app;

GRANT SELECT ON {schema}.events, {schema}.erasure_fences, {schema}.accounts TO {role}_runner;
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.projection_position, {schema}.caseload, {schema}.figure_contributions,
    {schema}.figures, {schema}.activity_figures, {schema}.erased_figures, {schema}.folded_erasures TO {role}_runner;

GRANT SELECT, INSERT ON {schema}.events, {schema}.idempotency, {schema}.access_trail, {schema}.erasure_fences TO {role}_saga;
GRANT SELECT, DELETE ON {schema}.subject_references TO {role}_saga;
GRANT UPDATE (effective_at, purged_at) ON {schema}.erasure_fences TO {role}_saga;
GRANT SELECT, UPDATE (subject_id, erasure_id) ON {schema}.accounts TO {role}_saga;
GRANT SELECT ON {schema}.projection_position TO {role}_saga;

GRANT SELECT (originator_id, originator_version, state), UPDATE (state, purged_digest) ON {schema}.events TO {role}_purger;
GRANT SELECT ON {schema}.erasure_fences TO {role}_purger;
ALTER FUNCTION {schema}.null_erased_ciphertexts(uuid, integer) OWNER TO {role}_purger;
