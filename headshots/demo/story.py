"""What happens in the demo: an organisation orders, its employees take part, all is delivered.

Everything goes through the services that the pages call.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from allauth.account.models import EmailAddress
from django.conf import settings
from django.utils import timezone

from accounts.actors import SYSTEM, employee_actor, user_actor
from accounts.consent.releases import release_text
from accounts.membership.organisations import add_member, found_organisation
from accounts.models import Organisation, Role, User
from accounts.staff.roster import import_roster, read_roster
from billing import ledger
from billing.payments.catalogue_sync import sync_catalogue
from billing.payments.endpoint import ensure_endpoint
from generation import states
from generation.approving import choosing
from generation.delivering import delivery
from generation.inviting import signing
from generation.models import Finishing, Headshot, Order, Selfie, Shoot, State
from generation.ordering import looks, orders, progress
from generation.ordering.progress import ShootProgress
from generation.ordering.terminal import follow
from generation.photos import handing_in, selfies
from headshots.demo.employees import write_roster
from headshots.lib.problems import Problem

MINUTES_AT_MOST = 90
PASSWORD = "headshots-demo"  # noqa: S105  the demo serves this machine alone
OWNER = "anna.admin@lindgren-partner.example"
ORGANISATION = "Lindgren & Partner"
EMPLOYEES = 8
SELFIES = 10
# Kept back, to be handed in when better photos are asked for.
SPARE = 2
SEED = 2026


@dataclass(frozen=True)
class Places:
    """Where the demo keeps what it makes."""

    root: Path

    @property
    def people(self) -> Path:
        return self.root / "people"

    @property
    def report(self) -> Path:
        return self.root / "report.json"

    @property
    def zip(self) -> Path:
        return self.root / "headshots.zip"

    @property
    def wall(self) -> Path:
        return self.root / "staff-wall.png"


def tell(sentence: str) -> None:
    """One line in the terminal, at once."""
    print(sentence, flush=True)


def play() -> bool:
    """Play the story from wherever it stands; true when everybody has a headshot."""

    places = Places(settings.VAR_DIR)
    started = time.time()
    _open_shop()
    order = Order.objects.filter(organisation__name=ORGANISATION).order_by("created_at").first()
    if order is None:
        order = _place_order(places)
    elif order.shoots.exclude(state=State.DELIVERED).exists():
        tell("Going on with the order of the last run.")
    began = min(started, order.created_at.timestamp())
    _follow(order, places)
    _wait_for_files(order)
    delivered = order.shoots.filter(state=State.DELIVERED).count()
    people = order.shoots.count()
    if _reported(places) != delivered:
        _take_home(order, places, seconds=time.time() - began)
    _tell_end(order, places, delivered, people)
    return delivered == people


def _open_shop() -> None:
    """Bring what we sell to the stand-in for Stripe, once it is up."""
    for last in (False,) * 20 + (True,):
        try:
            sync_catalogue()
            ensure_endpoint()
            return
        except Problem as problem:
            if last:
                tell(f"Credits cannot be bought: {problem.sentence}")
            time.sleep(0.5)


def _place_order(places: Places) -> Order:
    """Render the employees, and do what an administrator does before the launch."""
    tell(f"Drawing {EMPLOYEES} people with {SELFIES} selfies each …")
    roster_file = write_roster(places.people, people=EMPLOYEES, selfies=SELFIES, seed=SEED)
    users = {}
    for email, name in (
        (OWNER, "Anna Admin"),
        ("victor.viewer@lindgren-partner.example", "Victor Viewer"),
    ):
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(email=email, password=PASSWORD, name=name)
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        users[email] = user
    owner = users[OWNER]
    actor = user_actor(owner)
    organisation = Organisation.objects.filter(name=ORGANISATION).first()
    if organisation is None:
        organisation = found_organisation(actor=actor, owner=owner, name=ORGANISATION)
    add_member(
        actor=actor,
        organisation=organisation,
        user=users["victor.viewer@lindgren-partner.example"],
        role=Role.VIEWER,
    )
    ledger.grant(
        actor=SYSTEM,
        organisation=organisation,
        amount=20,
        source_key="demo",
        note="For the demo",
    )
    report = import_roster(
        actor=actor,
        organisation=organisation,
        roster=read_roster(data=roster_file.read_bytes(), filename=roster_file.name),
    )
    tell(f"Roster: {report.added} employees from {roster_file.name}.")
    look = looks.save_look(
        actor=actor,
        organisation=organisation,
        name="Boardroom",
        attire="navy suit",
        backdrop="studio grey",
        expression="slight smile",
        light="soft light",
        framing="head and shoulders",
    )
    order = orders.place_order(
        actor=actor,
        organisation=organisation,
        look=look,
        employees=sorted(report.employees, key=lambda e: e.employee_number),
        due_at=timezone.now() + timedelta(days=14),
        name="Staff page",
    )
    tell(f"Order placed: {order.name}, {look.direction().words()}.")
    return order


def _follow(order: Order, places: Places) -> None:
    """Let everybody do their part as soon as it is their turn, until all shoots have ended."""
    deadline = time.monotonic() + MINUTES_AT_MOST * 60

    def look_again() -> list[ShootProgress] | None:
        shoots = list(
            Shoot.objects.filter(order=order)
            .select_related("employee__organisation", "order__organisation", "invitation")
            .order_by("employee__employee_number")
        )
        for shoot in shoots:
            _take_part(shoot, places)
        if time.monotonic() > deadline:
            tell(f"Not everybody had a headshot within {MINUTES_AT_MOST} minutes.")
            return None
        ended = all(shoot.state in states.ENDED for shoot in shoots)
        return None if ended else progress.of_shoots(shoots)

    follow(look_again, seconds=1.0)


def _take_part(shoot: Shoot, places: Places) -> None:
    """What this employee, or the administrator for them, does next, if it is their turn."""

    actor = employee_actor(shoot.employee)
    if shoot.state == State.INVITED:
        text = release_text(shoot.employee)
        signing.sign_release(
            actor=actor, shoot=shoot, typed_name=shoot.employee.name, read_hash=text.sha256
        )
        shoot.refresh_from_db()
    if shoot.state == State.COLLECTING:
        files = sorted((places.people / shoot.employee.employee_number).glob("selfie_*.jpg"))
        again = bool(shoot.message)
        wanted = files if again else files[:-SPARE]
        there = set(shoot.selfies.values_list("name", flat=True))
        for file in wanted:
            if file.name not in there:
                selfies.add_selfie(actor=actor, shoot=shoot, data=file.read_bytes(), name=file.name)
        if shoot.selfies.filter(verdict=Selfie.Verdict.CHECKING).exists():
            return
        if shoot.selfies.filter(verdict=Selfie.Verdict.ACCEPTED).count() < selfies.LEAST and (
            not again
        ):
            for file in files[-SPARE:]:
                selfies.add_selfie(actor=actor, shoot=shoot, data=file.read_bytes(), name=file.name)
            return
        try:
            handing_in.hand_in(actor=actor, shoot=shoot)
        except Problem as problem:
            if problem.code != "checking":
                raise
    elif shoot.state == State.CHOOSING:
        choosing.pick(actor=actor, shoot=shoot, candidate=choosing.short_list(shoot=shoot)[0])
    elif shoot.state == State.APPROVING:
        choosing.approve(actor=user_actor(User.objects.get(email=OWNER)), shoot=shoot)


def _wait_for_files(order: Order, seconds: float = 300.0) -> None:
    """Until every headshot is finished on its plate, or one cannot be, or it takes too long."""
    until = time.monotonic() + seconds
    done = (Finishing.State.DONE, Finishing.State.FAILED)
    open_ones = Headshot.objects.filter(shoot__order=order).exclude(finishings__state__in=done)
    if open_ones.exists():
        tell("Finishing the headshots: cut out, set on one plate, every size made.")
    while open_ones.exists() and time.monotonic() < until:
        time.sleep(1)


def _take_home(order: Order, places: Places, *, seconds: float) -> None:
    """Write the ZIP, the staff wall and the report."""

    actor = user_actor(User.objects.get(email=OWNER))
    with places.zip.open("wb") as archive:
        for piece in delivery.zip_order(actor=actor, order=order):
            archive.write(piece)
    wall = delivery.wall_picture(order=order)
    if wall is not None:
        places.wall.write_bytes(wall)
    employees = []
    for row in progress.of_shoots(
        Shoot.objects.filter(order=order)
        .select_related("employee", "headshot__candidate")
        .order_by("employee__employee_number")
    ):
        headshot = getattr(row.shoot, "headshot", None)
        employees.append(
            {
                "name": row.shoot.employee.name,
                "state": row.shoot.state,
                "gpu_seconds": round(row.gpu_seconds, 1),
                "candidates_made": row.candidates,
                "candidates_passed": row.shoot.candidates.filter(passed=True).count(),
                "likeness_own": headshot.candidate.likeness_own if headshot else None,
                "likeness_best_colleague": headshot.candidate.likeness_best_colleague
                if headshot
                else None,
            }
        )
    report = {
        "delivered": sum(e["state"] == State.DELIVERED for e in employees),
        "seconds_total": round(seconds, 1),
        "employees": employees,
    }
    partial = places.report.with_suffix(".tmp")
    partial.write_text(json.dumps(report, indent=2) + "\n")
    partial.replace(places.report)


def _reported(places: Places) -> int | None:
    """How many were delivered when the report was written; None without one."""
    if not places.report.exists():
        return None
    return int(json.loads(places.report.read_text())["delivered"])


def _tell_end(order: Order, places: Places, delivered: int, people: int) -> None:

    tell("")
    tell(f"{delivered} of {people} people have their headshot.")
    if places.report.exists():
        seconds = json.loads(places.report.read_text())["seconds_total"]
        tell(f"The order took {seconds / 60:.1f} minutes.")
    tell(f"Headshots    {os.path.relpath(places.zip)}")
    tell(f"Staff wall   {os.path.relpath(places.wall)}")
    tell(f"Report       {os.path.relpath(places.report)}")
    tell(f"Site         {settings.SITE_URL}/")
    tell(f"Order        {settings.SITE_URL}/o/{order.organisation.slug}/orders/{order.pk}")
    tell(f"Mail         {settings.SITE_URL}/demo/mail")
    tell(f"Sign in      {OWNER} (owner) or victor.viewer@lindgren-partner.example (viewer),")
    tell(f"             password {PASSWORD}")
