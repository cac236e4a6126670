"""`python -m billing.sandbox`: the stand-in as a process."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from pathlib import Path
from types import FrameType

from headshots.lib.env import Environment

PORT = 12111
BESIDE_A_LIVE_KEY = (
    "STRIPE_SECRET_KEY is a live key, so the stand-in does not start: it would take orders that "
    "nobody pays. Unset the key."
)


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; prints the address, with --port 0 one that was free."""
    parser = argparse.ArgumentParser(prog="stripe_sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT, help="0 for any that is free")
    parser.add_argument("--state", type=Path, required=True, help="the file that keeps it all")
    parser.add_argument(
        "--settle-after", type=float, metavar="SECONDS", help="how long a bank debit takes"
    )
    options = parser.parse_args(arguments)
    # SECURITY: where money moves, nothing may pretend that it does.
    if (Environment().text("STRIPE_SECRET_KEY") or "").startswith(("sk_live_", "rk_live_")):
        print(BESIDE_A_LIVE_KEY, file=sys.stderr)
        return 1
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    from billing.sandbox.server import Server
    from billing.sandbox.store import Store

    try:
        server = Server(options.port, Store(options.state), settle_s=options.settle_after)
    except OSError as error:
        print(f"Port {options.port} cannot be used: {error.strerror}.", file=sys.stderr)
        return 1

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    print(f"A stand-in for Stripe, where no money moves: {server.address}", flush=True)
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
