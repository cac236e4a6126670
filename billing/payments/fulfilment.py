"""Credits for money: the ledger is brought to where Stripe's account of a payment is.

Called by the receivers, the page that a buyer comes back to and the nightly reconcile, in any
order and any number of times. Each thing that happened to a payment has a source key of its own
in the ledger, so that it counts once.
"""

from __future__ import annotations

import calendar
from datetime import datetime

import structlog
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts import audit
from accounts.actors import SYSTEM
from accounts.models import Organisation
from billing import ledger, top_up_notices
from billing.models import CreditEntry, CreditGrant, Purchase
from billing.payments import catalogue, customers, shapes
from billing.payments.client import answering
from billing.payments.shapes import Line, Payment

log = structlog.get_logger(__name__)

_GONE = (CreditEntry.Kind.CLAW_BACK, CreditEntry.Kind.OWE)


def fulfil(*, source_id: str) -> Purchase | None:
    """Read a payment by its session, invoice or intent, and let the ledger follow.

    Returns its purchase; None for what is not ours. Raises Problem while Stripe does not answer.
    """
    asked_at = _database_time()
    with answering(gettext_noop("What was paid is not lost: it is looked at again.")) as api:
        payment = shapes.read_payment(api, source_id)
    if payment is None:
        return None
    organisation = customers.organisation_of(payment.customer)
    if organisation is None:
        log.info("payment_of_nobody", source=source_id, customer=payment.customer)
        return None
    purchase = follow(organisation=organisation, payment=payment, asked_at=asked_at)
    failed = purchase.kind == Purchase.Kind.TOP_UP and purchase.state == Purchase.State.FAILED
    if failed and payment.payable:
        # Nobody asks for this money any more; the next top-up has an invoice of its own.
        with answering(gettext_noop("The top-up goes on later.")) as api:
            api.v1.invoices.void_invoice(str(payment.invoice_id))
    return purchase


