-- Named queries of backup and restore: what a schema holds, asked of PostgreSQL's own catalogue.

-- name: columns
-- A generated column is computed again when its row is loaded.
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE n.nspname = %s AND c.relkind IN ('r', 'p')
ORDER BY c.relname, a.attnum

-- name: references
SELECT child.relname, parent.relname
FROM pg_constraint AS k
JOIN pg_class AS child ON child.oid = k.conrelid
JOIN pg_class AS parent ON parent.oid = k.confrelid
JOIN pg_namespace AS n ON n.oid = child.relnamespace
WHERE n.nspname = %s AND k.contype = 'f' AND child.oid <> parent.oid

-- name: positions
SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = %s AND last_value IS NOT NULL

-- name: applied
SELECT name, digest FROM {schema_migrations} ORDER BY name

-- name: size
SELECT coalesce(sum(pg_table_size(c.oid)), 0)::bigint
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%s) AND c.relkind = 'r'

-- name: structures
SELECT structure_id, code, name FROM {structures} ORDER BY code

-- name: server
SELECT current_setting('server_version')

-- name: schema
SELECT 1 FROM pg_namespace WHERE nspname = %s

-- name: connected
-- Logins of the service on this database. Restoring under their feet would mix two times.
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = ANY(%s)

-- name: namesakes
SELECT structure_id, code FROM {structures} WHERE structure_id = %(structure)s OR code = %(code)s

-- name: register
INSERT INTO {structures} (structure_id, code, name) VALUES (%(structure)s, %(code)s, %(name)s) ON CONFLICT (structure_id) DO NOTHING

-- name: own_ring_streams
-- The streams whose key is in a ring of their own. Byte 19 of a sealed event tells the structure's own key (docs/reference/ciphertext-format.md).
SELECT DISTINCT originator_id FROM {events} WHERE state IS NOT NULL AND get_byte(state, 18) = 0

-- name: rings
SELECT subject_id FROM {key_rings}

-- name: key_epochs
SELECT epoch, provider FROM {structure_keks} ORDER BY epoch

-- name: restored
INSERT INTO {restores} (kind, taken_at) VALUES (%s, %s)

-- name: ledger_aside
CREATE TEMPORARY TABLE replaced_ledger ON COMMIT DROP AS TABLE {erasure_ledger}

-- name: ledger_back
INSERT INTO {erasure_ledger} SELECT * FROM replaced_ledger ON CONFLICT DO NOTHING

-- name: every_ring
SELECT subject_id, epoch, slots, fingerprint, state FROM {key_rings} ORDER BY subject_id
