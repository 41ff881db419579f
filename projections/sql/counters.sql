-- Counters by month in one of the tables `figures`, `erased_figures`, `activity_figures`, which the code puts in place of `counters`.

-- name: load
SELECT month, state FROM {counters} WHERE month = ANY(%b);

-- name: store
INSERT INTO {counters} AS held (month, state) SELECT * FROM unnest(%b::date[], %b::bytea[])
ON CONFLICT (month) DO UPDATE SET state = EXCLUDED.state;

-- name: drop
DELETE FROM {counters} WHERE month = ANY(%b);
