"""Forms of a page, as a browser would send them."""

from __future__ import annotations

from html.parser import HTMLParser

from django.http import HttpResponse


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self._at: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._at = self.found.setdefault(said.get("action", ""), {})
        elif tag == "input" and said.get("type") == "hidden" and self._at is not None:
            self._at[said["name"]] = said.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._at = None


def hidden(answer: HttpResponse, action: str) -> dict[str, str]:
    """The hidden fields of the form on a page that is sent to `action`. KeyError without one."""
    reader = _Forms()
    reader.feed(answer.content.decode())
    return reader.found[action]
