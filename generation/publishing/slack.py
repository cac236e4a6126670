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
# Stands for a token that is taken away.
_NONE = "-"
_LINE = re.compile(r"\s*([^\s,;]+@[^\s,;]+)\s*[,;\s]\s*(xox[a-z]-[A-Za-z0-9-]+|-)\s*")
# What is sealed together.
MOST_SIGNS = 1_000_000
# Errors that are one token's own, and do not end the run: the others' may be good.
_TOKEN = {"invalid_auth", "token_expired", "token_revoked", "account_inactive", "not_authed"}


def lines(text: str) -> list[tuple[int, str, str]]:
    """The number of each line, its address in small letters, and its token. Raises Problem for a
    line that is none."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        parts = _LINE.fullmatch(line)
        if parts is None:
            raise _problem(
                _("Line {number}: write an address, a comma and a token.").format(number=number)
            )
        found.append((number, parts.group(1).lower(), parts.group(2)))
    return found


def merged(kept: str, given: str) -> str:
    """The lines that are kept with those that are given: a token takes the place of its person's,
    “-” takes it away. Raises Problem for two lines of one person and where nothing is left."""
    tokens = {address: token for _number, address, token in lines(kept)}
    seen: dict[str, int] = {}
    for number, address, token in lines(given):
        if address in seen:
            raise _problem(
                _("Lines {first} and {number} are both of {address}. Keep one of them.").format(
                    first=seen[address], number=number, address=address[:80]
                )
            )
        seen[address] = number
        if token != _NONE:
            tokens[address] = token
        elif tokens.pop(address, None) is None:
            raise _problem(
                _("Line {number}: there is no token of {address} to take away.").format(
                    number=number, address=address[:80]
                )
            )
    if not tokens:
        raise _problem(_("Give at least one person’s token."))
    text = "\n".join(f"{address}, {token}" for address, token in tokens.items())
    if len(text) > MOST_SIGNS:
        raise _problem(_("These are too many tokens to keep together."))
    return text


def _problem(sentence: str) -> Problem:
    return Problem(sentence, code="tokens", field="tokens")


FIELDS = (
    Field(
        "tokens",
        gettext_lazy("User tokens"),
        long=True,
        help=gettext_lazy(
            "A line a person: address, a comma, their token (xoxp-…). Whoever has no line keeps "
            "the token they have; “-” instead of a token takes it away."
        ),
        merged=merged,
    ),
)


class Slack:
    """Users are known by their token; a person without one cannot be published."""

    photo = Photo(side=1024, most_bytes=8_000_000)

    def __init__(
        self, settings: Mapping[str, str], secrets: Mapping[str, str], base: str | None
    ) -> None:
        found = lines(secrets.get("tokens", ""))
        self._tokens = {address: token for _number, address, token in found if token != _NONE}
        if not self._tokens:
            raise _problem(_("Give at least one person’s token."))
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
