"""Slack: users.setPhoto changes the photo of whoever's token it is, so each person's is needed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Employee
from generation.publishing import http
from generation.publishing.interface import (
    Field,
    Later,
    Photo,
    Refusal,
    TokenDead,
    TooLarge,
    UnknownPerson,
)
from headshots.lib.problems import Problem

API = "https://slack.com"
PICTURES = "https://avatars.slack-edge.com"
FIELDS = (
    Field(
        "tokens",
        gettext_lazy("User tokens"),
        long=True,
        help=gettext_lazy("A line a person: address, a comma, their token (xoxp-…)."),
    ),
)
_LINE = re.compile(r"\s*([^\s,;]+@[^\s,;]+)\s*[,;\s]\s*(xox[a-z]-[A-Za-z0-9-]+)\s*")
# Errors that are one token's own, and do not end the run: the others' may be good.
_TOKEN = {"invalid_auth", "token_expired", "token_revoked", "account_inactive", "not_authed"}


class Slack:
    """Users are known by their token; a person without one cannot be published."""

    photo = Photo(side=1024, most_bytes=8_000_000)

    def __init__(
        self, settings: Mapping[str, str], secrets: Mapping[str, str], base: str | None
    ) -> None:
        self._tokens: dict[str, str] = {}
        for number, line in enumerate(secrets.get("tokens", "").splitlines(), 1):
            found = _LINE.fullmatch(line)
            if not line.strip():
                continue
            if found is None:
                raise Problem(
                    _("Line {number}: write an address, a comma and a token.").format(
                        number=number
                    ),
                    code="tokens",
                    field="tokens",
                )
            self._tokens[found.group(1).lower()] = found.group(2)
        if not self._tokens:
            raise Problem(_("Give at least one person’s token."), code="tokens", field="tokens")
        self._api, self._pictures = base or API, base or PICTURES
        self._http = http.client()

    def find(self, person: Employee) -> str:
        address = person.email.lower()
        if address not in self._tokens:
            raise UnknownPerson(_("There is no token of this person."))
        self._ask("auth.test", address)
        return address

    def read(self, remote_id: str) -> bytes | None:
        profile = self._ask("users.profile.get", remote_id).get("profile") or {}
        url = str(profile.get("image_original") or "")
        if not url:  # the default picture is nobody's
            return None
        # SECURITY: only Slack's own host of pictures is fetched from, whatever an answer says.
        if f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" != self._pictures:
            raise Refusal(_("Slack’s answer names a picture on another host."))
        response = http.ask(self._http, "GET", url)
        http.refuse(response)
        return response.content

    def write(self, remote_id: str, jpeg: bytes) -> None:
        self._ask("users.setPhoto", remote_id, files={"image": ("photo.jpg", jpeg, "image/jpeg")})

    def remove(self, remote_id: str) -> None:
        self._ask("users.deletePhoto", remote_id)

    def close(self) -> None:
        self._http.close()

    def _ask(self, name: str, address: str, **more: Any) -> dict[str, Any]:
        response = http.ask(
            self._http,
            "POST",
            f"{self._api}/api/{name}",
            headers={"Authorization": f"Bearer {self._tokens[address]}"},
            **more,
        )
        found = http.json_of(response)
        if found.get("ok"):
            return found
        error = str(found.get("error") or response.status_code)[:60]
        if error in _TOKEN:
            if len(self._tokens) == 1:
                raise TokenDead(_("Slack does not take the token any more. Give a new one."))
            raise Refusal(
                _("Slack does not take this person’s token any more ({error}).").format(error=error)
            )
        if error == "ratelimited":
            raise Later(_("The directory asks us to wait."), http.pause(response))
        if error == "too_large":
            raise TooLarge(_("The photo is larger than the directory takes."))
        if error in ("missing_scope", "not_allowed_token_type"):
            raise Refusal(_("This person’s token may not change photos (users.profile:write)."))
        raise Refusal(_("Slack refused the photo ({error}).").format(error=error))
