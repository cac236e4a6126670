"""Partners who act for customers: as long as they may, and nothing longer."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from accounts.consent import invitations
from accounts.developers import partners
from accounts.membership.organisations import allow_framing
from accounts.models import AuditEntry, Organisation, PartnerGrant, WebhookEndpoint
from accounts.webhooks.notices import send_disabled
from generation.leaving.closing import close_organisation
from generation.models import Directory, PublishingRun, State
from generation.publishing import directories
from generation.publishing.interface import TokenDead
from tests.api.program import Program, problem
from tests.world import World, jpeg, make_world

ORIGIN = "https://people.partner.example"
WANTED = ["employees:write", "looks:write", "orders:write", "shoots:write", "headshots:write",
          "webhooks:write", "organisation:read", "members:write"]  # fmt: skip


@dataclass
class Standing:
    """A partner's program, the customer that it acts for, and by which grant."""

    program: Program
    customer: World
    grant: PartnerGrant

    def withdraw(self) -> None:
        partners.withdraw(actor=self.customer.actor, grant=self.grant)


def let_act(partner: Organisation, customer: World) -> PartnerGrant:
    return partners.grant(
        actor=customer.actor,
        organisation=customer.organisation,
        partner_id=str(partner.pk),
        wanted=WANTED,
    )


@pytest.fixture
def standing(world: World) -> Standing:
    customer = make_world("Customer")
    program = Program.of(world.organisation)
    program.headers["Headshots-Organisation"] = str(customer.organisation.pk)
    return Standing(program, customer, let_act(world.organisation, customer))


def endpoint(program: Program, url: str = "https://192.0.1.1/partner") -> str:
    made = program.post("webhook-endpoints", {"url": url})
    assert made.status_code == 201, made.content
    return str(made.json()["id"])


def test_endpoints_that_a_partner_named_hear_nothing_more(standing: Standing) -> None:
    own = standing.customer.endpoint(url="https://192.0.1.1/own")
    made = endpoint(standing.program)
    standing.withdraw()
    (off,) = WebhookEndpoint.objects.filter(disabled_at__isnull=False)
    assert (str(off.pk), off.disabled_because) == (made, "partner")
    standing.customer.order()
    assert {each.pk for each in WebhookEndpoint.objects.filter(deliveries__isnull=False)} == {
        own.pk
    }
    client = Client()
    client.force_login(standing.customer.owner)
    slug = standing.customer.organisation.slug
    page = client.get(f"/o/{slug}/webhooks/{made}").content.decode()
    assert "the partner who named this address may not do so any more" in page


def test_an_endpoint_put_on_again_under_a_second_grant_ends_with_that(standing: Standing) -> None:
    made = endpoint(standing.program)
    standing.withdraw()
    second = let_act(standing.grant.partner, standing.customer)
    put_on = standing.program.patch(f"webhook-endpoints/{made}", {"enabled": True})
    assert put_on.json()["enabled"] is True
    partners.withdraw(actor=standing.customer.actor, grant=second)
    assert WebhookEndpoint.objects.get(pk=made).disabled_because == "partner"


def test_upload_addresses_of_a_partner_end(standing: Standing) -> None:
    shoot = standing.customer.shoot(State.COLLECTING)
    paths = [
        program.post(f"shoots/{shoot.pk}/upload-addresses").json()["url"].split("8000", 1)[-1]
        for program in (standing.program, Program.of(standing.customer.organisation))
    ]
    standing.withdraw()
    put = [Client().put(path, jpeg(), content_type="image/jpeg") for path in paths]
    problem(put[0], 404, "not_found")
    assert put[1].status_code == 201


def test_links_that_a_partner_was_given_end(standing: Standing) -> None:
    allow_framing(
        actor=standing.customer.actor, organisation=standing.customer.organisation, origins=[ORIGIN]
    )
    shown, other = standing.customer.shoot(), standing.customer.shoot()
    back = {"return_url": f"{ORIGIN}/done"}
    made = standing.program.post(f"shoots/{shown.pk}/embed-links", back)
    frame = made.json()["url"].split("8000", 1)[-1]
    # The way behind the frame is the personal link, which the partner could have kept.
    kept = Client().get(frame)["Location"]
    # Somebody else's link for the same person later does not hide the partner's.
    own = Program.of(standing.customer.organisation)
    assert own.post(f"shoots/{shown.pk}/embed-links", back).status_code == 201
    standing.withdraw()
    assert Client().get(frame).status_code == 404
    assert Client().get(kept).status_code == 404
    shown.refresh_from_db()
    new = invitations.token(invitation=shown.invitation)
    page = Client().get(f"/i/{new}/")
    assert page.status_code == 200
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    # Whoever the partner never showed anything keeps their link.
    generation = other.invitation.generation
    other.invitation.refresh_from_db()
    assert other.invitation.generation == generation


def test_download_links_of_a_partner_end(standing: Standing) -> None:
    order = standing.customer.order()
    made = standing.program.post(f"orders/{order.pk}/download-links", {"days": 30})
    assert made.status_code == 201, made.content
    path = made.json()["url"].split("8000", 1)[-1]
    assert Client().get(path).status_code == 200
    standing.withdraw()
    assert Client().get(path).status_code == 410


