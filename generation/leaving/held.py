"""What we hold about an employee: counted for their page, and all of it as a ZIP to take along."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from django.db import transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.consent.releases import RETENTION_DAYS
from accounts.models import AuditEntry
from generation import states
from generation.leaving import certificates
from generation.models import Alternative, Candidate, Rendition, Selfie, Shoot, Upload
from generation.photos.uploads import PATIENCE
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


def parts(shoot: Shoot) -> list[Shoot]:
    """Every shoot of a person: the one whose link they came by, then the others, oldest first."""
    others = Shoot.objects.filter(employee=shoot.employee_id).exclude(pk=shoot.pk)
    related = ("order__organisation", "employee", "release", "alternative")
    return [shoot, *others.select_related(*related).order_by("created_at")]


def has_model(shoot: Shoot) -> bool:
    """Whether files of a model lie in a shoot's folder, of one that is half trained, too."""
    return any(True for _key in vault().keys(f"{shoot.folder}/adapter"))


def kinds(*, shoot: Shoot) -> list[Kind]:
    """What there is of a person, in all their orders, with its clock; `until` None: as long as
    the order is kept."""
    mine = parts(shoot)
    photos = Selfie.objects.filter(shoot__in=mine)
    first = photos.order_by("created_at").values_list("created_at", flat=True).first()
    inputs_until = first + timedelta(days=RETENTION_DAYS) if first else None
    uploads = Upload.objects.filter(shoot__in=mine)
    began = uploads.order_by("updated_at").values_list("updated_at", flat=True).last()
    used = _("Used to make your headshot and to check that it is you; destroyed afterwards.")
    return [
        Kind(_("Photos you sent"), photos.count(), inputs_until, used),
        Kind(
            _("Photos that have arrived in part"),
            uploads.count(),
            began + PATIENCE if began else None,
            _("Kept so that a broken upload can go on; destroyed when nobody goes on with it."),
        ),
        Kind(
            _("Measurements of your face"),
            photos.exclude(descriptor=None).count(),
            inputs_until,
            used,
        ),
        Kind(_("Your model"), sum(map(has_model, mine)), inputs_until, used),
        Kind(
            _("Pictures made of you"),
            Candidate.objects.filter(shoot__in=mine, passed=True).count(),
            None,
            _("Yours to choose from; the one you pick is your headshot."),
        ),
        Kind(
            _("Files of your headshot"),
            Rendition.objects.filter(finishing__headshot__shoot__in=mine).count(),
            None,
            _("The one you picked, in the sizes and shapes that it is handed out in."),
        ),
        Kind(
            _("A picture given instead"),
            Alternative.objects.filter(shoot__in=mine).count(),
            None,
            _("Stands beside the others’ headshots, until you take it back."),
        ),
        Kind(
            _("Signed release"),
            len({one.release_id for one in mine if one.release_id}),
            None,
            _("Proof of what you agreed to. It stays when all else is destroyed."),
        ),
    ]


def entries(shoot: Shoot) -> list[AuditEntry]:
    """What was done with this person's shoots and releases, oldest first."""
    mine = parts(shoot)
    about = Q(object_type="shoot", object_id__in=[str(one.pk) for one in mine]) | Q(
        object_type="release", object_id__in=[str(one.release_id) for one in mine if one.release_id]
    )
    found = AuditEntry.objects.filter(about, organisation=shoot.order.organisation)
    return list(found.order_by("created_at", "pk"))


@dataclass(frozen=True)
class _File:
    """A file of the archive: what kind of thing, its name there, and the vault's keys of it."""

    kind: str
    name: str
    keys: tuple[str, ...]


