"""ZIPs are written as they come, and whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.conftest import PYTHON

assert PYTHON
READY: Any = {"state": "ready", "file": "/api/v1/exports/1/file"}
PIECE, PIECES = b"x" * 65_536, 40


class Pieces(httpx.SyncByteStream):
    """A body of which every piece is seen on its way, and that may break off."""

    def __init__(self, look: Any, breaks_at: int | None) -> None:
        self.look, self.breaks_at = look, breaks_at

    def __iter__(self) -> Iterator[bytes]:
        for number in range(PIECES):
            if number == self.breaks_at:
                raise httpx.ReadError("the line went dead")
            self.look(number)
            yield PIECE


class Server(httpx.BaseTransport):
    """Answers one request after the other as told: a status, or where the body breaks off."""

    def __init__(self, *answers: Any, look: Any = lambda number: None) -> None:
        self.answers, self.look = list(answers), look

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        said = self.answers.pop(0)
        if isinstance(said, int) and said >= 400:
            return httpx.Response(said, json={"code": "away", "detail": "Away."})
        return httpx.Response(200, stream=Pieces(self.look, said))


def client_of(server: Server) -> Any:
    from headshots_client import Headshots

    return Headshots(
        "hs_test_x",
        base_url="http://headshots.example",
        http=httpx.Client(transport=server),
        sleep=lambda pause: None,
        retries=2,
    )


def test_pieces_are_on_the_disk_before_the_last_has_come(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    target = folder / "all.zip"
    target.write_bytes(b"of yesterday")
    on_disk = []

    def look(number: int) -> None:
        assert target.read_bytes() == b"of yesterday"
        on_disk.append(sum(p.stat().st_size for p in folder.iterdir() if p != target))

    assert client_of(Server(None, look=look)).exports.save(READY, target) == target
    assert target.stat().st_size == len(PIECE) * PIECES
    assert on_disk[-1] > len(PIECE) * (PIECES // 2)
    assert [path.name for path in folder.iterdir()] == ["all.zip"]


def test_what_breaks_off_is_tried_again_and_leaves_nothing(tmp_path: Path) -> None:
    from headshots_client import HeadshotsError, NotFound, Unreachable

    folder = tmp_path / "photos"
    folder.mkdir()
    target = folder / "all.zip"
    client_of(Server(503, 7, None)).exports.save(READY, target)
    assert target.stat().st_size == len(PIECE) * PIECES
    target.write_bytes(b"of yesterday")
    for server, problem in ((Server(3, 3, 3), Unreachable), (Server(404), NotFound)):
        with pytest.raises(problem):
            client_of(server).exports.save(READY, target)
        assert target.read_bytes() == b"of yesterday"
        assert [path.name for path in folder.iterdir()] == ["all.zip"]
    with pytest.raises(HeadshotsError, match="no file"):
        client_of(Server()).exports.save({"state": "making", "file": None}, target)
    with pytest.raises(FileNotFoundError):
        client_of(Server(None)).exports.save(READY, tmp_path / "nowhere" / "all.zip")
