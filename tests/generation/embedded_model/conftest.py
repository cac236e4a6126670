"""One torch thread: threads that wait for each other are slow where tests run side by side."""

import sys

import pytest


@pytest.fixture(autouse=True)
def one_thread():
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
