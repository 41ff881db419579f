"""Where events meet the disk: the sealed event store, key rings, providers, erasure, the embedded database."""
