from __future__ import annotations

import pytest

from tests.accounts.sso.conftest import zone  # noqa: F401  a name server
from tests.api.program import Program
from tests.world import World


@pytest.fixture
def program(world: World) -> Program:
    """A program with every scope."""
    return Program.of(world.organisation)
