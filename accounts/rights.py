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
    Role.ADMIN: gettext_lazy("roster, looks, orders, approvals"),
    Role.VIEWER: gettext_lazy("sees everything, changes nothing"),
}
# What members do, and the least role that may.
MAY: tuple[tuple[StrPromise, Role], ...] = (
    (gettext_lazy("See orders, headshots, the roster, looks and credits"), Role.VIEWER),
    (gettext_lazy("Upload the roster, change it, export it"), Role.ADMIN),
    (gettext_lazy("Make looks, place and cancel orders, send invitations again"), Role.ADMIN),
    (gettext_lazy("Approve headshots, download them"), Role.ADMIN),
    (gettext_lazy("Make webhook endpoints, see what was sent"), Role.ADMIN),
    (gettext_lazy("Read and export the log"), Role.ADMIN),
    (gettext_lazy("Invite members, change roles, remove members"), Role.OWNER),
    (gettext_lazy("Rename the organisation, require a second factor"), Role.OWNER),
    (gettext_lazy("Hand the organisation over, close it"), Role.OWNER),
)
