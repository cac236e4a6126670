"""The world that test keys see: an organisation of its own beside the real one.

Being one, it is kept apart by the same doors and has a ledger, a roster and a log of its own;
nothing in it can reach a real person, a real directory, a real credit or a GPU.
"""

from __future__ import annotations

from django.db import transaction
from django.dispatch import Signal

from accounts import audit
from accounts.actors import Actor
from accounts.models import Organisation

# Sent in the transaction that opens a sandbox, with `sandbox`: others put into it what they have.
opened = Signal()


@transaction.atomic
def open_sandbox(*, actor: Actor, organisation: Organisation) -> Organisation:
    """The organisation's sandbox, made where there is none yet."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    found = Organisation.objects.filter(sandbox_of=organisation).first()
    if found is not None:
        return found
    long = len(organisation.slug) > 47
    sandbox = Organisation.objects.create(
        name=organisation.name,
        # The slug of a real one has no two dashes in a row.
        slug=f"test--{organisation.slug[:47]}{organisation.pk.hex[-6:] if long else ''}",
        sandbox_of=organisation,
        time_zone=organisation.time_zone,
    )
    audit.record(actor=actor, organisation=organisation, action="sandbox.opened", about=sandbox)
    opened.send(sender=open_sandbox, sandbox=sandbox, actor=actor)
    return sandbox
