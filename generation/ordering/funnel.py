"""How far the people of an order have come: counted by the database, whatever their number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Avg, Case, CharField, Count, F, FloatField, Q, QuerySet, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from generation import states
from generation.models import Order, Shoot, State
from generation.ordering import progress

# Whoever opted out: a photo of their own, initials, or nothing stands beside the others.
ALTERNATIVE = "alternative"
ENDED = "ended"
# In the order in which people come through them. Who is in one has come through all before it.
STAGES: dict[str, tuple[Promise, Promise]] = {
    "invited": (_("Invited"), _("not opened yet")),
    "opened": (_("Opened"), _("not signed yet")),
    "released": (_("Signed"), _("adding photos")),
    "uploaded": (_("Photos in"), _("being made")),
    "choosing": (_("Choosing"), _("choosing now")),
    "approving": (_("Picked"), _("awaiting your yes")),
    "approved": (_("Approved"), _("done")),
}
# Stages in which it is the employee's turn, so that reminding them helps.
THEIR_TURN = ("invited", "opened", "released", "choosing")
_BY_STATE: dict[str, tuple[State, ...]] = {
    "released": (State.COLLECTING,),
    "uploaded": (State.QUEUED, State.TRAINING, State.GENERATING),
    "choosing": (State.CHOOSING,),
    "approving": (State.APPROVING,),
    "approved": (State.DELIVERED,),
}
_STAGE = Case(
    When(state=State.INVITED, invitation__opened_at=None, then=Value("invited")),
    When(state=State.INVITED, then=Value("opened")),
    *(When(state__in=found, then=Value(name)) for name, found in _BY_STATE.items()),
    When(state=State.OPTED_OUT, then=Value(ALTERNATIVE)),
    default=Value(ENDED),
    output_field=CharField(),
)


@dataclass(frozen=True)
class Stage:
    """`reached`: how many have come this far; `here`: how many are here now."""

    name: str
    label: str
    here_words: str
    reached: int
    here: int
    nudgeable: bool


@dataclass(frozen=True)
class Department:
    """A department's part of an order; the empty name is whoever has none."""

    name: str
    people: int
    approved: int
    waiting: int


@dataclass(frozen=True)
class Funnel:
    """An order, or one department of it, in stages."""

    stages: tuple[Stage, ...]
    departments: tuple[Department, ...]
    people: int
    alternative: int
    ended: int

    def here(self, stage: str) -> int:
        """How many are in that stage now."""
        return next((one.here for one in self.stages if one.name == stage), 0)

    @property
    def moving(self) -> bool:
        """Whether anybody has still some way to go."""
        return any(stage.here for stage in self.stages[:-1])


@dataclass(frozen=True)
class Wanted:
    """Which people of an order a page shows; an empty word means any, an empty department those
    who have none."""

    stage: str = ""
    department: str | None = None
    query: str = ""

    @classmethod
    def read(cls, said: Mapping[str, str]) -> Wanted:
        """From the words of an address; an unknown stage is left out."""
        stage = said.get("stage", "")
        return cls(
            stage=stage if stage in STAGES or stage in (ALTERNATIVE, ENDED, "mail") else "",
            department=_text(said["department"]) if "department" in said else None,
            query=_text(said.get("q", "")),
        )

    def words(self) -> dict[str, str]:
        """The words of an address that say this."""
        said = {"stage": self.stage, "q": self.query}
        found = {name: value for name, value in said.items() if value}
        return found if self.department is None else {**found, "department": self.department}

    @property
    def beside_stage(self) -> str:
        """What keeps the department in an address that has a stage."""
        return "" if self.department is None else f"&{urlencode({'department': self.department})}"


def _text(said: str) -> str:
    return said.replace("\x00", "").strip()[:100]


def of_order(*, order: Order, department: str | None = None) -> Funnel:
    """The funnel of an order in one query; with `department`, of its people alone, an empty one
    being of those who have none."""
    rows = list(
        Shoot.objects.filter(order=order)
        .order_by()
        .annotate(stage=_STAGE, place=F("employee__department"))
        .values_list("place", "stage")
        .annotate(n=Count("pk"))
    )
    counted: dict[str, int] = dict.fromkeys((*STAGES, ALTERNATIVE, ENDED), 0)
    places: dict[str, dict[str, int]] = {}
    for place, stage, number in rows:
        places.setdefault(place, {})[stage] = number
        if department is None or place == department:
            counted[stage] += number
    stages, reached = [], 0
    for name in reversed(STAGES):
        reached += counted[name]
        label, here = STAGES[name]
        turn = name in THEIR_TURN
        stages.append(Stage(name, str(label), str(here), reached, counted[name], turn))
    departments = tuple(
        Department(
            name=place,
            people=sum(found.values()),
            approved=found.get("approved", 0),
            waiting=sum(found.get(name, 0) for name in THEIR_TURN),
        )
        for place, found in sorted(places.items(), key=lambda item: (not item[0], item[0]))
    )
    return Funnel(
        stages=tuple(reversed(stages)),
        departments=departments,
        people=sum(counted.values()),
        alternative=counted[ALTERNATIVE],
        ended=counted[ENDED],
    )


def narrow(shoots: QuerySet[Shoot], wanted: Wanted) -> QuerySet[Shoot]:
    """Those of `shoots` that are wanted. The stage “mail” is whoever mail does not reach."""
    if wanted.stage == "mail":
        shoots = shoots.exclude(state__in=states.ENDED).filter(unreached())
    elif wanted.stage:
        shoots = shoots.annotate(stage=_STAGE).filter(stage=wanted.stage)
    if wanted.department is not None:
        shoots = shoots.filter(employee__department=wanted.department)
    for word in wanted.query.split():
        shoots = shoots.filter(
            Q(employee__first_name__icontains=word)
            | Q(employee__last_name__icontains=word)
            | Q(employee__preferred_name__icontains=word)
            | Q(employee__email__icontains=word)
        )
    return shoots


def unreached() -> Q:
    """Shoots whose mail came back or was not taken by the mail server."""
    return Q(employee__bounced_at__isnull=False) | ~Q(mail_problem="")


def percent(*, order: Order) -> int:
    """How far the whole order is, 0 to 100, as progress.percent says it of each shoot."""
    share = Case(
        When(steps__gt=0, then=F("step") * 1.0 / F("steps")),
        default=Value(0.0),
        output_field=FloatField(),
    )
    spans: list[Any] = [
        When(state=state, then=Value(float(start)) + (end - start) * share)
        for state, (start, end) in progress.SPAN.items()
    ]
    far = Case(*spans, default=Value(100.0), output_field=FloatField())
    found = Shoot.objects.filter(order=order).order_by().aggregate(far=Avg(far))["far"]
    return round(min(100.0, found or 0.0))
