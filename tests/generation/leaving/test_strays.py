"""No photo of a face, no model and no ZIP stays behind that no row knows."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest
from django_q.models import Schedule

from accounts.actors import employee_actor
from billing import ledger
from generation import tasks
from generation.delivering import exports
from generation.dispatch import claims
from generation.dispatch.sitters import Sitter, back_to_collecting
from generation.leaving import strays, withdrawals
from generation.models import Selfie, Shoot, State, Upload
from generation.ordering import another_look, looks, orders
from generation.photos import selfies
from generation.storage import vault
from headshots.lib.problems import Problem
from headshots.lib.vault import Vault, VaultUnavailable
from tests.browser.queue import drain, forget
from tests.world import DIRECTION, World, bring, give_initials, give_selfies, jpeg, make_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def put(key: str, *, hours: float = 2) -> str:
    """A file that was put so many hours ago."""
    vault().put(key, b"a face")
    age(key, hours=hours)
    return key


def age(*keys: str, hours: float = 2) -> None:
    then = time.time() - hours * 3600
    for key in keys:
        os.utime(vault().path(key), (then, then))


def test_a_photo_too_many_is_not_kept(world: World) -> None:
    shoot = world.shoot(State.COLLECTING)
    give_selfies(shoot, selfies.MOST)
    before = set(vault().keys(shoot.folder))
    actor = employee_actor(shoot.employee)
    with pytest.raises(Problem) as refused:
        selfies.add_selfie(actor=actor, shoot=shoot, data=jpeg(99), name="a.jpg", judge=False)
    assert refused.value.code == "too_many"
    assert set(vault().keys(shoot.folder)) == before
    # One that came twice at the same time is kept once, and can be seen.
    Selfie.objects.filter(shoot=shoot).first().delete()  # type: ignore[union-attr]
    kept = selfies.add_selfie(actor=actor, shoot=shoot, data=jpeg(99), name="a.jpg", judge=False)
    assert vault().exists(kept.file)


def test_photos_that_led_to_nothing_leave_no_model(world: World) -> None:
    shoot = world.shoot(State.QUEUED)
    (claim,) = claims.claim(worker="w", people=1)
    for name in ("adapter.safetensors", "checkpoint.safetensors"):
        vault().put(f"{shoot.folder}/adapter/{claim.fence}/{name}", b"weights")
    shoot.refresh_from_db()
    sitter = Sitter(claim, shoot, [], np.zeros((0, 128)), 0.5)
    assert back_to_collecting(sitter, "Send other photos.")
    assert not list(vault().keys(f"{shoot.folder}/adapter"))
    assert len(list(vault().keys(f"{shoot.folder}/selfies"))) == selfies.LEAST


def test_another_look_without_credits_leaves_no_copies(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.shoot(State.DELIVERED)
    key = f"{first.folder}/adapter/1/adapter.safetensors"
    vault().put(key, b"weights")
    Shoot.objects.filter(pk=first.pk).update(adapter=key)
    other = looks.save_look(
        actor=world.actor,
        organisation=world.organisation,
        name="Outside",
        **{**DIRECTION, "expression": "smile"},
    )
    made = another_look.place(actor=world.actor, order=first.order, look=other, shoots=[first])
    second = made.shoots.get()
    have = ledger.balance(organisation=world.organisation).available
    ledger.hold(
        actor=world.actor, organisation=world.organisation, amount=have, source_key="elsewhere"
    )
    # Whether that is known before the copies are made or found out once they are there.
    balances = {"known": ledger.balance, "too_late": lambda **_: ledger.Balance(have, 0)}
    for balance in balances.values():
        with monkeypatch.context() as patched:
            patched.setattr(another_look.ledger, "balance", balance)
            assert not another_look.begin(shoot_id=second.pk)
        assert not list(vault().keys(second.folder))
    second.refresh_from_db()
    assert second.waits_for_credits
    ledger.release(
        actor=world.actor, organisation=world.organisation, source_key="elsewhere", note="back"
    )
    assert another_look.begin(shoot_id=second.pk)
    copies = Selfie.objects.filter(shoot=second).values_list("file", flat=True)
    second.refresh_from_db()
    assert set(vault().keys(second.folder)) == {*copies, second.adapter}
    orders.cancel_order(actor=world.actor, order=made)


def test_a_folder_that_cannot_be_destroyed_now_keeps_nothing_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shoot = world.shoot(State.DELIVERED)
    export = exports.begin(actor=world.actor, organisation=world.organisation, order=shoot.order)
    exports.make(export_id=export.pk)
    export.refresh_from_db()
    whole = Vault.delete_tree

    def away(self: Vault, prefix: str) -> int:
        if prefix == shoot.folder:
            raise VaultUnavailable("The storage is away.")
        return whole(self, prefix)

    with monkeypatch.context() as broken:
        broken.setattr(Vault, "delete_tree", away)
        withdrawals.withdraw(actor=employee_actor(shoot.employee), shoot=shoot)
    assert not vault().exists(export.file)
    left = list(vault().keys(shoot.folder))
    assert left
    age(*left)
    strays.clear(organisation_id=world.organisation.pk)
    assert not list(vault().keys(shoot.folder))


def test_strays_are_found_and_nothing_else(world: World) -> None:
    """What a process that died has left is destroyed; what a row knows, is being made, or belongs
    to another organisation is not."""
    collects = world.shoot(State.COLLECTING)
    give_selfies(collects)
    upload = Upload.objects.create(shoot=collects, mark="m", name="a.jpg", size=10)
    trains = world.shoot(State.TRAINING)
    chooses = world.shoot(State.CHOOSING)
    key = put(f"{chooses.folder}/adapter/3/adapter.safetensors")
    Shoot.objects.filter(pk=chooses.pk).update(adapter=key)
    delivered = world.shoot(State.DELIVERED)
    export = exports.begin(
        actor=world.actor, organisation=world.organisation, order=delivered.order
    )
    exports.make(export_id=export.pk)
    outside = bring(world.shoot(), State.COLLECTING)
    give_initials(outside)
    organisation = str(world.organisation.pk)
    put(f"{upload.folder}/000000000000")
    put(f"{trains.folder}/adapter/1/checkpoint.safetensors")
    put(f"{collects.folder}/selfies/young.jpg", hours=0.5)
    stranger = make_world("Other").shoot(State.COLLECTING)
    put(f"{stranger.folder}/selfies/theirs.jpg")
    kept = set(vault().keys(""))
    age(*(key for key in kept if "young" not in key))
    for gone in (
        f"{collects.folder}/selfies/31.jpg",
        f"{collects.folder}/adapter/1/adapter.safetensors",
        f"{chooses.folder}/adapter/3/best.safetensors",
        f"{collects.folder}/uploads/0190f0f0-0000-7000-8000-000000000000/000000000000",
        f"{outside.folder}/candidates/1-0.png",
        f"{organisation}/{outside.pk}-instead/photo-old.jpg",
        f"{organisation}/exports/0190f0f0-0000-7000-8000-000000000000.zip",
    ):
        put(gone)
    assert strays.clear(organisation_id=world.organisation.pk) == 7
    assert set(vault().keys("")) == kept


def test_strays_are_looked_for_each_day(world: World) -> None:
    shoot = world.shoot(State.COLLECTING)
    put(f"{shoot.folder}/selfies/x.jpg")
    forget("default")
    daily = Schedule.objects.get(name="strays")
    assert daily.schedule_type == Schedule.DAILY
    assert (daily.func, daily.cluster) == (f"{tasks.__name__}.clear_strays", "default")
    tasks.clear_strays()
    drain()
    assert not list(vault().keys(shoot.folder))


def test_a_search_that_takes_long_goes_on_where_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what lies last would never be come to."""
    shoots = [world.shoot(State.COLLECTING) for _ in range(3)]
    gone = [put(f"{shoot.folder}/selfies/x.jpg") for shoot in shoots]
    monkeypatch.setattr(strays, "LONGEST_S", -1.0)
    monkeypatch.setattr(strays, "_AT_ONCE", 1)
    forget("default")
    assert strays.clear(organisation_id=world.organisation.pk) == 1
    assert [vault().exists(key) for key in gone].count(False) == 1
    assert drain() == 3
    assert not any(vault().exists(key) for key in gone)
