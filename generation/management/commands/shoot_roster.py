"""Headshots for a whole roster from a folder of photos."""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import track

from accounts.access import Membership, membership
from accounts.actors import Actor, user_actor
from accounts.models import Employee, Organisation, Role, User
from accounts.staff.roster import import_roster, read_roster
from generation import states
from generation.approving import choosing
from generation.delivering import delivery
from generation.dispatch import claims, unusable
from generation.finishing import renditions
from generation.inviting import signing
from generation.models import Finishing, Order, Selfie, Shoot, State
from generation.ordering import looks, on_behalf, orders, progress
from generation.ordering.terminal import follow
from generation.photos import handing_in, selfies
from headshots.lib.problems import Problem

STATEMENT = (
    "I attest that each of these people has signed the release for this use of their photos, "
    "and that I hold the signed releases."
)


class Command(BaseCommand):
    help = "Import a roster, hand in each person's photos on their behalf, and fetch the headshots."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--roster", type=Path, required=True, help="CSV or XLSX file")
        parser.add_argument(
            "--photos",
            type=Path,
            required=True,
            help="a sub-folder or a file name prefix a person: e-mail address or employee number",
        )
        parser.add_argument("--look", required=True, help="the name of one of your looks")
        parser.add_argument("--out", type=Path, required=True, help="where the headshots go")
        parser.add_argument("--organisation", help="its slug; not needed where there is one alone")
        parser.add_argument("--member", help="the e-mail address of the administrator who acts")
        parser.add_argument(
            "--attest", metavar="NAME", help="your name, to attest the releases without being asked"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what matches whom, and change nothing"
        )
        parser.add_argument(
            "--here", action="store_true", help="work in this process, without a worker host"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._run(options)
        except Problem as problem:
            raise CommandError(problem.sentence) from problem

    def _run(self, options: dict[str, Any]) -> None:
        inside = self._inside(options["organisation"], options["member"])
        actor = user_actor(inside.user)
        for path, what in ((options["roster"], "file"), (options["photos"], "folder")):
            if not (path.is_file() if what == "file" else path.is_dir()):
                raise CommandError(f"There is no {what} {path}.")
        roster = read_roster(data=options["roster"].read_bytes(), filename=options["roster"].name)
        look = looks.newest(organisation=inside.organisation, name=options["look"])
        if options["dry_run"]:
            # Unsaved rows: matching needs names alone.
            people = [
                Employee(
                    email=row.email,
                    employee_number=row.employee_number,
                    first_name=row.first_name,
                    last_name=row.last_name,
                )
                for row in roster.rows
            ]
            self._tell_match(
                on_behalf.match_photos(folder=options["photos"], employees=people),
                people,
                roster.problems,
            )
            return
        self._refuse_without_worker(options["here"])
        match = on_behalf.match_photos(
            folder=options["photos"],
            employees=[
                Employee(email=row.email, employee_number=row.employee_number)
                for row in roster.rows
            ],
        )
        if not match.photos:
            raise CommandError("No photo matches anybody of the roster. Try --dry-run.")
        attested_by = self._attest(options["attest"], len(match.photos))
        report = import_roster(actor=actor, organisation=inside.organisation, roster=roster)
        match = on_behalf.match_photos(folder=options["photos"], employees=report.employees)
        self._tell_match(match, report.employees, report.problems)
        order = orders.place_order(
            actor=actor,
            organisation=inside.organisation,
            look=look,
            employees=list(match.photos),
            due_at=timezone.now() + timedelta(days=14),
            name=f"{look.name}, from photos",
            invite=False,
        )
        self._hand_in(actor, order, match, f"{STATEMENT} {attested_by}")
        if options["here"]:
            self._work_here()
        self._follow(actor, order)
        self._write(actor, order, options["out"])

    def _inside(self, slug: str | None, email: str | None) -> Membership:
        found = Organisation.objects.filter(**({"slug": slug} if slug else {}))
        if found.count() != 1:
            slugs = ", ".join(Organisation.objects.values_list("slug", flat=True)[:20])
            raise CommandError(f"Say which organisation with --organisation. There are: {slugs}.")
        organisation = found.get()
        users = User.objects.filter(
            memberships__organisation=organisation,
            memberships__role__in=[Role.OWNER, Role.ADMIN],
            **({"email__iexact": email} if email else {}),
        )
        if users.count() != 1:
            addresses = ", ".join(users.values_list("email", flat=True)[:20])
            raise CommandError(f"Say who acts with --member. Administrators: {addresses}.")
        return membership(users.get(), organisation.slug, Role.ADMIN)

    def _refuse_without_worker(self, here: bool) -> None:
        if here:
            from generation.dispatch import base_model

            base_model.refuse_unusable()
            return
        if not progress.workers_alive():
            raise CommandError(
                "No worker has reported in the last three minutes. Start one with `make worker`, "
                "or add --here to work in this process. Of one that cannot, `manage.py status` "
                "says why."
            )

    def _attest(self, name: str | None, people: int) -> str:
        if name is None:
            if not sys.stdin.isatty():
                raise CommandError("The releases must be attested. Give your name with --attest.")
            self.stdout.write(f"\n{people} people. {STATEMENT}")
            name = input("Type your full name to attest, or nothing to stop: ")
        if len(name.strip()) < 2:
            raise CommandError("Not attested; nothing was changed.")
        return name.strip()

    def _tell_match(self, match: on_behalf.Match, people: list[Employee], problems: Any) -> None:
        for problem in problems:
            self.stdout.write(f"  {problem.sentence}")
        photos = sum(len(found) for found in match.photos.values())
        self.stdout.write(f"{photos} photos of {len(match.photos)} people.")
        for path in match.nobodys:
            self.stdout.write(f"  matches nobody: {path}")
        for path in match.other_files:
            self.stdout.write(f"  is no photo: {path}")
        for employee in match.without_photos(people):
            self.stdout.write(f"  has no photos: {employee.name} ({employee.email})")

    def _hand_in(self, actor: Actor, order: Order, match: on_behalf.Match, statement: str) -> None:
        shoots = {shoot.employee_id: shoot for shoot in order.shoots.select_related("employee")}
        jobs = [(who, path) for who, paths in match.photos.items() for path in paths]
        for employee in match.photos:
            signing.attest_release(actor=actor, shoot=shoots[employee.pk], statement=statement)
            shoots[employee.pk].refresh_from_db()
        for employee, path in track(jobs, "Judging photos", console=Console(stderr=True)):
            try:
                selfie = selfies.add_selfie(
                    actor=actor,
                    shoot=shoots[employee.pk],
                    data=path.read_bytes(),
                    name=path.name,
                    judge=False,
                )
                judged = selfies.judge_selfie(selfie_id=selfie.pk)
                if judged and judged.verdict == Selfie.Verdict.REJECTED:
                    self.stdout.write(f"  {path}: {judged.sentence}")
            except Problem as problem:
                self.stdout.write(f"  {path}: {problem.sentence}")
        for shoot in shoots.values():
            try:
                handing_in.hand_in(actor=actor, shoot=shoot)
            except Problem as problem:
                self.stdout.write(f"  {shoot.employee.name}: {problem.sentence}")
                orders.cancel_shoot(actor=actor, shoot=shoot)

    def _work_here(self) -> None:
        import threading

        from generation import tasks

        def work() -> None:
            while claims.waiting() and unusable.last() is None:
                tasks.work()

        threading.Thread(target=work, name="work", daemon=True).start()

    def _follow(self, actor: Actor, order: Order) -> None:
        """Wait for everybody; pick the likest picture and approve it."""

        def look_again() -> list[progress.ShootProgress] | None:
            if (refusal := unusable.last()) is not None:
                raise CommandError(f"This host {refusal.doing}")
            shoots = list(
                Shoot.objects.filter(order=order).select_related("employee", "order__organisation")
            )
            for shoot in shoots:
                if shoot.state == State.CHOOSING:
                    best = choosing.short_list(shoot=shoot)[0]
                    choosing.pick(actor=actor, shoot=shoot, candidate=best)
                elif shoot.state == State.APPROVING:
                    choosing.approve(actor=actor, shoot=shoot)
                elif shoot.state == State.COLLECTING:
                    self.stdout.write(f"  {shoot.employee.name}: {shoot.message}")
                    orders.cancel_shoot(actor=actor, shoot=shoot)
            rows = progress.of_shoots(shoots)
            return None if all(s.state in states.ENDED for s in shoots) else rows

        follow(look_again, seconds=1.0)

    def _write(self, actor: Actor, order: Order, out: Path) -> None:
        self._finish(order)
        out.mkdir(parents=True, exist_ok=True)
        for name, content in delivery.files(actor=actor, order=order):
            target = out / name
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_name(f".{target.name}.part")
            partial.write_bytes(content)
            partial.replace(target)
        done = delivery.pack(order=order).ready
        self.stdout.write(f"{done} of {order.shoots.count()} headshots are in {out}.")
        if done < order.shoots.count():
            raise CommandError("Some could not be made; the reasons stand above and in status.csv.")

    def _finish(self, order: Order) -> None:
        """Render what no cluster has rendered yet, as only files that are there go along."""
        waiting = Finishing.objects.filter(
            headshot__shoot__order=order, state=Finishing.State.WAITING
        )
        for key in track(
            list(waiting.values_list("pk", flat=True)),
            "Finishing the headshots",
            console=Console(stderr=True),
        ):
            renditions.render(finishing_id=key)
