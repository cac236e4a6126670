"""How often something was asked, counted for all web processes together."""

from __future__ import annotations

from django.db import models


class Tally(models.Model):
    """Requests of somebody for something within a window of time."""

    key = models.CharField(max_length=200, primary_key=True)
    count = models.PositiveIntegerField()
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key
