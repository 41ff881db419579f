"""The seal of events and trail: Merkle trees, checkpoints, the exported journal and its verifier (design §7)."""
