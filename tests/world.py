"""People and things that tests begin with, made through the services."""

from __future__ import annotations

import hashlib
import io
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from django.utils import timezone
from django.utils.text import slugify
from PIL import Image

from accounts.access import Membership, membership
from accounts.actors import SYSTEM, Actor, employee_actor, user_actor
from accounts.consent import invitations, releases
from accounts.developers import partners
from accounts.membership.member_invitations import invite_member
from accounts.membership.organisations import add_member, found_organisation
from accounts.models import (
    Employee,
    Invitation,
    MemberInvitation,
    Organisation,
    PartnerGrant,
    Role,
    RosterImport,
    User,
    WebhookEndpoint,
)
from accounts.staff.roster_reading import start_import
from accounts.webhooks import endpoints
from billing import budgets, ledger
from billing.models import DepartmentBudget, Purchase
from generation import states
from generation.finishing import finishes
from generation.inviting import join_links, signing
from generation.models import (
    Alternative,
    Candidate,
    Directory,
    Finishing,
    Headshot,
    JoinLink,
    Look,
    Order,
    Plate,
    Refinish,
    Rendition,
    Selfie,
    Shoot,
    State,
)
from generation.ordering import looks, orders
from generation.photos import handing_in, selfies
from generation.publishing import directories
from generation.storage import vault

PASSWORD = "a long password 42"
DIRECTION = {
    "attire": "navy suit",
    "backdrop": "studio grey",
    "expression": "slight smile",
    "light": "soft light",
    "framing": "head and shoulders",
}


@lru_cache(maxsize=64)
def jpeg(seed: int = 0, size: tuple[int, int] = (640, 640)) -> bytes:
    """A real JPEG, another one for each seed."""
    pixels = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC).save(out, "JPEG")
    return out.getvalue()


def descriptor(person: int, photo: int = 0) -> list[float]:
    """128 numbers as the face encoder gives: near for one person, far between two."""
    centre = np.random.default_rng(person).normal(0, 0.06, 128)
    return [float(v) for v in centre + np.random.default_rng((person, photo)).normal(0, 0.01, 128)]


@dataclass
class World:
    """One organisation with its owner, a look and credits."""

    organisation: Organisation
    owner: User
    look: Look
    people: list[Employee] = field(default_factory=list)

    @property
    def actor(self) -> Actor:
        return user_actor(self.owner)

    @property
    def inside(self) -> Membership:
        return membership(self.owner, self.organisation.slug)

    def member(self, role: Role) -> User:
        """Another user, with that role."""
        user = make_user(f"{role}-{secrets.token_hex(3)}@{self.organisation.slug}.example")
        add_member(actor=SYSTEM, organisation=self.organisation, user=user, role=role)
        return user

    def invite_member(self) -> MemberInvitation:
        """An invitation to become a member that nobody has accepted."""
        return invite_member(
            actor=self.actor,
            organisation=self.organisation,
            email=f"invited-{secrets.token_hex(3)}@{self.organisation.slug}.example",
            role=Role.VIEWER,
        )

    def hire(self, count: int = 1) -> list[Employee]:
        """More people on the roster."""
        start = len(self.people)
        made = [
            Employee.objects.create(
                organisation=self.organisation,
                email=f"person{start + n}@{self.organisation.slug}.example",
                employee_number=f"{1000 + start + n}",
                first_name=f"First{start + n}",
                last_name=f"Last{start + n:03}",
            )
            for n in range(count)
        ]
        self.people += made
        return made

    def roster_file(self, text: str = "Email\nsomebody@x.example\n") -> RosterImport:
        """A file that has been uploaded and waits for its columns."""
        return start_import(
            actor=self.actor,
            organisation=self.organisation,
            data=text.encode(),
            filename="staff.csv",
        )

    def partner_grant(self) -> PartnerGrant:
        """Another organisation that may act for this one."""
        return partners.grant(
            actor=self.actor,
            organisation=self.organisation,
            partner_id=str(make_world("Partner").organisation.pk),
            wanted=["looks:read"],
        )

    def endpoint(self, **changes: Any) -> WebhookEndpoint:
        """A webhook endpoint of an address that nobody answers at."""
        WebhookEndpoint.objects.filter(organisation=self.organisation).delete()
        fields = {"url": "https://192.0.1.1/hooks", **changes}
        return endpoints.add(actor=self.actor, organisation=self.organisation, **fields)[0]

    def budget(self, department: str = "Sales", credits: int = 2) -> DepartmentBudget:
        """A department's budget of this month."""
        return budgets.set_budget(
            actor=self.actor,
            organisation=self.organisation,
            department=department,
            period="month",
            credits=credits,
        )

    def directory(self) -> Directory:
        """A directory that photos can be published to, connected."""
        return directories.connect(
            actor=self.actor,
            organisation=self.organisation,
            kind="bamboo",
            values={"company": "acme", "api_key": "secret"},
        )

    def plate(self) -> Plate:
        """A picture to put behind people."""
        return finishes.save_plate(
            actor=self.actor,
            organisation=self.organisation,
            name="Lobby",
            kind="picture",
            picture=jpeg(7),
        )

    def order(self, people: int = 1, **changes: Any) -> Order:
        """An order for some new people."""
        fields = {
            "actor": self.actor,
            "organisation": self.organisation,
            "look": self.look,
            "employees": self.hire(people),
            "due_at": timezone.now() + timedelta(days=7),
            **changes,
        }
        return orders.place_order(**fields)

    def purchase(self, credits: int = 5) -> Purchase:
        """A purchase that was begun and that Stripe does not know of yet."""
        return Purchase.objects.create(
            organisation=self.organisation,
            kind=Purchase.Kind.PACK,
            credits=credits,
            cents=credits * 2900,
        )

    def join_link(self, cap: int = 10, domains: tuple[str, ...] = ("acme.example",)) -> JoinLink:
        """A link into a new order."""
        order = self.order(1)
        return join_links.make_link(
            actor=self.actor,
            organisation=self.organisation,
            order=order,
            domains=domains,
            cap=cap,
            expires_at=order.due_at,
        )

    def organisation_join_link(
        self, cap: int = 10, domains: tuple[str, ...] = ("acme.example",)
    ) -> JoinLink:
        """A link of the organisation, into whichever order is open."""
        return join_links.make_link(
            actor=self.actor,
            organisation=self.organisation,
            order=None,
            domains=domains,
            cap=cap,
            expires_at=timezone.now() + timedelta(days=30),
        )

    def shoot(self, state: State = State.INVITED) -> Shoot:
        """A shoot of a new person, brought into that state on the way a real one goes."""
        shoot = self.order().shoots.get()
        return bring(shoot, state)


