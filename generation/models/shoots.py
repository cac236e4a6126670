"""One employee's part of an order."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy

from accounts.models import Employee, Invitation, Release
from generation.models.orders import Order
from headshots.lib.rows import Row

# What the folder of what is given instead of a headshot ends in.
INSTEAD = "-instead"
# A shoot's sources in the ledger: this and its id, and for more pictures this behind it.
HOLD_KEY, MORE_KEY = "shoot:", ":more"


class State(models.TextChoices):
    INVITED = "invited", gettext_lazy("Invited")
    COLLECTING = "collecting", gettext_lazy("Collecting photos")
    QUEUED = "queued", gettext_lazy("Queued")
    TRAINING = "training", gettext_lazy("Training")
    GENERATING = "generating", gettext_lazy("Generating")
    CHOOSING = "choosing", gettext_lazy("Choosing")
    APPROVING = "approving", gettext_lazy("Awaiting approval")
    DELIVERED = "delivered", gettext_lazy("Delivered")
    FAILED = "failed", gettext_lazy("Failed")
    CANCELLED = "cancelled", gettext_lazy("Cancelled")
    OPTED_OUT = "opted_out", gettext_lazy("Opted out")
    WITHDRAWN = "withdrawn", gettext_lazy("Withdrawn")


# Endings without a headshot.
ENDED_WITHOUT = frozenset({State.FAILED, State.CANCELLED, State.OPTED_OUT, State.WITHDRAWN})
ENDED = ENDED_WITHOUT | {State.DELIVERED}


class Shoot(Row):
    """The state machine that everything hangs on.

    `state` is written by generation.states alone; lease and fence by generation.dispatch.claims.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="shoots")
    employee = models.ForeignKey(Employee, models.PROTECT, related_name="shoots")
    invitation = models.OneToOneField(Invitation, models.PROTECT, related_name="shoot")
    release = models.ForeignKey(Release, models.PROTECT, null=True, related_name="shoots")
    state = models.CharField(max_length=12, choices=State.choices, default=State.INVITED)
    state_since = models.DateTimeField(auto_now_add=True)
    # A sentence for the employee and the administrator: why it failed, what is asked for.
    message = models.TextField(blank=True)
    seed = models.BigIntegerField()
    round = models.PositiveIntegerField(default=1)
    # How often new pictures were asked for; other photos begin a round as well.
    asked_again = models.PositiveSmallIntegerField(default=0, db_default=0)
    # How many pictures must pass before there is a choice, and the credits for all of it.
    wanted = models.PositiveSmallIntegerField(default=4)
    credits = models.PositiveSmallIntegerField(default=1)
    # What was taken of them when its headshot was approved.
    charged = models.PositiveSmallIntegerField(default=0)
    # Where its person belonged when it was ordered: budgets and usage go by it.
    department = models.CharField(max_length=100, blank=True, default="")
    # The promised turnaround was missed, so it is made without a credit.
    made_free_at = models.DateTimeField(null=True, blank=True)

    # Since when its photos wait for credits (generation.ordering.short_of_credits).
    short_of_credits_at = models.DateTimeField(null=True, blank=True)
    # When copying the photos for another look was queued once more.
    begun_at = models.DateTimeField(null=True, blank=True)

    attempts = models.PositiveIntegerField(default=0)
    fence = models.PositiveBigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=100, blank=True)
    queued_at = models.DateTimeField(null=True, blank=True)

    # Wishes: another attire that the look allows, and what shall stay as it is
    # (generation.photos.wishes).
    attire = models.CharField(max_length=40, blank=True, default="")
    keep = models.JSONField(default=list, blank=True)
    # Why the pictures of earlier rounds were turned down (generation.approving.choosing.REASONS).
    refusals = models.JSONField(default=list, blank=True)
    # When the mail server first took the invitation, and what stands in the way of mail now.
    invited_at = models.DateTimeField(null=True, blank=True)
    mail_problem = models.CharField(max_length=200, blank=True, default="")
    reminded_at = models.DateTimeField(null=True, blank=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    # Why an administrator had new pictures made, in words for the employee; until the next pick.
    redo_reason = models.TextField(blank=True, default="")

    step = models.PositiveIntegerField(default=0)
    steps = models.PositiveIntegerField(default=0)
    adapter = models.CharField(max_length=200, blank=True)
    adapter_steps = models.PositiveIntegerField(default=0)

    inputs_destroyed_at = models.DateTimeField(null=True, blank=True)
    # How many candidates were destroyed and how many of them had been refused: for what the
    # drawing cost, and no more than the numbers.
    destroyed = models.PositiveIntegerField(default=0, db_default=0)
    destroyed_refused = models.PositiveIntegerField(default=0, db_default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["employee__last_name", "employee__first_name", "employee__email"]
        constraints = [
            models.UniqueConstraint(fields=["order", "employee"], name="shoot_once_an_order"),
            models.CheckConstraint(
                condition=models.Q(state__in=State.values), name="shoot_state_known"
            ),
            # Nothing is made of a person who has not signed.
            models.CheckConstraint(
                condition=models.Q(release__isnull=False)
                | ~models.Q(
                    state__in=[
                        "queued",
                        "training",
                        "generating",
                        "choosing",
                        "approving",
                        "delivered",
                    ]
                ),
                name="shoot_needs_release",
            ),
        ]
        indexes = [
            models.Index(
                fields=["queued_at"],
                condition=models.Q(state__in=["queued", "training", "generating"]),
                name="shoot_claimable",
            ),
            models.Index(
                fields=["state", "state_since"],
                condition=~models.Q(
                    state__in=["cancelled", "delivered", "failed", "opted_out", "withdrawn"]
                ),
                name="shoot_open",
            ),
            models.Index(
                fields=["state_since"],
                condition=models.Q(state__in=["opted_out", "withdrawn"]),
                name="shoot_left",
            ),
            # The API's pages of an order of ten thousand people.
            models.Index(fields=["order", "-id"], name="shoot_of_order"),
        ]

    def __str__(self) -> str:
        return f"{self.employee} in {self.order}"

    @property
    def waits_for_credits(self) -> bool:
        """Whether its photos could not be handed in, as no credit was free."""
        return self.state == State.COLLECTING and self.short_of_credits_at is not None

    @property
    def folder(self) -> str:
        """Where this shoot's files lie in the vault."""
        return f"{self.order.organisation_id}/{self.id}"

    @property
    def instead_folder(self) -> str:
        """Where what was given instead lies: apart from what is destroyed with an opt-out."""
        return f"{self.folder}{INSTEAD}"

    @property
    def hold_key(self) -> str:
        """The source of this shoot's hold in the ledger."""
        return f"{HOLD_KEY}{self.id}"

    @property
    def hold_keys(self) -> tuple[str, str]:
        """All sources that may hold credits for it: its own, and more pictures asked for later."""
        return (self.hold_key, f"{self.hold_key}{MORE_KEY}")
