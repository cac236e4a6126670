"""What the next pictures of somebody have to be, by their wishes and by what was refused."""

from __future__ import annotations

from statistics import median

from generation.art_direction import CHOICES
from generation.engine.specs import LookSpec
from generation.models import Candidate, Shoot
from generation.photos.wishes import MEASURED

# A refusal that names one of these makes its flags count.
_REFUSED = {
    "hair": ("hair",),
    "skin": ("skin_tone",),
    "glasses": ("glasses_missing", "glasses_added"),
}


def look(shoot: Shoot) -> LookSpec:
    """The order's look with the person's attire; another expression where theirs was refused."""
    direction = shoot.order.direction
    expressions = CHOICES["expression"]
    turns = shoot.refusals.count("expression")
    expression = expressions[(expressions.index(direction.expression) + turns) % len(expressions)]
    return LookSpec(
        attire=shoot.attire or direction.attire,
        backdrop=direction.backdrop,
        expression=expression,
        light=direction.light,
        framing=direction.framing,
    )


def strict(shoot: Shoot) -> frozenset[str]:
    """Flags of the gate that make a picture of this person fail."""
    found: set[str] = set()
    for wish in shoot.keep:
        found.update(MEASURED.get(wish, ()))
    for refusal in shoot.refusals:
        found.update(_REFUSED.get(refusal, ()))
    return frozenset(found)


def bound(shoot: Shoot, threshold: float) -> float:
    """The likeness bound: where a face was refused, nearer than the half of what was shown."""
    if "face" not in shoot.refusals and "age" not in shoot.refusals:
        return threshold
    shown = Candidate.objects.filter(shoot=shoot, passed=True, round__lt=shoot.round)
    distances = [d for d in shown.values_list("likeness_own", flat=True) if d is not None]
    return min(threshold, median(distances)) if distances else threshold