def make_user(email: str) -> User:
    """A user with a verified address."""
    from allauth.account.models import EmailAddress

    user = User.objects.create_user(email=email, password=PASSWORD)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def make_world(name: str = "Acme", credits: int = 100) -> World:
    """An organisation that can order."""
    owner = make_user(f"owner-{secrets.token_hex(3)}@{slugify(name)}.example")
    organisation = found_organisation(actor=SYSTEM, owner=owner, name=name)
    if credits:
        ledger.grant(actor=SYSTEM, organisation=organisation, amount=credits, source_key="tests")
    look = looks.save_look(actor=SYSTEM, organisation=organisation, name="Studio", **DIRECTION)
    return World(organisation, owner, look)


def sign(shoot: Shoot) -> None:
    """The employee signs the release."""
    actor = employee_actor(shoot.employee)
    text = releases.release_text(shoot.employee)
    signing.sign_release(actor=actor, shoot=shoot, typed_name="Somebody", read_hash=text.sha256)


def give_selfies(shoot: Shoot, count: int = selfies.LEAST, person: int | None = None) -> None:
    """Photos that the judge has accepted, with files in the vault."""
    who = person if person is not None else shoot.employee.pk.int % 2**31
    for number in range(count):
        key = f"{shoot.folder}/selfies/{number}.jpg"
        vault().put(key, jpeg(number))
        Selfie.objects.create(
            shoot=shoot,
            file=key,
            name=f"{number}.jpg",
            sha256=f"{shoot.pk.hex}{number}",
            width=640,
            height=640,
            verdict=Selfie.Verdict.ACCEPTED,
            descriptor=descriptor(who, number),
            measures={"sharpness": 50.0},
        )


def give_candidates(shoot: Shoot, count: int = 4) -> list[Candidate]:
    """Candidates that passed, with files in the vault."""
    made = []
    for number in range(count):
        key = f"{shoot.folder}/candidates/{shoot.round}-{number}.jpg"
        vault().put(key, jpeg(100 + number))
        made.append(
            Candidate.objects.create(
                shoot=shoot,
                round=shoot.round,
                number=number,
                seed=number,
                passed=True,
                receipt={},
                likeness_own=0.3 + number / 100,
                likeness_best_colleague=0.6,
                file=key,
                finished=key,
            )
        )
    return made


def everybody_compared() -> None:
    """Whatever was picked is compared with everybody of its order, as some time after the last of
    them has handed photos in."""
    Candidate.objects.update(compared_at=timezone.now())


def with_adapter(shoot: Shoot) -> Shoot:
    """A shoot whose person has been trained, with the file of it in the vault."""
    key = f"{shoot.folder}/adapter/1/adapter.safetensors"
    vault().put(key, b"weights")
    Shoot.objects.filter(pk=shoot.pk).update(adapter=key, adapter_steps=77)
    shoot.refresh_from_db()
    return shoot


