"""Placing, cancelling and watching orders."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, Count, Exists, OuterRef, QuerySet, Sum
from django.db.models.functions import Cast
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import audit, clocks, languages
from accounts.actors import Actor
from accounts.consent import invitations
from accounts.developers.on_behalf import lets_still
from accounts.models import Employee, Event, Organisation
from accounts.webhooks import events
from billing import ledger, prices, terms
from generation import pieces, states
from generation.inviting import notices
from generation.models import JoinLink, Look, Order, Shoot, State
from generation.ordering import budgets_used, placed_once
from generation.ordering.lapsed import lapsed
from generation.sandbox import calls, credits
from headshots.lib import numbers
from headshots.lib.problems import Problem

GRACE = timedelta(days=14)
LATEST_DUE = timedelta(days=3653)
# Days between reminders that an order may ask for; 0 is never.
REMIND_EVERY = (0, 1, 2, 3, 5, 7, 14)
ENDED_EARLY = (State.FAILED, State.CANCELLED)
PROMISED = (State.INVITED, State.COLLECTING)
# Characters: a sentence or two.
LONGEST_WHY = 400
# How long after a link ran out its order is asked about, and how many at once.
LATELY = timedelta(days=2)
A_SWEEP = 200


def wanted(*, more_pictures: bool) -> int:
    """How many pictures must pass before their person is asked to choose."""
    return 8 if more_pictures else 4


def credits_promised(*, organisation: Organisation) -> int:
    """Credits that open shoots will hold once their photos are handed in. Nothing is kept for those
    whose link has run out."""
    waiting = Shoot.objects.filter(
        ~lapsed(), order__organisation=organisation, state__in=PROMISED, made_free_at=None
    )
    return int(waiting.aggregate(credits=Sum("credits", default=0))["credits"])


@transaction.atomic
def place_order(
    *,
    actor: Actor,
    organisation: Organisation,
    look: Look,
    employees: Sequence[Employee],
    due_at: datetime,
    name: str = "",
    invite: bool = True,
    remind_every: int = 3,
    more_pictures: bool = False,
    extends: Order | None = None,
    cost_centre: str = "",
    po_number: str = "",
    why: str = "",
    once_key: UUID | None = None,
    twice: bool = True,
) -> Order:
    """Freeze the look and make a shoot for each employee; with `invite`, mail their links and,
    every `remind_every` days, a reminder to whoever has something to do (0: none).

    Credits are held when a shoot's photos are handed in. Here it is made sure that there are
    enough for everybody, counting what other open orders will need, and that the departments'
    budgets have room. `more_pictures` is an add-on (billing.prices). `why` is read by everybody who
    is invited, in the mail and on their first page.

    With `once_key`, it is placed once for this key and look. Unless `twice`, nobody may be in an
    open order of the look already.

    Raises Problem: nobody chosen, somebody of another organisation, a due date that has passed or
    lies years ahead, a `why` of more than LONGEST_WHY characters, placed already, somebody in it
    twice, credits missing (with their number), a department over its budget.
    """
    if not employees:
        raise Problem(_("Choose at least one employee."), code="nobody", field="employees")
    if look.organisation_id != organisation.pk or any(
        employee.organisation_id != organisation.pk for employee in employees
    ):
        raise Problem(_("Something chosen is not this organisation's."), code="foreign", status=404)
    if due_at <= timezone.now():
        raise Problem(_("The due date has passed. Choose a later one."), code="due", field="due_at")
    if due_at > timezone.now() + LATEST_DUE:
        raise Problem(
            _("The due date is too far away. Choose one within ten years."),
            code="due",
            field="due_at",
        )
    if remind_every not in REMIND_EVERY:
        raise Problem(
            _("Choose from the list how often to remind."), code="remind", field="remind_every"
        )
    why = " ".join(why.replace("\x00", "").split())
    if len(why) > LONGEST_WHY:
        raise Problem(
            _("Say in at most {most} characters who asks and why; these are {count}.").format(
                most=LONGEST_WHY, count=numbers.grouped(len(why))
            ),
            code="why",
            field="why",
        )
    placed_once.refuse_again(organisation=organisation, once_key=once_key, look=look)
    if not twice:
        placed_once.refuse_doubles(organisation=organisation, look=look, employees=employees)
    _credits_for(organisation, employees, more_pictures)
    order = Order.objects.create(
        organisation=organisation,
        name=" ".join(name.split())[:120] or _usual_name(actor, organisation, look),
        look=look,
        frozen_look=asdict(look.direction()),
        due_at=due_at,
        remind_every=remind_every,
        extends=extends,
        why=why,
        cost_centre=" ".join(cost_centre.split())[:60],
        po_number=" ".join(po_number.split())[:60],
        promised_hours=terms.promised_hours(organisation),
        more_pictures=more_pictures,
        once_key=once_key,
        placed_by=actor.user,
    )
    shoots = _make_shoots(order, employees)
    audit.record(
        actor=actor,
        organisation=organisation,
        action="order.placed",
        about=order,
        look=look.name,
        employees=len(shoots),
    )
    events.emit(organisation=organisation, type="order.placed", resource=order)
    events.emit_all(organisation=organisation, type="shoot.invited", resources=shoots)
    if invite:
        notices.invite(shoots=shoots)
    calls.wake(order)
    return order


def _usual_name(actor: Actor, organisation: Organisation, look: Look) -> str:
    """The look and the day, as whoever places the order writes days."""
    today = clocks.day_of(timezone.now(), organisation=organisation)
    with translation.override(languages.of_user(actor.user)):
        return f"{look.name}, {date_format(today, 'SHORT_DATE_FORMAT')}"


@transaction.atomic
def add_people(
    *, actor: Actor, order: Order, employees: Sequence[Employee], invite: bool = True
) -> list[Shoot]:
    """Bring more people into an order that is under way; whoever is in it already stays as is.

    They have the add-ons that it was placed with. Returns the new shoots. Raises Problem: nobody
    chosen, past the due date, somebody of another organisation, credits missing, a department
    over its budget.
    """
    if not employees:
        raise Problem(_("Choose at least one employee."), code="nobody", field="employees")
    if any(employee.organisation_id != order.organisation_id for employee in employees):
        raise Problem(_("Something chosen is not this organisation's."), code="foreign", status=404)
    if order.due_at <= timezone.now():
        raise Problem(_("The order was due already. Place another."), code="due", status=409)
    ledger.lock_account(organisation=order.organisation)
    known = set(Shoot.objects.filter(order=order).values_list("employee", flat=True))
    new = [employee for employee in employees if employee.pk not in known]
    if not new:
        return []
    _credits_for(order.organisation, new, order.more_pictures)
    shoots = _make_shoots(order, new)
    audit.record(
        actor=actor,
        organisation=order.organisation,
        action="order.people_added",
        about=order,
        employees=len(shoots),
    )
    events.emit_all(organisation=order.organisation, type="shoot.invited", resources=shoots)
    if invite:
        notices.invite(shoots=shoots)
    calls.wake(order)
    return shoots


def ended_early(*, order: Order, people: QuerySet[Employee]) -> QuerySet[Employee]:
    """Those of `people` whose part of an order was cancelled or failed. It does not go on, and
    nobody comes into an order twice; another order can be placed for them."""
    return people.filter(shoots__order=order, shoots__state__in=ENDED_EARLY)


def _credits_for(
    organisation: Organisation, employees: Sequence[Employee], more_pictures: bool
) -> None:
    """Make sure, under the account's lock, that there are credits and budgets for them."""
    account = ledger.lock_account(organisation=organisation)
    each = prices.credits_a_shoot(more_pictures=more_pictures)
    needed = len(employees) * each
    free = account.available - credits_promised(organisation=organisation)
    if needed > free:
        raise ledger.too_few(missing=needed - free, debt=account.debt)
    credits.refuse_order(organisation=organisation, employees=employees, each=each)
    budgets_used.check(
        organisation=organisation,
        needed=[(employee.department, each) for employee in employees],
    )


