"""A server on loopback that answers as the four directories do, by their published contracts.

Microsoft Graph profilePhoto, Google Admin SDK users.photos, Slack users.setPhoto, BambooHR employee
photos. It decodes what it gets, refuses what they refuse, and encodes anew what it hands out.
"""

from __future__ import annotations

import base64
import io
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from PIL import Image

GOOGLE_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
TENANT, SECRET, API_KEY = "11111111-2222-3333-4444-555555555555", "entra-secret", "bamboo-key"


def service_account() -> str:
    pem = GOOGLE_KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    return json.dumps({"client_email": "robot@project.example", "private_key": pem})


@dataclass
class Vendors:
    """What the directories know, and how they misbehave."""

    url: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    photos: dict[str, bytes] = field(default_factory=dict)
    # The first so many writes are refused for now, by default as each vendor does, with this
    # Retry-After where it names one.
    refuse_writes: int = 0
    refuse_as: int | None = None
    retry_after: str = "1"
    # After so many writes the token opens nothing any more.
    dies_after: int | None = None
    # It opens everything up to the next write, and that no more.
    dies_at_write: bool = False
    # Those who sign in by another name than their address: Graph’s users by mail.
    mails: dict[str, list[str]] = field(default_factory=dict)
    largest: int = 4_000_000
    ignore_writes: bool = False
    forbid: bool = False
    # Ids of those whom the token may not touch.
    forbidden: set[str] = field(default_factory=set)
    writes: int = 0
    refused_at: list[float] = field(default_factory=list)
    written_at: list[float] = field(default_factory=list)
    tokens: set[str] = field(default_factory=lambda: {"alive"})

    def know(self, *people: Any) -> None:
        for person in people:
            self.ids[person.email] = f"id-{person.pk.hex}"

    def size(self, person: Any) -> tuple[int, int]:
        with Image.open(io.BytesIO(self.photos[self.ids[person.email]])) as picture:
            return picture.size


class Stop(Exception):
    def __init__(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.status, self.body, self.headers = status, body, headers


def shown_again(jpeg: bytes, side: int) -> bytes:
    """As directories hand a photo out: smaller and encoded anew."""
    with Image.open(io.BytesIO(jpeg)) as picture:
        small = picture.convert("RGB").resize((side, side))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=80)
    return out.getvalue()


def web_safe(data: str) -> bytes:
    """Google's base64: "-", "_" and, for padding, "*"."""
    return base64.urlsafe_b64decode(data.replace("*", "="))


