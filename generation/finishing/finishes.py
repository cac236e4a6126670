"""How a look's headshots are finished: the versions of it, and the plates they name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.models import Organisation
from generation.dispatch import base_model
from generation.finishing import rendition_table
from generation.models import Finish, Order, Plate
from generation.storage import vault
from headshots.lib.images import PhotoProblem, decode_photo, to_jpeg
from headshots.lib.problems import Problem

if TYPE_CHECKING:
    from PIL.Image import Image

    from generation.engine.finishing import FinishSpec, PlateSpec

# The plate of a look without one: paper in its backdrop’s colour, or the soft tones of a place.
BACKDROPS: dict[str, tuple[str, tuple[str, ...], int]] = {
    "studio grey": ("brand", ("#a6a8ac", "#84868a"), 6),
    "studio white": ("brand", ("#f7f7f8", "#e6e7e9"), 3),
    "studio blue": ("brand", ("#6f9acb", "#4d7bb0"), 8),
    "warm beige": ("brand", ("#dfc8ab", "#c2a888"), 6),
    "office": ("gradient", ("#c7ccd0", "#8d979f"), 10),
    "outdoors": ("gradient", ("#bccab0", "#7b8f6d"), 10),
}
MOST_COLOURS = 4
PLATE_LONGEST = 2400
PLATE_LEAST = 400
# No rendition is longer than this many times its other side, and a plate fills it from its middle.
PLATE_SKEW = 3
_COLOUR = re.compile(r"#[0-9a-f]{6}")


def newest(*, organisation: Organisation, look_name: str) -> Finish:
    """The newest finish of a look; where there is none, the first, with the usual renditions.

    What harmonised one order's people is no version of the look.
    """
    found = Finish.objects.filter(
        organisation=organisation, look_name=look_name, harmonises__isnull=True
    )
    finish = found.select_related("plate").first()
    if finish is not None:
        return finish
    finish, _made = Finish.objects.get_or_create(
        organisation=organisation,
        look_name=look_name,
        version=1,
        defaults={"renditions": rendition_table.stored(rendition_table.DEFAULT)},
    )
    return finish


def of_order(order: Order) -> Finish:
    """The finish that an order's headshots have; the look's newest is taken at the first."""
    if order.finish is None:
        finish = newest(organisation=order.organisation, look_name=order.look.name)
        Order.objects.filter(pk=order.pk, finish=None).update(finish=finish)
        order.refresh_from_db(fields=["finish"])
    assert order.finish is not None
    return order.finish


def save_finish(
    *,
    actor: Actor,
    organisation: Organisation,
    look_name: str,
    plate: Plate | None,
    renditions: Sequence[rendition_table.Row],
    eye_line: float = 0.42,
    closer: int = 0,
    logo: bytes | None = None,
    keep_logo: bool = True,
    logo_corner: str = "right",
    frame_colour: str = "#ffffff",
) -> Finish:
    """Make the next version of a look's finish. Headshots that are approved stay as they are.

    `logo` is a PNG or WebP with transparency. Raises Problem for what cannot be made.
    """
    if not 0.25 <= eye_line <= 0.55:
        raise Problem(
            _("The eye line is a share of 25 to 55 per cent."), code="eye_line", field="eye_line"
        )
    if not 0 <= closer <= 60:
        raise Problem(_("Closer is a number from 0 to 60."), code="closer", field="closer")
    if logo_corner not in ("left", "right"):
        raise Problem(
            _("The logo goes to the left or the right."), code="logo_corner", field="logo_corner"
        )
    table = rendition_table.checked(renditions)
    colour = _colour(frame_colour, "frame_colour")
    before = newest(organisation=organisation, look_name=look_name)
    key = before.logo if keep_logo else ""
    if logo:
        key = _store_logo(organisation, logo)
    return _next_version(
        actor,
        Finish(
            organisation=organisation,
            look_name=look_name,
            plate=plate,
            eye_line=eye_line,
            closer=closer,
            logo=key,
            logo_corner=logo_corner,
            frame_colour=colour,
            renditions=rendition_table.stored(table),
        ),
    )


def harmonising(*, actor: Actor, finish: Finish, clothes: Sequence[float] | None) -> Finish:
    """`finish` as it is, logo included, with the Lab colour that everybody's clothes are moved
    towards; later orders of the look do not get it. Raises Problem as `save_finish`."""
    return _next_version(
        actor,
        Finish(
            organisation=finish.organisation,
            look_name=finish.look_name,
            plate=finish.plate,
            eye_line=finish.eye_line,
            closer=finish.closer,
            clothes=list(clothes) if clothes else None,
            logo=finish.logo,
            logo_corner=finish.logo_corner,
            frame_colour=finish.frame_colour,
            renditions=finish.renditions,
            harmonises=finish.harmonises or finish,
        ),
    )


def _next_version(actor: Actor, finish: Finish) -> Finish:
    """Save a finish as its look's next version."""
    organisation, look_name = finish.organisation, finish.look_name
    versions = Finish.objects.filter(organisation=organisation, look_name=look_name)
    finish.version = 1 + (versions.aggregate(last=Max("version"))["last"] or 0)
    finish.made_by = actor.user
    try:
        with transaction.atomic():
            finish.save(force_insert=True)
            audit.record(
                actor=actor,
                organisation=organisation,
                action="finish.saved",
                about=finish,
                look=look_name,
                version=finish.version,
            )
            return finish
    except IntegrityError:
        raise Problem(
            _("Somebody changed this finish just now. Load the page again."),
            code="stale",
            status=409,
        ) from None


