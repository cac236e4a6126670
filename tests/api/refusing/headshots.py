"""Refusals once headshots are there: finishing, walls, publishing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone

from generation.models import (
    DownloadLink,
    Export,
    Finishing,
    Publication,
    PublishingRun,
    Shoot,
    State,
)
from tests.api.program import Program
from tests.api.refusing.kit import delivered, of_ada, put, recipe
from tests.world import (
    DIRECTION,
    World,
    give_files,
    give_initials,
    make_finishing,
    with_adapter,
)

put("nothing_approved", lambda p, w, m: p.post("exports", {"order": str(w.order().pk)}))


@recipe("not_ready")
def _not_ready(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    order = str(world.shoot(State.DELIVERED).order_id)
    made = program.post("exports", {"order": order}).json()
    return program.get(f"exports/{made['id']}/file")


@recipe("no_rendition")
def _rendition(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    headshot = world.shoot(State.DELIVERED).headshot
    return program.get(f"headshots/{headshot.pk}/renditions/huge")


@recipe("no_side")
def _side(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    refinish = make_finishing(world)["refinish"]
    headshot = world.shoot(State.DELIVERED).headshot
    return program.get(f"refinishes/{refinish.pk}/headshots/{headshot.pk}/after")


@recipe("no_kind")
def _kind(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    given = give_initials(world.shoot())
    return program.get(f"alternatives/{given.pk}/picture?rendition=huge")


def link(program: Program, world: World) -> HttpResponse:
    end = {"cap": 5, "expires_at": "2036-01-01T00:00:00Z"}
    return program.post(f"orders/{world.order().pk}/join-links", end)


put("expires", lambda p, w, m: link(p, w))
put(
    "own_end",
    lambda p, w, m: p.post("join-links", {"cap": 5, "expires_at": "2036-01-01T00:00:00Z"}),
)
put(
    "not_choosing",
    lambda p, w, m: p.post(
        f"shoots/{of_ada(w, State.APPROVING).pk}/approve-before", {"candidates": []}
    ),
)
put("nothing_to_add_to", lambda p, w, m: delivered(p, w, "more-pictures"))
put(
    "not_their_turn",
    lambda p, w, m: p.post(f"orders/{w.order().pk}/remind", {"stage": "approving"}),
)


@recipe("not_yours_to_pick")
def _pick_for(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    shoot = world.shoot(State.CHOOSING)
    candidate = shoot.candidates.first()
    return program.post(f"shoots/{shoot.pk}/pick-for", {"candidate": str(candidate.pk)})


def another(program: Program, world: World, **changes: str) -> HttpResponse:
    shoot = world.shoot(State.DELIVERED)
    look = program.post("looks", {"name": "Other", **DIRECTION, **changes}).json()["id"]
    body = {"look": look, "shoots": [str(shoot.pk)]}
    Shoot.objects.filter(pk=shoot.pk).update(inputs_destroyed_at=timezone.now())
    return program.post(f"orders/{shoot.order_id}/another-look", body)


put("same_finish", lambda p, w, m: p.post(f"orders/{with_files(w).order_id}/refinishes"))
put("nothing_to_publish", lambda p, w, m: publish(p, w, w.order().pk))


@recipe("rendering")
def _rendering(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    made = make_finishing(world)
    refinish = made["refinish"]
    Finishing.objects.filter(renditions=made["rendition"]).update(
        refinish=refinish, state=Finishing.State.WAITING
    )
    return program.post(f"refinishes/{refinish.pk}/decide", {"decision": "approve"})


put("not_failed", lambda p, w, m: p.post(f"headshots/{with_files(w).headshot.pk}/render"))


@recipe("refinish_open")
def _open(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    refinish = make_finishing(world)["refinish"]
    return program.post(f"orders/{refinish.order_id}/refinishes")


def with_files(world: World) -> Shoot:
    shoot = world.shoot(State.DELIVERED)
    give_files(shoot)
    return shoot


def publish(program: Program, world: World, order: Any) -> HttpResponse:
    body = {"directory": str(world.directory().pk), "aim": "rehearse"}
    return program.post(f"orders/{order}/publishing-runs", body)


@recipe("nothing_to_put_back")
def _put_back(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    run = publish(program, world, with_files(world).order_id)
    assert run.status_code == 202
    return program.post(f"publishing-runs/{run.json()['id']}/undo")


@recipe("put_back_already")
def _put_back_already(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    shoot = with_files(world)
    run = PublishingRun.objects.create(
        order=shoot.order, directory=world.directory(), aim="publish", state="done"
    )
    Publication.objects.create(run=run, shoot=shoot, wrote=True, had_before=False, state="done")
    alone = {"shoot": str(shoot.pk)}
    assert program.post(f"publishing-runs/{run.pk}/undo", alone).status_code == 202
    return program.post(f"publishing-runs/{run.pk}/undo", alone)


put("empty_wall", lambda p, w, m: p.post(f"orders/{w.order().pk}/wall", {"kind": "png"}))
put("wall_not_ready", lambda p, w, m: p.get(f"orders/{with_files(w).order_id}/wall/file"))
put(
    "gradient",
    lambda p, w, m: p.post("plates", {"name": "x", "kind": "gradient", "colours": ["#204060"]}),
)


@recipe("picture")
def _plate(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    body = {"name": "x", "picture": SimpleUploadedFile("x.jpg", b"nonsense")}
    return program.send(
        "POST",
        "plates/pictures",
        raw=encode_multipart(BOUNDARY, body),
        **{"Content-Type": MULTIPART_CONTENT},
    )


ROUND = {"kind": "avatar", "width": 512, "height": 512, "format": "png", "round": True}
put(
    "renditions",
    lambda p, w, m: p.patch(f"looks/{w.look.pk}/finish", {"renditions": [ROUND]}),
)
put(
    "logo",
    lambda p, w, m: p.send(
        "PUT", f"looks/{w.look.pk}/finish/logo", raw=b"x", **{"Content-Type": "image/png"}
    ),
)
put("naming", lambda p, w, m: p.patch(f"orders/{w.order().pk}", {"naming": "{last}-{team}"}))


@recipe("nothing_left")
def _resume(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    run = PublishingRun.objects.create(
        order=world.order(), directory=world.directory(), aim="publish", state="done"
    )
    return program.post(f"publishing-runs/{run.pk}/resume")


put("same_look", lambda p, w, m: another(p, w))
put("photos_gone", lambda p, w, m: another(p, w, attire="white shirt"))


@recipe("under_way")
def _under_way(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    shoot = with_adapter(world.shoot(State.DELIVERED))
    other = {"name": "Other", **DIRECTION, "attire": "white shirt"}
    body = {"look": program.post("looks", other).json()["id"], "shoots": [str(shoot.pk)]}
    place = f"orders/{shoot.order_id}/another-look"
    assert program.post(place, body).status_code == 201
    return program.post(place, body)


@recipe("links")
def _links(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    order = world.order()
    DownloadLink.objects.bulk_create(
        DownloadLink(order=order, expires_at=timezone.now() + timedelta(days=1)) for _ in range(20)
    )
    return program.post(f"orders/{order.pk}/download-links", {})


put(
    "kinds_unknown",
    lambda p, w, m: p.post(f"orders/{w.order().pk}/download-links", {"kinds": ["huge"]}),
)


@recipe("too_many_exports")
def _exports(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    order = world.order()
    Export.objects.bulk_create(
        Export(
            organisation=world.organisation,
            order=order,
            expires_at=timezone.now() + timedelta(days=1),
        )
        for _ in range(20)
    )
    return program.post("exports", {"order": str(order.pk)})


put(
    "site",
    lambda p, w, m: p.send(
        "PUT", f"orders/{w.order().pk}/team-page", {"sites": ["www.example.com"]}
    ),
)
put(
    "colour",
    lambda p, w, m: p.patch(f"looks/{w.look.pk}/finish", {"frame_colour": "red"}),
)
put("nobody_stands_out", lambda p, w, m: p.post(f"orders/{w.order().pk}/harmonise"))
put("nothing_behind", lambda p, w, m: p.post(f"looks/{w.look.pk}/finish/behind"))
put("nothing_to_render", lambda p, w, m: p.post(f"orders/{w.order().pk}/refinishes"))


def decide(program: Program, refinish: Any, decision: str) -> HttpResponse:
    return program.post(f"refinishes/{refinish.pk}/decide", {"decision": decision})


put("nothing_rendered", lambda p, w, m: decide(p, make_finishing(w)["refinish"], "approve"))


@recipe("decided")
def _decided(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    refinish = make_finishing(world)["refinish"]
    assert decide(program, refinish, "discard").status_code == 200
    return decide(program, refinish, "discard")


put("not_the_newest", lambda p, w, m: decide(p, make_finishing(w)["refinish"], "undo"))
put(
    "join_domain",
    lambda p, w, m: p.post("join-links", {"cap": 5, "domains": ["acme"]}),
)
