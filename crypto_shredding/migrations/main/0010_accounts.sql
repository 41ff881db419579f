-- Who may sign in, and with what (R130-R140). Secrets are sealed under the structure's key, which is in the other database: whoever takes or
-- writes this one can neither guess a password, nor draw a code, nor plant a passkey. The days of last use are days and nothing finer (R086).
ALTER TABLE {schema}.accounts
    ADD COLUMN sign_in_name text UNIQUE CHECK (sign_in_name ~ '^[a-z0-9][a-z0-9._-]{{1,39}}$'),
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN last_used_on date,
    ADD COLUMN reviewed_on date,
    ADD COLUMN deactivated_at timestamptz,
    -- What changed about one's ways of signing in, until one has seen it: « day kind ».
    ADD COLUMN notices text[] NOT NULL DEFAULT '{{}}';

-- Password and one-time code stand in one row: neither opens anything without the other (R130).
CREATE TABLE {schema}.password_factors (
    account_id     uuid PRIMARY KEY REFERENCES {schema}.accounts,
    password       bytea NOT NULL,
    totp_seed      bytea NOT NULL,
    -- The latest step of 30 seconds whose code was taken: no code is taken twice.
    totp_last_step bigint NOT NULL,
    set_at         timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- 120 random bits each, so a plain SHA-256 is enough (R137). A code replaces the one-time code, never the password.
CREATE TABLE {schema}.recovery_codes (
    account_id uuid  NOT NULL REFERENCES {schema}.accounts,
    digest     bytea NOT NULL CHECK (octet_length(digest) = 32),
    used_at    timestamptz,
    PRIMARY KEY (account_id, digest)
);

CREATE TABLE {schema}.passkeys (
    credential_id bytea PRIMARY KEY,
    account_id    uuid  NOT NULL REFERENCES {schema}.accounts,
    public_key    bytea NOT NULL,
    sign_count    bigint NOT NULL,
    name          text NOT NULL,
    added_on      date NOT NULL DEFAULT CURRENT_DATE,
    last_used_on  date
);
CREATE INDEX passkeys_account_id ON {schema}.passkeys (account_id);

GRANT UPDATE (role, sign_in_name, last_used_on, reviewed_on, deactivated_at, notices) ON {schema}.accounts TO {role}_app;
GRANT SELECT, DELETE, INSERT (account_id, password, totp_seed, totp_last_step), UPDATE (totp_last_step)
    ON {schema}.password_factors TO {role}_app;
GRANT SELECT, DELETE, INSERT (account_id, digest), UPDATE (used_at) ON {schema}.recovery_codes TO {role}_app;
GRANT SELECT, DELETE, INSERT (credential_id, account_id, public_key, sign_count, name), UPDATE (sign_count, last_used_on)
    ON {schema}.passkeys TO {role}_app;
