"""PostgreSQL's backend with the embedded server behind it.

DATABASES needs "EMBEDDED": {"root": folder, "fast": bool} instead of host, user and password.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base

from headshots.lib import embedded_postgres
from headshots.lib.env import postgres_from_url


class DatabaseWrapper(base.DatabaseWrapper):
    """Starts the server where it does not run, then connects over its socket."""

    def get_connection_params(self) -> dict[str, Any]:
        embedded = self.settings_dict["EMBEDDED"]
        url = embedded_postgres.ensure_running(embedded["root"], fast=embedded["fast"])
        place = postgres_from_url(url)
        self.settings_dict.update({key: place[key] for key in ("USER", "PASSWORD", "HOST", "PORT")})
        params: dict[str, Any] = super().get_connection_params()
        return params
