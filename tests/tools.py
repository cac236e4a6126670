"""Programs from elsewhere that some tests need: without one they are skipped and say so.

Where HEADSHOTS_TESTS_NEED names it, the run ends before the first test instead, so that nobody
takes what was skipped for passed. The Makefile fetches them where it can.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).parent.parent

CHROMIUM = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)
AXE = next(iter(sorted((ROOT / "var" / "axe").glob("axe-*.js"))), None)
STRIPE = shutil.which("stripe") or shutil.which(
    "stripe", path=str(ROOT / "var" / "tools" / "node_modules" / ".bin")
)
OPENSSL = shutil.which("openssl")
FOUND = {"chromium": CHROMIUM, "axe": AXE, "stripe": STRIPE, "openssl": OPENSSL}


def missing() -> list[str]:
    """Which of those that have to be there are not."""
    needed = os.environ.get("HEADSHOTS_TESTS_NEED", "").split()
    return [name for name in needed if not FOUND[name]]
