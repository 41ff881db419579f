-- Who may add a row names only what is theirs to say. Positions, hours, trail references, the stages of an erasure and the digest of what was
-- purged are the database's: whoever holds the application's login can neither date a trail line nor slip an event behind a reader.
REVOKE INSERT ON {schema}.events, {schema}.idempotency, {schema}.access_trail, {schema}.imports, {schema}.subject_references,
    {schema}.erasure_fences, {schema}.accounts FROM {role}_app;
REVOKE INSERT ON {schema}.events, {schema}.idempotency, {schema}.access_trail, {schema}.erasure_fences FROM {role}_saga;

GRANT INSERT (originator_id, originator_version, state) ON {schema}.events TO {role}_app, {role}_saga;
GRANT INSERT (account, key_digest, stream, version) ON {schema}.idempotency TO {role}_app, {role}_saga;
GRANT INSERT (account, role, purpose, operation, outcome, reference, categories, records, request)
    ON {schema}.access_trail TO {role}_app, {role}_saga;
GRANT INSERT (file_digest, account) ON {schema}.imports TO {role}_app;
GRANT INSERT (subject_id) ON {schema}.subject_references TO {role}_app;
GRANT INSERT (subject_id, erasure_id, stream_version) ON {schema}.erasure_fences TO {role}_app, {role}_saga;
GRANT INSERT (account_id, role, display_name, initials, subject_id) ON {schema}.accounts TO {role}_app;
