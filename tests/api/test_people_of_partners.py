"""Whom a partner brings in: nobody who could stay when it goes, and nothing that they made."""

from __future__ import annotations

import secrets

from django.http import HttpResponse
from django.test import Client

from accounts.actors import key_actor, user_actor
from accounts.developers import api_keys, partners
from accounts.membership import member_invitations, members
from accounts.models import ApiKey, AuditEntry, Member, MemberInvitation, Role, User
from generation.delivering import download_links
from generation.inviting import join_links
from generation.publishing import directories
from headshots.lib.api.views import VERSION
from tests.api.program import Program, make_key, problem
from tests.api.test_partners import Standing, let_act, standing  # noqa: F401  a fixture
from tests.world import World, make_user


def invited(program: Program, role: Role) -> MemberInvitation:
    """Somebody whom a program has invited and who has not come yet."""
    email = f"{secrets.token_hex(4)}@people.example"
    made = program.post("member-invitations", {"email": email, "role": role})
    assert made.status_code == 201, made.content
    return MemberInvitation.objects.get(pk=made.json()["id"])


def accept(offer: MemberInvitation) -> User:
    user = make_user(offer.email)
    token = member_invitations.link_of(offer).rsplit("/", 1)[-1]
    member_invitations.accept(actor=user_actor(user), token=token, user=user)
    return user


def joined(program: Program, role: Role) -> User:
    """Somebody whom a program has invited and who has come."""
    return accept(invited(program, role))


def make_owner(customer: World, user: User) -> Member:
    """The customer's own owner makes them one, too."""
    member = customer.organisation.members.get(user=user)
    return members.change_role(actor=customer.actor, member=member, role=Role.OWNER)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def sees(user: User, customer: World) -> bool:
    place = f"/o/{customer.organisation.slug}/"
    return signed_in(user).get(place).status_code == 200


def key_on_the_page(user: User, customer: World, *scopes: str) -> Program:
    """A key that a member makes with their browser."""
    place = f"/o/{customer.organisation.slug}/keys/new"
    answer: HttpResponse = signed_in(user).post(place, {"name": "Kept", "scopes": scopes})
    assert answer.status_code == 200
    return Program(str(answer.context["secret"]))


def test_members_whom_a_partner_brought_in_are_none_any_more(standing: Standing) -> None:  # noqa: F811
    own = Program.of(standing.customer.organisation)
    theirs, customers = joined(standing.program, Role.ADMIN), joined(own, Role.VIEWER)
    waiting, kept = invited(standing.program, Role.ADMIN), invited(own, Role.ADMIN)
    # Sent again by the customer, an offer is the customer's.
    taken_over = invited(standing.program, Role.ADMIN)
    member_invitations.send_again(actor=standing.customer.actor, invitation=taken_over)
    # A grant that goes on letting it make members leaves them.
    let_act(standing.grant.partner, standing.customer)
    assert sees(theirs, standing.customer)
    partners.grant(
        actor=standing.customer.actor,
        organisation=standing.customer.organisation,
        partner_id=str(standing.grant.partner_id),
        wanted=["members:read", "orders:write"],
    )
    assert [sees(user, standing.customer) for user in (theirs, customers)] == [False, True]
    opened = [
        Client().get(member_invitations.link_of(each).split("8000", 1)[-1], follow=True)
        for each in (waiting, kept)
    ]
    assert [page.status_code for page in opened] == [410, 200]
    taken_over.refresh_from_db()
    assert taken_over.revoked_at is None


def test_the_last_owner_stays_though_a_partner_brought_them_in(standing: Standing) -> None:  # noqa: F811
    last, other = (joined(standing.program, Role.ADMIN) for _ in range(2))
    for user in (last, other):
        make_owner(standing.customer, user)
    own = standing.customer.organisation.members.get(user=standing.customer.owner)
    members.remove_member(actor=user_actor(last), member=own)
    partners.withdraw(actor=user_actor(last), grant=standing.grant)
    assert [sees(user, standing.customer) for user in (last, other)] == [True, False]
    (line,) = AuditEntry.objects.filter(action="member.kept")
    assert line.details["email"] == last.email


def test_a_partner_makes_nobody_an_owner(standing: Standing) -> None:  # noqa: F811
    offer = {"email": "boss@people.example", "role": "owner"}
    problem(standing.program.post("member-invitations", offer), 403, "owners_alone")
    assert not MemberInvitation.objects.exists()
    theirs = joined(standing.program, Role.VIEWER)
    place = f"members/{standing.customer.organisation.members.get(user=theirs).pk}"
    assert standing.program.patch(place, {"role": "admin"}).json()["role"] == "admin"
    problem(standing.program.patch(place, {"role": "owner"}), 403, "owners_alone")
    # Whom the customer makes one is none of the partner's business any more.
    make_owner(standing.customer, theirs)
    problem(standing.program.patch(place, {"role": "viewer"}), 403, "owners_alone")
    problem(standing.program.delete(place), 403, "owners_alone")
    own = Program.of(standing.customer.organisation)
    assert own.post("member-invitations", offer).status_code == 201


