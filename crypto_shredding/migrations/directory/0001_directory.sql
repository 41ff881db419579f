-- Which structures there are, and who is signed in. No content, no youth.
CREATE TABLE {schema}.structures (
    structure_id uuid PRIMARY KEY,
    code         text NOT NULL UNIQUE CHECK (code ~ '^[a-z][a-z0-9_]{{1,30}}$'),
    name         text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- A session is known by the SHA-256 of its token alone (R138): who reads this table cannot sign in with it.
CREATE TABLE {schema}.sessions (
    token_digest bytea PRIMARY KEY,
    structure_id uuid NOT NULL REFERENCES {schema}.structures,
    account_id   uuid NOT NULL,
    purpose      text NOT NULL,
    opened_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at   timestamptz NOT NULL
);
CREATE INDEX sessions_account_id ON {schema}.sessions (account_id);

GRANT USAGE ON SCHEMA {schema} TO sillage_app, sillage_runner, sillage_saga;
GRANT SELECT ON {schema}.structures TO sillage_app, sillage_runner, sillage_saga;
GRANT SELECT, INSERT, DELETE ON {schema}.sessions TO sillage_app;
GRANT SELECT (account_id), DELETE ON {schema}.sessions TO sillage_saga;
