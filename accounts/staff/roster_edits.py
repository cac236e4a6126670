"""Changing the roster by hand: adding somebody, mending what is known, leaving, coming back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.models import Employee, Organisation
from accounts.staff import new_addresses, roster_writing
from accounts.staff.roster_columns import (
    ATTRIBUTE_LIMIT,
    ATTRIBUTE_NAME_LIMIT,
    LABELS,
    LIMITS,
    MOST_ATTRIBUTES,
)
from headshots.lib.problems import Problem


@dataclass(frozen=True)
class Person:
    """What an administrator types in: every field by name, and own attributes."""

    values: Mapping[str, str]
    attributes: Mapping[str, str]


def tidy(text: str) -> str:
    """As a field is stored: one blank between words, none around them."""
    return " ".join(text.split())


def read_person(values: Mapping[str, str], names: Sequence[str], said: Sequence[str]) -> Person:
    """Tidy what was typed; attributes come as names and values side by side, empty ones go.

    Raises Problem, naming the field.
    """
    fields = {name: tidy(values.get(name, "")) for name in LABELS}
    fields["email"] = fields["email"].lower()
    for name, value in fields.items():
        if len(value) > LIMITS[name] or "\x00" in value:
            raise Problem(
                _("{value} has at most {value2} characters of text.").format(
                    value=_(LABELS[name]), value2=LIMITS[name]
                ),
                code="too_long",
                field=name,
            )
    try:
        validate_email(fields["email"])
    except ValidationError:
        said_address = _("“{email}” is no e-mail address.").format(email=fields["email"][:80])
        raise Problem(
            said_address if fields["email"] else _("Give an e-mail address. The link goes there."),
            code="email",
            field="email",
        ) from None
    if fields["language"] not in ("", *Employee.Language.values):
        raise Problem(_("Choose a language from the list."), code="language", field="language")
    attributes: dict[str, str] = {}
    for name, value in zip(names, said, strict=False):
        name, value = tidy(name), tidy(value)
        if not name and not value:
            continue
        if not name or "\x00" in name + value:
            raise Problem(_("Give the attribute a name."), code="attribute", field="attribute_name")
        if len(name) > ATTRIBUTE_NAME_LIMIT or len(value) > ATTRIBUTE_LIMIT:
            raise Problem(
                _(
                    "An attribute’s name has at most {attribute_name_limit} characters, what "
                    "it says {attribute_limit}."
                ).format(
                    attribute_name_limit=ATTRIBUTE_NAME_LIMIT, attribute_limit=ATTRIBUTE_LIMIT
                ),
                code="attribute",
                field="attribute_name",
            )
        if value:
            attributes[name] = value
    if len(attributes) > MOST_ATTRIBUTES:
        raise Problem(
            _("At most {most_attributes} attributes are kept.").format(
                most_attributes=MOST_ATTRIBUTES
            ),
            code="attributes",
        )
    return Person(fields, attributes)


@transaction.atomic
def add_employee(
    *, actor: Actor, organisation: Organisation, person: Person, external_id: str = ""
) -> Employee:
    """Put one more person on the roster. Raises Problem for an address, number or external id that
    is taken."""
    roster_writing.lock(organisation)
    _refuse_twins(organisation, person, external_id, None)
    employee = Employee.objects.create(
        organisation=organisation,
        external_id=external_id,
        **person.values,
        attributes=dict(person.attributes),
    )
    audit.record(
        actor=actor,
        organisation=organisation,
        action="employee.added",
        about=employee,
        email=employee.email,
    )
    return employee


@transaction.atomic
def change_employee(
    *, actor: Actor, employee: Employee, person: Person, external_id: str | None = None
) -> Employee:
    """Write what was typed over what was known; the external id stays where none is said, and ""
    takes it off. Links sent to an address before open nothing any more. Raises Problem as
    add_employee does."""
    roster_writing.lock(employee.organisation)
    found = Employee.objects.select_for_update(of=("self",)).get(pk=employee.pk)
    _refuse_twins(employee.organisation, person, external_id or "", found.pk)
    address = found.email.lower()
    values = dict(person.values)
    if external_id is not None:
        values["external_id"] = external_id
    changed = [name for name, value in values.items() if value != getattr(found, name)]
    for name in changed:
        setattr(found, name, values[name])
    if found.attributes != dict(person.attributes):
        found.attributes = dict(person.attributes)
        changed.append("attributes")
    if changed:
        found.save(update_fields=[*changed, "updated_at"])
        audit.record(
            actor=actor,
            organisation=employee.organisation,
            action="employee.changed",
            about=found,
            fields=", ".join(changed),
        )
    if found.email.lower() != address:
        new_addresses.follow(people=[found.pk])
        found.refresh_from_db(fields=["bounced_at", "bounce_reason"])
    return found


def _refuse_twins(
    organisation: Organisation, person: Person, external_id: str, own: UUID | None
) -> None:
    others = Employee.objects.filter(organisation=organisation)
    if own:
        others = others.exclude(pk=own)
    email, number = person.values["email"], person.values["employee_number"]
    if twin := others.filter(email__iexact=email).first():
        raise Problem(
            _("{name} has this address already.").format(name=twin.name),
            code="email_taken",
            field="email",
        )
    if number and (twin := others.filter(employee_number=number).first()):
        raise Problem(
            _("{name} has this number already.").format(name=twin.name),
            code="number_taken",
            field="employee_number",
        )
    if external_id and (twin := others.filter(external_id=external_id).first()):
        raise Problem(
            _("{name} has this external id already.").format(name=twin.name),
            code="external_id_taken",
            field="external_id",
        )


@transaction.atomic
def set_status(
    *,
    actor: Actor,
    organisation: Organisation,
    employees: Sequence[Employee],
    status: Employee.Status,
) -> int:
    """Mark people as having left, or as back; returns how many were not so already.

    Nothing of theirs is destroyed; what is under way for leavers is cancelled a minute later.
    """
    roster_writing.lock(organisation)
    left = status == Employee.Status.LEFT
    now = timezone.now()
    done = (
        Employee.objects.filter(organisation=organisation, pk__in=[e.pk for e in employees])
        .exclude(status=status)
        .update(status=status, left_at=now if left else None, updated_at=now)
    )
    if done:
        audit.record(
            actor=actor,
            organisation=organisation,
            action="employees.left" if left else "employees.returned",
            people=done,
        )
    return done
