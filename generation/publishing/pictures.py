"""The picture that a directory gets, and whether what stands there is it."""

from __future__ import annotations

import io
import time

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from PIL import Image

from generation.approving import alternatives
from generation.engine import provenance
from generation.finishing import credentials, finishes, plain_files, renditions, signed_words
from generation.models import Alternative, Headshot, Shoot, State
from generation.publishing.interface import Later, Photo, Target, TooLarge
from generation.storage import vault
from headshots.lib.images import PhotoProblem, decode_photo

# Mean difference of lightness, of 255, up to which two small copies show one picture; another
# encoder or size stays below 6, another person lies above 20.
_SAME = 14.0
# The same in three channels, up to which a picture and the one that it takes the place of cannot be
# told apart: another encoder stays below 2, another plate lies above 8.
_ALIKE = 4.0
_QUALITIES = (92, 85, 75, 60)


def folder_of_before(shoot: Shoot) -> str:
    """Where the photos that ours stand over are kept. Of who opted out apart from their shoot's
    folder, which is swept again after they have left."""
    if shoot.state == State.OPTED_OUT:
        return f"{shoot.order.organisation_id}/{shoot.pk}-before"
    return f"{shoot.folder}/before"


def version(of: Headshot | Alternative) -> str:
    """What changes with the picture that is published of somebody."""
    return of.finished if isinstance(of, Alternative) else str(of.candidate_id)


def prepare(of: Headshot | Alternative, photo: Photo, *, closer: int = 0) -> bytes:
    """A square JPEG for a directory, labelled as what it is and signed last.

    Of a headshot from what is plain of its renditions, best a square, else rendered for this; of a
    photo that was given instead, from that. `closer` crops around the eye line, in hundredths.
    Raises TooLarge where no quality makes it small enough, FileMissing, Problem.
    """
    if isinstance(of, Alternative):
        source = provenance.MADE_BY_A_PERSON
        picture = alternatives.square(found=of, side=photo.side)
        eye_line = finishes.of_order(of.shoot.order).eye_line
        look = signed_words.of_given(of.shoot.order)
    else:
        source = provenance.MADE_BY_A_MODEL
        picture = _shown(of, photo.side)
        finish = of.finishing.finish if of.finishing else finishes.of_order(of.shoot.order)
        eye_line = finish.eye_line
        look = signed_words.of_generated(of.shoot, finish)
    picture = _square(picture, eye_line, closer)
    picture = picture.resize((photo.side, photo.side), Image.Resampling.LANCZOS)
    label = credentials.label(source)
    for quality in _QUALITIES:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality, subsampling=0, xmp=label)
        data, _signed = credentials.sign(out.getvalue(), "jpeg", look=look, source=source)
        if len(data) <= photo.most_bytes:
            return data
    raise TooLarge(_("The photo is larger than the directory takes."))


def _shown(headshot: Headshot, side: int) -> Image.Image:
    """A headshot to be cut square, as it looks on the plate that counts. Where its table has no
    such file it is rendered: what was aligned before finishing stands on no plate."""
    counts = headshot.finishing
    best = plain_files.best(renditions.of(headshot), counts.finish, side) if counts else None
    if best is None:
        return plain_files.square(headshot=headshot, side=side)
    with Image.open(io.BytesIO(vault().read(best.file))) as opened:
        return opened.convert("RGB")


def _square(picture: Image.Image, eye_line: float, closer: int) -> Image.Image:
    """A square of the picture with the eyes where they are in it, `closer` to the face."""
    side = min(picture.size) / (1 + closer / 100)
    left = (picture.width - side) / 2
    top = min(max(0.0, picture.height * eye_line - side * eye_line), picture.height - side)
    if picture.height > picture.width and not closer:
        top = min(top, (picture.height - side) / 2)
    return picture.crop((round(left), round(top), round(left + side), round(top + side)))


def same(ours: bytes, theirs: bytes | None) -> bool:
    """Whether what was read back shows what was sent; directories encode and shrink anew."""
    return theirs is not None and shown(small(ours), theirs)


def small(ours: bytes) -> bytes:
    """What a picture is known again by: its lightness in 24 × 24 squares, a byte each."""
    with Image.open(io.BytesIO(ours)) as opened:
        return _small(opened.convert("RGB"))


def shown(known: bytes, theirs: bytes) -> bool:
    """Whether a photo shows one of the pictures whose `small` stand in a row in `known`."""
    try:
        found = _small(decode_photo(theirs, longest_side=1024).image)
    except PhotoProblem:
        return False
    each = [known[at : at + len(found)] for at in range(0, len(known), len(found))]
    return any(_apart(one, found) <= _SAME for one in each)


def _small(picture: Image.Image) -> bytes:
    return picture.convert("L").resize((24, 24), Image.Resampling.BOX).tobytes()


def _apart(one: bytes, other: bytes) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(other)


def read_back(target: Target, remote_id: str, sent: bytes, *, over: bytes | None) -> None:
    """Look until what was sent stands there: some directories show a new photo only after a moment.
    `over` is what stood there, which may be the same picture on another plate. Raises Later where
    it does not come."""
    for pause in (0.0, 0.5, 1.5):
        time.sleep(pause)
        found = target.read(remote_id)
        if found is not None and same(sent, found) and _nearer(found, sent, over):
            return
    raise Later(gettext_noop("What stands there is not what was sent."), 20)


def _nearer(found: bytes, sent: bytes, over: bytes | None) -> bool:
    """Whether what was found is what was sent rather than what stood there before."""
    if over is None:
        return True
    try:
        there, ours, old = (_coloured(each) for each in (found, sent, over))
    except PhotoProblem:  # what stood there was no picture
        return True
    return _apart(ours, there) <= _apart(old, there) or _apart(ours, old) < _ALIKE


def _coloured(photo: bytes) -> bytes:
    picture = decode_photo(photo, longest_side=1024).image
    return picture.resize((24, 24), Image.Resampling.BOX).tobytes()
