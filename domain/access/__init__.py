"""Who may do what, how somebody comes to stand in a relation to a record, and emergencies (design §8)."""
