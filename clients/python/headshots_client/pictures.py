"""Headshots and their files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from headshots_client import shapes
from headshots_client.errors import HeadshotsError
from headshots_client.resources import Resource


class Headshots(Resource[shapes.Headshot]):
    """What was picked, and its files. Filters: `order`, `employee`, `approved`."""

    path = "/headshots"

    def file(self, rendition: shapes.Rendition) -> bytes:
        """The bytes of one of a headshot's `renditions`, checked against their sum.

        Raises HeadshotsError where they came broken.
        """
        data = self._transport.send("GET", rendition["file"]).content
        if hashlib.sha256(data).hexdigest() != rendition["sha256"]:
            raise HeadshotsError("The file came broken. Fetch it again.")
        return data

    def render(self, id: str, *, if_match: str | None = None) -> shapes.Headshot:
        """Have the files made again that could not be made; they are there when `renditions` are.

        Raises Conflict where they are there or are being made.
        """
        return cast(shapes.Headshot, self._post(f"{self.path}/{id}/render", if_match=if_match))


class Exports(Resource[shapes.Export]):
    """Approved headshots of an order as a ZIP, made in the background."""

    path = "/exports"

    def begin(self, *, order: str, kinds: Sequence[str] = ()) -> shapes.Export:
        """Have it packed; `export.ready` tells when it is there. No `kinds` means all files."""
        body = {"order": order, "kinds": list(kinds)}
        return cast(shapes.Export, self._post(self.path, body))

    def file(self, export: shapes.Export) -> bytes:
        """The ZIP, in memory; `save` has room for a large one. Raises HeadshotsError while it is
        not there yet."""
        return self._transport.send("GET", _there(export)).content

    def save(self, export: shapes.Export, path: str | os.PathLike[str]) -> Path:
        """Write the ZIP to a file as it comes; what stood there stands until it is whole. Returns
        the path. Raises HeadshotsError while it is not there yet, and OSError."""
        target = Path(path)
        self._transport.save(_there(export), target)
        return target


def _there(export: shapes.Export) -> str:
    if not export["file"]:
        why = export.get("sentence", "")
        raise HeadshotsError(f"The export is {export['state']}; there is no file. {why}".strip())
    return export["file"]
