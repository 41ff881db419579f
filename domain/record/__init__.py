"""The record of one youth: its aggregate, its events, its use cases."""
