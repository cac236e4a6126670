"""What we hold about an employee: counted for their page, and all of it as a ZIP to take along."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.consent.releases import RETENTION_DAYS
from accounts.models import AuditEntry
from generation import states
from generation.leaving import certificates
from generation.models import Alternative, Candidate, Selfie, Shoot
from generation.storage import vault
from headshots.lib.vault import FileMissing
from headshots.lib.zip_stream import zip_stream


@dataclass(frozen=True)
class Kind:
    """One kind of thing that is held: how much of it, and until when."""

    what: str
    count: int
    until: datetime | None
    why: str


def kinds(*, shoot: Shoot) -> list[Kind]:
    """What there is of a person, with its clock; `until` None: as long as the order is kept."""
    photos = Selfie.objects.filter(shoot=shoot)
    first = photos.order_by("created_at").values_list("created_at", flat=True).first()
    inputs_until = first + timedelta(days=RETENTION_DAYS) if first else None
    pictures = Candidate.objects.filter(shoot=shoot, passed=True).count()
    own = Alternative.objects.filter(shoot=shoot).count()
    used = _("Used to make your headshot and to check that it is you; destroyed afterwards.")
    return [
        Kind(_("Photos you sent"), photos.count(), inputs_until, used),
        Kind(
            _("Measurements of your face"),
            photos.exclude(descriptor=None).count(),
            inputs_until,
            used,
        ),
        Kind(_("Your model"), int(bool(shoot.adapter)), inputs_until, used),
        Kind(
            _("Pictures made of you"),
            pictures,
            None,
            _("Yours to choose from; the one you pick is your headshot."),
        ),
        Kind(
            _("A picture given instead"),
            own,
            None,
            _("Stands beside the others’ headshots, until you take it back."),
        ),
        Kind(
            _("Signed release"),
            int(shoot.release_id is not None),
            None,
            _("Proof of what you agreed to. It stays when all else is destroyed."),
        ),
    ]


def entries(shoot: Shoot) -> list[AuditEntry]:
    """What was done with this person's part, oldest first."""
    return list(
        AuditEntry.objects.filter(
            organisation=shoot.order.organisation, object_type="shoot", object_id=str(shoot.pk)
        ).order_by("created_at")
    )


def archive(*, actor: Actor, shoot: Shoot) -> Iterator[bytes]:
    """A ZIP with a readable index, in pieces while it is read. That it was taken is written down.

    A file that is destroyed while the archive is read is left out.
    """
    with transaction.atomic():
        audit.record(
            actor=actor,
            organisation=shoot.order.organisation,
            action="held.downloaded",
            about=shoot,
        )
    photos = list(Selfie.objects.filter(shoot=shoot).order_by("created_at"))
    pictures = list(
        Candidate.objects.filter(shoot=shoot, passed=True).order_by("round", "likeness_own")
    )
    instead = Alternative.objects.filter(shoot=shoot).first()
    certificate = certificates.of(shoot)
    files: list[tuple[str, str]] = [
        *((f"photos/{number:02}.jpg", photo.file) for number, photo in enumerate(photos, 1)),
        *(
            (f"pictures/{picture.round}-{number:02}.jpg", picture.finished)
            for number, picture in enumerate(pictures, 1)
            if picture.finished
        ),
    ]
    if instead is not None:
        files += [("instead/photo.jpg", instead.file), ("instead/finished.jpg", instead.finished)]
    files = [(name, key) for name, key in files if key and vault().exists(key)]
    log = entries(shoot)
    index = render_to_string(
        "employee/held/index.html",
        {
            "shoot": shoot,
            "organisation": shoot.order.organisation,
            "kinds": kinds(shoot=shoot),
            "photos": [name for name, _key in files if name.startswith("photos/")],
            "pictures": [name for name, _key in files if name.startswith("pictures/")],
            "instead": [name for name, _key in files if name.startswith("instead/")],
            "log": log,
            "certificate": certificate,
        },
    )
    members: list[tuple[str, Callable[[], bytes]]] = [
        ("index.html", _whole(index)),
        ("figures.json", _whole(_figures(shoot, photos, pictures))),
        ("log.json", _whole(_log(log))),
    ]
    if shoot.release is not None:
        members.append(("release.txt", _whole(shoot.release.text)))
    if certificate is not None:
        members.append(("certificate.txt", _whole(certificates.document(certificate))))
    members += [(name, _reader(key)) for name, key in files]
    return zip_stream(members)


def _whole(text: str) -> Callable[[], bytes]:
    return lambda: text.encode()


def _reader(key: str) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            return vault().read(key)
        except FileMissing:
            return b""

    return read


def _figures(shoot: Shoot, photos: list[Selfie], pictures: list[Candidate]) -> str:
    person, release = shoot.employee, shoot.release
    return json.dumps(
        {
            "roster": {
                "email": person.email,
                "employee_number": person.employee_number,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "preferred_name": person.preferred_name,
                "title": person.title,
                "department": person.department,
                "location": person.location,
                "language": person.language,
                "attributes": person.attributes,
            },
            "order": {"name": shoot.order.name, "state": str(shoot.state)},
            "wishes": {"attire": shoot.attire, "keep": shoot.keep},
            "release": release
            and {
                "version": release.text_version,
                "jurisdiction": release.jurisdiction,
                "sha256": release.text_hash,
                "typed_name": release.typed_name,
                "address": release.address,
                "signed_at": release.signed_at.isoformat(),
                "withdrawn_at": release.withdrawn_at and release.withdrawn_at.isoformat(),
            },
            "photos": [
                {
                    "name": photo.name,
                    "width": photo.width,
                    "height": photo.height,
                    "verdict": photo.verdict,
                    "sentence": photo.sentence,
                    "score": photo.score,
                    "measures": photo.measures,
                    "descriptor": photo.descriptor,
                }
                for photo in photos
            ],
            "pictures": [
                {
                    "round": picture.round,
                    "number": picture.number,
                    "likeness": picture.likeness_own,
                    "receipt": picture.receipt,
                }
                for picture in pictures
            ],
            "ended": shoot.state in states.ENDED,
        },
        indent=1,
        ensure_ascii=False,
    )


def _log(log: list[AuditEntry]) -> str:
    return json.dumps(
        [
            {
                "at": entry.created_at.isoformat(),
                "who": entry.actor_kind,
                "action": entry.action,
                "address": entry.address if entry.actor_kind == "employee" else None,
            }
            for entry in log
        ],
        indent=1,
    )
