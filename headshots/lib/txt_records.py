"""TXT records of a domain, asked of the system's resolver or of one that the settings name."""

from __future__ import annotations

import dns.exception
import dns.resolver
from django.conf import settings

ANSWER_S = 5.0


class NoAnswer(Exception):
    """Nobody answered; whether there is a record is not known."""


def texts(name: str) -> list[str]:
    """The texts of a name's TXT records, none where it has none. Waits ANSWER_S at most.

    Raises NoAnswer.
    """
    try:
        found = _resolver().resolve(name, "TXT", lifetime=ANSWER_S)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as problem:
        raise NoAnswer(str(problem)) from problem
    return [b"".join(record.strings).decode(errors="replace") for record in found]


def _resolver() -> dns.resolver.Resolver:
    if not settings.DNS_SERVER:
        return dns.resolver.Resolver()
    host, _, port = settings.DNS_SERVER.rpartition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [host.strip("[]")]
    resolver.port = int(port)
    return resolver
