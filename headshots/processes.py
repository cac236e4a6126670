"""The parts of an installation as processes under one supervisor.

`python -m headshots.processes web default` runs a web host, `… gpu` a worker host. A part that
dies is started again; a cluster that lives but has stopped working, too (by its canary, see
generation.dispatch.canary).
"""

from __future__ import annotations

import io
import os
import socket
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import django

from headshots.lib import embedded_postgres
from headshots.lib.problems import Problem
from headshots.lib.supervise import SILENCE_S, Child, Supervisor

# Where gunicorn keeps its heartbeat; no data of ours.
SHARED_MEMORY = "/dev/shm"  # noqa: S108
PARTS = ("web", "default", "gpu")
ROOT = Path(__file__).resolve().parent.parent


def children(parts: list[str], *, environment: dict[str, str] | None = None) -> list[Child]:
    """What to run for these parts. Needs django.setup() before."""
    from django.conf import settings

    host = f"{socket.gethostname()}:{os.getpid()}"
    base = {**os.environ, **(environment or {}), "PYTHONUNBUFFERED": "1"}
    made = []
    for part in parts:
        if part == "web":
            argv = [
                sys.executable, "-m", "gunicorn", "headshots.wsgi", "--bind", settings.BIND,
                "--worker-class", "headshots.lib.patient_worker.PatientWorker",
                "--workers", "2", "--threads", "8", "--timeout", "60",
                "--graceful-timeout", "20", "--log-level", "warning",
            ]  # fmt: skip
            if Path(SHARED_MEMORY).is_dir():
                argv += ["--worker-tmp-dir", SHARED_MEMORY]
            made.append(Child(name="web", argv=argv, env=base))
        else:
            made.append(
                Child(
                    name=part,
                    argv=[sys.executable, "manage.py", "cluster"],
                    env={**base, "Q_CLUSTER_NAME": part, "Q_CLUSTER_ID": host},
                    health=_canary(f"{part}@{host}"),
                )
            )
    return made


def stand_in() -> Child:
    """The local stand-in for Stripe that the settings name."""
    return Child(name="stripe", argv=[sys.executable, "manage.py", "stripe_sandbox"])


def _canary(name: str) -> Callable[[], bool]:
    """Whether the cluster of that name has given a sign of life lately."""
    started = time.monotonic()

    def healthy() -> bool:
        nonlocal started
        from django.db import DatabaseError, InterfaceError, connection
        from django.utils import timezone

        from generation.models import Worker

        if time.monotonic() - started < SILENCE_S:
            return True
        try:
            seen = Worker.objects.filter(
                name=name, seen_at__gte=timezone.now() - timedelta(seconds=SILENCE_S)
            ).exists()
        except (DatabaseError, InterfaceError):
            return True  # the database is away; restarting the cluster would not bring it back
        finally:
            connection.close()
        if not seen:
            started = time.monotonic()
        return seen

    return healthy


def main(arguments: list[str]) -> int:
    """Run the named parts until SIGINT or SIGTERM."""
    unknown = [part for part in arguments if part not in PARTS]
    if unknown or not arguments:
        print(f"Name one or more of {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    os.chdir(ROOT)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headshots.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.core.management.base import CommandError

    from headshots.checks import SETTINGS

    embedded = settings.DATABASES["default"].get("EMBEDDED")
    try:
        # gunicorn asks nothing of the kind itself.
        call_command("check", tags=[SETTINGS], stdout=io.StringIO())
        if "web" in arguments:
            call_command("migrate", verbosity=0)
            call_command("collectstatic", interactive=False, verbosity=0)
        elif embedded and not embedded_postgres.status(embedded["root"]).running:
            raise Problem(
                "DATABASE_URL is not set and no web host runs here, so there is no work to find. "
                "Set DATABASE_URL to the web host's database, or start `make run` first."
            )
        if "gpu" in arguments:
            from generation.dispatch import base_model

            base_model.refuse_unusable()
    except Problem as problem:
        print(problem.sentence, file=sys.stderr)
        return 1
    except CommandError as wrong:
        print(wrong, file=sys.stderr)
        return 1
    print(f"Running {', '.join(arguments)}; logs are in {settings.VAR_DIR / 'logs'}.", flush=True)
    supervisor = Supervisor(
        children(arguments),
        log_folder=settings.VAR_DIR / "logs",
        # In a container, and under a service manager, output is what is kept and read.
        echo=not sys.stdout.isatty(),
        labels=False,
    )
    supervisor.run_forever()
    if "web" in arguments and embedded:
        embedded_postgres.stop(embedded["root"])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
