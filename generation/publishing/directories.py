"""Connections to directories: made, given new tokens, removed. Secrets are sealed at rest."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.models import Organisation
from generation.models import Directory, Publication, PublishingRun
from generation.publishing import targets
from generation.publishing.interface import Target, TokenDead
from generation.storage import destroy
from headshots.lib import sealed
from headshots.lib.problems import Problem

PURPOSE = "generation.directory"
MOST_CLOSER = 60


def connect(
    *,
    actor: Actor,
    organisation: Organisation,
    kind: str,
    values: Mapping[str, str],
    closer: int = 0,
) -> Directory:
    """Connect a directory, or give the one of this kind new settings and tokens.

    `values` are the fields of the kind. Raises Problem for one that is missing or cannot be meant;
    whether the tokens open anything shows in a dry run.
    """
    if kind not in targets.KINDS:
        raise Problem(_("Choose a directory from the list."), code="kind", field="kind")
    if not 0 <= closer <= MOST_CLOSER:
        raise Problem(_("Closer is a number from 0 to 60."), code="closer", field="closer")
    opened, fields = targets.KINDS[kind]
    filled = {field.name: values.get(field.name, "").strip() for field in fields}
    for field in fields:
        if not filled[field.name]:
            raise Problem(
                _("Fill in “{label}”.").format(label=field.label), code="missing", field=field.name
            )
    open_ones = {field.name: filled[field.name] for field in fields if not field.secret}
    secrets = {field.name: filled[field.name] for field in fields if field.secret}
    opened(open_ones, secrets, targets.base()).close()
    with transaction.atomic():
        directory, made = Directory.objects.update_or_create(
            organisation=organisation,
            kind=kind,
            defaults={
                "options": open_ones,
                "sealed": sealed.seal(json.dumps(secrets), purpose=PURPOSE),
                "closer": closer,
                "added_by": actor.user,
            },
        )
        audit.record(
            actor=actor,
            organisation=organisation,
            action="directory.added" if made else "directory.renewed",
            about=directory,
            kind=kind,
        )
    return directory


def remove(*, actor: Actor, directory: Directory) -> None:
    """Forget a directory: its tokens, its runs, and the photos kept to be put back."""
    with transaction.atomic():
        running = PublishingRun.objects.filter(
            directory=directory, state=PublishingRun.State.RUNNING
        )
        if running.exists():
            raise Problem(
                _("Something is being published there. Wait until it has ended."),
                code="running",
                status=409,
            )
        kept = list(
            Publication.objects.filter(run__directory=directory)
            .exclude(before="")
            .values_list("before", flat=True)
        )
        audit.record(
            actor=actor,
            organisation=directory.organisation,
            action="directory.removed",
            about=directory,
            kind=directory.kind,
        )
        directory.delete()
        destroy(keys=kept)


def open_target(directory: Directory) -> Target:
    """The directory behind a connection; close it. Raises TokenDead where its secrets cannot be
    read any more."""
    try:
        secrets = json.loads(sealed.unseal(directory.sealed, purpose=PURPOSE))
    except sealed.SealBroken:
        raise TokenDead(
            _(
                "The tokens cannot be read, as this installation’s secret key changed. "
                "Give new ones."
            )
        ) from None
    return targets.KINDS[directory.kind][0](directory.options, secrets, targets.base())
