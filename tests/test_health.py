from __future__ import annotations

from typing import Any

from django.test import Client


def test_alive_and_ready(client: Client, db: None) -> None:
    assert client.get("/healthz").json() == {"alive": True}
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "database": "ok", "storage": "ok", "queue": "ok"}


def test_not_ready_names_the_part(client: Client, db: None, settings: Any, tmp_path: Any) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder should be")
    settings.PRIVATE_ROOT = blocked / "private"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["storage"] == "does not answer"
    assert response.json()["database"] == "ok"
