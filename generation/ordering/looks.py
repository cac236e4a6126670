"""Making and changing looks."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.models import Organisation
from generation.art_direction import CHOICES
from generation.models import Look
from headshots.lib.problems import Problem


def save_look(
    *,
    actor: Actor,
    organisation: Organisation,
    name: str,
    attire_choices: Sequence[str] = (),
    **choices: str,
) -> Look:
    """Make a look, or the next version of the one with that name. Orders keep what they froze.

    Raises Problem for a missing name or a choice that does not exist.
    """
    name = " ".join(name.split())[:80]
    if not name:
        raise Problem(_("Give the look a name."), code="name_missing", field="name")
    for field, known in CHOICES.items():
        if choices.get(field) not in known:
            raise Problem(
                _("“{choices}” is no {field}. Choose from {value}.").format(
                    choices=choices.get(field, ""), field=field, value=", ".join(known)
                ),
                code="look_choice",
                field=field,
            )
    others = [attire for attire in CHOICES["attire"] if attire in attire_choices]
    if set(attire_choices) - set(others):
        raise Problem(
            _("Choose attire from {known}.").format(known=", ".join(CHOICES["attire"])),
            code="look_choice",
            field="attire_choices",
        )
    others = [attire for attire in others if attire != choices["attire"]]
    try:
        with transaction.atomic():
            newest = (
                Look.objects.filter(organisation=organisation, name=name)
                .order_by("-version")
                .first()
            )
            if (
                newest
                and newest.attire_choices == others
                and all(getattr(newest, f) == choices[f] for f in CHOICES)
            ):
                return newest
            look = Look.objects.create(
                organisation=organisation,
                name=name,
                version=newest.version + 1 if newest else 1,
                attire_choices=others,
                **{field: choices[field] for field in CHOICES},
            )
            audit.record(
                actor=actor,
                organisation=organisation,
                action="look.saved",
                about=look,
                name=name,
                version=look.version,
            )
            return look
    except IntegrityError:
        raise Problem(
            _("Somebody changed this look just now. Load the page again."), code="stale", status=409
        ) from None


def newest(*, organisation: Organisation, name: str) -> Look:
    """The newest version of the look with that name.

    Raises Problem with the names there are.
    """
    found = Look.objects.filter(organisation=organisation, name__iexact=name).order_by("-version")
    look = found.first()
    if look is None:
        names = sorted(
            set(Look.objects.filter(organisation=organisation).values_list("name", flat=True))
        )
        there = (
            _("There are: {names}.").format(names=", ".join(names))
            if names
            else _("There are none yet.")
        )
        raise Problem(
            _("There is no look “{name}”. {there}").format(name=name, there=there),
            code="look_unknown",
            field="look",
        )
    return look