def _make_shoots(order: Order, employees: Sequence[Employee]) -> list[Shoot]:
    links = invitations.issue_many(employees=employees, expires_at=order.due_at + GRACE)
    return Shoot.objects.bulk_create(
        [
            Shoot(
                order=order,
                employee=employee,
                invitation=link,
                seed=secrets.randbits(31),
                credits=prices.credits_a_shoot(more_pictures=order.more_pictures),
                wanted=wanted(more_pictures=order.more_pictures),
                department=employee.department,
            )
            for employee, link in zip(employees, links, strict=True)
        ],
        batch_size=1000,
    )


@transaction.atomic
def cancel_shoot(*, actor: Actor, shoot: Shoot) -> None:
    """End a shoot that has not been delivered; its credit comes back."""
    states.move(actor=actor, shoot=states.locked(shoot.pk), to=State.CANCELLED)


def cancel_order(*, actor: Actor, order: Order) -> int:
    """End all shoots of an order that have not ended, and its join links; returns how many."""
    _revoke_links(actor, order)
    return cancel_some(actor=actor, shoot_ids=_open_ids(order))


def cancel_soon(*, actor: Actor, order: Order) -> tuple[int, bool]:
    """The same, more than pieces.AT_ONCE people by tasks; returns for how many, and whether tasks
    do it."""
    _revoke_links(actor, order)
    shoot_ids = _open_ids(order)
    if pieces.too_many(shoot_ids):
        pieces.queue("cancel_some", actor=actor, items=[str(pk) for pk in shoot_ids])
        return len(shoot_ids), True
    return cancel_some(actor=actor, shoot_ids=shoot_ids), False


