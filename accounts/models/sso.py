"""Sign-in through an organisation's own identity provider."""

from __future__ import annotations

from allauth.socialaccount.models import SocialApp
from django.db import models

from accounts.models.organisations import Organisation
from headshots.lib.rows import Row


class DomainClaim(Row):
    """A domain that an organisation says is its own; proved, it is nobody else's.

    The proof is a TXT record with `token`, looked at again each day.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="domains")
    domain = models.CharField(max_length=253)
    token = models.CharField(max_length=40)
    proved_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    # Since when the record has been gone.
    missing_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["domain"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "domain"], name="domain_claimed_once"),
            models.UniqueConstraint(
                fields=["domain"],
                condition=models.Q(proved_at__isnull=False),
                name="domain_proved_by_one",
            ),
        ]

    def __str__(self) -> str:
        return self.domain


class IdentityProvider(Row):
    """Where an organisation's members sign in: one SocialApp, of no other organisation."""

    organisation = models.OneToOneField(
        Organisation, models.CASCADE, related_name="identity_provider"
    )
    app = models.OneToOneField(SocialApp, models.PROTECT, related_name="identity_provider")
    required = models.BooleanField(default=False)
    # What the last test said: as whom somebody came, or what was wrong.
    tested_at = models.DateTimeField(null=True, blank=True)
    tested_as = models.EmailField(blank=True)
    test_problem = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"provider of {self.organisation}"

    @property
    def works(self) -> bool:
        """Whether a test since its last change has been passed."""
        return self.tested_at is not None and not self.test_problem
