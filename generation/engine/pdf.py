"""A PDF of pictures, one a page, which says of itself and of each where it comes from."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from PIL import Image

_POINTS = 72


def document(
    pages: Iterable[Image.Image], *, dpi: int, title: str, xmp: bytes, quality: int = 92
) -> bytes:
    """Pages of one picture each, RGB, at `dpi` dots an inch; `xmp` stands for the document and for
    each picture. The same pages give the same bytes; they may be drawn one by one. Raises
    ValueError without pages."""
    drawn = [(page.size, _jpeg(page, quality)) for page in pages]
    if not drawn:
        raise ValueError("A PDF needs a page.")
    kids = b" ".join(b"%d 0 R" % (5 + 3 * at) for at in range(len(drawn)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Metadata 3 0 R/ViewerPreferences<</DisplayDocTitle true>>>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(drawn), kids),
        # Uncompressed, so that whoever looks for the label finds it without knowing PDF.
        _stream(b"/Type/Metadata/Subtype/XML", xmp),
        b"<</Title<%s>/Producer(Headshots)>>"
        % (b"\xfe\xff" + title.encode("utf-16-be")).hex().encode(),
    ]
    for at, (size, data) in enumerate(drawn):
        number = 5 + 3 * at
        wide, high = (round(side * _POINTS / dpi, 3) for side in size)
        paint = f"q {wide} 0 0 {high} 0 0 cm /Picture Do Q".encode()
        objects += [
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {wide} {high}]"
            f"/Resources<</XObject<</Picture {number + 2} 0 R>>>>"
            f"/Contents {number + 1} 0 R>>".encode(),
            _stream(b"", paint),
            _stream(
                b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB"
                b"/BitsPerComponent 8/Filter/DCTDecode/Metadata 3 0 R" % size,
                data,
            ),
        ]
    return _file(objects)


def _jpeg(page: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    page.convert("RGB").save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _stream(entries: bytes, data: bytes) -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(data), data)


def _file(objects: Sequence[bytes]) -> bytes:
    """Objects numbered from 1, the catalogue first and what is said of the document fourth."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, data in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, data)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R/Info 4 0 R>>\n" % (len(objects) + 1)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)
