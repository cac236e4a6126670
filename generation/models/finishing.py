"""What is put behind people, how headshots are finished, and the files that come of it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from generation.models.orders import Order
from generation.models.pictures import Candidate, Headshot
from headshots.lib.rows import Row


class Plate(Row):
    """What an organisation puts behind its people. Changing one makes its next version."""

    class Kind(models.TextChoices):
        COLOUR = "colour", _("One colour")
        GRADIENT = "gradient", _("Gradient")
        BRAND = "brand", _("Brand colours in soft light")
        PICTURE = "picture", _("Picture")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="plates")
    name = models.CharField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # "#rrggbb", at least one; a picture's is its mean.
    colours = ArrayField(models.CharField(max_length=7))
    angle = models.PositiveSmallIntegerField(default=0)
    # How much darker the corners are than the middle, in hundredths.
    fall_off = models.PositiveSmallIntegerField(default=0)
    file = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name", "version"], name="plate_version_once"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="picture") ^ models.Q(file=""),
                name="plate_picture_has_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.version})"


class Finish(Row):
    """How the headshots of a look are finished: plate, crop, light, logo and which files.

    Never changed: a change makes the next version. An order keeps its finish until the headshots
    in the next one have been approved.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="finishes")
    look_name = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    # None: a plate in the colour of the look's backdrop.
    plate = models.ForeignKey(Plate, models.PROTECT, null=True, related_name="finishes")
    # Shares of the height; how much closer than the look's framing, in hundredths.
    eye_line = models.FloatField(default=0.42)
    closer = models.PositiveSmallIntegerField(default=0)
    # Lab of the roster's clothes that everybody's are moved towards; none leaves them.
    clothes = ArrayField(models.FloatField(), null=True, blank=True, size=3)
    logo = models.CharField(max_length=200, blank=True)
    logo_corner = models.CharField(max_length=5, default="right")
    frame_colour = models.CharField(max_length=7, default="#ffffff")
    # The table of renditions: fields of generation.finishing.rendition_table.Row.
    renditions = models.JSONField()
    # The finish that this one harmonises an order in; it is no version for later orders.
    harmonises = models.ForeignKey("self", models.PROTECT, null=True, related_name="harmonised")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)

    class Meta:
        ordering = ["look_name", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "look_name", "version"], name="finish_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.look_name} ({self.version})"


class Refinish(Row):
    """Headshots of an order rendered anew in another finish, to be looked at before they count."""

    class State(models.TextChoices):
        RENDERING = "rendering", _("Rendering")
        APPROVED = "approved", _("In use")
        DISCARDED = "discarded", _("Discarded")
        UNDONE = "undone", _("Undone")

    order = models.ForeignKey(Order, models.CASCADE, related_name="refinishes")
    finish = models.ForeignKey(Finish, models.PROTECT, related_name="refinishes")
    # What the order's finish was before this one was approved.
    before = models.ForeignKey(Finish, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.RENDERING)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=models.Q(state="rendering"),
                name="refinish_one_open_an_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.finish} for {self.order_id}"


class Finishing(Row):
    """One headshot in one finish: being rendered, done with its files and measures, or failed.

    Which one of them counts is `Headshot.finishing`. Rendering again replaces the files.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    headshot = models.ForeignKey(Headshot, models.CASCADE, related_name="finishings")
    finish = models.ForeignKey(Finish, models.PROTECT, related_name="finishings")
    candidate = models.ForeignKey(Candidate, models.CASCADE, related_name="finishings")
    refinish = models.ForeignKey(Refinish, models.CASCADE, null=True, related_name="finishings")
    # What counted before this one was approved, for undo.
    replaced = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    sentence = models.TextField(blank=True)
    # generation.engine.finishing.Measures of the first rendition on the plate.
    measures = models.JSONField(null=True)
    # generation.engine.finishing.Alignment: what the next rendering places the person by, too.
    # None where it was not kept. Of one that waits: what it shall be placed by.
    alignment = models.JSONField(null=True)
    # Codes that generation.engine.finishing.notes gives.
    notes = ArrayField(models.CharField(max_length=30), default=list)
    seconds = models.FloatField(default=0)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["headshot", "finish", "candidate"], name="finishing_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["tried_at"],
                condition=models.Q(state="waiting"),
                name="finishing_waiting",
            ),
            models.Index(fields=["tried_at"], name="finishing_by_try"),
        ]

    def __str__(self) -> str:
        return f"{self.headshot_id} in {self.finish_id}"


class Rendition(Row):
    """One file of a finished headshot: `kind` is its name in the table of renditions.

    `enlarged` above 1 says how many times larger the person is than in the picture it comes
    from. `signed` files carry content credentials, which any later change breaks.
    """

    finishing = models.ForeignKey(Finishing, models.CASCADE, related_name="renditions")
    kind = models.CharField(max_length=40)
    format = models.CharField(max_length=4)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    dpi = models.PositiveSmallIntegerField(default=0)
    bytes = models.PositiveIntegerField()
    enlarged = models.FloatField(default=1)
    file = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    signed = models.BooleanField(default=False)

    class Meta:
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["finishing", "kind"], name="rendition_once")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.finishing_id}"

    @property
    def content_type(self) -> str:
        """The MIME type."""
        return f"image/{self.format}"


class Consistency(Row):
    """How alike an order's headshots were at one time; see generation.finishing.consistency."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="consistencies")
    figure = models.FloatField()
    people = models.PositiveIntegerField()
    outliers = models.PositiveIntegerField()
    spreads = models.JSONField()
    finish = models.ForeignKey(Finish, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.figure} of {self.order_id}"
