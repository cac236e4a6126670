"""The design system: each component is a file of its own, shown in its states and used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template import engines
from django.template.loader import render_to_string

TEMPLATES = Path(__file__).parent.parent / "templates"
SHOWN = ("components_sample.html", "components_page.html", "layouts/plain.html", "base.html")
# Those that have something inside are tags.
TAGS = ("card", "table", "picture_grid")


@pytest.mark.parametrize(
    "name",
    [
        "button",
        "field",
        "table",
        "card",
        "badge",
        "progress",
        "stepper",
        "dialog",
        "toast",
        "empty",
        "picture_grid",
    ],
)
def test_a_component_is_one_file_is_shown_and_is_used(name: str) -> None:
    assert (TEMPLATES / "components" / f"{name}.html").is_file()
    use = re.compile(rf"{{% {name} " if name in TAGS else rf'"components/{name}\.html"')
    files = [file for file in TEMPLATES.rglob("*.html") if use.search(file.read_text("utf-8"))]
    names = {file.relative_to(TEMPLATES).as_posix() for file in files}
    assert "components_sample.html" in names
    assert names - set(SHOWN), "no page uses it"


def said(text: str, **context: object) -> str:
    template = engines["django"].from_string("{% load components %}" + text)
    return " ".join(template.render(context).split())


def test_what_is_inside_is_rendered_and_what_is_given_is_escaped() -> None:
    html = said("{% card title=t id='x' %}<b>{{ t }}</b>{% endcard %}", t="A & <i>B</i>")
    named = '<section class="card stack" aria-labelledby="x"><h2 id="x">A &amp; &lt;i&gt;B'
    assert html.startswith(named)
    assert "<b>A &amp; &lt;i&gt;B&lt;/i&gt;</b>" in html
    plain = said("{% card kind='flush' %}x{% endcard %}")
    assert plain == '<div class="card flush">x</div>'


def test_a_wide_table_is_reached_by_keyboard_and_has_a_name() -> None:
    html = said('{% table label="Costs" %}<tr><td>1</td></tr>{% endtable %}')
    assert 'tabindex="0" role="region" aria-label="Costs"><table><tr>' in html


def test_progress_says_how_far() -> None:
    html = render_to_string("components/progress.html", {"value": 3, "most": 9, "label": "Mail"})
    assert '<progress max="9" value="3" aria-label="Mail">' in html
    done = render_to_string("components/progress.html", {"value": 1, "label": "x", "done": True})
    assert '<progress max="100" value="1" class="good"' in done
