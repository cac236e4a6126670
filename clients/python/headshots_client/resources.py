"""What there is, resource by resource. Lists are iterators that fetch pages as they go."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

from headshots_client import shapes
from headshots_client.errors import HeadshotsError
from headshots_client.transport import Transport

T = TypeVar("T")
MOST_ROWS = 1000


class Resource(Generic[T]):
    """A collection below a path."""

    path = ""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, **filters: Any) -> Iterator[T]:
        """Each row, the newest first; `limit` is the size of the pages that are fetched."""
        return cast("Iterator[T]", self._transport.pages(self.path, filters))

    def get(self, id: str, *, expand: Sequence[str] = ()) -> T:
        """One of them. Raises NotFound."""
        return cast("T", self._get(f"{self.path}/{id}", expand=list(expand) or None))

    def _get(self, path: str, **query: Any) -> Any:
        return self._transport.send("GET", path, query=query).json()

    def _post(self, path: str, body: Any = None, *, idempotency_key: str | None = None) -> Any:
        response = self._transport.send("POST", path, body=body, idempotency_key=idempotency_key)
        return response.json() if response.content else None

    def _patch(self, path: str, body: Mapping[str, Any], if_match: str | None) -> Any:
        headers = {"If-Match": if_match} if if_match else None
        return self._transport.send("PATCH", path, body=body, headers=headers).json()


class Employees(Resource[shapes.Employee]):
    """The roster."""

    path = "/employees"

    def create(self, row: shapes.EmployeeRow) -> shapes.Employee:
        """One more person."""
        return cast(shapes.Employee, self._post(self.path, row))

    def update(
        self, id: str, row: shapes.EmployeeRow, *, if_match: str | None = None
    ) -> shapes.Employee:
        """Change what is given. Raises Conflict where `if_match` names an older state."""
        return cast(shapes.Employee, self._patch(f"{self.path}/{id}", row, if_match))

    def mark_left(self, id: str) -> None:
        """They have left; what was signed and paid for them stays known."""
        self._transport.send("DELETE", f"{self.path}/{id}")

    def upsert(self, rows: Sequence[shapes.EmployeeRow]) -> Iterator[shapes.UpsertedRow]:
        """Bring people up to date by `external_id`, a thousand a request.

        Yields for each row what became of it; `index` counts through all of them.
        """
        for start in range(0, len(rows), MOST_ROWS):
            part = list(rows[start : start + MOST_ROWS])
            for told in self._post(f"{self.path}/upsert", {"employees": part})["data"]:
                yield cast(shapes.UpsertedRow, {**told, "index": told["index"] + start})


class Looks(Resource[shapes.Look]):
    """Art direction."""

    path = "/looks"

    def save(
        self, *, name: str, attire: str, backdrop: str, expression: str, light: str, framing: str
    ) -> shapes.Look:
        """A look, or the next version of the one with that name."""
        body = {
            "name": name,
            "attire": attire,
            "backdrop": backdrop,
            "expression": expression,
            "light": light,
            "framing": framing,
        }
        return cast(shapes.Look, self._post(self.path, body))


class Orders(Resource[shapes.Order]):
    """One launch of one look for some employees."""

    path = "/orders"

    def place(
        self,
        *,
        look: str,
        employees: Sequence[str],
        name: str = "",
        due_at: datetime | None = None,
        invite: bool = True,
        idempotency_key: str | None = None,
    ) -> shapes.Order:
        """Place an order for these ids of employees.

        Under the same `idempotency_key` it is placed once, also by another run of your program.
        """
        body: dict[str, Any] = {"look": look, "employees": list(employees), "invite": invite}
        if name:
            body["name"] = name
        if due_at:
            body["due_at"] = due_at.isoformat()
        found = self._post(self.path, body, idempotency_key=idempotency_key)
        return cast(shapes.Order, found)

    def cancel(self, id: str) -> int:
        """End what is not delivered; how many shoots that were."""
        return int(self._post(f"{self.path}/{id}/cancel")["count"])

    def approve(self, id: str) -> int:
        """Approve everybody who has picked; how many they were."""
        return int(self._post(f"{self.path}/{id}/approve")["count"])


class Shoots(Resource[shapes.Shoot]):
    """One employee's part of an order. Filters: `order`, `employee`, `state`."""

    path = "/shoots"

    def approve(self, id: str) -> shapes.Shoot:
        """The organisation's yes: takes the credit and delivers. Twice is once."""
        return cast(shapes.Shoot, self._post(f"{self.path}/{id}/approve"))

    def send_back(self, id: str, *, reason: str) -> shapes.Shoot:
        """The employee picks again and reads why."""
        return cast(shapes.Shoot, self._post(f"{self.path}/{id}/send-back", {"reason": reason}))

    def cancel(self, id: str) -> shapes.Shoot:
        """End it; its credit comes back."""
        return cast(shapes.Shoot, self._post(f"{self.path}/{id}/cancel"))

    def invite(self, id: str) -> shapes.Shoot:
        """Mail the personal link once more."""
        return cast(shapes.Shoot, self._post(f"{self.path}/{id}/invite"))

    def hand_in(self, id: str) -> shapes.Shoot:
        """Hand the photos in: holds the credit and begins the work."""
        return cast(shapes.Shoot, self._post(f"{self.path}/{id}/hand-in"))

    def release_text(self, id: str, *, language: str = "en") -> shapes.ReleaseText:
        """What the employee has to read and sign, word for word."""
        return cast(
            shapes.ReleaseText, self._get(f"{self.path}/{id}/release-text", language=language)
        )

    def hand_over_release(
        self, id: str, *, text: str, signed_name: str, signed_at: datetime, evidence: str
    ) -> shapes.Release:
        """A release that was signed in your product, with how you can prove it."""
        body = {
            "text": text,
            "signed_name": signed_name,
            "signed_at": signed_at.isoformat(),
            "evidence": evidence,
        }
        return cast(shapes.Release, self._post(f"{self.path}/{id}/release", body))

    def selfies(self, id: str) -> Iterator[shapes.Selfie]:
        """The photos and what the judge said of each."""
        return cast(
            "Iterator[shapes.Selfie]", self._transport.pages(f"{self.path}/{id}/selfies", {})
        )

    def add_selfie(self, id: str, *, name: str, photo: bytes) -> shapes.Selfie:
        """Upload a photo. The same file again is the same photo."""
        response = self._transport.send(
            "POST", f"{self.path}/{id}/selfies", files={"photo": (name, photo)}
        )
        return cast(shapes.Selfie, response.json())

    def upload_address(self, id: str) -> shapes.UploadAddress:
        """Where a photo can be put once, without a key: large files skip your server."""
        return cast(shapes.UploadAddress, self._post(f"{self.path}/{id}/upload-addresses"))

    def candidates(self, id: str) -> Iterator[shapes.Candidate]:
        """The short list that the employee can pick from."""
        pages = self._transport.pages(f"{self.path}/{id}/candidates", {})
        return cast("Iterator[shapes.Candidate]", pages)

    def pick(self, id: str, *, candidate: str) -> shapes.Shoot:
        """The employee's pick, made in your product."""
        return cast(shapes.Shoot, self._post(f"{self.path}/{id}/pick", {"candidate": candidate}))

    def picture(self, candidate: shapes.Candidate) -> bytes:
        """The JPEG of a candidate."""
        return self._transport.send("GET", candidate["picture"]).content