def test_a_partner_is_told_the_addresses_of_its_own_links_alone(standing: Standing) -> None:
    order = standing.customer.order()
    own = Program.of(standing.customer.organisation)
    for place, read, body in (
        (f"orders/{order.pk}/download-links", "download-links", {"days": 30}),
        (f"orders/{order.pk}/join-links", "join-links", {"cap": 5}),
    ):
        theirs, customers = (
            program.post(place, body).json() for program in (standing.program, own)
        )
        assert theirs["url"]
        assert customers["url"]
        told = {each["id"]: each["url"] for each in standing.program.get(place).json()["data"]}
        assert told == {theirs["id"]: theirs["url"], customers["id"]: None}
        assert standing.program.get(f"{read}/{customers['id']}").json()["url"] is None
        told = {each["id"]: each["url"] for each in own.get(place).json()["data"]}
        assert told == {each["id"]: each["url"] for each in (theirs, customers)}


def test_a_partners_test_key_opens_the_sandbox_of_its_customer(
    standing: Standing, world: World
) -> None:
    tester = Program.of(world.organisation, test=True)
    tester.headers.update(standing.program.headers)
    assert not Organisation.objects.filter(sandbox_of=standing.customer.organisation).exists()
    said = tester.get("organisation")
    assert said.status_code == 200, said.content
    assert said.json()["test"] is True
    sandbox = Organisation.objects.get(sandbox_of=standing.customer.organisation)
    assert said.json()["slug"] == sandbox.slug
    assert said.json()["id"] == str(standing.customer.organisation.pk)
    assert tester.get("looks").json()["data"][0]["name"] == "Studio"
    hears = endpoint(tester)
    standing.withdraw()
    problem(tester.get("organisation"), 404, "not_found")
    assert WebhookEndpoint.objects.get(pk=hears).disabled_because == "partner"


def test_a_revoked_link_stays_revoked(standing: Standing) -> None:
    allow_framing(
        actor=standing.customer.actor, organisation=standing.customer.organisation, origins=[ORIGIN]
    )
    shoot = standing.customer.shoot()
    standing.program.post(f"shoots/{shoot.pk}/embed-links", {"return_url": f"{ORIGIN}/done"})
    shoot.invitation.revoked_at = timezone.now()
    shoot.invitation.save(update_fields=["revoked_at"])
    standing.withdraw()
    shoot.invitation.refresh_from_db()
    assert shoot.invitation.revoked_at


def test_what_was_left_under_a_scope_ends_with_that_scope(standing: Standing) -> None:
    made = endpoint(standing.program)
    shoot = standing.customer.shoot(State.COLLECTING)
    place = f"shoots/{shoot.pk}/upload-addresses"
    path = standing.program.post(place).json()["url"].split("8000", 1)[-1]

    def grant(*wanted: str) -> None:
        partners.grant(
            actor=standing.customer.actor,
            organisation=standing.customer.organisation,
            partner_id=str(standing.grant.partner_id),
            wanted=wanted,
        )

    grant("shoots:write", "webhooks:write", "audit:read")
    assert WebhookEndpoint.objects.get(pk=made).disabled_at is None
    grant("shoots:write", "webhooks:read")
    assert WebhookEndpoint.objects.get(pk=made).disabled_because == "partner"
    photo = {"data": jpeg(), "content_type": "image/jpeg"}
    assert Client().put(path, **photo).status_code == 201
    other = standing.program.post(place).json()["url"].split("8000", 1)[-1]
    grant("shoots:read")
    problem(Client().put(other, **photo), 404, "not_found")


def test_a_partner_that_closes_leaves_nothing_at_its_customers(
    standing: Standing, world: World, mailoutbox: list[EmailMessage]
) -> None:
    order = standing.customer.order()
    made = endpoint(standing.program)
    link = standing.program.post(f"orders/{order.pk}/download-links", {"days": 30})
    path = link.json()["url"].split("8000", 1)[-1]
    close_organisation(
        actor=world.actor, organisation=world.organisation, typed_name=world.organisation.name
    )
    assert Client().get(path).status_code == 410
    assert WebhookEndpoint.objects.get(pk=made).disabled_because == "partner"
    standing.grant.refresh_from_db()
    assert standing.grant.withdrawn_at
    # Whoever had nothing to do with it hears why, and not who worked for the partner.
    send_disabled(endpoint_id=UUID(made))
    (mail,) = mailoutbox
    assert mail.to == [standing.customer.owner.email]
    assert "the partner who named this address may not do so any more" in str(mail.body)
    assert "five days" not in str(mail.body)
    log = AuditEntry.objects.filter(organisation=standing.customer.organisation)
    assert log.get(action="partner.withdrawn").actor_kind == "system"
    again = Program.of(standing.customer.organisation).post(
        "partner-grants", {"partner": str(world.organisation.pk), "scopes": ["looks:read"]}
    )
    problem(again, 422, "partner_unknown")


