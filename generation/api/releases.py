"""Consent: who gave it, to which text; and handing over what a partner collected."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.access import release, releases
from accounts.api.base import TenantView
from accounts.api.employees import EmployeeShape
from accounts.consent.jurisdictions import Jurisdiction
from accounts.consent.releases import release_text
from accounts.languages import CODES
from accounts.models import Release
from billing.api.refusals import BUSY
from generation import access
from generation.api import refusals
from generation.inviting import signing
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Expand, Given, Reference, Shape

TAG = "Releases"
WHERE = "Where they work, as the law asks; guessed from their location, where it is not said."


class ReleaseShape(Shape):
    """An employee's signed consent."""

    id = serializers.UUIDField()
    employee = Reference(EmployeeShape)
    kind = serializers.SerializerMethodField(help_text="signed, attested or collected.")
    text_version = serializers.CharField()
    text_sha256 = serializers.CharField(source="text_hash")
    text = serializers.CharField(help_text="Word for word what was signed.")
    signed_name = serializers.CharField(source="typed_name")
    evidence = serializers.CharField()
    signed_at = serializers.DateTimeField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    expands = {"employee": Expand("employee", "employees:read")}
    example = {
        "id": "019ab1c2-0000-7000-8000-00000000000e",
        "employee": "019ab1c2-0000-7000-8000-00000000000a",
        "kind": "collected",
        "text_version": "2026-11",
        "text_sha256": "5f" * 32,
        "text": "I allow Acme to have professional headshots made of me …",
        "signed_name": "Ada Moreau",
        "evidence": "Signed in our app, envelope 8812",
        "signed_at": "2026-11-25T09:00:00Z",
        "withdrawn_at": None,
        "created_at": "2026-11-25T09:01:00Z",
    }

    def get_kind(self, row: Release) -> str:
        if row.invitation_id:
            return "signed"
        return "attested" if row.attested_by_id else "collected"


class ReleaseTextShape(Shape):
    """What an employee has to read and sign."""

    version = serializers.CharField()
    language = serializers.CharField()
    jurisdiction = serializers.CharField()
    text = serializers.CharField()
    sha256 = serializers.CharField()

    example = {
        "version": "2026-11",
        "language": "en",
        "jurisdiction": "eu",
        "text": "I allow Acme to have professional headshots made of me …",
        "sha256": "5f" * 32,
    }


class TextQuery(Given):
    """In which language."""

    language = serializers.ChoiceField(choices=sorted(CODES), default="en")
    jurisdiction = serializers.ChoiceField(
        choices=Jurisdiction.choices, required=False, help_text=WHERE
    )


class ReleaseGiven(Given):
    """Evidence that the employee consented in the partner's product."""

    text = serializers.CharField(
        max_length=20_000,
        help_text="Word for word the text that they signed: the one that we gave.",
    )
    language = serializers.ChoiceField(choices=sorted(CODES), default="en")
    jurisdiction = serializers.ChoiceField(
        choices=Jurisdiction.choices,
        required=False,
        help_text="The one with which the text was read, where one was named.",
    )
    signed_name = serializers.CharField(min_length=2, max_length=200)
    signed_at = serializers.DateTimeField()
    evidence = serializers.CharField(
        max_length=2000, help_text="How you can prove it: where the signature is kept."
    )

    example = {
        "text": "I allow Acme to have professional headshots made of me …",
        "language": "en",
        "signed_name": "Ada Moreau",
        "signed_at": "2026-11-25T09:00:00Z",
        "evidence": "Signed in our app, envelope 8812",
    }


class ReleasesQuery(Given):
    """Whose consent."""

    employee = serializers.UUIDField(required=False)


class ReleasesView(TenantView):
    """Releases as a list."""

    @operation(
        "releases_list",
        "List releases",
        tag=TAG,
        scope="releases:read",
        shape=ReleaseShape,
        many=True,
        query=ReleasesQuery,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Withdrawn ones too, the newest first."""
        found = releases(self.inside)
        if "employee" in self.query:
            found = found.filter(employee=self.query["employee"])
        return self.listed(found, owner=self.organisation.pk)


class ReleaseView(TenantView):
    """One release."""

    @operation("releases_get", "Read a release", tag=TAG, scope="releases:read", shape=ReleaseShape)
    def get(self, request: Request, release_id: UUID) -> HttpResponseBase:
        """Who signed what, and when."""
        return self.shown(release(self.inside, release_id))


class ReleaseTextView(TenantView):
    """The text to sign."""

    @operation(
        "release_text_get",
        "Read the text to sign",
        tag=TAG,
        scope="releases:read",
        shape=ReleaseTextShape,
        query=TextQuery,
    )
    def get(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """The present text for this shoot's employee, with what their law asks for."""
        shoot = access.shoot(self.inside, shoot_id)
        found = release_text(
            shoot.employee,
            jurisdiction=self.query.get("jurisdiction"),
            language=self.query["language"],
        )
        return self.shown(found)


class ShootReleaseView(TenantView):
    """Consent that a partner collected."""

    @operation(
        "releases_create",
        "Hand over consent that you collected",
        tag=TAG,
        scope="releases:write",
        shape=ReleaseShape,
        body=ReleaseGiven,
        status=201,
        refuses=(
            refusals.RELEASE_CHANGED,
            refusals.SIGNED_AT,
            BUSY,
            refusals.CANNOT_SIGN,
            refusals.EVIDENCE_MISSING,
        ),
    )
    def post(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """Opens the shoot for photos. The text has to be ours, word for word; the employee can
        withdraw at any time by their own link."""
        said = self.body()
        made = signing.hand_over_release(
            actor=self.actor,
            shoot=access.shoot(self.inside, shoot_id),
            text=said["text"],
            language=said["language"],
            jurisdiction=said.get("jurisdiction"),
            signed_name=said["signed_name"],
            signed_at=said["signed_at"],
            evidence=said["evidence"],
        )
        return self.shown(made, location=reverse("api:release", args=[made.pk]))
