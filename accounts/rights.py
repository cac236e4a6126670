"""What each role may do, in words."""

from __future__ import annotations

from accounts.models import Role

RANK = {Role.VIEWER: 1, Role.ADMIN: 2, Role.OWNER: 3}
SAYS = {
    Role.OWNER: "everything, and members",
    Role.ADMIN: "roster, looks, orders, approvals",
    Role.VIEWER: "sees everything, changes nothing",
}
# What members do, and the least role that may.
MAY: tuple[tuple[str, Role], ...] = (
    ("See orders, headshots, the roster, looks and credits", Role.VIEWER),
    ("Upload the roster, change it, export it", Role.ADMIN),
    ("Make looks, place and cancel orders, send invitations again", Role.ADMIN),
    ("Approve headshots, download them", Role.ADMIN),
    ("Make webhook endpoints, see what was sent", Role.ADMIN),
    ("Read and export the log", Role.ADMIN),
    ("Invite members, change roles, remove members", Role.OWNER),
    ("Rename the organisation, require a second factor", Role.OWNER),
    ("Hand the organisation over, close it", Role.OWNER),
)
