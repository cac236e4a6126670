"""Second factors are set up, asked for at sign-in, and required where an organisation says so."""

from __future__ import annotations

import base64
import hmac
import importlib
import re
import struct
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.core.cache.backends import locmem
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Role, User
from headshots.lib import sealed, shared_cache
from tests.world import PASSWORD, World


@pytest.fixture(autouse=True)
def fresh_rate_limits(db: None) -> None:
    cache.clear()


def code_of(secret: str, *, steps_ago: int = 0) -> str:
    """What an authenticator app shows (RFC 6238: SHA-1, 30 s, six digits)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30 - steps_ago), "sha1")
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def sign_in(user: User, client: Client | None = None) -> Client:
    client = client or Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return client


def give_factor(user: User) -> str:
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def require(world: World) -> None:
    world.organisation.second_factor_required = True
    world.organisation.save()


def test_an_app_is_set_up_and_asked_for_at_sign_in(world: World) -> None:
    client = sign_in(world.owner)
    asked = client.get(reverse("mfa_activate_totp"))["Location"]
    assert asked.startswith(reverse("account_reauthenticate"))
    page = client.post(asked, {"password": PASSWORD}, follow=True)
    secret = re.search(r'id="authenticator_secret"[^>]*value="([A-Z2-7]+)"', page.content.decode())
    assert secret
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret[1])}, follow=True)
    codes = re.findall(r"\b[0-9a-f]{8}\b", answer.content.decode())
    assert len(set(codes)) >= 10
    cache.clear()

    client = Client()
    overview = reverse("overview", args=[world.organisation.slug])
    answer = client.post(
        reverse("account_login"), {"login": world.owner.email, "password": PASSWORD}
    )
    assert answer["Location"].startswith(reverse("mfa_authenticate"))
    assert client.get(overview).status_code == 302
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert client.get(overview).status_code == 302
    client.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert client.get(overview).status_code == 200
    # A recovery code works once.
    other = sign_in(world.owner)
    other.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert other.get(overview).status_code == 302


def at_another_worker() -> None:
    """Forget what this process alone remembers, as if the next request came to another one."""
    for remembered in (*locmem._caches.values(), *locmem._expire_info.values()):
        remembered.clear()


def test_a_code_of_the_app_works_once_at_whichever_worker(world: World) -> None:
    code = code_of(give_factor(world.owner))
    overview = reverse("overview", args=[world.organisation.slug])
    first, second = sign_in(world.owner), sign_in(world.owner)
    first.post(reverse("mfa_authenticate"), {"code": code})
    assert first.get(overview).status_code == 200
    at_another_worker()
    second.post(reverse("mfa_authenticate"), {"code": code})
    assert second.get(overview).status_code == 302


def test_wrong_passwords_are_counted_by_all_workers_together(world: World) -> None:
    for _ in range(10):
        Client().post(
            reverse("account_login"), {"login": world.owner.email, "password": "a wrong one"}
        )
        at_another_worker()
    overview = reverse("overview", args=[world.organisation.slug])
    assert sign_in(world.owner).get(overview).status_code == 302
    # Until the time is over; then nothing of it is kept.
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(settings.CACHES["default"]["LOCATION"])
        cursor.execute(f"UPDATE {table} SET expires = now() - interval '1 s'")
    assert shared_cache.forget() > 0
    assert shared_cache.forget() == 0
    assert (
        sign_in(world.owner).get(reverse("overview", args=[world.organisation.slug])).status_code
        == 200
    )


def test_members_without_one_are_led_to_set_one_up(world: World) -> None:
    slug = world.organisation.slug
    viewer = world.member(Role.VIEWER)
    client = Client()
    client.force_login(viewer)
    assert client.get(reverse("roster", args=[slug])).status_code == 200
    require(world)
    door = reverse("second_factor", args=[slug])
    for method, route in (("get", "roster"), ("get", "audit_log"), ("post", "member_leave")):
        answer = getattr(client, method)(reverse(route, args=[slug]))
        assert (answer.status_code, answer["Location"]) == (302, door)
    live = client.get(reverse("roster", args=[slug]), headers={"HX-Request": "true"})
    assert live["HX-Redirect"] == door
    page = client.get(door).content.decode()
    assert world.organisation.name in page
    assert reverse("mfa_activate_totp") in page
    give_factor(viewer)
    assert client.get(reverse("roster", args=[slug])).status_code == 200
    assert client.get(door)["Location"] == reverse("overview", args=[slug])


def test_recovery_codes_alone_are_no_second_factor(world: World) -> None:
    require(world)
    Authenticator.objects.create(
        user=world.owner, type=Authenticator.Type.RECOVERY_CODES, data={"seed": "x"}
    )
    client = Client()
    client.force_login(world.owner)
    assert client.get(reverse("roster", args=[world.organisation.slug])).status_code == 302


def test_owners_require_it_once_they_have_one(world: World) -> None:
    place = reverse("organisation_second_factor", args=[world.organisation.slug])
    client = Client()
    client.force_login(world.owner)
    answer = client.post(place, {"required": "yes"})
    assert answer.status_code == 422
    assert "lock yourself out" in answer.content.decode()
    world.organisation.refresh_from_db()
    assert not world.organisation.second_factor_required
    give_factor(world.owner)
    assert client.post(place, {"required": "yes"}).status_code == 302
    world.organisation.refresh_from_db()
    assert world.organisation.second_factor_required
    assert client.post(place, {"required": "no"}).status_code == 302
    world.organisation.refresh_from_db()
    assert not world.organisation.second_factor_required
    entries = AuditEntry.objects.filter(action="organisation.second_factor")
    assert sorted(entry.details["required"] for entry in entries) == [False, True]


def test_settings_name_who_has_none(world: World) -> None:
    viewer, careful = world.member(Role.VIEWER), world.member(Role.ADMIN)
    give_factor(careful)
    client = Client()
    client.force_login(world.owner)
    page = client.get(reverse("organisation_settings", args=[world.organisation.slug]))
    said = re.search(r"Without one so far:([^<]*)<", page.content.decode())
    assert said
    assert viewer.email in said[1]
    assert careful.email not in said[1]


def test_a_new_name_is_kept_and_an_empty_one_refused(world: World) -> None:
    place = reverse("organisation_rename", args=[world.organisation.slug])
    client = Client()
    client.force_login(world.owner)
    assert client.post(place, {"name": " - "}).status_code == 422
    assert client.post(place, {"name": "  Acme \n Holding "}).status_code == 302
    world.organisation.refresh_from_db()
    assert world.organisation.name == "Acme Holding"


def test_sessions_are_listed_and_ended(world: World) -> None:
    here, there = sign_in(world.owner), sign_in(world.owner)
    page = here.get(reverse("usersessions_list")).content.decode()
    assert page.count("127.0.0.1") == 2
    here.post(reverse("usersessions_list"))
    overview = reverse("overview", args=[world.organisation.slug])
    assert here.get(overview).status_code == 200
    assert there.get(overview).status_code == 302


def test_one_session_is_ended_alone_and_nobody_elses(world: World) -> None:
    here, there, elsewhere = (sign_in(world.owner) for _ in range(3))
    other = sign_in(world.member(Role.ADMIN))
    own = {session.session_key: session for session in UserSession.objects.all()}

    def place(client: Client) -> str:
        session = own[client.cookies[settings.SESSION_COOKIE_NAME].value]
        return reverse("session_end", args=[session.pk])

    page = here.get(reverse("usersessions_list")).content.decode()
    assert place(there) in page
    assert place(elsewhere) in page
    # The one that one looks at is signed out of; another user's is none at all.
    for wrong in (here, other):
        assert place(wrong) not in page
        assert here.post(place(wrong)).status_code == 404
    said = here.post(place(there), follow=True).content.decode()
    assert "That session is ended." in said
    assert place(there) not in said
    assert here.post(place(there)).status_code == 404
    assert Client().post(place(elsewhere)).status_code == 302
    overview = reverse("overview", args=[world.organisation.slug])
    answers = [client.get(overview).status_code for client in (here, there, elsewhere, other)]
    assert answers == [200, 302, 200, 200]


SEALING = importlib.import_module("accounts.migrations.0017_second_factors_sealed")


def kept(user: User) -> str:
    factors = Authenticator.objects.filter(user=user).order_by("pk")
    return " ".join(str(factor.data) for factor in factors)


def signed_in_with(user: User, code: str, overview: str) -> bool:
    client = sign_in(user)
    client.post(reverse("mfa_authenticate"), {"code": code})
    return client.get(overview).status_code == 200


def test_a_copy_of_the_database_shows_nobodys_codes(world: World) -> None:
    secret = give_factor(world.owner)
    codes = RecoveryCodes.activate(world.owner)
    seed = sealed.unseal(codes.instance.data["seed"], purpose=SEALING.PURPOSE)
    assert secret not in kept(world.owner)
    assert seed not in kept(world.owner)
    overview = reverse("overview", args=[world.organisation.slug])
    assert signed_in_with(world.owner, code_of(secret), overview)
    assert signed_in_with(world.owner, codes.get_unused_codes()[0], overview)
    assert not signed_in_with(world.owner, "000000", overview)


def test_a_code_is_taken_while_the_next_is_shown_and_no_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No step of thirty seconds begins meanwhile.
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    secret = give_factor(world.owner)
    overview = reverse("overview", args=[world.organisation.slug])
    assert not signed_in_with(world.owner, code_of(secret, steps_ago=3), overview)
    assert signed_in_with(world.owner, code_of(secret, steps_ago=1), overview)


def test_factors_from_before_they_were_sealed_go_on_working(world: World) -> None:
    secret, seed = generate_totp_secret(), RecoveryCodes.generate_seed()
    for kind, data in (("totp", {"secret": secret}), ("recovery_codes", {"seed": seed})):
        Authenticator.objects.create(
            user=world.owner, type=kind, data=data | ({"used_mask": 1} if "seed" in data else {})
        )
    before = kept(world.owner)
    SEALING.seal(apps, None)
    sealed_once = kept(world.owner)
    SEALING.seal(apps, None)
    assert kept(world.owner) == sealed_once
    assert secret not in sealed_once
    assert seed not in sealed_once
    overview = reverse("overview", args=[world.organisation.slug])
    assert signed_in_with(world.owner, code_of(secret), overview)
    SEALING.unseal(apps, None)
    assert kept(world.owner) == before


def test_a_changed_key_lets_nobody_in_and_says_what_is_wrong(world: World, settings: Any) -> None:
    """Nor is there a code that fits a secret which cannot be read."""
    secret = give_factor(world.owner)
    settings.SECRET_KEY = "another-key-" + "y" * 40
    client = sign_in(world.owner)
    answer = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert answer.status_code == 503
    assert "SECRET_KEY_FALLBACKS" in answer.content.decode()
    assert client.get(reverse("overview", args=[world.organisation.slug])).status_code == 302
