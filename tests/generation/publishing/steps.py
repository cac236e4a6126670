"""What the tests of publishing do again and again."""

from __future__ import annotations

from typing import Any

from accounts.models import Employee
from generation.models import (
    Directory,
    Order,
    PublishingRun,
    State,
)
from generation.publishing import directories, doing, runs
from tests.generation.publishing import vendors as fake
from tests.world import World, bring, give_files

Aim = PublishingRun.Aim


def values(kind: str, people: list[Employee]) -> dict[str, str]:
    lines = "\n".join(f"{p.email}, xoxp-{p.email.split('@')[0]}" for p in people)
    return {
        "entra": {"tenant": fake.TENANT, "client_id": "app", "client_secret": fake.SECRET},
        "google": {
            "administrator": "boss@acme.example",
            "service_account": fake.service_account(),
        },
        "slack": {"tokens": lines},
        "bamboo": {"company": "acme", "api_key": fake.API_KEY},
    }[kind]


def connect(world: World, kind: str = "entra", **more: Any) -> Directory:
    return directories.connect(
        actor=world.actor,
        organisation=world.organisation,
        kind=kind,
        values=values(kind, world.people),
        **more,
    )


def ready(world: World, people: int) -> Order:
    order = world.order(people)
    for shoot in order.shoots.all():
        give_files(bring(shoot, State.DELIVERED), ("square",))
    return order


def publish(world: World, order: Order, directory: Directory, aim: Any = Aim.PUBLISH) -> Any:
    run = runs.start(actor=world.actor, order=order, directory=directory, aim=aim)
    doing.go(run_id=run.pk)
    run.refresh_from_db()
    return run


def go_on(run: PublishingRun) -> None:
    """Work on a run, task by task, until it ends or stops."""
    run.refresh_from_db()
    while run.state == PublishingRun.State.RUNNING:
        doing.go(run_id=run.pk)
        run.refresh_from_db()


def said(run: PublishingRun) -> dict[str, tuple[str, str]]:
    rows = run.publications.select_related("shoot__employee")
    return {row.shoot.employee.email: (row.state, row.sentence) for row in rows}
