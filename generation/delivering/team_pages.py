"""A public team page: published by an administrator, with those on it who agreed themselves."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.developers.on_behalf import grant_of
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
    One that a partner published ends with its grant, unless the organisation does so again.

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
            _("At most {count} sites can embed the page.").format(count=MOST_SITES),
            code="too_many_sites",
            field="sites",
        )
    grant = grant_of(actor=actor, organisation=order.organisation)
    now: dict[str, object] = {"sites": wanted, "published": True}
    page, _made = TeamPage.objects.update_or_create(
        order=order,
        defaults=now if grant else {**now, "grant": None},
        create_defaults={**now, "grant": grant, "key": secrets.token_urlsafe(16)},
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
    shown = []
    for headshot in _headshots(page):
        if made := _of_headshot(headshot):
            shown.append((headshot.shoot.employee, made))
    shown += [(given.shoot.employee, _of_given(given)) for given in _given(page)]
    shown.sort(key=lambda pair: wall_pictures.by_name(pair[0]))
    return [made for _person, made in shown]


def one(page: TeamPage, picture_id: UUID) -> Shown | None:
    """Whoever of `people` is shown by this picture; reads nobody else's rows."""
    headshot = _headshots(page).filter(finishing__renditions=picture_id).first()
    if headshot is not None:
        made = _of_headshot(headshot)
        return made if made and made.picture.pk == picture_id else None
    given = _given(page).filter(pk=picture_id).first()
    return _of_given(given) if given else None


def _headshots(page: TeamPage) -> QuerySet[Headshot]:
    """The headshots that may be on the page, with what `_of_headshot` reads."""
    return (
        Headshot.objects.filter(
            shoot__order=page.order_id,
            shoot__state=State.DELIVERED,
            shoot__team_consent__isnull=False,
            finishing__isnull=False,
        )
        .select_related("shoot__employee", "finishing__finish")
        .prefetch_related("finishing__renditions")
    )


def _given(page: TeamPage) -> QuerySet[Alternative]:
    """What may be on the page in the place of headshots."""
    return alternatives.finished(page.order).filter(shoot__team_consent__isnull=False)


def _of_headshot(headshot: Headshot) -> Shown | None:
    picture = renditions.main(headshot)
    if picture is None:
        return None
    person = headshot.shoot.employee
    return Shown(person.name, person.title, picture, picture.file, picture.content_type)


def _of_given(given: Alternative) -> Shown:
    person, note = given.shoot.employee, wall_pictures.what_is(given)
    return Shown(person.name, person.title, given, given.finished, "image/jpeg", note)
