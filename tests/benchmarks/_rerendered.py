"""Headshots of an order onto a new plate, by the service as the default cluster runs it, in a
process that ends with an error if torch was loaded.

A database and a vault of its own, with content credentials: the first files are one rendition each;
then a new finish with a plate and the usual table is begun, rendered in the queue's turns, and put
to use. Prints the wall seconds of that, for `consistency.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks._report import BENCH, say

# A server of its own: tests that run at the same time begin theirs anew.
os.environ.setdefault("HEADSHOTS_VAR_DIR", str(BENCH / "rerendered"))
# People who differ; each is drawn again, turned and lit by chance, for those after them.
DIFFERENT = 20
# In the odd drawing no face is found.
SPARE = 0.15


def measured(count: int) -> float:
    """Seconds from the start of the rendering until all `count` are in use; each is checked to
    have every file, signed."""
    from django.conf import settings
    from django.db import transaction

    from accounts.actors import SYSTEM
    from generation.engine.provenance import authority
    from generation.finishing import finishes, refinishing, rendition_table, renditions
    from generation.models import Headshot, Rendition
    from tests.browser.queue import drain
    from tests.world import make_world, many_delivered

    chain, key = authority.make(organisation="Bench")
    settings.C2PA_CHAIN, settings.C2PA_KEY = chain.decode(), key.decode()
    world = make_world(credits=10)
    table = rendition_table.DEFAULT
    finishes.save_finish(
        actor=SYSTEM,
        organisation=world.organisation,
        look_name=world.look.name,
        plate=None,
        renditions=table[:1],
    )
    order = many_delivered(world, count + round(count * SPARE) + 2)
    headshots = list(Headshot.objects.filter(shoot__order=order).select_related("candidate"))
    say(f"drawing {len(headshots)} pictures, and the first files of each")
    _draw(headshots)
    drain()
    for headshot in headshots:
        with transaction.atomic():
            renditions.begin(headshot=headshot)
    drain()
    done = Headshot.objects.filter(shoot__order=order, finishing__isnull=False)
    kept = list(done.values_list("pk", flat=True)[:count])
    left = Headshot.objects.filter(shoot__order=order).exclude(pk__in=kept)
    renditions.drop(headshots=left)
    left.delete()
    if len(kept) != count:
        raise SystemExit(f"Only {len(kept)} pictures had a face.")
    plate = finishes.save_plate(
        actor=SYSTEM,
        organisation=world.organisation,
        name="New",
        kind="gradient",
        colours=["#24405e", "#0d1b2a"],
    )
    finish = finishes.save_finish(
        actor=SYSTEM,
        organisation=world.organisation,
        look_name=world.look.name,
        plate=plate,
        renditions=table,
    )
    say(f"rendering {count} people anew")
    order.refresh_from_db()
    started = time.perf_counter()
    made = refinishing.start(actor=SYSTEM, order=order, finish=finish)
    drain()
    used = refinishing.approve(actor=SYSTEM, refinish=made)
    took = time.perf_counter() - started
    files = Rendition.objects.filter(finishing__counts_for__shoot__order=order, signed=True)
    if used != count or files.count() != count * len(table):
        raise SystemExit(f"{used} were rendered; {files.count()} files are signed.")
    return took


def _draw(headshots: list) -> None:  # type: ignore[type-arg]
    """A picture of each headshot's own, as a base model draws them."""
    from PIL import Image

    from generation.embedded_model.demo_people import choose_people
    from generation.embedded_model.renderer import Scene, draw
    from generation.engine import finish
    from generation.models import Candidate
    from generation.storage import vault

    people = choose_people(min(DIFFERENT, len(headshots)))
    for at, headshot in enumerate(headshots):
        scene = Scene.sample(900 + at, "headshot").but(backdrop="studio grey")
        picture = Image.fromarray(draw(people[at % len(people)], scene, 384))
        key = f"bench/{headshot.pk}.png"
        vault().put(key, finish.png(picture))
        Candidate.objects.filter(pk=headshot.candidate_id).update(file=key)
        headshot.candidate.file = key


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    import cv2
    from django.conf import settings
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    from headshots.lib import embedded_postgres, vault_mark
    from headshots.lib.vault import Vault

    cv2.setNumThreads(1)
    setup_test_environment()
    settings.PRIVATE_ROOT = BENCH / "rerendered" / "private"
    shutil.rmtree(settings.PRIVATE_ROOT, ignore_errors=True)
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        vault_mark.lay_table()
        vault_mark.keep("bench")
        Vault(settings.PRIVATE_ROOT).sign("bench")
        took = measured(options.people)
    finally:
        teardown_databases(databases, verbosity=0)
        embedded = settings.DATABASES["default"].get("EMBEDDED")
        if embedded:
            embedded_postgres.stop(embedded["root"])
        shutil.rmtree(settings.PRIVATE_ROOT, ignore_errors=True)
    print(json.dumps({"seconds": took}))
    sys.exit("torch was loaded" if "torch" in sys.modules else 0)


if __name__ == "__main__":
    main()
