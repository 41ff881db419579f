"""Child-protection reports, a stream of their own (N38)."""
