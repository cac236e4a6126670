"""The roster, members, and what people agreed to."""

from __future__ import annotations

from typing import Literal, TypedDict


class Department(TypedDict):
    name: str
    employees: int


class Employee(TypedDict):
    id: str
    external_id: str
    email: str
    employee_number: str
    first_name: str
    last_name: str
    preferred_name: str
    title: str
    department: str
    location: str
    language: str
    attributes: dict[str, str]
    status: Literal["active", "left"]
    left_at: str | None
    bounced_at: str | None
    created_at: str
    updated_at: str


class EmployeeRow(TypedDict, total=False):
    """What is known of a person; what is left out stays as it is."""

    external_id: str
    email: str
    employee_number: str
    first_name: str
    last_name: str
    preferred_name: str
    title: str
    department: str
    location: str
    language: str
    attributes: dict[str, str]
    status: Literal["active", "left"]


class RowProblem(TypedDict):
    code: str
    field: str | None
    detail: str


class UpsertedRow(TypedDict):
    index: int
    external_id: str
    result: Literal["created", "changed", "unchanged", "refused"]
    employee: str | None
    problem: RowProblem | None


class Member(TypedDict):
    id: str
    email: str
    name: str
    role: Literal["owner", "admin", "viewer"]
    created_at: str


class MemberInvitation(TypedDict):
    id: str
    email: str
    role: Literal["owner", "admin", "viewer"]
    expires_at: str
    created_at: str


Jurisdiction = Literal["eu", "us", "other"]


class ReleaseText(TypedDict):
    version: str
    language: str
    jurisdiction: Jurisdiction
    text: str
    sha256: str


class Release(TypedDict):
    id: str
    employee: str
    kind: Literal["signed", "attested", "collected"]
    text_version: str
    text_sha256: str
    text: str
    signed_name: str
    evidence: str
    signed_at: str
    withdrawn_at: str | None
    created_at: str
