"""Whoever leaves leaves their open orders as well."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_noop

from accounts.actors import SYSTEM
from accounts.models import Employee
from generation import states
from generation.models import Shoot, State

LEFT = gettext_noop("No longer on the roster.")


def cancel(*, most: int = 300) -> int:
    """Cancel what is under way for people who have left; the credits come back. Returns how many.

    Run each minute, so that a hand slipping on the roster can be undone before.
    """
    waiting = Shoot.objects.filter(employee__status=Employee.Status.LEFT)
    keys = waiting.exclude(state__in=states.ENDED).order_by("pk").values_list("pk", flat=True)
    done = 0
    for key in list(keys[:most]):
        with transaction.atomic():
            shoot = states.locked(key)
            left = Employee.objects.filter(pk=shoot.employee_id, status=Employee.Status.LEFT)
            if shoot.state not in states.ENDED and left.exists():
                states.move(actor=SYSTEM, shoot=shoot, to=State.CANCELLED, message=LEFT)
                done += 1
    return done
