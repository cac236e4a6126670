"""Refusals on the way from an order to photos and picks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone

from accounts.actors import SYSTEM
from accounts.models import Employee
from billing import ledger
from generation.models import Order, Selfie, Shoot, State, UploadAddress
from tests.api.program import Program
from tests.api.refusing.kit import NOBODYS, ada, delivered, of_ada, order_for, photo, put, recipe
from tests.world import World, descriptor, give_selfies, jpeg, make_world


@recipe("credits_missing")
def _credits(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    poor = make_world("Poor", credits=0)
    return order_for(Program.of(poor.organisation), poor, people=poor.hire(3))


def add_selfies(shoot: Any, verdicts: Sequence[str]) -> None:
    for number, verdict in enumerate(verdicts):
        Selfie.objects.create(
            shoot=shoot, sha256=f"{number:064}", verdict=verdict, width=100, height=100
        )


def without_credits(program: Program, world: World, shoot: Shoot, act: str) -> HttpResponse:
    free = ledger.balance(organisation=world.organisation).available
    ledger.hold(actor=SYSTEM, organisation=world.organisation, amount=free, source_key="other")
    return program.post(f"shoots/{shoot.pk}/{act}")


@recipe("photos_wait")
def _photos_wait(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    shoot = world.shoot(State.COLLECTING)
    Selfie.objects.filter(shoot=shoot).delete()
    give_selfies(shoot)
    return without_credits(program, world, shoot, "hand-in")


@recipe("credit_missing")
def _credit(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    return without_credits(program, world, world.shoot(State.CHOOSING), "more-pictures")


@recipe("over_budget")
def _budget(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    world.budget()
    people = world.hire(3)
    Employee.objects.update(department="Sales")
    return order_for(program, world, people=people)


put("due", lambda p, w, m: order_for(p, w, due_at="2026-01-01T00:00:00Z"))
put("not_on_roster", lambda p, w, m: order_for(p, w, employees=[NOBODYS]))


@recipe("order_due")
def _order_due(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    order = world.order()
    Order.objects.filter(pk=order.pk).update(due_at=timezone.now() - timedelta(days=1))
    return program.post(f"orders/{order.pk}/people", {"employees": [str(world.hire()[0].pk)]})


@recipe("has_left")
def _left(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    person = ada(world)
    program.delete(f"employees/{person.pk}")
    return program.post("shoots", {"employee": str(person.pk), "look": str(world.look.pk)})


put("cannot_opt_out", lambda p, w, m: delivered(p, w, "opt-out"))
WITHDRAWAL = {"irrevocable": True, "evidence": "There"}
put(
    "not_confirmed",
    lambda p, w, m: p.post(
        f"shoots/{w.shoot(State.DELIVERED).pk}/withdraw", {**WITHDRAWAL, "irrevocable": False}
    ),
)
put("no_release", lambda p, w, m: p.post(f"shoots/{w.shoot().pk}/withdraw", WITHDRAWAL))
put(
    "being_made",
    lambda p, w, m: p.send("PUT", f"shoots/{w.shoot(State.GENERATING).pk}/wishes", {}),
)
put(
    "attire",
    lambda p, w, m: p.send(
        "PUT", f"shoots/{w.shoot(State.COLLECTING).pk}/wishes", {"attire": "clown suit"}
    ),
)
put(
    "nothing_to_make_again",
    lambda p, w, m: p.post(f"shoots/{w.shoot(State.COLLECTING).pk}/ask-again"),
)


@recipe("own_photos_destroyed")
def _own_photos(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    shoot = world.shoot(State.CHOOSING)
    Shoot.objects.filter(pk=shoot.pk).update(inputs_destroyed_at=timezone.now())
    return program.post(f"shoots/{shoot.pk}/ask-again")


@recipe("rounds_spent")
def _spent(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    shoot = world.shoot(State.CHOOSING)
    Shoot.objects.filter(pk=shoot.pk).update(asked_again=2)
    return program.post(f"shoots/{shoot.pk}/ask-again")


put("cannot_cancel", lambda p, w, m: delivered(p, w, "cancel"))
put("no_photos_awaited", lambda p, w, m: delivered(p, w, "invite"))
put(
    "not_picked",
    lambda p, w, m: p.post(f"shoots/{of_ada(w, State.CHOOSING).pk}/approve"),
)


@recipe("nothing_to_choose")
def _choose(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    shoot = world.shoot(State.DELIVERED)
    candidate = shoot.candidates.first()
    return program.post(f"shoots/{shoot.pk}/pick", {"candidate": str(candidate.pk)})


@recipe("not_listed")
def _listed(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    others = world.shoot(State.CHOOSING).candidates.first()
    shoot = world.shoot(State.CHOOSING)
    return program.post(f"shoots/{shoot.pk}/pick", {"candidate": str(others.pk)})


def hand_in(program: Program, world: World, *verdicts: str) -> HttpResponse:
    shoot = world.shoot(State.COLLECTING)
    Selfie.objects.filter(shoot=shoot).delete()
    add_selfies(shoot, verdicts)
    return program.post(f"shoots/{shoot.pk}/hand-in")


put("too_few", lambda p, w, m: hand_in(p, w))


def of_people(program: Program, world: World, *people: int) -> HttpResponse:
    """Hand in six photos of each of them, no two alike; of 0, six that are alike."""
    shoot = world.shoot(State.COLLECTING)
    Selfie.objects.filter(shoot=shoot).delete()
    for at, who in enumerate(people or (0,)):
        for number in range(6):
            Selfie.objects.create(
                shoot=shoot,
                sha256=f"{at}{number:063}",
                verdict="rejected" if at else "accepted",
                descriptor=descriptor(who, number if people else 0),
                width=100,
                height=100,
            )
    return program.post(f"shoots/{shoot.pk}/hand-in")


put("same_picture", lambda p, w, m: of_people(p, w))
put("two_people", lambda p, w, m: of_people(p, w, 1, 2))
put("checking", lambda p, w, m: hand_in(p, w, "checking"))
put("release_missing", lambda p, w, m: photo(p, w.shoot(), jpeg()))
put("handed_in", lambda p, w, m: photo(p, w.shoot(State.QUEUED), jpeg()))
put("photo", lambda p, w, m: photo(p, w.shoot(State.COLLECTING), b"nonsense"))


def upload(program: Program, world: World, *bodies: bytes, late: bool = False) -> HttpResponse:
    shoot = world.shoot(State.COLLECTING)
    url = program.post(f"shoots/{shoot.pk}/upload-addresses").json()["url"]
    if late:
        UploadAddress.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    path = "/api/v1/uploads/" + url.rpartition("/")[2]
    for body in bodies:
        answer = program.client.put(path, body, content_type="image/jpeg")
    return answer


put("no_bytes", lambda p, w, m: upload(p, w, b""))
put("used", lambda p, w, m: upload(p, w, jpeg(1), jpeg(2)))
put("expired", lambda p, w, m: upload(p, w, jpeg(1), late=True))
put("no_address", lambda p, w, m: p.client.put("/api/v1/uploads/x", b"x"))
SIGNED = {
    "text": "x",
    "signed_name": "Ada",
    "signed_at": (timezone.now() - timedelta(days=5)).isoformat(),
    "evidence": "There",
}


@recipe("release_changed")
def _release(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    return program.post(f"shoots/{world.shoot().pk}/release", SIGNED)


@recipe("signed_at")
def _signed(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    place = f"shoots/{world.shoot().pk}/release"
    text = program.get(f"{place}-text").json()["text"]
    return program.post(place, {**SIGNED, "text": text, "signed_at": "2036-01-01T00:00:00Z"})


def embed(program: Program, world: World, back: str) -> HttpResponse:
    return program.post(f"shoots/{world.shoot().pk}/embed-links", {"return_url": back})


@recipe("link_closed")
def _closed(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    origin = "https://people.example.com"
    program.patch("organisation", {"embed_origins": [origin]})
    shoot = world.shoot()
    program.post(f"shoots/{shoot.pk}/revoke-link")
    return program.post(f"shoots/{shoot.pk}/embed-links", {"return_url": f"{origin}/done"})


put("origin_not_allowed", lambda p, w, m: embed(p, w, "https://people.example.com/done"))
put("return_url", lambda p, w, m: embed(p, w, "/done"))


@recipe("rounds_spent")
def _rounds(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    shoot = world.shoot(State.APPROVING)
    Shoot.objects.filter(pk=shoot.pk).update(asked_again=2)
    return program.post(f"shoots/{shoot.pk}/redo", {"fault": "other"})


def without_photos(program: Program, world: World, act: str, body: Any = None) -> HttpResponse:
    shoot = of_ada(world, State.APPROVING)
    Shoot.objects.filter(pk=shoot.pk).update(inputs_destroyed_at=timezone.now())
    return program.post(f"shoots/{shoot.pk}/{act}", body)


put("photos_destroyed", lambda p, w, m: without_photos(p, w, "redo", {"fault": "other"}))
put("no_more_pictures", lambda p, w, m: without_photos(p, w, "more-pictures"))


@recipe("had_more")
def _had_more(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    shoot = world.shoot(State.CHOOSING)
    Shoot.objects.filter(pk=shoot.pk).update(wanted=12)
    return program.post(f"shoots/{shoot.pk}/more-pictures")


@recipe("cannot_send_back")
def _send_back(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    shoot = world.shoot(State.DELIVERED)
    return program.post(f"shoots/{shoot.pk}/send-back", {"reason": "Too dark."})


def sign_for(program: Program, shoot: Any, **changes: str) -> HttpResponse:
    place = f"shoots/{shoot.pk}/release"
    text = program.get(f"{place}-text").json()["text"]
    signed_at = (timezone.now() - timedelta(hours=1)).isoformat()
    return program.post(place, {**SIGNED, "text": text, "signed_at": signed_at, **changes})


@recipe("cannot_sign")
def _cannot_sign(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    shoot = world.shoot()
    program.post(f"shoots/{shoot.pk}/cancel")
    return sign_for(program, shoot)


put("evidence_missing", lambda p, w, m: sign_for(p, w.shoot(), evidence="x"))


@recipe("too_many_photos")
def _photos(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    shoot = world.shoot(State.COLLECTING)
    Selfie.objects.filter(shoot=shoot).delete()
    add_selfies(shoot, ["rejected"] * 30)
    return photo(program, shoot, jpeg())


@recipe("too_many_addresses")
def _addresses(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    shoot = world.shoot(State.COLLECTING)
    UploadAddress.objects.bulk_create(
        UploadAddress(
            shoot=shoot, token_hash=f"{n:064}", expires_at=timezone.now() + timedelta(hours=1)
        )
        for n in range(100)
    )
    return program.post(f"shoots/{shoot.pk}/upload-addresses")
