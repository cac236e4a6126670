"""Public team pages, of an order or of the whole staff, and who agreed to be on them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Organisation, PartnerGrant
from generation.models.orders import Order
from generation.models.shoots import Shoot
from headshots.lib.rows import Row


class TeamPage(Row):
    """A page that anybody can see and the sites named may embed. `key` is its address.

    It shows the people of `order`, or the whole staff of `organisation`.
    """

    order = models.OneToOneField(Order, models.CASCADE, null=True, related_name="team_page")
    organisation = models.OneToOneField(
        Organisation, models.CASCADE, null=True, related_name="team_page"
    )
    key = models.CharField(max_length=32, unique=True)
    # Origins that may embed it, "https://example.com".
    sites = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    published = models.BooleanField(default=False)
    # By which a partner published it; empty: the organisation itself did.
    grant = models.ForeignKey(PartnerGrant, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(order=None) ^ models.Q(organisation=None),
                name="team_page_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"team page of {self.order_id or self.organisation_id}"

    @property
    def of(self) -> Order | Organisation:
        """Whose people it shows."""
        found = self.order or self.organisation
        assert found is not None
        return found

    @property
    def publisher(self) -> Organisation:
        """The organisation that it is a page of."""
        return self.of.organisation if isinstance(self.of, Order) else self.of


class TeamConsent(Row):
    """An employee's yes to being on the public team page; without one they are not."""

    shoot = models.OneToOneField(Shoot, models.CASCADE, related_name="team_consent")
    address = models.GenericIPAddressField(null=True, blank=True)

    def __str__(self) -> str:
        return f"team consent of {self.shoot_id}"
