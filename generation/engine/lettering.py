"""Names in pictures, in any script that one of the fonts has. Needs no torch.

Roboto has Latin with all its accents, Greek and Cyrillic. Further fonts are asked for what it
lacks; what none has `written` leaves out, and `draw` draws as an empty box.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import font_roboto
from PIL import ImageDraw, ImageFont

Ink = tuple[int, int, int]
# No font has a glyph for it, so that it is drawn as what is missing.
_NOWHERE = "\U0010ffff"


@dataclass(frozen=True)
class Lettering:
    """Text of one size in pixels, in Roboto and, for what that lacks, in `more` in their order.

    Raises OSError where a file is no font.
    """

    size: float
    more: tuple[Path, ...] = ()

    @property
    def fonts(self) -> tuple[ImageFont.FreeTypeFont, ...]:
        files = (font_roboto.font_files["Roboto"], *(str(path) for path in self.more))
        return tuple(_font(file, self.size) for file in files)

    def draw(
        self,
        pen: ImageDraw.ImageDraw,
        at: tuple[float, float],
        text: str,
        ink: Ink,
        *,
        centred: bool = False,
    ) -> None:
        """Write `text` from `at` on, or about it if `centred`; `at` is the middle of the line."""
        x, y = at
        if centred:
            x -= self.length(text) / 2
        up, down = self.fonts[0].getmetrics()
        for font, piece in self._runs(text):
            pen.text((x, y + (up - down) / 2), piece, ink, font=font, anchor="ls")
            x += font.getlength(piece)

    def length(self, text: str) -> float:
        """How wide `text` is, in pixels."""
        return sum(font.getlength(piece) for font, piece in self._runs(text))

    def fit(self, text: str, width: float) -> str:
        """`text`, shortened with an ellipsis until it is at most `width` pixels wide."""
        if self.length(text) <= width:
            return text
        while text and self.length(text + "…") > width:
            text = text[:-1]
        return text.rstrip() + "…"

    def missing(self, text: str) -> str:
        """The letters of `text` that no font has."""
        return "".join(c for c in _composed(text) if not any(_has(f, c) for f in self.fonts))

    def written(self, text: str) -> str:
        """`text` without the words that have a letter which no font has: what can be read of it,
        "" where that is nothing."""
        return " ".join(word for word in text.split() if not self.missing(word))

    def _runs(self, text: str) -> Iterator[tuple[ImageFont.FreeTypeFont, str]]:
        """`text` in pieces that one font has: all of it where there is one, so that letters that
        join or run from the right do."""
        text = _composed(text)
        whole = next((f for f in self.fonts if all(_has(f, c) for c in text)), None)
        if whole is not None:
            yield whole, text
            return
        font, piece = self.fonts[0], ""
        for letter in text:
            better = font if _has(font, letter) else self._first_with(letter)
            if better is not font and piece:
                yield font, piece
                piece = ""
            font = better
            piece += letter
        if piece:
            yield font, piece

    def _first_with(self, letter: str) -> ImageFont.FreeTypeFont:
        return next((f for f in self.fonts if _has(f, letter)), self.fonts[0])


def lettering(size: float, more: Sequence[Path] = ()) -> Lettering:
    """Text of `size` pixels, with further fonts."""
    return Lettering(size, tuple(more))


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


@lru_cache(maxsize=64)
def _font(file: str, size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, size)


@lru_cache(maxsize=8192)
def _has(font: ImageFont.FreeTypeFont, letter: str) -> bool:
    """Whether a font has a glyph for a letter: it is not drawn as one that nobody has."""
    drawn, nothing = font.getmask(letter), font.getmask(_NOWHERE)
    return drawn.size != nothing.size or bytes(drawn) != bytes(nothing)
