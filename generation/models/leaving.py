"""What somebody who steps out leaves behind: another picture, or the proof that nothing is left."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy

from generation.models.shoots import Shoot
from headshots.lib.rows import Row


class Alternative(Row):
    """A picture beside the headshots of somebody who opted out. No face in it is generated."""

    class Kind(models.TextChoices):
        PHOTO = "photo", gettext_lazy("A photo of their own")
        INITIALS = "initials", gettext_lazy("Initials")

    shoot = models.OneToOneField(Shoot, models.CASCADE, related_name="alternative")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # The photo as it was given; empty for initials.
    file = models.CharField(max_length=200, blank=True)
    # With the order's crop and backdrop; empty while it is being made.
    finished = models.CharField(max_length=200, blank=True)
    # Of a photo, all that its order's headshots become: [{"kind", "format", "file"}].
    files = models.JSONField(default=list, db_default=[])
    # generation.finishing.photo_figures: of a photo, its backdrop and clothes; never of the face.
    measures = models.JSONField(null=True)
    # A sentence: why it cannot be used.
    problem = models.TextField(blank=True)
    # The permission that was given with a photo, word for word.
    agreed_text = models.TextField(blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="initials") | ~models.Q(agreed_text=""),
                name="alternative_photo_agreed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.shoot_id}"


class Certificate(Row):
    """The signed word that what was held of somebody has been destroyed."""

    shoot = models.OneToOneField(Shoot, models.CASCADE, related_name="certificate")
    # What it says: who, which release, when, and how much of each kind was destroyed.
    facts = models.JSONField()
    text = models.TextField()
    # Ed25519 over the text, in hexadecimal.
    signature = models.CharField(max_length=128)

    def __str__(self) -> str:
        return f"certificate {self.pk}"
