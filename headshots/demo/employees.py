"""The demo's staff: people who do not exist, with selfies and a roster file."""

from __future__ import annotations

import csv
from pathlib import Path

from generation.embedded_model.demo_people import write_people

DEPARTMENTS = ("Advisory", "Technology", "People", "Finance")


def write_roster(folder: Path, *, people: int, selfies: int, seed: int) -> Path:
    """Draw the people into FOLDER/<employee number>/selfie_NN.jpg; returns the roster's CSV."""
    made = write_people(folder, people, selfies, seed)
    file = folder / "staff.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["Employee number", "Name", "Email", "Title", "Department"])
        for number, person in enumerate(made):
            department = DEPARTMENTS[number % len(DEPARTMENTS)]
            writer.writerow([person.number, person.name, person.email, person.title, department])
    return file
