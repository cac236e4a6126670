"""Whoever names the address, nothing but public hosts is called, and nobody can keep us."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured

from headshots.lib import safe_addresses, safe_http
from headshots.lib.safe_http import Refused, Unsendable

# What each name leads to for a resolver that an attacker runs.
NAMES = {
    "loopback.attacker.example": ["127.0.0.1"],
    "metadata.attacker.example": ["169.254.169.254"],
    "six.attacker.example": ["::1"],
    "mapped.attacker.example": ["::ffff:127.0.0.1"],
    "mixed.attacker.example": ["93.184.216.34", "127.0.0.1"],
    "ula.attacker.example": ["fd00:ec2::254"],
}
HOSTILE = [
    "127.0.0.1",
    "127.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0.0.0.0",
    "0",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "ⓛocalhost",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:53aa:64c::1]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fec0::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[2606:4700::5efe:7f00:1]",
    *NAMES,
]


@contextmanager
def listening(*hosts: str) -> Iterator[tuple[int, list[object]]]:
    """Real sockets on one port that note each connection that is made to them."""
    made: list[object] = []
    servers: list[socket.socket] = []
    port = 0
    for host in hosts:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        server = socket.socket(family, socket.SOCK_STREAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            server.bind((host, port))
        except OSError:
            server.close()
            continue
        port = server.getsockname()[1]
        server.listen()
        servers.append(server)

        def accept(listener: socket.socket = server) -> None:
            while True:
                try:
                    connection, place = listener.accept()
                except OSError:
                    return
                made.append(place)
                connection.close()

        threading.Thread(target=accept, daemon=True).start()
    try:
        yield port, made
    finally:
        for server in servers:
            server.shutdown(socket.SHUT_RDWR)
            server.close()


@pytest.fixture
def attackers_names(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        if host not in NAMES:
            return real(host, port, *rest, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in NAMES[host]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.usefixtures("attackers_names")
def test_no_connection_is_made_to_hostile_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[object] = []

    class Spy(socket.socket):
        """What the process asks of the operating system."""

        def connect(self, address: Any) -> None:
            connected.append(address)
            super().connect(address)

    assert len(HOSTILE) >= 30
    with listening("127.0.0.1", "::1") as (port, made):
        # The listeners do notice whoever connects.
        socket.create_connection(("127.0.0.1", port)).close()
        for _ in range(100):
            if made:
                break
            time.sleep(0.01)
        assert made
        made.clear()
        monkeypatch.setattr(socket, "socket", Spy)
        for host in HOSTILE:
            for scheme in ("https", "http"):
                with pytest.raises(Unsendable) as refused:
                    safe_http.send(
                        method="POST", url=f"{scheme}://{host}:{port}/", headers={}, body=b"{}"
                    )
                assert refused.value.sentence.endswith(".")
        time.sleep(0.1)
        assert made == connected == []


@pytest.mark.parametrize(
    "url",
    [
        "", "https://", "ftp://example.com/", "https://user:pass@example.com/",
        "https://example.com/#part", "https://exa mple.com/", "https://example.com\\@127.0.0.1/",
        "https://example.com:99999/", "https://[::1/", "https://example.com:0/", "//example.com/",
        "https://example.com/\r\nX-Injected: 1", "https://example.com/ü", "https://.../",
        "https://" + "a" * 500 + ".example/", "http://example.com/", "javascript:alert(1)",
        "https://a%00b.example/", f"https://{'x' * 64}.example/",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(Refused) as refused:
        safe_http.parse(url)
    assert refused.value.sentence.endswith(".")


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("93.184.216.34", True), ("8.8.8.8", True), ("2606:4700:4700::1111", True),
        ("2a00:1450:4001:81b::200e", True), ("127.0.0.1", False), ("172.15.255.255", True),
        ("172.32.0.1", True), ("100.63.255.255", True), ("100.128.0.1", True),
        ("169.253.0.1", True), ("223.255.255.255", True), ("nonsense", False),
    ],
)  # fmt: skip
def test_public_addresses_are_called(address: str, allowed: bool) -> None:
    assert (safe_addresses.why_not(address) is None) == allowed


def test_loopback_alone_is_admitted_by_the_setting() -> None:
    assert safe_addresses.why_not("127.0.0.1", allow_loopback=True) is None
    assert safe_addresses.why_not("::1", allow_loopback=True) is None
    for address in ("10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "fd00::1", "0.0.0.0"):
        assert safe_addresses.why_not(address, allow_loopback=True)
    with pytest.raises(Refused, match="without https"):
        safe_http.resolve(
            safe_http.parse("http://93.184.216.34/", allow_loopback=True), allow_loopback=True
        )


def test_the_name_is_asked_once_and_connected_to_what_was_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Re-binding: the second answer would lead elsewhere, and nobody asks for it."""
    with listening("127.0.0.1") as (port, trusted), listening("127.0.0.2") as (_, other):
        answers = [["127.0.0.1"], ["127.0.0.2"]]
        real = socket.getaddrinfo

        def look_up(host: Any, where: Any, *rest: Any, **more: Any) -> Any:
            if host != "rebinding.example":
                return real(host, where, *rest, **more)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, where)) for each in
                    answers.pop(0)]  # fmt: skip

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        with pytest.raises(Unsendable, match="broke"):
            safe_http.send(
                method="POST",
                url=f"http://rebinding.example:{port}/",
                headers={},
                allow_loopback=True,
            )
        assert len(answers) == 1
        time.sleep(0.05)
        assert len(trusted) == 1
        assert not other