def test_join_links_of_a_partner_end(standing: Standing) -> None:
    order = standing.customer.order()
    paths = [
        program.post(f"orders/{order.pk}/join-links", {"cap": 5}).json()["url"].split("8000", 1)[-1]
        for program in (standing.program, Program.of(standing.customer.organisation))
    ]
    assert [Client().get(path, follow=True).status_code for path in paths] == [200, 200]
    standing.withdraw()
    assert [Client().get(path, follow=True).status_code for path in paths] == [410, 200]


def test_origins_that_a_partner_added_may_frame_no_longer(standing: Standing, world: World) -> None:
    own, both, theirs = (f"https://{word}.example" for word in ("own", "both", "theirs"))
    customers = Program.of(standing.customer.organisation)
    tester = Program.of(world.organisation, test=True)
    tester.headers.update(standing.program.headers)
    place = "embed-origins"
    customers.send("PUT", place, {"origins": [own]})
    for program in (standing.program, tester):
        assert program.send("PUT", place, {"origins": [own, both, theirs]}).status_code == 200
    # Taken away and allowed again, an origin is the customer's.
    customers.send("PUT", place, {"origins": [own, theirs]})
    customers.send("PUT", place, {"origins": [own, both, theirs]})
    # A grant that goes on letting it say so leaves them.
    let_act(standing.grant.partner, standing.customer)
    assert customers.get(place).json()["origins"] == [own, both, theirs]
    standing.withdraw()
    assert customers.get(place).json()["origins"] == [own, both]
    assert Organisation.objects.get(sandbox_of=standing.customer.organisation).embed_origins == []


def test_a_partner_sets_its_own_origins_alone(standing: Standing) -> None:
    own, mine, new, others = (f"https://{word}.example" for word in ("own", "mine", "new", "else"))
    customers, another = Program.of(standing.customer.organisation), make_world("Another")
    beside = Program.of(another.organisation)
    beside.headers.update(standing.program.headers)
    let_act(another.organisation, standing.customer)

    def put(program: Program, *origins: str) -> list[str]:
        said = program.send("PUT", "embed-origins", {"origins": origins})
        assert said.status_code == 200, said.content
        assert program.get("embed-origins").json() == said.json()
        return list(said.json()["origins"])

    assert put(customers, own) == [own]
    assert put(beside, others) == [own, others]
    # As the quick start has it.
    assert put(standing.program, mine) == [own, others, mine]
    # What others allowed is theirs, named or not.
    assert put(standing.program, own, others, new) == [own, others, new]
    assert put(standing.program) == [own, others]
    place = "organisation"
    wider = Program.of(standing.grant.partner)
    wider.headers.update(standing.program.headers)
    partners.grant(
        actor=standing.customer.actor,
        organisation=standing.customer.organisation,
        partner_id=str(standing.grant.partner_id),
        wanted=["shoots:write", "organisation:write"],
    )
    changed = wider.patch(place, {"embed_origins": [own, mine]}).json()
    assert changed["embed_origins"] == [own, others, mine]
    standing.withdraw()
    assert customers.get("embed-origins").json()["origins"] == [own, others]
    # The organisation itself says all of it.
    assert put(customers, own) == [own]


def test_tokens_that_a_partner_gave_are_destroyed(standing: Standing) -> None:
    own = standing.customer.directory()
    told = {"kind": "slack", "values": {"tokens": "a@x.example, xoxp-partners"}}
    made = standing.program.post("directories", told)
    assert made.status_code == 201, made.content
    order = standing.customer.order()
    run = PublishingRun.objects.create(order=order, directory_id=made.json()["id"], aim="publish")
    other = PublishingRun.objects.create(order=order, directory=own, aim="publish")
    standing.withdraw()
    directory = Directory.objects.get(pk=made.json()["id"])
    with pytest.raises(TokenDead, match="may not act any more"):
        directories.open_target(directory)
    for each in (run, other):
        each.refresh_from_db()
    assert [run.state, other.state] == ["stopped", "running"]
    assert "Give new ones" in run.sentence
    directories.open_target(own).close()
    client = Client()
    client.force_login(standing.customer.owner)
    place = f"/o/{standing.customer.organisation.slug}/directories"
    assert "they are destroyed. Give new ones" in client.get(place).content.decode()
    # The customer's own tokens in its place are nobody else's to end or to change.
    assert Program.of(standing.customer.organisation).post("directories", told).status_code == 201
    second = let_act(standing.grant.partner, standing.customer)
    theirs = {**told, "values": {"tokens": "a@x.example, xoxp-other"}}
    problem(standing.program.post("directories", theirs), 403, "directory_of_another")
    gone = standing.program.delete(f"directories/{directory.pk}")
    problem(gone, 403, "directory_of_another")
    partners.withdraw(actor=standing.customer.actor, grant=second)
    directory.refresh_from_db()
    directories.open_target(directory).close()


def test_a_second_grant_does_not_bring_back_what_ended(standing: Standing) -> None:
    made = endpoint(standing.program)
    standing.withdraw()
    let_act(standing.grant.partner, standing.customer)
    assert standing.program.get(f"webhook-endpoints/{made}").json()["enabled"] is False
    assert standing.program.get("employees").status_code == 200
