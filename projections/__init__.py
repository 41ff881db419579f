"""What people look at: the runner, the caseload, the figures, the access trail. Content passes through as ciphertext columns only."""
