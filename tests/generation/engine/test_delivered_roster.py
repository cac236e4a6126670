"""Headshots that benchmarks finish are kept for the roster and the code that made them alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.benchmarks import _delivered
from tests.benchmarks._delivered import Roster


class Made(Exception):
    """They are made now."""


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Roster:
    """A roster of whom one headshot is kept, which `engine.py` made."""
    monkeypatch.setattr(_delivered, "BENCH", tmp_path / "bench")
    monkeypatch.setattr(_delivered, "ROOT", tmp_path)

    def making(*_: object, **__: object) -> None:
        raise Made

    monkeypatch.setattr(_delivered.subprocess, "run", making)
    (tmp_path / "engine.py").write_text("steps = 100")
    roster = Roster(people=1)
    roster.delivered.mkdir(parents=True)
    Image.new("RGB", (96, 96), (9, 9, 9)).save(roster.delivered / "E001.png")
    note = {"done": True, "code": {"engine.py": _delivered._digest("engine.py")}}
    (roster.folder / "note.json").write_text(json.dumps(note))
    return roster


def test_what_is_kept_is_not_made_again(kept: Roster) -> None:
    (picture,) = _delivered.pictures(kept)
    assert picture.getpixel((0, 0)) == (9, 9, 9)


@pytest.mark.parametrize("other", [Roster(people=2), Roster(people=1, seed=8)])
def test_another_roster_is_made(kept: Roster, other: Roster) -> None:
    with pytest.raises(Made):
        _delivered.pictures(other)


def test_what_other_code_made_or_what_was_broken_off_is_made_anew(
    kept: Roster, tmp_path: Path
) -> None:
    note = kept.folder / "note.json"
    whole = note.read_text()
    note.write_text(whole.replace("true", "false"))
    with pytest.raises(Made):
        _delivered.pictures(kept)
    note.write_text(whole)
    assert len(_delivered.pictures(kept)) == 1
    (tmp_path / "engine.py").write_text("steps = 200")
    with pytest.raises(Made):
        _delivered.pictures(kept)