class Exports(Resource[shapes.Export]):
    """Approved headshots of an order as a ZIP, made in the background."""

    path = "/exports"

    def begin(self, *, order: str) -> shapes.Export:
        """Have it packed; `export.ready` tells when it is there."""
        return cast(shapes.Export, self._post(self.path, {"order": order}))

    def file(self, export: shapes.Export) -> bytes:
        """The ZIP. Raises HeadshotsError while it is not there yet."""
        if not export["file"]:
            raise HeadshotsError(f"The export is {export['state']}; there is no file.")
        return self._transport.send("GET", export["file"]).content


class Releases(Resource[shapes.Release]):
    """Who has consented to what. Filter: `employee`."""

    path = "/releases"


class Entries(Resource[shapes.Entry]):
    """Movements of credits. Filters: `kind`, `since`, `until`."""

    path = "/credits/entries"


class Headshots(Resource[shapes.Headshot]):
    """What was picked, and its files. Filters: `order`, `employee`, `approved`."""

    path = "/headshots"

    def file(self, rendition: shapes.Rendition) -> bytes:
        """The bytes of one of a headshot's `renditions`, checked against their sum.

        Raises HeadshotsError where they came broken.
        """
        data = self._transport.send("GET", rendition["file"]).content
        if hashlib.sha256(data).hexdigest() != rendition["sha256"]:
            raise HeadshotsError("The file came broken. Fetch it again.")
        return data


class WebhookEndpoints(Resource[shapes.WebhookEndpoint]):
    """Where events go."""

    path = "/webhook-endpoints"

    def create(
        self, *, url: str, types: Sequence[str] = (), description: str = ""
    ) -> shapes.NewWebhookEndpoint:
        """A new endpoint with its `secret`. No `types` means all events."""
        body: dict[str, Any] = {"url": url, "types": list(types)}
        if description:
            body["description"] = description
        return cast(shapes.NewWebhookEndpoint, self._post(self.path, body))

    def update(
        self,
        id: str,
        *,
        url: str | None = None,
        types: Sequence[str] | None = None,
        enabled: bool | None = None,
    ) -> shapes.WebhookEndpoint:
        """Change what is given."""
        said = {
            "url": url,
            "types": None if types is None else list(types),
            "enabled": enabled,
        }
        body = {name: value for name, value in said.items() if value is not None}
        return cast(shapes.WebhookEndpoint, self._patch(f"{self.path}/{id}", body, None))

    def delete(self, id: str) -> None:
        """It hears of nothing more."""
        self._transport.send("DELETE", f"{self.path}/{id}")

    def rotate(self, id: str) -> str:
        """A new secret; both are good for a day."""
        return str(self._post(f"{self.path}/{id}/rotate")["secret"])

    def test(self, id: str) -> shapes.WebhookDelivery:
        """Send `webhook.test` to it."""
        return cast(shapes.WebhookDelivery, self._post(f"{self.path}/{id}/test"))

    def replay(self, id: str, *, since: datetime, everything: bool = False) -> int:
        """Send again what has not arrived since then, or everything; how many events."""
        body = {"since": since.isoformat(), "all": everything}
        return int(self._post(f"{self.path}/{id}/replay", body)["count"])

    def deliveries(self, id: str, **filters: Any) -> Iterator[shapes.WebhookDelivery]:
        """What was sent to it. Filters: `state`, `type`."""
        pages = self._transport.pages("/webhook-deliveries", {"endpoint": id, **filters})
        return cast("Iterator[shapes.WebhookDelivery]", pages)
