"""Orders of the sandbox: every state in seconds, on the default cluster, by the same services.

The engine plays the employee and the worker, one step a shoot a turn, and stops where the address
says so (generation.sandbox.script). Twice is once: a step is taken under the shoot's lock, from
the state that it has then.
"""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable
from uuid import UUID

import structlog
from django.db import transaction
from PIL import Image

from accounts.actors import Actor, employee_actor
from accounts.consent import releases
from accounts.webhooks import events
from generation import states
from generation.approving import choosing
from generation.inviting import notices, signing
from generation.leaving import withdrawals
from generation.models import Candidate, Order, Selfie, Shoot, State
from generation.ordering import settling
from generation.photos import handing_in, selfies
from generation.sandbox import calls, pictures, script
from generation.storage import vault
from headshots.lib import locks
from headshots.lib.problems import Problem

log = structlog.get_logger(__name__)

ACTOR = Actor(kind="system", name="Sandbox")
TURN_S = 20.0
NO_ADAPTER = b"Nothing is trained in the sandbox.\n"
NO_FACE = "No face could be found in this photo. Take one from nearer, with light from the front."
BETTER_PHOTOS = (
    "The pictures did not look enough like you. Please add photos with other light and angles."
)


def advance(*, order_id: UUID) -> bool:
    """Take every shoot of an order a step further. Returns whether another turn may do more."""
    order = Order.objects.select_related("organisation").filter(pk=order_id).first()
    if order is None or not calls.is_sandbox(order.organisation):
        return False
    began = time.monotonic()
    moved = False
    going = Shoot.objects.filter(script.GOES_ON, order=order)
    with locks.alone(order_id) as alone, calls.at_work():
        if not alone:
            return False
        for shoot_id, state in list(going.order_by("state_since").values_list("pk", "state")):
            if time.monotonic() - began > TURN_S:
                return True
            try:
                step = _withdraw if state == State.DELIVERED else _step
                moved |= step(shoot_id)
            except Problem as problem:
                # Whoever tests was faster, or took something away that the step needs.
                log.info("sandbox_step_refused", shoot=str(shoot_id), problem=problem.code)
    return moved


def judge(*, selfie: Selfie) -> Selfie:
    """The verdict on a photo that was uploaded to the sandbox: by the address, not the face."""
    email = selfie.shoot.employee.email
    good = script.read(email).fail != "noface"
    number = selfie.pk.int % 2**32  # every photo is another one
    with transaction.atomic():
        if Selfie.objects.filter(pk=selfie.pk, verdict=Selfie.Verdict.CHECKING).update(
            verdict=Selfie.Verdict.ACCEPTED if good else Selfie.Verdict.REJECTED,
            sentence="" if good else NO_FACE,
            descriptor=pictures.descriptor(email, number) if good else None,
            measures={"sharpness": 50.0} if good else {},
        ):
            _tell_verdicts(selfie.shoot, [selfie])
    selfie.refresh_from_db()
    return selfie


def _step(shoot_id: UUID) -> bool:
    with transaction.atomic():
        shoot = states.locked(shoot_id)
        told = script.read(shoot.employee.email)
        step = _STEPS.get(State(shoot.state))
        if step is None or shoot.state in told.waits:
            return False
        return step(shoot, told)


def _withdraw(shoot_id: UUID) -> bool:
    # Outside of the shoot's lock: who withdraws locks the releases first.
    shoot = Shoot.objects.select_related("employee").get(pk=shoot_id)
    withdrawals.withdraw(actor=employee_actor(shoot.employee), shoot=shoot)
    return True


def _invited(shoot: Shoot, told: script.Script) -> bool:
    actor = employee_actor(shoot.employee)
    if told.fail == "optout":
        choosing.opt_out(actor=actor, shoot=shoot)
        return True
    text = releases.release_text(shoot.employee)
    signing.sign_release(
        actor=actor, shoot=shoot, typed_name=shoot.employee.name, read_hash=text.sha256
    )
    return True


