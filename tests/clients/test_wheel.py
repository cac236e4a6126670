"""The client as the site hands it out: what pip installs from there."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from headshots.developers import guides, wheel
from tests.clients.conftest import PYTHON


def test_pip_installs_it_from_the_site(
    transactional_db: None, live_server: Any, tmp_path: Path
) -> None:
    name = wheel.wheel().name
    subprocess.run(
        [
            sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--no-cache-dir",
            "--disable-pip-version-check", "--target", str(tmp_path / "site"),
            f"{live_server.url}/developers/{name}#sha256={wheel.wheel().sha256}",
        ],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    asked = (
        "import headshots_client, headshots_client.shapes as s; print(headshots_client.__file__)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.stdout.startswith(str(tmp_path / "site"))
    sources = {p.relative_to(PYTHON) for p in (PYTHON / "headshots_client").rglob("*.py")}
    assert all((tmp_path / "site" / path).exists() for path in sources)
    assert (tmp_path / "site" / "headshots_client" / "py.typed").exists()


def test_it_is_the_same_whenever_it_is_made() -> None:
    first = wheel.wheel()
    wheel.wheel.cache_clear()
    assert wheel.wheel() == first
    with zipfile.ZipFile(BytesIO(first.data)) as packed:
        assert packed.testzip() is None
        record = packed.read("headshots_client-0.1.0.dist-info/RECORD").decode()
        assert {line.split(",")[0] for line in record.splitlines()} == set(packed.namelist())


def test_what_names_it_names_the_one_there_is(db: None) -> None:
    name = wheel.wheel().name
    for text in (
        (guides.FOLDER / "python-client.md").read_text(encoding="utf-8"),
        (PYTHON / "README.md").read_text(encoding="utf-8"),
        wheel.EXAMPLE.read_text(encoding="utf-8"),
    ):
        assert f"/developers/{name}" in text
        # A name on an index that is not ours could be anybody's.
        assert "pip install headshots" not in text
    start = Client().get(reverse("developers")).content.decode()
    assert f'href="/developers/{name}#sha256={wheel.wheel().sha256}"' in start
    fetched = Client().get(f"/developers/{name}")
    assert hashlib.sha256(fetched.content).hexdigest() == wheel.wheel().sha256
    assert Client().get("/developers/headshots_client-9.9-py3-none-any.whl").status_code == 404
    example = Client().get(reverse("developer_example"))
    assert example.content == wheel.EXAMPLE.read_bytes()
    assert "attachment" in example["Content-Disposition"]


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_ä", "whsec_MfKQ9r8GKYqrTwjU", "whsec_!"])
def test_no_secret_is_no_key(secret: str) -> None:
    import base64
    import hmac
    import time

    from headshots_client import verify_webhook

    stamp, body = str(int(time.time())), '{"id":"x"}'
    digest = hmac.new(b"", f"e.{stamp}.{body}".encode(), hashlib.sha256).digest()
    forged = {
        "webhook-id": "e",
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
    for headers in (forged, {}):
        with pytest.raises(ValueError, match="empty or broken"):
            verify_webhook(secret, headers, body)
