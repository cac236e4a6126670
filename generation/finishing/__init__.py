"""Headshots that stand well together: renditions, plates, credentials, the staff wall."""
