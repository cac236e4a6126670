"""Purchases: what an organisation buys by Stripe, from the first click to the money."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from accounts.models import Organisation
from headshots.lib.rows import Row


class Purchase(Row):
    """One payment, wanted or made. Credits come from what Stripe says of it, never from here.

    It stands before Stripe is called, so that it can be gone on with where that breaks off.
    """

    class Kind(models.TextChoices):
        PACK = "pack", gettext_lazy("Credits")
        PLAN = "plan", gettext_lazy("Plan")
        INVOICE = "invoice", gettext_lazy("Credits by invoice")
        TOP_UP = "top_up", gettext_lazy("Automatic top-up")

    class State(models.TextChoices):
        OPEN = "open", gettext_lazy("Not paid yet")
        SETTLING = "settling", gettext_lazy("Payment on its way")
        PAID = "paid", gettext_lazy("Paid")
        FAILED = "failed", gettext_lazy("Payment failed")
        DROPPED = "dropped", gettext_lazy("Not bought")
        PART_REFUNDED = "part_refunded", gettext_lazy("Partly refunded")
        REFUNDED = "refunded", gettext_lazy("Refunded")
        DISPUTED = "disputed", gettext_lazy("Disputed")

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="purchases")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=14, choices=State.choices, default=State.OPEN)
    credits = models.PositiveIntegerField()
    cents = models.PositiveIntegerField()
    # What went back by refunds, which a dispute is not.
    refunded_cents = models.PositiveIntegerField(default=0, db_default=0)
    currency = models.CharField(max_length=3, default="usd")
    bought_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    po_number = models.CharField(max_length=40, blank=True)
    # As it was given for an invoice, until Stripe has it.
    vat_id = models.CharField(max_length=30, blank=True, default="")
    # How often a checkout was begun for it; each has an idempotency key of its own.
    attempt = models.PositiveSmallIntegerField(default=1)
    session_id = models.CharField(max_length=255, null=True, blank=True, unique=True)
    invoice_id = models.CharField(max_length=255, null=True, blank=True, unique=True)
    payment_intent_id = models.CharField(max_length=255, blank=True, db_index=True)
    number = models.CharField(max_length=60, blank=True)
    invoice_url = models.URLField(max_length=500, blank=True)
    pdf_url = models.URLField(max_length=500, blank=True)
    receipt_url = models.URLField(max_length=500, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    # When Stripe was asked for what stands here, by the database's clock.
    asked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["organisation", "-created_at"], name="purchase_of_organisation"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(kind="top_up", state__in=["open", "settling"]),
                name="one_top_up_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(refunded_cents__lte=models.F("cents")), name="refunded_at_most_paid"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.credits} credits, {self.state}"


class TopUp(Row):
    """How an organisation's credits are topped up by themselves, within a sum a month."""

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="top_up")
    on = models.BooleanField(default=False)
    below = models.PositiveIntegerField(default=5)
    credits = models.PositiveIntegerField(default=25)
    cap_cents = models.PositiveIntegerField(default=100_000)
    method_id = models.CharField(max_length=255, blank=True)
    method_label = models.CharField(max_length=60, blank=True)
    # Why it has stopped by itself; it goes on when somebody has looked.
    problem = models.CharField(max_length=300, blank=True)
    # When the top-up that is on its way is gone on with at the earliest, where it broke off.
    go_on_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.credits} credits below {self.below}"


class PaymentNews(models.Model):
    """A payment at Stripe that has to be read, since something happened to it.

    `asked` counts what was heard, `read` how much of it was known when it was last read.
    """

    source_id = models.CharField(max_length=255, unique=True)
    asked = models.PositiveIntegerField(default=1)
    read = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(asked__gt=models.F("read")),
                name="payment_news_to_read",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id}: {self.read} of {self.asked}"
