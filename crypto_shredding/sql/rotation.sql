-- Named statements of the rotation of epochs, in the keys database.

-- name: begin_kek
INSERT INTO {structure_keks} (epoch, wrapped, provider) VALUES (%s, %s, %s)

-- name: begin_epoch
INSERT INTO {epochs} (epoch, provider) VALUES (%s, %s)

-- name: rings_of_epoch
SELECT subject_id, slots FROM {key_rings}
WHERE epoch = %b AND state = 'active' AND subject_id > %b
ORDER BY subject_id
LIMIT %b

-- name: rewrap
-- A ring that changed since it was read (erased, or one of its keys destroyed) is left as it is, and found again by the next pass.
UPDATE {key_rings} AS ring SET epoch = %(epoch)b, slots = fresh.slots
FROM unnest(%(subjects)b::uuid[], %(before)b::bytea[], %(after)b::bytea[]) AS fresh (subject_id, before, slots)
WHERE ring.subject_id = fresh.subject_id AND ring.slots = fresh.before AND ring.epoch = %(old)b

-- name: end_kek
-- Refused by the reference while a single ring is under it.
DELETE FROM {structure_keks} WHERE epoch = %s

-- name: mark_proven
UPDATE {epochs} SET proven_at = clock_timestamp() WHERE epoch = %s

-- name: proven
SELECT proven_at IS NOT NULL FROM {epochs} WHERE epoch = %s

-- name: undestroyed
SELECT epoch FROM {epochs} WHERE destroyed_at IS NULL AND epoch < %s ORDER BY epoch

-- name: lost
-- Lost with their provider: whatever key they have left here is to go too, and there is nothing to see first.
SELECT epoch FROM {epochs} WHERE lost_at IS NOT NULL AND destroyed_at IS NULL AND epoch < %s

-- name: present_is_lost
SELECT lost_at IS NOT NULL FROM {epochs} ORDER BY epoch DESC LIMIT 1

-- name: erased_in_lost
SELECT count(*) FROM {erasure_ledger} AS l JOIN {epochs} AS e USING (epoch) WHERE e.lost_at IS NOT NULL

-- name: holder
SELECT provider FROM {epochs} WHERE epoch = %s

-- name: mark_destroyed
UPDATE {epochs} SET destroyed_at = clock_timestamp() WHERE epoch = %s AND destroyed_at IS NULL

-- name: waiting_erasures
SELECT count(*) FROM {erasure_ledger} AS l JOIN {epochs} AS e USING (epoch) WHERE e.destroyed_at IS NULL

-- name: present_since
SELECT extract(epoch FROM clock_timestamp() - begun_at)::float8 FROM {epochs} ORDER BY epoch DESC LIMIT 1

-- name: irreversible
-- The erasures whose every older copy is dead: the epoch that wrapped what they destroyed is itself destroyed.
SELECT l.erasure_id, e.epoch, e.provider, e.destroyed_at FROM {erasure_ledger} AS l JOIN {epochs} AS e USING (epoch)
-- One that was lost with its provider is not known to be, ever.
WHERE e.destroyed_at IS NOT NULL AND e.lost_at IS NULL AND l.erasure_id = ANY(%s)

-- name: take_the_lead
SELECT pg_try_advisory_lock(%s, %s)

-- name: leave_the_lead
SELECT pg_advisory_unlock(%s, %s)
