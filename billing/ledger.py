"""Credits: granted, held, captured, released, clawed back, expired, adjusted.

The only writer of billing's credit rows. Each operation is one call of a database function
(billing/migrations/sql), so it happens whole or not at all, with or without a transaction around.
It locks the account first, then the grants in the order in which they burn, and waits ten seconds
at most. A source key causes each kind of change once: calling again finds it done.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import Model, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit
from accounts.actors import Actor
from accounts.models import Organisation
from billing.models import CreditAccount, CreditGrant, CreditHold
from headshots.lib import numbers
from headshots.lib.ids import uuid7
from headshots.lib.problems import Problem

M = TypeVar("M", bound=Model)

MOST = 10_000_000
"""Credits that one operation may move."""

PRIORITY = {
    CreditGrant.Kind.WELCOME: 10,
    CreditGrant.Kind.PLAN: 20,
    CreditGrant.Kind.ADJUSTMENT: 30,
    CreditGrant.Kind.PURCHASE: 40,
}
"""The lowest burns first: what was given before what was paid for, the month's before packs."""


def _columns(model: type[Model], row: str) -> str:
    """The columns of a model in the order of its fields, for `_model`."""
    return ", ".join(f'{row}."{field.column}"' for field in model._meta.concrete_fields)


_CAUSE = "ROW(%s, %s, %s, %s, %s, %s)::credit_cause"
_OPEN = f"SELECT {_columns(CreditAccount, 'r')} FROM credit_open(%s, %s) r"  # noqa: S608
_HOLD = f"""
    SELECT r.missing, r.debt, {_columns(CreditHold, "(r.hold)")}
      FROM credit_hold(%s, %s, %s, {_CAUSE}) r
"""  # noqa: S608
_LOCK_NOT_AVAILABLE = "55P03"


@dataclass(frozen=True)
class Balance:
    """Credits of an organisation: free to use, reserved, and owed."""

    available: int
    held: int
    debt: int = 0


def balance(*, organisation: Organisation) -> Balance:
    """What an organisation has; nothing, where it never had any.

    What has passed its time does not count, also before the next sweep takes it away.
    """
    account = (
        CreditAccount.objects.filter(organisation=organisation)
        .annotate(
            passed=Sum(
                "grants__remaining",
                filter=Q(grants__live=True, grants__expires_at__lte=timezone.now()),
                default=0,
            )
        )
        .first()
    )
    if account is None:
        return Balance(0, 0)
    return Balance(account.available - account.passed, account.held, account.debt)


def lock_account(*, organisation: Organisation) -> CreditAccount:
    """The organisation's account, locked until the end of the transaction around.

    Raises RuntimeError outside a transaction, where the lock would be gone at once.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A lock on an account needs a transaction around it.")
    row = _call(_OPEN, [organisation.pk, timezone.now()])
    return _model(CreditAccount, row)


def grant(
    *,
    actor: Actor,
    organisation: Organisation,
    amount: int,
    source_key: str,
    note: str = "",
    kind: CreditGrant.Kind = CreditGrant.Kind.ADJUSTMENT,
    priority: int | None = None,
    expires_at: datetime | None = None,
) -> bool:
    """Add credits once for a source. Returns whether this call did it.

    Of what is owed, the new credits pay first. `priority` is the kind's own where none is given.
    Raises Problem for an amount that is not positive or beyond MOST, and a date that has passed.
    """
    _check_amount(amount, least=_("A grant is at least one credit."))
    if expires_at is not None and expires_at <= timezone.now():
        raise Problem(_("These credits would have expired already."), code="expired")
    (done,) = _call(
        f"SELECT credit_grant(%s, %s, %s, %s, %s, %s, {_CAUSE})",
        [
            organisation.pk,
            uuid7(),
            kind,
            PRIORITY[kind] if priority is None else priority,
            expires_at,
            amount,
            *_cause(actor, source_key, note),
        ],
    )
    return bool(done)


def hold(*, actor: Actor, organisation: Organisation, amount: int, source_key: str) -> CreditHold:
    """Reserve credits for a source; its hold, where it has one that was not released.

    A hold that was released may be taken again under the same key.
    Raises Problem with the number missing where too few are available, as while credits are owed.
    """
    _check_amount(amount, least=_("A hold is at least one credit."))
    missing, debt, *row = _call(
        _HOLD, [organisation.pk, uuid7(), amount, *_cause(actor, source_key)]
    )
    if missing is not None:
        raise too_few(missing=missing, debt=debt)
    return _model(CreditHold, row)


def held(*, organisation: Organisation, source_key: str) -> int:
    """The credits that are held for a source now."""
    found = CreditHold.objects.filter(
        account__organisation=organisation, source_key=source_key, state=CreditHold.State.HELD
    ).values_list("open", flat=True)
    return found.first() or 0


def capture(
    *,
    actor: Actor,
    organisation: Organisation,
    source_key: str,
    amount: int | None = None,
    part: str = "",
) -> bool:
    """Take what is held for a source. Returns whether this call did it.

    All of it, or `amount` of it for a `part`, which is known by a key of its own; the rest stays
    held. Raises Problem where nothing or less is held: what is delivered has to be paid.
    """
    if (amount is None) != (not part):
        raise ValueError("An amount and the part that it is for come together.")
    if amount is not None:
        _check_amount(amount, least=_("A part is at least one credit."))
    (result,) = _call(
        f"SELECT credit_capture(%s, %s, %s, {_CAUSE})",
        [organisation.pk, amount, part and f"/{part}", *_cause(actor, source_key)],
    )
    if result == "nothing":
        raise Problem(_("No credit is held for this headshot."), code="not_held", status=409)
    if result == "more":
        raise Problem(_("Fewer credits are held than this takes."), code="not_held", status=409)
    return bool(result == "done")


def release(*, actor: Actor, organisation: Organisation, source_key: str, note: str = "") -> bool:
    """Give back what is held for a source, if anything is. Returns whether this call did it.

    It goes back to the grants that it came from. What is owed is paid of it first; what has
    expired meanwhile expires at once.
    """
    (done,) = _call(
        f"SELECT credit_release(%s, {_CAUSE})",
        [organisation.pk, *_cause(actor, source_key, note)],
    )
    return bool(done)


def claw_back(
    *,
    actor: Actor,
    organisation: Organisation,
    grant_key: str,
    source_key: str,
    amount: int | None = None,
    note: str = "",
) -> bool:
    """Take back what the grant of `grant_key` gave, all or `amount`, once for a source.

    What is left of the grant goes first; what was used or is held of it is owed, and paid by
    whatever else is available, now or later. What had expired unused is not owed. Returns
    whether anything changed. Raises Problem for an unknown grant and for more than it gave.
    """
    if amount is not None:
        _check_amount(amount, least=_("At least one credit is taken back."))
    (result,) = _call(
        f"SELECT credit_claw_back(%s, %s, %s, {_CAUSE})",
        [organisation.pk, grant_key, amount, *_cause(actor, source_key, note)],
    )
    if result == "unknown":
        raise Problem(_("There are no credits of that source."), code="unknown_grant", status=404)
    if result == "more":
        raise Problem(
            _("That is more than was given and not yet taken back."), code="amount", field="amount"
        )
    return bool(result == "done")


@transaction.atomic
def adjust(
    *, actor: Actor, organisation: Organisation, amount: int, reason: str, source_key: str = ""
) -> bool:
    """Correct a balance by hand: a positive `amount` adds, a negative one takes away.

    Returns whether this call did it. Raises Problem without a reason, for nothing, and for
    taking more than is available.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise Problem(_("Say why the credits are adjusted."), code="reason", field="reason")
    key = f"adjust:{source_key or secrets.token_hex(8)}"
    if amount > 0:
        done = grant(
            actor=actor, organisation=organisation, amount=amount, source_key=key, note=reason
        )
    else:
        _check_amount(-amount, least=_("An adjustment is at least one credit, up or down."))
        (missing,) = _call(
            f"SELECT credit_deduct(%s, %s, {_CAUSE})",
            [organisation.pk, -amount, *_cause(actor, key, reason)],
        )
        if missing:
            raise Problem(
                _("Only {value} credits are free to use; nothing was taken.").format(
                    value=-amount - missing
                ),
                code="credits_missing",
                field="amount",
            )
        done = missing is not None
    if done:
        audit.record(
            actor=actor,
            organisation=organisation,
            action="credits.adjusted",
            amount=amount,
            reason=reason,
        )
    return done


