"""Which addresses of the network may be called when somebody else names the host."""

from __future__ import annotations

from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

# Beside what Python knows as not global; its lists differ between patch releases, ours does not.
_NEVER_4 = [
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, and a cloud's metadata at 100.100.100.200
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's control address, though it looks public
        "169.254.0.0/16",  # link-local, metadata
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments, a cloud's metadata at 192.0.0.192
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
]
# Only 2000::/3 is handed out at all. What carries an IPv4 address inside could lead anywhere.
_GLOBAL_6 = IPv6Network("2000::/3")
_NEVER_6 = [
    IPv6Network(text)
    for text in (
        "2001::/23",  # Teredo, benchmarks, ORCHID and other special purposes
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3fff::/20",
    )
]
# Low halves of IPv6 addresses that carry an IPv4 address (ISATAP), whatever prefix they stand in.
_ISATAP = {0x00005EFE, 0x02005EFE}
_LOOPBACK_4 = IPv4Network("127.0.0.0/8")


class Why(Enum):
    """What is wrong with an address."""

    NONE = "is no address"
    THIS_MACHINE = "is this machine itself"
    NOT_PUBLIC = "is not a public address"


def why_not(address: str, *, allow_loopback: bool = False) -> Why | None:
    """Why nothing may be sent to this IP address; None where it may.

    `allow_loopback` admits this machine's own loopback and nothing else that is private.
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return Why.NONE
    if allow_loopback and _is_loopback(ip):
        return None
    if isinstance(ip, IPv4Address):
        refused = any(ip in network for network in _NEVER_4) or not ip.is_global
    else:
        refused = (
            ip not in _GLOBAL_6
            or any(ip in network for network in _NEVER_6)
            or (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP
            or not ip.is_global
        )
    if not refused:
        return None
    return Why.THIS_MACHINE if _is_loopback(ip) else Why.NOT_PUBLIC


def _is_loopback(ip: Address) -> bool:
    return ip in _LOOPBACK_4 if isinstance(ip, IPv4Address) else ip.is_loopback
