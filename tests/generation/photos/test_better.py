"""Who is asked for better photos reads what is wanting in those they sent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.utils import translation

from generation.dispatch import sitters
from generation.dispatch.claims import Claim
from generation.engine import gate, photos
from generation.models import Candidate, Selfie, Shoot, State
from generation.photos import better
from headshots.lib import filled
from tests.world import World, descriptor


def photo(number: int, *, warned: str = "", who: int = 1, **measures: Any) -> Selfie:
    """One of a varied set of good photos, but for what is said."""
    mark = np.random.default_rng(number).integers(0, 255, 256, dtype=np.uint8)
    usual = {
        "fingerprint": bytes(mark).hex(),
        "yaw": (-0.2, 0.0, 0.2)[number % 3],
        "brightness": (110.0, 160.0, 210.0)[number % 3],
        "sharpness": 50.0,
    }
    return Selfie(
        verdict=Selfie.Verdict.ACCEPTED,
        measures={**usual, **measures},
        warnings=[photos.WARNINGS[warned]] if warned else [],
        descriptor=descriptor(who, number),
    )


def good(count: int = 6, **what: Any) -> list[Selfie]:
    return [photo(number, **what) for number in range(count)]


def test_every_reason_has_words_and_each_piece_of_advice_is_one_sentence() -> None:
    assert set(better.ADVICE) == set(gate.REASONS)
    for words in (*better.ADVICE.values(), *better.WANTING.values(), better.FAILED):
        assert words.endswith(".")
        assert not any(end in words[:-1] for end in (". ", "! ", "? "))


def test_of_good_photos_only_the_reasons_speak_most_frequent_first() -> None:
    said = better.asked(reasons=["hair", "unlike", "unlike", "blurred"], selfies=good())
    advice = [better.ADVICE[reason] for reason in ("unlike", "hair", "blurred")]
    assert said == " ".join([better.FAILED, *advice])
    # Nobody is asked for what these photos are already.
    assert "straight" not in better.ADVICE["unlike"]


@pytest.mark.parametrize(
    ("selfies", "wanting"),
    [
        ([*good(4), *(photo(n, warned="sunglasses") for n in (4, 5))], ["sunglasses"]),
        (good(warned="edge"), ["edge"]),
        ([*good(5), photo(9, who=2)], ["odd"]),
        (good(sharpness=15.0), ["soft"]),
        (good(brightness=60.0), ["dim", "lights"]),
        (good(yaw=0.5), ["turned", "angles"]),
        (good(warned="forehead"), ["forehead"]),
        (good(fingerprint="77" * 256), ["places"]),
        (good(yaw=0.0), ["angles"]),
        (good(brightness=180.0), ["lights"]),
        (good(warned="sunglasses", sharpness=15.0, yaw=0.0), ["sunglasses", "soft"]),
        ([*good(5), photo(5, warned="sunglasses")], []),
        (good(warned="hair_cut"), []),
    ],
)
def test_what_the_photos_lack_comes_first(selfies: list[Selfie], wanting: list[str]) -> None:
    said = better.asked(reasons=["unlike"] * 3 + ["colleague"] * 2 + ["hair"], selfies=selfies)
    against = [better.ADVICE[reason] for reason in ("unlike", "colleague", "hair")]
    advice = [*(better.WANTING[what] for what in wanting), *against][:3]
    assert said == " ".join([better.FAILED, *advice])


def test_what_has_been_said_of_the_photos_is_not_said_of_the_reason_again() -> None:
    said = better.asked(reasons=["blurred"], selfies=good(sharpness=15.0))
    assert said == f"{better.FAILED} {better.WANTING['soft']}"


def test_nobody_is_blamed_for_what_could_not_be_drawn() -> None:
    assert better.asked(reasons=["no_picture"] * 8, selfies=good()) == better.NOT_DRAWN
    some = better.asked(reasons=["no_picture", "unlike", "unlike"], selfies=good())
    assert better.ADVICE["no_picture"] in some


def test_photos_judged_before_anything_was_measured_are_no_hindrance() -> None:
    bare = [Selfie(descriptor=descriptor(1, n), measures={}) for n in range(6)]
    said = better.asked(reasons=["unlike"], selfies=bare)
    assert said == f"{better.FAILED} {better.ADVICE['unlike']}"


@pytest.fixture
def sitter(world: World) -> sitters.Sitter:
    shoot = world.shoot(State.GENERATING)
    for number in range(2):
        Candidate.objects.create(
            shoot=shoot,
            round=shoot.round,
            number=number,
            seed=number,
            passed=False,
            receipt={"reasons": ["unlike"]},
        )
    odd = shoot.selfies.order_by("created_at")[2]
    Selfie.objects.filter(pk=odd.pk).update(
        descriptor=descriptor(7), warnings=[photos.WARNINGS["hair_cut"]]
    )
    before = shoot.selfies.order_by("created_at")[0]
    Selfie.objects.filter(pk=before.pk).update(warnings=[better.LEAST_LIKE])
    selfies = list(shoot.selfies.order_by("created_at"))
    claim = Claim(shoot_id=shoot.pk, fence=shoot.fence)
    own = np.array([one.descriptor for one in selfies])
    return sitters.Sitter(claim, shoot, selfies, own, 0.5)


def test_the_odd_one_is_marked_and_the_message_says_so(sitter: sitters.Sitter) -> None:
    sitters.conclude(sitter, 0)
    shoot = Shoot.objects.get(pk=sitter.shoot.pk)
    assert shoot.state == State.COLLECTING
    assert better.WANTING["odd"] in shoot.message
    warnings = list(shoot.selfies.order_by("created_at").values_list("warnings", flat=True))
    assert warnings == [[], [], [photos.WARNINGS["hair_cut"], better.LEAST_LIKE], [], [], []]


def test_the_sentences_are_shown_in_the_readers_language() -> None:
    said = better.asked(reasons=["copy"], selfies=good(warned="edge"))
    with translation.override("de"):
        assert better.FAILED not in filled.in_words(said, ())
