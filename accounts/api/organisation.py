"""The organisation that a key acts for."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api import refusals
from accounts.api.base import TenantView
from accounts.membership import organisations
from accounts.models import Organisation
from headshots.lib.api.operations import operation
from headshots.lib.api.parsing import BytesParser
from headshots.lib.api.problems import Refusal
from headshots.lib.api.shapes import Given, Shape

TAG = "Organisation"


class OrganisationShape(Shape):
    """The customer."""

    id = serializers.SerializerMethodField(
        help_text="As events and Headshots-Organisation say it; the sandbox bears the same."
    )
    name = serializers.CharField()
    slug = serializers.CharField()
    test = serializers.SerializerMethodField(help_text="Whether this is the sandbox.")
    logo = serializers.SerializerMethodField(help_text="Whether its mail bears one.")
    embed_origins = serializers.ListField(
        child=serializers.CharField(),
        help_text="Whose pages may show the employees’ way in a frame.",
    )
    second_factor_required = serializers.BooleanField(
        help_text="Whether members come in with a second factor alone."
    )
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000001",
        "name": "Acme",
        "slug": "acme",
        "test": False,
        "logo": False,
        "embed_origins": ["https://people.example.com"],
        "second_factor_required": False,
        "created_at": "2026-11-25T09:00:00Z",
    }

    def get_id(self, row: Organisation) -> UUID:
        return row.sandbox_of_id or row.pk

    def get_test(self, row: Organisation) -> bool:
        return row.sandbox_of_id is not None

    def get_logo(self, row: Organisation) -> bool:
        return bool(row.logo)


class OrganisationGiven(Given):
    """What can be changed of it."""

    name = serializers.CharField(max_length=120, required=False)
    embed_origins = serializers.ListField(
        child=serializers.CharField(max_length=200), max_length=20, required=False
    )
    second_factor_required = serializers.BooleanField(required=False)

    example = {"name": "Acme Ltd", "embed_origins": ["https://people.example.com"]}


class OrganisationView(TenantView):
    """The one that the key is for."""

    @operation(
        "organisation_get",
        "Read the organisation",
        tag=TAG,
        scope="organisation:read",
        shape=OrganisationShape,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The organisation that the key acts for."""
        return self.shown(self.organisation)

    @operation(
        "organisation_update",
        "Change the organisation",
        tag=TAG,
        scope="organisation:write",
        shape=OrganisationShape,
        body=OrganisationGiven,
        match=True,
        refuses=(
            refusals.ORIGIN,
            refusals.TOO_MANY_ORIGINS,
            refusals.NO_SECOND_FACTOR,
            refusals.LIVE_ALONE,
            refusals.OWN_KEY,
            refusals.CLOSED,
            refusals.ORGANISATION_NAME,
        ),
    )
    def patch(self, request: Request) -> HttpResponseBase:
        """Another name, other origins whose pages may frame the employees' way, and whether members
        need a second factor, which each of them sets up for themselves. The last takes a key of the
        organisation's own. A partner sets its own origins alone, as with embed-origins."""
        said = self.body()
        row = self.organisation
        if "name" in said:
            row = organisations.rename(actor=self.actor, organisation=row, name=said["name"])
        if "embed_origins" in said:
            row = organisations.allow_framing(
                actor=self.actor, organisation=row, origins=said["embed_origins"]
            )
        if "second_factor_required" in said:
            row = organisations.require_second_factor(
                actor=self.actor, organisation=self.own(), required=said["second_factor_required"]
            )
        return self.shown(row)


class OriginsShape(Shape):
    """Whose pages may show the employees' way in a frame."""

    origins = serializers.ListField(source="embed_origins", child=serializers.CharField())

    example = {"origins": ["https://people.example.com"]}


class OriginsGiven(Given):
    """All of them, or all of a partner's own; none: nobody's."""

    origins = serializers.ListField(child=serializers.CharField(max_length=200), max_length=20)

    example = {"origins": ["https://people.example.com"]}


class EmbedOriginsView(TenantView):
    """The same origins, for a key that embeds and may not change the organisation."""

    @operation(
        "embed_origins_get",
        "Read the origins of frames",
        tag="Shoots",
        scope="shoots:read",
        shape=OriginsShape,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """As `embed_origins` of the organisation."""
        return self.shown(self.organisation)

    @operation(
        "embed_origins_put",
        "Set the origins of frames",
        tag="Shoots",
        scope="shoots:write",
        match=True,
        shape=OriginsShape,
        body=OriginsGiven,
        calls={"embed_origins": "origins"},
        refuses=(
            refusals.ORIGIN_OF_FRAMES,
            refusals.TOO_MANY_FOR_FRAMES,
            refusals.CLOSED,
        ),
    )
    def put(self, request: Request) -> HttpResponseBase:
        """Frames of an origin that is left out close with their next page. A partner sets its own
        alone, which end with its grant: what the organisation or another partner allowed stays, and
        stays theirs where it is named. The answer has all of them, 20 at most."""
        row = organisations.allow_framing(
            actor=self.actor, organisation=self.organisation, origins=self.body()["origins"]
        )
        return self.shown(row)


class OrganisationLogoView(TenantView):
    """The logo above its mail."""

    acts_on = OrganisationView

    parser_classes = (BytesParser,)

    @operation(
        "organisation_put_logo",
        "Put a logo above mail",
        tag=TAG,
        scope="organisation:write",
        match=True,
        shape=OrganisationShape,
        raw="image/*",
        sent=('-H "Content-Type: image/png"', "--data-binary @logo.png"),
        refuses=(
            refusals.LOGO,
            refusals.CLOSED,
        ),
    )
    def put(self, request: Request) -> HttpResponseBase:
        """The bytes of a PNG or WebP of at most 2 MB, for mail to employees and members."""
        data = request._request.body
        if not data:
            raise Refusal("Send the logo's bytes.", code="invalid", field="logo")
        row = organisations.set_logo(actor=self.actor, organisation=self.organisation, data=data)
        return self.shown(row)

    @operation(
        "organisation_delete_logo",
        "Take the logo off mail",
        tag=TAG,
        scope="organisation:write",
        match=True,
        shape=OrganisationShape,
        refuses=(refusals.CLOSED,),
    )
    def delete(self, request: Request) -> HttpResponseBase:
        """Mail goes out with the name alone."""
        row = organisations.set_logo(actor=self.actor, organisation=self.organisation, data=None)
        return self.shown(row)
