"""One HTTP request to an address that somebody else chose.

SECURITY: a customer names where we send to, so the name is resolved once, every address that it
has is looked at, and the connection goes to one of those addresses and no other; a second answer
of the name's owner comes too late. Redirects are answers, proxies of the environment are not
used, the whole exchange has one deadline, and of the answer a bounded part is read.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpcore
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from headshots.lib import safe_addresses
from headshots.lib.safe_addresses import Why

LONGEST_URL = 500
RESOLVE_S = 5.0
_CONNECT_S = 5.0
# Headers and everything around them; the body has its own bound.
_OVERHEAD_BYTES = 64 * 1024
# What is wrong with an address that was named, and with one that a name leads to.
_REFUSED = {
    Why.NONE: gettext_noop("{host} is no address. Nothing was sent."),
    Why.THIS_MACHINE: gettext_noop("{host} is this machine itself. Nothing was sent."),
    Why.NOT_PUBLIC: gettext_noop("{host} is not a public address. Nothing was sent."),
}
_LEADS = {
    Why.NONE: gettext_noop("{host} leads to {address}, which is no address. Nothing was sent."),
    Why.THIS_MACHINE: gettext_noop(
        "{host} leads to {address}, which is this machine itself. Nothing was sent."
    ),
    Why.NOT_PUBLIC: gettext_noop(
        "{host} leads to {address}, which is not a public address. Nothing was sent."
    ),
}
_TOO_LONG = gettext_noop("The address is longer than {most} characters.")
_NO_HOST = gettext_noop("There is no host {host}.")
_NOT_LOOKED_UP = gettext_noop("{host} could not be looked up in time.")
_NO_ANSWER = gettext_noop("There was no full answer within {seconds} seconds.")
_INSECURE = gettext_noop("No secure connection: {why}.")
_NO_CONNECTION = gettext_noop("No connection: {why}.")
_BROKE = gettext_noop("The connection broke: {why}.")
_CERTIFICATE = gettext_noop("the certificate is not valid ({why})")
# Every sentence with blanks that Unsendable may say.
FILLED = (
    *_LEADS.values(),
    *_REFUSED.values(),
    _TOO_LONG,
    _NO_HOST,
    _NOT_LOOKED_UP,
    _NO_ANSWER,
    _INSECURE,
    _NO_CONNECTION,
    _BROKE,
    _CERTIFICATE,
)


class Unsendable(Exception):
    """Nothing came back; `sentence` says why. `waited` where we were kept waiting."""

    def __init__(self, sentence: str, *, waited: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.waited = waited


class Refused(Unsendable):
    """The address may not be called; no connection was made."""


@dataclass(frozen=True)
class Target:
    """An address taken apart, so that nobody takes it apart differently later."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.scheme == "https" else 80
        return name if self.port == usual else f"{name}:{self.port}"


@dataclass(frozen=True)
class Answer:
    """`body` is at most what was asked for; `address` is where the connection went."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    address: str


def parse(url: str, *, allow_loopback: bool = False) -> Target:
    """Take an address apart. Raises Refused for what cannot be one; resolves nothing.

    https:// alone, except that with `allow_loopback` http:// is taken, too.
    """
    if len(url) > LONGEST_URL:
        raise Refused(_(_TOO_LONG).format(most=LONGEST_URL))
    if any(ord(sign) <= 32 or ord(sign) == 127 or sign == "\\" for sign in url):
        raise Refused(_("The address has spaces or signs in it that do not belong there."))
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Refused(_("This is not an address.")) from None
    if parts.scheme not in ("https", "http") or not host:
        raise Refused(_("Write the whole address, beginning with https://."))
    if parts.scheme == "http" and not allow_loopback:
        raise Refused(_("The address has to begin with https://."))
    if "@" in parts.netloc:
        raise Refused(_("Leave user names and passwords out of the address."))
    if parts.fragment:
        raise Refused(_("Leave out what stands after the #."))
    if port == 0:
        raise Refused(_("There is no port 0."))
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        path.encode("ascii")
    except UnicodeEncodeError:
        raise Refused(_("Write signs that are not ASCII as %xx.")) from None
    usual = 443 if parts.scheme == "https" else 80
    return Target(parts.scheme, _ascii(host), port or usual, path)


def resolve(
    target: Target, *, allow_loopback: bool = False, patience_s: float = RESOLVE_S
) -> list[str]:
    """The addresses that a host has, all of them public. Raises Refused, also for one bad one,
    and Unsendable where there is no such host or nobody answers in time."""
    try:
        found = [str(ip_address(target.host))]
    except ValueError:
        found = _look_up(target.host, target.port, patience_s)
    for address in found:
        reason = safe_addresses.why_not(address, allow_loopback=allow_loopback)
        if reason is not None:
            sentence = (_REFUSED if address == target.host else _LEADS)[reason]
            raise Refused(_(sentence).format(host=target.host, address=address))
    if target.scheme == "http" and not all(ip_address(each).is_loopback for each in found):
        raise Refused(_("Only this machine itself may be called without https://."))
    return found


def send(
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes = b"",
    timeout_s: float = 15.0,
    most_bytes: int = 64 * 1024,
    allow_loopback: bool = False,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Send one request and read at most `most_bytes` of the answer's body.

    All of it takes at most `timeout_s` seconds. Raises Refused where the address may not be
    called and Unsendable where no answer came.
    """
    deadline = time.monotonic() + timeout_s
    target = parse(url, allow_loopback=allow_loopback)
    addresses = resolve(target, allow_loopback=allow_loopback)
    backend = _Pinned(addresses, deadline, most_bytes + _OVERHEAD_BYTES)
    wanted = {"Host": target.host_header, "Connection": "close", **headers}
    request = httpcore.Request(
        method,
        httpcore.URL(
            scheme=target.scheme, host=target.host, port=target.port, target=target.path.encode()
        ),
        headers=[(name.encode(), value.encode()) for name, value in wanted.items()]
        + [(b"Content-Length", str(len(body)).encode())],
        content=body,
    )
    try:
        with httpcore.ConnectionPool(
            ssl_context=tls or _tls(), http1=True, retries=0, network_backend=backend
        ) as pool:
            response = pool.handle_request(request)
            try:
                return Answer(
                    status=response.status,
                    headers=[
                        (name.decode("latin-1"), value.decode("latin-1"))
                        for name, value in response.headers
                    ],
                    body=_read(response, most_bytes),
                    address=backend.connected,
                )
            finally:
                response.close()
    except Unsendable:
        raise
    except httpcore.TimeoutException as problem:
        raise Unsendable(_(_NO_ANSWER).format(seconds=f"{timeout_s:g}"), waited=True) from problem
    except ssl.SSLError as problem:
        raise Unsendable(_(_INSECURE).format(why=_said(problem))) from problem
    except httpcore.ConnectError as problem:
        raise Unsendable(_(_NO_CONNECTION).format(why=_said(problem))) from problem
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as problem:
        raise Unsendable(_(_BROKE).format(why=_said(problem))) from problem


