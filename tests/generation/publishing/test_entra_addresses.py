"""Microsoft Entra: people who sign in by another name than their address."""

from __future__ import annotations

from accounts.models import Employee
from generation.publishing import pictures, runs
from tests.generation.publishing.steps import connect, go_on, publish, ready, said
from tests.generation.publishing.vendors import Vendors
from tests.world import World, jpeg


def test_who_signs_in_by_another_name_is_found_by_their_address(
    world: World, vendors: Vendors
) -> None:
    order = ready(world, 4)
    plain, other, twice, nobody = world.people
    # An address with what a filter and a path have to quote.
    address = "o'neil+a/b&c@acme.example"
    Employee.objects.filter(pk=other.pk).update(email=address)
    vendors.know(plain)
    remote = "id-of-another-name"
    vendors.ids["u1234@tenant.example"] = remote
    vendors.mails = {address: [remote], twice.email: [remote, vendors.ids[plain.email]]}
    vendors.photos[remote] = old = jpeg(77, (700, 700))
    run = publish(world, order, connect(world))
    done = ("done", "Stands there and was read back.")
    assert said(run)[plain.email] == said(run)[address] == done
    assert run.publications.get(shoot__employee=other).remote_id == remote
    assert "More than one account" in said(run)[twice.email][1]
    assert said(run)[nobody.email] == ("failed", "The directory does not know this person.")
    go_on(runs.undo(actor=world.actor, run=run))
    assert pictures.same(old, vendors.photos[remote])
