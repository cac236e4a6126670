"""What a key may be allowed: reading or writing, resource by resource."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from headshots.lib.problems import Problem

_Words = Any  # text that is translated when it is shown
# What a member has to be owner for; an administrator makes no key that may more than they.
OWNERS_ALONE = ("organisation:write", "members:write", "withdrawals:write", "keys:write")
# Resource by resource: what reading and writing it means; empty where there is no such thing.
RESOURCES: dict[str, tuple[_Words, _Words]] = {
    "organisation": (
        _("Its name and settings, domains, single sign-on"),
        _("Rename it, its logo, second factors, domains, single sign-on; close it"),
    ),
    "members": (_("Who may act for it"), _("Invite members, change roles, remove them")),
    "employees": (
        _("The roster, its departments and clocks"),
        _("Add people, change them, mark leavers, set clocks"),
    ),
    "looks": (
        _("Looks, their finishes, plates"),
        _("Make looks, change finishes, paint plates, choose departments’ looks"),
    ),
    "orders": (
        _("Orders, how far they are and what they cost, join links"),
        _("Place orders, cancel, remind, approve, make another look; make join links"),
    ),
    "shoots": (
        _("Shoots, photos’ verdicts, candidates, who may embed"),
        _("Upload photos, wishes, hand in, pick, opt out, approve, send back, redo, cancel; embed"),
    ),
    "headshots": (
        _("Headshots and their files, exports, walls, directories"),
        _(
            "Make exports, download links, walls and the team page; render anew; connect "
            "directories and publish to them"
        ),
    ),
    "releases": (_("Who has consented, to which text"), _("Hand over consent that was collected")),
    # SECURITY: apart from releases, as it destroys what no other scope can.
    "withdrawals": (
        "",
        _("Pass on that employees withdraw, which destroys everything of theirs"),
    ),
    "credits": (
        _("Balance, ledger, invoices, prices, costs"),
        _("Buy credits and the plan, top up by the stored card, set budgets"),
    ),
    "webhooks": (
        _("Endpoints and deliveries"),
        _("Make endpoints and new secrets, replay deliveries"),
    ),
    "audit": (_("The log"), ""),
    "keys": (
        _("Keys, without their secrets, and partners"),
        _("Make, rotate and revoke keys; let partners act, and no longer"),
    ),
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
            gettext("There is no scope “{scope}”. There are: {scopes}.").format(
                scope=unknown[0][:40], scopes=", ".join(ALL)
            ),
            code="scope_unknown",
            field="scopes",
        )
    if not wanted:
        raise Problem(gettext("Choose at least one scope."), code="scope_none", field="scopes")
    return [scope for scope in ALL if scope in wanted]


def allows(scopes: Iterable[str], needed: str) -> bool:
    """Whether scopes cover the one that is needed; writing includes reading."""
    found = set(scopes)
    resource, right = needed.split(":")
    return needed in found or (right == "read" and f"{resource}:write" in found)


def says(scope: str) -> str:
    """What a scope means; its own name where there is no such scope any more."""
    resource, _sign, right = scope.partition(":")
    reading, writing = RESOURCES.get(resource, ("", ""))
    return str({"read": reading, "write": writing}.get(right) or scope)


def table(withheld: Sequence[str] = ()) -> list[tuple[str, list[tuple[str, str]]]]:
    """Resource by resource its scopes and what each means, for a form."""
    return [
        (
            name,
            [
                (f"{name}:{right}", str(what))
                for right, what in zip(("read", "write"), says, strict=True)
                if what
            ],
        )
        for name, says in RESOURCES.items()
        if name not in withheld
    ]
