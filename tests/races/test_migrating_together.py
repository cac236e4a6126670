"""Of web hosts that start together one migrates, and the others wait for it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django_q.models import Schedule

from billing.management.commands import migrate
from headshots.lib import locks

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_second_host_waits_and_then_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    # What every migrating ends with shows that it has not begun.
    Schedule.objects.all().delete()
    other = connection.copy()
    seen: list[bool] = []

    def sleep(_: float) -> None:
        seen.append(Schedule.objects.exists())
        if len(seen) == 3:
            other.cursor().execute("SELECT pg_advisory_unlock(%s)", [migrate.LOCK])

    other.cursor().execute("SELECT pg_advisory_lock(%s)", [migrate.LOCK])
    clock = SimpleNamespace(sleep=sleep, monotonic=lambda: 0.0)
    monkeypatch.setattr(locks, "time", clock)
    try:
        call_command("migrate", verbosity=0)
        assert seen == [False, False, False]
        assert Schedule.objects.filter(name="sweep").exists()
        # It is given back: whoever comes next need not wait.
        other.cursor().execute("SELECT pg_try_advisory_lock(%s)", [migrate.LOCK])
        call_command("migrate", plan=True, verbosity=0)
        monkeypatch.setattr(clock, "monotonic", iter([0.0, migrate.LONGEST_S + 1.0]).__next__)
        with pytest.raises(CommandError, match="Another process has been migrating"):
            call_command("migrate", verbosity=0)
    finally:
        other.close()
