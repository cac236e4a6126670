"""Mattes against the truth, plates, tones, places; and every picture that cannot be finished."""

from __future__ import annotations

import importlib
import io
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import color, data

from generation.embedded_model.demo_people import choose_people
from generation.embedded_model.renderer import Identity, Scene, draw
from generation.engine import colour, faces, photos
from generation.engine.errors import FinishError
from generation.engine.finishing import (
    LEAST_FACE,
    Cutout,
    FinishSpec,
    LogoSpec,
    PlateSpec,
    RenditionSpec,
    ToneSpec,
    cut_out,
    cutting,
    finish,
    measure,
    paint,
    tone,
)

DARK, LIGHT = PlateSpec("colour", ("#101418",)), PlateSpec("colour", ("#f6f4f0",))
PORTRAIT = RenditionSpec("portrait", 320, 400)
drawing = importlib.import_module("generation.embedded_model.renderer.draw")


@cache
def person(number: int, backdrop: str = "studio grey") -> Image.Image:
    scene = Scene.sample(500 + number, "headshot").but(backdrop=backdrop, light="soft light")
    return Image.fromarray(draw(choose_people(8)[number], scene, 384))


@cache
def cut(number: int) -> Cutout:
    return cut_out(person(number))


def truth(number: int, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """The share of the person in each pixel, from the same drawing on black and on white."""
    scene = Scene.sample(500 + number, "headshot").but(light="soft light")
    seen = []
    for value in (0.0, 1.0):
        monkeypatch.setattr(
            drawing,
            "draw_backdrop",
            lambda name, seed, size, value=value: np.full((size, size, 3), value, np.float32),
        )
        seen.append(draw(choose_people(8)[number], scene, 384).astype(float).mean(axis=-1))
    monkeypatch.undo()
    return 1 - (seen[1] - seen[0]) / 255


@pytest.mark.parametrize("number", [0, 1, 5])
def test_the_matte_is_the_person(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real = truth(number, monkeypatch)
    found = Image.fromarray((cut(number).alpha * 255).astype(np.uint8)).resize((384, 384))
    away = np.abs(np.asarray(found) / 255 - real)
    assert away.mean() < 0.02
    assert (away > 0.5).mean() < 0.01


def test_no_backdrop_shines_through_on_a_dark_and_a_light_plate() -> None:
    """Beside the outline nothing is lighter than on the dark plate or darker than on the light
    one, as a halo of the old backdrop would be."""
    shown = cut(5)
    for plate, grey in ((DARK, 20), (LIGHT, 245)):
        file = finish(shown, FinishSpec(plate, (PORTRAIT,)))[0]
        pixels = np.asarray(file.picture.convert("L"), float)
        rim = (file.alpha > 0.005) & (file.alpha < 0.1)
        assert rim.any()
        assert np.percentile(np.abs(pixels[rim] - grey), 90) < 25


def test_everybody_comes_to_the_same_place_on_the_same_plate() -> None:
    found = []
    for number in (0, 1, 5):
        file = finish(cut(number), FinishSpec(DARK, (PORTRAIT,)))[0]
        measures = measure(file.picture, file.alpha, cut(number))
        assert measures is not None
        found.append(measures)
    assert np.std([m.eye_line for m in found]) < 0.008
    assert np.std([m.face_height for m in found]) < 0.015
    assert max(abs(m.tilt) for m in found) < 1
    for cells in zip(*(m.backdrop for m in found), strict=True):
        labs = [np.array(lab) for lab in cells if lab]
        assert all(colour.delta_e(labs[0], lab) < 1 for lab in labs[1:])


def test_the_plate_behind_a_head_does_not_tilt_it() -> None:
    """Small drawn pictures are where a dark plate moves the landmarks most."""
    for number in (1, 5):
        small = person(number).resize((96, 96), Image.Resampling.LANCZOS)
        shown = cut_out(small)
        for plate in (DARK, LIGHT):
            file = finish(shown, FinishSpec(plate, (PORTRAIT,)))[0]
            measures = measure(file.picture, file.alpha, shown)
            assert measures is not None
            assert abs(measures.tilt) < 0.5
            assert abs(measures.eye_line - PORTRAIT.eye_line) < 0.004


def test_the_tilt_of_a_head_that_leans_to_the_right_of_the_picture_is_positive() -> None:
    nobody = np.zeros((384, 384), np.float32)
    upright = measure(person(0), nobody, cut(0))
    leaning = measure(person(0).rotate(-8, Image.Resampling.BICUBIC), nobody, cut(0))
    assert upright is not None
    assert leaning is not None
    assert leaning.tilt - upright.tilt == pytest.approx(8, abs=2)


def test_finishing_loads_no_torch(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    person(0).save(picture)
    program = (
        "import sys; from PIL import Image\n"
        "from generation.engine import finishing as f\n"
        "cut = f.cut_out(Image.open(sys.argv[1]))\n"
        "spec = f.FinishSpec(f.PlateSpec(), (f.RenditionSpec('one', 256, 320),))\n"
        "file = f.finish(cut, spec)[0]\n"
        "assert f.measure(file.picture, file.alpha, cut)\n"
        "sys.exit('torch was loaded' if 'torch' in sys.modules else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(picture)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_light_is_brought_together_and_skin_stays_as_it_is() -> None:
    shown = cut(0)
    before = shown.colour
    after = tone.toned(shown, ToneSpec(clothes=(60.0, 10.0, 20.0)))
    changed = np.abs(after.astype(int) - before).max(axis=-1)
    left, top, right, bottom = shown.face.box
    assert changed[(top + bottom) // 2, (left + right) // 2] == 0
    assert np.percentile(changed[top + 10 : bottom - 10, left + 30 : right - 30], 95) <= 2
    worn = (shown.alpha > 0.95) & (np.arange(len(changed))[:, None] > bottom + 60)
    assert np.median(changed[worn]) > 5


def test_a_picture_taken_darker_or_warmer_comes_to_the_others_light() -> None:
    """As its backdrop, whose colour is known, tells: clothes and hair follow, skin does not."""
    right = cut(0)
    assert right.flat
    paper = ToneSpec(backdrop=right.behind)
    gains = {"darker": (0.85, 0.85, 0.85), "lighter": (1.12, 1.12, 1.12), "warm": (1.03, 1.0, 0.95)}
    should = np.array(tone.clothes(right))
    for name, gain in gains.items():
        pixels = np.clip(np.asarray(person(0), float) * gain, 0, 255).astype(np.uint8)
        odd = cut_out(Image.fromarray(pixels))
        before = np.array(tone.clothes(odd))
        toned = replace(odd, colour=tone.toned(odd, paper))
        after = np.array(tone.clothes(toned))
        assert np.linalg.norm(after - should) < 0.6 * np.linalg.norm(before - should), name
        # From brow to chin and from eye to eye nothing moves.
        left, top, right_, bottom = odd.face.box
        aside, down = (right_ - left) // 4, (bottom - top) // 4
        face = (slice(top + down, bottom - down // 2), slice(left + aside, right_ - aside))
        changed = np.abs(toned.colour[face].astype(int) - odd.colour[face]).max(axis=-1)
        assert np.percentile(changed, 99) <= 1, name
    # Another wall is no light, and a photo's backdrop is not known.
    blue = cut_out(person(0, "studio blue"))
    assert blue.flat
    assert (tone.toned(blue, paper) == blue.colour).all()
    assert (tone.toned(right, ToneSpec()) == right.colour).all()


def test_differences_of_colour_are_those_of_ciede2000() -> None:
    labs = np.random.default_rng(1).uniform((0, -90, -90), (100, 90, 90), (500, 3))
    others = labs + np.random.default_rng(2).normal(0, 12, labs.shape)
    assert np.allclose(
        colour.delta_e(labs, others), color.deltaE_ciede2000(labs, others), atol=1e-6
    )


def test_the_same_input_gives_the_same_bytes() -> None:
    one, other = (
        finish(cut_out(person(0)), FinishSpec(DARK, (PORTRAIT,)))[0].data for _ in range(2)
    )
    assert one == other


def test_a_photograph_is_lifted_off_its_own_backdrop() -> None:
    photo = Image.fromarray(data.astronaut()).crop((90, 0, 380, 330))
    file = finish(cut_out(photo), FinishSpec(DARK, (PORTRAIT,)))[0]
    pixels = np.asarray(file.picture)
    # Both upper corners are the plate; the face is not.
    for x in (4, 315):
        assert np.abs(pixels[4, x].astype(int) - (0x10, 0x14, 0x18)).max() < 12
    assert pixels[200, 160].astype(int).sum() > 250


def test_logo_and_frame(tmp_path) -> None:
    logo = tmp_path / "logo.png"
    mark = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    mark.paste((255, 0, 0, 255), (0, 0, 20, 20))
    mark.save(logo)
    spec = FinishSpec(
        LIGHT,
        (
            RenditionSpec("one", 300, 300, logo=True),
            RenditionSpec("two", 200, 200, "png", shape="round", frame=True),
        ),
        logo=LogoSpec(logo, width=0.2),
        frame_colour="#00ff00",
    )
    one, two = finish(cut(0), spec)
    # The left half of the logo covers, its right half lets the picture through.
    x, y = 300 - 15 - 60, 300 - 15 - 15
    assert one.picture.getpixel((x + 10, y))[:3] == (255, 0, 0)
    assert one.picture.getpixel((x + 50, y))[:3] != (255, 0, 0)
    with Image.open(io.BytesIO(two.data)) as avatar:
        assert avatar.getpixel((2, 2))[3] == 0
        assert avatar.getpixel((100, 2)) == (0, 255, 0, 255)


@pytest.mark.parametrize("frame", [False, True], ids=["bare", "framed"])
@pytest.mark.parametrize("size", [(400, 100), (200, 100), (200, 200), (40, 800)])
def test_a_round_picture_shows_the_whole_logo(
    tmp_path: Path, size: tuple[int, int], frame: bool
) -> None:
    Image.new("RGBA", size, (255, 0, 0, 255)).save(tmp_path / "logo.png")
    avatar = RenditionSpec("avatar", 256, 256, "png", shape="round", logo=True, frame=frame)
    spec = FinishSpec(
        LIGHT,
        (avatar, replace(avatar, kind="none", logo=False)),
        logo=LogoSpec(tmp_path / "logo.png"),
        frame_colour="#00ff00",
    )
    shown, without = (np.asarray(file.picture) for file in finish(cut(0), spec))
    red = (shown == (255, 0, 0, 255)).all(axis=-1)
    rows, columns = np.nonzero(red.any(axis=1))[0], np.nonzero(red.any(axis=0))[0]
    high, wide = np.ptp(rows) + 1, np.ptp(columns) + 1
    # All of it, as wide as elsewhere unless it is too tall, in its own proportions.
    assert red.sum() == high * wide
    assert (shown != without).any(axis=-1).sum() == red.sum()
    assert wide == round(0.16 * 256) or size == (40, 800)
    assert high == round(wide * size[1] / size[0])
    assert abs(columns.mean() - 127.5) <= 0.5
    assert rows.max() > 210


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((400, 200), (64, 32)),
        ((200, 200), (64, 64)),
        ((40, 400), (6, 60)),
        ((1200, 100), (64, 5)),
        ((20, 10), (40, 20)),
    ],
    ids=["usual", "square", "tall", "long", "small"],
)
def test_a_logo_fits_into_its_corner(
    tmp_path: Path, size: tuple[int, int], shown: tuple[int, int]
) -> None:
    """Into a square of 16 % of the shorter side, at most twice as large as it was sent."""
    Image.new("RGBA", size, (255, 0, 0, 255)).save(tmp_path / "logo.png")
    banner = RenditionSpec("banner", 640, 400, "png", logo=True)
    spec = FinishSpec(LIGHT, (banner,), logo=LogoSpec(tmp_path / "logo.png"))
    pixels = np.asarray(finish(cut(0), spec)[0].picture)
    red = (pixels[..., :3] == (255, 0, 0)).all(axis=-1)
    rows, columns = np.nonzero(red.any(axis=1))[0], np.nonzero(red.any(axis=0))[0]
    assert (np.ptp(columns) + 1, np.ptp(rows) + 1) == shown
    assert red.sum() == shown[0] * shown[1]
    # As far from the corner as ever.
    assert (640 - 1 - columns.max(), 400 - 1 - rows.max()) == (20, 20)


def test_plates() -> None:
    falls = paint(PlateSpec("colour", ("#808080",), fall_off=0.4), (80, 100))
    assert falls[42, 40, 0] > falls[99, 0, 0] + 20
    slopes = paint(PlateSpec("gradient", ("#000000", "#ffffff"), angle=90), (80, 100))
    assert slopes[50, 2, 0] < 60
    assert slopes[50, 77, 0] > 230
    with pytest.raises(ValueError, match="no kind of plate"):
        paint(PlateSpec("wallpaper"), (8, 8))


def test_brand_colours_fall_off_softly_from_where_the_light_is() -> None:
    brand = PlateSpec("brand", ("#e0a040", "#102040"), fall_off=0.2)
    shown = paint(brand, (80, 100)).astype(int)
    lit, corner = shown[36, 34], shown[99, 79]
    assert np.abs(lit - (0xE0, 0xA0, 0x40)).max() < 12
    # Towards the corner it is darker, and nearer to the other colour.
    assert corner[0] < lit[0] / 2
    assert corner[2] / corner[0] > 2 * lit[2] / lit[0]
    assert corner.sum() < paint(replace(brand, fall_off=0.0), (80, 100))[99, 79].astype(int).sum()
    # On the way there is no step.
    steps = np.diff(shown[36:, 34, 0])
    assert steps.max() <= 1
    assert steps.min() > -6


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        (Image.new("RGB", (400, 400), (90, 120, 90)), "no_face"),
        (person(0).crop((130, 0, 384, 384)), "face_at_edge"),
        (
            Image.fromarray(np.hstack([np.asarray(person(0)), np.asarray(person(5))])),
            "several_faces",
        ),
    ],
    ids=["no face", "face at the edge", "two faces"],
)
def test_what_cannot_be_finished_says_why(picture: Image.Image, code: str) -> None:
    with pytest.raises(FinishError) as refused:
        cut_out(picture)
    assert refused.value.code in (code, "no_face")
    assert str(refused.value).endswith(".")


def test_where_the_matte_takes_everything_for_the_person_nothing_is_made_of_it() -> None:
    with pytest.raises(FinishError) as refused:
        cut_out(person(0), lambda pixels, _box: np.ones(pixels.shape[:2], np.float32))
    assert refused.value.code == "no_person"


def test_a_head_that_fills_most_of_the_picture_is_cut_out() -> None:
    """Read at first as if hardly anything of the picture could be anything else."""
    scene = Scene.sample(990, "headshot").but(backdrop="studio grey")
    alpha = cut_out(Image.fromarray(draw(choose_people(20)[10], scene, 384))).alpha
    height, width = alpha.shape
    assert 0.45 < float(alpha.mean()) < 0.6
    assert float(alpha[: height // 2, : width // 8].max()) < 0.05
    assert float(alpha[height // 3 : height // 2, width // 3 : 2 * width // 3].min()) > 0.95


def test_a_box_that_the_search_drew_too_large_is_no_face_at_the_edge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = person(0)
    (seen,) = faces.detect(whole)
    # As one step coarser: around the same face, out of the picture.
    more = whole.height - seen.box[3] + 1
    left, top, right, bottom = seen.box
    coarse = replace(seen, box=(left - more, top - more, right + more, bottom + more))
    monkeypatch.setattr(faces, "detect", lambda *_: [coarse])
    found = cutting.find(whole)
    assert np.abs(np.subtract(found.box, seen.box)).max() < 0.2 * seen.height
    with pytest.raises(FinishError, match="edge of this picture"):
        cutting.find(whole.crop((0, 0, whole.width, seen.box[3] - 20)))


@pytest.mark.parametrize(
    "crop", [(140, 0, 512, 400), (160, 0, 512, 400), (60, 20, 420, 400)], ids=str
)
def test_a_pattern_that_is_taken_for_a_face_is_nobody(crop: tuple[int, int, int, int]) -> None:
    photo = Image.fromarray(data.astronaut()).crop(crop)
    more = 640 / min(photo.size)
    large = photo.resize((round(photo.width * more), round(photo.height * more)))
    assert len(faces.detect(large)) > 1
    assert cutting.find(large).height > 120
    assert cut_out(photo).face.height > 120
    verdict = photos.judge_photo(photo)
    assert (verdict.ok, verdict.faces) == (True, 1)


def test_a_face_at_the_edge_is_told_whatever_else_is_taken_for_one() -> None:
    photo = Image.fromarray(data.astronaut()).crop((190, 0, 512, 400))
    with pytest.raises(FinishError) as refused:
        cutting.find(photo)
    assert refused.value.code == "face_at_edge"


def test_who_is_in_a_picture_goes_by_how_sure_their_faces_are() -> None:
    def seen(height: int, score: float) -> faces.Face:
        return faces.Face((0, 0, height, height), (), score)

    person, smaller, far = seen(100, 1.2), seen(60, 0.5), seen(30, 1.1)
    pattern, larger_pattern = seen(90, 0.108), seen(140, 0.05)
    assert faces.whose([person, pattern, smaller, far]) == (person, [smaller])
    assert faces.whose([larger_pattern, person]) == (person, [])
    assert faces.whose([larger_pattern]) == (larger_pattern, [])


def test_a_photo_whose_face_has_too_few_pixels_is_refused_and_a_drawn_one_is_not() -> None:
    photo = Image.fromarray(data.astronaut())
    small = photo.resize((300, 300), Image.Resampling.LANCZOS)
    with pytest.raises(FinishError, match="too few pixels") as refused:
        cut_out(small, least_face=LEAST_FACE)
    assert refused.value.code == "face_small"
    assert cut_out(photo, least_face=LEAST_FACE).notes
    assert cut_out(person(0).resize((96, 96), Image.Resampling.LANCZOS)).notes


def test_hair_that_the_frame_cuts_is_noted() -> None:
    whole = person(0)
    top = cut(0).face.box[1] * 384 // cut(0).alpha.shape[0]
    assert "hair_cut" in cut_out(whole.crop((0, max(2, top - 25), 384, 384))).notes
    assert "hair_cut" not in cut(0).notes


def test_a_jpeg_cannot_be_see_through() -> None:
    spec = FinishSpec(DARK, (RenditionSpec("one", 100, 100, backdrop="none"),))
    with pytest.raises(ValueError, match="see-through"):
        finish(cut(0), spec)


def test_grey_hair_before_grey_paper_stays_on_the_head() -> None:
    scene = Scene.sample(41, "headshot").but(
        backdrop="studio grey", light="soft light", yaw=0.0, pitch=0.0, roll=0.0
    )
    who = replace(
        Identity.sample(10_000_502), glasses=None, covering=None, style="short", hair_colour="grey"
    )
    paper = np.asarray(Image.fromarray(draw(who, scene, 384)))[10:30, 10:30].mean(axis=(0, 1))
    grey = replace(who, hair=tuple(paper / 255 * 1.1))
    # As soft as a small base model draws.
    small = Image.fromarray(draw(grey, scene, 384)).resize((96, 96), Image.Resampling.BICUBIC)
    found = cut_out(small.resize((384, 384), Image.Resampling.BICUBIC))
    left, top, right, bottom = found.face.box
    x, y = (left + right) // 2, int(top - 0.1 * (bottom - top))
    assert found.alpha[y - 8 : y + 8, x - 20 : x + 20].mean() > 0.9
