"""`manage.py shoot_roster`: a roster file and a folder of photos become a folder of headshots."""

from __future__ import annotations

import csv
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from accounts.models import Employee, Release
from billing import ledger
from generation.models import Order
from tests.engine_room import ROOT, environment, quick_base_model
from tests.world import World, jpeg, make_world

LOOSE = {"likeness_global": 2.0, "likeness_slack": 2.0, "margin": -2.0, "sharpness_min": 0.0}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two people by number, one by address, one photo of nobody."""
    (tmp_path / "staff.csv").write_text(
        "number,email,name\n1,a@x.example,Ann A\n2,b@x.example,Ben B\n3,c@x.example,Cem C\n"
    )
    photos = tmp_path / "photos"
    for name in ("1/one.jpg", "b@x.example_two.jpg", "9_stranger.jpg"):
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        (photos / name).write_bytes(jpeg())
    return tmp_path


def run(folder: Path, *more: str) -> str:
    out = StringIO()
    call_command(
        "shoot_roster",
        "--roster", str(folder / "staff.csv"),
        "--photos", str(folder / "photos"),
        "--look", "studio",
        "--out", str(folder / "out"),
        *more,
        stdout=out,
    )  # fmt: skip
    return out.getvalue()


def test_a_dry_run_says_what_matches_and_changes_nothing(world: World, folder: Path) -> None:
    told = run(folder, "--dry-run")
    assert "2 photos of 2 people" in told
    assert "matches nobody" in told
    assert "9_stranger.jpg" in told
    assert "has no photos: Cem C" in told
    assert not Employee.objects.exists()
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--look", "Nope"], "There are: Studio"),
        (["--attest", "Ann Admin"], "No worker has reported"),
        (["--roster", "/nowhere.csv"], "There is no file"),
        (["--member", "nobody@x.example"], "Say who acts"),
        (["--organisation", "nope"], "Say which organisation"),
    ],
)
def test_what_cannot_be_done_is_said_first(
    world: World, folder: Path, more: list[str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        run(folder, *more)
    assert not Order.objects.exists()


def test_releases_must_be_attested(
    world: World, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from generation.models import Worker
    from generation.ordering import progress

    monkeypatch.setattr(progress, "workers_alive", lambda: [Worker()])
    with pytest.raises(CommandError, match="must be attested"):
        run(folder)
    assert not Employee.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.processes
@pytest.mark.xdist_group("gpu")
def test_a_folder_of_photos_becomes_a_folder_of_headshots(tmp_path: Path, settings: Any) -> None:
    from headshots.demo.employees import write_roster

    world = make_world(credits=2)
    roster = write_roster(tmp_path / "people", people=2, selfies=6, seed=5)
    base = quick_base_model(tmp_path / "base", gate=LOOSE)
    done = subprocess.run(
        [
            sys.executable, "manage.py", "shoot_roster", "--here",
            "--roster", str(roster), "--photos", str(roster.parent), "--look", "Studio",
            "--out", str(tmp_path / "out"), "--attest", "Ann Admin",
        ],
        cwd=ROOT,
        env=environment(tmp_path / "var", settings.PRIVATE_ROOT, BASE_MODEL=str(base)),
        capture_output=True,
        text=True,
        timeout=400,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    rows = list(csv.DictReader((tmp_path / "out" / "status.csv").open(encoding="utf-8-sig")))
    assert [row["state"] for row in rows] == ["delivered", "delivered"]
    for row in rows:
        # A folder a rendition, and every file that the list names.
        paths = [tmp_path / "out" / path for path in row["file"].split("; ")]
        assert len(paths) == 8
        assert all(path.is_file() for path in paths)
        (portrait,) = (path for path in paths if path.parent.name == "portrait")
        with Image.open(portrait) as picture:
            assert picture.size[1] > picture.size[0] > 400
            assert b"trainedAlgorithmicMedia" in picture.info["xmp"]
    assert Release.objects.filter(attested_by=world.owner).count() == 2
    assert all("Ann Admin" in r.attestation for r in Release.objects.all())
    balance = ledger.balance(organisation=world.organisation)
    assert (balance.available, balance.held) == (0, 0)
