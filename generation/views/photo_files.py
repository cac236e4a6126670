"""Photos that a form sends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from accounts.actors import Actor
from generation.models import Shoot
from generation.photos import selfies
from headshots.lib.problems import Problem


def take_in(*, actor: Actor, shoot: Shoot, files: Sequence[UploadedFile[Any]]) -> list[Problem]:
    """Keep the good ones; what is wrong with each other one, or that there was none."""
    if not files:
        return [Problem(_("Choose one or more photos."), code="photos", field="photos")]
    problems = []
    for file in files:
        try:
            if file.size is not None and file.size > settings.UPLOAD_MAX_BYTES:
                limit = settings.UPLOAD_MAX_BYTES // 2**20
                raise Problem(
                    _("{name}: more than {limit} MB. Send a smaller photo.").format(
                        name=file.name, limit=limit
                    )
                )
            selfies.add_selfie(actor=actor, shoot=shoot, data=file.read(), name=file.name or "")
        except Problem as problem:
            problems.append(problem)
    return problems
