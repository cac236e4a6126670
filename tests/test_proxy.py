"""Behind a proxy everybody has their own address, and nobody can claim another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from django.conf import settings as project
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import Release
from headshots.proxy import ClientAddressMiddleware
from tests.world import World, token


def seen(**headers: str) -> HttpRequest:
    requests: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        requests.append(request)
        return HttpResponse()

    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers=headers)
    ClientAddressMiddleware(view)(request)
    return requests[0]


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("198.51.100.7, 203.0.113.9", "203.0.113.9"),
        ("junk,2001:db8::1", "2001:db8::1"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("198.51.100.7:1, [2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("203.0.113.9, junk", "10.0.0.1"),
        ("203.0.113.9:x", "10.0.0.1"),
        ("", "10.0.0.1"),
    ],
)
def test_the_last_entry_is_who_asks(said: str, address: str) -> None:
    request = seen(**{"X-Forwarded-For": said} if said else {})
    assert request.META["REMOTE_ADDR"] == address
    # What allauth counts sign-ins by is the same.
    assert get_adapter().get_client_ip(request) == address


def middleware(**environment: str) -> list[str]:
    code = "import json; from headshots import settings; print(json.dumps(settings.MIDDLEWARE))"
    env = {**os.environ, **environment}
    found = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, check=True, text=True
    )
    return json.loads(found.stdout)


def test_it_is_the_first_to_see_a_request_and_only_behind_a_proxy() -> None:
    name = "headshots.proxy.ClientAddressMiddleware"
    assert middleware(HEADSHOTS_BEHIND_PROXY="1")[0] == name
    assert name not in middleware(HEADSHOTS_BEHIND_PROXY="0")


def test_a_release_notes_where_it_was_signed_from(
    world: World, client: Client, settings: Any
) -> None:
    settings.MIDDLEWARE = ["headshots.proxy.ClientAddressMiddleware", *project.MIDDLEWARE]
    shoot = world.shoot()
    page = reverse("employee:start", args=[token(shoot)])
    shown = client.get(page).context["release"]
    said = {"typed_name": "Ada", "read_hash": shown.sha256, "where": shown.jurisdiction}
    Client(headers={"X-Forwarded-For": "192.0.2.1, 203.0.113.9"}).post(
        reverse("employee:sign", args=[token(shoot)]), said
    )
    assert Release.objects.get().address == "203.0.113.9"
