"""Headshots for a staff directory: from a CSV file of people to a folder of photos.

    pip install https://YOUR-SITE/developers/headshots_client-0.1.0-py3-none-any.whl
    export HEADSHOTS_URL=https://headshots.example  HEADSHOTS_KEY=hs_test_…
    python sync_directory.py staff.csv photos/ --listen 8787 --public https://hr.example.com/hooks

Brings the roster up to date with the file, orders headshots for whoever has none, waits for
webhooks and writes each photo as EXTERNAL_ID.jpg, other signs than letters, digits and -._~ as %XX.
Run it each night: it waits for twenty hours (`--patience`), and what comes later, the next run
collects. Who has a photo in the folder, a shoot under way, or said no, is not ordered for again.
Whoever withdrew loses the photo here, too, also while this was not running.

The file's columns: external_id and email; any of first_name, last_name, title, department, …
`--public` is the address by which Headshots reaches this machine's port `--listen`. `--archive`
names a ZIP that everything of the order is written to in the end, beside the folder.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import queue
import signal
import sys
import threading
import time
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast
from urllib.parse import quote

from headshots_client import (
    Conflict,
    Event,
    Headshots,
    HeadshotsError,
    NotFound,
    NotOurs,
    verify_webhook,
)
from headshots_client.shapes import EmployeeRow
from headshots_client.shapes import Headshot as Picture

EVENTS = (
    "headshot.approved",
    "headshot.finished",
    "shoot.failed",
    "shoot.cancelled",
    "shoot.opted_out",
    "shoot.withdrawn",
    "export.ready",
    "export.failed",
)
# Which of a headshot's files is taken: the first there is.
WANTED = ("portrait", "square", "badge")
# Who is ordered for: whoever never was, or whose shoot came to nothing by no will of theirs.
ANEW = (None, "failed", "cancelled")
SAID_NO = ("opted_out", "withdrawn")
LOOK_ANEW_S = 60.0
# Both together end before the next night's run begins.
PATIENCE_S = 20 * 3600.0
PACKING_S = 2 * 3600.0
PACKINGS = 3
# By which an endpoint that a run left behind is known as its own.
DESCRIPTION = "Directory sync"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("people", type=Path, help="CSV file")
    parser.add_argument("folder", type=Path, help="where photos go")
    parser.add_argument("--listen", type=int, default=8787, metavar="PORT")
    parser.add_argument("--public", required=True, metavar="URL")
    parser.add_argument("--look", default="Studio", help="name of a look")
    parser.add_argument("--archive", type=Path, metavar="ZIP")
    parser.add_argument("--patience", type=float, default=PATIENCE_S, metavar="SECONDS")
    options = parser.parse_args()
    # Ended from outside, it tidies up as well.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
        with Headshots() as client:
            return sync(client, options)
    except (HeadshotsError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def sync(client: Headshots, options: argparse.Namespace) -> int:
    """Everything in its order; 0 when everybody has a photo."""
    folder: Path = options.folder
    events: queue.Queue[Event] = queue.Queue()
    # Before anything is done: the run before may still be waiting there.
    with listen(options.listen, events) as server:
        people = bring_up_to_date(client, options.people)
        states(client, people, folder)
        missing = {id: name for id, name in people.items() if not photo(folder, name).exists()}
        print(f"{len(people)} people, {len(missing)} without a photo.", flush=True)
        endpoint, server.secret = hear(client, options.public)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            # The endpoint comes first, so that nothing happens unheard; then what is there already.
            newest = states(client, people, folder)
            for id in [id for id in missing if newest.get(id) in SAID_NO]:
                print(f"{missing.pop(id)} has said no and is not asked again.")
            take_all(client, missing, folder)
            wanted = [id for id in missing if newest.get(id) in ANEW]
            if wanted:
                order = place(client, options.look, wanted)
                print(f"Order {order} is placed for {len(wanted)}.", flush=True)
            wait(client, people, missing, options, events)
            if wanted and options.archive:
                archive(client, order, options, events)
        finally:
            client.webhook_endpoints.delete(endpoint)
            server.shutdown()
    left = [name for name in people.values() if not photo(folder, name).exists()]
    if left:
        print(f"Without a photo: {', '.join(left)}", file=sys.stderr)
    return 1 if left else 0


def listen(port: int, events: queue.Queue[Event]) -> Server:
    """What hears webhooks. Raises HeadshotsError where the port is taken."""
    try:
        return Server(port, events)
    except OSError as problem:
        raise HeadshotsError(
            f"Port {port} cannot be listened on: {problem.strerror}. Perhaps the run before is "
            "still waiting there. Nothing was done."
        ) from None


def hear(client: Headshots, url: str) -> tuple[str, str]:
    """The endpoint by which events come, and its secret: the one that a run left behind which could
    not tidy up, or a new one."""
    of_ours = [
        endpoint["id"]
        for endpoint in client.webhook_endpoints.list()
        if (endpoint["url"], endpoint["description"]) == (url, DESCRIPTION)
    ]
    for id in of_ours[1:]:
        client.webhook_endpoints.delete(id)
    if of_ours:
        secret = client.webhook_endpoints.rotate(of_ours[0], overlap_hours=0)
        client.webhook_endpoints.update(of_ours[0], types=EVENTS, enabled=True)
        return of_ours[0], secret
    made = client.webhook_endpoints.create(url=url, types=EVENTS, description=DESCRIPTION)
    return made["id"], made["secret"]


def bring_up_to_date(client: Headshots, file: Path) -> dict[str, str]:
    """Upsert the file's people; their external ids by the ids they have here."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = [
            cast(EmployeeRow, {k: v for k, v in row.items() if v}) for row in csv.DictReader(stream)
        ]
    known = {}
    for told in client.employees.upsert(rows):
        if told["problem"]:
            print(f"Row {told['index'] + 2}: {told['problem']['detail']}", file=sys.stderr)
        elif told["employee"]:
            known[told["employee"]] = told["external_id"]
    return known


