"""Finished files on their way out: downloads, ZIPs, team pages."""
