"""Google Workspace, by the Admin SDK: a service account that acts for an administrator."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Employee
from generation.publishing import http
from generation.publishing.interface import Field, Later, Photo, TokenDead
from headshots.lib.problems import Problem

SIGN_IN, ADMIN = "https://oauth2.googleapis.com", "https://admin.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/admin.directory.user"
FIELDS = (
    Field("administrator", gettext_lazy("Administrator’s address"), secret=False),
    Field("service_account", gettext_lazy("Service account key (JSON)"), long=True),
)


class Google:
    """Users are known by their e-mail address."""

    photo = Photo(side=648, most_bytes=2_000_000)

    def __init__(
        self, settings: Mapping[str, str], secrets: Mapping[str, str], base: str | None
    ) -> None:
        try:
            account = json.loads(secrets.get("service_account", ""))
            self._name = str(account["client_email"])
            key = serialization.load_pem_private_key(account["private_key"].encode(), None)
        except (ValueError, KeyError, TypeError, AttributeError):
            key = None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise Problem(
                _("This is no key file of a service account. Paste the whole JSON file."),
                code="service_account",
                field="service_account",
            )
        self._key = key
        self._administrator = settings.get("administrator", "")
        self._sign_in, self._admin = base or SIGN_IN, base or ADMIN
        self._http = http.client()
        self._token = ""

    def find(self, person: Employee) -> str:
        response = self._ask("GET", f"/{quote(person.email)}?fields=id")
        self._refuse(response)
        return str(http.json_of(response)["id"])

    def read(self, remote_id: str) -> bytes | None:
        response = self._ask("GET", f"/{quote(remote_id)}/photos/thumbnail")
        if response.status_code == 404:
            return None
        self._refuse(response)
        data = str(http.json_of(response).get("photoData", ""))
        # As it is written, and with "." for padding in places.
        plain = data.replace("*", "=").replace(".", "=")
        return base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4))

    def write(self, remote_id: str, jpeg: bytes) -> None:
        # Google's own web-safe base64 pads with "*".
        data = base64.urlsafe_b64encode(jpeg).decode().replace("=", "*")
        response = self._ask(
            "PUT",
            f"/{quote(remote_id)}/photos/thumbnail",
            {"photoData": data, "mimeType": "JPEG"},
        )
        self._refuse(response)

    def remove(self, remote_id: str) -> None:
        response = self._ask("DELETE", f"/{quote(remote_id)}/photos/thumbnail")
        if response.status_code != 404:
            self._refuse(response)

    def close(self) -> None:
        self._http.close()

    def _ask(self, method: str, path: str, body: object = None) -> http.Answer:
        if not self._token:
            self._token = self._sign()
        return http.ask(
            self._http,
            method,
            f"{self._admin}/admin/directory/v1/users{path}",
            json=body,
            headers={"Authorization": f"Bearer {self._token}"},
        )

    def _refuse(self, response: http.Answer) -> None:
        error = http.json_of(response).get("error")
        error = error if isinstance(error, dict) else {}
        rows = error.get("errors")
        first = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
        reason = str(first.get("reason", ""))
        # Google answers 403 for too many requests, too.
        if reason in ("userRateLimitExceeded", "rateLimitExceeded", "quotaExceeded"):
            raise Later(_("The directory asks us to wait."), http.pause(response))
        http.refuse(response, reason)

    def _sign(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self._name,
            "sub": self._administrator,
            "scope": SCOPE,
            "aud": f"{SIGN_IN}/token",
            "iat": now,
            "exp": now + 3600,
        }
        text = ".".join(_part(part) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
        signature = self._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        response = http.ask(
            self._http,
            "POST",
            f"{self._sign_in}/token",
            data={
                "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
                "assertion": f"{text}.{_encoded(signature)}",
            },
        )
        found = http.json_of(response)
        if response.status_code != 200 or not found.get("access_token"):
            raise TokenDead(
                _(
                    "Google does not let the service account act for the administrator ({code}). "
                    "Check its key and the delegation."
                ).format(code=str(found.get("error") or response.status_code)[:60])
            )
        return str(found["access_token"])


def _part(value: object) -> str:
    return _encoded(json.dumps(value, separators=(",", ":")).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
