-- What an import shows before anything is written. File, choices, summary and outcome are sealed under a key that only their author's session
-- can derive: when the session ends, what is left here opens for nobody, and is swept. In clear: numbers of steps, and nothing of anybody.
CREATE TABLE {schema}.import_previews (
    preview_id  uuid PRIMARY KEY,
    account_id  uuid NOT NULL,
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'written')),
    file        bytea,
    choices     bytea,
    summary     bytea,
    outcome     bytea,
    -- The digest that tells, after a kill, whether the import was written (see imports). Set when the import starts.
    file_digest bytea,
    done        integer NOT NULL DEFAULT 0,
    total       integer NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at  timestamptz NOT NULL
);
CREATE INDEX import_previews_account_id ON {schema}.import_previews (account_id, created_at);
CREATE INDEX import_previews_expires_at ON {schema}.import_previews (expires_at);
-- Ciphertext does not compress.
ALTER TABLE {schema}.import_previews ALTER COLUMN file SET STORAGE EXTERNAL;
ALTER TABLE {schema}.import_previews ALTER COLUMN summary SET STORAGE EXTERNAL;

GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.import_previews TO {role}_app;
