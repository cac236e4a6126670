"""`make demo`: everything on this machine, one organisation, its whole roster."""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = ROOT / "var" / "demo"
PORT, STRIPE_PORT = 8000, 12111


def main() -> int:
    """Start everything, play the story, serve until Ctrl-C; with --once end after the story."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end when all is delivered")
    options = parser.parse_args()
    os.chdir(ROOT)
    os.environ.update(_environment())
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from headshots import processes
    from headshots.lib import embedded_postgres
    from headshots.lib.supervise import Supervisor

    # Ctrl-C and a polite kill both come out of the waits below as KeyboardInterrupt.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print("Starting database, web and clusters …", flush=True)
    children = [*processes.children([*processes.PARTS]), processes.stand_in()]
    supervisor = Supervisor(children, log_folder=VAR / "logs")
    try:
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        supervisor.start()
        story = subprocess.run([sys.executable, "manage.py", "demo_story"], check=False)
        if options.once:
            return story.returncode
        print(
            f"\nServing at {settings.SITE_URL}/ until Ctrl-C. Credits are bought from a stand-in "
            f"for Stripe, where no money moves; its desk is {settings.STRIPE_SANDBOX}/desk",
            flush=True,
        )
        signal.pause()
    except KeyboardInterrupt:
        print("\nStopping …", flush=True)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        supervisor.stop()
        embedded_postgres.stop(VAR / "postgres")
    return 0 if not options.once else 1


def _environment() -> dict[str, str]:
    """The demo's own settings; whatever else is set, no other installation is touched."""
    VAR.mkdir(parents=True, exist_ok=True)
    for name in [*os.environ]:
        if name.startswith("HEADSHOTS_") or name in {
            "DATABASE_URL", "EMAIL_HOST", "BASE_MODEL", "Q_CLUSTER_NAME",
            "STRIPE_SECRET_KEY",
        }:  # fmt: skip
            del os.environ[name]
    return {
        "DJANGO_SETTINGS_MODULE": "headshots.settings",
        "SECRET_KEY": _secret_key(VAR / "secret-key"),
        "HEADSHOTS_DEMO": "1",
        "HEADSHOTS_VAR_DIR": str(VAR),
        "HEADSHOTS_SITE_URL": f"http://127.0.0.1:{_free_port(PORT)}",
        "HEADSHOTS_ALLOW_LOOPBACK": "1",
        "HEADSHOTS_STRIPE_SANDBOX": f"http://127.0.0.1:{_free_port(STRIPE_PORT)}",
        "HEADSHOTS_LOG": "json",
        "HEADSHOTS_DEFAULT_WORKERS": "1",
        "HEADSHOTS_PEOPLE_AT_ONCE": "8",
    }


def _secret_key(file: Path) -> str:
    """Made at the first run and kept, so that sessions and links of that run go on working."""
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_urlsafe(50))
    return file.read_text()


def _free_port(first: int) -> int:
    """The first port from there on that nobody listens on."""
    for port in range(first, first + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SystemExit(f"No port from {first} to {first + 99} is free.")


if __name__ == "__main__":
    sys.exit(main())
