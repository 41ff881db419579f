-- The application makes living rings and nothing else: it can write neither that one was erased nor when.
REVOKE INSERT ON {schema}.key_rings FROM {role}_app;
GRANT INSERT (subject_id, epoch, slots, fingerprint) ON {schema}.key_rings TO {role}_app;
