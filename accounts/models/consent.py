"""How an employee gets in, and what they signed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models.api import ApiKey, PartnerGrant
from accounts.models.roster import Employee
from headshots.lib.rows import Row


class Invitation(Row):
    """A personal link for an employee. Only the hash of its token is kept.

    The token is derived from the identifier, `generation` and the secret key, so that a link can be
    sent again as it was; the next generation makes the links before it worthless.
    """

    employee = models.ForeignKey(Employee, models.CASCADE, related_name="invitations")
    generation = models.PositiveIntegerField(default=1)
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    # Of one that is revoked: a link asked for since leads to its person's rights, and nowhere else.
    rights_only = models.BooleanField(default=False, db_default=False)
    opened_at = models.DateTimeField(null=True, blank=True)
    # What the employee chose to read in; empty: what the roster says of them.
    language = models.CharField(max_length=5, blank=True, default="")
    # Partners who were given a way in by it.
    shown_to = models.ManyToManyField(PartnerGrant, related_name="invitations")

    def __str__(self) -> str:
        return f"invitation of {self.employee_id}"

    @property
    def opens(self) -> bool:
        """Whether its link opens the whole way now."""
        return self.revoked_at is None and self.expires_at > timezone.now()


class StaleLink(Row):
    """A token that an invitation had before: it opens nothing, and may ask for the link that does
    to be mailed."""

    invitation = models.ForeignKey(Invitation, models.CASCADE, related_name="stale_links")
    token_hash = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return f"stale link of {self.invitation_id}"


class EmbedLink(Row):
    """A link by which a page shows the employee's way in a frame, and where they come back to.

    It opens nothing after its end, and tells whose page may frame what it has opened.
    """

    invitation = models.ForeignKey(Invitation, models.CASCADE, related_name="embed_links")
    origin = models.CharField(max_length=200)
    return_url = models.CharField(max_length=2000)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"embed link of {self.invitation_id} for {self.origin}"


class Release(Row):
    """An employee's signed consent to have headshots made from their photos.

    Signed by the employee through their invitation, attested by a member who holds the signed
    paper, or collected by a partner's program, which tells when, how and under which text; exactly
    one of the three.
    """

    employee = models.ForeignKey(Employee, models.CASCADE, related_name="releases")
    invitation = models.ForeignKey(Invitation, models.PROTECT, null=True, blank=True)
    attested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True)
    attestation = models.TextField(blank=True)
    collected_by = models.ForeignKey(
        ApiKey, models.PROTECT, null=True, blank=True, related_name="releases"
    )
    # How the partner can prove it, in their words.
    evidence = models.TextField(blank=True, default="")
    text_version = models.CharField(max_length=20)
    text_hash = models.CharField(max_length=64)
    # What was signed, word for word: names in it change, and a hash alone proves little.
    text = models.TextField(blank=True, default="")
    jurisdiction = models.CharField(max_length=10, blank=True, default="")
    language = models.CharField(max_length=5, blank=True, default="")
    typed_name = models.CharField(max_length=200, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    signed_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    invitation__isnull=False, attested_by__isnull=True, collected_by__isnull=True
                )
                | models.Q(
                    invitation__isnull=True, attested_by__isnull=False, collected_by__isnull=True
                )
                | models.Q(
                    invitation__isnull=True, attested_by__isnull=True, collected_by__isnull=False
                ),
                name="release_signed_or_attested",
            )
        ]

    def __str__(self) -> str:
        return f"release {self.text_version} of {self.employee_id}"
