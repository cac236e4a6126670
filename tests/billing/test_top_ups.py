"""Automatic top-up, against the stand-in."""

from __future__ import annotations

from ast import literal_eval
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import stripe
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext
from django_q.models import OrmQ, Schedule

from accounts.actors import SYSTEM
from accounts.models import Organisation, Role
from billing import ledger, tasks
from billing.models import PaymentNews, Purchase, TopUp
from billing.payments import catalogue, news, top_ups
from headshots.lib.problems import Problem
from tests.billing.payment_steps import bought, credits, refund, spend, told
from tests.browser.queue import drain, forget
from tests.stand_in import ACCEPTED, DECLINED_LATER, Shop
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
MASTERCARD = "5555 5555 5555 4444"


@pytest.fixture
def world(db: None) -> World:
    return make_world(credits=0)


@pytest.fixture
def shop(stocked: Shop) -> Shop:
    return stocked


def store_card(world: World, shop: Shop, number: str) -> TopUp:
    url, _session = top_ups.begin_card(organisation=world.organisation)
    status, where = shop.post(url, number=number)
    assert status == 303
    return top_ups.keep_card(
        actor=world.actor,
        organisation=world.organisation,
        session_id=where.partition("stored=")[2],
    )


def set_up(world: World, **changes: Any) -> TopUp:
    how = {"on": True, "below": 5, "credits": 25, "cap_cents": 120_000, **changes}
    return top_ups.change(actor=world.actor, organisation=world.organisation, **how)


def sweep_after_the_pause() -> int:
    TopUp.objects.update(go_on_at=None)
    return top_ups.sweep()


def swept(shop: Shop) -> None:
    """What the minute's sweep does, twice: nothing may happen twice."""
    for _ in range(2):
        top_ups.sweep()
        sweep_after_the_pause()
        drain()
        told(shop)


def test_credits_are_topped_up_until_the_cap(world: World, shop: Shop, client: Any) -> None:
    client.force_login(world.owner)
    page = f"/o/{world.organisation.slug}/credits/top-up"
    used_up = "$1,150 of this month’s $1,200 are used"
    with pytest.raises(Problem, match="Store a card first"):
        set_up(world)
    store_card(world, shop, ACCEPTED)
    set_up(world)
    swept(shop)
    assert credits(world) == (25, 0)
    assert "are used, and another" not in client.get(page).content.decode()
    for expected in (25, 0):
        left = ledger.balance(organisation=world.organisation).available
        ledger.adjust(actor=SYSTEM, organisation=world.organisation, amount=-left, reason="used")
        swept(shop)
        # 25 cost $575, so that two fit under $1,200 and a third does not.
        assert credits(world) == (expected, 0)
    assert top_ups.spent_cents(world.organisation) == 2 * 57_500
    assert used_up in client.get(page).content.decode()
    set_up(world, cap_cents=180_000)
    assert "are used, and another" not in client.get(page).content.decode()
    assert Purchase.objects.filter(kind="top_up", state="paid").count() == 2
    assert all(one.pdf_url for one in Purchase.objects.all())


def test_a_declined_top_up_is_told_once_to_who_is_in_charge(
    world: World, shop: Shop, mailoutbox: list[mail.EmailMessage]
) -> None:
    world.member(Role.ADMIN)
    world.member(Role.VIEWER)
    world.owner.language = "de"
    world.owner.save()
    store_card(world, shop, DECLINED_LATER)
    set_up(world)
    swept(shop)
    (failed,) = Purchase.objects.all()
    for _ in range(2):
        top_ups.pay(purchase=failed)
        swept(shop)
    in_charge = world.organisation.members.exclude(role=Role.VIEWER)
    assert sorted(m.to[0] for m in mailoutbox) == sorted(m.user.email for m in in_charge)
    theirs = {m.to[0]: m.body for m in mailoutbox}
    with translation.override("de"):
        german = gettext("You get this as an owner or administrator.")
    assert german in theirs.pop(world.owner.email)
    words = " ".join(" ".join(theirs.values()).split())
    assert "Acme was to get 25 credits for $575, and Visa ending in 0341 was not charged" in words
    assert "Your card was declined. Store another card, or save the top-up again" in words
    assert f"/o/{world.organisation.slug}/credits/top-up" in words
    # Saving again is looking: the same card fails another time, and that is told as well.
    set_up(world)
    swept(shop)
    assert len(mailoutbox) == 4


