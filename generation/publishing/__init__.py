"""Approved headshots into the directories where colleagues see them."""
