"""Headshots of rendered people, so that finishing has faces to work on."""

from __future__ import annotations

from functools import cache

from PIL import Image

from accounts.actors import SYSTEM
from generation.approving import choosing
from generation.embedded_model.demo_people import choose_people
from generation.embedded_model.renderer import Scene, draw
from generation.engine import finish
from generation.models import Candidate, Headshot, Shoot, State
from generation.storage import vault
from tests.world import World, bring

# As finishing measures somebody who stands out in nothing.
MEASURES = {
    "eye_line": 0.42,
    "face_height": 0.48,
    "tilt": 0.0,
    "backdrop": [[50.0, 0.0, 0.0]],
    "brightness": 30.0,
    "side_light": 0.0,
    "clothes": [30.0, 0.0, 0.0],
}


@cache
def portrait(person: int, backdrop: str = "studio grey", size: int = 384) -> bytes:
    """A PNG of a rendered person as a base model draws headshots."""
    who = choose_people(12)[person]
    scene = Scene.sample(500 + person, "headshot").but(backdrop=backdrop, attire="navy suit")
    return finish.png(Image.fromarray(draw(who, scene, size)))


def sit(world: World, person: int, state: State = State.DELIVERED, *, size: int = 384) -> Shoot:
    """A shoot of a new employee whose candidates show rendered person number `person`."""
    shoot = world.shoot(State.CHOOSING)
    for candidate in Candidate.objects.filter(shoot=shoot):
        vault().put(candidate.file, portrait(person, size=size))
    choosing.pick(actor=SYSTEM, shoot=shoot, candidate=choosing.short_list(shoot=shoot)[0])
    if state == State.DELIVERED:
        choosing.approve(actor=SYSTEM, shoot=shoot)
    shoot.refresh_from_db()
    return shoot


def sit_roster(world: World, people: int, state: State = State.DELIVERED) -> list[Shoot]:
    """One order in which rendered people have picked a headshot, which is approved or awaits it."""
    shoots = list(world.order(people).shoots.order_by("employee__email"))
    for person, shoot in enumerate(shoots):
        seat(shoot, person, state)
    return shoots


def seat(shoot: Shoot, person: int, state: State = State.DELIVERED) -> None:
    """Rendered person number `person` picks a headshot, which is approved or awaits it."""
    bring(shoot, State.CHOOSING)
    for candidate in Candidate.objects.filter(shoot=shoot):
        vault().put(candidate.file, portrait(person))
    choosing.pick(actor=SYSTEM, shoot=shoot, candidate=choosing.short_list(shoot=shoot)[0])
    if state == State.DELIVERED:
        choosing.approve(actor=SYSTEM, shoot=shoot)
    shoot.refresh_from_db()


def headshot_of(shoot: Shoot) -> Headshot:
    """The headshot of a shoot as it stands in the database."""
    return Headshot.objects.select_related("finishing").get(shoot=shoot)
