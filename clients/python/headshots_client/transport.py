"""Requests: with the key, retried where that does no harm, refusals as exceptions."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from headshots_client.errors import HeadshotsError, Unreachable, error_of

AGAIN = frozenset({429, 500, 502, 503, 504})
# A proxy's word for an answer that it did not get: what was asked may be done.
UNHEARD = frozenset({502, 504})
# Nothing was sent then.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
LONGEST_WAIT_S = 60.0


class Tagged(dict[str, Any]):
    """A resource as it came, and the ETag that names its state (see `etag_of`)."""

    etag: str | None = None


class TaggedList(list[Any]):
    """A list that is acted upon as one, and the ETag that names the state of all of it."""

    etag: str | None = None


class Answer:
    """What came back."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.content = response.content

    def json(self) -> Any:
        """The body; a resource bears its ETag."""
        found = self.response.json()
        if not isinstance(found, dict):
            return found
        tagged = Tagged(found)
        tagged.etag = self.response.headers.get("ETag")
        return tagged


def etag_of(resource: Mapping[str, Any] | Sequence[Any]) -> str:
    """The ETag of what a method returned, to give as `if_match`: the change is made only while the
    resource is as it was then, and is refused as Conflict otherwise.

    Raises ValueError for what has none: a row of a list, or a dict of your own.
    """
    found: str | None = getattr(resource, "etag", None)
    if not found:
        raise ValueError("This did not come with an ETag. Read it by its id.")
    return found


class Transport:
    """One connection pool with a key.

    Almost every request may be repeated: reads change nothing, changes and deletions say what shall
    be, and a POST carries an Idempotency-Key, so that it is done once however often it arrives. A
    change that names the state it builds upon is not repeated once it may have been made: the state
    is another then, which would look like somebody else's doing.
    """

    def __init__(
        self,
        *,
        key: str,
        base_url: str,
        organisation: str | None,
        version: str | None,
        timeout_s: float,
        retries: int,
        http: httpx.Client | None,
        sleep: Callable[[float], None],
    ) -> None:
        self.retries = retries
        self._sleep = sleep
        self._http = http or httpx.Client(timeout=timeout_s)
        self._base = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}", "User-Agent": "headshots-python/0.1"}
        if organisation:
            self._headers["Headshots-Organisation"] = organisation
        if version:
            self._headers["Headshots-Version"] = version

    def close(self) -> None:
        self._http.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        content: bytes | None = None,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Answer:
        """The answer. Raises ApiError for a refusal and Unreachable where none came.

        A DELETE whose answer was lost and that finds nothing the second time has done its work: the
        answer is empty.
        """
        wanted = {**self._headers, **(headers or {})}
        if method == "POST":
            wanted["Idempotency-Key"] = idempotency_key or str(uuid.uuid4())
        words = {name: _word(value) for name, value in (query or {}).items() if value is not None}
        url = self._url(path)
        once = "If-Match" in wanted and method != "POST"
        unheard = False
        for attempt in range(self.retries + 1):
            last = attempt == self.retries
            try:
                response = self._http.request(
                    method,
                    url,
                    params=words or None,
                    json=body,
                    content=content,
                    data=data,
                    files=files,
                    headers=wanted,
                )
            except httpx.TransportError as problem:
                unheard = unheard or not isinstance(problem, _UNSENT)
                if once and unheard:
                    raise Unreachable(
                        f"No answer from {self._base}: {problem}. The change may have been made: "
                        "read it again before you repeat it."
                    ) from problem
                if last:
                    raise Unreachable(f"No answer from {self._base}: {problem}") from problem
                self._wait(attempt, None)
                continue
            if response.is_success or response.status_code == 304:
                return Answer(response)
            if method == "DELETE" and unheard and response.status_code in (404, 410):
                return Answer(httpx.Response(204))
            unheard = unheard or response.status_code in UNHEARD
            if last or (once and unheard) or not _worth_it(response):
                raise error_of(response)
            self._wait(attempt, response)
        raise AssertionError("unreachable")

    def put(self, url: str, content: bytes) -> Answer:
        """Put bytes to an address that is its own key; ours is not shown there."""
        for attempt in range(self.retries + 1):
            last = attempt == self.retries
            try:
                response = self._http.put(self._url(url), content=content)
            except httpx.TransportError as problem:
                if last:
                    raise Unreachable(f"No answer from {self._base}: {problem}") from problem
                self._wait(attempt, None)
                continue
            if response.is_success:
                return Answer(response)
            if last or not _worth_it(response):
                raise error_of(response)
            self._wait(attempt, response)
        raise AssertionError("unreachable")

    def save(self, path: str, target: Path) -> None:
        """Write a file that may be large to `target` as it comes, in place of what is there only
        once it is whole. Raises ApiError, Unreachable, OSError."""
        for attempt in range(self.retries + 1):
            last = attempt == self.retries
            refused: httpx.Response | None = None
            try:
                with self._http.stream("GET", self._url(path), headers=self._headers) as response:
                    if response.is_success:
                        _write(response, target)
                        return
                    response.read()
                    refused = response
            except httpx.TransportError as problem:
                if last:
                    raise Unreachable(f"No answer from {self._base}: {problem}") from problem
            if refused is not None and (last or not _worth_it(refused)):
                raise error_of(refused)
            self._wait(attempt, refused)
        raise AssertionError("unreachable")

    def _url(self, path: str) -> str:
        """Where a path, or an address of the API however its host is spelt, is asked for.

        Raises HeadshotsError for what is neither.
        """
        try:
            address = urlsplit(path)
            inside = f"{self._base}/api/"
            if path.startswith(inside):
                found = path
            elif address.scheme in ("http", "https") and address.path.startswith("/api/"):
                # The site can be known by another name than we reach it by. The key goes to ours,
                # whoever wrote the address.
                found = self._base + urlunsplit(("", "", address.path, address.query, ""))
            elif path.startswith("/api/"):
                found = f"{self._base}{path}"
            elif path.startswith("/") and not path.startswith("//"):
                found = f"{self._base}/api/v1{path}"
            else:
                raise ValueError(path)
            return str(httpx.URL(found))
        except (ValueError, httpx.InvalidURL):
            raise HeadshotsError(f"{path} is no address of {self._base}.") from None

    def pages(self, path: str, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Every row of a list, page after page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.send("GET", path, query={**query, "cursor": cursor}).json()
            yield from page["data"]
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def whole(self, path: str, **query: Any) -> TaggedList:
        """Every row of a list that is acted upon as one, with the ETag of its first page, so that a
        change between pages counts as a change."""
        found = TaggedList()
        cursor: str | None = None
        while True:
            page = self.send("GET", path, query={**query, "cursor": cursor}).json()
            found.etag = found.etag or page.etag
            found += page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return found

    def _wait(self, attempt: int, response: httpx.Response | None) -> None:
        pause = random.uniform(0.5, 1.0) * 0.5 * 2.0**attempt
        if response is not None:
            try:
                pause = max(pause, float(response.headers.get("Retry-After", "0")))
            except ValueError:
                pass
        self._sleep(min(pause, LONGEST_WAIT_S))


def _write(response: httpx.Response, target: Path) -> None:
    """Beside the target, so that it can be renamed to it; what breaks off leaves nothing."""
    unfinished = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with unfinished.open("wb") as out:
            for piece in response.iter_bytes():
                out.write(piece)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _worth_it(response: httpx.Response) -> bool:
    if response.status_code in AGAIN:
        return True
    # The same request is being worked on: soon its answer is there.
    return response.status_code == 409 and "idempotency_in_progress" in response.text


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(str(each) for each in value)
    return str(value)
