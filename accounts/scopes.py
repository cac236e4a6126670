"""What a key may be allowed: reading or writing, resource by resource."""

from __future__ import annotations

from collections.abc import Iterable

from headshots.lib.problems import Problem

# Resource by resource: what reading and writing it means; empty where there is no such thing.
RESOURCES: dict[str, tuple[str, str]] = {
    "organisation": ("Its name and settings", "Rename it"),
    "members": ("Who may act for it", "Invite members, change roles, remove them"),
    "employees": ("The roster and its departments", "Add people, change them, mark leavers"),
    "looks": ("Art direction", "Make and change looks"),
    "orders": ("Orders and how far they are", "Place, cancel, approve"),
    "shoots": ("Shoots, photos’ verdicts, candidates", "Upload photos, hand in, pick, cancel"),
    "headshots": ("Headshots and their files", "Take exports along"),
    "releases": ("Who has consented, to which text", "Hand over consent that was collected"),
    "credits": ("Balance, ledger, invoices", ""),
    "webhooks": ("Endpoints and deliveries", "Make endpoints, replay deliveries"),
    "audit": ("The log", ""),
    "keys": ("Keys, without their secrets", "Make, rotate and revoke keys"),
}
ALL = tuple(
    f"{name}:{right}"
    for name, says in RESOURCES.items()
    for right, what in zip(("read", "write"), says, strict=True)
    if what
)


def check(scopes: Iterable[str]) -> list[str]:
    """The scopes in their order, each once. Raises Problem for none and for unknown ones."""
    wanted = set(scopes)
    if unknown := sorted(wanted - set(ALL)):
        raise Problem(
            f"There is no scope “{unknown[0][:40]}”. There are: {', '.join(ALL)}.",
            code="scope_unknown",
            field="scopes",
        )
    if not wanted:
        raise Problem("Choose at least one scope.", code="scope_none", field="scopes")
    return [scope for scope in ALL if scope in wanted]


def allows(scopes: Iterable[str], needed: str) -> bool:
    """Whether scopes cover the one that is needed; writing includes reading."""
    found = set(scopes)
    resource, right = needed.split(":")
    return needed in found or (right == "read" and f"{resource}:write" in found)