def states(client: Headshots, people: dict[str, str], folder: Path) -> dict[str, str]:
    """The state of everybody's newest shoot, by the ids they have here; takes the photos of those
    out of the folder who withdrew, whether the file names them still or not."""
    newest: dict[str, str] = {}
    last: dict[str, str] = {}
    for shoot in client.shoots.list():
        newest.setdefault(shoot["employee"], shoot["state"])
        if shoot["state"] in ("delivered", "withdrawn"):
            last.setdefault(shoot["employee"], shoot["state"])
    for id in [id for id, state in last.items() if state == "withdrawn"]:
        name = people.get(id) or client.employees.get(id)["external_id"]
        photo(folder, name).unlink(missing_ok=True)
    return newest


def place(client: Headshots, look_name: str, people: list[str]) -> str:
    """One order a day for the same people, however often this runs."""
    look = next(client.looks.list(name=look_name), None)
    if look is None:
        raise HeadshotsError(f"There is no look called {look_name}.")
    sum_of_them = hashlib.sha256(" ".join(sorted(people)).encode()).hexdigest()[:24]
    order = client.orders.place(
        look=look["id"], employees=people, idempotency_key=f"sync-{date.today()}-{sum_of_them}"
    )
    return order["id"]


def wait(
    client: Headshots,
    people: dict[str, str],
    missing: dict[str, str],
    options: argparse.Namespace,
    events: queue.Queue[Event],
) -> None:
    """Write photos as they come until everybody's shoot has ended."""
    give_up = time.monotonic() + options.patience
    while missing and time.monotonic() < give_up:
        try:
            event = events.get(timeout=min(LOOK_ANEW_S, options.patience))
        except queue.Empty:
            # Nothing was heard for a while: what was missed, the API knows.
            take_all(client, missing, options.folder)
            continue
        about = event["data"]["id"]
        if event["data"]["object"] == "headshot":
            try:
                take(client, client.headshots.get(about), missing, options.folder)
            except NotFound:
                pass  # withdrawn meanwhile, as an event of its own says
            continue
        if event["data"]["object"] != "shoot":
            continue  # an export that is ready, of somebody else
        shoot = client.shoots.get(about)
        name = people.get(shoot["employee"])
        if name is None:
            continue
        if shoot["state"] == "withdrawn":
            photo(options.folder, name).unlink(missing_ok=True)
        if missing.pop(shoot["employee"], None):
            print(f"{name}: {shoot['state']}. {shoot['message']}".strip(), file=sys.stderr)


def archive(
    client: Headshots, order: str, options: argparse.Namespace, events: queue.Queue[Event]
) -> None:
    """Have everything of an order packed, and write the ZIP once it is there; anew where somebody
    withdrew while it was packed."""
    give_up = time.monotonic() + min(options.patience, PACKING_S)
    for _ in range(PACKINGS):
        try:
            export = client.exports.begin(order=order)
        except Conflict as problem:  # nobody's headshot is approved
            print(problem, file=sys.stderr)
            return
        while export["state"] in ("waiting", "making") and time.monotonic() < give_up:
            try:
                events.get(timeout=min(LOOK_ANEW_S, options.patience))
            except queue.Empty:
                pass  # what was missed, the API knows
            export = client.exports.get(export["id"])
        if export["state"] != "failed":
            break
    print(client.exports.save(export, options.archive))


def take_all(client: Headshots, missing: dict[str, str], folder: Path) -> None:
    """Write every photo that is there."""
    for headshot in client.headshots.list(approved=True):
        take(client, headshot, missing, folder)


def take(client: Headshots, headshot: Picture, missing: dict[str, str], folder: Path) -> None:
    """Write a headshot's photo once it is approved and its files are there."""
    name = missing.get(headshot["employee"])
    files = {each["kind"]: each for each in headshot["renditions"] if each["format"] == "jpeg"}
    if name is None or headshot["approved_at"] is None or not files:
        return
    best = next((files[kind] for kind in WANTED if kind in files), next(iter(files.values())))
    target = photo(folder, name)
    unfinished = target.with_suffix(".part")
    try:
        unfinished.write_bytes(client.headshots.file(best))
    except NotFound:
        return  # withdrawn, or rendered anew; either is told
    unfinished.replace(target)
    del missing[headshot["employee"]]
    print(f"{name}: {target}")


def photo(folder: Path, external_id: str) -> Path:
    """Where somebody's photo lies: nobody else's does, and no sign of the id leads out of the
    folder."""
    return folder / f"{quote(external_id, safe='')}.jpg"


class Server(ThreadingHTTPServer):
    """Hears webhooks: checks them, queues them, answers at once."""

    daemon_threads = True

    def __init__(self, port: int, events: queue.Queue[Event]) -> None:
        super().__init__(("", port), Hook)
        self.secret = ""
        self.events = events
        self.seen: set[str] = set()


class Hook(BaseHTTPRequestHandler):
    """One request of Headshots."""

    server: Server
    timeout = 10

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, 100_000))
        try:
            event = verify_webhook(self.server.secret, dict(self.headers.items()), body)
        except NotOurs:
            self.answer(401)
            return
        if event["id"] not in self.server.seen:  # the same event can come twice
            self.server.seen.add(event["id"])
            self.server.events.put(event)
        self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    sys.exit(main())
