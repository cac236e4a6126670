"""Photos in folders find their people."""

from __future__ import annotations

from pathlib import Path

from accounts.models import Employee
from generation.ordering.on_behalf import match_photos


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_folders_and_prefixes_by_number_or_address(tmp_path: Path) -> None:
    ada = Employee(email="ada@x.example", employee_number="1007")
    bob = Employee(email="bob@x.example", employee_number="10071")
    eve = Employee(email="eve@x.example")
    put(
        tmp_path,
        "1007/garden.jpg",
        "1007_desk.JPG",
        "10071-a.png",
        "BOB@x.example/deep/er.heic",
        "1008_other.jpg",
        "10072.jpg",
        "notes.txt",
        ".hidden/1007.jpg",
    )
    match = match_photos(folder=tmp_path, employees=[ada, bob, eve])
    assert {p.name for p in match.photos[ada]} == {"garden.jpg", "1007_desk.JPG"}
    assert {p.name for p in match.photos[bob]} == {"10071-a.png", "er.heic"}
    assert {p.name for p in match.nobodys} == {"1008_other.jpg", "10072.jpg"}
    assert [p.name for p in match.other_files] == ["notes.txt"]
    assert match.without_photos([ada, bob, eve]) == [eve]
