"""Members are invited, change roles and go; the last owner stays."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from accounts.actors import user_actor
from accounts.membership import member_invitations, members
from accounts.models import AuditEntry, Member, MemberInvitation, Role, User
from headshots.lib.problems import Problem
from tests.world import PASSWORD, World, make_user, make_world

ADDRESS = "new.colleague@partner.example"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def send(invitation: MemberInvitation) -> bool:
    return member_invitations.send(invitation_id=invitation.pk, generation=invitation.generation)


def invite(world: World, email: str = ADDRESS, role: Role = Role.ADMIN) -> str:
    """Invite and send as the queue does; the path of the link in the mail."""
    invitation = member_invitations.invite_member(
        actor=world.actor, organisation=world.organisation, email=email, role=role
    )
    assert send(invitation)
    return link_in_mail()


def link_in_mail() -> str:
    found = re.search(r"https?://[^/]+(/join/\S+)", mail.outbox[-1].body)
    assert found
    return found[1]


def member_of(world: World, user: User) -> Member:
    return Member.objects.get(organisation=world.organisation, user=user)


def test_somebody_without_an_account_signs_up_and_joins(world: World) -> None:
    owner = signed_in(world.owner)
    page = owner.post(
        reverse("member_invite", args=[world.organisation.slug]),
        {"email": ADDRESS, "role": "viewer"},
        follow=True,
    )
    assert "has not gone out yet" in page.content.decode()
    assert OrmQ.objects.count() == 1
    send(MemberInvitation.objects.get())
    assert mail.outbox[0].to == [ADDRESS]
    assert world.organisation.name in mail.outbox[0].subject
    path = link_in_mail()

    client = Client()
    page = client.get(path)
    signup = re.search(r'href="(/account/signup/[^"]+)"', page.content.decode())
    assert signup
    address = signup[1].replace("&amp;", "&")
    form = client.get(address)
    assert ADDRESS in form.content.decode()
    client.post(
        address,
        {"email": ADDRESS, "password1": PASSWORD, "password2": PASSWORD, "next": path},
    )
    code = re.search(r"^\s*([A-Z0-9-]{6,9})\s*$", mail.outbox[-1].body, re.MULTILINE)
    assert code
    answer = client.post(reverse("account_email_verification_sent"), {"code": code[1]})
    assert answer["Location"] == path
    answer = client.post(path)
    assert answer["Location"] == reverse("overview", args=[world.organisation.slug])
    assert client.get(answer["Location"]).status_code == 200
    assert Member.objects.get(user__email=ADDRESS).role == Role.VIEWER
    assert AuditEntry.objects.filter(action="member.joined").count() == 1


def test_only_the_address_invited_can_accept(world: World) -> None:
    path = invite(world)
    other = make_user("somebody.else@partner.example")
    client = signed_in(other)
    assert "another address" in client.get(path).content.decode()
    answer = client.post(path)
    assert answer.status_code == 403
    assert not Member.objects.filter(user=other).exists()
    # An address that was only claimed is no proof.
    claims = User.objects.create_user(email=ADDRESS, password=PASSWORD)
    assert signed_in(claims).post(path).status_code == 403
    assert not Member.objects.filter(user=claims).exists()


def test_the_address_may_be_spelt_in_another_case(world: World) -> None:
    path = invite(world, email=ADDRESS.upper())
    user = make_user(ADDRESS)
    assert signed_in(user).post(path).status_code == 302
    assert member_of(world, user).role == Role.ADMIN


@pytest.mark.parametrize("how", ["used", "revoked", "expired", "replaced", "altered"])
def test_a_link_works_once_and_not_for_ever(world: World, how: str) -> None:
    path = invite(world)
    user = make_user(ADDRESS)
    invitation = MemberInvitation.objects.get()
    if how == "used":
        signed_in(user).post(path)
        Member.objects.filter(user=user).delete()
    elif how == "revoked":
        member_invitations.revoke(actor=world.actor, invitation=invitation)
    elif how == "expired":
        MemberInvitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "replaced":
        member_invitations.send_again(actor=world.actor, invitation=invitation)
    else:
        path = path[:-2] + ("AA" if path[-2:] != "AA" else "BB")
    client = signed_in(user)
    expected = 404 if how in ("replaced", "altered") else 410
    assert client.get(path).status_code == expected
    assert client.post(path).status_code == expected
    assert not Member.objects.filter(user=user).exists()
    if how == "replaced":
        invitation.refresh_from_db()
        assert send(invitation)
        assert client.post(link_in_mail()).status_code == 302


def test_nothing_is_sent_once_it_is_revoked(world: World) -> None:
    invitation = member_invitations.invite_member(
        actor=world.actor, organisation=world.organisation, email=ADDRESS, role=Role.ADMIN
    )
    member_invitations.revoke(actor=world.actor, invitation=invitation)
    assert not send(invitation)
    assert not mail.outbox


def test_a_mail_server_that_is_down_is_tried_again(world: World, settings: object) -> None:
    invitation = member_invitations.invite_member(
        actor=world.actor, organisation=world.organisation, email=ADDRESS, role=Role.ADMIN
    )
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert not send(invitation)
    assert Schedule.objects.filter(func="accounts.tasks.send_member_invitation").count() == 1
    page = signed_in(world.owner).get(reverse("members", args=[world.organisation.slug]))
    assert "has not gone out yet" in page.content.decode()


@pytest.mark.parametrize(
    ("email", "sentence"),
    [("nobody", "is not an e-mail address"), ("", "Give an e-mail address"), (None, "already")],
)
def test_bad_addresses_are_named_and_kept(world: World, email: str | None, sentence: str) -> None:
    client = signed_in(world.owner)
    email = world.owner.email if email is None else email
    answer = client.post(
        reverse("member_invite", args=[world.organisation.slug]), {"email": email, "role": "viewer"}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert f'value="{email}"' in page or not email
    assert not MemberInvitation.objects.exists()


def test_roles_change_and_members_go(world: World) -> None:
    slug = world.organisation.slug
    other = member_of(world, world.member(Role.VIEWER))
    client = signed_in(world.owner)
    client.post(reverse("member_role", args=[slug, other.pk]), {"role": "admin"})
    other.refresh_from_db()
    assert other.role == Role.ADMIN
    entry = AuditEntry.objects.get(action="member.role_changed")
    assert (entry.details["was"], entry.details["role"]) == ("viewer", "admin")
    theirs = signed_in(other.user)
    assert theirs.get(reverse("members", args=[slug])).status_code == 200
    client.post(reverse("member_remove", args=[slug, other.pk]))
    assert theirs.get(reverse("members", args=[slug])).status_code == 404


def test_the_last_owner_cannot_go(world: World) -> None:
    slug = world.organisation.slug
    me = member_of(world, world.owner)
    client = signed_in(world.owner)
    for answer in (
        client.post(reverse("member_leave", args=[slug])),
        client.post(reverse("member_remove", args=[slug, me.pk])),
        client.post(reverse("member_role", args=[slug, me.pk]), {"role": "admin"}),
    ):
        assert answer.status_code == 409
        assert "needs an owner" in answer.content.decode()
    assert member_of(world, world.owner).role == Role.OWNER
    world.member(Role.OWNER)
    assert client.post(reverse("member_leave", args=[slug])).status_code == 302
    assert client.get(reverse("members", args=[slug])).status_code == 404


def test_an_owner_who_goes_leaves_no_invitation_behind(world: World) -> None:
    path = invite(world)
    second = user_actor(world.member(Role.OWNER))
    members.remove_member(actor=second, member=member_of(world, world.owner))
    assert signed_in(make_user(ADDRESS)).post(path).status_code == 410


def test_an_owner_who_lost_the_role_meanwhile_does_nothing_more(world: World) -> None:
    second = world.member(Role.OWNER)
    viewer = member_of(world, world.member(Role.VIEWER))
    members.change_role(
        actor=user_actor(second), member=member_of(world, world.owner), role=Role.VIEWER
    )
    with pytest.raises(Problem, match="no longer an owner"):
        members.change_role(actor=world.actor, member=viewer, role=Role.OWNER)


def test_handing_over_changes_both_roles(world: World) -> None:
    to = member_of(world, world.member(Role.VIEWER))
    members.transfer_ownership(actor=world.actor, organisation=world.organisation, to=to)
    assert member_of(world, world.owner).role == Role.ADMIN
    to.refresh_from_db()
    assert to.role == Role.OWNER
    with pytest.raises(Problem, match="no longer an owner"):
        members.transfer_ownership(actor=world.actor, organisation=world.organisation, to=to)


def test_nobody_is_handed_another_organisation(world: World) -> None:
    other = make_world("Other")
    stranger = member_of(other, other.member(Role.ADMIN))
    with pytest.raises(Problem):
        members.transfer_ownership(actor=world.actor, organisation=world.organisation, to=stranger)
    assert member_of(world, world.owner).role == Role.OWNER
    assert member_of(other, stranger.user).role == Role.ADMIN


def test_one_account_switches_between_its_organisations(world: World) -> None:
    other = make_world("Other")
    Member.objects.create(organisation=other.organisation, user=world.owner, role=Role.VIEWER)
    stranger = make_world("Third").organisation
    client = signed_in(world.owner)
    page = client.get(reverse("home")).content.decode()
    slugs = (world.organisation.slug, other.organisation.slug)
    for slug in slugs:
        assert reverse("overview", args=[slug]) in page
    assert reverse("overview", args=[stranger.slug]) not in page
    # In each they may what their role there lets them.
    log = [client.get(reverse("audit_log", args=[slug])).status_code for slug in slugs]
    assert log == [200, 403]
    assert client.get(reverse("overview", args=[stranger.slug])).status_code == 404
    # Where there is one alone, it opens at once.
    answer = signed_in(other.owner).get(reverse("home"))
    assert answer["Location"] == reverse("overview", args=[other.organisation.slug])


def test_each_role_sees_what_it_may(world: World) -> None:
    page = signed_in(world.member(Role.VIEWER)).get(
        reverse("members", args=[world.organisation.slug])
    )
    text = page.content.decode()
    assert "Who may do what" in text
    assert "Invite a colleague" not in text
    assert "Leave the organisation" in text
