from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.world import World, make_world


@pytest.fixture(autouse=True)
def places(tmp_path: Path, settings: Any) -> None:
    """Files of a test lie in a folder of its own."""
    settings.PRIVATE_ROOT = tmp_path / "private"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the database that the tests started, once all processes of the run are done."""
    if hasattr(session.config, "workerinput"):
        return
    database = settings.DATABASES["default"]
    if "EMBEDDED" in database:
        from headshots.lib import embedded_postgres

        embedded_postgres.stop(database["EMBEDDED"]["root"])
