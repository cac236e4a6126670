"""BambooHR: an API key of somebody who may edit employees' photos."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Employee
from generation.publishing import http
from generation.publishing.interface import Field, Later, Photo, Refusal, UnknownPerson
from headshots.lib.problems import Problem

API = "https://api.bamboohr.com"
FIELDS = (
    Field(
        "company",
        gettext_lazy("Company domain"),
        secret=False,
        help=gettext_lazy("The part before .bamboohr.com"),
    ),
    Field("api_key", gettext_lazy("API key")),
)


class Bamboo:
    """Employees are known by their work address in the company's directory."""

    photo = Photo(side=1024, most_bytes=20_000_000)

    def __init__(
        self, settings: Mapping[str, str], secrets: Mapping[str, str], base: str | None
    ) -> None:
        company = settings.get("company", "")
        if not re.fullmatch(r"[A-Za-z0-9-]{1,60}", company):
            raise Problem(
                _("The company domain is the part before .bamboohr.com."),
                code="company",
                field="company",
            )
        self._base = f"{base or API}/api/gateway.php/{company}/v1"
        self._http = http.client()
        self._auth = (secrets.get("api_key", ""), "x")
        self._ids: dict[str, str] | None = None

    def find(self, person: Employee) -> str:
        if self._ids is None:
            response = self._ask("GET", "/employees/directory")
            http.refuse(response, _said(response))
            rows = http.json_of(response).get("employees") or []
            self._ids = {
                str(row.get("workEmail") or "").lower(): str(row.get("id"))
                for row in rows
                if isinstance(row, dict)
            }
        found = self._ids.get(person.email.lower())
        if not found:
            raise UnknownPerson(_("The directory does not know this person."))
        return found

    def read(self, remote_id: str) -> bytes | None:
        response = self._ask("GET", f"/employees/{quote(remote_id)}/photo/original")
        if response.status_code == 404:
            return None
        http.refuse(response, _said(response))
        return response.content

    def write(self, remote_id: str, jpeg: bytes) -> None:
        response = self._ask(
            "POST",
            f"/employees/{quote(remote_id)}/photo",
            files={"file": ("photo.jpg", jpeg, "image/jpeg")},
        )
        http.refuse(response, _said(response))

    def remove(self, remote_id: str) -> None:
        raise Refusal(cannot_remove())

    def close(self) -> None:
        self._http.close()

    def _ask(self, method: str, path: str, **more: Any) -> http.Answer:
        return http.ask(
            self._http,
            method,
            f"{self._base}{path}",
            auth=self._auth,
            headers={"Accept": "application/json"},
            **more,
        )


def cannot_remove() -> str:
    """Why no photo is taken away there."""
    return _(
        "BambooHR cannot take a photo away by its API, and there was none before. Do it there."
    )


def _said(response: http.Answer) -> str:
    text = str(response.headers.get("X-BambooHR-Error-Message", ""))
    if "Limit Exceeded" in text:
        raise Later(_("The directory asks us to wait."), http.pause(response))
    return text[:200]
