"""Credits: granted, held, captured, released. The only writer of billing's rows.

Every change locks the account's row first, so changes of one account follow one another; holds
and entries are written under that lock. A source key causes each kind of change once: calling
again with the same key finds it done and does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Organisation
from billing.models import CreditAccount, CreditEntry, CreditHold
from headshots.lib.problems import Problem


@dataclass(frozen=True)
class Balance:
    """Credits of an organisation: free to use, and reserved."""

    available: int
    held: int


def balance(*, organisation: Organisation) -> Balance:
    """What an organisation has; nothing, where it never had any."""
    account = CreditAccount.objects.filter(organisation=organisation).first()
    return Balance(account.available, account.held) if account else Balance(0, 0)


def lock_account(*, organisation: Organisation) -> CreditAccount:
    """The organisation's account, locked until the end of the transaction around."""
    CreditAccount.objects.get_or_create(organisation=organisation)
    return CreditAccount.objects.select_for_update().get(organisation=organisation)


def grant(
    *, actor: Actor, organisation: Organisation, amount: int, source_key: str, note: str = ""
) -> bool:
    """Add credits once for a source. Returns whether this call did it.

    Raises Problem for an amount that is not positive.
    """
    if amount <= 0:
        raise Problem("A grant is at least one credit.", code="amount", field="amount")
    with transaction.atomic():
        account = lock_account(organisation=organisation)
        if _done(account, CreditEntry.Kind.GRANT, source_key):
            return False
        account.available += amount
        _write(account, CreditEntry.Kind.GRANT, amount, source_key, actor, note)
        return True


def hold(*, actor: Actor, organisation: Organisation, amount: int, source_key: str) -> CreditHold:
    """Reserve credits for a source.

    A hold that was released may be taken again under the same key followed by its next number.
    Raises Problem with the number missing where too few are available.
    """
    with transaction.atomic():
        account = lock_account(organisation=organisation)
        live = CreditHold.objects.filter(account=account, source_key__startswith=f"{source_key}#")
        current = live.exclude(state=CreditHold.State.RELEASED).first()
        if current is not None:
            return current
        if account.available < amount:
            raise too_few(missing=amount - account.available)
        key = f"{source_key}#{live.count() + 1}"
        account.available -= amount
        account.held += amount
        held = CreditHold.objects.create(account=account, source_key=key, amount=amount)
        _write(account, CreditEntry.Kind.HOLD, amount, key, actor)
        return held


def capture(*, actor: Actor, organisation: Organisation, source_key: str) -> bool:
    """Take what is held for a source. Returns whether this call did it.

    Raises Problem where nothing is held: what is delivered has to be paid.
    """
    with transaction.atomic():
        account = lock_account(organisation=organisation)
        held = _live_hold(account, source_key)
        if held is None:
            raise Problem("No credit is held for this headshot.", code="not_held", status=409)
        if held.state == CreditHold.State.CAPTURED:
            return False
        account.held -= held.amount
        _settle(held, CreditHold.State.CAPTURED)
        _write(account, CreditEntry.Kind.CAPTURE, held.amount, held.source_key, actor)
        return True


def release(*, actor: Actor, organisation: Organisation, source_key: str, note: str = "") -> bool:
    """Give back what is held for a source, if anything is. Returns whether this call did it."""
    with transaction.atomic():
        account = lock_account(organisation=organisation)
        held = _live_hold(account, source_key)
        if held is None or held.state != CreditHold.State.HELD:
            return False
        account.held -= held.amount
        account.available += held.amount
        _settle(held, CreditHold.State.RELEASED)
        _write(account, CreditEntry.Kind.RELEASE, held.amount, held.source_key, actor, note)
        return True


def too_few(*, missing: int) -> Problem:
    """The refusal of an account that has too few credits."""
    credits = "1 credit is" if missing == 1 else f"{missing} credits are"
    return Problem(
        f"{credits} missing. Buy credits or choose fewer people; nothing was held.",
        code="credits_missing",
        status=402,
    )


def _done(account: CreditAccount, kind: str, source_key: str) -> bool:
    return CreditEntry.objects.filter(account=account, kind=kind, source_key=source_key).exists()


def _live_hold(account: CreditAccount, source_key: str) -> CreditHold | None:
    """The hold of a source that has not been given back."""
    return (
        CreditHold.objects.filter(account=account, source_key__startswith=f"{source_key}#")
        .exclude(state=CreditHold.State.RELEASED)
        .first()
    )


def _settle(held: CreditHold, state: CreditHold.State) -> None:
    held.state = state
    held.settled_at = timezone.now()
    held.save(update_fields=["state", "settled_at"])


def _write(
    account: CreditAccount, kind: str, amount: int, source_key: str, actor: Actor, note: str = ""
) -> None:
    account.save(update_fields=["available", "held"])
    last = CreditEntry.objects.filter(account=account).order_by("-number").first()
    CreditEntry.objects.create(
        account=account,
        number=last.number + 1 if last else 1,
        kind=kind,
        amount=amount,
        available_after=account.available,
        held_after=account.held,
        source_key=source_key,
        note=note[:200],
        actor_name=actor.name[:200],
    )