def _collecting(shoot: Shoot, told: script.Script) -> bool:
    if shoot.selfies.exists():
        return False  # whoever tests has them in hand, or they were refused
    if shoot.order.extends_id:
        return False  # the photos of the order before are on their way
    email = shoot.employee.email
    good = told.fail != "noface"
    made = []
    for number in range(selfies.LEAST):
        data = _jpeg(pictures.selfie(email, number), 85)
        sha256 = hashlib.sha256(data).hexdigest()
        key = f"{shoot.folder}/selfies/{sha256}.jpg"
        vault().put(key, data)
        made.append(
            Selfie.objects.create(
                shoot=shoot,
                file=key,
                name=f"photo-{number + 1}.jpg",
                sha256=sha256,
                width=256,
                height=256,
                verdict=Selfie.Verdict.ACCEPTED if good else Selfie.Verdict.REJECTED,
                sentence="" if good else NO_FACE,
                descriptor=pictures.descriptor(email, number) if good else None,
                measures={"sharpness": 50.0} if good else {},
            )
        )
    Shoot.objects.filter(pk=shoot.pk).update(inputs_destroyed_at=None)
    _tell_verdicts(shoot, made)
    if not good:
        return False
    try:
        handing_in.hand_in(actor=employee_actor(shoot.employee), shoot=shoot)
    except Problem as problem:
        if problem.code != "credits_missing":
            raise
        return False  # the photos stay, and the sweep hands them in
    return True


def _tell_verdicts(shoot: Shoot, judged: list[Selfie]) -> None:
    events.emit_all(organisation=shoot.order.organisation, type="selfie.judged", resources=judged)


def _queued(shoot: Shoot, told: script.Script) -> bool:
    states.move(actor=ACTOR, shoot=shoot, to=State.TRAINING, attempts=1, step=0, steps=100)
    return True


def _training(shoot: Shoot, told: script.Script) -> bool:
    if told.fail == "worker":
        states.move(
            actor=ACTOR,
            shoot=shoot,
            to=State.FAILED,
            message="The work on this headshot broke off 5 times. The credit has been given back.",
        )
        return True
    # Another look begins with it, and asks whether it is there.
    adapter = shoot.adapter or f"{shoot.folder}/adapter/{shoot.round}/sandbox.txt"
    if not vault().exists(adapter):
        vault().put(adapter, NO_ADAPTER)
    states.move(
        actor=ACTOR,
        shoot=shoot,
        to=State.GENERATING,
        step=0,
        steps=shoot.wanted,
        adapter=adapter,
        adapter_steps=100,
    )
    return True


def _generating(shoot: Shoot, told: script.Script) -> bool:
    failed = told.fail == "gate"
    made = set(shoot.candidates.filter(round=shoot.round).values_list("number", flat=True))
    for number in range(shoot.wanted):
        if number not in made:
            _draw(shoot, number, passed=not failed)
    if failed:
        states.move(
            actor=ACTOR,
            shoot=shoot,
            to=State.COLLECTING,
            message=BETTER_PHOTOS,
            adapter="",
            round=shoot.round + 1,
        )
        notices.notify(shoot=shoot, kind="better_photos")
    else:
        states.move(actor=ACTOR, shoot=shoot, to=State.CHOOSING)
        settling.settle_more(shoot=shoot)
    return True


def _draw(shoot: Shoot, number: int, *, passed: bool) -> None:
    key = f"{shoot.folder}/candidates/{shoot.round}-{number}.jpg" if passed else ""
    if passed:
        picture = pictures.candidate(shoot.employee.email, shoot.order.direction, number)
        vault().put(key, _jpeg(picture, 92))
    Candidate.objects.get_or_create(
        shoot=shoot,
        round=shoot.round,
        number=number,
        defaults={
            "seed": number,
            "passed": passed,
            "receipt": {"sandbox": True},
            "likeness_own": round((0.28 if passed else 0.62) + number / 100, 2),
            "likeness_best_colleague": 0.58,
            "file": key,
            "finished": key,
        },
    )


def _choosing(shoot: Shoot, told: script.Script) -> bool:
    picked = choosing.short_list(shoot=shoot)[0]
    choosing.pick(actor=employee_actor(shoot.employee), shoot=shoot, candidate=picked)
    return True


def _approving(shoot: Shoot, told: script.Script) -> bool:
    choosing.approve(actor=ACTOR, shoot=shoot)
    return True


_STEPS: dict[State, Callable[[Shoot, script.Script], bool]] = {
    State.INVITED: _invited,
    State.COLLECTING: _collecting,
    State.QUEUED: _queued,
    State.TRAINING: _training,
    State.GENERATING: _generating,
    State.CHOOSING: _choosing,
    State.APPROVING: _approving,
}


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
