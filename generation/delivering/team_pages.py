"""A public team page: published by an administrator, with those on it who agreed themselves."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from generation.approving import alternatives
from generation.finishing import renditions, wall_pictures
from generation.models import (
    Alternative,
    Headshot,
    Order,
    Rendition,
    Shoot,
    State,
    TeamConsent,
    TeamPage,
)
from headshots.lib.problems import Problem

MOST_SITES = 10
_SITE = re.compile(r"https://[a-z0-9](?:[a-z0-9.-]{0,240}[a-z0-9])?(?::[0-9]{2,5})?")


@dataclass(frozen=True)
class Shown:
    """Somebody on the page: name, title, the picture's row and its vault key, and what it is
    where it was given instead of a headshot."""

    name: str
    title: str
    picture: Rendition | Alternative
    file: str
    content_type: str
    note: str = ""


@transaction.atomic
def publish(*, actor: Actor, order: Order, sites: Sequence[str]) -> TeamPage:
    """Publish an order's team page; `sites` (origins) may embed it. Publishing again changes them.

    One that was taken off comes back at the address it had.

    Raises Problem for what is no site.
    """
    wanted = []
    for text in sites:
        site = text.strip().lower().rstrip("/")
        if not site:
            continue
        if not _SITE.fullmatch(site):
            raise Problem(
                _("“{site}” is no site. Write it like https://www.example.com.").format(
                    site=text.strip()[:60]
                ),
                code="site",
                field="sites",
            )
        wanted.append(site)
    if len(wanted) > MOST_SITES:
        raise Problem(
            _("At most {count} sites can embed the page.").format(count=MOST_SITES), field="sites"
        )
    page, _made = TeamPage.objects.update_or_create(
        order=order,
        defaults={"sites": wanted, "published": True},
        create_defaults={
            "sites": wanted,
            "published": True,
            "key": secrets.token_urlsafe(16),
        },
    )
    audit.record(
        actor=actor,
        organisation=order.organisation,
        action="team_page.published",
        about=order,
        sites=wanted,
    )
    return page


@transaction.atomic
def withdraw(*, actor: Actor, order: Order) -> None:
    """Take the page off. Its address is kept for when it is published again, as others embed it."""
    off = TeamPage.objects.filter(order=order, published=True)
    if off.update(published=False):
        audit.record(
            actor=actor, organisation=order.organisation, action="team_page.withdrawn", about=order
        )


@transaction.atomic
def agree(*, actor: Actor, shoot: Shoot) -> None:
    """The employee's yes to being on the page, with a headshot or with what they gave instead.
    Twice is once."""
    if shoot.state not in (State.APPROVING, State.DELIVERED) and not _gave_instead(shoot):
        raise Problem(_("There is no headshot of you yet."), code="transition", status=409)
    _consent, made = TeamConsent.objects.get_or_create(
        shoot=shoot, defaults={"address": actor.address}
    )
    if made:
        audit.record(
            actor=actor,
            organisation=shoot.order.organisation,
            action="team_page.agreed",
            about=shoot,
        )


@transaction.atomic
def take_back(*, actor: Actor, shoot: Shoot) -> None:
    """Off the page at once."""
    if TeamConsent.objects.filter(shoot=shoot).delete()[0]:
        audit.record(
            actor=actor,
            organisation=shoot.order.organisation,
            action="team_page.taken_back",
            about=shoot,
        )


def _gave_instead(shoot: Shoot) -> bool:
    given = Alternative.objects.filter(shoot=shoot).exclude(finished="")
    return shoot.state == State.OPTED_OUT and given.exists()


def people(page: TeamPage) -> list[Shown]:
    """Who is on the page, by name: those who agreed, with an approved headshot that has files, or
    with what they gave instead of one."""
    headshots = (
        Headshot.objects.filter(
            shoot__order=page.order_id,
            shoot__state=State.DELIVERED,
            shoot__team_consent__isnull=False,
            finishing__isnull=False,
        )
        .select_related("shoot__employee", "finishing__finish")
        .prefetch_related("finishing__renditions")
    )
    shown = []
    for headshot in headshots:
        picture = renditions.main(headshot)
        if picture is not None:
            person = headshot.shoot.employee
            made = Shown(person.name, person.title, picture, picture.file, picture.content_type)
            shown.append((person, made))
    agreed = set(
        TeamConsent.objects.filter(shoot__order=page.order_id).values_list("shoot_id", flat=True)
    )
    for given in alternatives.of_order(page.order):
        if given.shoot_id in agreed:
            person = given.shoot.employee
            note = wall_pictures.what_is(given)
            made = Shown(person.name, person.title, given, given.finished, "image/jpeg", note)
            shown.append((person, made))
    shown.sort(key=lambda pair: wall_pictures.by_name(pair[0]))
    return [made for _person, made in shown]
