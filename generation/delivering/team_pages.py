"""A public team page: published by an administrator, with those on it who agreed themselves."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.developers.on_behalf import grant_of, is_theirs
from accounts.models import Employee, Organisation, PartnerGrant
from generation.finishing import renditions, wall_pictures, walls
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
def publish(*, actor: Actor, of: Order | Organisation, sites: Sequence[str]) -> TeamPage:
    """Publish the team page of an order, or of the whole staff of an organisation; `sites`
    (origins) may embed it. Publishing again changes them. One that a partner published ends with
    its grant, unless the organisation does so again.

    One that was taken off comes back at the address it had, as a page of whoever publishes it.

    Raises Problem for what is no site, and (403) for a partner where somebody else's page is out.
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
    organisation = _organisation(of)
    grant = grant_of(actor=actor, organisation=organisation)
    _check_theirs(actor, of)
    now: dict[str, object] = {"sites": wanted, "published": True, "grant": grant}
    page, _made = TeamPage.objects.update_or_create(
        **_whose(of),
        defaults=now,
        create_defaults={**now, "key": secrets.token_urlsafe(16)},
    )
    audit.record(
        actor=actor,
        organisation=organisation,
        action="team_page.published",
        about=of,
        sites=wanted,
    )
    return page


@transaction.atomic
def withdraw(*, actor: Actor, of: Order | Organisation) -> None:
    """Take the page off. Its address is kept for when it is published again, as others embed it.

    Raises Problem (403) for a partner where somebody else published it.
    """
    _check_theirs(actor, of)
    if pages(of).filter(published=True).update(published=False):
        audit.record(
            actor=actor, organisation=_organisation(of), action="team_page.withdrawn", about=of
        )


@transaction.atomic
def end_those_of(*, actor: Actor, grant: PartnerGrant) -> None:
    """Take off the pages that a partner published under a grant. Its sites go with them, so that
    nobody lets them in again by publishing."""
    found = TeamPage.objects.filter(grant=grant)
    for page in found.select_related("order__organisation", "organisation"):
        withdraw(actor=actor, of=page.of)
    found.update(sites=[])


def _check_theirs(actor: Actor, of: Order | Organisation) -> None:
    """Locks the page until the transaction ends."""
    page = pages(of).select_for_update(of=("self",)).select_related("grant").first()
    if page is None or not page.published:
        return
    # SECURITY: what goes on after a grant is not led to a partner's sites.
    if not is_theirs(actor=actor, organisation=_organisation(of), grant=page.grant):
        raise Problem(
            _("Somebody else published this page. They alone change that."),
            code="team_page_of_another",
            status=403,
        )


def pages(of: Order | Organisation) -> QuerySet[TeamPage]:
    """The team page of an order or of the whole staff, if there is one, published or not."""
    return TeamPage.objects.filter(**_whose(of))


def _whose(of: Order | Organisation) -> dict[str, Order | Organisation]:
    return {"order": of} if isinstance(of, Order) else {"organisation": of}


def _organisation(of: Order | Organisation) -> Organisation:
    return of.organisation if isinstance(of, Order) else of


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
    with what they gave instead of one; of the whole staff each with the newest that they agreed
    to."""
    headshots: Iterable[Headshot] = _headshots(page)
    given: Iterable[Alternative] = _given(page)
    if page.order is None:
        headshots, given = walls.newest(_headshots(page), _given(page))
    shown = []
    for headshot in headshots:
        if made := _of_headshot(headshot):
            shown.append((headshot.shoot.employee, made))
    shown += [(one.shoot.employee, _of_given(one)) for one in given]
    shown.sort(key=lambda pair: walls.by_name(pair[0]))
    return [made for _person, made in shown]


def one(page: TeamPage, picture_id: UUID) -> Shown | None:
    """Whoever of `people` is shown by this picture; reads nobody else's rows."""
    headshots, given = _headshots(page), _given(page)
    shot = list(headshots.filter(finishing__renditions=picture_id))
    instead = [] if shot else list(given.filter(pk=picture_id))
    if page.order is None:
        shoots = [headshot.shoot for headshot in shot] + [one.shoot for one in instead]
        whose = {"shoot__employee__in": [shoot.employee_id for shoot in shoots]}
        shot, instead = walls.newest(headshots.filter(**whose), given.filter(**whose))
    made = [*map(_of_headshot, shot), *map(_of_given, instead)]
    return next((one for one in made if one and one.picture.pk == picture_id), None)


def _headshots(page: TeamPage) -> QuerySet[Headshot]:
    """The headshots that may be on the page, with what `_of_headshot` reads."""
    return (
        Headshot.objects.filter(
            **_on(page),
            shoot__state=State.DELIVERED,
            shoot__team_consent__isnull=False,
            finishing__isnull=False,
        )
        .select_related("shoot__employee", "finishing__finish")
        .prefetch_related("finishing__renditions")
    )


def _given(page: TeamPage) -> QuerySet[Alternative]:
    """What may be on the page in the place of headshots."""
    return (
        Alternative.objects.filter(
            **_on(page), shoot__state=State.OPTED_OUT, shoot__team_consent__isnull=False
        )
        .exclude(finished="")
        .select_related("shoot__employee")
    )


def _on(page: TeamPage) -> dict[str, object]:
    # Whoever has left stands on no page of the team, and is not counted.
    here: dict[str, object] = {"shoot__employee__status": Employee.Status.ACTIVE}
    if page.order is not None:
        return {**here, "shoot__order": page.order}
    return {**here, "shoot__order__organisation": page.organisation}


def agreed(of: Order | Organisation) -> int:
    """How many people of an order, or of the roster, have agreed to be on a team page."""
    consents = TeamConsent.objects.filter(**_on(TeamPage(**_whose(of))))
    return consents.values("shoot__employee").distinct().count()


def _of_headshot(headshot: Headshot) -> Shown | None:
    picture = renditions.main(headshot)
    if picture is None:
        return None
    person = headshot.shoot.employee
    return Shown(person.name, person.title, picture, picture.file, picture.content_type)


def _of_given(given: Alternative) -> Shown:
    person, note = given.shoot.employee, wall_pictures.what_is(given)
    return Shown(person.name, person.title, given, given.finished, "image/jpeg", note)
