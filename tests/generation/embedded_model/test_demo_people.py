"""The demonstration's roster: held out of training, mixed, and recognisable in every selfie."""

import subprocess
import sys
from itertools import combinations

import numpy as np
from PIL import Image

from generation.embedded_model.dataset import HELD_OUT
from generation.embedded_model.demo_people import choose_people, write_people
from tests.generation.embedded_model.faces import descriptors


def test_a_roster_is_mixed_and_held_out():
    people = choose_people(10)
    assert len({who.seed for who in people}) == 10
    assert min(who.seed for who in people) >= HELD_OUT
    assert len({who.skin_word for who in people}) == 5
    assert {"woman", "man"} <= {who.noun for who in people}
    assert choose_people(10) == people


def test_every_selfie_shows_one_face_nearest_to_its_owner(tmp_path):
    people = write_people(tmp_path, count=4, selfies=3)
    found = {}
    for person in people:
        assert [file.name for file in person.selfies] == [f"selfie_{n:02d}.jpg" for n in (1, 2, 3)]
        found[person.number] = []
        for file in person.selfies:
            picture = np.asarray(Image.open(file).convert("RGB"))
            assert min(picture.shape[:2]) >= 384
            faces = descriptors(picture)
            assert len(faces) == 1
            found[person.number] += faces
    same = [np.linalg.norm(a - b) for own in found.values() for a, b in combinations(own, 2)]
    other = [
        np.linalg.norm(a - b) for p, q in combinations(found.values(), 2) for a in p for b in q
    ]
    assert max(same) < min(other)
    assert (tmp_path / "people.json").exists()


def test_no_torch_is_needed():
    code = "import sys, generation.embedded_model.demo_people; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