def expire_due() -> int:
    """Take away what has passed its time, account by account; returns how many had any.

    Meant for a schedule. Nothing depends on its being on time: every operation on an account
    does the same for that account first.
    """
    now = timezone.now()
    due = Organisation.objects.filter(
        pk__in=CreditGrant.objects.filter(live=True, expires_at__lte=now).values(
            "account__organisation"
        )
    )
    swept = list(due.values_list("pk", flat=True))
    for organisation_id in swept:
        _call("SELECT id FROM credit_open(%s, %s)", [organisation_id, now])
    return len(swept)


def too_few(*, missing: int, debt: int = 0) -> Problem:
    """The refusal of an account that has too few credits, or owes some."""
    if debt:
        owed = ngettext(
            "{n} credit is owed for one that was refunded after it had been used.",
            "{n} credits are owed for credits that were refunded after they had been used.",
            debt,
        ).format(n=debt)
        besides = ngettext(
            "{n} credit is missing besides.", "{n} credits are missing besides.", missing
        ).format(n=missing)
        what_to_do = _("Buy at least {n}; nothing was held.").format(n=missing + debt)
        sentence = f"{owed} {besides} {what_to_do}"
    else:
        sentence = ngettext(
            "{n} credit is missing. Buy credits or choose fewer people; nothing was held.",
            "{n} credits are missing. Buy credits or choose fewer people; nothing was held.",
            missing,
        ).format(n=missing)
    return Problem(sentence, code="credits_missing", status=402)


def _check_amount(amount: int, *, least: str) -> None:
    if amount <= 0:
        raise Problem(least, code="amount", field="amount")
    if amount > MOST:
        raise Problem(
            _("At most {most} credits can be moved at once.").format(most=numbers.grouped(MOST)),
            code="amount",
            field="amount",
        )


def _cause(actor: Actor, key: str, note: str = "") -> list[Any]:
    # Entries outlive the people in photos, so an employee's name is not written into them.
    name = "" if actor.kind == "employee" else actor.name[:200]
    return [key, note[:200], actor.kind, actor.id, name, timezone.now()]


def _model(model: type[M], row: Sequence[Any]) -> M:
    """A row of `_columns` as the object that a query would give."""
    names = [field.attname for field in model._meta.concrete_fields]
    return model.from_db(connection.alias, names, row)


def _call(statement: str, values: list[Any]) -> tuple[Any, ...]:
    """The one row that a function of the ledger returns."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            row: tuple[Any, ...] | None = cursor.fetchone()
            assert row is not None
            return row
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
            raise
        raise Problem(
            _("These credits are being used by somebody else just now. Try again in a moment."),
            code="busy",
            status=503,
        ) from error
