"""The quick start works as it is written."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from headshots.developers import guides
from tests.api.program import make_key
from tests.clients.beside import default_cluster
from tests.world import World

BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


@pytest.mark.skipif(not shutil.which("curl"), reason="the quick start is about curl")
def test_from_a_key_to_the_first_headshot(
    acme: World, live_server: Any, tmp_path: Path, settings: Any
) -> None:
    settings.SITE_URL = live_server.url
    text = (guides.FOLDER / "quick-start.md").read_text(encoding="utf-8")
    script = "\n".join(BLOCK.findall(text))
    assert guides.PLACEHOLDER in script
    assert "hs_test_…" in script
    script = script.replace(guides.PLACEHOLDER, live_server.url)
    script = script.replace("hs_test_…", make_key(acme.organisation, test=True).secret)
    with default_cluster():
        run = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    assert run.returncode == 0, run.stdout + run.stderr
    with Image.open(io.BytesIO((tmp_path / "ada.jpg").read_bytes())) as picture:
        assert picture.format == "JPEG"
        assert min(picture.size) >= 400
