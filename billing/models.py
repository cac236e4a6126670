"""Credits: an account an organisation, what is held, and every change as an entry."""

from __future__ import annotations

from django.db import models

from accounts.models import Organisation
from headshots.lib.rows import Row


class CreditAccount(Row):
    """What an organisation has. Written by billing.ledger alone."""

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="credit_account")
    available = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(available__gte=0), name="available_not_negative"
            ),
            models.CheckConstraint(condition=models.Q(held__gte=0), name="held_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.available} available, {self.held} held"


class CreditHold(Row):
    """Credits reserved for one purpose, until they are captured or released."""

    class State(models.TextChoices):
        HELD = "held", "Held"
        CAPTURED = "captured", "Captured"
        RELEASED = "released", "Released"

    account = models.ForeignKey(CreditAccount, models.PROTECT, related_name="holds")
    source_key = models.CharField(max_length=100, unique=True)
    amount = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.HELD)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="hold_positive"),
            models.CheckConstraint(
                condition=models.Q(state="held", settled_at__isnull=True)
                | models.Q(state__in=["captured", "released"], settled_at__isnull=False),
                name="hold_settled_with_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.state} for {self.source_key}"


class CreditEntry(Row):
    """One change of an account, with the balances after it. Append-only."""

    class Kind(models.TextChoices):
        GRANT = "grant", "Grant"
        HOLD = "hold", "Hold"
        CAPTURE = "capture", "Capture"
        RELEASE = "release", "Release"

    account = models.ForeignKey(CreditAccount, models.PROTECT, related_name="entries")
    number = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    amount = models.PositiveIntegerField()
    available_after = models.PositiveIntegerField()
    held_after = models.PositiveIntegerField()
    source_key = models.CharField(max_length=100)
    note = models.CharField(max_length=200, blank=True)
    actor_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["account", "number"], name="entry_number_once"),
            # A source causes each kind of change once: a repeated call finds it done.
            models.UniqueConstraint(
                fields=["account", "kind", "source_key"], name="entry_source_once"
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="entry_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
