"""A small name server and a real identity provider, both on loopback."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from dnslib import QTYPE, RCODE, RR, TXT
from dnslib.server import BaseResolver, DNSServer

from accounts.models import DomainClaim
from accounts.sso import domains
from tests.world import World


class Zone(BaseResolver):
    """Answers TXT questions from `records`; refuses everything while `broken`."""

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self.broken = False

    def resolve(self, request: Any, handler: Any) -> Any:
        reply = request.reply()
        name = str(request.q.qname).rstrip(".")
        if self.broken:
            reply.header.rcode = RCODE.SERVFAIL
        elif name not in self.records:
            reply.header.rcode = RCODE.NXDOMAIN
        else:
            for text in self.records[name]:
                reply.add_answer(RR(name, QTYPE.TXT, rdata=TXT(text), ttl=1))
        return reply

    def prove(self, world: World, domain: str = "acme.example") -> DomainClaim:
        """Claim, publish the record, check."""
        claim = domains.claim(actor=world.actor, organisation=world.organisation, domain=domain)
        self.records[domains.record_name(claim)] = ["v=spf1 -all", domains.record_text(claim)]
        return domains.check(actor=world.actor, claim=claim)


@pytest.fixture
def zone(settings: Any) -> Iterator[Zone]:
    found = Zone()
    server = DNSServer(found, address="127.0.0.1", port=0)
    settings.DNS_SERVER = f"127.0.0.1:{server.server.server_address[1]}"
    server.start_thread()
    yield found
    server.stop()
    server.server.server_close()


@dataclass
class Idp:
    """The provider's process."""

    url: str

    def client(self, redirect_uri: str, **users: bool) -> dict[str, str]:
        """Register us there, and people by address and whether it is verified."""
        told = {"redirect_uri": redirect_uri, "users": users}
        return requests.post(f"{self.url}/control", json=told, timeout=10).json()

    def answer(self, address: str, email: str) -> str:
        """What the browser of somebody signed in there is sent back to."""
        with requests.Session() as browser:
            browser.get(f"{self.url}/control/enter", params={"email": email}, timeout=10)
            reply = browser.get(address, timeout=10, allow_redirects=False)
            assert reply.status_code == 302, reply.text[:500]
            return reply.headers["Location"]


@pytest.fixture(scope="session")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("idp")
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.accounts.sso.idp", str(port), str(folder)],
            cwd=Path(__file__).parents[3],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    try:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], 60)
        assert ready, (folder / "log").read_text()
        assert process.stdout.readline() == b"ready\n", (folder / "log").read_text()
        yield Idp(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(timeout=10)
