"""Credits: what an organisation has, where it comes from, and every change as an entry.

The entries are the truth. Accounts, grants and holds carry sums of them for speed; the database
checks at every commit that those sums hold, whoever wrote (migrations 0002, 0005, 0007 and 0010).
Rows are written by the functions of those migrations alone, which `billing.ledger` calls.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.lookups import Exact, GreaterThan, IsNull
from django.utils.translation import gettext_lazy

from accounts.models import Organisation
from headshots.lib.rows import Row

# Functions of the ledger (migration 0005): PostgreSQL reads the text of a table's checks at every
# write, and by these they are short.
_STATE_OF_PARTS = Func(
    F("open"), F("captured"), function="credit_hold_state", output_field=models.TextField()
)
_IS_OF_A_HOLD = Func(F("kind"), function="credit_is_of_a_hold", output_field=models.BooleanField())


class CreditAccount(Row):
    """What an organisation has: free to use, reserved, and owed.

    While something is owed nothing is available: whatever comes in pays the debt first.
    """

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="credit_account")
    available = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    debt = models.BigIntegerField(default=0)
    last_number = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(available__gte=0), name="available_not_negative"),
            models.CheckConstraint(condition=Q(held__gte=0), name="held_not_negative"),
            models.CheckConstraint(condition=Q(debt__gte=0), name="debt_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.available} available, {self.held} held, {self.debt} owed"


class CreditGrant(Row):
    """Credits that came in by one source, and how many of them are left to use.

    Grants burn by priority (the lowest first), then by what expires first.
    """

    class Kind(models.TextChoices):
        WELCOME = "welcome", gettext_lazy("Welcome credits")
        PLAN = "plan", gettext_lazy("Credits of a plan")
        ADJUSTMENT = "adjustment", gettext_lazy("Adjustment")
        PURCHASE = "purchase", gettext_lazy("Purchase")

    account = models.ForeignKey(
        CreditAccount, models.PROTECT, related_name="grants", db_index=False
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    priority = models.PositiveSmallIntegerField()
    expires_at = models.DateTimeField(null=True, blank=True)
    amount = models.IntegerField()
    remaining = models.IntegerField(default=0)
    # The entry that changed it last, so that a change is checked by what came since.
    last_number = models.PositiveBigIntegerField(db_default=0)
    # In the indexes instead of `remaining`, whose every change would otherwise rewrite them all.
    live = models.GeneratedField(
        expression=GreaterThan(F("remaining"), 0),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    source_key = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "source_key"], name="grant_source_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="grant_positive"),
            models.CheckConstraint(
                condition=Q(remaining__gte=0, remaining__lte=F("amount")),
                name="grant_remaining_in_bounds",
            ),
        ]
        indexes = [
            models.Index(
                F("account"),
                F("priority"),
                F("expires_at").asc(nulls_last=True),
                F("id"),
                condition=Q(live=True),
                name="grant_burn_order",
            ),
            models.Index(
                fields=["expires_at"],
                condition=Q(live=True, expires_at__isnull=False),
                name="grant_expiry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.remaining} of {self.amount} from {self.source_key}"


class CreditHold(Row):
    """Credits reserved for one purpose, until they are captured or released.

    Which grants they were taken from is what its entries say. A source has at most one hold that
    was not released; after a release the next one under its key has the next `turn`.
    """

    class State(models.TextChoices):
        HELD = "held", gettext_lazy("Held")
        CAPTURED = "captured", gettext_lazy("Captured")
        RELEASED = "released", gettext_lazy("Released")

    account = models.ForeignKey(CreditAccount, models.PROTECT, related_name="holds", db_index=False)
    source_key = models.CharField(max_length=100)
    turn = models.PositiveIntegerField()
    amount = models.IntegerField()
    open = models.IntegerField()
    captured = models.IntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.HELD)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "source_key", "turn"], name="hold_turn_once"
            ),
            models.UniqueConstraint(
                fields=["account", "source_key"],
                condition=~Q(state="released"),
                name="hold_once_at_a_time",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="hold_positive"),
            models.CheckConstraint(
                condition=Q(open__gte=0, captured__gte=0, amount__gte=F("open") + F("captured")),
                name="hold_parts_in_bounds",
            ),
            models.CheckConstraint(
                condition=Q(state=_STATE_OF_PARTS)
                & Q(Exact(IsNull(F("settled_at"), True), GreaterThan(F("open"), 0))),
                name="hold_state_fits_parts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.state} for {self.source_key}"


class CreditEntry(models.Model):
    """One movement of one grant's credits, with the account's balances after it. Append-only.

    Employees are not named here, as entries outlive them; their shoot is behind the source key.
    """

    class Kind(models.TextChoices):
        GRANT = "grant", gettext_lazy("Added")
        HOLD = "hold", gettext_lazy("Held")
        CAPTURE = "capture", gettext_lazy("Taken")
        RELEASE = "release", gettext_lazy("Given back")
        EXPIRE = "expire", gettext_lazy("Expired")
        CLAW_BACK = "claw_back", gettext_lazy("Taken back")
        OWE = "owe", gettext_lazy("Owed: taken back after it was used")
        REPAY = "repay", gettext_lazy("Paid what was owed")
        DEDUCT = "deduct", gettext_lazy("Deducted")

    # The database checks account and hold with the sums, which costs less than foreign keys would.
    account = models.ForeignKey(
        CreditAccount,
        models.PROTECT,
        related_name="entries",
        db_index=False,
        db_constraint=False,
    )
    number = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    amount = models.IntegerField()
    grant = models.ForeignKey(CreditGrant, models.PROTECT, related_name="entries")
    hold = models.ForeignKey(
        CreditHold, models.PROTECT, null=True, related_name="entries", db_constraint=False
    )
    available_after = models.PositiveBigIntegerField()
    held_after = models.PositiveBigIntegerField()
    debt_after = models.PositiveBigIntegerField()
    source_key = models.CharField(max_length=220)
    note = models.CharField(max_length=200, blank=True)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=40, blank=True)
    actor_name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["account", "number"], name="entry_number_once"),
            # The second net under every operation's own look whether it was done before.
            models.UniqueConstraint(
                fields=["account", "source_key", "kind", "grant"], name="entry_source_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="entry_positive"),
            # What is held is checked hold by hold, so every change of it belongs to one.
            models.CheckConstraint(
                condition=Q(Exact(_IS_OF_A_HOLD, IsNull(F("hold"), False))),
                name="entry_of_a_hold",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"

    @property
    def change(self) -> int:
        """What this did to the credits that are free to use: more, less, or nothing (0)."""
        if self.kind in (self.Kind.GRANT, self.Kind.RELEASE):
            return self.amount
        return 0 if self.kind in (self.Kind.CAPTURE, self.Kind.OWE) else -self.amount
