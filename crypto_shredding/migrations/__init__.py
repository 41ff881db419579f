"""Numbered SQL, applied in order and recorded with its digest. `{schema}` and `{role}` are filled in per structure."""