def _colour(value: str, field: str) -> str:
    value = value.strip().lower()
    if not _COLOUR.fullmatch(value):
        raise Problem(
            _("“{value}” is no colour. Write it like #1a2b3c.").format(value=value[:20]),
            code="colour",
            field=field,
        )
    return value


def save_plate(
    *,
    actor: Actor,
    organisation: Organisation,
    name: str,
    kind: str,
    colours: Sequence[str] = (),
    angle: int = 0,
    fall_off: int = 0,
    picture: bytes | None = None,
) -> Plate:
    """Make a plate, or the next version of the one with that name.

    `picture` is a photo as uploaded: JPEG (also CMYK), PNG, WebP or HEIC of at most 50 MP.
    Raises Problem for a missing name, a colour that is none, or a picture that cannot be read.
    """
    name = " ".join(name.split())[:80]
    if not name:
        raise Problem(_("Give the plate a name."), code="name_missing", field="name")
    if kind not in Plate.Kind.values:
        raise Problem(_("Choose a kind of plate."), code="kind", field="kind")
    if not 0 <= angle < 360 or not 0 <= fall_off <= 60:
        raise Problem(
            _("The angle is 0 to 359 degrees, the fall-off 0 to 60."),
            code="fall_off",
            field="fall_off",
        )
    file = sha256 = ""
    if kind == Plate.Kind.PICTURE:
        file, sha256, colours = _store_picture(organisation, picture)
    checked = [_colour(value, "colours") for value in colours if value.strip()]
    if not checked:
        raise Problem(_("Give at least one colour."), code="colour", field="colours")
    if kind == Plate.Kind.GRADIENT and len(checked) < 2:
        raise Problem(_("A gradient takes two colours or more."), code="colour", field="colours")
    if len(checked) > MOST_COLOURS:
        raise Problem(
            _("A plate has at most {count} colours.").format(count=MOST_COLOURS),
            code="colour",
            field="colours",
        )
    try:
        with transaction.atomic():
            last = Plate.objects.filter(organisation=organisation, name=name).first()
            plate = Plate.objects.create(
                organisation=organisation,
                name=name,
                version=last.version + 1 if last else 1,
                kind=kind,
                colours=checked,
                angle=angle,
                fall_off=fall_off,
                file=file,
                sha256=sha256,
            )
            audit.record(
                actor=actor, organisation=organisation, action="plate.saved", about=plate, name=name
            )
            return plate
    except IntegrityError:
        raise Problem(
            _("Somebody changed this plate just now. Load the page again."),
            code="stale",
            status=409,
        ) from None


def _store_picture(organisation: Organisation, data: bytes | None) -> tuple[str, str, list[str]]:
    """Key, hash and mean colour of a plate's picture."""
    picture = _plate_picture(data)
    stored = to_jpeg(picture, quality=95)
    sha256 = hashlib.sha256(stored).hexdigest()
    key = f"{organisation.pk}/plates/{sha256}.jpg"
    vault().put(key, stored)
    red, green, blue = picture.resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
    return key, sha256, [f"#{red:02x}{green:02x}{blue:02x}"]


