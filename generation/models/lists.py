"""What the list that goes along with files may tell of people."""

from __future__ import annotations

from django.db import models


class WithList(models.Model):
    """Of something that holds such a list: as much as whoever asked for it might know then."""

    # Numbers and e-mail addresses; whoever has no file, with their state.
    contacts = models.BooleanField(default=True, db_default=True)
    everybody = models.BooleanField(default=True, db_default=True)

    class Meta:
        abstract = True
