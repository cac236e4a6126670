"""A logo as uploaded: small, still, its transparency kept."""

from __future__ import annotations

import io

from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from headshots.lib.problems import Problem

MOST_BYTES = 2_000_000
MOST_PIXELS = 4_000_000
_LARGEST = (1200, 1200)
# In a small corner nothing is seen of what is longer than this many times its width.
MOST_RATIO = 12
# Pixels of the longer side, and of the shorter, below which nothing of a logo can be told.
LEAST_LONGER, LEAST_SHORTER = 32, 6


def clean(data: bytes, *, largest: tuple[int, int] = _LARGEST) -> bytes:
    """A PNG of the logo with its transparency and nothing else of the file.

    PNG and WebP are taken, of at most 4 MP and 2 MB; what is larger than `largest` (width,
    height in pixels) is made smaller. Raises Problem with a sentence for anything else, and for
    what is too narrow or too small to be seen.
    """
    if len(data) > MOST_BYTES:
        raise Problem(
            _("The logo is larger than 2 MB. Send a smaller file."), code="logo", field="logo"
        )
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "WEBP")) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise _too_many_pixels()
            if getattr(picture, "n_frames", 1) > 1:
                raise Problem(_("The logo moves. Send a still picture."), code="logo", field="logo")
            logo = picture.convert("RGBA")
    except Problem:
        raise
    except Image.DecompressionBombError as error:
        # Of what is larger yet, Pillow does not even tell the size.
        raise _too_many_pixels() from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise Problem(
            _("The logo cannot be read. Send a PNG or WebP with a transparent background."),
            code="logo",
            field="logo",
        ) from error
    if logo.getchannel("A").getextrema()[1] == 0:
        raise Problem(
            _("The logo is wholly transparent; nothing of it would show."),
            code="logo",
            field="logo",
        )
    # Empty edges first, so that the mark itself has the room.
    logo = logo.crop(logo.getchannel("A").getbbox())
    longer, shorter = max(logo.size), min(logo.size)
    if longer > MOST_RATIO * shorter:
        raise Problem(
            _(
                "The logo is too long and narrow: it has {width} × {height} pixels without its "
                "empty edges, and one side may be {most} times the other. Send a more compact one."
            ).format(width=logo.width, height=logo.height, most=MOST_RATIO),
            code="logo",
            field="logo",
        )
    if longer < LEAST_LONGER or shorter < LEAST_SHORTER:
        raise Problem(
            _(
                "The logo has only {width} × {height} pixels without its empty edges; {longer} × "
                "{shorter} are the least. Send a larger version."
            ).format(
                width=logo.width, height=logo.height, longer=LEAST_LONGER, shorter=LEAST_SHORTER
            ),
            code="logo",
            field="logo",
        )
    logo.thumbnail(largest, Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    Image.frombytes("RGBA", logo.size, logo.tobytes()).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _too_many_pixels() -> Problem:
    return Problem(
        _("The logo has more than 4 million pixels. Send a smaller version."),
        code="logo",
        field="logo",
    )