def _database_time() -> datetime:
    """The one clock that all processes share; it runs on within a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    moment: datetime = now
    return moment


@transaction.atomic
def follow(*, organisation: Organisation, payment: Payment, asked_at: datetime) -> Purchase:
    """What a payment that has been read means for the ledger and its purchase.

    `asked_at` is from before it was read: what somebody has read who asked later stands.
    """
    ledger.lock_account(organisation=organisation)
    bought = [(line, _credits(line)) for line in payment.lines]
    purchase = _purchase(organisation, payment, credits=sum(credits for _line, credits in bought))
    if _is_stale(purchase, payment, asked_at):
        return purchase
    taken, was, was_paid = 0, purchase.state, purchase.paid_at
    if payment.state == "paid":
        for line, credits in bought:
            if credits:
                _grant(organisation, payment, line, credits)
                taken += _give_back(organisation, payment, line)
    _tell(purchase, payment, asked_at)
    if taken:
        top_up_notices.went_back(purchase=purchase)
    closed_at, paid_at = organisation.closed_at, purchase.paid_at
    # A debit is dated when the bank was asked, which may be before.
    settled = was == Purchase.State.SETTLING
    if closed_at and paid_at and was_paid is None and (settled or paid_at > closed_at):
        _note_paid_after_closing(purchase)
    return purchase


def _note_paid_after_closing(purchase: Purchase) -> None:
    """Nobody can use what was bought: somebody has to see to the money."""
    log.error(
        "paid_after_closing",
        organisation=str(purchase.organisation_id),
        purchase=str(purchase.pk),
        payment_intent=purchase.payment_intent_id,
        cents=purchase.cents,
    )
    audit.record(
        actor=SYSTEM,
        organisation=purchase.organisation,
        action="purchase.paid_after_closing",
        about=purchase,
        cents=purchase.cents,
    )


def _is_stale(purchase: Purchase, payment: Payment, asked_at: datetime) -> bool:
    """Whether a later reading of this payment was followed already. Whatever happened since this
    one was asked for has somebody ask again."""
    if payment.session_id not in (None, purchase.session_id):
        return False  # another checkout of the same purchase
    if purchase.paid_at and payment.state != "paid":
        return True
    later = purchase.asked_at is not None and purchase.asked_at > asked_at
    return later and not (payment.state == "paid" and purchase.paid_at is None)


def _credits(line: Line) -> int:
    if line.lookup_key == catalogue.CREDITS.lookup_key:
        return line.quantity
    if line.lookup_key == catalogue.PLAN.lookup_key:
        return catalogue.PLAN.included * line.quantity
    return 0


def _expiry(payment: Payment, line: Line) -> datetime | None:
    """When a plan's credits end: as many months on as they roll over, from the month's beginning,
    and for one that is paid later from then, so that nobody pays for credits that are gone."""
    if line.lookup_key != catalogue.PLAN.lookup_key or line.begins is None:
        return None
    return _rolled_over(max(line.begins, payment.paid_at or line.begins))


def _rolled_over(begins: datetime) -> datetime:
    year, month = divmod(begins.month - 1 + catalogue.PLAN.months, 12)
    year, month = begins.year + year, month + 1
    last = calendar.monthrange(year, month)[1]
    return begins.replace(year=year, month=month, day=min(begins.day, last))


def _grant(organisation: Organisation, payment: Payment, line: Line, credits: int) -> None:
    grants = CreditGrant.objects.filter(account__organisation=organisation)
    if grants.filter(source_key=line.source_key).exists():
        return
    expires_at = _expiry(payment, line)
    if expires_at is not None and expires_at <= (now := timezone.now()):
        # It was paid and never read, which is not the buyer's fault: its time begins now.
        log.error("plan_month_read_late", organisation=str(organisation.pk), line=line.source_key)
        expires_at = _rolled_over(now)
    of_plan = line.lookup_key == catalogue.PLAN.lookup_key
    ledger.grant(
        actor=SYSTEM,
        organisation=organisation,
        amount=credits,
        source_key=line.source_key,
        note=catalogue.PLAN.name if of_plan else gettext_noop("Bought"),
        kind=CreditGrant.Kind.PLAN if of_plan else CreditGrant.Kind.PURCHASE,
        expires_at=expires_at,
    )


def _give_back(organisation: Organisation, payment: Payment, line: Line) -> int:
    """Take back the credits of the money that has gone back, or restore those that came again;
    returns how many this call took.

    What is gone in the ledger is brought to what should be gone, whatever was heard on the way:
    the same part of the credits as of the money, and of the whole payment all of them.
    """
    if not payment.reversals or payment.cents <= 0:
        return 0
    grants = CreditGrant.objects.filter(account__organisation=organisation)
    # What was bought then, whatever the catalogue gives for it by now.
    first = grants.get(source_key=line.source_key)
    back, again = f"{line.source_key}/back/", f"{line.source_key}/again/"
    taken = CreditEntry.objects.filter(account__organisation=organisation, kind__in=_GONE).filter(
        source_key__startswith=back
    )
    restored = grants.filter(source_key__startswith=again)
    gone = _sum(taken) - _sum(restored)
    standing = [one for one in payment.reversals if one.stands]
    cents = min(sum(one.cents for one in standing), payment.cents)
    wanted = first.amount * cents // payment.cents
    if wanted > gone:
        number = taken.values("source_key").distinct().count() + 1
        note = gettext_noop("Disputed") if standing[-1].disputed else gettext_noop("Refunded")
        _take(organisation, [first, *restored.order_by("id")], wanted - gone, back, number, note)
        return _sum(taken) - _sum(restored) - gone
    amount, expires_at = gone - wanted, first.expires_at
    if expires_at is not None and expires_at <= timezone.now():
        # What was taken unused would be gone by now. What had been used was made a debt, which was
        # paid, or has to be, with credits that would be there still.
        amount, expires_at = min(amount, _owed(organisation, back, again)), None
    if amount > 0:
        ledger.grant(
            actor=SYSTEM,
            organisation=organisation,
            amount=amount,
            source_key=f"{again}{restored.count() + 1}",
            note=gettext_noop("Dispute won, or refund failed"),
            kind=CreditGrant.Kind(first.kind),
            expires_at=expires_at,
        )
    return 0


def _owed(organisation: Organisation, back: str, again: str) -> int:
    """The credits of a line that were made a debt and not restored since."""
    owed = 0
    moved = CreditEntry.objects.filter(account__organisation=organisation).filter(
        Q(kind=CreditEntry.Kind.OWE, source_key__startswith=back)
        | Q(kind=CreditEntry.Kind.GRANT, source_key__startswith=again)
    )
    for kind, amount in moved.order_by("number").values_list("kind", "amount"):
        owed = owed + amount if kind == CreditEntry.Kind.OWE else max(0, owed - amount)
    return owed


def _sum(rows: QuerySet[CreditEntry] | QuerySet[CreditGrant]) -> int:
    return int(rows.aggregate(total=Sum("amount", default=0))["total"])


def _take(
    organisation: Organisation,
    grants: list[CreditGrant],
    amount: int,
    prefix: str,
    number: int,
    note: str,
) -> None:
    """Claw an amount back from a payment's grants, in the order in which they came."""
    for grant in grants:
        part = min(amount, grant.amount - _sum(grant.entries.filter(kind__in=_GONE)))
        if part > 0:
            ledger.claw_back(
                actor=SYSTEM,
                organisation=organisation,
                grant_key=grant.source_key,
                source_key=f"{prefix}{number}",
                amount=part,
                note=note,
            )
            amount, number = amount - part, number + 1


