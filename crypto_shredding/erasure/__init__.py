"""The erasure of a youth or of a category, its ledger, its certificate, and what is erased again after a restore."""
