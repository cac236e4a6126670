"""What keeps an order from being placed twice: a form is good for one, and people who are in an
open order of the same look are asked about first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Employee, Organisation
from billing import ledger
from generation import states
from generation.models import Look, Order, Shoot
from headshots.lib.problems import Problem

PLACED = "placed_already"
IN_OPEN_ORDER = "in_open_order"


def placed(*, organisation: Organisation, once_key: UUID) -> list[Order]:
    """The orders that were placed with a key."""
    return list(Order.objects.filter(organisation=organisation, once_key=once_key))


def refuse_again(
    *, organisation: Organisation, once_key: UUID | None, look: Look | None = None
) -> None:
    """Raise Problem where an order, or one of that look, was placed with this key. In the
    transaction in which it is placed, under the account's lock, so that two at once are one."""
    if once_key is None:
        return
    ledger.lock_account(organisation=organisation)
    found = Order.objects.filter(organisation=organisation, once_key=once_key)
    if (found.filter(look=look) if look else found).exists():
        raise Problem(
            _(
                "This form was sent before, and what it ordered is here. Nothing was ordered a "
                "second time. For other people, begin a new order."
            ),
            code=PLACED,
            status=409,
        )


def refuse_doubles(
    *, organisation: Organisation, look: Look, employees: Sequence[Employee]
) -> None:
    """Raise Problem where some of these people are in an open order of this look, so that it can
    be asked whether they shall be in a second. Under the account's lock as well."""
    ledger.lock_account(organisation=organisation)
    wanted = {employee.pk for employee in employees}
    rows = (
        Shoot.objects.filter(order__organisation=organisation, order__look=look)
        .exclude(state__in=states.ENDED)
        .order_by("order__created_at")
        .values_list("employee", "order__name", "order__created_at")
    )
    found = [row for row in rows if row[0] in wanted]
    if not found:
        return
    people = len({employee for employee, _name, _since in found})
    _employee, name, since = found[-1]
    # “0 minutes ago” is no time that anybody would say.
    since = min(since, timezone.now() - timedelta(minutes=1))
    raise Problem(
        ngettext(
            "{n} of these people is in an open order of this look already: “{order}”, placed "
            "{time} ago. Nothing is ordered yet.",
            "{n} of these people are in an open order of this look already: “{order}”, placed "
            "{time} ago. Nothing is ordered yet.",
            people,
        ).format(n=people, order=name, time=timesince(since)),
        code=IN_OPEN_ORDER,
        field="twice",
        status=409,
    )
