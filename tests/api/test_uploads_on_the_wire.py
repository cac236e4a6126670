"""Bodies as they come over a line: huge, without a length, slow, cut in the middle.

The web server is the one that an installation runs, in processes of its own.
"""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from generation.models import Selfie, Shoot, State
from headshots import processes
from tests.api.program import make_key
from tests.engine_room import ROOT, environment
from tests.world import World, jpeg, make_world, sign

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
PATIENCE_S = 2
THREADS = 16
GIGABYTE = 1024**3


@dataclass
class Answer:
    """What came back, and how many bytes of the body had been sent until then."""

    status: int
    body: dict[str, Any]
    sent: int
    seconds: float


@dataclass
class Site:
    """The running site, and one shoot of it that collects photos."""

    port: int
    world: World
    shoot: Shoot
    secret: str = ""
    lines: list[socket.socket] = field(default_factory=list)
    before: set[Path] = field(default_factory=set)

    def open(self, method: str, path: str, **headers: str) -> socket.socket:
        """A line on which a request's head has been sent."""
        line = self.bare()
        said = {"Host": f"127.0.0.1:{self.port}", "Authorization": f"Bearer {self.secret}"}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        line.sendall(f"{method} /api/v1/{path} HTTP/1.1\r\n{head}\r\n".encode())
        return line

    def bare(self) -> socket.socket:
        """A line on which nothing has been sent."""
        line = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.lines.append(line)
        return line

    def upload(self, **headers: str) -> socket.socket:
        """The same for a photo of the shoot."""
        kind = "multipart/form-data; boundary=x"
        return self.open("POST", f"shoots/{self.shoot.pk}/selfies", Content_Type=kind, **headers)

    def files(self) -> set[Path]:
        """Every file of people's, whole or in part."""
        return {one for one in Path(settings.PRIVATE_ROOT).rglob("*") if one.is_file()}

    def nothing_kept(self) -> bool:
        """Neither a photo nor a file of one, whole or in part."""
        return self.files() == self.before and not Selfie.objects.filter(shoot=self.shoot).exists()


