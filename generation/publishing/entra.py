"""Microsoft Entra, by Graph: an app registration with ProfilePhoto.ReadWrite.All."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Employee
from generation.publishing import http
from generation.publishing.interface import Field, Photo, Refusal, TokenDead, UnknownPerson
from headshots.lib.problems import Problem

SIGN_IN, GRAPH = "https://login.microsoftonline.com", "https://graph.microsoft.com"
FIELDS = (
    Field("tenant", gettext_lazy("Tenant ID"), secret=False),
    Field("client_id", gettext_lazy("Application (client) ID"), secret=False),
    Field("client_secret", gettext_lazy("Client secret")),
)
_NAME = re.compile(r"[A-Za-z0-9.-]{3,100}")


class Entra:
    """Users are known by their e-mail address: as user principal name, else as mail."""

    photo = Photo(side=648, most_bytes=4_000_000)

    def __init__(
        self, settings: Mapping[str, str], secrets: Mapping[str, str], base: str | None
    ) -> None:
        if not _NAME.fullmatch(settings.get("tenant", "")):
            raise Problem(_("The tenant ID is a GUID or a domain."), code="tenant", field="tenant")
        self._settings, self._secrets = settings, secrets
        self._sign_in, self._graph = base or SIGN_IN, base or GRAPH
        self._http = http.client()
        self._token = ""

    def find(self, person: Employee) -> str:
        response = self._ask("GET", f"/users/{quote(person.email, safe='')}?$select=id")
        if response.status_code == 404:
            return self._by_mail(person.email)
        http.refuse(response, _said(response))
        return str(http.json_of(response)["id"])

    def _by_mail(self, address: str) -> str:
        """The id of whoever has this address, whatever they sign in by."""
        wanted = quote("mail eq '{}'".format(address.replace("'", "''")), safe="")
        response = self._ask("GET", f"/users?$filter={wanted}&$select=id")
        http.refuse(response, _said(response))
        found = http.json_of(response).get("value") or []
        if not found:
            raise UnknownPerson(_("The directory does not know this person."))
        if len(found) > 1:
            raise Refusal(_("More than one account over there has this person’s address."))
        return str(found[0]["id"])

    def read(self, remote_id: str) -> bytes | None:
        response = self._ask("GET", f"/users/{quote(remote_id)}/photo/$value")
        if response.status_code == 404 and _code(response) in (
            "ImageNotFound",
            "ErrorItemNotFound",
        ):
            return None
        http.refuse(response, _said(response))
        return response.content

    def write(self, remote_id: str, jpeg: bytes) -> None:
        response = self._ask(
            "PUT",
            f"/users/{quote(remote_id)}/photo/$value",
            content=jpeg,
            headers={"Content-Type": "image/jpeg"},
        )
        http.refuse(response, _said(response))

    def remove(self, remote_id: str) -> None:
        response = self._ask("DELETE", f"/users/{quote(remote_id)}/photo/$value")
        if response.status_code == 404 and _code(response) == "ImageNotFound":
            return
        http.refuse(response, _said(response))

    def close(self) -> None:
        self._http.close()

    def _ask(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> http.Answer:
        if not self._token:
            self._token = self._sign()
        return http.ask(
            self._http,
            method,
            f"{self._graph}/v1.0{path}",
            content=content,
            headers={"Authorization": f"Bearer {self._token}", **(headers or {})},
        )

    def _sign(self) -> str:
        response = http.ask(
            self._http,
            "POST",
            f"{self._sign_in}/{self._settings['tenant']}/oauth2/v2.0/token",
            data={
                "client_id": self._settings["client_id"],
                "client_secret": self._secrets["client_secret"],
                "scope": f"{GRAPH}/.default",
                "grant_type": "client_credentials",
            },
        )
        found = http.json_of(response)
        if response.status_code != 200 or not found.get("access_token"):
            raise TokenDead(
                _("Microsoft does not take the client secret ({code}). Give a new one.").format(
                    code=str(found.get("error") or response.status_code)[:60]
                )
            )
        return str(found["access_token"])


def _code(response: http.Answer) -> str:
    error = http.json_of(response).get("error")
    return str(error.get("code", "")) if isinstance(error, dict) else ""


def _said(response: http.Answer) -> str:
    return _code(response)
