"""The rules of signing in, numbers and no mechanism (R130-R140)."""
