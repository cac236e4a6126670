"""An organisation says in its own words who asks for headshots and why; its people read them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generation.inviting import notices
from generation.models import Order, Shoot
from generation.ordering import orders
from tests.api.program import Program, problem
from tests.world import World, token

WORDS = "Mira of HR asks: <b>our</b> {{ badges }} & pages\nare new."
SAID = "Mira of HR asks: <b>our</b> {{ badges }} & pages are new."
ESCAPED = "Mira of HR asks: &lt;b&gt;our&lt;/b&gt; {{ badges }} &amp; pages are new."
STANDARD = "The picture is for the directories, badges and pages of Acme"


def place(client: Client, world: World, **more: str) -> Any:
    form = {
        "look": world.look.pk,
        "due": str(timezone.localdate() + timedelta(days=9)),
        "employees": [person.pk for person in world.hire()],
        **more,
    }
    return client.post(reverse("order_new", args=[world.organisation.slug]), form)


def read(client: Client, shoot: Shoot) -> tuple[str, str, str]:
    """The page, and the mail as text and as HTML."""
    page = client.get(reverse("employee:start", args=[token(shoot)])).content.decode()
    assert notices.send(shoot=shoot, kind="invitation")
    sent = mail.outbox[-1]
    return page, str(sent.body), str(sent.alternatives[0][0])


def test_an_administrators_words_stand_beside_ours(world: World, client: Client) -> None:
    client.force_login(world.owner)
    assert place(client, world, why=WORDS).status_code == 302
    order = Order.objects.get()
    assert order.why == SAID
    page, text, html = read(Client(), order.shoots.get())
    for shown, words in ((page, ESCAPED), (text, SAID), (html, ESCAPED)):
        assert words in shown
        assert STANDARD in shown
    assert "<b>our</b>" not in page + html
    told = client.get(reverse("order", args=[world.organisation.slug, order.pk]))
    assert ESCAPED in told.content.decode()


def test_without_words_there_are_ours_alone(world: World, client: Client) -> None:
    client.force_login(world.owner)
    place(client, world, why=" \n ")
    shoot = Order.objects.get().shoots.get()
    page, text, html = read(Client(), shoot)
    assert all(STANDARD in shown for shown in (page, text, html))
    assert "<blockquote" not in page + html
    assert "“" not in text


def test_too_many_words_are_refused_and_none_is_lost(world: World, client: Client) -> None:
    client.force_login(world.owner)
    long = "x" * (orders.LONGEST_WHY + 1)
    answer = place(client, world, why=long)
    assert answer.status_code == 422
    assert "at most 400 characters who asks and why; these are 401" in answer.content.decode()
    assert f">{long}</textarea>" in answer.content.decode()
    assert not Order.objects.exists()


def test_the_preview_shows_them(world: World, client: Client) -> None:
    client.force_login(world.owner)
    url = reverse("order_preview", args=[world.organisation.slug])
    assert ESCAPED in client.get(url, {"why": SAID}).content.decode()
    assert "<blockquote" not in client.get(url).content.decode()


@pytest.mark.parametrize("path", ["orders", "orders/by-department"])
def test_programs_say_it_too(world: World, path: str) -> None:
    program = Program.of(world.organisation)
    body = {"look": str(world.look.pk), "employees": [str(p.pk) for p in world.hire()]}
    answer = program.post(path, {**body, "why": WORDS})
    assert answer.status_code == 201
    assert Order.objects.get().why == SAID
    assert program.get(f"orders/{Order.objects.get().pk}").json()["why"] == SAID
    refused = program.post(path, {**body, "why": "x" * (orders.LONGEST_WHY + 1)})
    assert problem(refused, 422, "invalid")["errors"][0]["field"] == "why"
