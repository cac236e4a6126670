"""Orders."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.models import Organisation
from generation.art_direction import ArtDirection
from generation.models.looks import Look
from headshots.lib.rows import Row


class Order(Row):
    """One launch of one look for some employees. The look is frozen when it is placed."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="orders")
    name = models.CharField(max_length=120)
    look = models.ForeignKey(Look, models.PROTECT, related_name="orders")
    frozen_look = models.JSONField()
    due_at = models.DateTimeField()
    # Days between reminders to whoever has something to do; 0 sends none by itself.
    remind_every = models.PositiveSmallIntegerField(default=3)
    # What the organisation says to its people of who asks for headshots and why, word for word.
    why = models.TextField(blank=True, default="", db_default="")
    # Whose bill it goes on, as the buyer's bookkeeping calls it.
    cost_centre = models.CharField(max_length=60, blank=True, default="")
    po_number = models.CharField(max_length=60, blank=True, default="")
    # Hours from photos handed in to pictures to choose from, as promised when it was placed.
    promised_hours = models.PositiveIntegerField(null=True, blank=True)
    # Whether everybody has the add-on from the start (billing.prices).
    more_pictures = models.BooleanField(default=False)
    # The order whose people have another look here, from the same photos.
    extends = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="extensions"
    )
    # Of the form that placed it, which is good for one order of each look.
    once_key = models.UUIDField(null=True, blank=True, editable=False)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)

    # How its headshots are finished; None until the first one is.
    finish = models.ForeignKey(
        "generation.Finish", models.PROTECT, null=True, blank=True, related_name="orders"
    )

    # How the files of its headshots are named (generation.delivering.naming); empty: the usual way.
    naming = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "once_key", "look"], name="order_placed_once"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def walls_folder(self) -> str:
        """Where its drawn walls lie in the vault."""
        return f"{self.organisation_id}/walls/{self.id}"

    @property
    def direction(self) -> ArtDirection:
        """The frozen look."""
        frozen = dict(self.frozen_look)
        return ArtDirection(**{**frozen, "attire_choices": tuple(frozen.get("attire_choices", ()))})
