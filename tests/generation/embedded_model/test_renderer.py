"""Rendered people: repeatable, described in known words, found and told apart."""

from itertools import combinations

import numpy as np
import pytest

from generation.embedded_model import vocabulary
from generation.embedded_model.renderer import Identity, Scene, caption, draw
from tests.generation.embedded_model.faces import descriptors


def photo(person: int, shot: int, context: str = "headshot", size: int = 96) -> np.ndarray:
    return draw(Identity.sample(person), Scene.sample(7000 + shot, context), size)


def test_the_same_seeds_draw_the_same_picture():
    first = photo(3, 1)
    assert first.shape == (96, 96, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, photo(3, 1))
    assert not np.array_equal(first, photo(4, 1))
    assert not np.array_equal(first, photo(3, 2))


def test_a_larger_picture_shows_the_same_scene():
    small, large = photo(8, 5).astype(float), photo(8, 5, size=192).astype(float)
    reduced = large.reshape(96, 2, 96, 2, 3).mean((1, 3))
    assert np.abs(reduced - small).mean() < 4


def test_captions_use_only_known_words():
    known = set(vocabulary.words())
    spoken = set()
    for number in range(1500):
        words = caption(Identity.sample(number), Scene.sample(number), number)
        assert words.split()[0] in vocabulary.CONTEXTS
        spoken.update(words.replace(",", "").split())
    assert spoken <= known
    looks = (*vocabulary.ATTIRE, *vocabulary.BACKDROP, *vocabulary.EXPRESSION, *vocabulary.LIGHT)
    assert {word for phrase in looks for word in phrase.split()} <= spoken


@pytest.mark.parametrize("attire", [*vocabulary.ATTIRE, *vocabulary.CASUAL_ATTIRE])
def test_every_attire_can_be_drawn_and_changes_the_clothes_only(attire):
    who, scene = Identity.sample(20), Scene.sample(9, "headshot")
    plain = draw(who, scene.but(attire="white shirt"), 96).astype(float)
    other = draw(who, scene.but(attire=attire), 96).astype(float)
    assert np.abs(plain[:60] - other[:60]).mean() < 2
    if attire != "white shirt":
        assert np.abs(plain[84:] - other[84:]).mean() > 2


@pytest.mark.parametrize("backdrop", [*vocabulary.BACKDROP, *vocabulary.CLUTTER_BACKDROP])
def test_every_backdrop_can_be_drawn_and_leaves_the_face_alone(backdrop):
    who, scene = Identity.sample(20), Scene.sample(9, "headshot")
    plain = draw(who, scene.but(backdrop="studio white"), 96).astype(float)
    other = draw(who, scene.but(backdrop=backdrop), 96).astype(float)
    assert np.abs(plain[40:60, 40:56] - other[40:60, 40:56]).mean() < 1
    if backdrop != "studio white":
        assert np.abs(plain[:10, :10] - other[:10, :10]).mean() > 3


def test_attire_does_not_depend_on_gender():
    worn = {"woman": set(), "man": set()}
    for number in range(600):
        who = Identity.sample(number)
        if who.noun in worn:
            worn[who.noun].add(Scene.sample(number, "headshot").attire)
    assert set(vocabulary.ATTIRE) <= worn["woman"]
    assert set(vocabulary.ATTIRE) <= worn["man"]


def test_all_skin_tones_ages_and_genders_come_up_about_equally():
    people = [Identity.sample(seed) for seed in range(1000)]
    for words, share in (
        ([who.skin_word for who in people], 1 / 5),
        ([who.age_word for who in people], 1 / 3),
    ):
        for word in set(words):
            assert abs(words.count(word) / 1000 - share) < 0.07
    nouns = [who.noun for who in people]
    assert abs(nouns.count("woman") - nouns.count("man")) < 100


def test_faces_are_found_and_the_same_person_is_nearer_than_another():
    found = {
        person: [
            faces[0]
            for shot in range(2)
            if len(faces := descriptors(photo(person, 40 + 2 * person + shot), 384)) == 1
        ]
        for person in range(12)
    }
    assert sum(map(len, found.values())) >= 21
    same = [np.linalg.norm(a - b) for shots in found.values() for a, b in combinations(shots, 2)]
    other = [
        np.linalg.norm(a - b) for p, q in combinations(found.values(), 2) for a in p for b in q
    ]
    assert np.mean(same) < 0.32
    assert np.mean(other) > np.mean(same) + 0.18
