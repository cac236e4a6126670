"""Refusals where something outside is away, or somebody else is faster."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any

import pytest
import stripe
from django.db import IntegrityError, connection
from django.http import HttpResponse
from django.utils import timezone

from accounts.developers import api_keys
from accounts.models import Member, Organisation, Role, WebhookEndpoint
from accounts.sso import domains
from billing import ledger
from billing.payments import client
from generation.finishing import finishes
from generation.models import State
from generation.ordering import looks
from headshots.lib import images, vault
from tests.api.program import Program, claim_domain
from tests.api.refusing.kit import Recipe, photo, put, recipe
from tests.api.refusing.money import bought, with_key
from tests.world import DIRECTION, World, jpeg


@recipe("internal")
def _internal(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    patch.setattr("accounts.access.employees", broken)
    return program.get("employees")


@recipe("storage_unavailable")
def _storage(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    candidate = world.shoot(State.CHOOSING).candidates.first()

    def broken(*_: Any, **__: Any) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    patch.setattr(vault.os, "open", broken)
    return program.get(f"candidates/{candidate.pk}/picture")


@recipe("file_gone")
def _gone(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    candidate = world.shoot(State.CHOOSING).candidates.first()
    vault_of_tests = finishes.vault()
    # It goes between the look for it and its opening.
    vault_of_tests.delete(candidate.finished)
    patch.setattr(vault.Vault, "exists", lambda self, key: True)
    return program.get(f"candidates/{candidate.pk}/picture")


@recipe("decoder_unavailable")
def _decoder(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    def none(*_: Any, **__: Any) -> None:
        raise OSError

    images._decoder.forget()
    patch.setattr(images.subprocess, "Popen", none)
    return photo(program, world.shoot(State.COLLECTING), jpeg())


@recipe("busy")
def _busy(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    # Who holds the account is another connection (tests/races); here the database says so at once.
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.waited(uuid, timestamptz) RETURNS void LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE 'waited too long' USING ERRCODE = 'lock_not_available'; END $$"
        )
    patch.setattr(ledger, "_OPEN", "SELECT pg_temp.waited(%s, %s)")
    body = {"department": "Sales", "period": "month", "credits": 2}
    return program.post("credits/budgets", body)


@recipe("closed")
def _closed(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    counted = api_keys.count_use

    def while_it_closes(**said: Any) -> Any:
        Organisation.objects.filter(pk=world.organisation.pk).update(closed_at=timezone.now())
        return counted(**said)

    patch.setattr(api_keys, "count_use", while_it_closes)
    return program.patch("organisation", {"name": "Acme Ltd"})


@recipe("member_gone")
def _member(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    user = world.member(Role.VIEWER)
    member = Member.objects.get(organisation=world.organisation, user=user)
    patch.setattr("accounts.access.member", _deleted_meanwhile(member))
    return program.delete(f"members/{member.pk}")


@recipe("gone")
def _endpoint(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    endpoint: WebhookEndpoint = world.endpoint()
    patch.setattr("accounts.access.webhook_endpoint", _deleted_meanwhile(endpoint))
    return program.delete(f"webhook-endpoints/{endpoint.pk}")


def _deleted_meanwhile(row: Any) -> Callable[..., Any]:
    """A way to find it that somebody deletes it behind."""

    def found(*_: Any) -> Any:
        type(row).objects.filter(pk=row.pk).delete()
        return row

    return found


def twin(*_: Any, **__: Any) -> None:
    raise IntegrityError("duplicate key")


@recipe("look_changed")
def _look(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    patch.setattr(looks.Look.objects, "create", twin)
    return program.post("looks", {"name": "Other", **DIRECTION})


@recipe("plate_changed")
def _plate(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    patch.setattr(finishes.Plate.objects, "create", twin)
    return program.post("plates", {"name": "x", "kind": "colour", "colours": ["#204060"]})


@recipe("finish_changed")
def _finish(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    assert program.patch(f"looks/{world.look.pk}/finish", {"closer": 2}).status_code == 200
    patch.setattr(finishes.Finish, "save", twin)
    return program.patch(f"looks/{world.look.pk}/finish", {"closer": 3})


@recipe("dns_down")
def _names(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    def silent(name: str) -> list[str]:
        raise domains.txt_records.NoAnswer

    patch.setattr(domains.txt_records, "texts", silent)
    return program.post(f"domains/{claim_domain(world).pk}/check")


def stripe_says(error: Exception) -> Recipe:
    """Stripe answers whatever it is asked with an error."""

    class Refusing:
        @property
        def v1(self) -> Any:
            raise error

    def ask(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
        with_key(patch)
        patch.setattr(client, "_client", lambda key, host: Refusing())
        return program.post("credits/portal")

    return ask


put("stripe_away", stripe_says(stripe.APIConnectionError("no route")))
put("stripe_key", stripe_says(stripe.AuthenticationError("Invalid API Key provided")))
put("stripe_refused", stripe_says(stripe.InvalidRequestError("No such customer.", "customer")))
put(
    "card_declined",
    stripe_says(stripe.CardError("Your card was declined.", None, "card_declined")),
)


@recipe("catalogue_missing")
def _catalogue(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    class Empty:
        """A Stripe account where nothing is for sale."""

        data: tuple[()] = ()

        def __getattr__(self, name: str) -> Any:
            return self if name in ("v1", "prices") else lambda **_: self

    with_key(patch)
    patch.setattr(client, "_client", lambda key, host: Empty())
    return program.post(f"invoices/{bought(world).pk}/checkout")
