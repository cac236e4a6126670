"""What a sandbox begins with."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext_noop

from accounts.actors import Actor
from accounts.developers.sandbox import opened
from accounts.models import Organisation
from billing import ledger
from generation.art_direction import CHOICES
from generation.ordering import looks

CREDITS = 1_000_000


@receiver(opened)
def furnish(*, sandbox: Organisation, actor: Actor, **_: Any) -> None:
    """Credits that cost nothing, and a look to order."""
    ledger.grant(
        actor=actor,
        organisation=sandbox,
        amount=CREDITS,
        source_key="sandbox",
        note=gettext_noop("For tests; they cost nothing and buy nothing real"),
    )
    looks.save_look(
        actor=actor,
        organisation=sandbox,
        name="Studio",
        **{name: known[0] for name, known in CHOICES.items()},
    )
