"""Public team pages, of an order and of the whole staff."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from accounts.models import Organisation
from generation import access
from generation.api.refusals import SITE, TEAM_PAGE_OF_ANOTHER
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

    @operation(
        "team_page_get", "Read the team page", tag=TAG, scope="headshots:read", shape=TeamPageShape
    )
    def get(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Where it is; a 404 where none is published."""
        return self.shown(_published(access.order(self.inside, order_id)))

    @operation(
        "team_page_publish",
        "Publish the team page",
        tag=TAG,
        scope="headshots:write",
        match=True,
        shape=TeamPageShape,
        body=TeamPageGiven,
        refuses=(SITE, TEAM_PAGE_OF_ANOTHER),
    )
    def put(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Nobody is on it who has not agreed to that. Publishing again changes the sites; a partner
        does so of its own page alone."""
        order = access.order(self.inside, order_id)
        page = team_pages.publish(actor=self.actor, of=order, sites=self.body()["sites"])
        return self.shown(page)

    @operation(
        "team_page_delete",
        "Take the team page off",
        tag=TAG,
        scope="headshots:write",
        match=True,
        status=204,
        refuses=(TEAM_PAGE_OF_ANOTHER,),
    )
    def delete(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Published again it has the same address. A partner takes off its own page alone."""
        team_pages.withdraw(actor=self.actor, of=access.order(self.inside, order_id))
        return self.done()


class StaffTeamPageView(TenantView):
    """The page of the whole staff."""

    @operation(
        "staff_team_page_get",
        "Read the staff’s team page",
        tag="Organisation",
        scope="headshots:read",
        shape=TeamPageShape,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Where it is; a 404 where none is published."""
        return self.shown(_published(self.inside.organisation))

    @operation(
        "staff_team_page_publish",
        "Publish the staff’s team page",
        tag="Organisation",
        scope="headshots:write",
        match=True,
        shape=TeamPageShape,
        body=TeamPageGiven,
        refuses=(SITE, TEAM_PAGE_OF_ANOTHER),
    )
    def put(self, request: Request) -> HttpResponseBase:
        """Everybody of the roster who agreed to it, whichever order they were in, with the newest
        picture that they agreed to. Publishing again changes the sites; a partner does so of its
        own page alone."""
        of, sites = self.inside.organisation, self.body()["sites"]
        return self.shown(team_pages.publish(actor=self.actor, of=of, sites=sites))

    @operation(
        "staff_team_page_delete",
        "Take the staff’s team page off",
        tag="Organisation",
        scope="headshots:write",
        match=True,
        status=204,
        refuses=(TEAM_PAGE_OF_ANOTHER,),
    )
    def delete(self, request: Request) -> HttpResponseBase:
        """Published again it has the same address. A partner takes off its own page alone."""
        team_pages.withdraw(actor=self.actor, of=self.inside.organisation)
        return self.done()


def _published(of: Order | Organisation) -> TeamPage:
    page = team_pages.pages(of).filter(published=True).first()
    if page is None:
        raise Http404
    return page
