"""Links by which people bring themselves into an order, or onto the roster until there is one."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Employee, Organisation, PartnerGrant
from generation.models.orders import Order
from headshots.lib.rows import Row


class JoinLink(Row):
    """One address for many people, who prove theirs by a code. Only its token's hash is kept."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="join_links")
    # None: the organisation's, into whichever order is open when somebody comes.
    order = models.ForeignKey(Order, models.CASCADE, null=True, related_name="join_links")
    token_hash = models.CharField(max_length=64, unique=True)
    # Domains of the addresses that may come; none lets everybody come who has the link.
    domains = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    cap = models.PositiveIntegerField()
    used = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    # By which a partner made it; empty: the organisation itself did.
    grant = models.ForeignKey(PartnerGrant, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(used__lte=models.F("cap")), name="join_link_within_cap"
            )
        ]

    def __str__(self) -> str:
        return f"join link of {self.order_id or self.organisation_id}"


class JoinCode(Row):
    """A code mailed to an address that wants to come by a link; good once and for a short while."""

    link = models.ForeignKey(JoinLink, models.CASCADE, related_name="codes")
    email = models.EmailField()
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=5, blank=True)
    code_hash = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="join_code_expiry")]

    def __str__(self) -> str:
        return f"code for {self.email}"


class Joiner(Row):
    """Somebody who came onto the roster by the organisation's link while no order was open."""

    employee = models.OneToOneField(Employee, models.CASCADE, related_name="joiner")
    link = models.ForeignKey(JoinLink, models.CASCADE, related_name="joiners")
    came_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"joiner {self.employee_id}"
