"""The roster."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Lower
from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import access
from accounts.api import refusals
from accounts.api.base import TenantView
from accounts.mail import bounces
from accounts.models import Employee
from accounts.staff import roster_edits, roster_people, roster_sync
from accounts.staff.roster_columns import (
    ATTRIBUTE_LIMIT,
    ATTRIBUTE_NAME_LIMIT,
    LIMITS,
    MOST_ATTRIBUTES,
)
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Entries, Given, Shape

TAG = "Employees"
CALLS = {"attribute_name": "attributes"}
EXAMPLE = {
    "external_id": "hr-1007",
    "email": "ada.moreau@example.com",
    "employee_number": "E-1007",
    "first_name": "Ada",
    "last_name": "Moreau",
    "preferred_name": "",
    "title": "Engineer",
    "department": "Research",
    "location": "Lyon",
    "language": "fr",
    "attributes": {"Floor": "3"},
}


def text(name: str, **options: Any) -> serializers.CharField:
    """A field of a person, as long as the roster takes it."""
    return serializers.CharField(
        max_length=LIMITS[name], required=False, allow_blank=True, **options
    )


def own_attributes(what: str = "") -> Entries:
    """An organisation's own fields of a person; `what` becomes of those that are there."""
    says = f"At most {MOST_ATTRIBUTES}, their names of {ATTRIBUTE_NAME_LIMIT} characters."
    return Entries(
        child=serializers.CharField(max_length=ATTRIBUTE_LIMIT, allow_blank=True),
        # A few too many are told of by name.
        most=2 * MOST_ATTRIBUTES,
        required=False,
        help_text=f"{says} {what}".strip(),
    )


class EmployeeShape(Shape):
    """A person of the roster."""

    id = serializers.UUIDField()
    external_id = serializers.CharField(help_text="What your system calls them.")
    email = serializers.CharField()
    employee_number = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    preferred_name = serializers.CharField()
    title = serializers.CharField()
    department = serializers.CharField()
    location = serializers.CharField()
    language = serializers.CharField()
    attributes = serializers.DictField(child=serializers.CharField())
    status = serializers.ChoiceField(choices=Employee.Status.choices)
    left_at = serializers.DateTimeField(allow_null=True)
    bounced_at = serializers.DateTimeField(
        allow_null=True, help_text="When mail to them came back; nothing is sent since."
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-00000000000a",
        **EXAMPLE,
        "status": "active",
        "left_at": None,
        "bounced_at": None,
        "created_at": "2026-11-25T09:00:00Z",
        "updated_at": "2026-11-25T09:00:00Z",
    }


class EmployeeFields(Given):
    """What is known of a person. What is left out stays as it is."""

    employee_number = text("employee_number")
    first_name = text("first_name")
    last_name = text("last_name")
    preferred_name = text("preferred_name")
    title = text("title")
    department = text("department")
    location = text("location")
    language = serializers.ChoiceField(
        choices=Employee.Language.choices, required=False, allow_blank=True
    )
    attributes = own_attributes()
    status = serializers.ChoiceField(choices=Employee.Status.choices, required=False)


class EmployeeNew(EmployeeFields):
    """A person to add."""

    email = serializers.EmailField(max_length=LIMITS["email"])
    external_id = serializers.CharField(
        max_length=roster_sync.LONGEST_ID, required=False, allow_blank=True
    )

    example = EXAMPLE


class EmployeeChange(EmployeeFields):
    """What to change of a person."""

    email = serializers.EmailField(max_length=LIMITS["email"], required=False)
    external_id = serializers.CharField(
        max_length=roster_sync.LONGEST_ID,
        required=False,
        allow_blank=True,
        help_text="Another, where your system calls them otherwise now; an empty one takes it off.",
    )
    attributes = own_attributes("They replace all that are there; an upsert merges them.")

    example = {"title": "Head of research"}


