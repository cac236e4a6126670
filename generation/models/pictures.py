"""Pictures that come in, are made, and go out. Files are vault keys."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy

from generation.models.shoots import Shoot
from headshots.lib.rows import Row


class Selfie(Row):
    """A photo that an employee uploaded, and what the judge said of it."""

    class Verdict(models.TextChoices):
        CHECKING = "checking", gettext_lazy("Checking")
        ACCEPTED = "accepted", gettext_lazy("Accepted")
        REJECTED = "rejected", gettext_lazy("Rejected")

    shoot = models.ForeignKey(Shoot, models.CASCADE, related_name="selfies")
    file = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    verdict = models.CharField(max_length=10, choices=Verdict.choices, default=Verdict.CHECKING)
    sentence = models.TextField(blank=True)
    score = models.FloatField(default=0)
    # Sentences: what the person may want to know of a photo that is used all the same.
    warnings = models.JSONField(default=list, blank=True)
    # What the judge measured beside it: perceptual fingerprint, skin and hair colour.
    measures = models.JSONField(default=dict)
    # 128 numbers of the face encoder; gone with the selfie.
    descriptor = ArrayField(models.FloatField(), null=True, blank=True)
    # Of judging it, while it is being checked.
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    tried_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["shoot", "sha256"], name="selfie_once"),
            models.CheckConstraint(
                condition=~models.Q(verdict="accepted") | models.Q(descriptor__isnull=False),
                name="selfie_accepted_with_face",
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=models.Q(verdict="checking"),
                name="selfie_checking",
            ),
            models.Index(fields=["created_at"], name="selfie_by_age"),
        ]

    def __str__(self) -> str:
        return self.name


class Candidate(Row):
    """A generated image with its receipt. What failed the gate is kept as a receipt alone."""

    # In a receipt: a colleague who came later is as near to it as none was when it was drawn.
    LIKE_LATER = "like_a_later_colleague"

    shoot = models.ForeignKey(Shoot, models.CASCADE, related_name="candidates")
    round = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    seed = models.BigIntegerField()
    passed = models.BooleanField()
    receipt = models.JSONField()
    likeness_own = models.FloatField(null=True)
    likeness_best_colleague = models.FloatField(null=True)
    # It was compared with all colleagues who had photos then; None: when it was drawn.
    compared_at = models.DateTimeField(null=True, blank=True)
    # The image as generated, and as it is shown: framed, soon on the plate
    # (generation.approving.previews); empty where the gate refused it.
    file = models.CharField(max_length=200, blank=True)
    finished = models.CharField(max_length=200, blank=True)
    # The favourite of an earlier round, which stays beside the newer ones.
    kept = models.BooleanField(default=False, db_default=False)
    # An administrator had new ones made in its place: it is not offered again.
    rejected_at = models.DateTimeField(null=True, blank=True)
    # An administrator's yes to it before the employee has picked.
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["likeness_own"]
        constraints = [
            models.UniqueConstraint(fields=["shoot", "round", "number"], name="candidate_once"),
            models.CheckConstraint(
                condition=models.Q(passed=False) | ~models.Q(finished=""),
                name="candidate_passed_has_picture",
            ),
        ]

    def __str__(self) -> str:
        return f"candidate {self.number} of {self.shoot_id}"


class Headshot(Row):
    """The candidate that was picked, and the yes of both sides."""

    shoot = models.OneToOneField(Shoot, models.CASCADE, related_name="headshot")
    candidate = models.ForeignKey(Candidate, models.PROTECT, related_name="headshots")
    picked_at = models.DateTimeField()
    # Somebody else picked, as after the due date: a member, who is `picked_by`, or a program.
    picked_in_their_place = models.BooleanField(default=False, db_default=False)
    picked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    # Whose files count; None until the first ones are rendered.
    finishing = models.OneToOneField(
        "generation.Finishing", models.SET_NULL, null=True, blank=True, related_name="counts_for"
    )

    class Meta:
        indexes = [models.Index(fields=["approved_at"], name="headshot_by_approval")]

    def __str__(self) -> str:
        return f"headshot of {self.shoot_id}"
