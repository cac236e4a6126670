"""The embedded base model: a small SDXL trained from scratch on portraits rendered here."""
