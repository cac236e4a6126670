"""Settings that cannot be meant end the start with a sentence."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from headshots import processes
from headshots.lib.env import PATIENCE, Environment, SettingError, postgres_from_url

ROOT = Path(__file__).parent.parent


def start(**variables: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of its own."""
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG"}}
    return subprocess.run(
        [sys.executable, "-c", "import headshots.settings"],
        env={**kept, "SECRET_KEY": "k" * 40, **variables},
        capture_output=True,
        text=True,
        cwd=ROOT,
    )


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "shorter than 32"),
        ({"HEADSHOTS_DEBUGG": "1"}, "Did you mean HEADSHOTS_DEBUG?"),
        ({"DATABSE_URL": "postgresql://x/y"}, "Did you mean DATABASE_URL?"),
        ({"HEADSHOTS_DEBUG": "ture"}, "Write 1 for yes or 0 for no"),
        ({"HEADSHOTS_LOG": "jsn"}, "Did you mean “json”?"),
        ({"HEADSHOTS_PEOPLE_AT_ONCE": "0"}, "must lie between 1 and 64"),
        ({"HEADSHOTS_PEOPLE_AT_ONCE": "four"}, "must be a whole number"),
        ({"DATABASE_URL": "sqlite:///db.sqlite3"}, "Only PostgreSQL is supported"),
        ({"DATABASE_URL": "postgresql://host"}, "names no database"),
        ({"HEADSHOTS_SITE_URL": "headshots.example"}, "Begin it with https://"),
        ({"SECRET_KEY_FILE": "/nowhere", "SECRET_KEY": ""}, "cannot be read"),
        (
            {"HEADSHOTS_SITE_URL": "https://headshots.example", "HEADSHOTS_ALLOW_LOOPBACK": "1"},
            "lets customers call this machine's own services",
        ),
    ],
)
def test_refused_at_start(variables: dict[str, str], sentence: str) -> None:
    done = start(**variables)
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_what_the_documents_say_to_export_is_in_no_ones_way() -> None:
    """The quick start is read, and the product started, in one shell."""
    pages = [ROOT / "docs" / name for name in ("quick-start.md", "python-client.md")]
    named = {name for page in pages for name in re.findall(r"HEADSHOTS_\w+", page.read_text())}
    assert len(named) >= 2
    done = start(**dict.fromkeys(named, "http://127.0.0.1:8000"))
    assert done.returncode == 0, done.stderr


def test_starts_with_the_least() -> None:
    done = start()
    assert done.returncode == 0, done.stderr


def test_parts_do_not_run_with_settings_that_do_not_go_together(
    settings: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def begun(*_: Any, **__: Any) -> None:
        raise AssertionError("it was begun")

    monkeypatch.setattr(processes, "Supervisor", begun)
    monkeypatch.chdir(".")
    settings.DEBUG = settings.SECURE = True
    assert processes.main(["web"]) == 1
    assert "HEADSHOTS_DEBUG is on for a site with https://" in capsys.readouterr().err


def test_secrets_from_files(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from a file\n")
    assert Environment({"KEY_FILE": str(file)}).text("KEY") == "from a file"
    with pytest.raises(SettingError, match="both set"):
        Environment({"KEY_FILE": str(file), "KEY": "x"}).text("KEY")


def test_database_address_keeps_odd_characters() -> None:
    found = postgres_from_url("postgresql://us%40er:p%2Fw@db:5433/na%20me?sslmode=require")
    assert (found["USER"], found["PASSWORD"], found["NAME"]) == ("us@er", "p/w", "na me")
    assert found["PORT"] == "5433"
    assert found["OPTIONS"] == {**PATIENCE, "sslmode": "require"}


def test_a_database_that_is_gone_without_a_word_is_noticed_and_the_address_may_say_otherwise() -> (
    None
):
    found = postgres_from_url("postgresql://db/name")["OPTIONS"]
    assert isinstance(found, dict)
    probes = found["keepalives_idle"] + found["keepalives_interval"] * found["keepalives_count"]
    assert probes <= 60
    assert 0 < found["tcp_user_timeout"] <= 60_000
    said = postgres_from_url("postgresql://db/name?keepalives_idle=5&tcp_user_timeout=1000")
    assert said["OPTIONS"] == {**found, "keepalives_idle": "5", "tcp_user_timeout": "1000"}


def test_more_host_names_are_more() -> None:
    """The site's own and this machine's, which the health checks of a host use, stay."""
    program = "from headshots import settings; print(settings.ALLOWED_HOSTS)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            "PATH": os.environ["PATH"],
            "SECRET_KEY": "k" * 40,
            "HEADSHOTS_SITE_URL": "https://headshots.example",
            "HEADSHOTS_ALLOWED_HOSTS": "www.headshots.example, intranet",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    for host in ("headshots.example", "127.0.0.1", "www.headshots.example", "intranet"):
        assert f"'{host}'" in done.stdout, done.stderr
