"""What an employee wishes of their pictures: other clothes of the look, and what shall stay."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actors import Actor
from generation import states
from generation.models import Shoot, State
from headshots.lib.problems import Problem


class Keep(models.TextChoices):
    """What belongs to somebody and is not to be changed."""

    GLASSES = "glasses", gettext_lazy("Glasses")
    HEAD_COVERING = "head_covering", gettext_lazy("Head covering")
    HEARING_AID = "hearing_aid", gettext_lazy("Hearing aid")
    BEARD = "beard", gettext_lazy("Beard")
    HAIR = "hair", gettext_lazy("Hair")


# What the gate can measure of it, by its flags; whatever it cannot, people look for themselves.
MEASURED: dict[str, tuple[str, ...]] = {
    Keep.GLASSES: ("glasses_missing",),
    Keep.HEAD_COVERING: ("hair",),
    Keep.HAIR: ("hair",),
}


def attires(shoot: Shoot) -> list[str]:
    """What this person may wear, the look's own first."""
    direction = shoot.order.direction
    return [direction.attire, *direction.attire_choices]


@transaction.atomic
def save(*, actor: Actor, shoot: Shoot, attire: str, keep: Sequence[str]) -> Shoot:
    """Note the wishes, while photos are collected or wait, or a choice is open.

    A tick right before the photos are handed in may arrive after them, and counts.

    Raises Problem for attire that the look does not allow, or an unknown thing to keep.
    """
    shoot = states.locked(shoot.pk)
    open_states = (State.COLLECTING, State.QUEUED, State.CHOOSING, State.APPROVING)
    if shoot.state not in open_states:
        raise Problem(
            _("Your pictures are being made; wishes can be changed when they are there."),
            code="being_made",
            status=409,
        )
    allowed = attires(shoot)
    if attire and attire not in allowed:
        raise Problem(
            _("This look does not include that attire. Choose one of those shown."),
            code="attire",
            field="attire",
        )
    unknown = set(keep) - set(Keep.values)
    if unknown:
        raise Problem(_("Choose what shall stay from the list."), code="keep_unknown", field="keep")
    shoot.attire = "" if attire == allowed[0] else attire
    shoot.keep = [value for value in Keep.values if value in keep]
    shoot.save(update_fields=["attire", "keep", "updated_at"])
    audit.record(
        actor=actor,
        organisation=shoot.order.organisation,
        action="wishes.saved",
        about=shoot,
        attire=shoot.attire,
        keep=shoot.keep,
    )
    return shoot


def to_look_for(shoot: Shoot) -> list[str]:
    """What shall stay that no measure tells: whoever chooses or approves looks for it."""
    return [str(Keep(value).label) for value in shoot.keep if value not in MEASURED]
