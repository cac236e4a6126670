"""Orders of ten thousand: placed in one request, looked at and chosen from in pages of fifty."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from accounts.models import Employee
from generation.models import Shoot, State
from generation.ordering import funnel
from tests.world import World, make_world

MANY = 10_000


def hire_many(world: World, number: int) -> None:
    Employee.objects.bulk_create(
        Employee(
            organisation=world.organisation,
            email=f"staff{n}@acme.example",
            first_name=f"First{n}",
            last_name=f"Last{n:05}",
            department=("Sales", "Research", "Legal", "")[n % 4],
            location=("Berlin", "Tokyo")[n % 2],
        )
        for n in range(number)
    )


def ask(client: Client, url: str, **said: str) -> tuple[int, bytes]:
    """Queries and content of a page, the planner knowing how large the tables are."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url, said)
    assert response.status_code == 200
    return len(captured), response.content


@pytest.fixture
def inside(client: Client, db: None) -> tuple[World, Client]:
    world = make_world(credits=30_000)
    client.force_login(world.owner)
    return world, client


def test_ten_thousand_are_chosen_ordered_and_watched(inside: tuple[World, Client]) -> None:
    world, client = inside
    slug = world.organisation.slug
    hire_many(world, 60)
    small = ask(client, reverse("order_new", args=[slug]))
    hire_many_more = [
        Employee(organisation=world.organisation, email=f"more{n}@acme.example", department="Sales")
        for n in range(MANY)
    ]
    Employee.objects.bulk_create(hire_many_more, batch_size=2000)
    large = ask(client, reverse("order_new", args=[slug]))
    assert large[0] == small[0]
    assert len(large[1]) < len(small[1]) * 1.2

    people = reverse("order_people", args=[slug])
    everybody = client.get(people, {"all": "1", "department": "Sales"}).json()["employees"]
    assert len(everybody) == MANY + 15
    OrmQ.objects.all().delete()
    answer = client.post(
        reverse("order_new", args=[slug]),
        {
            "look": world.look.pk,
            "due": str(timezone.localdate() + timedelta(days=30)),
            "employees": ",".join(everybody),
        },
    )
    assert answer.status_code == 302, answer.context["problem"]
    # Mail goes out in the background, a hundred to a message.
    assert OrmQ.objects.count() >= MANY // 100
    order = world.organisation.orders.get()
    assert order.shoots.count() == MANY + 15

    few = world.order(3)
    url = [reverse("order_live", args=[slug, one.pk]) for one in (few, order)]
    tiny, huge = ask(client, url[0]), ask(client, url[1])
    assert huge[0] == tiny[0]
    assert huge[1].count(b'class="shoot"') == 50


def test_the_funnel_counts_who_has_come_how_far(world: World) -> None:
    order = world.order(7)
    shoots = list(order.shoots.order_by("employee__email"))
    Employee.objects.filter(pk=shoots[0].employee_id).update(department="Sales")
    states = [
        State.INVITED, State.INVITED, State.COLLECTING, State.TRAINING, State.CHOOSING,
        State.DELIVERED, State.OPTED_OUT,
    ]  # fmt: skip
    release = world.shoot(State.COLLECTING).release
    for shoot, state in zip(shoots, states, strict=True):
        Shoot.objects.filter(pk=shoot.pk).update(state=state, release=release)
    invitation = shoots[1].invitation
    invitation.opened_at = timezone.now()
    invitation.save()
    found = funnel.of_order(order=order)
    assert [(s.name, s.reached, s.here) for s in found.stages] == [
        ("invited", 6, 1), ("opened", 5, 1), ("released", 4, 1), ("uploaded", 3, 1),
        ("choosing", 2, 1), ("approving", 1, 0), ("approved", 1, 1),
    ]  # fmt: skip
    assert (found.people, found.alternative, found.ended, found.moving) == (7, 1, 0, True)
    assert [(d.name, d.people) for d in found.departments] == [("Sales", 1), ("", 6)]
    sales = funnel.of_order(order=order, department="Sales")
    assert (sales.people, sales.here("invited")) == (1, 1)


def test_a_stage_shows_the_people_in_it_and_the_percentage_is_everybodys(
    inside: tuple[World, Client],
) -> None:
    world, client = inside
    order = world.order(2)
    first = order.shoots.first()
    first.invitation.opened_at = timezone.now()
    first.invitation.save()
    url = reverse("order", args=[world.organisation.slug, order.pk])
    shown = client.get(url, {"stage": "opened"}).context["rows"]
    assert [row.shoot.pk for row in shown] == [first.pk]
    assert client.get(url, {"q": first.employee.email}).context["page"].paginator.count == 1
    assert "Nobody here" in client.get(url, {"stage": "approved"}).content.decode()
    assert client.get(url, {"stage": "nonsense"}).context["page"].paginator.count == 2
    Shoot.objects.filter(pk=first.pk).update(
        state=State.TRAINING, step=50, steps=100, release=world.shoot(State.COLLECTING).release
    )
    assert client.get(url).context["percent"] == 20


def test_the_invitation_can_be_read_before_the_launch(inside: tuple[World, Client]) -> None:
    world, client = inside
    (person,) = world.hire(1)
    url = reverse("order_preview", args=[world.organisation.slug])
    answer = client.get(url, {"employee": str(person.pk), "due": "2031-05-06"})
    text = answer.content.decode()
    assert person.first_name in text
    assert "2031" in text
    policy = answer["Content-Security-Policy"]
    assert "script-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    foreign = make_world("Other").hire(1)[0]
    shown = client.get(url, {"employee": str(foreign.pk)}).content.decode()
    assert foreign.first_name not in shown
    german = client.get(url, {"language": "de"}).content.decode()
    assert german != text
    assert client.get(url, {"due": "never", "language": "xx"}).status_code == 200


def test_a_past_due_date_or_interval_is_said(inside: tuple[World, Client]) -> None:
    world, client = inside
    (person,) = world.hire(1)
    form = {"look": world.look.pk, "employees": person.pk.hex, "due": "2020-01-01"}
    url = reverse("order_new", args=[world.organisation.slug])
    assert client.post(url, form).context["problem"].code == "due"
    form["due"] = (timezone.localdate() + timedelta(days=5)).isoformat()
    assert client.post(url, {**form, "remind_every": "4"}).context["problem"].code == "remind"
    assert client.post(url, {**form, "remind_every": "0"}).status_code == 302
    assert world.organisation.orders.get().remind_every == 0
