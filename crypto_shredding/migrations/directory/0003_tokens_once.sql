-- A token's identifier comes from the command's key: a form that is sent twice makes one token, and the second answer gives it another secret.
GRANT INSERT (token_id), UPDATE (token_digest, name, purpose, expires_at) ON {schema}.api_tokens TO sillage_app;
