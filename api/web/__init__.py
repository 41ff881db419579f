"""What stands around every request: the boundary, headers, refusals, who asks, and how fast."""
