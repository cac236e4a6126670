"""Headshots that stand well together: renditions, plates, the staff wall and its figures."""
