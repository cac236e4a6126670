"""An order's public team page."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from generation import access
from generation.api.refusals import SITE
from generation.delivering import team_pages
from generation.models import Order, TeamPage
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

TAG = "Orders"


class TeamPageShape(Shape):
    """A page that anybody can see, with those on it who agreed."""

    url = serializers.SerializerMethodField()
    sites = serializers.ListField(
        child=serializers.CharField(), help_text="Origins whose pages may embed it."
    )
    people = serializers.SerializerMethodField(help_text="How many are on it.")
    created_at = serializers.DateTimeField()

    example = {
        "url": "https://headshots.example.com/team/9ZcYt3…",
        "sites": ["https://www.example.com"],
        "people": 11,
        "created_at": "2026-11-25T09:00:00Z",
    }

    def get_url(self, row: TeamPage) -> str:
        return f"{settings.SITE_URL}{reverse('team', args=[row.key])}"

    def get_people(self, row: TeamPage) -> int:
        return len(team_pages.people(row))


class TeamPageGiven(Given):
    """Who may embed it."""

    sites = serializers.ListField(
        child=serializers.CharField(max_length=253), max_length=team_pages.MOST_SITES
    )

    example = {"sites": ["https://www.example.com"]}


class TeamPageView(TenantView):
    """The page of one order."""

    def order(self, order_id: UUID) -> Order:
        return access.order(self.inside, order_id)

    @operation(
        "team_page_get", "Read the team page", tag=TAG, scope="headshots:read", shape=TeamPageShape
    )
    def get(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Where it is; a 404 where none is published."""
        page = TeamPage.objects.filter(order=self.order(order_id), published=True).first()
        if page is None:
            raise Http404
        return self.shown(page)

    @operation(
        "team_page_publish",
        "Publish the team page",
        tag=TAG,
        scope="headshots:write",
        match=True,
        shape=TeamPageShape,
        body=TeamPageGiven,
        refuses=(SITE,),
    )
    def put(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Nobody is on it who has not agreed to that. Publishing again changes the sites."""
        page = team_pages.publish(
            actor=self.actor, order=self.order(order_id), sites=self.body()["sites"]
        )
        return self.shown(page)

    @operation(
        "team_page_delete",
        "Take the team page off",
        tag=TAG,
        scope="headshots:write",
        match=True,
        status=204,
    )
    def delete(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Published again it has the same address."""
        team_pages.withdraw(actor=self.actor, order=self.order(order_id))
        return self.done()
