"""Directories that answer on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.generation.publishing import vendors as fake
from tests.generation.publishing.vendors import Vendors


@pytest.fixture
def vendors(settings: Any) -> Iterator[Vendors]:
    with fake.serving() as serving:
        settings.PUBLISHING_BASE = serving.url
        yield serving