class EmployeesQuery(Given):
    """Which people."""

    status = serializers.ChoiceField(choices=["active", "left", "all"], default="active")
    email = serializers.CharField(max_length=254, required=False)
    external_id = serializers.CharField(max_length=100, required=False)
    employee_number = serializers.CharField(max_length=60, required=False)
    department = serializers.CharField(max_length=100, required=False)
    location = serializers.CharField(max_length=100, required=False)
    language = serializers.ChoiceField(
        choices=roster_people.LANGUAGES,
        required=False,
        help_text="`none`: nobody has said which language they read.",
    )
    attribute = serializers.CharField(
        max_length=ATTRIBUTE_NAME_LIMIT,
        required=False,
        help_text="The name of an own attribute that they have.",
    )
    attribute_value = serializers.CharField(
        max_length=ATTRIBUTE_LIMIT,
        required=False,
        help_text="What `attribute` is, whole, in capitals or not.",
    )
    q = serializers.CharField(
        max_length=100,
        required=False,
        help_text="Words that are somewhere in what is known, own attributes too.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "attribute_value" in attrs and "attribute" not in attrs:
            raise serializers.ValidationError(
                {"attribute": ["Name the attribute whose value is looked for."]}
            )
        return attrs


class EmployeesView(TenantView):
    """The roster as a list."""

    @operation(
        "employees_list",
        "List employees",
        tag=TAG,
        scope="employees:read",
        shape=EmployeeShape,
        many=True,
        query=EmployeesQuery,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The newest first; `status` is `active` where nothing else is said."""
        return self.listed(self._wanted(), owner=self.organisation.pk)

    def _wanted(self) -> QuerySet[Employee]:
        said = self.query
        people = access.employees(self.inside)
        if said["status"] != "all":
            people = people.filter(status=said["status"])
        for name in ("external_id", "employee_number", "department", "location"):
            if name in said:
                people = people.filter(**{name: said[name]})
        if "email" in said:
            # As the index has it: this is what partners ask most.
            people = people.alias(lowered=Lower("email")).filter(
                lowered=Lower(Value(said["email"]))
            )
        return roster_people.search(
            people,
            roster_people.Filter(
                query=said.get("q", ""),
                language=said.get("language", ""),
                attribute=said.get("attribute", ""),
                attribute_value=said.get("attribute_value", ""),
                status="all",
            ),
        )

    @operation(
        "employees_create",
        "Add an employee",
        tag=TAG,
        scope="employees:write",
        shape=EmployeeShape,
        body=EmployeeNew,
        calls=CALLS,
        status=201,
        refuses=(
            refusals.EMAIL_TAKEN,
            refusals.EXTERNAL_ID_TAKEN,
            refusals.NUMBER_TAKEN,
            refusals.ATTRIBUTE,
            refusals.ATTRIBUTES,
        ),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """One more person. Nobody is told: an order invites them."""
        said = self.body()
        person = roster_edits.add_employee(
            actor=self.actor,
            organisation=self.organisation,
            person=_person(said, None),
            external_id=said.get("external_id", ""),
        )
        if said.get("status") == Employee.Status.LEFT:
            _set_status(self, person, Employee.Status.LEFT)
        place = reverse("api:employee", args=[person.pk])
        return self.shown(person, location=place)


class EmployeeView(TenantView):
    """One person."""

    @operation(
        "employees_get", "Read an employee", tag=TAG, scope="employees:read", shape=EmployeeShape
    )
    def get(self, request: Request, employee_id: UUID) -> HttpResponseBase:
        """What is known of a person."""
        return self.shown(access.employee(self.inside, employee_id))

    @operation(
        "employees_update",
        "Change an employee",
        tag=TAG,
        scope="employees:write",
        shape=EmployeeShape,
        body=EmployeeChange,
        calls=CALLS,
        match=True,
        refuses=(
            refusals.EMAIL_TAKEN,
            refusals.EXTERNAL_ID_TAKEN,
            refusals.NUMBER_TAKEN,
            refusals.ATTRIBUTE,
            refusals.ATTRIBUTES,
        ),
    )
    def patch(self, request: Request, employee_id: UUID) -> HttpResponseBase:
        """What is left out stays as it is; `attributes` are replaced as a whole.

        With another `email`, links sent to the one before open nothing any more, and whoever has
        something to do is mailed a new one."""
        said = self.body()
        person = access.employee(self.inside, employee_id)
        person = roster_edits.change_employee(
            actor=self.actor,
            employee=person,
            person=_person(said, person),
            external_id=said.get("external_id"),
        )
        if "status" in said and said["status"] != person.status:
            _set_status(self, person, Employee.Status(said["status"]))
        return self.shown(person)

    @operation(
        "employees_delete",
        "Mark an employee as having left",
        tag=TAG,
        scope="employees:write",
        match=True,
        shape=EmployeeShape,
    )
    def delete(self, request: Request, employee_id: UUID) -> HttpResponseBase:
        """They stay known, as what was signed and paid hangs on them, and get no new order."""
        person = access.employee(self.inside, employee_id)
        _set_status(self, person, Employee.Status.LEFT)
        return self.shown(person)


class EmployeeMailAgainView(TenantView):
    """A mailbox that works again."""

    acts_on = EmployeeView

    @operation(
        "employees_mail_again",
        "Send mail to an employee again",
        tag=TAG,
        scope="employees:write",
        match=True,
        shape=EmployeeShape,
    )
    def post(self, request: Request, employee_id: UUID) -> HttpResponseBase:
        """Once you know that mail to them does not come back any more."""
        person = access.employee(self.inside, employee_id)
        bounces.clear(actor=self.actor, organisation=self.organisation, employee=person)
        return self.shown(access.employee(self.inside, employee_id))


def _person(said: dict[str, Any], known: Employee | None) -> roster_edits.Person:
    values = {name: said.get(name, getattr(known, name, "")) for name in LIMITS}
    attributes = said.get("attributes", known.attributes if known else {})
    return roster_edits.read_person(values, list(attributes), list(attributes.values()))


@transaction.atomic
def _set_status(view: TenantView, person: Employee, status: Employee.Status) -> None:
    roster_edits.set_status(
        actor=view.actor, organisation=view.organisation, employees=[person], status=status
    )
    person.refresh_from_db()
