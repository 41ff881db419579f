"""Who may sign in, with what, and what a session is (R130-R140)."""
