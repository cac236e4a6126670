"""Looks."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from generation import access
from generation.api.refusals import LOOK_CHANGED
from generation.art_direction import CHOICES
from generation.models import Look
from generation.ordering import looks
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

TAG = "Looks"
EXAMPLE = {name: known[0] for name, known in CHOICES.items()}


class ArtDirectionShape(Shape):
    """How people look in a look."""

    attire = serializers.CharField()
    backdrop = serializers.CharField()
    expression = serializers.CharField()
    light = serializers.CharField()
    framing = serializers.CharField()
    attire_choices = serializers.ListField(
        child=serializers.CharField(), help_text="What employees may wear instead (`wishes`)."
    )

    example = {**EXAMPLE, "attire_choices": [CHOICES["attire"][1]]}


class LookShape(ArtDirectionShape):
    """Art direction. Changing a look makes its next version; orders keep the one they froze."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-00000000000b",
        "name": "Studio",
        "version": 1,
        **ArtDirectionShape.example,
        "created_at": "2026-11-25T09:00:00Z",
    }


class LookGiven(Given):
    """A look to make, or the next version of the one with that name."""

    name = serializers.CharField(max_length=80)
    attire = serializers.ChoiceField(choices=CHOICES["attire"])
    backdrop = serializers.ChoiceField(choices=CHOICES["backdrop"])
    expression = serializers.ChoiceField(choices=CHOICES["expression"])
    light = serializers.ChoiceField(choices=CHOICES["light"])
    framing = serializers.ChoiceField(choices=CHOICES["framing"])
    attire_choices = serializers.ListField(
        child=serializers.ChoiceField(choices=CHOICES["attire"]),
        required=False,
        max_length=len(CHOICES["attire"]),
        help_text="What employees may wear instead; nothing else, where none is named.",
    )

    example = {"name": "Studio", **ArtDirectionShape.example}


class LooksQuery(Given):
    """Which looks."""

    name = serializers.CharField(max_length=80, required=False)


class LooksView(TenantView):
    """The looks of the organisation."""

    @operation(
        "looks_list",
        "List looks",
        tag=TAG,
        scope="looks:read",
        shape=LookShape,
        many=True,
        query=LooksQuery,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The newest version of each, the newest first."""
        # What is newest is found first, so that the page can be cut by id.
        newest = Look.objects.filter(pk__in=access.looks(self.inside).values("pk"))
        if "name" in self.query:
            newest = newest.filter(name__iexact=self.query["name"])
        return self.listed(newest, owner=self.organisation.pk)

    @operation(
        "looks_create",
        "Make a look",
        tag=TAG,
        scope="looks:write",
        shape=LookShape,
        body=LookGiven,
        status=201,
        refuses=(LOOK_CHANGED,),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """A name that is known gets its next version; what is as it was stays as it is."""
        look = looks.save_look(actor=self.actor, organisation=self.organisation, **self.body())
        return self.shown(look, location=reverse("api:look", args=[look.pk]))


class LookView(TenantView):
    """One look."""

    @operation("looks_get", "Read a look", tag=TAG, scope="looks:read", shape=LookShape)
    def get(self, request: Request, look_id: UUID) -> HttpResponseBase:
        """One version of a look."""
        return self.shown(access.look(self.inside, look_id))
