"""A whole roster from a folder of photos, by an administrator who holds the releases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from accounts.models import Employee

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif"}


@dataclass
class Match:
    """Which photos are whose, and what is nobody's."""

    photos: dict[Employee, list[Path]] = field(default_factory=dict)
    nobodys: list[Path] = field(default_factory=list)
    other_files: list[Path] = field(default_factory=list)

    def without_photos(self, employees: Sequence[Employee]) -> list[Employee]:
        """Who of the roster has none."""
        return [employee for employee in employees if employee not in self.photos]


def match_photos(*, folder: Path, employees: Sequence[Employee]) -> Match:
    """Find each person's photos below a folder: in a sub-folder named by their e-mail address or
    employee number, or beginning with it, as in `1007_garden.jpg`.

    The longest name that fits wins, so that 1007 does not take what is 10071's. Hidden files are
    passed over.
    """
    names: dict[str, Employee] = {}
    for employee in employees:
        names[employee.email.lower()] = employee
        if employee.employee_number:
            names[employee.employee_number.lower()] = employee
    match = Match()
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if not path.is_file() or any(part.startswith(".") for part in relative.parts):
            continue
        if path.suffix.lower() not in SUFFIXES:
            match.other_files.append(path)
            continue
        owner = names.get(relative.parts[0].lower()) if len(relative.parts) > 1 else None
        owner = owner or names.get(path.stem.lower()) or _by_prefix(path.name.lower(), names)
        if owner is None:
            match.nobodys.append(path)
        else:
            match.photos.setdefault(owner, []).append(path)
    return match


def _by_prefix(name: str, names: dict[str, Employee]) -> Employee | None:
    fitting = [
        key
        for key in names
        if name.startswith(key) and len(name) > len(key) and not name[len(key)].isalnum()
    ]
    return names[max(fitting, key=len)] if fitting else None
