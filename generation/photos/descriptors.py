"""Face descriptors of accepted photos, read as one matrix for many people."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from django.db.models import BinaryField, F, Func

from generation.models import Selfie

if TYPE_CHECKING:
    import numpy as np
    from django.db.models import Q
    from numpy.typing import NDArray

# PostgreSQL's binary form of an array of numbers: a head, then each with its length before it.
_HEAD, _EACH = 20, [("length", ">i4"), ("value", ">f8")]


def by_shoot(*wanted: Q) -> dict[str, NDArray[np.float64]]:
    """The descriptors [photos, 128] of the shoots that are wanted, by shoot.

    They are parts of one matrix: a roster's numbers never become Python's, which take twenty times
    the room.
    """
    import numpy as np

    rows = (
        Selfie.objects.filter(*wanted, verdict=Selfie.Verdict.ACCEPTED)
        .order_by("shoot_id", "pk")
        .values_list(
            "shoot_id", Func(F("descriptor"), function="array_send", output_field=BinaryField())
        )
    )
    people, whole = [], bytearray()
    for shoot_id, sent in rows.iterator(chunk_size=2000):
        people.append(str(shoot_id))
        whole += bytes(sent)[_HEAD:]
    matrix = np.frombuffer(whole, np.dtype(_EACH))["value"].astype(np.float64)
    matrix = matrix.reshape(len(people), -1) if people else matrix.reshape(0, 128)
    found, start = {}, 0
    for person, photos in groupby(people):
        end = start + sum(1 for _photo in photos)
        found[person] = matrix[start:end]
        start = end
    return found