def _read(response: httpcore.Response, most: int) -> bytes:
    taken = bytearray()
    assert isinstance(response.stream, Iterable)
    for piece in response.stream:
        taken += piece[: most - len(taken)]
        if len(taken) >= most:
            break
    return bytes(taken)


def _said(problem: BaseException) -> str:
    if isinstance(problem, ssl.SSLCertVerificationError):
        return _(_CERTIFICATE).format(why=problem.verify_message)
    text = str(problem)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        why = text.partition("failed: ")[2] or text
        return _(_CERTIFICATE).format(why=why)
    return " ".join(text.split())[:200].rstrip(".") or type(problem).__name__


def _ascii(host: str) -> str:
    """A host name as it is asked for, letters of other scripts written in ASCII."""
    try:
        ip_address(host)
        return host
    except ValueError:
        pass
    try:
        name = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise Refused(_("This is not the name of a host.")) from None
    if not name.strip(".") or "%" in name:
        raise Refused(_("This is not the name of a host."))
    return name


def _look_up(host: str, port: int, patience_s: float) -> list[str]:
    """Every address of a name, in the system's order. The system's own patience is too long, so
    the question is asked in a thread that is left behind where it is."""
    found: list[str] = []
    problem: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                if place[0] not in found:
                    found.append(str(place[0]))
        except (OSError, UnicodeError) as raised:
            problem.append(raised)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(patience_s)
    if asking.is_alive():
        raise Unsendable(_(_NOT_LOOKED_UP).format(host=host), waited=True)
    if problem or not found:
        raise Unsendable(_(_NO_HOST).format(host=host))
    return [*found]


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Pinned(httpcore.NetworkBackend):
    """Connects to the addresses that were looked at, whatever name it is told."""

    def __init__(self, addresses: list[str], deadline: float, most_bytes: int) -> None:
        self.addresses = addresses
        self.deadline = deadline
        self.most_bytes = most_bytes
        self.connected = ""
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        problem: Exception = httpcore.ConnectError("it has no address")
        for address in self.addresses:
            left = min(_CONNECT_S, _left(self.deadline))
            try:
                stream = self._inner.connect_tcp(address, port, timeout=left)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as raised:
                problem = raised
                continue
            self.connected = address
            return _Bounded(stream, self.deadline, [self.most_bytes])
        raise problem

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, _left(self.deadline)))


class _Bounded(httpcore.NetworkStream):
    """A connection with one deadline for everything and a bound on what comes in.

    Time-outs of each read alone would let somebody keep us for hours, a byte at a time.
    """

    def __init__(
        self, stream: httpcore.NetworkStream, deadline: float, bytes_left: list[int]
    ) -> None:
        self._stream = stream
        self._deadline = deadline
        self._bytes_left = bytes_left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, _left(self._deadline))
        self._bytes_left[0] -= len(data)
        if self._bytes_left[0] < 0:
            raise Unsendable(_("The answer's headers are too long."))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _Bounded(stream, self._deadline, self._bytes_left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left