def answer(line: socket.socket, sent: int = 0, began: float = 0.0) -> Answer:
    """The answer that comes on a line."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = line.recv(65536)
        assert more, f"the line went dead after {data!r}"
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += line.recv(65536)
    took = time.monotonic() - began if began else 0.0
    return Answer(int(head.split()[1]), json.loads(body), sent, took)


def whole(line: socket.socket) -> tuple[dict[str, str], dict[str, Any]]:
    """Headers and document of the last answer on a line that is closed after it."""
    data = b""
    while more := line.recv(65536):
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    rows = (row.partition(": ") for row in head.decode().split("\r\n")[1:])
    return {name.lower(): value for name, _colon, value in rows}, json.loads(body)


def heard(line: socket.socket) -> bool:
    """Whether something has come back on a line, or comes within its time-out."""
    try:
        return bool(line.recv(1, socket.MSG_PEEK))
    except TimeoutError:
        return False


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def multipart(data: bytes) -> bytes:
    head = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="ada.jpg"\r\n'
    return head + b"Content-Type: image/jpeg\r\n\r\n" + data + b"\r\n--x--\r\n"


@pytest.fixture(scope="module")
def server(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[int, Path]]:
    """The port of the site, and where its files are."""
    folder = tmp_path_factory.mktemp("site")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with override_settings(BIND=f"127.0.0.1:{port}"):
        (web,) = processes.children(["web"])
    with (folder / "web.log").open("w") as log:
        process = subprocess.Popen(
            web.argv,
            cwd=ROOT,
            env=environment(
                folder / "var",
                folder / "private",
                HEADSHOTS_REQUEST_PATIENCE_S=str(PATIENCE_S),
                HEADSHOTS_SITE_URL=f"http://127.0.0.1:{port}",
            ),
            stdout=log,
            stderr=log,
        )
    try:
        _await(port, process, folder / "web.log")
        yield port, folder / "private"
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
                line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                if b" 200 " in line.recv(100):
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text()[-3000:])


@pytest.fixture
def site(
    transactional_db: None, server: tuple[int, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    port, private = server
    monkeypatch.setattr(settings, "PRIVATE_ROOT", private)
    world = make_world()
    shoot = world.shoot(State.INVITED)
    sign(shoot)
    made = Site(port, world, shoot, make_key(world.organisation).secret)
    made.before = made.files()
    yield made
    for line in made.lines:
        line.close()


def test_a_photo_comes_with_a_length_and_without(site: Site) -> None:
    """The twin of what follows: the same ways, used well."""
    one, two = multipart(jpeg(1)), multipart(jpeg(2))
    line = site.upload(Content_Length=str(len(one)))
    line.sendall(one)
    assert answer(line).status == 201
    line = site.upload(Transfer_Encoding="chunked")
    for at in range(0, len(two), 1000):
        line.sendall(chunk(two[at : at + 1000]))
    line.sendall(b"0\r\n\r\n")
    assert answer(line).status == 201
    wanted = {hashlib.sha256(jpeg(seed)).hexdigest() for seed in (1, 2)}
    assert set(Selfie.objects.values_list("sha256", flat=True)) == wanted
    line = site.open(
        "POST", "employees", Content_Type="application/json", Transfer_Encoding="chunked"
    )
    line.sendall(chunk(b'{"email": ') + chunk(b'"ada@b.example"}') + b"0\r\n\r\n")
    assert answer(line).body["email"] == "ada@b.example"


def test_two_gigabytes_are_refused_before_they_come(site: Site) -> None:
    said = answer(site.upload(Content_Length=str(2 * GIGABYTE)))
    assert (said.status, said.body["code"]) == (413, "too_large")
    assert site.nothing_kept()


@pytest.mark.parametrize(("path", "most_mb"), [("employees", 5), ("selfies", 50)])
def test_two_gigabytes_without_a_length_are_cut_off_at_the_bound(
    site: Site, path: str, most_mb: int
) -> None:
    line = (
        site.upload(Transfer_Encoding="chunked")
        if path == "selfies"
        else site.open("POST", path, Content_Type="application/json", Transfer_Encoding="chunked")
    )
    piece, sent = chunk(b"x" * 1024 * 1024), 0
    line.setblocking(False)
    while sent < 2 * GIGABYTE:
        try:
            sent += line.send(piece[sent % len(piece) :])
        except BlockingIOError:
            # Nothing is taken just now.
            line.settimeout(0.5)
            if heard(line):
                break
            line.setblocking(False)
        except OSError:
            break
    line.settimeout(60)
    said = answer(line, sent)
    assert (said.status, said.body["code"]) == (413, "too_large")
    # What was on its way when the bound was reached lies in the kernel's buffers.
    assert said.sent < (most_mb + 24) * 1024 * 1024
    assert site.nothing_kept()


def test_a_slow_upload_is_given_up_and_frees_its_thread(site: Site) -> None:
    body = multipart(jpeg(3))
    began = time.monotonic()
    slow = []
    # More of them than there are threads, so that each has to be given up.
    for number in range(THREADS + 4):
        announced = {"Content_Length": str(len(body))} if number % 2 else {}
        line = site.upload(**(announced or {"Transfer_Encoding": "chunked"}))
        line.sendall(body[:2000] if announced else chunk(body[:2000]))
        slow.append(line)
    codes = [answer(line, began=began) for line in slow]
    assert {(one.status, one.body["code"]) for one in codes} == {(408, "too_slow")}
    assert min(one.seconds for one in codes) >= PATIENCE_S
    # A byte now and then is no progress either.
    line = site.upload(Content_Length=str(len(body)))
    began = time.monotonic()
    line.settimeout(0.2)
    while not heard(line):
        line.sendall(b"-")
        assert time.monotonic() - began < PATIENCE_S + 30
    line.settimeout(60)
    assert answer(line).body["code"] == "too_slow"
    assert site.nothing_kept()
    assert answer(site.open("GET", "organisation")).status == 200


def test_a_head_that_never_ends_holds_no_thread(site: Site) -> None:
    lines = []
    for _ in range(THREADS + 4):
        line = socket.create_connection(("127.0.0.1", site.port), timeout=60)
        site.lines.append(line)
        line.sendall(b"GET /api/v1/organisation HTTP/1.1\r\nX-Slow: ")
        lines.append(line)
    assert answer(site.open("GET", "organisation")).status == 200
    assert all(line.recv(1) == b"" for line in lines)


@pytest.mark.parametrize("announced", [True, False])
def test_an_upload_cut_in_the_middle_leaves_nothing(site: Site, announced: bool) -> None:
    body = multipart(jpeg(4))
    half = body[: len(body) // 2]
    length = {"Content_Length": str(len(body))}
    line = site.upload(**(length if announced else {"Transfer_Encoding": "chunked"}))
    line.sendall(half if announced else chunk(half))
    line.shutdown(socket.SHUT_WR)
    said = answer(line)
    assert (said.status, said.body["code"]) == (400, "cut_off")
    assert site.nothing_kept()
    # The whole of it is taken afterwards.
    line = site.upload(**length)
    line.sendall(body)
    assert answer(line).status == 201


def test_chunks_that_are_none(site: Site) -> None:
    line = site.upload(Transfer_Encoding="chunked")
    line.sendall(b"zz\r\nnonsense")
    said = answer(line)
    assert (said.status, said.body["code"]) == (400, "malformed")
    assert site.nothing_kept()


@pytest.mark.parametrize(
    ("head", "status", "code"),
    [
        ("GET /api/v1/employees?q={long} HTTP/1.1\r\n", 414, "address_too_long"),
        ("GET /api/v1/employees HTTP/1.1\r\nX-Long: {long}{long}\r\n", 431, "headers_too_large"),
        ("GET /api/v1/employees HTTP/1.1\r\n{many}", 431, "headers_too_large"),
        ("POST /api/v1/employees HTTP/1.1\r\nContent-Length: -5\r\n", 400, "malformed"),
        (
            "POST /api/v1/employees HTTP/1.1\r\nContent-Length: 5\r\n"
            "Transfer-Encoding: chunked\r\n",
            400,
            "malformed",
        ),
        (
            "POST /api/v1/employees HTTP/1.1\r\nTransfer-Encoding: gzip, x\r\n",
            400,
            "malformed",
        ),
        ("GET /api/v1/employees HTTP/1.1\r\nno header\r\n", 400, "malformed"),
        ("nonsense\r\n", 400, "malformed"),
    ],
)
@pytest.mark.parametrize("reused", [False, True])
def test_what_is_no_request_gets_a_problem_document(
    site: Site, head: str, status: int, code: str, reused: bool
) -> None:
    line = site.open("GET", "organisation") if reused else site.bare()
    if reused:
        assert answer(line).status == 200
    filled = head.format(long="a" * 4200, many="".join(f"X-{n}: 1\r\n" for n in range(120)))
    line.sendall(f"{filled}Host: 127.0.0.1:{site.port}\r\n\r\n".encode())
    headers, said = whole(line)
    assert headers["content-type"] == "application/problem+json"
    assert (said["status"], said["code"]) == (status, code)
    assert headers["request-id"] == said["request_id"]
    assert answer(site.open("GET", "organisation")).status == 200


def test_people_get_a_page_for_an_address_that_is_too_long(site: Site) -> None:
    line = site.bare()
    line.sendall(b"GET /?" + b"a" * 4200 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    data = b""
    while more := line.recv(65536):
        data += more
    assert data.startswith(b"HTTP/1.1 414 ")
    assert b"text/html" in data
