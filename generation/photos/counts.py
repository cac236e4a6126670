"""How many photos a person sends."""

LEAST = 6
MOST = 30
