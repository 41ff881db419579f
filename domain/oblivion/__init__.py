"""Erasures, and what may stand in their way (design §6)."""
