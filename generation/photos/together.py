"""Somebody's photos seen together: whom they show, and whether they are different pictures."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.webhooks import events
from generation import states
from generation.dispatch import base_model
from generation.engine import photos
from generation.models import Selfie, Shoot, State
from generation.photos.counts import LEAST
from headshots.lib.problems import Problem

# With fewer different pictures than this a set is one picture over and over.
LEAST_DIFFERENT = 3
SOMEBODY_ELSE = gettext_noop("This photo seems to show somebody else than your other photos.")
TWO_PEOPLE = gettext_noop(
    "Your photos seem to show different people, and as many of them one as another. Add more of "
    "yourself, and remove those of others."
)
SAME_PICTURE = gettext_noop(
    "Your photos are nearly all the same picture. Add some that you take elsewhere, in other light "
    "and with your head turned a little."
)
# What hides somebody is likelier than another person; hair that the edge cuts hides nobody.
_HIDING = tuple(photos.WARNINGS[code] for code in ("sunglasses", "forehead", "edge"))


def regroup(*, shoot: Shoot, judged: Sequence[Selfie] = ()) -> None:
    """Accept whoever most of a shoot's photos show, of as many whoever came first, and refuse the
    others, whatever was said of them before. Tells of `judged` and of every photo that changed.

    To be called under the shoot's lock, whenever there is a photo more or less. Photos with a
    descriptor take part: those accepted, and those refused for whom they show alone.
    """
    told = {photo.pk: photo for photo in judged}
    # What was handed in stays as it is.
    if shoot.state == State.COLLECTING:
        told |= {photo.pk: photo for photo in _judged_anew(shoot)}
    if told:
        events.emit_all(
            organisation=shoot.order.organisation, type="selfie.judged", resources=told.values()
        )


def _judged_anew(shoot: Shoot) -> Iterator[Selfie]:
    """The photos that were judged otherwise before."""
    taking_part = (
        Selfie.objects.filter(shoot=shoot)
        .exclude(verdict=Selfie.Verdict.CHECKING)
        .exclude(descriptor=None)
        .order_by("created_at", "pk")
    )
    groups = _groups(list(taking_part))
    in_doubt = _in_doubt(groups)
    for number, group in enumerate(groups):
        for photo in group:
            before = (photo.verdict, photo.sentence)
            photo.verdict = Selfie.Verdict.REJECTED if number else Selfie.Verdict.ACCEPTED
            photo.sentence = _sentence(photo, before, doubtful=number < in_doubt)
            if (photo.verdict, photo.sentence) != before:
                photo.save(update_fields=["verdict", "sentence"])
                yield photo


def take_out(*, shoot_id: UUID, selfies: Collection[UUID]) -> None:
    """Delete the rows of photos whose files are of no use, and judge the others together anew."""
    with transaction.atomic():
        shoot = states.locked(shoot_id)
        Selfie.objects.filter(pk__in=selfies).delete()
        regroup(shoot=shoot)


def _groups(taking_part: Sequence[Selfie]) -> list[list[Selfie]]:
    found = photos.people(
        [photo.descriptor or () for photo in taking_part], base_model.recipe().photos
    )
    return [[taking_part[at] for at in group] for group in found]


def _in_doubt(groups: Sequence[Sequence[Selfie]]) -> int:
    """How many of the groups could be the person: none where one is larger than all others."""
    largest = sum(len(group) == len(groups[0]) for group in groups)
    return largest if largest > 1 else 0


def _sentence(photo: Selfie, before: tuple[str, str], *, doubtful: bool) -> str:
    if photo.verdict == Selfie.Verdict.REJECTED:
        hidden = next((warning for warning in photo.warnings if warning in _HIDING), "")
        return hidden or (TWO_PEOPLE if doubtful else SOMEBODY_ELSE)
    if doubtful:
        return TWO_PEOPLE
    unchanged = before[0] == Selfie.Verdict.ACCEPTED and before[1] != TWO_PEOPLE
    return before[1] if unchanged else photos.SENTENCES["ok"]


def wrong(selfies: Iterable[Selfie]) -> Problem | None:
    """What is wrong with a shoot's photos together, so that they cannot be handed in; None if
    nothing is, or too few are accepted to tell."""
    taking_part = [photo for photo in selfies if photo.descriptor is not None]
    accepted = [photo for photo in taking_part if photo.verdict == Selfie.Verdict.ACCEPTED]
    if len(accepted) < LEAST_DIFFERENT:
        return None
    different = photos.different_pictures(
        [photo.descriptor or () for photo in accepted],
        [photo.measures.get("fingerprint", "") for photo in accepted],
        base_model.recipe().photos,
    )
    if different < LEAST_DIFFERENT:
        return Problem(_(SAME_PICTURE), code="same_picture", field="photos")
    if len(accepted) >= LEAST and _in_doubt(_groups(taking_part)):
        return Problem(_(TWO_PEOPLE), code="two_people", field="photos")
    return None
