"""Bringing in whoever came by a join link and proved their address."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor, employee_actor
from accounts.models import Employee, Organisation
from accounts.staff import roster_writing
from generation import states
from generation.inviting import join_links
from generation.models import ENDED_WITHOUT, JoinCode, Joiner, JoinLink, Order, Shoot
from generation.ordering import orders
from headshots.lib.problems import Problem

_NO_ROOM = ("credits_missing", "over_budget")


@transaction.atomic
def join(*, proved: JoinCode, address: str | None = None) -> Shoot | None:
    """Bring whoever proved their mail address onto the roster and into the link's order; the log
    says from which network `address`.

    The organisation's own link leads into the newest order that is open; where none is, or it has
    no room, they wait on the roster and None is returned. Somebody who is in already comes to
    their own page and counts for nothing. Raises Problem: the link is over meanwhile, they have
    left, the link's own order has no room.
    """
    link = (
        JoinLink.objects.select_for_update(of=("self",))
        .select_related("organisation", "order__organisation", "order__look")
        .get(pk=proved.link_id)
    )
    roster_writing.lock(link.organisation)
    employee = Employee.objects.filter(
        organisation=link.organisation, email__iexact=proved.email
    ).first()
    order = link.order or open_order(link.organisation)
    if employee is not None:
        if shoot := _theirs(link, order, employee):
            return shoot
        if employee.status != Employee.Status.ACTIVE:
            raise Problem(
                _(
                    "Your organisation’s list says that you have left. Ask whoever gave you "
                    "the link."
                ),
                code="left",
                status=409,
            )
    join_links.check(link)
    # Whoever waits already has been counted.
    known = link.order is None and Joiner.objects.filter(employee=employee).exists()
    if employee is None:
        employee = Employee.objects.create(
            organisation=link.organisation,
            email=proved.email,
            first_name=proved.first_name,
            last_name=proved.last_name,
            language=proved.language,
        )
    actor = employee_actor(employee, address=address)
    shoot = _add(actor, order, employee, needed=link.order is not None) if order else None
    if shoot is None:
        Joiner.objects.update_or_create(
            employee=employee, defaults={"link": link, "came_at": timezone.now()}
        )
    if not known:
        JoinLink.objects.filter(pk=link.pk).update(used=F("used") + 1)
    if shoot is not None or not known:
        audit.record(
            actor=actor,
            organisation=link.organisation,
            action="join_link.used",
            about=link,
            email=employee.email,
        )
    return shoot


def open_order(organisation: Organisation) -> Order | None:
    """The newest order that is not due yet and has somebody under way."""
    under_way = Shoot.objects.filter(order=OuterRef("pk")).exclude(state__in=states.ENDED)
    found = Order.objects.filter(
        Exists(under_way), organisation=organisation, due_at__gt=timezone.now(), extends=None
    )
    return found.select_related("organisation", "look").first()


def waiting(organisation: Organisation) -> QuerySet[Employee]:
    """Those on the roster who came by the organisation's link and have been in no order since."""
    since = Shoot.objects.filter(
        employee=OuterRef("pk"), created_at__gte=OuterRef("joiner__came_at")
    )
    return Employee.objects.filter(
        ~Exists(since),
        organisation=organisation,
        status=Employee.Status.ACTIVE,
        joiner__isnull=False,
    )


def _theirs(link: JoinLink, order: Order | None, employee: Employee) -> Shoot | None:
    """Their part of the order; by the organisation's link, else of another that came to something
    or may yet."""
    theirs = Q(order=order) if order else Q(pk=None)
    if link.order is None:
        theirs |= ~Q(state__in=ENDED_WITHOUT)
    found = Shoot.objects.filter(theirs, employee=employee).order_by("-created_at")
    return found.select_related("employee", "invitation").first()


def _add(actor: Actor, order: Order, employee: Employee, *, needed: bool) -> Shoot | None:
    """A shoot of theirs, or None where there is no room and it is not `needed`."""
    try:
        with transaction.atomic():
            (shoot,) = orders.add_people(actor=actor, order=order, employees=[employee])
    except Problem as problem:
        if problem.code not in _NO_ROOM:
            raise
        if not needed:
            return None
        raise Problem(
            _("There are no places left just now. Tell whoever gave you the link; it stays good."),
            code="no_places",
            status=409,
        ) from None
    return shoot