class Handler(BaseHTTPRequestHandler):
    vendors: Vendors
    protocol_version = "HTTP/1.1"
    # Head and body are written apart; the second would wait 40 ms for the first one's receipt.
    disable_nagle_algorithm = True

    def log_message(self, *_: Any) -> None:
        pass

    def answer(self) -> None:
        try:
            self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = unquote(urlsplit(self.path).path)
            raise self.route(path) or Stop(404)
        except Stop as stop:
            self.send_response(stop.status)
            for name, value in stop.headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(stop.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(stop.body)

    do_GET = do_PUT = do_POST = do_DELETE = answer

    def route(self, path: str) -> Stop | None:
        if path == f"/{TENANT}/oauth2/v2.0/token":
            return self.entra_token()
        if path == "/token":
            return self.google_token()
        if path == "/v1.0/users":
            return self.entra_by_mail(parse_qs(urlsplit(self.path).query))
        if found := re.fullmatch(r"/v1\.0/users/([^/]+)(/photo/\$value)?", path):
            return self.entra(found.group(1), bool(found.group(2)))
        if found := re.fullmatch(r"/admin/directory/v1/users/([^/]+)(/photos/thumbnail)?", path):
            return self.google(found.group(1), bool(found.group(2)))
        if path.startswith("/api/gateway.php/acme/v1/employees/"):
            return self.bamboo(path.removeprefix("/api/gateway.php/acme/v1/employees/"))
        if path.startswith("/api/"):
            return self.slack(path.removeprefix("/api/"))
        if path.startswith("/pictures/"):
            return Stop(200, shown_again(self.vendors.photos[path.split("/")[2]], 512))
        return None

    def write(self, remote: str, jpeg: bytes, busy: int = 429) -> None:
        vendors = self.vendors
        if vendors.refuse_writes:
            vendors.refuse_writes -= 1
            vendors.refused_at.append(time.monotonic())
            raise Stop(vendors.refuse_as or busy, Retry_After=vendors.retry_after)
        if len(jpeg) > vendors.largest:
            raise Stop(413, b'{"error": {"code": "RequestEntityTooLarge"}}')
        with Image.open(io.BytesIO(jpeg)) as picture:
            picture.load()
        vendors.writes += 1
        vendors.written_at.append(time.monotonic())
        if not vendors.ignore_writes:
            vendors.photos[remote] = jpeg

    def bearer(self) -> str:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        vendors = self.vendors
        if vendors.dies_after is not None and vendors.writes >= vendors.dies_after:
            vendors.tokens.discard("alive")
        if vendors.dies_at_write and self.writing():
            vendors.tokens.discard("alive")
        return token

    def writing(self) -> bool:
        path = urlsplit(self.path).path
        posted = self.command == "POST" and path.endswith(("users.setPhoto", "/photo"))
        return posted or self.command == "PUT"

    # Microsoft

    def entra_token(self) -> Stop:
        form = parse_qs(self.body.decode())
        if form["client_secret"] != [SECRET] or form["grant_type"] != ["client_credentials"]:
            return Stop(401, b'{"error": "invalid_client"}')
        assert form["scope"] == ["https://graph.microsoft.com/.default"]
        return Stop(200, b'{"access_token": "alive", "expires_in": 3599}')

    def entra_by_mail(self, query: dict[str, list[str]]) -> Stop:
        if self.bearer() not in self.vendors.tokens:
            return Stop(401, b'{"error": {"code": "InvalidAuthenticationToken"}}')
        wanted = re.fullmatch(r"mail eq '((?:[^']|'')*)'", query["$filter"][0])
        if wanted is None or query["$select"] != ["id"]:
            return Stop(400, b'{"error": {"code": "BadRequest"}}')
        found = self.vendors.mails.get(wanted.group(1).replace("''", "'"), [])
        return Stop(200, json.dumps({"value": [{"id": remote} for remote in found]}).encode())

    def entra(self, who: str, photo: bool) -> Stop:
        def error(status: int, code: str) -> Stop:
            return Stop(status, json.dumps({"error": {"code": code, "message": code}}).encode())

        if self.bearer() not in self.vendors.tokens:
            return error(401, "InvalidAuthenticationToken")
        if self.vendors.forbid:
            return error(403, "Authorization_RequestDenied")
        remote = self.vendors.ids.get(who, who)
        if remote not in self.vendors.ids.values():
            return error(404, "Request_ResourceNotFound")
        if photo and self.command == "PUT" and remote in self.vendors.forbidden:
            return error(403, "ErrorAccessDenied")
        if not photo:
            return Stop(200, json.dumps({"id": remote}).encode())
        if self.command == "PUT":
            assert self.headers["Content-Type"] == "image/jpeg"
            self.write(remote, self.body)
            return Stop(200)
        if remote not in self.vendors.photos:
            return error(404, "ImageNotFound")
        if self.command == "DELETE":
            del self.vendors.photos[remote]
            return Stop(204)
        return Stop(200, self.vendors.photos[remote])

    # Google

    def google_token(self) -> Stop:
        assertion = parse_qs(self.body.decode())["assertion"][0]
        head, claims, signature = assertion.split(".")
        pad = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))  # noqa: E731
        GOOGLE_KEY.public_key().verify(
            pad(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        said = json.loads(pad(claims))
        assert said["aud"] == "https://oauth2.googleapis.com/token"
        if said["sub"] != "boss@acme.example":
            return Stop(401, b'{"error": "unauthorized_client"}')
        return Stop(200, b'{"access_token": "alive"}')

    def google(self, who: str, photo: bool) -> Stop:
        def error(status: int, reason: str) -> Stop:
            row = {"error": {"code": status, "errors": [{"reason": reason}]}}
            return Stop(status, json.dumps(row).encode())

        if self.bearer() not in self.vendors.tokens:
            return error(401, "authError")
        remote = self.vendors.ids.get(who, who)
        if remote not in self.vendors.ids.values():
            return error(404, "notFound")
        if not photo:
            return Stop(200, json.dumps({"id": remote}).encode())
        if self.command == "PUT":
            if self.vendors.refuse_writes:
                self.vendors.refuse_writes -= 1
                self.vendors.refused_at.append(time.monotonic())
                refused = self.vendors.refuse_as or 403
                reason = "userRateLimitExceeded" if refused == 403 else "rateLimitExceeded"
                return error(refused, reason)
            data = json.loads(self.body)["photoData"]
            if not re.fullmatch(r"[A-Za-z0-9_-]*\*{0,2}", data) or len(data) % 4:
                return error(400, "invalid")
            self.write(remote, web_safe(data))
            return Stop(200, b"{}")
        if remote not in self.vendors.photos:
            return error(404, "notFound")
        if self.command == "DELETE":
            del self.vendors.photos[remote]
            return Stop(204)
        small = base64.urlsafe_b64encode(shown_again(self.vendors.photos[remote], 96)).decode()
        shown = {"photoData": small.replace("=", "*"), "mimeType": "image/jpeg"}
        return Stop(200, json.dumps(shown | {"width": 96, "height": 96}).encode())

    # Slack

    def slack(self, name: str) -> Stop:
        def said(ok: bool, **more: Any) -> Stop:
            return Stop(200, json.dumps({"ok": ok, **more}).encode())

        token = self.bearer()
        found = re.fullmatch(r"xoxp-(.+)", token)
        owner = found and next(
            (e for e in self.vendors.ids if e.split("@")[0] == found.group(1)), None
        )
        if not owner:
            return said(False, error="invalid_auth")
        if "alive" not in self.vendors.tokens:
            return said(False, error="token_expired")
        remote = self.vendors.ids[owner]
        if name == "auth.test":
            return said(True, user_id=remote)
        if name == "users.profile.get":
            profile = {"avatar_hash": "abc"}
            if remote in self.vendors.photos:
                profile["image_original"] = f"{self.vendors.url}/pictures/{remote}"
            return said(True, profile=profile)
        if name == "users.deletePhoto":
            self.vendors.photos.pop(remote, None)
            return said(True)
        if name == "users.setPhoto":
            jpeg = self.part("image")
            if len(jpeg) > self.vendors.largest:
                return said(False, error="too_large")
            with Image.open(io.BytesIO(jpeg)) as picture:
                if min(picture.size) < 512 or max(picture.size) > 1024:
                    return said(False, error="bad_image")
            self.write(remote, jpeg)
            return said(True)
        return said(False, error="unknown_method")

    def part(self, name: str) -> bytes:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        for part in BytesParser().parsebytes(head + self.body).walk():
            if part.get_param("name", header="content-disposition") == name:
                return part.get_payload(decode=True)  # type: ignore[return-value]
        raise Stop(400)

    # BambooHR

    def bamboo(self, path: str) -> Stop:
        key = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic "))
        self.bearer()
        if key != f"{API_KEY}:x".encode() or "alive" not in self.vendors.tokens:
            return Stop(401)
        if path == "directory":
            rows = [{"id": v, "workEmail": k} for k, v in self.vendors.ids.items()]
            return Stop(200, json.dumps({"employees": rows}).encode())
        remote, _, rest = path.partition("/photo")
        if remote not in self.vendors.ids.values():
            return Stop(404)
        if self.command == "POST":
            jpeg = self.part("file")
            with Image.open(io.BytesIO(jpeg)) as picture:
                if abs(picture.width - picture.height) > 1 or picture.width < 150:
                    return Stop(415, X_BambooHR_Error_Message="Photo must be square.")
            # BambooHR answers 503 to who asks too often.
            self.write(remote, jpeg, busy=503)
            return Stop(201)
        assert rest == "/original"
        if remote not in self.vendors.photos:
            return Stop(404)
        return Stop(200, self.vendors.photos[remote])


@contextmanager
def serving() -> Iterator[Vendors]:
    """The four directories, until the block ends."""
    vendors = Vendors()
    handler = type("Handling", (Handler,), {"vendors": vendors})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    vendors.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield vendors
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
