"""Who founds an organisation by the page has credits to try with."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from accounts.actors import SYSTEM
from accounts.models import Organisation, User
from billing import ledger
from billing.models import CreditEntry, CreditGrant

pytestmark = pytest.mark.django_db


@pytest.fixture
def founder(client: Client) -> Client:
    client.force_login(User.objects.create_user(email="ada@acme.example", password="x" * 20))
    return client


def found(founder: Client) -> Any:
    return founder.post(reverse("new_organisation"), {"name": "Acme"})


@pytest.mark.parametrize("given", [0, 3])
def test_what_was_given_to_try_with_is_used_before_what_was_paid_for(
    founder: Client, settings: Any, given: int
) -> None:
    settings.WELCOME_CREDITS = given
    assert found(founder)["Location"] == reverse("overview", args=["acme"])
    who: dict[str, Any] = {"actor": SYSTEM, "organisation": Organisation.objects.get()}
    assert ledger.balance(organisation=who["organisation"]).available == given
    ledger.grant(**who, amount=10, source_key="plan", kind=CreditGrant.Kind.PLAN)
    ledger.hold(**who, amount=4, source_key="shoot")
    held = CreditEntry.objects.filter(kind="hold").values_list("grant__kind", "amount")
    assert dict(held) == ({"welcome": 3, "plan": 1} if given else {"plan": 4})


def test_an_organisation_that_cannot_be_given_its_credits_is_not_founded(
    founder: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(**_: Any) -> bool:
        raise DatabaseError

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "grant", breaks)
        with pytest.raises(DatabaseError):
            found(founder)
    assert not Organisation.objects.exists()
    assert found(founder).status_code == 302
    assert Organisation.objects.get().slug == "acme"
