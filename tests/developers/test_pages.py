"""What partners read is there for everybody, and says what the API does."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from accounts.actors import SYSTEM
from accounts.models import Organisation
from accounts.webhooks.types import TYPES
from generation.models import Look
from generation.ordering import orders
from headshots.developers import guides, problems, reference
from headshots.lib.markdown import render


def text(path: str) -> str:
    answer = Client().get(path)
    assert answer.status_code == 200, path
    return str(answer.content.decode())


def test_every_operation_is_shown_with_an_example(db: None) -> None:
    said = reference.document()
    shown = "".join(
        text(reverse("developer_reference", args=[slug])) for slug in reference.chapters()
    )
    for path, item in said["paths"].items():
        for method, raw in item.items():
            assert f'id="{raw["operationId"]}"' in shown, (method, path)
            assert path in shown
    # Nothing is left unresolved or unformatted.
    assert "$ref" not in shown
    assert "OrderedDict" not in shown


def test_every_event_is_shown(db: None) -> None:
    shown = text(reverse("developer_events"))
    for each in TYPES.values():
        assert f"<code>{each.name}</code>" in shown
        assert each.description.replace("'", "&#x27;") in shown


@pytest.mark.parametrize("name", guides.NAMES)
def test_guides_have_the_sites_own_address_and_links_that_lead_somewhere(
    db: None, name: str, settings: object
) -> None:
    settings.SITE_URL = "https://headshots.acme.example"  # type: ignore[attr-defined]
    shown = text(reverse("developer_guide", args=[name]))
    assert guides.PLACEHOLDER not in shown
    assert "https://headshots.acme.example" in shown
    inner = set(re.findall(r'href="(/[^"#]*)', shown))
    for path in inner - {"/home"}:
        if not path.startswith("/static"):
            assert Client().get(path).status_code == 200, path


def test_pages_that_are_none(db: None) -> None:
    for name in ("settings", "nothing"):
        assert Client().get(reverse("developer_guide", args=[name])).status_code == 404
        assert Client().get(reverse("developer_reference", args=[name])).status_code == 404


def test_markdown_is_words_and_never_obeyed() -> None:
    guide = render("# A <b>title</b>\n\n<script>alert(1)</script>\n\n## What `x` is\n\n[a](/b)\n")
    assert guide.title == "A <b>title</b>"
    assert "<script>" not in guide.html
    assert [heading.anchor for heading in guide.headings] == ["what-x-is"]
    assert "<h1" not in guide.html


def test_every_problem_has_a_page_where_its_type_leads(db: None) -> None:
    from headshots.lib.api.problems import CODES, type_of
    from headshots.lib.problems import Problem

    known = problems.kinds()
    assert set(CODES) < set(known)
    assert 402 in known["credits_missing"].statuses
    assert 409 in known["transition"].statuses
    assert any("…" in sentence for sentence in known["transition"].sentences)
    whole = text(reverse("developer_problems"))
    for code in known:
        assert f'id="{code}"' in whole
    with pytest.raises(Problem) as refused:
        orders.place_order(
            actor=SYSTEM,
            organisation=Organisation(),
            look=Look(),
            employees=[],
            due_at=timezone.now(),
        )
    path = urlsplit(type_of(refused.value.code)).path
    assert escape(refused.value.sentence) in text(path)
    assert Client().get("/api/problems/there-is-no-such").status_code == 404
