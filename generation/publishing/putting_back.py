"""What stood in a directory before stands there again, unless somebody put another photo there."""

from __future__ import annotations

import base64

from django.utils.translation import gettext_noop

from generation.models import Publication
from generation.publishing import pictures, runs
from generation.publishing.directories import PURPOSE
from generation.publishing.interface import Refusal, Target
from generation.storage import vault
from headshots.lib import sealed
from headshots.lib.vault import FileMissing


def put_back(target: Target, was: Publication) -> str:
    """Have a person's photo of before stand there again, or none where none did or none may any
    more. Returns what came of it in a sentence.

    Raises Refusal where another photo was put there since, which stays, and where the one of
    before is not there or cannot be read; Later and TokenDead.
    """
    goes = not was.had_before or (not was.before and runs.must_go(was.shoot))
    before = None if goes else kept(was)
    there = target.read(was.remote_id)
    if there is not None:
        _refuse_others(was, before, there)
    if before is not None:
        if there is None or _is_ours(was, there):
            target.write(was.remote_id, before)
            pictures.read_back(target, was.remote_id, before, over=there)
        return gettext_noop("The photo of before stands there.")
    if there is not None:
        target.remove(was.remote_id)
    if was.had_before:
        return gettext_noop("No photo stands there any more.")
    return gettext_noop("No photo stands there, as before.")


def kept(was: Publication) -> bytes:
    """The photo that stood there before. Raises Refusal where it is not kept any more or cannot be
    read, FileMissing."""
    if not was.before:
        raise Refusal(gettext_noop("The photo of before is not kept any more."))
    try:
        text = sealed.unseal(vault().read(was.before).decode(), purpose=PURPOSE)
    except sealed.SealBroken:
        raise Refusal(
            gettext_noop(
                "The photo of before cannot be read, as this installation’s secret key changed."
            )
        ) from None
    return base64.b64decode(text)


def _refuse_others(was: Publication, before: bytes | None, there: bytes) -> None:
    """Raise Refusal where what stands there is neither ours nor the photo of before, or may be a
    later run's."""
    if runs.written_over(was):
        raise Refusal(
            gettext_noop(
                "A later run wrote a photo of this person over this one. Put that run back first, "
                "then try the rest again."
            )
        )
    if not _is_ours(was, there) and not (before and pictures.same(before, there)):
        raise Refusal(gettext_noop("Another photo was put there since, and was left as it is."))


def _is_ours(was: Publication, there: bytes) -> bool:
    """Whether a photo shows what this run wrote, as far as that is kept: it goes with whoever
    withdraws, and all that stands there with it."""
    try:
        return not was.ours or pictures.shown(vault().read(was.ours), there)
    except FileMissing:
        return True
