"""Backups and restores: what is in a file, how it is sealed, and what is refused."""
