from __future__ import annotations

import pytest

from tests.stand_in import Shop


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    """The stand-in with our catalogue."""
    return shop.open()
