"""Orders and their links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal, cast

from headshots_client import shapes
from headshots_client.errors import HeadshotsError
from headshots_client.resources import Resource, given


class Orders(Resource[shapes.Order]):
    """One launch of one look for some employees."""

    path = "/orders"

    def place(
        self,
        *,
        look: str,
        employees: Sequence[str],
        name: str | None = None,
        due_at: datetime | None = None,
        invite: bool = True,
        remind_every: int | None = None,
        more_pictures: bool = False,
        cost_centre: str | None = None,
        po_number: str | None = None,
        why: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Order:
        """Place an order for these ids of employees, who read `why` in their invitation.

        Under the same `idempotency_key` it is placed once, also by another run of your program.
        """
        body = given(
            look=look,
            employees=list(employees),
            name=name,
            due_at=due_at,
            invite=invite,
            remind_every=remind_every,
            more_pictures=more_pictures,
            cost_centre=cost_centre,
            po_number=po_number,
            why=why,
        )
        found = self._post(self.path, body, idempotency_key=idempotency_key)
        return cast(shapes.Order, found)

    def place_by_department(
        self,
        *,
        look: str,
        employees: Sequence[str],
        name: str | None = None,
        due_at: datetime | None = None,
        invite: bool = True,
        remind_every: int | None = None,
        more_pictures: bool = False,
        cost_centre: str | None = None,
        po_number: str | None = None,
        why: str | None = None,
        idempotency_key: str | None = None,
    ) -> list[shapes.Order]:
        """One order for each look: departments get their own, everybody else `look`."""
        body = given(
            look=look,
            employees=list(employees),
            name=name,
            due_at=due_at,
            invite=invite,
            remind_every=remind_every,
            more_pictures=more_pictures,
            cost_centre=cost_centre,
            po_number=po_number,
            why=why,
        )
        found = self._post(f"{self.path}/by-department", body, idempotency_key=idempotency_key)
        return cast("list[shapes.Order]", found["data"])

    def add_people(
        self,
        id: str,
        *,
        employees: Sequence[str],
        invite: bool = True,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> int:
        """Bring these ids of employees in as well, until it is due; how many were not in it."""
        body = {"employees": list(employees), "invite": invite}
        path = f"{self.path}/{id}/people"
        said = self._post(path, body, idempotency_key=idempotency_key, if_match=if_match)
        return int(said["count"])

    def another_look(self, id: str, *, look: str, shoots: Sequence[str]) -> shapes.Order:
        """Another look for some shoots of an order, without new photos; an order of its own."""
        body = {"look": look, "shoots": list(shoots)}
        return cast(shapes.Order, self._post(f"{self.path}/{id}/another-look", body))

    def change(
        self,
        id: str,
        *,
        remind_every: int | None = None,
        naming: str | None = None,
        if_match: str | None = None,
    ) -> shapes.Order:
        """How many days lie between reminders (0: none), and how files are named, such as
        `{last}_{first}_{number}`."""
        body = given(remind_every=remind_every, naming=naming)
        return cast(shapes.Order, self._patch(f"{self.path}/{id}", body, if_match))

    def remind(
        self,
        id: str,
        *,
        stage: str | None = None,
        department: str | None = None,
        if_match: str | None = None,
    ) -> shapes.Reminded:
        """Remind by mail whoever owes photos or a choice."""
        body = given(stage=stage, department=department)
        found = self._post(f"{self.path}/{id}/remind", body, if_match=if_match)
        return cast(shapes.Reminded, found)

    def cancel(self, id: str, *, if_match: str | None = None) -> int:
        """End what is not delivered; how many shoots that are. More than 25 end one after the
        other from then on; the order's counts say how far it is."""
        return int(self._post(f"{self.path}/{id}/cancel", if_match=if_match)["count"])

    def approve(self, id: str, *, if_match: str | None = None) -> int:
        """Approve everybody who has picked; how many they are. More than 25 are approved one after
        the other from then on; the order's counts say how far it is."""
        return int(self._post(f"{self.path}/{id}/approve", if_match=if_match)["count"])

    def review(self, id: str, *, department: str | None = None) -> list[shapes.Judged]:
        """Everybody who awaits approval, and whom somebody should look at. Its ETag (`etag_of`) is
        what `approve_inside` takes as `if_match`."""
        return self._transport.whole(f"{self.path}/{id}/review", department=department)

    def approve_inside(
        self, id: str, *, department: str | None = None, if_match: str | None = None
    ) -> shapes.Reviewed:
        """Approve whom nobody needs to look at, more than 25 one after the other from then on; the
        others are left, with the reasons."""
        body = given(department=department)
        found = self._post(f"{self.path}/{id}/review", body, if_match=if_match)
        return cast(shapes.Reviewed, found)

    def costs(self, id: str) -> shapes.Cost:
        """What it cost to make until now."""
        return cast(shapes.Cost, self._get(f"{self.path}/{id}/costs"))

    def consistency(self, id: str) -> shapes.Consistency:
        """How alike everybody on its wall is."""
        return cast(shapes.Consistency, self._get(f"{self.path}/{id}/consistency"))

    def standings(self, id: str, *, outlying: bool | None = None) -> Iterator[shapes.Standing]:
        """How far everybody is from the others; those alone who stand out with `outlying=True`."""
        return self._pages(f"{self.path}/{id}/standings", outlying=outlying)

    def alternatives(self, id: str) -> Iterator[shapes.Alternative]:
        """What those of it who opted out gave instead of a headshot."""
        return self._pages(f"{self.path}/{id}/alternatives")

    def alternative_picture(
        self, alternative: shapes.Alternative, *, rendition: str | None = None
    ) -> bytes:
        """The JPEG of one, or one of its `kinds`. Raises HeadshotsError while it is being made."""
        if not alternative["picture"]:
            raise HeadshotsError("The picture is being made; there is none yet.")
        query = {"rendition": rendition} if rendition else None
        return self._transport.send("GET", alternative["picture"], query=query).content

    def wall(self, id: str, *, kind: Literal["png", "pdf"] = "png") -> shapes.Wall:
        """Everybody side by side as it is now, and whether that is drawn."""
        return cast(shapes.Wall, self._get(f"{self.path}/{id}/wall", kind=kind))

    def draw_wall(self, id: str, *, kind: Literal["png", "pdf"] = "png") -> shapes.Wall:
        """Have the wall drawn; ask `wall` until it is ready."""
        return cast(shapes.Wall, self._post(f"{self.path}/{id}/wall", {"kind": kind}))

    def wall_file(self, wall: shapes.Wall) -> bytes:
        """The PNG or PDF. Raises HeadshotsError while it is not drawn."""
        if not wall["file"]:
            raise HeadshotsError("The wall is not drawn as it hangs now.")
        return self._transport.send("GET", wall["file"]).content

    def harmonise(
        self,
        id: str,
        *,
        among: Literal["order", "staff"] = "order",
        if_match: str | None = None,
    ) -> shapes.Harmonised:
        """Mend who stands out on its wall, or who of it does on the staff wall; `if_match` is the
        ETag of its `consistency`."""
        found = self._post(f"{self.path}/{id}/harmonise", {"among": among}, if_match=if_match)
        return cast(shapes.Harmonised, found)

    def refinishes(self, id: str) -> Iterator[shapes.Refinish]:
        """Renderings of its headshots in another finish."""
        return self._pages(f"{self.path}/{id}/refinishes")

    def render_anew(self, id: str) -> shapes.Refinish:
        """Render its headshots in the newest finish of its look; nothing counts until decided, but
        where nobody has a headshot yet."""
        return cast(shapes.Refinish, self._post(f"{self.path}/{id}/refinishes"))

    def refinish(self, id: str) -> shapes.Refinish:
        """One rendering, by its own id."""
        return cast(shapes.Refinish, self._get(f"/refinishes/{id}"))

    def refinished(
        self, id: str, *, state: Literal["waiting", "done", "failed"] | None = None
    ) -> Iterator[shapes.Refinished]:
        """The headshots of a rendering, by its own id, or those in one state."""
        return self._pages(f"/refinishes/{id}/headshots", state=state)

    def refinished_picture(
        self, refinished: shapes.Refinished, side: Literal["before", "after"] = "after"
    ) -> bytes:
        """What one looked like before, or would or does after. Raises HeadshotsError while that
        is not rendered."""
        address = refinished["before"] if side == "before" else refinished["after"]
        if not address:
            raise HeadshotsError("The picture is not rendered; there is none.")
        return self._transport.send("GET", address).content

    def decide_refinish(
        self,
        id: str,
        decision: Literal["approve", "discard", "undo", "again"],
        *,
        if_match: str | None = None,
    ) -> shapes.Refinish:
        """Use the new files, throw them away, take the use back, or render the failed again."""
        body = {"decision": decision}
        found = self._post(f"/refinishes/{id}/decide", body, if_match=if_match)
        return cast(shapes.Refinish, found)

    def publishing_runs(self, id: str) -> Iterator[shapes.PublishingRun]:
        """What was published of it, and where."""
        return self._pages(f"{self.path}/{id}/publishing-runs")

    def publish(
        self, id: str, *, directory: str, aim: Literal["rehearse", "publish"]
    ) -> shapes.PublishingRun:
        """Write its headshots to a directory, or rehearse that without a change."""
        body = {"directory": directory, "aim": aim}
        return cast(shapes.PublishingRun, self._post(f"{self.path}/{id}/publishing-runs", body))

    def publishing_run(self, id: str) -> shapes.PublishingRun:
        """One run, by its own id."""
        return cast(shapes.PublishingRun, self._get(f"/publishing-runs/{id}"))

    def publishing_people(
        self, id: str, *, state: Literal["waiting", "done", "failed"] | None = None
    ) -> Iterator[shapes.PublishedPerson]:
        """What came of everybody in a run, by its own id, or of those in one state."""
        return self._pages(f"/publishing-runs/{id}/people", state=state)

    def resume_publishing(self, id: str, *, if_match: str | None = None) -> shapes.PublishingRun:
        """Try those again who failed, or were not come to."""
        found = self._post(f"/publishing-runs/{id}/resume", if_match=if_match)
        return cast(shapes.PublishingRun, found)

    def undo_publishing(
        self, id: str, *, shoot: str | None = None, if_match: str | None = None
    ) -> shapes.PublishingRun:
        """Put back what stood there before, as a run of its own: of everybody, or of the person
        of one shoot."""
        body = {"shoot": shoot} if shoot else None
        found = self._post(f"/publishing-runs/{id}/undo", body, if_match=if_match)
        return cast(shapes.PublishingRun, found)

    def join_links(self, id: str) -> Iterator[shapes.JoinLink]:
        """Links by which people bring themselves in."""
        return self._pages(f"{self.path}/{id}/join-links")

    def add_join_link(
        self,
        id: str,
        *,
        cap: int,
        domains: Sequence[str] = (),
        expires_at: datetime | None = None,
    ) -> shapes.JoinLink:
        """A link for up to `cap` people with addresses of these domains (none: any); `join_links`
        reads and closes it."""
        body = given(cap=cap, domains=list(domains), expires_at=expires_at)
        return cast(shapes.JoinLink, self._post(f"{self.path}/{id}/join-links", body))

    def download_links(self, id: str) -> Iterator[shapes.DownloadLink]:
        """Links that give the files to whoever has them."""
        return self._pages(f"{self.path}/{id}/download-links")

    def add_download_link(
        self, id: str, *, days: int = 7, kinds: Sequence[str] = (), note: str | None = None
    ) -> shapes.DownloadLink:
        """A link to the approved headshots, for 1, 7 or 30 days; no `kinds` means all files."""
        body = given(days=days, kinds=list(kinds), note=note)
        return cast(shapes.DownloadLink, self._post(f"{self.path}/{id}/download-links", body))

    def download_link(self, id: str) -> shapes.DownloadLink:
        """One of them, by its own id."""
        return cast(shapes.DownloadLink, self._get(f"/download-links/{id}"))

    def end_download_link(self, id: str, *, if_match: str | None = None) -> shapes.DownloadLink:
        """It gives nothing from now on."""
        return cast(shapes.DownloadLink, self._delete(f"/download-links/{id}", if_match))

    def team_page(self, id: str) -> shapes.TeamPage:
        """The public page. Raises NotFound where none is published."""
        return cast(shapes.TeamPage, self._get(f"{self.path}/{id}/team-page"))

    def publish_team_page(
        self, id: str, *, sites: Sequence[str] = (), if_match: str | None = None
    ) -> shapes.TeamPage:
        """Publish it; pages of these origins may embed it."""
        body = {"sites": list(sites)}
        return cast(shapes.TeamPage, self._put(f"{self.path}/{id}/team-page", body, if_match))

    def take_team_page_off(self, id: str, *, if_match: str | None = None) -> None:
        """Published again it has the same address."""
        self._delete(f"{self.path}/{id}/team-page", if_match)
