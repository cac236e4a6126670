"""Credits that are missing in the sandbox where an address says so, although it never runs out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from accounts.models import Employee, Organisation
from billing import ledger
from generation.models import Shoot
from generation.sandbox import calls, script

# How long photos find no credit at least, so that a program can be refused before they go in.
WAIT = timedelta(minutes=1)


def refuse_order(*, organisation: Organisation, employees: Sequence[Employee], each: int) -> None:
    """Raises Problem (402) where somebody is ordered for whose address says so; `each` is how many
    credits a person takes."""
    if not calls.is_sandbox(organisation):
        return
    short = sum(script.read(employee.email).fail == "credits" for employee in employees)
    if short:
        raise ledger.too_few(missing=short * each)


def refuse_hand_in(*, shoot: Shoot) -> None:
    """Raises Problem (402) where photos are handed in by somebody whose address says so, until it
    has been noted for WAIT that they find no credit."""
    if not calls.is_sandbox(shoot.order.organisation):
        return
    since = shoot.short_of_credits_at
    if script.read(shoot.employee.email).fail == "handin" and (
        since is None or timezone.now() - since < WAIT
    ):
        raise ledger.too_few(missing=shoot.credits)
