"""Team pages that partners publish: as long as they may, and nobody else's."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from accounts.developers import partners
from accounts.models import Organisation
from generation.models import State, TeamPage
from tests.api.program import Program, problem
from tests.api.test_partners import Standing, let_act, standing
from tests.world import bring, make_world

__all__ = ["standing"]

OURS = {"sites": ["https://www.acme.example"]}
THEIRS = {"sites": ["https://www.partner.example"]}


def customers(standing: Standing) -> Program:
    return Program.of(standing.customer.organisation)


def test_pages_that_a_partner_published_are_off_with_its_sites(standing: Standing) -> None:
    own = customers(standing)
    order = standing.customer.order()
    bring(order.shoots.get(), State.APPROVING)
    theirs = f"orders/{order.pk}/team-page"
    taken_over = f"orders/{standing.customer.order().pk}/team-page"
    for place in (theirs, taken_over):
        # Twice, as it may change its own.
        for _ in range(2):
            assert standing.program.send("PUT", place, THEIRS).status_code == 200
    assert own.send("PUT", taken_over, OURS).status_code == 200
    public = own.get(theirs).json()["url"].split("8000", 1)[-1]
    assert Client().get(public).status_code == 200
    standing.withdraw()
    assert [own.get(each).status_code for each in (theirs, taken_over)] == [404, 200]
    assert Client().get(public).status_code == 404
    client = Client()
    client.force_login(standing.customer.owner)
    # Nothing offers to let the partner's sites in again.
    wall = reverse("order_wall", args=[standing.customer.organisation.slug, order.pk])
    page = client.get(wall).content.decode()
    assert "https://www.example.com" in page
    assert "partner.example" not in page


def test_a_page_put_on_again_under_a_second_grant_ends_with_that(standing: Standing) -> None:
    for place in (f"orders/{standing.customer.order().pk}/team-page", "team-page"):
        assert standing.program.send("PUT", place, THEIRS).status_code == 200
        standing.withdraw()
        standing.grant = let_act(standing.grant.partner, standing.customer)
        assert standing.program.send("PUT", place, THEIRS).status_code == 200
        standing.withdraw()
        assert customers(standing).get(place).status_code == 404
        standing.grant = let_act(standing.grant.partner, standing.customer)


def test_a_page_that_its_customer_took_off_is_the_partners_to_put_on(standing: Standing) -> None:
    own = customers(standing)
    own.send("PUT", "team-page", OURS)
    assert own.delete("team-page").status_code == 204
    assert standing.program.send("PUT", "team-page", THEIRS).json()["sites"] == THEIRS["sites"]
    standing.withdraw()
    assert own.get("team-page").status_code == 404
    assert TeamPage.objects.get().sites == []


def test_a_page_that_is_out_is_changed_by_whoever_published_it(standing: Standing) -> None:
    own, other = customers(standing), make_world("Another").organisation
    another = Program.of(other)
    another.headers.update(standing.program.headers)
    let_act(other, standing.customer)
    published = own.send("PUT", "team-page", OURS).json()
    problem(standing.program.send("PUT", "team-page", THEIRS), 403, "team_page_of_another")
    problem(standing.program.delete("team-page"), 403, "team_page_of_another")
    assert own.get("team-page").json() == published
    standing.withdraw()
    assert own.get("team-page").json() == published
    # Nor do partners change each other's; the customer may end any.
    place = f"orders/{standing.customer.order().pk}/team-page"
    let_act(standing.grant.partner, standing.customer)
    assert standing.program.send("PUT", place, THEIRS).status_code == 200
    problem(another.send("PUT", place, OURS), 403, "team_page_of_another")
    problem(another.delete(place), 403, "team_page_of_another")
    assert own.delete(place).status_code == 204


def test_in_the_sandbox_it_is_the_same(standing: Standing) -> None:
    tester = Program.of(standing.grant.partner, test=True)
    tester.headers.update(standing.program.headers)
    assert tester.send("PUT", "team-page", THEIRS).status_code == 200
    standing.withdraw()
    sandbox = Organisation.objects.get(sandbox_of=standing.customer.organisation)
    assert not TeamPage.objects.get(organisation=sandbox).published
    again = let_act(standing.grant.partner, standing.customer)
    assert tester.send("PUT", "team-page", THEIRS).status_code == 200
    partners.withdraw(actor=standing.customer.actor, grant=again)
    assert not TeamPage.objects.get(organisation=sandbox).published
