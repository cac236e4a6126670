"""What somebody is asked for whose photos gave no picture that passed: what is wanting in these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from django.utils.translation import gettext_noop

from generation.dispatch import base_model
from generation.engine import photos
from generation.models import Selfie
from generation.photos import variety

# How many pieces of advice are given, and of those how many about the photos alone.
MOST, MOST_OF_PHOTOS = 3, 2
# Of so many photos something can be said: some, and most of them.
_SOME, _MANY = 0.3, 0.5
# Photos that were accepted, but hardly: as often as much as the least that is accepted.
_HARDLY_SHARP, _HARDLY_LIT = 1.6, 1.6
# A head is turned (Face.turn).
_TURNED = 0.3
# A photo is unlike the others by its mean distance to them: that much of the median of theirs, and
# that much more than it. Of 16 rendered people's eight photos each, three have such a one.
_UNLIKE, _UNLIKE_BY = 1.35, 0.06

FAILED = gettext_noop("We could not make headshots that look enough like you.")
NOT_DRAWN = gettext_noop(
    "Your pictures could not be drawn this time, for which your photos are not to blame: hand "
    "them in once more."
)
LEAST_LIKE = gettext_noop(
    "This photo looks least like your others. Another one in its place would help."
)

# What the photos themselves lack, what helps most first.
WANTING = {
    "sunglasses": gettext_noop(
        "Sunglasses hide your eyes in some of your photos: send others without them."
    ),
    "edge": gettext_noop(
        "The edge of the picture cuts your head in some of your photos: leave room around it."
    ),
    "odd": gettext_noop(
        "One of your photos is marked, as it looks least like the others: replace it."
    ),
    "soft": gettext_noop(
        "Most of your photos are not quite sharp: hold the camera still and wipe its lens."
    ),
    "dim": gettext_noop("There is little light in most of your photos: face a window or a lamp."),
    "turned": gettext_noop(
        "You look to the side in most of your photos: send more that look straight into the camera."
    ),
    "forehead": gettext_noop(
        "Something covers your forehead in most of your photos: if it is a hat, take it off once."
    ),
    "places": gettext_noop(
        "Your photos were taken in few places: add some that you take elsewhere."
    ),
    "angles": gettext_noop(
        "Your photos all show the same side of you: add some with your head turned a little."
    ),
    "lights": gettext_noop(
        "The light is the same in all of your photos: add some in other light, such as daylight."
    ),
}
# What helps against each reason of the gate, where the photos are not to blame for it already.
ADVICE = {
    "no_picture": gettext_noop(
        "Some pictures could not be drawn at all, for which your photos are not to blame."
    ),
    "no_face": gettext_noop("Send photos with your whole face visible, nothing covering it."),
    "several_faces": gettext_noop("Send photos with nobody else in them."),
    "size": gettext_noop(
        "Send photos of your head and shoulders, neither very close nor far away."
    ),
    "pose": gettext_noop("Send more photos looking straight into the camera."),
    "blurred": gettext_noop("Send sharper photos."),
    "unlike": gettext_noop(
        "Send a few more photos of you as you look today, with the hair and the glasses that you "
        "wear now."
    ),
    "colleague": gettext_noop(
        "Send photos that show what sets you apart: sharp, close, and in even light."
    ),
    "copy": gettext_noop("Send photos taken at different times, in different places."),
    "skin_tone": gettext_noop(
        "Send photos in daylight and without filters, so that the colour of your skin is seen as "
        "it is."
    ),
    "hair": gettext_noop("Wear your hair, or what covers it, the same way in every photo."),
    "glasses_missing": gettext_noop("Wear your glasses in every photo."),
    "glasses_added": gettext_noop(
        "If you do not always wear glasses, send photos without them, and with no shadow on your "
        "eyes."
    ),
}
# What need not be said of a reason, as it has been said of the photos.
_SAID_BY = {
    "no_face": {"sunglasses", "edge", "forehead"},
    "pose": {"turned"},
    "blurred": {"soft"},
    "copy": {"places", "lights"},
    "skin_tone": {"dim", "lights"},
}


def asked(*, reasons: Iterable[str], selfies: Sequence[Selfie]) -> str:
    """What to ask somebody for whose pictures of these photos failed for these reasons, keys of
    `gate.REASONS`: sentences in English, MOST of advice, what helps most first."""
    counts = Counter(reasons)
    if set(counts) == {"no_picture"}:
        return NOT_DRAWN
    wanting = list(_wanting(selfies))[:MOST_OF_PHOTOS]
    against = [
        ADVICE[reason]
        for reason, _count in counts.most_common()
        if reason in ADVICE and not _SAID_BY.get(reason, set()) & set(wanting)
    ]
    return " ".join([FAILED, *([WANTING[what] for what in wanting] + against)[:MOST]])


def mark_odd_one(selfies: Sequence[Selfie]) -> None:
    """Note on the photo that is least like the others that it is, and on no other."""
    odd = odd_one(selfies)
    for selfie in selfies:
        warnings = [warning for warning in selfie.warnings if warning != LEAST_LIKE]
        if selfie is odd:
            warnings.append(LEAST_LIKE)
        if warnings != selfie.warnings:
            Selfie.objects.filter(pk=selfie.pk).update(warnings=warnings)


def odd_one(selfies: Sequence[Selfie]) -> Selfie | None:
    """The photo that is clearly less like the others than they are like each other, if one is."""
    if len(selfies) < 4:
        return None
    points = np.asarray([selfie.descriptor for selfie in selfies], np.float64)
    means = np.linalg.norm(points[:, None] - points[None], axis=2).sum(axis=1) / (len(points) - 1)
    at = int(means.argmax())
    usual = float(np.median(np.delete(means, at)))
    return selfies[at] if means[at] > max(_UNLIKE * usual, usual + _UNLIKE_BY) else None


def _wanting(selfies: Sequence[Selfie]) -> Iterator[str]:
    rules = base_model.recipe().photos

    def warned(code: str) -> float:
        return _share(photos.WARNINGS[code] in selfie.warnings for selfie in selfies)

    def measured(what: str) -> list[float]:
        values = [selfie.measures.get(what) for selfie in selfies]
        return [float(value) for value in values if value is not None]

    yaws = measured("yaw")
    known = {
        "sunglasses": warned("sunglasses") >= _SOME,
        "edge": warned("edge") >= _SOME,
        "odd": odd_one(selfies) is not None,
        "soft": _share(
            value < _HARDLY_SHARP * rules.sharpness_min for value in measured("sharpness")
        )
        >= _MANY,
        "dim": _share(value < _HARDLY_LIT * rules.dark for value in measured("brightness"))
        >= _MANY,
        "turned": _share(abs(yaw) > _TURNED for yaw in yaws) >= _MANY,
        "forehead": warned("forehead") >= _MANY,
    }
    # Where nothing was measured, nothing is known of how they differ.
    seen = variety.of(selfies).wanting if yaws else ""
    return (what for what in WANTING if known.get(what) or what == seen)


def _share(found: Iterable[bool]) -> float:
    values = list(found)
    return sum(values) / len(values) if values else 0.0
