"""Shoots: one employee's part of an order, from consent to pick."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import cast

from headshots_client import shapes
from headshots_client.resources import Resource, given


class Shoots(Resource[shapes.Shoot]):
    """One employee's part of an order. Filters: `order`, `employee`, `state`, `department`."""

    path = "/shoots"

    def begin(
        self,
        *,
        employee: str,
        look: str,
        due_at: datetime | None = None,
        invite: bool = False,
        return_url: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.NewShoot:
        """A shoot of one person, as an order of its own. With a `return_url`, its `embed_link` is
        where the employee's way opens in a frame of your product."""
        body = given(
            employee=employee, look=look, due_at=due_at, invite=invite, return_url=return_url
        )
        return cast(shapes.NewShoot, self._post(self.path, body, idempotency_key=idempotency_key))

    def embed_link(self, id: str, *, return_url: str) -> shapes.EmbedLink:
        """Another link by which the employee's way opens in a frame of your product, for a day."""
        body = {"return_url": return_url}
        return cast(shapes.EmbedLink, self._post(f"{self.path}/{id}/embed-links", body))

    def approve(self, id: str, *, if_match: str | None = None) -> shapes.Shoot:
        """The organisation's yes: takes the credit and delivers. Twice is once."""
        return cast(shapes.Shoot, self._post(f"{self.path}/{id}/approve", if_match=if_match))

    def approve_before(
        self, id: str, *, candidates: Sequence[str], if_match: str | None = None
    ) -> shapes.Shoot:
        """A yes to these before the pick: whichever is picked is delivered at once."""
        body = {"candidates": list(candidates)}
        found = self._post(f"{self.path}/{id}/approve-before", body, if_match=if_match)
        return cast(shapes.Shoot, found)

    def pick_for(self, id: str, *, candidate: str, if_match: str | None = None) -> shapes.Shoot:
        """A pick in the place of somebody who let the due date pass."""
        body = {"candidate": candidate}
        return cast(shapes.Shoot, self._post(f"{self.path}/{id}/pick-for", body, if_match=if_match))

    def redo(
        self,
        id: str,
        *,
        fault: shapes.Fault,
        note: str | None = None,
        if_match: str | None = None,
    ) -> shapes.Shoot:
        """Reject what was picked and have new pictures made, free of charge."""
        body = given(fault=fault, note=note)
        return cast(shapes.Shoot, self._post(f"{self.path}/{id}/redo", body, if_match=if_match))

    def more_pictures(self, id: str, *, if_match: str | None = None) -> shapes.Shoot:
        """More to choose from, for a credit."""
        return cast(shapes.Shoot, self._post(f"{self.path}/{id}/more-pictures", if_match=if_match))

    def send_back(self, id: str, *, reason: str, if_match: str | None = None) -> shapes.Shoot:
        """The employee picks again and reads why."""
        return cast(
            shapes.Shoot,
            self._post(f"{self.path}/{id}/send-back", {"reason": reason}, if_match=if_match),
        )

    def costs(self, id: str) -> shapes.Cost:
        """What it cost to make until now."""
        return cast(shapes.Cost, self._get(f"{self.path}/{id}/costs"))

    def cancel(self, id: str, *, if_match: str | None = None) -> shapes.Shoot:
        """End it; its credit comes back."""
        return cast(shapes.Shoot, self._post(f"{self.path}/{id}/cancel", if_match=if_match))

    def invite(self, id: str, *, if_match: str | None = None) -> shapes.Shoot:
        """Mail the personal link once more; a new one, where it was revoked."""
        return cast(shapes.Shoot, self._post(f"{self.path}/{id}/invite", if_match=if_match))

    def revoke_link(self, id: str, *, if_match: str | None = None) -> shapes.Shoot:
        """Close the personal link until the invitation is sent again. Twice is once."""
        return cast(shapes.Shoot, self._post(f"{self.path}/{id}/revoke-link", if_match=if_match))

    def wishes(self, id: str) -> shapes.Wishes:
        """What the employee wishes of their pictures, and what there is to choose from."""
        return cast(shapes.Wishes, self._get(f"{self.path}/{id}/wishes"))

    def set_wishes(
        self,
        id: str,
        *,
        attire: str | None = None,
        keep: Sequence[shapes.Keep] = (),
        if_match: str | None = None,
    ) -> shapes.Wishes:
        """All of their wishes; no `attire` means the look's own."""
        body = given(attire=attire, keep=list(keep))
        return cast(shapes.Wishes, self._put(f"{self.path}/{id}/wishes", body, if_match))

    def ask_again(
        self,
        id: str,
        *,
        because: Sequence[shapes.Reason] = (),
        reason: str | None = None,
        if_match: str | None = None,
    ) -> shapes.Shoot:
        """New pictures, free of charge, where the employee finds none of the list right."""
        body = given(because=list(because), reason=reason)
        found = self._post(f"{self.path}/{id}/ask-again", body, if_match=if_match)
        return cast(shapes.Shoot, found)

    def opt_out(self, id: str, *, if_match: str | None = None) -> shapes.Shoot:
        """The employee steps out: photos and pictures are destroyed, the credit comes back."""
        return cast(shapes.Shoot, self._post(f"{self.path}/{id}/opt-out", if_match=if_match))

    def withdraw(
        self, id: str, *, irrevocable: bool, evidence: str, if_match: str | None = None
    ) -> shapes.Withdrawal:
        """Pass on that the employee withdraws: everything of theirs is destroyed, in every shoot.
        Nothing brings it back, which `irrevocable=True` says; `evidence` is how you can prove that
        they told you."""
        body = {"irrevocable": irrevocable, "evidence": evidence}
        found = self._post(f"{self.path}/{id}/withdraw", body, if_match=if_match)
        return cast(shapes.Withdrawal, found)

    def hand_in(self, id: str, *, if_match: str | None = None) -> shapes.Shoot:
        """Hand the photos in: holds the credit and begins the work."""
        return cast(shapes.Shoot, self._post(f"{self.path}/{id}/hand-in", if_match=if_match))

    def release_text(
        self, id: str, *, language: str = "en", jurisdiction: shapes.Jurisdiction | None = None
    ) -> shapes.ReleaseText:
        """What the employee has to read and sign, word for word; where they work is guessed from
        the roster unless it is said."""
        path = f"{self.path}/{id}/release-text"
        found = self._get(path, language=language, jurisdiction=jurisdiction)
        return cast(shapes.ReleaseText, found)

    def hand_over_release(
        self,
        id: str,
        *,
        text: str,
        signed_name: str,
        signed_at: datetime,
        evidence: str,
        language: str = "en",
        jurisdiction: shapes.Jurisdiction | None = None,
    ) -> shapes.Release:
        """A release that was signed in your product, with how you can prove it; `language` and
        `jurisdiction` are those with which `release_text` gave the text."""
        body = given(
            text=text,
            language=language,
            jurisdiction=jurisdiction,
            signed_name=signed_name,
            signed_at=signed_at,
            evidence=evidence,
        )
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

    def selfie(self, id: str) -> shapes.Selfie:
        """One photo, by its own id."""
        return cast(shapes.Selfie, self._get(f"/selfies/{id}"))

    def remove_selfie(self, id: str, *, if_match: str | None = None) -> None:
        """Destroy a photo, while photos are collected."""
        self._delete(f"/selfies/{id}", if_match)

    def put_photo(self, address: shapes.UploadAddress, photo: bytes) -> shapes.Selfie:
        """Put a photo where `upload_address` said, as the employee's browser would."""
        return cast(shapes.Selfie, self._transport.put(address["url"], photo).json())

    def upload_address(self, id: str) -> shapes.UploadAddress:
        """Where a photo can be put once, without a key: large files skip your server."""
        return cast(shapes.UploadAddress, self._post(f"{self.path}/{id}/upload-addresses"))

    def candidates(self, id: str, *, others: bool = False) -> Iterator[shapes.Candidate]:
        """The short list, eight at most, likest first; with `others` what else can be picked."""
        query = {"others": "true"} if others else {}
        pages = self._transport.pages(f"{self.path}/{id}/candidates", query)
        return cast("Iterator[shapes.Candidate]", pages)

    def pick(self, id: str, *, candidate: str, if_match: str | None = None) -> shapes.Shoot:
        """The employee's pick, made in your product."""
        body = {"candidate": candidate}
        return cast(shapes.Shoot, self._post(f"{self.path}/{id}/pick", body, if_match=if_match))

    def picture(self, candidate: shapes.Candidate) -> bytes:
        """The JPEG of a candidate."""
        return self._transport.send("GET", candidate["picture"]).content
