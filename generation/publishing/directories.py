"""Connections to directories: made, given new tokens, removed. Secrets are sealed at rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import audit
from accounts.actors import Actor
from accounts.developers.on_behalf import grant_of, is_theirs
from accounts.models import Employee, Organisation
from generation.models import Directory, Publication, PublishingRun
from generation.publishing import slack, targets
from generation.publishing.interface import Target, TokenDead
from generation.sandbox import calls
from generation.sandbox import directory as stand_ins
from generation.storage import destroy
from headshots.lib import sealed
from headshots.lib.problems import Problem

PURPOSE = "generation.directory"
MOST_CLOSER = 60
# So many people without a token are named.
WITHOUT_SHOWN = 10
_WENT = gettext_noop(
    "The partner who gave the tokens may not act any more, so they are destroyed. Give new ones."
)


def connect(
    *,
    actor: Actor,
    organisation: Organisation,
    kind: str,
    values: Mapping[str, str],
    closer: int = 0,
) -> Directory:
    """Connect a directory, or give the one of this kind new settings and tokens. In a sandbox the
    tokens are looked at for their form and not kept: a stand-in takes the vendor's place.

    `values` are the fields of the kind. Of tokens that are each one person's, those of people whom
    no line names are kept; one may be left empty then. Raises Problem for one that is missing or
    cannot be meant, and (403) for a partner where others gave the tokens that are there; whether
    the tokens open anything shows in a dry run.
    """
    if kind not in targets.KINDS:
        raise Problem(_("Choose a directory from the list."), code="kind", field="kind")
    if not 0 <= closer <= MOST_CLOSER:
        raise Problem(_("Closer is a number from 0 to 60."), code="closer", field="closer")
    opened, fields = targets.KINDS[kind]
    filled = {field.name: values.get(field.name, "").strip() for field in fields}
    with transaction.atomic():
        grant = grant_of(actor=actor, organisation=organisation)
        there = Directory.objects.select_for_update(of=("self",)).select_related(
            "grant", "organisation"
        )
        found = there.filter(organisation=organisation, kind=kind).first()
        if found:
            _check_theirs(actor, found)
        # SECURITY: tokens that somebody else gave go with whoever gave them; they are not kept
        # under another's name.
        kept = _secrets(found) if found and found.grant == grant else {}
        for field in fields:
            before = kept.get(field.name, "")
            if field.merged and (before or filled[field.name]):
                filled[field.name] = field.merged(before, filled[field.name])
            if not filled[field.name]:
                raise Problem(
                    _("Fill in “{label}”.").format(label=field.label),
                    code="missing",
                    field=field.name,
                )
        open_ones = {field.name: filled[field.name] for field in fields if not field.secret}
        secrets = {field.name: filled[field.name] for field in fields if field.secret}
        opened(open_ones, secrets, targets.base()).close()
        directory, made = Directory.objects.update_or_create(
            organisation=organisation,
            kind=kind,
            defaults={
                "options": open_ones,
                "sealed": stand_ins.mark(found.sealed if found else "")
                if calls.is_sandbox(organisation)
                else sealed.seal(json.dumps(secrets), purpose=PURPOSE),
                "closer": closer,
                "added_by": actor.user,
                "grant": grant,
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


@dataclass(frozen=True)
class Tokens:
    """How many people's tokens a directory keeps, and who of the roster has none: the first few by
    name, and how many besides."""

    kept: int
    without: list[Employee]
    more: int


def tokens(directory: Directory) -> Tokens | None:
    """What is kept where each person has a token of their own; None for other kinds, and where
    nothing is kept that can be read."""
    text = _secrets(directory).get("tokens", "") if directory.kind == Directory.Kind.SLACK else ""
    if not text:
        return None
    addresses = {address for _number, address, _token in slack.lines(text)}
    roster = Employee.objects.filter(
        organisation=directory.organisation_id, status=Employee.Status.ACTIVE
    ).only("first_name", "last_name", "preferred_name", "email")
    without = [person for person in roster if person.email.lower() not in addresses]
    return Tokens(len(addresses), without[:WITHOUT_SHOWN], max(0, len(without) - WITHOUT_SHOWN))


def _secrets(directory: Directory) -> dict[str, str]:
    """What is sealed; empty where nothing is or it cannot be read any more."""
    if not directory.sealed:
        return {}
    try:
        found: dict[str, str] = json.loads(sealed.unseal(directory.sealed, purpose=PURPOSE))
    except sealed.SealBroken:
        return {}
    return found


def _check_theirs(actor: Actor, directory: Directory) -> None:
    # SECURITY: whoever gives the tokens says where everybody's photos go.
    if not is_theirs(actor=actor, organisation=directory.organisation, grant=directory.grant):
        raise Problem(
            _("Somebody else connected this directory. They alone change that."),
            code="directory_of_another",
            status=403,
        )


def remove(*, actor: Actor, directory: Directory) -> None:
    """Forget a directory: its tokens, its runs, and the photos kept to be put back.

    Raises Problem: 409 while something is published there, 403 for a partner where others
    connected it.
    """
    with transaction.atomic():
        _check_theirs(actor, directory)
        running = PublishingRun.objects.filter(
            directory=directory, state=PublishingRun.State.RUNNING
        )
        if running.exists():
            raise Problem(
                _("Something is being published there. Wait until it has ended."),
                code="running",
                status=409,
            )
        here = Publication.objects.filter(run__directory=directory).exclude(before="", ours="")
        kept = [key for both in here.values_list("before", "ours") for key in both if key]
        audit.record(
            actor=actor,
            organisation=directory.organisation,
            action="directory.removed",
            about=directory,
            kind=directory.kind,
        )
        folders = [stand_ins.folder(directory)] if calls.is_sandbox(directory.organisation) else []
        directory.delete()
        destroy(keys=kept, folders=folders)


@transaction.atomic
def destroy_tokens(*, actor: Actor, found: QuerySet[Directory]) -> None:
    """Destroy the tokens of directories, which a partner or its people gave, and stop what is
    published by them. The connections stay, with their log and the photos kept to be put back."""
    for directory in found.exclude(sealed=""):
        directory.sealed = ""
        directory.save(update_fields=["sealed"])
        PublishingRun.objects.filter(directory=directory, state=PublishingRun.State.RUNNING).update(
            state=PublishingRun.State.STOPPED,
            sentence=_WENT,
            lease_until=None,
            not_before=None,
        )
        audit.record(
            actor=actor,
            organisation=directory.organisation,
            action="directory.tokens_destroyed",
            about=directory,
            kind=directory.kind,
        )


def open_target(directory: Directory) -> Target:
    """The directory behind a connection, a stand-in in a sandbox; close it. Raises TokenDead where
    its secrets cannot be read any more."""
    if not directory.sealed:
        raise TokenDead(_(_WENT))
    opened = targets.KINDS[directory.kind][0]
    # SECURITY: with whatever tokens, nothing in a sandbox reaches a real directory.
    if calls.is_sandbox(directory.organisation):
        return stand_ins.StandIn(directory, opened.photo)
    try:
        secrets = json.loads(sealed.unseal(directory.sealed, purpose=PURPOSE))
    except sealed.SealBroken:
        raise TokenDead(
            _(
                "The tokens cannot be read, as this installation’s secret key changed. "
                "Give new ones."
            )
        ) from None
    return opened(directory.options, secrets, targets.base())
