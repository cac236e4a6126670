"""Photos by API: with a key or a one-time address, large, slow, cut off."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone

from accounts.actors import SYSTEM
from accounts.membership.organisations import allow_framing
from billing import ledger
from generation.models import Selfie, Shoot, State, UploadAddress
from generation.photos import handing_in
from headshots.wsgi import application
from tests.api.program import Program, problem
from tests.browser.queue import drain, forget
from tests.world import World, give_selfies, jpeg


class Unread:
    """A body that nobody may read."""

    def read(self, *_: int) -> bytes:
        raise AssertionError("the body was read")

    readline = read


def multipart(data: bytes, name: str = "ada.jpg") -> bytes:
    return encode_multipart(BOUNDARY, {"photo": SimpleUploadedFile(name, data)})


def upload(program: Program, shoot: Shoot, data: bytes, **headers: str) -> Any:
    return program.send(
        "POST",
        f"shoots/{shoot.pk}/selfies",
        raw=multipart(data),
        **{"Content-Type": MULTIPART_CONTENT, **headers},
    )


def address(program: Program, shoot: Shoot) -> str:
    made = program.post(f"shoots/{shoot.pk}/upload-addresses")
    assert made.status_code == 201, made.content
    return str(made.json()["url"]).split("8000", 1)[-1]


def put(path: str, data: bytes, **more: Any) -> Any:
    return Client().put(path, data, content_type="image/jpeg", **more)


def test_a_photo_is_taken_once_consent_is_there(program: Program, world: World) -> None:
    shoot = world.shoot()
    problem(upload(program, shoot, jpeg()), 409, "release_missing")
    text = program.get(f"shoots/{shoot.pk}/release-text").json()
    given = {
        "text": text["text"],
        "signed_name": "Ada Moreau",
        "signed_at": timezone.now().isoformat(),
        "evidence": "Envelope 8812",
    }
    wrong = {**given, "text": text["text"] + " And more."}
    problem(program.post(f"shoots/{shoot.pk}/release", wrong), 422, "release_changed")
    future = {**given, "signed_at": (timezone.now() + timedelta(days=1)).isoformat()}
    problem(program.post(f"shoots/{shoot.pk}/release", future), 422, "signed_at")
    made = program.post(f"shoots/{shoot.pk}/release", given).json()
    assert (made["kind"], made["evidence"], made["text"]) == (
        "collected", "Envelope 8812", text["text"],
    )  # fmt: skip
    answer = upload(program, shoot, jpeg())
    assert answer.status_code == 201
    assert answer.json()["verdict"] == "checking"
    again = upload(program, shoot, jpeg())
    assert again.json()["id"] == answer.json()["id"]
    assert program.delete(f"selfies/{answer.json()['id']}").status_code == 204


def test_a_photo_twice_under_a_key_is_once(program: Program, world: World) -> None:
    shoot = world.shoot(State.COLLECTING)
    one = upload(program, shoot, jpeg(1), Idempotency_Key="u")
    two = upload(program, shoot, jpeg(1), Idempotency_Key="u")
    assert two["Idempotent-Replayed"] == "true"
    assert one.json() == two.json()
    problem(upload(program, shoot, jpeg(2), Idempotency_Key="u"), 422, "idempotency_mismatch")


def test_what_is_no_photo(program: Program, world: World) -> None:
    shoot = world.shoot(State.COLLECTING)
    assert problem(upload(program, shoot, b"GIF89a nonsense"), 422, "photo")["field"] == "photo"
    problem(upload(program, shoot, b""), 422, "invalid")


def test_an_address_takes_one_photo(program: Program, world: World) -> None:
    shoot = world.shoot(State.COLLECTING)
    path = address(program, shoot)
    problem(put(path, b"nonsense"), 422, "photo")
    answer = put(path, jpeg(1))
    assert answer.status_code == 201
    assert put(path, jpeg(1)).json()["id"] == answer.json()["id"]
    problem(put(path, jpeg(2)), 410, "used")
    assert Selfie.objects.filter(shoot=shoot).count() == 1
    problem(put("/api/v1/uploads/" + "x" * 43, jpeg()), 404, "not_found")
    late = address(program, shoot)
    UploadAddress.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    problem(put(late, jpeg(3)), 410, "expired")


@pytest.mark.parametrize("token", ["x" * 43, "late"])
def test_nothing_is_read_of_a_body_for_an_address_that_is_none(
    program: Program, world: World, token: str
) -> None:
    path, code = f"/api/v1/uploads/{token}", (404, "not_found")
    if token == "late":
        path, code = address(program, world.shoot(State.COLLECTING)), (410, "expired")
        UploadAddress.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    body = {"wsgi.input": Unread(), "CONTENT_LENGTH": str(40 * 2**20)}
    problem(Client().generic("PUT", path, content_type="image/jpeg", **body), *code)
    chunks = {"wsgi.input": Unread(), "wsgi.input_terminated": True}
    head = {"HTTP_TRANSFER_ENCODING": "chunked"}
    problem(Client().generic("PUT", path, content_type="image/jpeg", **chunks, **head), *code)


def test_a_page_of_an_allowed_origin_may_put_there(program: Program, world: World) -> None:
    ours = "https://people.example.com"
    allow_framing(actor=world.actor, organisation=world.organisation, origins=[ours])
    path = address(program, world.shoot(State.COLLECTING))

    def ask(origin: str, place: str = path) -> Any:
        said = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
        return Client().options(place, headers=said)

    before = ask(ours)
    assert before.status_code == 204
    assert before["Access-Control-Allow-Origin"] == ours
    assert before["Access-Control-Allow-Methods"] == "PUT"
    assert before["Access-Control-Allow-Headers"] == "Content-Type"
    # What is refused the page can read, too.
    refused = put(path, b"no photo", headers={"Origin": ours})
    assert problem(refused, 422, "photo")
    assert refused["Access-Control-Allow-Origin"] == ours
    taken = put(path, jpeg(), headers={"Origin": ours})
    assert taken.status_code == 201
    assert taken["Access-Control-Allow-Origin"] == ours
    assert "Access-Control-Allow-Credentials" not in taken
    assert "Origin" in taken["Vary"]
    for origin, place in (
        ("https://evil.example", path),
        ("null", path),
        (ours, "/api/v1/uploads/" + "x" * 43),
    ):
        assert "Access-Control-Allow-Origin" not in ask(origin, place)
    assert "Access-Control-Allow-Origin" not in put(path, jpeg(), headers={"Origin": "null"})
    # A method is a method where nothing asks beforehand.
    problem(Client().options(path), 405, "method")


def test_a_page_reads_why_its_upload_is_refused(program: Program, world: World) -> None:
    ours = "https://people.example.com"
    allow_framing(actor=world.actor, organisation=world.organisation, origins=[ours])
    shoot = world.shoot(State.COLLECTING)
    path = address(program, shoot)

    def ask(origin: str = ours, **more: Any) -> Any:
        return Client().generic(
            "PUT", path, b"x", content_type="image/jpeg", headers={"Origin": origin}, **more
        )

    large = {"wsgi.input": Unread(), "CONTENT_LENGTH": str(2 * 1024**3)}
    assert problem(ask(**large), 413, "too_large")
    assert ask(**large)["Access-Control-Allow-Origin"] == ours
    assert "Access-Control-Allow-Origin" not in ask("https://evil.example", **large)
    UploadAddress.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    # Also once somebody has asked for another one.
    assert address(program, shoot) != path
    before = Client().options(
        path, headers={"Origin": ours, "Access-Control-Request-Method": "PUT"}
    )
    assert before["Access-Control-Allow-Origin"] == ours
    assert problem(ask(), 410, "expired")
    assert ask()["Access-Control-Allow-Origin"] == ours
    assert "Access-Control-Allow-Origin" not in ask("https://evil.example")


def test_addresses_that_were_not_used_in_time_are_not_counted(
    program: Program, world: World
) -> None:
    shoot = world.shoot(State.COLLECTING)
    now = timezone.now()
    UploadAddress.objects.bulk_create(
        UploadAddress(shoot=shoot, token_hash=f"{n:064}", expires_at=now - timedelta(minutes=1))
        for n in range(100)
    )
    address(program, shoot)
    UploadAddress.objects.filter(expires_at__lt=now).update(expires_at=now - timedelta(hours=25))
    address(program, shoot)
    assert UploadAddress.objects.count() == 2


def test_two_gigabytes_are_refused_unread(program: Program, world: World) -> None:
    shoot = world.shoot(State.COLLECTING)
    path = address(program, shoot)
    large = {"wsgi.input": Unread(), "CONTENT_LENGTH": str(2 * 1024**3)}
    problem(Client().generic("PUT", path, content_type="image/jpeg", **large), 413, "too_large")
    answer = program.client.generic(
        "POST",
        f"/api/v1/shoots/{shoot.pk}/selfies",
        content_type=MULTIPART_CONTENT,
        headers={"Authorization": f"Bearer {program.secret}"},
        **large,
    )
    problem(answer, 413, "too_large")


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(transactional_db: None) -> Iterator[int]:
    """The site on a port of this machine, one request at a time in a thread of its own."""
    from django.db import connections

    with make_server("127.0.0.1", 0, application, handler_class=_Quiet) as made:

        def serve() -> None:
            made.serve_forever(poll_interval=0.05)
            connections.close_all()

        thread = threading.Thread(target=serve)
        thread.start()
        yield made.server_port
        made.shutdown()
        thread.join()


@pytest.mark.transactional
def test_slow_and_cut_uploads(server: int, settings: Any) -> None:
    from tests.world import make_world

    world = make_world()
    shoot = world.shoot(State.COLLECTING)
    program = Program.of(world.organisation)
    data = jpeg(5)

    def send(pieces: list[bytes], pause: float) -> bytes:
        head = (
            f"PUT {address(program, shoot)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n"
            "Connection: close\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", server), timeout=20) as line:
            line.sendall(head.encode())
            for piece in pieces:
                line.sendall(piece)
                time.sleep(pause)
            line.shutdown(socket.SHUT_WR)
            answer = b""
            while more := line.recv(65536):
                answer += more
        return answer

    step = len(data) // 10 + 1
    pieces = [data[at : at + step] for at in range(0, len(data), step)]
    assert b"201 Created" in send(pieces, 0.02)
    cut = send(pieces[:5], 0.0)
    assert b"400 Bad Request" in cut
    assert b'"cut_off"' in cut
    assert [s.sha256 for s in shoot.selfies.all()] == [hashlib.sha256(data).hexdigest()]


def test_photos_that_find_no_credit_are_noted_and_go_in_by_themselves(
    program: Program, world: World
) -> None:
    """Although the request that is refused is undone."""
    shoot = world.shoot(State.COLLECTING)
    give_selfies(shoot)
    free = ledger.balance(organisation=world.organisation).available
    hold = {"actor": SYSTEM, "organisation": world.organisation, "source_key": "other"}
    ledger.hold(amount=free, **hold)
    forget("default")
    for _ in range(2):
        refused = program.post(f"shoots/{shoot.pk}/hand-in")
        said = problem(refused, 402, "credits_missing")
        assert "go in by themselves once there are credits" in said["detail"]
    shoot.refresh_from_db()
    assert shoot.waits_for_credits
    drain()
    assert [m.to for m in mail.outbox] == [[world.owner.email]]
    ledger.release(**hold)
    assert handing_in.hand_in_waiting() == 1
    shoot.refresh_from_db()
    assert (shoot.state, shoot.short_of_credits_at) == (State.QUEUED, None)
