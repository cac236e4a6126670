"""Components that have something inside: `{% card title="…" %}…{% endcard %}`.

Those without are included: `{% include "components/badge.html" with label="…" %}`.
"""

from __future__ import annotations

from django import template
from django.template.loader import render_to_string

register = template.Library()


@register.simple_block_tag
def card(content: str, title: str = "", id: str = "", kind: str = "stack") -> str:
    """A surface of its own; with a title it is a section of that name, which needs an `id`."""
    return render_to_string(
        "components/card.html", {"content": content, "title": title, "id": id, "kind": kind}
    )


@register.simple_block_tag
def table(content: str, label: str = "", labelled_by: str = "") -> str:
    """A table that scrolls by itself where it is wider than the page, also by keyboard. What it
    shows is said by `label`, or by the heading with the id `labelled_by`."""
    return render_to_string(
        "components/table.html", {"content": content, "label": label, "labelled_by": labelled_by}
    )


@register.simple_block_tag
def picture_grid(content: str, kind: str = "short-list") -> str:
    """A list of pictures side by side: short-list, photos or shoots."""
    return render_to_string("components/picture_grid.html", {"content": content, "kind": kind})
