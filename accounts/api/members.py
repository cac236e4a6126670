"""Who may act for the organisation."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import access
from accounts.api import refusals
from accounts.api.base import TenantView
from accounts.membership import member_invitations, members
from accounts.models import Role
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

TAG = "Members"
# A test key and a partner's.
_REFUSED = (refusals.LIVE_ALONE, refusals.MEMBER_OF_ANOTHER, refusals.OWNERS_ALONE)


class MemberShape(Shape):
    """A user account with a role."""

    id = serializers.UUIDField()
    email = serializers.CharField(source="user.email")
    name = serializers.CharField(source="user.name")
    role = serializers.ChoiceField(choices=Role.choices)
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000010",
        "email": "hr@example.com",
        "name": "Mira Novak",
        "role": "admin",
        "created_at": "2026-11-25T09:00:00Z",
    }


class MemberInvitationShape(Shape):
    """An offer of a role to whoever owns an address."""

    id = serializers.UUIDField()
    email = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    expires_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000011",
        "email": "new@example.com",
        "role": "viewer",
        "expires_at": "2026-12-02T09:00:00Z",
        "created_at": "2026-11-25T09:00:00Z",
    }


class RoleGiven(Given):
    """Another role."""

    role = serializers.ChoiceField(choices=Role.choices)

    example = {"role": "admin"}


class InvitationGiven(RoleGiven):
    """Whom to invite."""

    email = serializers.EmailField()

    example = {"email": "new@example.com", "role": "viewer"}


class MembersView(TenantView):
    """Members as a list."""

    @operation(
        "members_list", "List members", tag=TAG, scope="members:read", shape=MemberShape, many=True
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The newest first."""
        return self.listed(access.members(self.inside), owner=self.organisation.pk)


class MemberView(TenantView):
    """One member."""

    @operation("members_get", "Read a member", tag=TAG, scope="members:read", shape=MemberShape)
    def get(self, request: Request, member_id: UUID) -> HttpResponseBase:
        """A user account and its role."""
        return self.shown(access.member(self.inside, member_id))

    @operation(
        "members_update",
        "Change a role",
        tag=TAG,
        scope="members:write",
        shape=MemberShape,
        body=RoleGiven,
        match=True,
        refuses=(
            refusals.LAST_OWNER,
            *_REFUSED,
            refusals.MEMBER_GONE,
            refusals.CLOSED,
        ),
    )
    def patch(self, request: Request, member_id: UUID) -> HttpResponseBase:
        """The last owner stays owner. A partner changes whom it brought in, and owners never."""
        self.real()
        member = access.member(self.inside, member_id)
        said = self.body()
        changed = members.change_role(actor=self.actor, member=member, role=Role(said["role"]))
        return self.shown(changed)

    @operation(
        "members_delete",
        "Remove a member",
        tag=TAG,
        scope="members:write",
        match=True,
        status=204,
        refuses=(
            refusals.LAST_OWNER,
            *_REFUSED,
            refusals.MEMBER_GONE,
            refusals.CLOSED,
        ),
    )
    def delete(self, request: Request, member_id: UUID) -> HttpResponseBase:
        """Their access ends at once; the last owner cannot be removed. A partner removes whom it
        brought in, and owners never."""
        self.real()
        members.remove_member(actor=self.actor, member=access.member(self.inside, member_id))
        return self.done()


class MemberInvitationsView(TenantView):
    """Offers that are open."""

    @operation(
        "member_invitations_list",
        "List open invitations",
        tag=TAG,
        scope="members:read",
        shape=MemberInvitationShape,
        many=True,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Those that can still be accepted, the newest first."""
        return self.listed(access.member_invitations(self.inside), owner=self.organisation.pk)

    @operation(
        "member_invitations_create",
        "Invite a member",
        tag=TAG,
        scope="members:write",
        shape=MemberInvitationShape,
        body=InvitationGiven,
        status=201,
        refuses=(
            refusals.MEMBER_ALREADY,
            *_REFUSED,
            refusals.TOO_MANY_INVITATIONS,
            refusals.CLOSED,
        ),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Mails a link that one address can use once. A second invitation replaces the first. A
        partner invites administrators and viewers, who are members as long as its grant lasts."""
        said = self.body()
        made = member_invitations.invite_member(
            actor=self.actor,
            organisation=self.real(),
            email=said["email"],
            role=Role(said["role"]),
        )
        return self.shown(made, location=reverse("api:member_invitation", args=[made.pk]))


class MemberInvitationView(TenantView):
    """One offer."""

    @operation(
        "member_invitations_get",
        "Read an invitation",
        tag=TAG,
        scope="members:read",
        shape=MemberInvitationShape,
    )
    def get(self, request: Request, invitation_id: UUID) -> HttpResponseBase:
        """Also one that is over."""
        return self.shown(access.member_invitation(self.inside, invitation_id))

    @operation(
        "member_invitations_delete",
        "Revoke an invitation",
        tag=TAG,
        scope="members:write",
        match=True,
        status=204,
        refuses=(
            *_REFUSED,
            refusals.INVITATION_OVER,
            refusals.CLOSED,
        ),
    )
    def delete(self, request: Request, invitation_id: UUID) -> HttpResponseBase:
        """Its link is worthless then. A partner revokes those that it made."""
        self.real()
        found = access.member_invitation(self.inside, invitation_id)
        member_invitations.revoke(actor=self.actor, invitation=found)
        return self.done()
