"""The words beside an organisation's photos say no more than is true of them."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from generation.engine.provenance import authority
from generation.models import Headshot, Order, State
from tests.world import World, bring, give_files, give_initials


def page(client: Client, world: World, order: Order) -> str:
    client.force_login(world.owner)
    where = [world.organisation.slug, order.pk]
    return client.get(reverse("order_delivery", args=where)).content.decode()


def test_they_stand_there_in_each_language_and_name_the_organisation(
    world: World, client: Client
) -> None:
    order = world.order(1)
    give_files(bring(order.shoots.get(), State.DELIVERED))
    said = page(client, world, order)
    for language, words in {
        "en": "were made by a computer",
        "de": "hat ein Computer erstellt",
        "fr": "réalisés par ordinateur",
        "es": "hechos por ordenador",
    }.items():
        text = said.split(f'id="disclosure-{language}">')[1].split("</p>")[0]
        assert words in text
        assert world.organisation.name in text
        # These files were never signed.
        assert "C2PA" not in text


def test_files_that_are_still_to_come_are_promised_signed_only_where_they_will_be(
    world: World, client: Client, settings: Any
) -> None:
    order = world.order(1)
    bring(order.shoots.get(), State.DELIVERED)
    assert "C2PA" not in page(client, world, order)
    chain, key = authority.make(organisation="Acme Pictures")
    settings.C2PA_CHAIN, settings.C2PA_KEY = chain.decode(), key.decode()
    assert "C2PA" in page(client, world, order)


def test_where_nothing_was_generated_nothing_is_said_to_be(world: World, client: Client) -> None:
    order = world.order(1)
    give_initials(order.shoots.get())
    said = page(client, world, order)
    assert "1 person gave a photo of their own or initials instead" in said
    assert "were made by a computer" not in said


def test_who_picked_is_said_as_it_was(world: World, client: Client) -> None:
    order = world.order(2)
    for shoot in order.shoots.all():
        give_files(bring(shoot, State.DELIVERED))
    first, second = (shoot.headshot for shoot in order.shoots.all())

    def said() -> dict[str, str]:
        whole = page(client, world, order)
        return {
            language: whole.split(f'id="disclosure-{language}">')[1].split("</p>")[0]
            for language in ("en", "de", "fr", "es")
        }

    name = world.organisation.name
    themselves = said()
    assert f"chosen by the person and approved by {name}." in themselves["en"]
    assert "von ihr ausgewählt" in themselves["de"]
    Headshot.objects.filter(pk=first.pk).update(picked_in_their_place=True)
    some = said()
    assert f"chosen by the person or, where they did not choose in time, by {name}" in some["en"]
    assert "nicht rechtzeitig gewählt" in some["de"]
    assert "à temps" in some["fr"]
    assert "si no eligió a tiempo" in some["es"]
    Headshot.objects.filter(pk=second.pk).update(picked_in_their_place=True)
    none = said()
    assert f"own photos, chosen and approved by {name}." in none["en"]
    assert "by the person" not in none["en"]
    assert "von ihr" not in none["de"]
    assert "par elle" not in none["fr"]
    assert "por ella" not in none["es"]
