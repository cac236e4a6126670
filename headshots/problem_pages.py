"""Refusals that no view caught, as a page or, for htmx, as a sentence in place; and addresses that
take a form alone, opened as a page."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve

from headshots.lib.problems import Problem


class ProblemMiddleware:
    """Shows a Problem with its status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Problem):
            return None
        return render(request, "problem.html", {"problem": error}, status=error.status)


class FormAddressMiddleware:
    """Leads whoever opens the address of a form to the page above it.

    A refused form stands under that address; a reload, or reading on in another language, asks for
    it as a page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or request.method not in ("GET", "HEAD"):
            return response
        asked = request.headers.get("Accept", "")
        page = "text/html" in asked and not request.path.startswith("/api/")
        return redirect(_above(request.path)) if page else response


def _above(path: str) -> str:
    """The nearest address above that there is; it may lead further up."""
    parts = path.strip("/").split("/")
    for length in range(len(parts) - 1, 0, -1):
        for place in ("/" + "/".join(parts[:length]), "/" + "/".join(parts[:length]) + "/"):
            try:
                resolve(place)
            except Resolver404:
                continue
            return place
    return "/"
