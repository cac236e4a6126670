"""A roster of rendered people for demonstrations, with selfies as a phone would take them.

    python -m generation.embedded_model.demo_people FOLDER --count 8 --selfies 6

Nobody in a roster is in the training data: their seeds begin at dataset.HELD_OUT.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.embedded_model import vocabulary
from generation.embedded_model.dataset import HELD_OUT
from generation.embedded_model.renderer import Identity, Scene, draw
from generation.embedded_model.renderer.captions import person_words

GIVEN = {
    "woman": ("Ada", "Mira", "Joanna", "Leila", "Ines", "Grace", "Yuki", "Nadia", "Rosa", "Hanne"),
    "man": ("Omar", "Felix", "Jonas", "Kofi", "Ravi", "Mateo", "Liam", "Pavel", "Hugo", "Samir"),
    "person": ("Robin", "Alex", "Kim", "Sasha", "Noa", "Charlie", "Jules", "Sam", "Eden", "Quinn"),
}
FAMILY = (
    "Lindqvist", "Okafor", "Moreau", "Tanaka", "Alvarez", "Novak", "Haddad", "Schmidt",
    "Osei", "Petrov", "Rossi", "Nguyen", "Murphy", "Kaur", "Dubois", "Silva",
    "Andersen", "Mensah", "Farouk", "Costa", "Weber", "Ito", "Kowalski", "Brandt",
)  # fmt: skip
TITLES = (
    "Account manager", "Engineer", "Head of people", "Designer", "Finance lead",
    "Support specialist", "Chief executive", "Data analyst", "Sales lead", "Counsel",
)  # fmt: skip


@dataclass(frozen=True)
class DemoPerson:
    """One employee of the demonstration and where the selfies are."""

    number: str
    name: str
    email: str
    title: str
    words: tuple[str, ...]
    identity: Identity
    selfies: tuple[Path, ...] = ()


def _features(who: Identity) -> NDArray[np.float64]:
    """What makes people look alike or not, on comparable scales."""
    styles = vocabulary.HAIR_STYLES
    long = who.style in ("bob", "wavy", "long", "ponytail")
    big = who.style in ("curly", "afro")
    bare = who.style in ("bald", "buzzed", "receding")
    beard = {None: 0.0, "stubble": 0.35, "moustache": 0.5, "beard": 1.0}[who.beard]
    return np.array(
        (
            2.2 * who.tone,
            1.3 * who.femininity,
            1.1 * who.age,
            1.4 * sum(who.hair) / 3,
            0.9 * (who.hair[0] - who.hair[2]),
            0.9 * long,
            0.9 * big,
            0.8 * bare,
            1.0 * beard,
            1.0 * (who.glasses is not None),
            1.2 * (who.covering is not None),
            4.0 * who.width,
            3.0 * who.length,
            4.0 * who.jaw,
            6.0 * who.brow_thick,
            4.0 * who.nose_width,
            2.0 * who.mouth_width,
            0.05 * styles.index(who.style),
        )
    )


def choose_people(count: int, seed: int = 0) -> list[Identity]:
    """`count` held-out people as unlike each other as a pool of candidates allows.

    Farthest-point choice over the features; skin tone bands, gender presentations and
    ages take turns, so that every roster is mixed. At most one in eight covers the hair.
    """
    first = HELD_OUT + 100_000 * seed
    pool = [Identity.sample(first + at) for at in range(max(240, 24 * count))]
    features = np.stack([_features(who) for who in pool])
    chosen: list[int] = []
    distance = np.full(len(pool), np.inf)
    for turn in range(count):
        band = (0, 3, 1, 4, 2)[turn % 5]
        noun = ("woman", "man")[(turn + turn // 2) % 2] if turn % 8 != 6 else "person"
        covered = sum(pool[at].covering is not None for at in chosen)
        fits = [
            at
            for at, who in enumerate(pool)
            if at not in chosen
            and vocabulary.SKIN.index(who.skin_word) == band
            and who.noun == noun
            and (who.covering is None or covered < max(1, count // 8))
            and who.age_word == vocabulary.AGES[(turn + turn // 3) % 3]
            and not (who.femininity > 0.5 and who.style in ("bald", "buzzed", "receding"))
        ] or [at for at in range(len(pool)) if at not in chosen]
        best = max(fits, key=lambda at: (min(distance[at], 99.0), -at))
        chosen.append(best)
        distance = np.minimum(distance, np.linalg.norm(features - features[best], axis=1))
    return [pool[at] for at in chosen]


def selfie(who: Identity, number: int, size: int = 448) -> Image.Image:
    """Selfie `number` of a person: casual, in a real place, held by hand, `size` pixels."""
    scene = Scene.sample(HELD_OUT + who.seed * 97 + number, "selfie")
    g = np.random.default_rng((0x5E1, who.seed, number))
    casual = vocabulary.CASUAL_ATTIRE
    places = vocabulary.CLUTTER_BACKDROP
    scene = scene.but(
        attire=casual[(who.seed + 5 * number) % len(casual)],
        backdrop=places[(who.seed * 3 + number) % len(places)],
        yaw=float(np.clip(scene.yaw, -0.24, 0.24)),
        roll=float(np.clip(g.normal(0, 0.06), -0.14, 0.14)),
        side=float(g.uniform(2.9, 3.6)),
        shift=(float(g.normal(0, 0.025)), float(g.normal(0.02, 0.02))),
    )
    expression = vocabulary.EXPRESSION[number % len(vocabulary.EXPRESSION)]
    return Image.fromarray(draw(who, scene.feeling(expression, g), size, 1.5))


def write_people(folder: Path, count: int = 8, selfies: int = 6, seed: int = 0) -> list[DemoPerson]:
    """Write `selfies` JPEGs for each of `count` people into FOLDER/<employee number>/.

    people.json in `folder` holds the roster: number, name, email, title, words that describe
    the person and the files. Takes about 0.1 s a picture and needs no torch.
    """
    folder.mkdir(parents=True, exist_ok=True)
    people = []
    used: dict[str, int] = {}
    for at, who in enumerate(choose_people(count, seed)):
        number = f"E{at + 1:03d}"
        turn = used.get(who.noun, 0)
        used[who.noun] = turn + 1
        given = GIVEN[who.noun][turn % 10]
        family = FAMILY[(at + 5 * seed) % len(FAMILY)]
        place = folder / number
        place.mkdir(exist_ok=True)
        files = []
        for shot in range(selfies):
            file = place / f"selfie_{shot + 1:02d}.jpg"
            selfie(who, shot).save(file, quality=90)
            files.append(file)
        people.append(
            DemoPerson(
                number=number,
                name=f"{given} {family}",
                email=f"{given}.{family}@example.com".lower(),
                title=TITLES[at % len(TITLES)],
                words=tuple(person_words(who)),
                identity=who,
                selfies=tuple(files),
            )
        )
    text = json.dumps([_record(person, folder) for person in people], indent=2) + "\n"
    (folder / "people.json").write_text(text)
    return people


def _record(person: DemoPerson, folder: Path) -> dict[str, Any]:
    return {
        "employee_number": person.number,
        "name": person.name,
        "email": person.email,
        "title": person.title,
        "words": list(person.words),
        "seed": person.identity.seed,
        "selfies": [str(file.relative_to(folder)) for file in person.selfies],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a roster from the command line."""
    parser = argparse.ArgumentParser(description="Render a demonstration roster.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--selfies", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    for person in write_people(options.folder, options.count, options.selfies, options.seed):
        print(person.number, person.name, ", ".join(person.words))


if __name__ == "__main__":
    main()
