"""The rules: aggregates and their events, policy, refusals, use cases. Imports the standard library and `eventsourcing` only."""
