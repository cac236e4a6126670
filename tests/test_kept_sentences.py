"""Sentences that were kept in English are read in the language of who reads them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from accounts.models import Role, WebhookDelivery
from billing import tasks
from billing.models import Purchase, TopUp
from generation import states
from generation.models import Finishing, Refinish, Shoot, State
from headshots.templatetags import words
from tests.world import World, give_files, make_finishing

OTHERS = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
NOT_MADE = "The files could not be made. Try again; if it stays so, tell us."
DECLINED = "The card was declined."


@pytest.fixture
def german(world: World) -> Client:
    """The owner, who reads German."""
    world.owner.language = "de"
    world.owner.save()
    client = Client(headers={"accept-language": "de"})
    client.force_login(world.owner)
    return client


def page(client: Client, world: World, route: str, *more: Any) -> str:
    answer = client.get(reverse(route, args=[world.organisation.slug, *more]))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def in_german(sentence: str) -> str:
    with translation.override("de"):
        said = gettext(sentence)
    assert said != sentence
    return said


def test_a_role_that_is_too_weak_is_refused_in_the_readers_language(world: World) -> None:
    viewer = Client(headers={"accept-language": "de"})
    viewer.force_login(world.member(Role.VIEWER))
    answer = viewer.get(reverse("directories", args=[world.organisation.slug]))
    assert answer.status_code == 403
    said = in_german(
        "This needs the role “{needed}”; yours is “{yours}”. Ask an owner of the organisation."
    )
    # German calls an administrator the same.
    named = said.format(needed="Administrator", yours=in_german("Viewer"))
    assert named in " ".join(answer.content.decode().split())


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("sentence", words.FILLED)
def test_what_was_filled_in_is_kept_and_the_sentence_said_anew(
    sentence: str, language: str
) -> None:
    blanks = {name: f"{name}.example" for name in re.findall(r"\{(\w+)\}", sentence)}
    with translation.override(language):
        said = words.in_words(sentence.format(**blanks))
        assert said == gettext(sentence).format(**blanks)
        assert said != sentence.format(**blanks)


def test_a_sentence_within_another_is_said_anew_too() -> None:
    kept = "No secure connection: the certificate is not valid (self-signed certificate)."
    with translation.override("de"):
        inner = gettext("the certificate is not valid ({why})").format(
            why="self-signed certificate"
        )
        assert words.in_words(kept) == gettext("No secure connection: {why}.").format(why=inner)
    assert words.in_words(kept) == kept


def test_what_nobody_has_marked_stays_as_it_is() -> None:
    with translation.override("de"):
        assert words.in_words("Your card’s code is wrong.") == "Your card’s code is wrong."


def test_an_orders_page_says_what_became_of_somebody(world: World, german: Client) -> None:
    shoot = world.shoot(State.CHOOSING)
    Shoot.objects.filter(pk=shoot.pk).update(message=states.NOTHING_BETTER)
    said = in_german(states.NOTHING_BETTER)
    assert said[:60] in page(german, world, "order", shoot.order_id)


def test_files_that_could_not_be_made_say_why(world: World, german: Client) -> None:
    shoot = world.shoot(State.DELIVERED)
    give_files(shoot)
    Finishing.objects.update(state=Finishing.State.FAILED, sentence=NOT_MADE)
    assert in_german(NOT_MADE) in page(german, world, "shoot_files", shoot.pk)


def test_a_new_finish_says_whose_files_it_could_not_make(world: World, german: Client) -> None:
    refinish = make_finishing(world)["refinish"]
    assert isinstance(refinish, Refinish)
    Finishing.objects.update(refinish=refinish, state=Finishing.State.FAILED, sentence=NOT_MADE)
    assert in_german(NOT_MADE) in page(german, world, "refinish", refinish.pk)


def test_an_attempt_says_what_was_wrong_with_the_answer(world: World, german: Client) -> None:
    endpoint = world.endpoint()
    world.order()
    delivery = WebhookDelivery.objects.filter(endpoint=endpoint).latest("created_at")
    kept = "The answer was 418; 2xx is expected."
    delivery.attempts.create(number=1, url=endpoint.url, status=418, problem=kept, milliseconds=7)
    said = in_german("The answer was {status}; 2xx is expected.").format(status=418)
    text = page(german, world, "webhook_delivery", endpoint.pk, delivery.pk)
    assert said in text
    assert kept not in text


def test_a_top_up_says_why_it_has_stopped(world: World, german: Client) -> None:
    TopUp.objects.create(
        organisation=world.organisation, on=True, method_id="pm_1", problem=DECLINED
    )
    assert in_german(DECLINED) in page(german, world, "top_up")
    purchase = world.purchase()
    Purchase.objects.update(kind=Purchase.Kind.TOP_UP, state=Purchase.State.FAILED)
    (owner,) = world.organisation.members.all()
    assert tasks.send_top_up_declined(str(purchase.pk), str(owner.pk))
    (letter,) = mail.outbox
    assert in_german(DECLINED) in letter.body
    assert in_german(DECLINED) in str(letter.alternatives[0][0])