def _plate_picture(data: bytes | None) -> Image:
    """The picture of a plate, no larger than is needed. Raises Problem for what is none."""
    from PIL import ImageOps
    from PIL.Image import Resampling

    if not data:
        raise Problem(_("Choose a picture for the plate."), code="picture", field="picture")
    try:
        picture = decode_photo(data, longest_side=PLATE_LONGEST, of_nobody=True).image
        skewed = max(picture.size) > PLATE_SKEW * min(picture.size)
        if skewed or min(picture.size) < PLATE_LEAST:
            # By its longer side it was made smaller than what is seen of it would be.
            picture = decode_photo(data, of_nobody=True).image
    except PhotoProblem as problem:
        raise Problem(problem.sentence, code="picture", field="picture") from problem
    if min(picture.size) < PLATE_LEAST:
        raise Problem(
            _("The picture has {width} × {height} pixels; 400 on each side are needed.").format(
                width=picture.width, height=picture.height
            ),
            code="picture",
            field="picture",
        )
    if skewed:
        most = PLATE_SKEW * min(picture.size)
        width, height = min(picture.width, most), min(picture.height, most)
        picture = ImageOps.fit(picture, (width, height))
        picture.thumbnail((PLATE_LONGEST, PLATE_LONGEST), Resampling.LANCZOS)
    return picture


def _store_logo(organisation: Organisation, data: bytes) -> str:
    from headshots.lib import logos

    cleaned = logos.clean(data)
    key = f"{organisation.pk}/logos/{hashlib.sha256(cleaned).hexdigest()}.png"
    vault().put(key, cleaned)
    return key


def plate_spec(plate: Plate | None, backdrop: str) -> PlateSpec:
    """What the engine paints; without a plate, paper in the colour of the look's backdrop."""
    from generation.engine.finishing import PlateSpec

    if plate is None:
        kind, colours, fall_off = BACKDROPS.get(backdrop, BACKDROPS["studio grey"])
        return PlateSpec(kind=kind, colours=colours, fall_off=fall_off / 100)
    return PlateSpec(
        kind=plate.kind,
        colours=tuple(plate.colours),
        angle=float(plate.angle),
        fall_off=plate.fall_off / 100,
        picture=vault().path(plate.file) if plate.file else None,
    )


def spec(finish: Finish, order: Order, *, generated: bool = False) -> FinishSpec:
    """What the engine is asked to make of an order's headshots in a finish.

    Of `generated` pictures it is known which flat backdrop they should have, which tells the
    cast of each one's light; of a photo from anywhere it is not.
    """
    from generation.engine import finish as engine_finish
    from generation.engine.finishing import FinishSpec, LogoSpec, RenditionSpec, ToneSpec

    direction = order.direction
    face = engine_finish.face_height(direction.framing, base_model.recipe().crop, finish.eye_line)
    face *= 1 + finish.closer / 100
    table = rendition_table.rows(finish.renditions)
    return FinishSpec(
        plate=plate_spec(finish.plate, direction.backdrop),
        renditions=tuple(
            RenditionSpec(
                kind=row.kind,
                width=row.width,
                height=row.height,
                format=row.format,
                quality=row.quality,
                eye_line=finish.eye_line,
                face_height=min(0.8, face * (1 + row.closer / 100)),
                dpi=row.dpi,
                backdrop="none" if row.see_through else "plate",
                shape="round" if row.round else "full",
                monochrome=row.monochrome,
                logo=row.logo,
                frame=row.frame,
            )
            for row in table
        ),
        tone=ToneSpec(
            backdrop=_paper(direction.backdrop) if generated else None,
            clothes=_lab(finish.clothes),
        ),
        logo=LogoSpec(vault().path(finish.logo), corner=finish.logo_corner)
        if finish.logo
        else None,
        frame_colour=finish.frame_colour,
    )


def _paper(backdrop: str) -> tuple[float, float, float] | None:
    """The Lab colour of a look's studio paper behind the head; None for places."""
    import numpy as np

    from generation.engine import colour
    from generation.engine.finishing.plates import rgb

    kind, colours, _fall_off = BACKDROPS.get(backdrop, ("", (), 0))
    if kind != "brand":
        return None
    light, dark = (colour.lab(np.array(rgb(value))) for value in colours)
    return _lab([float(v) for v in (light + dark) / 2])


def _lab(values: Sequence[float] | None) -> tuple[float, float, float] | None:
    return (values[0], values[1], values[2]) if values else None
