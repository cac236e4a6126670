"""Who acts. Every service takes one."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest

from accounts.models import ApiKey, Employee, User


@dataclass(frozen=True)
class Actor:
    """A member, an employee, a program with a key, a command at the console, or the system."""

    kind: str
    name: str
    user: User | None = None
    employee: Employee | None = None
    address: str | None = None
    key: ApiKey | None = None

    @property
    def id(self) -> str:
        who = self.user or self.employee or self.key
        return str(who.pk) if who else ""

    @property
    def behind(self) -> User | None:
        """The user who acts, or who made the key that does, as far as that is known."""
        return self.user or (self.key.made_by if self.key else None)


SYSTEM = Actor(kind="system", name="Headshots")


def user_actor(user: User, request: HttpRequest | None = None) -> Actor:
    """The actor of a signed-in user; with the request, the address they act from is known."""
    address = request.META.get("REMOTE_ADDR") if request else None
    return Actor(kind="user", name=str(user), user=user, address=address)


def employee_actor(
    employee: Employee, request: HttpRequest | None = None, *, address: str | None = None
) -> Actor:
    """The actor behind a personal link; with the request, or else the `address` that a service was
    told, it is known where they act from."""
    if request:
        address = request.META.get("REMOTE_ADDR")
    return Actor(kind="employee", name=employee.name, employee=employee, address=address or None)


def packed(actor: Actor) -> dict[str, str]:
    """An actor as a task's message carries it."""
    return {
        "kind": actor.kind,
        "name": actor.name,
        "id": actor.id,
        "address": actor.address or "",
    }


def unpacked(said: dict[str, str]) -> Actor:
    """The actor that `packed` said; who has been removed since is known by name alone."""
    kind, name, address = said["kind"], said["name"], said["address"] or None
    if not said["id"]:
        return Actor(kind=kind, name=name, address=address)
    who = UUID(said["id"])
    return Actor(
        kind=kind,
        name=name,
        address=address,
        user=User.objects.filter(pk=who).first() if kind == "user" else None,
        employee=Employee.objects.filter(pk=who).first() if kind == "employee" else None,
        key=ApiKey.objects.filter(pk=who).first() if kind == "key" else None,
    )


def key_actor(key: ApiKey, address: str | None) -> Actor:
    """The actor behind a key of the API."""
    return Actor(kind="key", name=key.name, key=key, address=address)
