"""A program that calls the API with a key, as partners do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.actors import SYSTEM
from accounts.developers import api_keys, scopes
from accounts.models import ApiKey, DomainClaim, IdentityProvider, Organisation
from accounts.sso import domains, providers
from headshots.lib.api.views import VERSION
from tests.world import World


def make_key(
    organisation: Organisation, wanted: Sequence[str] = scopes.ALL, **more: Any
) -> api_keys.NewKey:
    """A new key, with every scope where none are named."""
    return api_keys.make_key(
        actor=SYSTEM,
        organisation=organisation,
        name="Tests",
        wanted=wanted,
        version=VERSION,
        **more,
    )


def claim_domain(world: World, name: str = "acme.example") -> DomainClaim:
    """A domain that is claimed and not proved."""
    return domains.claim(actor=world.actor, organisation=world.organisation, domain=name)


def name_provider(world: World) -> IdentityProvider:
    """Where its members could sign in."""
    said = {"issuer": "https://login.acme.example", "client_id": "x", "secret": "x"}
    return providers.save(
        actor=world.actor, organisation=world.organisation, kind=providers.OIDC, said=said
    )


class Program:
    """Sends requests with one key, and headers of its own."""

    def __init__(self, secret: str, **headers: str) -> None:
        self.secret = secret
        self.headers = headers
        self.client = Client(raise_request_exception=False)

    @classmethod
    def of(
        cls, organisation: Organisation, wanted: Sequence[str] = scopes.ALL, **more: Any
    ) -> Program:
        return cls(make_key(organisation, wanted, **more).secret)

    @property
    def key(self) -> ApiKey:
        return ApiKey.objects.get(public_id=self.secret.split("_")[2])

    def send(
        self, method: str, path: str, body: Any = None, *, raw: Any = None, **headers: str
    ) -> HttpResponse:
        """Any request below /api/v1; `headers` with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        kind = named.pop("Content-Type", "application/json" if data else "")
        return self.client.generic(
            method.upper(),
            path if path.startswith("/api") else f"/api/v1/{path}",
            data,
            content_type=kind,
            headers={"Authorization": f"Bearer {self.secret}", **self.headers, **named},
        )

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.send("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> HttpResponse:
        return self.send("DELETE", path, **headers)


def problem(response: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refusal, checked to be one."""
    assert response.status_code == status, response.content[:500]
    assert response["Content-Type"] == "application/problem+json"
    said: dict[str, Any] = json.loads(response.content)
    assert said["code"] == code, said
    assert said["type"].endswith(f"/api/problems/{code}")
    assert said["status"] == status
    assert said["detail"]
    assert said["request_id"] == response["Request-Id"]
    return said