def test_a_partner_decides_about_whom_it_brought_in_alone(standing: Standing) -> None:  # noqa: F811
    customer = standing.customer
    owner = customer.organisation.members.get(user=customer.owner)
    other = make_owner(customer, customer.member(Role.ADMIN))
    viewer = customer.organisation.members.get(user=customer.member(Role.VIEWER))
    for member in (owner, other, viewer):
        place = f"members/{member.pk}"
        problem(standing.program.delete(place), 403, "member_of_another")
        problem(standing.program.patch(place, {"role": "admin"}), 403, "member_of_another")
    waiting = customer.invite_member()
    place = f"member-invitations/{waiting.pk}"
    problem(standing.program.delete(place), 403, "member_of_another")
    # Nor does it take over an offer by making it a second time.
    again = {"email": waiting.email, "role": "admin"}
    problem(standing.program.post("member-invitations", again), 403, "member_of_another")
    waiting.refresh_from_db()
    assert (waiting.role, waiting.grant, waiting.revoked_at) == (Role.VIEWER, None, None)
    assert customer.organisation.members.count() == 3
    theirs = invited(standing.program, Role.VIEWER)
    assert standing.program.delete(f"member-invitations/{theirs.pk}").status_code == 204
    gone = customer.organisation.members.get(user=joined(standing.program, Role.VIEWER))
    assert standing.program.delete(f"members/{gone.pk}").status_code == 204


def test_keys_of_a_partners_people_end_with_them(standing: Standing) -> None:  # noqa: F811
    customer = standing.customer
    theirs = joined(standing.program, Role.ADMIN)
    kept = key_on_the_page(theirs, customer, "employees:write")
    customers = key_on_the_page(customer.owner, customer, "employees:write")
    # A key of the customer's whose secret they had shown once.
    rotated, untouched = (make_key(customer.organisation, ["looks:read"]).key for _ in range(2))
    place = f"/o/{customer.organisation.slug}/keys/{rotated.pk}/rotate"
    known = Program(str(signed_in(theirs).post(place).context["secret"]))
    assert [each.get("employees").status_code for each in (kept, customers)] == [200, 200]
    assert known.get("looks").status_code == 200
    standing.withdraw()
    for each in (kept, known):
        problem(each.get("employees"), 401, "key_revoked")
    assert customers.get("employees").status_code == 200
    assert ApiKey.objects.get(pk=untouched.pk).revoked_at is None


def test_links_and_tokens_of_a_partners_people_end_with_them(standing: Standing) -> None:  # noqa: F811
    customer = standing.customer
    theirs = joined(standing.program, Role.ADMIN)
    order = customer.order()
    downloads, joins, tokens = [], [], []
    for user, kind in ((theirs, "bamboo"), (customer.owner, "slack")):
        actor = user_actor(user)
        downloads.append(download_links.make(actor=actor, order=order, days=30))
        joins.append(
            join_links.make_link(
                actor=actor,
                organisation=customer.organisation,
                order=None,
                domains=(),
                cap=5,
                expires_at=order.due_at,
            )
        )
        values = {"company": "x", "api_key": "x", "tokens": "a@x.example, xoxp-x"}
        tokens.append(
            directories.connect(
                actor=actor, organisation=customer.organisation, kind=kind, values=values
            )
        )
    standing.withdraw()
    for each in (*downloads, *joins, *tokens):
        each.refresh_from_db()
    for ended, kept in (downloads, joins):
        assert ended.revoked_at
        assert kept.revoked_at is None
    assert [bool(each.sealed) for each in tokens] == [False, True]


def test_a_partners_people_leave_no_key_when_they_go_by_themselves(standing: Standing) -> None:  # noqa: F811
    theirs = joined(standing.program, Role.ADMIN)
    kept = key_on_the_page(theirs, standing.customer, "employees:write")
    organisation = standing.customer.organisation
    members.leave(actor=user_actor(theirs), organisation=organisation, user=theirs)
    problem(kept.get("employees"), 401, "key_revoked")


def test_whom_a_partners_people_bring_in_go_with_them(standing: Standing) -> None:  # noqa: F811
    customer = standing.customer
    first = joined(standing.program, Role.ADMIN)
    make_owner(customer, first)
    second = accept(
        member_invitations.invite_member(
            actor=user_actor(first),
            organisation=customer.organisation,
            email="second@people.example",
            role=Role.OWNER,
        )
    )
    # By a key of theirs, and by a key which that one made.
    key = key_on_the_page(second, customer, "members:write", "keys:write")
    made = api_keys.make_key(
        actor=key_actor(key.key, None),
        organisation=customer.organisation,
        name="Chain",
        wanted=["members:write"],
        version=VERSION,
    )
    third, waiting = joined(key, Role.VIEWER), invited(Program(made.secret), Role.ADMIN)
    customers = customer.member(Role.VIEWER)
    standing.withdraw()
    seen = [sees(user, customer) for user in (first, second, third, customers, customer.owner)]
    assert seen == [False, False, False, True, True]
    waiting.refresh_from_db()
    assert waiting.revoked_at
    for each in (key, Program(made.secret)):
        problem(each.get("members"), 401, "key_revoked")
