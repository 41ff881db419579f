-- Epochs, the ledger of what was destroyed, and the structure's signing key (design §6).

-- Which provider holds the key that wraps this KEK. A KEK's row goes when its epoch ends: no ring is left under it, or the reference refuses.
ALTER TABLE {schema}.structure_keks ADD COLUMN provider text NOT NULL DEFAULT 'file';
ALTER TABLE {schema}.structure_keks ALTER COLUMN provider DROP DEFAULT;

-- Each epoch's life. `proven_at`: the surviving rings stand in a backup under this epoch, and that backup was restored and opened.
-- `destroyed_at`: the provider and its replicas have destroyed this epoch's key, and with it every copy of a ring that was wrapped under it.
CREATE TABLE {schema}.epochs (
    epoch        integer PRIMARY KEY CHECK (epoch > 0),
    provider     text NOT NULL,
    begun_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    proven_at    timestamptz,
    destroyed_at timestamptz
);
INSERT INTO {schema}.epochs (epoch, provider, begun_at) SELECT epoch, provider, created_at FROM {schema}.structure_keks;

-- One entry a destruction: of a whole ring (no key_id), or of one key of a living ring. `epoch` is the one that wrapped it when it went.
-- The entries bear no number of the sequence's making: numbers follow one another without a hole, and the mark at the provider counts them.
DROP TABLE {schema}.erasure_ledger;
CREATE TABLE {schema}.erasure_ledger (
    number      bigint PRIMARY KEY CHECK (number > 0),
    erasure_id  uuid   NOT NULL UNIQUE,
    subject_id  uuid   NOT NULL,
    key_id      bytea,
    fingerprint bytea  NOT NULL,
    epoch       integer NOT NULL,
    erased_at   timestamptz NOT NULL
);

CREATE TABLE {schema}.signing_keys (
    public     bytea PRIMARY KEY,
    sealed     bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

GRANT SELECT ON {schema}.epochs, {schema}.signing_keys TO {role}_app, {role}_saga;
GRANT UPDATE (fingerprint) ON {schema}.key_rings TO {role}_saga;
GRANT INSERT (epoch, wrapped, provider), DELETE ON {schema}.structure_keks TO {role}_saga;
GRANT INSERT (epoch, provider), UPDATE (proven_at, destroyed_at) ON {schema}.epochs TO {role}_saga;
GRANT SELECT, INSERT ON {schema}.erasure_ledger TO {role}_saga;
GRANT SELECT ON {schema}.erasure_ledger TO {role}_app;
