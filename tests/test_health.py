from __future__ import annotations

from typing import Any

import pytest
from django.test import Client


def test_alive_and_ready(client: Client, db: None) -> None:
    assert client.get("/healthz").json() == {"alive": True}
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "database": "ok", "storage": "ok", "queue": "ok"}


@pytest.mark.parametrize("place", ["/healthz", "/readyz"])
def test_a_load_balancer_asks_without_tls_and_by_its_own_address(
    client: Client, db: None, settings: Any, place: str
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["headshots.example"]
    assert client.get(place, headers={"Host": "10.1.2.3:8000"}).status_code == 200
    # Nobody else is answered so.
    assert client.get("/pricing", headers={"Host": "headshots.example"}).status_code == 301
    assert client.get("/pricing", headers={"Host": "10.1.2.3:8000"}, secure=True).status_code == 400


def test_not_ready_names_the_part(client: Client, db: None, settings: Any, tmp_path: Any) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder should be")
    settings.PRIVATE_ROOT = blocked / "private"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["storage"] == "does not answer"
    assert response.json()["database"] == "ok"
