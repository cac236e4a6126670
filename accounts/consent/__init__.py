"""Personal links and releases: what an employee is asked, and what they signed."""