def _purchase(organisation: Organisation, payment: Payment, *, credits: int) -> Purchase:
    """The row of a payment: the one that began it, or one for what Stripe began by itself."""
    rows = Purchase.objects.select_for_update().filter(organisation=organisation)
    found = None
    if payment.purchase_id:
        try:
            found = rows.filter(pk=payment.purchase_id).first()
        except (ValueError, ValidationError):
            found = None
    known = Q()
    if payment.session_id:
        known |= Q(session_id=payment.session_id)
    if payment.invoice_id:
        known |= Q(invoice_id=payment.invoice_id)
    found = found or rows.filter(known).first()
    if found is not None:
        return found
    made: Purchase = Purchase.objects.create(
        organisation=organisation,
        kind=Purchase.Kind.PLAN if payment.invoice_id and not payment.session_id else "pack",
        credits=credits,
        cents=payment.cents,
        currency=payment.currency,
        session_id=payment.session_id,
        invoice_id=payment.invoice_id,
    )
    return made


_STATES = {
    "open": Purchase.State.OPEN,
    "settling": Purchase.State.SETTLING,
    "failed": Purchase.State.FAILED,
    "dropped": Purchase.State.DROPPED,
    "paid": Purchase.State.PAID,
}


_UNDER_WAY = (Purchase.State.OPEN, Purchase.State.SETTLING)


def _tell(purchase: Purchase, payment: Payment, asked_at: datetime) -> None:
    """Write down where the payment stands, for people to read."""
    back = sum(one.cents for one in payment.reversals if one.stands and not one.disputed)
    back = min(back, payment.cents)
    state = _STATES[payment.state]
    if any(one.stands and one.disputed for one in payment.reversals):
        state = Purchase.State.DISPUTED
    elif back:
        whole = back == payment.cents
        state = Purchase.State.REFUNDED if whole else Purchase.State.PART_REFUNDED
    newer = purchase.session_id and payment.session_id and purchase.session_id != payment.session_id
    if newer and payment.state != "paid":
        return  # an earlier checkout of a purchase that was begun again
    if purchase.state == Purchase.State.DROPPED and payment.state == "open":
        return  # an invoice that was dropped while it was a draft, which nobody can pay
    closed = purchase.kind == Purchase.Kind.TOP_UP and purchase.state == Purchase.State.FAILED
    if closed and payment.state == "dropped":
        return  # a top-up that was given up, which keeps its reason
    failed = payment.state == "failed" and purchase.state in _UNDER_WAY
    if failed and purchase.kind == Purchase.Kind.TOP_UP:
        top_up_notices.declined(
            purchase=purchase, problem=payment.problem or gettext_noop("The card was declined.")
        )
    purchase.state = state
    purchase.cents, purchase.currency = payment.cents, payment.currency
    purchase.refunded_cents = back
    purchase.session_id = payment.session_id or purchase.session_id
    purchase.invoice_id = payment.invoice_id or purchase.invoice_id
    purchase.payment_intent_id = payment.payment_intent_id
    purchase.number = payment.number
    purchase.invoice_url, purchase.pdf_url = payment.invoice_url, payment.pdf_url
    purchase.receipt_url, purchase.problem = payment.receipt_url, payment.problem
    purchase.due_at, purchase.paid_at = payment.due_at, payment.paid_at
    purchase.asked_at = asked_at
    purchase.save()
