"""How long a photo waits for its verdict: from its last byte arriving to the sentence about it.

Writes selfies.json. One person at a time sends photos one after the other, each as soon as the one
before has been taken in, as the browser does; a real cluster judges them meanwhile through the
real queue. Real photographs (an astronaut, public domain) as large as a phone makes them, and
selfies that the repository's renderer draws. In a database of its own that is removed afterwards.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
import psutil
from PIL import ImageOps

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks._report import BENCH, Figure, report, say

# A server of its own: tests that run at the same time begin theirs anew.
os.environ.setdefault("HEADSHOTS_VAR_DIR", str(BENCH / "selfies"))

# Pixels a side: twelve megapixels are what phones send today.
PHONE = (3024, 4032)
GOAL_S = 2.0
# What a browser waits between two looks (templates/employee/live.html).
LOOK_S = 1.0


def real_photos(count: int) -> list[bytes]:
    """Photographs that differ in light, crop and angle, three of them no good, as large as a
    phone's."""
    from tests.photographs import blurred, dark, jpeg_of, otherwise, two

    images = [otherwise(seed) for seed in range(count - 3)]
    images[1:1] = [blurred(), dark(), two()]
    return [jpeg_of(ImageOps.pad(image, PHONE), quality=85) for image in images]


def rendered_photos(count: int) -> list[bytes]:
    """Selfies of one drawn person, as large."""
    from generation.embedded_model.demo_people import choose_people, selfie
    from tests.photographs import jpeg_of

    (who,) = choose_people(1, seed=5)
    return [jpeg_of(ImageOps.fit(selfie(who, n, 768), PHONE), quality=85) for n in range(count)]


@contextmanager
def cluster(folder: Path) -> Iterator[psutil.Process]:
    """The default cluster as a site runs it, on this database and these files."""
    from django.conf import settings

    from tests import engine_room

    child = engine_room.cluster("default", folder, Path(settings.PRIVATE_ROOT))
    process = subprocess.Popen(
        child.argv, cwd=child.cwd, env=child.env, stdout=subprocess.DEVNULL, stderr=None
    )
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def cpu_of(cluster: psutil.Process) -> float:
    """Seconds that the processes of a cluster have computed for."""
    family = [cluster, *cluster.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in family)


def waits(photos: list[bytes]) -> list[float]:
    """Seconds from arrival to verdict of each photo that one person sends."""
    from django.db import connection

    from accounts.actors import employee_actor
    from generation.models import Selfie
    from generation.photos import selfies
    from tests.world import make_world, sign

    shoot = make_world().shoot()
    sign(shoot)
    shoot.refresh_from_db()
    arrived: dict[str, float] = {}
    judged: dict[str, float] = {}

    def watch() -> None:
        try:
            deadline = time.perf_counter() + 120
            while len(judged) < len(photos) and time.perf_counter() < deadline:
                found = Selfie.objects.filter(shoot=shoot).exclude(verdict="checking")
                for name in found.values_list("name", flat=True):
                    judged.setdefault(name, time.perf_counter())
                time.sleep(0.01)
        finally:
            connection.close()

    watcher = threading.Thread(target=watch)
    watcher.start()
    for number, data in enumerate(photos):
        name = f"{number}.jpg"
        arrived[name] = time.perf_counter()
        selfies.add_selfie(actor=employee_actor(shoot.employee), shoot=shoot, data=data, name=name)
    watcher.join()
    if len(judged) < len(photos):
        raise SystemExit(f"only {len(judged)} of {len(photos)} photos were judged")
    kept = Selfie.objects.filter(shoot=shoot, verdict="accepted").count()
    say(f"{kept} of {len(photos)} accepted")
    return [judged[name] - arrived[name] for name in arrived]


def measure(count: int) -> list[Figure]:
    """Both kinds of photos, `count` of each; seconds."""
    from django.conf import settings

    say("photos are made")
    real, rendered = real_photos(count), rendered_photos(count)
    with tempfile.TemporaryDirectory() as folder:
        settings.PRIVATE_ROOT = Path(folder) / "private"
        with cluster(Path(folder)) as running:
            # The first photo after a start waits for the start as well.
            (first,) = waits(real[:1])
            before = cpu_of(running)
            found = {"real photographs": waits(real), "rendered selfies": waits(rendered)}
            computed = (cpu_of(running) - before) / (2 * count)
    everything = [wait for each in found.values() for wait in each]
    # Within what was measured: beyond its slowest there is nothing to read.
    p95 = statistics.quantiles(everything, n=20, method="inclusive")[-1]
    how = f"{count} of {PHONE[0]} × {PHONE[1]}, one after the other, from last byte to verdict"
    figures = [
        Figure(f"verdict, {kind}, p50", statistics.median(each), "s", "", None, how)
        for kind, each in found.items()
    ]
    return [
        *figures,
        Figure("verdict, p50", statistics.median(everything), "s", "", None, "both kinds"),
        Figure("verdict, p95", p95, "s", f"≤ {GOAL_S:g}", p95 <= GOAL_S, "both kinds"),
        Figure("verdict, slowest", max(everything), "s", "", None, "both kinds"),
        Figure("on the page at the latest, p95", p95 + LOOK_S, "s", "", None,
               f"the page looks once each {LOOK_S:g} s while a photo is judged"),
        Figure("computing a photo", computed, "CPU s", "", None,
               "the cluster's processes; says what a busy machine hides"),
        Figure("first photo after the cluster was started", first, "s", "", None,
               "with the start of its processes"),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=6, help="of each kind")
    options = parser.parse_args()
    django.setup()
    from django.conf import settings
    from django.test.utils import setup_databases, teardown_databases

    from headshots.lib import embedded_postgres

    old = setup_databases(verbosity=0, interactive=False)
    try:
        report("selfies", measure(options.photos))
    finally:
        teardown_databases(old, verbosity=0)
        if "EMBEDDED" in settings.DATABASES["default"]:
            embedded_postgres.stop(settings.DATABASES["default"]["EMBEDDED"]["root"])


if __name__ == "__main__":
    main()
