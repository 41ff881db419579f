-- An epoch whose provider was lost, or stolen, and that two custodians brought back: its key was never seen destroyed, and may live on
-- where the provider went. `destroyed_at` then says that nothing wraps under it any more, and never that its older copies are dead.
ALTER TABLE {schema}.epochs ADD COLUMN lost_at timestamptz;
