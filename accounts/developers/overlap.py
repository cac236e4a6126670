"""How long the secret before a new one still counts."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

from headshots.lib.problems import Problem

USUAL = timedelta(days=1)
LONGEST = timedelta(days=7)


def check(overlap: timedelta) -> None:
    """Raises Problem for less than nothing, and for more than LONGEST."""
    if not timedelta(0) <= overlap <= LONGEST:
        raise Problem(
            _("The old secret counts for {days} days at most.").format(days=LONGEST.days),
            code="overlap",
            field="overlap_hours",
        )
