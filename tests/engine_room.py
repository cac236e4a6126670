"""The real engine on the embedded base model, set to be quick, and real clusters beside a test."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connection

from generation.dispatch import base_model
from generation.models import Shoot
from generation.photos import handing_in, selfies
from headshots.lib import vault_mark
from headshots.lib.supervise import Child
from headshots.lib.vault import Vault
from tests.world import sign

ROOT = Path(__file__).parent.parent


def quick_base_model(folder: Path, *, gate: Mapping[str, Any] | None = None) -> Path:
    """A copy of the embedded base model whose recipe trains and draws little.

    Weights are linked. `gate` changes thresholds where a test is about something else than
    likeness.
    """
    shutil.copytree(base_model.EMBEDDED, folder, copy_function=os.link, dirs_exist_ok=True)
    file = folder / "engine.json"
    recipe = json.loads(file.read_text())
    file.unlink()
    recipe["lora"] |= {"steps": 24, "batch": 4, "checkpoint_every": 6, "judge_images": 0}
    recipe["sample"] |= {"steps": 6, "candidates": 4, "rounds": 2}
    recipe["gate"] |= dict(gate or {})
    file.write_text(json.dumps(recipe))
    return folder


def database_url() -> str:
    """The test's own database, for a process of its own."""
    place = connection.settings_dict
    user, password = quote(place["USER"], safe=""), quote(place["PASSWORD"], safe="")
    return f"postgresql://{user}:{password}@/{place['NAME']}?host={quote(place['HOST'], safe='')}"


def environment(var: Path, private: Path, **more: str) -> dict[str, str]:
    """The settings of a process of its own on the test's database and files."""
    Vault(private).sign(vault_mark.known())
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("HEADSHOTS_")},
        "DJANGO_SETTINGS_MODULE": "headshots.settings",
        "DATABASE_URL": database_url(),
        "HEADSHOTS_VAR_DIR": str(var),
        "HEADSHOTS_PRIVATE_DIR": str(private),
        "HEADSHOTS_LOG": "json",
        **more,
    }


def cluster(name: str, var: Path, private: Path, **more: str) -> Child:
    """A real cluster on the test's database and files."""
    return Child(
        name=name,
        argv=[sys.executable, "manage.py", "cluster"],
        cwd=ROOT,
        env=environment(var, private, Q_CLUSTER_NAME=name, **more),
        grace_s=5.0,
    )


def hand_in_rendered(shoot: Shoot, files: list[Path]) -> None:
    """Sign, upload real pictures, have them judged by the real judge, hand in."""
    from accounts.actors import employee_actor

    actor = employee_actor(shoot.employee)
    sign(shoot)
    shoot.refresh_from_db()
    for file in files:
        selfie = selfies.add_selfie(
            actor=actor, shoot=shoot, data=file.read_bytes(), name=file.name, judge=False
        )
        selfies.judge_selfie(selfie_id=selfie.pk)
    handing_in.hand_in(actor=actor, shoot=shoot)
