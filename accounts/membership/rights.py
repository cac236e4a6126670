"""What each role may do, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy

from accounts.models import Role

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

RANK = {Role.VIEWER: 1, Role.ADMIN: 2, Role.OWNER: 3}
SAYS = {
    Role.OWNER: gettext_lazy("everything, and members"),
    Role.ADMIN: gettext_lazy("roster, looks, orders, approvals, credits, connections"),
    Role.VIEWER: gettext_lazy("sees everything, changes nothing"),
}
# What members do, by name, and the least role that may. Beside each page and form a test holds what
# is really asked there, so that a right which is missing here or belongs to another role is found.
MAY: dict[str, tuple[StrPromise, Role]] = {
    "see": (
        gettext_lazy(
            "See orders, headshots, the roster, looks, members, credits and what they are spent on"
        ),
        Role.VIEWER,
    ),
    "download": (gettext_lazy("Download headshots and the staff wall"), Role.VIEWER),
    "leave": (gettext_lazy("Leave the organisation"), Role.VIEWER),
    "roster": (
        gettext_lazy("Upload the roster, change it, export it, set clocks and quiet hours"),
        Role.ADMIN,
    ),
    "looks": (gettext_lazy("Make looks, finishes and plates, give departments theirs"), Role.ADMIN),
    "orders": (
        gettext_lazy(
            "Place and cancel orders, make join links, remind, send and revoke links, hand in on "
            "somebody’s behalf"
        ),
        Role.ADMIN,
    ),
    "approve": (
        gettext_lazy("Approve headshots, send them back, have them made or finished again"),
        Role.ADMIN,
    ),
    "deliver": (
        gettext_lazy("Name files, hand out download links, publish the team page"),
        Role.ADMIN,
    ),
    "directories": (gettext_lazy("Connect directories and publish photos to them"), Role.ADMIN),
    "credits": (
        gettext_lazy("Buy credits, take plans, pay invoices, top up by itself, set budgets"),
        Role.ADMIN,
    ),
    "keys": (gettext_lazy("Make, rotate and revoke API keys"), Role.ADMIN),
    "webhooks": (gettext_lazy("Make webhook endpoints, see what was sent"), Role.ADMIN),
    "log": (gettext_lazy("Read and export the log"), Role.ADMIN),
    "members": (gettext_lazy("Invite members, change roles, remove members"), Role.OWNER),
    "owners_keys": (
        gettext_lazy(
            "Make API keys that change members, keys or the organisation, or pass withdrawals on"
        ),
        Role.OWNER,
    ),
    "partners": (
        gettext_lazy("Let partners act for the organisation and show its pages in theirs"),
        Role.OWNER,
    ),
    "settings": (
        gettext_lazy("Rename the organisation, change its logo, require a second factor"),
        Role.OWNER,
    ),
    "sso": (gettext_lazy("Prove domains, set up single sign-on and require it"), Role.OWNER),
    "closing": (gettext_lazy("Hand the organisation over, close it"), Role.OWNER),
}
