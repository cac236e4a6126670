from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.accounts.webhooks.receiver import Receiver, receiving


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.ALLOW_LOOPBACK = True
    with receiving() as found:
        yield found
