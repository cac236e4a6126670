"""Keys of the API, by API."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import access
from accounts.api import refusals
from accounts.api.base import TenantView
from accounts.developers import api_keys, overlap, scopes
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape
from headshots.lib.api.views import VERSION

TAG = "Keys"


class KeyShape(Shape):
    """A key, without its secret."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    test = serializers.BooleanField(help_text="Whether it reaches the sandbox.")
    shown = serializers.CharField(help_text="How it begins and ends.")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=scopes.ALL))
    networks = serializers.ListField(child=serializers.CharField())
    version = serializers.CharField(help_text="The version of the API that it is pinned to.")
    state = serializers.ChoiceField(choices=["active", "expired", "revoked"])
    expires_at = serializers.DateTimeField(allow_null=True)
    previous_until = serializers.DateTimeField(
        allow_null=True, help_text="Until when the secret before this one counts."
    )
    last_used_at = serializers.DateTimeField(allow_null=True)
    last_used_from = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000013",
        "name": "HR suite",
        "test": False,
        "shown": "hs_live_1f2e3d4c5b6a7988_…9xYz",
        "scopes": ["employees:write", "orders:write"],
        "networks": ["203.0.113.0/24"],
        "version": VERSION,
        "state": "active",
        "expires_at": None,
        "previous_until": None,
        "last_used_at": "2026-11-25T09:00:00Z",
        "last_used_from": "203.0.113.9",
        "created_at": "2026-11-25T09:00:00Z",
    }


class NewKeyShape(KeyShape):
    """A key with its secret, which is shown this once."""

    shown_once = frozenset({"secret"})

    secret = serializers.CharField()

    example = {**KeyShape.example, "secret": "hs_live_1f2e3d4c5b6a7988_" + "x" * 36 + "9xYz"}


class KeyFields(Given):
    """What a key may."""

    name = serializers.CharField(max_length=80)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=scopes.ALL), min_length=1, max_length=50
    )
    networks = serializers.ListField(
        child=serializers.CharField(max_length=60),
        required=False,
        max_length=api_keys.MOST_NETWORKS,
        help_text="Networks it may be used from; everywhere, where there are none.",
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True)

    example = {"name": "HR suite", "scopes": ["employees:write", "orders:write"]}


class KeyChange(KeyFields):
    """What to change of a key."""

    name = serializers.CharField(max_length=80, required=False)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=scopes.ALL),
        min_length=1,
        max_length=50,
        required=False,
    )

    example = {"networks": ["203.0.113.0/24"]}


class RotationGiven(Given):
    """How long the old secret counts."""

    overlap_hours = serializers.IntegerField(
        default=int(overlap.USUAL.total_seconds() // 3600),
        min_value=0,
        max_value=int(overlap.LONGEST.total_seconds() // 3600),
    )

    example = {"overlap_hours": 24}


class KeysView(TenantView):
    """The keys of the organisation; of the kind that asks: a test key sees test keys."""

    @operation("keys_list", "List keys", tag=TAG, scope="keys:read", shape=KeyShape, many=True)
    def get(self, request: Request) -> HttpResponseBase:
        """Live keys see live keys, test keys test keys; revoked ones too."""
        return self.listed(access.api_keys_of(self.inside), owner=self.organisation.pk)

    @operation(
        "keys_create",
        "Make a key",
        tag=TAG,
        scope="keys:write",
        shape=NewKeyShape,
        body=KeyFields,
        status=201,
        refuses=(
            refusals.NETWORK,
            refusals.PASSED,
            refusals.MORE_THAN_OWN,
            refusals.TOO_MANY_KEYS,
        ),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """A key of the same kind, live or test, with no scope that your own lacks."""
        said = self.body()
        new = api_keys.make_key(
            actor=self.actor,
            organisation=self.organisation.sandbox_of or self.organisation,
            name=said["name"],
            wanted=said["scopes"],
            networks=said.get("networks", ()),
            expires_at=said.get("expires_at"),
            version=VERSION,
            test=self.inside.key.test,
        )
        return _told(self, new, reverse("api:key", args=[new.key.pk]))


class KeyView(TenantView):
    """One key."""

    @operation("keys_get", "Read a key", tag=TAG, scope="keys:read", shape=KeyShape)
    def get(self, request: Request, key_id: UUID) -> HttpResponseBase:
        """Without its secret."""
        return self.shown(access.api_key(self.inside, key_id))

    @operation(
        "keys_update",
        "Change a key",
        tag=TAG,
        scope="keys:write",
        shape=KeyShape,
        body=KeyChange,
        match=True,
        refuses=(
            refusals.NETWORK,
            refusals.PASSED,
            refusals.MORE_THAN_OWN,
            refusals.REVOKED,
        ),
    )
    def patch(self, request: Request, key_id: UUID) -> HttpResponseBase:
        """What is left out stays as it is."""
        said = self.body()
        key = access.api_key(self.inside, key_id)
        changed = api_keys.change_key(
            actor=self.actor,
            key=key,
            name=said.get("name", key.name),
            wanted=said.get("scopes", key.scopes),
            networks=said.get("networks", key.networks),
            expires_at=said.get("expires_at", key.expires_at),
        )
        return self.shown(changed)

    @operation(
        "keys_delete", "Revoke a key", tag=TAG, scope="keys:write", match=True, shape=KeyShape
    )
    def delete(self, request: Request, key_id: UUID) -> HttpResponseBase:
        """It is shut out with the next request; its row stays for the log."""
        return self.shown(
            api_keys.revoke_key(actor=self.actor, key=access.api_key(self.inside, key_id))
        )


class KeyRotateView(TenantView):
    """Another secret for a key."""

    acts_on = KeyView

    @operation(
        "keys_rotate",
        "Rotate a key",
        tag=TAG,
        scope="keys:write",
        match=True,
        shape=NewKeyShape,
        body=RotationGiven,
        refuses=(refusals.REVOKED,),
    )
    def post(self, request: Request, key_id: UUID) -> HttpResponseBase:
        """The old secret goes on counting for `overlap_hours`, so that nothing breaks."""
        new = api_keys.rotate_key(
            actor=self.actor,
            key=access.api_key(self.inside, key_id),
            overlap=timedelta(hours=self.body()["overlap_hours"]),
        )
        return _told(self, new)


def _told(view: TenantView, new: api_keys.NewKey, place: str = "") -> HttpResponseBase:
    """The answer with the secret, this once."""
    new.key.secret = new.secret  # type: ignore[attr-defined]
    return view.shown(new.key, location=place)
