"""Directories that headshots are published to, runs of it, and what came of each person."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, PartnerGrant
from generation.models.orders import Order
from generation.models.shoots import Shoot
from headshots.lib.rows import Row


class Directory(Row):
    """Where an organisation's photos stand: one connection with its tokens, sealed."""

    class Kind(models.TextChoices):
        ENTRA = "entra", "Microsoft Entra"
        GOOGLE = "google", "Google Workspace"
        SLACK = "slack", "Slack"
        BAMBOO = "bamboo", "BambooHR"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="directories")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    # What is asked for beside secrets: a tenant, a company's domain. Fields of the target.
    options = models.JSONField(default=dict)
    # JSON of the secrets (headshots.lib.sealed); empty where they went with a partner.
    sealed = models.TextField()
    # How much closer than the square rendition the photo is cropped, in hundredths.
    closer = models.PositiveSmallIntegerField(default=0)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    # By which a partner gave the tokens; empty: the organisation itself did.
    grant = models.ForeignKey(PartnerGrant, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "kind"], name="directory_once_a_kind")
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class PublishingRun(Row):
    """One publishing of an order's approved headshots, a rehearsal of one, or its undoing."""

    class Aim(models.TextChoices):
        REHEARSE = "rehearse", _("Dry run")
        PUBLISH = "publish", _("Publish")
        UNDO = "undo", _("Put back what was there")

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        STOPPED = "stopped", _("Stopped")
        DONE = "done", _("Done")

    order = models.ForeignKey(Order, models.CASCADE, related_name="publishing_runs")
    directory = models.ForeignKey(Directory, models.CASCADE, related_name="runs")
    aim = models.CharField(max_length=8, choices=Aim.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    # Why it stopped, in a sentence.
    sentence = models.TextField(blank=True)
    # For an undoing: the run that is undone.
    undoes = models.ForeignKey("self", models.CASCADE, null=True, related_name="undone_by")
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["directory"],
                condition=models.Q(state="running"),
                name="publishing_one_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.aim} {self.order_id}"


class Publication(Row):
    """One person in a run: waiting, done, or failed with the reason."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    run = models.ForeignKey(PublishingRun, models.CASCADE, related_name="publications")
    shoot = models.ForeignKey(Shoot, models.CASCADE, related_name="publications")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    sentence = models.TextField(blank=True)
    # The person over there, once found.
    remote_id = models.CharField(max_length=200, blank=True)
    # Vault key of the photo that stood there before, sealed; `had_before` None: not looked yet.
    before = models.CharField(max_length=200, blank=True)
    had_before = models.BooleanField(null=True)
    # Vault key of what ours is known again by there (publishing.pictures.small).
    ours = models.CharField(max_length=200, blank=True, db_default="", default="")
    # From the moment we write until it was read back: whatever happens between, it may stand there.
    wrote = models.BooleanField(default=False)
    # When that was last begun: what was put back before is not put back any more.
    wrote_at = models.DateTimeField(null=True, blank=True)
    # [when, what] of each step, for the log.
    steps = models.JSONField(default=list)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["shoot__employee__last_name", "shoot__employee__first_name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "shoot"], name="publication_once_a_run")
        ]

    def __str__(self) -> str:
        return f"{self.shoot_id} in {self.run_id}"