def give_files(shoot: Shoot, kinds: Sequence[str] = ("portrait",)) -> Rendition:
    """Files of a headshot as finishing leaves them, with content in the vault; the last of them.

    Somebody who has not picked yet picks first.
    """
    headshot = Headshot.objects.filter(shoot=shoot).first() or Headshot.objects.create(
        shoot=shoot, candidate=shoot.candidates.first(), picked_at=timezone.now()
    )
    finishing, _made = Finishing.objects.update_or_create(
        headshot=headshot,
        finish=finishes.of_order(shoot.order),
        candidate=headshot.candidate,
        defaults={"state": Finishing.State.DONE},
    )
    Headshot.objects.filter(pk=headshot.pk).update(finishing=finishing)
    made = None
    for number, kind in enumerate(kinds):
        data = jpeg(number)
        key = f"{shoot.folder}/headshots/{finishing.pk}/{kind}.jpg"
        vault().put(key, data)
        made, _made = Rendition.objects.update_or_create(
            finishing=finishing,
            kind=kind,
            defaults={
                "format": "jpeg",
                "width": 640,
                "height": 640,
                "bytes": len(data),
                "file": key,
                "sha256": hashlib.sha256(data).hexdigest(),
            },
        )
    assert made is not None
    return made


def give_initials(shoot: Shoot) -> Alternative:
    """Somebody opts out and has initials drawn instead, by the services."""
    from generation.approving import alternatives, choosing

    actor = employee_actor(shoot.employee)
    choosing.opt_out(actor=actor, shoot=shoot)
    shoot.refresh_from_db()
    found = alternatives.give_initials(actor=actor, shoot=shoot)
    assert alternatives.finish(alternative_id=found.pk)
    found.refresh_from_db()
    return found


def many_delivered(world: World, count: int) -> Order:
    """An order with so many delivered headshots, in a few statements: one person went the way,
    the others have their picture. Each has an address of their own."""
    one = world.shoot(State.DELIVERED)
    key = f"{one.folder}/headshots/everybody.jpg"
    vault().put(key, jpeg(5, (640, 640)))
    shoots = []
    for employee in world.hire(count - 1):
        invitation = Invitation.objects.create(
            employee=employee, expires_at=timezone.now(), token_hash=f"{employee.pk.hex:0<64}"
        )
        shoots.append(
            Shoot(
                order=one.order,
                employee=employee,
                invitation=invitation,
                release=one.release,
                state=State.DELIVERED,
                seed=1,
            )
        )
    Shoot.objects.bulk_create(shoots)
    candidates = Candidate.objects.bulk_create(
        Candidate(shoot=shoot, round=1, number=0, seed=1, passed=True, receipt={}, finished=key)
        for shoot in shoots
    )
    Headshot.objects.bulk_create(
        Headshot(shoot=c.shoot, candidate=c, picked_at=timezone.now()) for c in candidates
    )
    return one.order


WAY = [
    State.INVITED,
    State.COLLECTING,
    State.QUEUED,
    State.TRAINING,
    State.GENERATING,
    State.CHOOSING,
    State.APPROVING,
    State.DELIVERED,
]


def bring(shoot: Shoot, state: State) -> Shoot:
    """Take a new shoot along the way to a state, by the services where they do not need a GPU."""
    from generation.approving import choosing

    actor = employee_actor(shoot.employee)
    for step in WAY[1 : WAY.index(state) + 1]:
        if step == State.COLLECTING:
            sign(shoot)
        elif step == State.QUEUED:
            give_selfies(shoot)
            handing_in.hand_in(actor=actor, shoot=shoot)
        elif step == State.TRAINING:
            Shoot.objects.filter(pk=shoot.pk).update(
                fence=1, attempts=1, lease_until=timezone.now() + timedelta(seconds=30)
            )
            _move(shoot, step)
        elif step in (State.GENERATING, State.CHOOSING):
            if step == State.CHOOSING:
                give_candidates(shoot)
            _move(shoot, step)
        elif step == State.APPROVING:
            picked = choosing.short_list(shoot=shoot)[0]
            choosing.pick(actor=actor, shoot=shoot, candidate=picked)
        elif step == State.DELIVERED:
            choosing.approve(actor=SYSTEM, shoot=shoot)
        shoot.refresh_from_db()
    return shoot


def _move(shoot: Shoot, to: State) -> None:
    from django.db import transaction

    with transaction.atomic():
        locked = states.locked(shoot.pk)
        states.move(actor=SYSTEM, shoot=locked, to=to, fence=locked.fence)


def token(shoot: Shoot) -> str:
    """The secret of a shoot's personal link."""
    return invitations.token(invitation=shoot.invitation)


def make_finishing(world: World) -> dict[str, Plate | Refinish | Rendition]:
    """A plate, and a headshot rendered on it and waiting to be approved."""
    plate = finishes.save_plate(
        actor=world.actor,
        organisation=world.organisation,
        name=secrets.token_hex(4),
        kind="colour",
        colours=["#204060"],
    )
    headshot = world.shoot(State.APPROVING).headshot
    finish = finishes.newest(organisation=world.organisation, look_name=world.look.name)
    refinish = Refinish.objects.create(order=headshot.shoot.order, finish=finish)
    finishing = headshot.finishings.get()
    key = f"{headshot.shoot.folder}/headshots/{finishing.pk}/square.jpg"
    vault().put(key, jpeg())
    rendition = Rendition.objects.create(
        finishing=finishing,
        kind="square",
        format="jpeg",
        width=640,
        height=640,
        bytes=1,
        file=key,
        sha256="",
    )
    return {"plate": plate, "refinish": refinish, "rendition": rendition}