@contextmanager
def serving(behave: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> Any:
    """A server that reads a request and then behaves as told."""
    server = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            try:
                if tls:
                    connection = tls.wrap_socket(connection, server_side=True)
                received = b""
                while not received.endswith(b"hello") and (piece := connection.recv(65536)):
                    received += piece
                behave(connection)
            except OSError:
                pass
            finally:
                connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def post(port: int, **more: Any) -> safe_http.Answer:
    return safe_http.send(
        method="POST",
        url=more.pop("url", f"http://127.0.0.1:{port}/hook?x=1"),
        headers={"X-A": "b"},
        body=b"hello",
        allow_loopback=True,
        **more,
    )


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(200):
        connection.sendall(b"X: y\r\n")
        time.sleep(0.05)


def drip_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(200):
        connection.sendall(b"x")
        time.sleep(0.05)


def silence(connection: socket.socket) -> None:
    """Until the other side is gone."""
    connection.settimeout(10)
    while connection.recv(65536):
        pass


@pytest.mark.parametrize("behave", [drip, drip_body, silence])
def test_who_drips_or_is_silent_cannot_keep_us(behave: Callable[[socket.socket], None]) -> None:
    """They would for ten seconds."""
    with serving(behave) as port:
        start = time.monotonic()
        with pytest.raises(Unsendable) as late:
            post(port, timeout_s=0.6)
        assert time.monotonic() - start < 8
        assert late.value.waited


def test_a_bounded_part_of_the_answer_is_read() -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(10_000):
            connection.sendall(b"x" * 65536)

    def headers_without_end(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(10_000):
            connection.sendall(b"X-Y: " + b"z" * 8000 + b"\r\n")

    with serving(endless) as port:
        assert post(port, most_bytes=1000).body == b"x" * 1000
    with serving(headers_without_end) as port, pytest.raises(Unsendable):
        post(port)
    nonsense = b"\x00\xff not http\r\n\r\n"
    with serving(lambda c: c.sendall(nonsense)) as port, pytest.raises(Unsendable, match="broke"):
        post(port)


def test_redirects_are_answers_and_proxies_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening("127.0.0.1") as (elsewhere, made):
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{elsewhere}")

        def redirect(connection: socket.socket) -> None:
            to = f"http://127.0.0.1:{elsewhere}/"
            connection.sendall(
                f"HTTP/1.1 307 Off\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()
            )

        with serving(redirect) as port:
            answer = post(port)
        assert answer.status == 307
        assert answer.address == "127.0.0.1"
        time.sleep(0.05)
        assert not made


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for the name hooks.partner.example."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"),
            "-subj", "/CN=hooks.partner.example",
            "-addext", "subjectAltName=DNS:hooks.partner.example",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


def test_tls_names_the_host_and_checks_it(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        where = "127.0.0.1" if str(host).endswith("partner.example") else host
        return real(where, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    asked: list[str | None] = []
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    server.sni_callback = lambda _, name, __: asked.append(name)
    trusting = ssl.create_default_context(cafile=str(certificate / "cert.pem"))

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with serving(answer, server) as port:
        good = f"https://hooks.partner.example:{port}/"
        assert post(port, url=good, tls=trusting).body == b"ok"
        assert asked == ["hooks.partner.example"]
        with pytest.raises(Unsendable, match="certificate is not valid"):
            post(port, url=good)
        with pytest.raises(Unsendable, match="certificate is not valid"):
            post(port, url=f"https://other.partner.example:{port}/", tls=trusting)


def test_what_is_refused_is_said_in_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(url: str, **more: Any) -> str:
        with pytest.raises(Unsendable) as refused:
            safe_http.send(method="POST", url=url, headers={}, **more)
        return refused.value.sentence

    # A language of which nothing is known but that every whole sentence goes through it.
    monkeypatch.setattr(safe_http, "_", lambda text: f"»{text}")
    assert told("https://10.0.0.1/").startswith("»10.0.0.1 is not a public address.")
    assert told("http://127.0.0.1:1/", allow_loopback=True).startswith("»No connection: ")
    monkeypatch.setattr(safe_http, "_look_up", lambda *_: ["127.0.0.1"])
    led = told("https://a.example/")
    assert led.startswith("»a.example leads to 127.0.0.1, which is this machine itself.")


def test_loopback_is_not_allowed_unless_it_is_said() -> None:
    assert configured.ALLOW_LOOPBACK is False