def test_a_decline_that_only_stripe_tells_of_stops_the_top_up_as_well(
    world: World,
    shop: Shop,
    mailoutbox: list[mail.EmailMessage],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The card is declined, and before that is written down we lose Stripe; then its event comes.
    Otherwise each minute begins another charge of that card, and nobody ever hears of it."""

    def lost(*_: Any, **__: Any) -> None:
        raise stripe.APIConnectionError("gone")

    store_card(world, shop, DECLINED_LATER)
    set_up(world)
    top_ups.sweep()
    forget("default")
    (begun,) = Purchase.objects.all()
    with monkeypatch.context() as away:
        away.setattr(stripe.InvoiceService, "void_invoice", lost)
        with pytest.raises(Problem, match="does not answer"):
            top_ups.pay(purchase=begun)
        told(shop)
    begun.refresh_from_db()
    assert begun.state == Purchase.State.FAILED
    assert "declined" in TopUp.objects.get().problem
    swept(shop)
    assert len(Purchase.objects.all()) == 1
    assert [letter.to for letter in mailoutbox] == [[world.owner.email]]
    # Nor can it be paid any more: the next top-up has an invoice of its own.
    PaymentNews.objects.update(due_at="2020-01-01T00:00Z")
    news.read_due()
    drain()
    assert shop.api.v1.invoices.retrieve(begun.invoice_id or "").status == "void"


def test_money_that_goes_back_charges_no_card_until_somebody_looks(
    world: World, shop: Shop, mailoutbox: list[mail.EmailMessage], client: Any
) -> None:
    """A pack that was used is refunded: its credits are owed, and nothing is available. Otherwise
    each minute begins another charge of the card, up to the cap."""
    store_card(world, shop, ACCEPTED)
    pack = bought(world, shop, 30)
    spend(world, 25)
    set_up(world)
    refund(shop, pack)
    told(shop)
    swept(shop)
    assert credits(world) == (0, 25)
    assert not Purchase.objects.filter(kind="top_up").exists()
    (message,) = mailoutbox
    words = " ".join(message.body.split())
    assert "That payment was refunded or disputed" in words
    assert "the top-up has stopped. Save it again" in words
    client.force_login(world.owner)
    page = f"/o/{world.organisation.slug}/credits/top-up"
    assert "It has stopped: A payment was refunded" in client.get(page).content.decode()
    # Saved again it waits as long as credits are owed, which are bought on purpose.
    set_up(world)
    swept(shop)
    assert not Purchase.objects.filter(kind="top_up").exists()
    assert "25 credits are owed" in client.get(page).content.decode()
    bought(world, shop, 27)
    swept(shop)
    assert credits(world) == (27, 0)
    assert Purchase.objects.get(kind="top_up").state == Purchase.State.PAID


def test_a_top_up_under_way_is_given_up_when_money_goes_back(world: World, shop: Shop) -> None:
    store_card(world, shop, ACCEPTED)
    pack = bought(world, shop, 20)
    spend(world, 20)
    set_up(world)
    assert top_ups.sweep() == 1
    forget("default")
    refund(shop, pack)
    told(shop)
    swept(shop)
    assert credits(world) == (0, 20)
    assert Purchase.objects.get(kind="top_up").state == Purchase.State.DROPPED
    assert len(shop.api.v1.payment_intents.list().data) == 1


def test_only_a_card_can_be_stored(world: World, shop: Shop) -> None:
    """Also where the dashboard offers debits, which fail days later."""
    _url, session = top_ups.begin_card(organisation=world.organisation)
    assert shop.api.v1.checkout.sessions.retrieve(session).payment_method_types == ["card"]


def test_nobody_is_told_of_a_top_up_that_somebody_has_looked_at(
    world: World, shop: Shop, mailoutbox: list[mail.EmailMessage]
) -> None:
    store_card(world, shop, DECLINED_LATER)
    set_up(world)
    top_ups.sweep()
    (begun,) = Purchase.objects.all()
    top_ups.pay(purchase=begun)
    store_card(world, shop, ACCEPTED)
    drain()
    assert mailoutbox == []


def test_word_of_a_declined_top_up_waits_for_the_mail_server(
    world: World, shop: Shop, mailoutbox: list[mail.EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    store_card(world, shop, DECLINED_LATER)
    set_up(world)

    def away(*_: Any, **__: Any) -> int:
        raise ConnectionRefusedError

    with monkeypatch.context() as patched:
        patched.setattr(EmailMultiAlternatives, "send", away)
        swept(shop)
    (later,) = Schedule.objects.filter(func="billing.tasks.send_top_up_declined")
    assert mailoutbox == []
    assert tasks.send_top_up_declined(*literal_eval(later.args))
    assert len(mailoutbox) == 1


def test_a_declined_top_up_stops_the_next_until_somebody_looks(world: World, shop: Shop) -> None:
    store_card(world, shop, DECLINED_LATER)
    set_up(world)
    swept(shop)
    assert credits(world) == (0, 0)
    (failed,) = Purchase.objects.all()
    assert failed.state == Purchase.State.FAILED
    assert "declined" in TopUp.objects.get().problem
    assert shop.api.v1.invoices.retrieve(failed.invoice_id or "").status == "void"
    store_card(world, shop, ACCEPTED)
    swept(shop)
    assert credits(world) == (25, 0)


@pytest.mark.parametrize(("cap", "charged"), [(124_999, False), (125_000, True)])
def test_the_cap_holds_at_the_price_that_stripe_has(
    world: World,
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    mailoutbox: list[mail.EmailMessage],
    cap: int,
    charged: bool,
) -> None:
    """Stripe's price is dearer than the one that was reckoned with: 25 credits for $1,250."""
    with monkeypatch.context() as dearer:
        tiers = (catalogue.Tier(None, 5_000),)
        dearer.setattr(catalogue, "CREDITS", replace(catalogue.CREDITS, tiers=tiers))
        shop.open()
    store_card(world, shop, ACCEPTED)
    set_up(world, cap_cents=cap)
    swept(shop)
    charges = [one.amount for one in shop.api.v1.charges.list().data]
    assert charges == ([125_000] if charged else [])
    assert credits(world) == ((25, 0) if charged else (0, 0))
    assert top_ups.spent_cents(world.organisation) == (125_000 if charged else 0)
    if not charged:
        (failed,) = Purchase.objects.all()
        why = "25 credits cost $1,250 by now, which this month’s cap has no room for."
        assert (failed.state, failed.problem) == (Purchase.State.FAILED, why)
        assert [why in letter.body for letter in mailoutbox] == [True]
        assert shop.api.v1.invoices.retrieve(failed.invoice_id or "").status == "void"


def test_a_top_up_that_broke_off_goes_on_and_charges_once(
    world: World, shop: Shop, settings: Any
) -> None:
    store_card(world, shop, ACCEPTED)
    set_up(world)
    there = settings.STRIPE_SANDBOX
    top_ups.sweep()
    settings.STRIPE_SANDBOX = stripe.api_base = "http://127.0.0.1:9"
    with pytest.raises(Problem, match="does not answer"):
        drain()
    settings.STRIPE_SANDBOX = stripe.api_base = there
    (begun,) = Purchase.objects.all()
    # And once more after the charge, as if we had died before we could write it down.
    top_ups.pay(purchase=begun)
    Purchase.objects.update(state=Purchase.State.OPEN)
    swept(shop)
    assert credits(world) == (25, 0)
    assert len(shop.api.v1.payment_intents.list().data) == 1


def test_a_top_up_that_waits_for_stripe_is_asked_for_with_longer_and_longer_pauses(
    world: World, shop: Shop
) -> None:
    """A message a minute would fill the queue with calls that wait for their time-out."""

    def asked(minutes: int) -> int:
        """Messages of the sweeps of so many minutes; nobody reads any of them."""
        before = OrmQ.objects.count()
        for _ in range(minutes):
            passed = timedelta(minutes=1)
            TopUp.objects.filter(go_on_at__isnull=False).update(go_on_at=F("go_on_at") - passed)
            Purchase.objects.update(created_at=F("created_at") - passed)
            top_ups.sweep()
        return OrmQ.objects.count() - before

    store_card(world, shop, ACCEPTED)
    set_up(world)
    assert asked(1) == 1
    assert asked(15) == 4
    Purchase.objects.update(created_at=F("created_at") - timedelta(days=1))
    assert 2 <= asked(150) <= 3
    # Another card has it tried at once, and what came of it, the next as well.
    store_card(world, shop, MASTERCARD)
    assert asked(1) == 1
    drain()
    assert credits(world) == (25, 0)
    spend(world, 25)
    assert asked(1) == 1


@pytest.mark.parametrize("written", ["", "draft", "open"])
@pytest.mark.parametrize("end", ["switched off", "closed"])
def test_who_switches_it_off_or_closes_while_stripe_is_away_is_not_charged(
    world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch, end: str, written: str
) -> None:
    def lost(*_: Any, **__: Any) -> None:
        raise stripe.APIConnectionError("gone")

    store_card(world, shop, ACCEPTED)
    set_up(world)
    top_ups.sweep()
    forget("default")
    (begun,) = Purchase.objects.all()
    after = {"": "create", "draft": "finalize_invoice", "open": "pay"}[written]
    with monkeypatch.context() as away:
        away.setattr(stripe.InvoiceService, after, lost)
        with pytest.raises(Problem, match="does not answer"):
            top_ups.pay(purchase=begun)
    if end == "closed":
        Organisation.objects.update(closed_at=timezone.now())
    else:
        set_up(world, on=False)
    swept(shop)
    begun.refresh_from_db()
    assert begun.state == Purchase.State.DROPPED
    assert shop.api.v1.charges.list().data == []
    assert {one.status for one in shop.api.v1.invoices.list().data} <= {"void"}
    assert TopUp.objects.get().problem == ""


@pytest.mark.parametrize("cap", [1, 57_499])
def test_a_cap_below_one_top_up_is_refused(world: World, shop: Shop, cap: int) -> None:
    with pytest.raises(Problem, match="more than the cap"):
        set_up(world, cap_cents=cap)


def test_anothers_stored_card_is_not_taken_over(world: World, shop: Shop) -> None:
    other = make_world("Other")
    url, _session = top_ups.begin_card(organisation=other.organisation)
    session_id = shop.post(url, number=ACCEPTED)[1].partition("stored=")[2]
    with pytest.raises(Problem, match="No card was stored"):
        top_ups.keep_card(actor=world.actor, organisation=world.organisation, session_id=session_id)
