"""Customers and who acts for them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy

from headshots.lib.rows import Row


class Organisation(Row):
    """The customer and tenant; owns everything else."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    # Members come in only with an authenticator app or a passkey of their own.
    second_factor_required = models.BooleanField(default=False)
    # The world that test keys see is an organisation of its own, so that nothing in it can touch
    # the real one: this says whose it is.
    sandbox_of = models.OneToOneField(
        "self", models.CASCADE, null=True, blank=True, related_name="sandbox"
    )
    # The picture above its mail, by its key in the vault.
    logo = models.CharField(max_length=200, blank=True, default="", db_default="")
    # Whose pages may show the employees' way in a frame: “https://people.example.com”.
    embed_origins = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    # Where it is at home, by its IANA name, and the hours of the day without reminders.
    time_zone = models.CharField(max_length=60, default="UTC")
    quiet_from = models.PositiveSmallIntegerField(default=19)
    quiet_until = models.PositiveSmallIntegerField(default=8)
    # Closed: nobody comes in any more. Destroyed: and nothing of its people is left.
    closed_at = models.DateTimeField(null=True, blank=True)
    destroyed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def email(self) -> str:
        """Where its bills go: the address of its first owner."""
        owner = self.members.filter(role=Role.OWNER).select_related("user").order_by("id").first()
        return owner.user.email if owner else ""


class Location(Row):
    """A place of the roster where the clock is not the organisation's."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="locations")
    name = models.CharField(max_length=100)
    time_zone = models.CharField(max_length=60)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="location_once")
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    OWNER = "owner", gettext_lazy("Owner")
    ADMIN = "admin", gettext_lazy("Administrator")
    VIEWER = "viewer", gettext_lazy("Viewer")


class Member(Row):
    """A user account with a role in an organisation."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    # By which a partner brought them in; empty: the organisation itself did.
    grant = models.ForeignKey("PartnerGrant", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user"], name="member_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="member_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class MemberInvitation(Row):
    """An offer of a role to whoever owns an e-mail address, with an account or without.

    The link's token is signed and names this row and its `generation`; the next generation makes
    the links before it worthless.
    """

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="member_invitations"
    )
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role.choices)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    # By which a partner invited them; empty: the organisation itself did.
    grant = models.ForeignKey("PartnerGrant", models.SET_NULL, null=True, related_name="+")
    generation = models.PositiveIntegerField(default=1)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                "organisation",
                Lower("email"),
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="member_invited_once",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="member_invitation_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.role})"

    @property
    def expired(self) -> bool:
        return self.expires_at <= timezone.now()