def archive(*, actor: Actor, shoot: Shoot) -> Iterator[bytes]:
    """A ZIP of all a person's orders with a readable index, in pieces while it is read. That it
    was taken is written down.

    A file that is destroyed while the archive is read is left out.
    """
    with transaction.atomic():
        audit.record(
            actor=actor,
            organisation=shoot.order.organisation,
            action="held.downloaded",
            about=shoot,
        )
    mine = parts(shoot)
    prefixes = ["", *(f"other-orders/{number:02}/" for number in range(1, len(mine)))]
    files = [
        file for one, prefix in zip(mine, prefixes, strict=True) for file in _files(one, prefix)
    ]
    files = [file for file in files if all(vault().exists(key) for key in file.keys)]
    log = entries(shoot)
    certificate = certificates.of(shoot)
    index = render_to_string(
        "employee/held/index.html",
        {
            "shoot": shoot,
            "organisation": shoot.order.organisation,
            "others": [one.order.name for one in mine[1:]],
            "kinds": kinds(shoot=shoot),
            **{kind: [file.name for file in files if file.kind == kind] for kind in _SHOWN},
            "log": log,
            "certificate": certificate,
        },
    )
    figures = {**_figures(shoot), "other_orders": [_figures(one) for one in mine[1:]]}
    members: list[tuple[str, Callable[[], bytes]]] = [
        ("index.html", _whole(index)),
        ("figures.json", _whole(json.dumps(figures, indent=1, ensure_ascii=False))),
        ("log.json", _whole(_log(log))),
    ]
    for one, prefix in zip(mine, prefixes, strict=True):
        if one.release is not None:
            members.append((f"{prefix}release.txt", _whole(one.release.text)))
    if certificate is not None:
        members.append(("certificate.txt", _whole(certificates.document(certificate))))
    members += [(file.name, _reader(file.keys)) for file in files]
    return zip_stream(members)


_SHOWN = ("photos", "pictures", "headshot", "instead", "unfinished")


def _files(shoot: Shoot, prefix: str) -> Iterator[_File]:
    photos = Selfie.objects.filter(shoot=shoot).order_by("created_at")
    for number, photo in enumerate(photos, 1):
        yield _File("photos", f"{prefix}photos/{number:02}.jpg", (photo.file,))
    for number, picture in enumerate(_pictures(shoot), 1):
        if picture.finished:
            name = f"{prefix}pictures/{picture.round}-{number:02}.jpg"
            yield _File("pictures", name, (picture.finished,))
    made = Rendition.objects.filter(finishing__headshot__shoot=shoot).order_by("created_at", "pk")
    for number, file in enumerate(made, 1):
        name = f"{prefix}headshot/{number:02}-{file.kind}{PurePosixPath(file.file).suffix}"
        yield _File("headshot", name, (file.file,))
    instead = Alternative.objects.filter(shoot=shoot).first()
    if instead is not None:
        given = [("photo", instead.file), ("finished", instead.finished)]
        given += [(f"{n:02}-{f['kind']}", f["file"]) for n, f in enumerate(instead.files, 1)]
        for name, key in given:
            if key:
                suffix = PurePosixPath(key).suffix
                yield _File("instead", f"{prefix}instead/{name}{suffix}", (key,))
    for number, upload in enumerate(Upload.objects.filter(shoot=shoot), 1):
        if keys := tuple(vault().keys(upload.folder)):
            yield _File("unfinished", f"{prefix}unfinished/{number:02}.part", keys)


def _pictures(shoot: Shoot) -> QuerySet[Candidate]:
    passed = Candidate.objects.filter(shoot=shoot, passed=True)
    return passed.order_by("round", "likeness_own")


def _whole(text: str) -> Callable[[], bytes]:
    return lambda: text.encode()


def _reader(keys: Sequence[str]) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            return b"".join(vault().read(key) for key in keys)
        except FileMissing:
            return b""

    return read


def _figures(shoot: Shoot) -> dict[str, object]:
    person, release = shoot.employee, shoot.release
    instead = Alternative.objects.filter(shoot=shoot).first()
    return {
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
        "mail": {
            "invited_at": shoot.invited_at and shoot.invited_at.isoformat(),
            "reminded_at": shoot.reminded_at and shoot.reminded_at.isoformat(),
            "reminders": shoot.reminders,
        },
        "refusals": shoot.refusals,
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
            for photo in Selfie.objects.filter(shoot=shoot).order_by("created_at")
        ],
        "pictures": [
            {
                "round": picture.round,
                "number": picture.number,
                "likeness": picture.likeness_own,
                # How near a colleague came is theirs to know, who it was is not.
                "receipt": {
                    what: figure
                    for what, figure in picture.receipt.items()
                    if what != "best_colleague"
                },
            }
            for picture in _pictures(shoot)
        ],
        "instead": instead
        and {
            "kind": str(instead.kind),
            "agreed_text": instead.agreed_text,
            "address": instead.address,
            "given_at": instead.created_at.isoformat(),
            "measures": instead.measures,
        },
        "ended": shoot.state in states.ENDED,
    }


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
