"""What making takes, and where credits go."""
