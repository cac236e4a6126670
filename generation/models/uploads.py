"""Photos on their way in."""

from __future__ import annotations

from django.db import models

from generation.models.shoots import Shoot
from headshots.lib.rows import Row


class Upload(Row):
    """A photo that arrives in pieces, so that a lost connection costs one piece alone."""

    shoot = models.ForeignKey(Shoot, models.CASCADE, related_name="uploads")
    # What the browser knows the file by: the same file chosen again goes on where it stopped.
    mark = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    received = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shoot", "mark"], name="upload_once"),
            models.CheckConstraint(
                condition=models.Q(received__lte=models.F("size")), name="upload_within_size"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def folder(self) -> str:
        """Where its pieces lie in the vault."""
        return f"{self.shoot.folder}/uploads/{self.pk}"
