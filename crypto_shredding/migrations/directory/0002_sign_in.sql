-- What a session needs to end by itself, to be listed and to be proven anew (R138, R139).
ALTER TABLE {schema}.sessions
    ADD COLUMN session_id uuid NOT NULL DEFAULT gen_random_uuid(),
    -- Refreshed once a minute at most: looking at a page costs no commit.
    ADD COLUMN seen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN proven_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- A family of devices (« téléphone », « ordinateur »), and nothing that tells one from another.
    ADD COLUMN device     text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX sessions_session_id ON {schema}.sessions (session_id);
GRANT UPDATE (token_digest, seen_at, proven_at, purpose) ON {schema}.sessions TO sillage_app;

-- One living invitation an account; its code is known by its digest alone.
CREATE TABLE {schema}.invitations (
    code_digest  bytea PRIMARY KEY,
    structure_id uuid NOT NULL REFERENCES {schema}.structures,
    account_id   uuid NOT NULL,
    expires_at   timestamptz NOT NULL,
    UNIQUE (structure_id, account_id)
);

-- What an authenticator was asked to sign: for a few minutes, once, for one use and one holder.
CREATE TABLE {schema}.challenges (
    digest     bytea PRIMARY KEY,
    purpose    text NOT NULL,
    holder     uuid,
    expires_at timestamptz NOT NULL
);

-- Failed attempts to sign in, by digests of what was typed and of where it came from, whether or not such an account exists.
CREATE TABLE {schema}.sign_in_failures (
    subject  bytea PRIMARY KEY,
    failures integer NOT NULL,
    last_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX sign_in_failures_last_at ON {schema}.sign_in_failures (last_at);

CREATE TABLE {schema}.api_tokens (
    token_digest bytea PRIMARY KEY,
    token_id     uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    structure_id uuid NOT NULL REFERENCES {schema}.structures,
    account_id   uuid NOT NULL,
    name         text NOT NULL,
    purpose      text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at   timestamptz NOT NULL,
    last_used_on date
);
CREATE INDEX api_tokens_account_id ON {schema}.api_tokens (account_id);

GRANT SELECT, INSERT, DELETE ON {schema}.invitations, {schema}.challenges TO sillage_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.sign_in_failures TO sillage_app;
GRANT SELECT, DELETE, INSERT (token_digest, structure_id, account_id, name, purpose, expires_at), UPDATE (last_used_on)
    ON {schema}.api_tokens TO sillage_app;
