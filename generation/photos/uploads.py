"""Photos that arrive in pieces and go on after a lost connection or a reload."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from generation.models import Selfie, Shoot, Upload
from generation.photos import selfies
from generation.storage import vault
from headshots.lib.problems import Problem

PIECE_BYTES = 1 << 20
# Photos of one person that may be under way at the same time.
MOST_OPEN = 60
# A photo of which no piece has come for that long is forgotten.
PATIENCE = timedelta(days=1)


def begin(*, shoot: Shoot, mark: str, name: str, size: int) -> Upload:
    """Announce a file, or find the one that stopped half way by its mark and size.

    Raises Problem where no photos are taken now, or no more, and for sizes that are not.
    """
    selfies.refuse_closed(shoot)
    name = (name.replace("\x00", "").strip() or "photo")[-200:]
    # Before anything is sent, rather than of a photo that has come whole.
    selfies.refuse_full(shoot, name)
    if size <= 0:
        raise Problem(
            _("{name}: the file is empty. Choose the photo again.").format(name=name),
            code="photo",
            field="photos",
        )
    if size > settings.UPLOAD_MAX_BYTES:
        raise Problem(
            _("{name}: more than {limit} MB. Send a smaller photo.").format(
                name=name, limit=settings.UPLOAD_MAX_BYTES // 2**20
            ),
            code="photo",
            field="photos",
        )
    mark = mark[:200] or f"{name}:{size}"
    known = Upload.objects.filter(shoot=shoot, mark=mark).first()
    if known is not None and known.size == size:
        return known
    if known is not None:
        _forget(known)
    if Upload.objects.filter(shoot=shoot).count() >= MOST_OPEN:
        raise Problem(
            _("Too many photos are on their way. Wait until some have arrived."),
            code="too_many",
            field="photos",
        )
    try:
        with transaction.atomic():
            return Upload.objects.create(shoot=shoot, mark=mark, name=name, size=size)
    except IntegrityError:  # two tabs at once
        return Upload.objects.get(shoot=shoot, mark=mark)


def take(*, actor: Actor, upload: Upload, at: int, piece: bytes) -> Selfie | None:
    """Store the piece that begins at byte `at`; the last one makes the photo.

    A piece that is there already changes nothing. Raises Problem (409) for one that does not
    go on where the last stopped, and as `selfies.add_selfie` does.
    """
    if len(piece) > PIECE_BYTES:
        raise Problem(_("This piece is too large."), code="piece", status=413)
    key = f"{upload.folder}/{at:012}"
    with transaction.atomic():
        upload = Upload.objects.select_for_update().select_related("shoot__order").get(pk=upload.pk)
        if not 0 <= at <= upload.received or at + len(piece) > upload.size or not piece:
            raise Problem(
                _("The photo goes on at another place. Try again."), code="offset", status=409
            )
        if at == upload.received:
            vault().put(key, piece)
            upload.received += len(piece)
            upload.save(update_fields=["received", "updated_at"])
    if upload.received < upload.size:
        return None
    data = b"".join(vault().read(key) for key in vault().keys(upload.folder))
    try:
        return selfies.add_selfie(actor=actor, shoot=upload.shoot, data=data, name=upload.name)
    finally:
        _forget(upload)


def _forget(upload: Upload) -> None:
    Upload.objects.filter(pk=upload.pk).delete()
    vault().delete_tree(upload.folder)


def forget_abandoned() -> int:
    """Destroy the pieces of photos that nobody goes on with; returns how many photos."""
    late = Upload.objects.filter(updated_at__lt=timezone.now() - PATIENCE)
    found = list(late.select_related("shoot__order")[:500])
    for upload in found:
        _forget(upload)
    return len(found)
