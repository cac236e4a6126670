"""What every row of ours has in common."""

from __future__ import annotations

import uuid

from django.db import models

from headshots.lib.ids import uuid7


class Row(models.Model):
    """A row with a time-ordered identifier that may stand in addresses."""

    id: models.UUIDField[uuid.UUID, uuid.UUID] = models.UUIDField(
        primary_key=True, default=uuid7, editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
