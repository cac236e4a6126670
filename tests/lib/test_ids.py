"""Time-ordered identifiers."""

from __future__ import annotations

import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from headshots.lib import ids


def test_the_layout_is_that_of_rfc_9562() -> None:
    before = time.time_ns() // 1_000_000
    value = ids.uuid7()
    after = time.time_ns() // 1_000_000
    assert value.version == 7
    assert value.variant == uuid.RFC_4122
    assert before <= value.int >> 80 <= after + 1


def test_values_of_one_process_are_distinct_and_sort_as_made() -> None:
    made = [ids.uuid7() for _ in range(20_000)]
    assert made == sorted(made)
    assert [str(value) for value in made] == sorted(str(value) for value in made)
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: [ids.uuid7() for _ in range(2_000)], range(8)))
    assert all(run == sorted(run) for run in runs)
    assert len({value for run in runs for value in run}) == 16_000


def test_a_clock_set_back_does_not_break_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ids.uuid7()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000)
    assert first < ids.uuid7() < ids.uuid7()


def test_a_full_counter_borrows_the_next_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    ids.uuid7()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000)
    monkeypatch.setattr(ids, "_counter", (1 << 42) - 2)
    values = [ids.uuid7() for _ in range(4)]
    assert values == sorted(values)
    assert (values[3].int >> 80) - (values[0].int >> 80) == 1


def test_a_forked_process_does_not_count_on_from_the_same_place() -> None:
    ids.uuid7()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, ids.uuid7().bytes)
        os._exit(0)
    os.waitpid(child, 0)
    theirs, ours = uuid.UUID(bytes=os.read(reader, 16)), ids.uuid7()
    os.close(reader)
    os.close(writer)
    # Same counter would show as the same 74 bits but for the 32 random ones.
    assert theirs.int >> 32 != ours.int >> 32