def _open_ids(order: Order) -> list[UUID]:
    rows = Shoot.objects.filter(order=order).exclude(state__in=states.ENDED)
    return list(rows.values_list("pk", flat=True))


def _revoke_links(actor: Actor, order: Order) -> None:
    with transaction.atomic():
        for link in JoinLink.objects.select_for_update().filter(order=order, revoked_at=None):
            link.revoked_at = timezone.now()
            link.save(update_fields=["revoked_at"])
            audit.record(
                actor=actor,
                organisation=order.organisation,
                action="join_link.revoked",
                about=link,
            )


def cancel_some(*, actor: Actor, shoot_ids: Sequence[UUID]) -> int:
    """Cancel these shoots of an order, each in a transaction of its own; returns how many. With the
    last open one the order counts as cancelled. Twice is once.

    One that cannot be cancelled keeps no other from it; what was wrong is raised at the end. It
    stops where a program may not act any more.
    """
    ended = 0
    whose = Organisation.objects.filter(orders__shoots__in=shoot_ids).first()
    wrong: Exception | None = None
    for shoot_id in shoot_ids:
        try:
            with transaction.atomic():
                if whose and not lets_still(actor=actor, organisation=whose, scope=pieces.SCOPE):
                    break
                shoot = states.locked(shoot_id)
                if shoot.state not in states.ENDED:
                    states.move(actor=actor, shoot=shoot, to=State.CANCELLED)
                    ended += 1
        except Exception as error:
            wrong = error
    _tell_cancelled(shoot_ids)
    if wrong:
        raise wrong
    return ended


@transaction.atomic
def _tell_cancelled(shoot_ids: Sequence[UUID]) -> None:
    cancelled = Shoot.objects.filter(pk__in=shoot_ids, state=State.CANCELLED)
    order = Order.objects.filter(shoots__in=cancelled).select_related("organisation").first()
    if order is not None and not _open_ids(order):
        events.emit(
            organisation=order.organisation,
            type="order.cancelled",
            resource=order,
            once=_size(order.pk),
        )


@transaction.atomic
def note_completed(*, order_id: UUID) -> bool:
    """Tell partners that every shoot of an order has ended, or its person never answered: once, and
    once more where people joined afterwards. Returns whether it is so."""
    if Shoot.objects.filter(~lapsed(), order=order_id).exclude(state__in=states.ENDED).exists():
        return False
    order = Order.objects.select_related("organisation").get(pk=order_id)
    events.emit(
        organisation=order.organisation,
        type="order.completed",
        resource=order,
        once=_size(order_id),
    )
    return True


def note_lapsed() -> int:
    """Tell the same of orders that nobody is awaited in since a link ran out lately; returns how
    many there are. Meant for the sweep, as nothing happens when a link runs out."""
    awaited = Shoot.objects.filter(~lapsed(), order=OuterRef("order"))
    told = Event.objects.filter(
        organisation=OuterRef("order__organisation"),
        type="order.completed",
        object_id=Cast(OuterRef("order"), CharField()),
        created_at__gte=OuterRef("invitation__expires_at"),
    )
    lately = Shoot.objects.filter(
        lapsed(),
        ~Exists(awaited.exclude(state__in=states.ENDED)),
        ~Exists(told),
        invitation__expires_at__gt=timezone.now() - LATELY,
    )
    found = lately.order_by().values_list("order", flat=True).distinct()[:A_SWEEP]
    return sum(note_completed(order_id=order_id) for order_id in list(found))


def _size(order_id: UUID) -> str:
    """How many shoots an order has; it only ever grows."""
    return str(Shoot.objects.filter(order=order_id).count())


def counts(*, order: Order) -> dict[str, int]:
    """How many shoots of an order are in each state, every state named."""
    found = dict(
        Shoot.objects.filter(order=order).order_by().values_list("state").annotate(n=Count("pk"))
    )
    return {state.value: found.get(state.value, 0) for state in State}


def counts_of(found: Sequence[Order]) -> dict[UUID, dict[str, int]]:
    """The same of many orders, with one query however many they are."""
    rows = (
        Shoot.objects.filter(order__in=found)
        .order_by()
        .values_list("order", "state")
        .annotate(n=Count("pk"))
    )
    counted: dict[UUID, dict[str, int]] = {
        order.pk: {state.value: 0 for state in State} for order in found
    }
    for order_id, state, number in rows:
        counted[order_id][state] = number
    return counted
