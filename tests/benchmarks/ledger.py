"""How many holds a second the ledger takes, against a raw guarded UPDATE on the same server.

Writes ledger.json. Both sides go through Django's cursor from the same threads, in turns of one
run; a round is a fixed number of operations, and the figure is the median of the rounds. The raw
UPDATE is the limit: it keeps a number from falling below zero and keeps no books.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--operations", type=int, default=1600)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    # A server of its own that waits for the disk at each commit, as one with money in it does.
    os.environ["HEADSHOTS_VAR_DIR"] = str(ROOT / "var" / "bench" / "ledger")
    os.environ["HEADSHOTS_DATABASE_FAST"] = "0"
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from tests.benchmarks import _hold_rates
    from tests.benchmarks._report import report

    report("ledger", _hold_rates.all_figures(options))


if __name__ == "__main__":
    main()
