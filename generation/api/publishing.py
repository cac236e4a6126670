"""Publishing approved headshots to a directory that members have connected."""

from __future__ import annotations

from collections.abc import Set
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from accounts.api.employees import EmployeeShape
from generation import access
from generation.api import refusals
from generation.api.shoots import ShootShape
from generation.models import Publication, PublishingRun
from generation.publishing import runs
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Expand, Given, Reference, Shape

TAG = "Publishing"


class RunShape(Shape):
    """One publishing of an order, a rehearsal of one, or its undoing."""

    id = serializers.UUIDField()
    order = serializers.UUIDField(source="order_id")
    directory = serializers.UUIDField(source="directory_id")
    aim = serializers.ChoiceField(choices=PublishingRun.Aim.choices)
    state = serializers.ChoiceField(choices=PublishingRun.State.choices)
    sentence = serializers.CharField(help_text="Why it stopped.")
    people = serializers.SerializerMethodField(
        help_text="How many are waiting, done and failed; `…/people` lists them."
    )
    undoes = serializers.UUIDField(source="undoes_id", allow_null=True)
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000025",
        "order": "019ab1c2-0000-7000-8000-00000000000c",
        "directory": "019ab1c2-0000-7000-8000-000000000024",
        "aim": "publish",
        "state": "running",
        "sentence": "",
        "people": {"waiting": 8, "done": 4, "failed": 0},
        "undoes": None,
        "created_at": "2026-11-25T09:00:00Z",
    }

    def get_people(self, row: PublishingRun) -> dict[str, int]:
        known: dict[UUID, dict[str, int]] = self.context["view"].people
        return known[row.pk]


class StepShape(Shape):
    """What was done of a person, and when."""

    at = serializers.DateTimeField()
    what = serializers.CharField()

    def to_representation(self, instance: Any) -> Any:
        """Of a pair, as they are kept."""
        at, what = instance
        return super().to_representation({"at": at, "what": what})


class PublishedPersonShape(Shape):
    """One person of a publishing run."""

    shoot = Reference(ShootShape)
    employee = Reference(EmployeeShape, source="shoot.employee")
    state = serializers.ChoiceField(choices=Publication.State.choices)
    sentence = serializers.CharField(help_text="What came of it, or why it failed.")
    can_be_put_back = serializers.SerializerMethodField(
        help_text="Whether `undo` with this shoot would put back what stood there before."
    )
    was_put_back = serializers.SerializerMethodField(
        help_text="Whether this run’s photo was taken out of the directory again."
    )
    steps = StepShape(many=True, help_text="The last forty, the newest last.")

    expands = {
        "employee": Expand("shoot__employee", "employees:read"),
        # A shoot shows since when its link is closed.
        "shoot": Expand("shoot__invitation", "shoots:read"),
    }
    example = {
        "shoot": "019ab1c2-0000-7000-8000-00000000000d",
        "employee": "019ab1c2-0000-7000-8000-00000000000a",
        "state": "failed",
        "sentence": "Nobody there has the address ada@acme.example.",
        "can_be_put_back": False,
        "was_put_back": False,
        "steps": [
            {
                "at": "2026-11-25T09:00:07Z",
                "what": "Nobody there has the address ada@acme.example.",
            }
        ],
    }

    def get_can_be_put_back(self, row: Publication) -> bool:
        return row.shoot_id in self.context["view"].left

    def get_was_put_back(self, row: Publication) -> bool:
        return row.shoot_id in self.context["view"].taken_out


class PeopleQuery(Given):
    """Which people."""

    state = serializers.ChoiceField(choices=Publication.State.choices, required=False)


class RunGiven(Given):
    """Where to, and whether in earnest."""

    directory = serializers.UUIDField()
    aim = serializers.ChoiceField(choices=["rehearse", "publish"])

    example = {"directory": "019ab1c2-0000-7000-8000-000000000024", "aim": "rehearse"}


class UndoGiven(Given):
    """Whose photo is put back; without a shoot everybody's."""

    shoot = serializers.UUIDField(required=False)

    example = {"shoot": "019ab1c2-0000-7000-8000-00000000000d"}


class RunViews(TenantView):
    """What the views of runs share."""

    people: dict[UUID, dict[str, int]] = {}

    def rows_found(self, rows: list[Any]) -> None:
        counted = (
            Publication.objects.filter(run__in=rows)
            .order_by()
            .values_list("run", "state")
            .annotate(Count("pk"))
        )
        found: dict[UUID, dict[str, int]] = {}
        for run, state, number in counted:
            found.setdefault(run, dict.fromkeys(_STATES, 0))[state] = number
        nobody = dict.fromkeys(_STATES, 0)
        self.people = {row.pk: found.get(row.pk, nobody) for row in rows}

    def told(self, run: PublishingRun, location: str = "") -> HttpResponseBase:
        self.rows_found([run])
        return self.shown(run, location=location)


_STATES = tuple(Publication.State.values)


class RunsView(RunViews):
    """The runs of an order."""

    @operation(
        "publishing_runs_list",
        "List an order's publishing runs",
        tag=TAG,
        scope="headshots:read",
        shape=RunShape,
        many=True,
    )
    def get(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Rehearsals and undoings, too; the newest first."""
        order = access.order(self.inside, order_id)
        return self.listed(PublishingRun.objects.filter(order=order), owner=self.organisation.pk)

    @operation(
        "publishing_runs_create",
        "Publish, or rehearse it",
        tag=TAG,
        scope="headshots:write",
        shape=RunShape,
        body=RunGiven,
        status=202,
        locates=True,
        refuses=(
            refusals.NOTHING_TO_PUBLISH,
            refusals.PUBLISHING_ALREADY,
        ),
    )
    def post(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Writes everybody's approved headshot to the directory, and the real photo of whoever gave
        one instead; never initials. A rehearsal changes nothing."""
        said = self.body()
        made = runs.start(
            actor=self.actor,
            order=access.order(self.inside, order_id),
            directory=access.directory(self.inside, said["directory"]),
            aim=PublishingRun.Aim(said["aim"]),
        )
        return self.told(made, reverse("api:publishing_run", args=[made.pk]))


class RunView(RunViews):
    """One run."""

    @operation(
        "publishing_runs_get",
        "Read a publishing run",
        tag=TAG,
        scope="headshots:read",
        shape=RunShape,
    )
    def get(self, request: Request, publishing_run_id: UUID) -> HttpResponseBase:
        """How far it is."""
        return self.told(access.publishing_run(self.inside, publishing_run_id))


class RunPeopleView(TenantView):
    """Who is in a run."""

    left: Set[UUID] = frozenset()
    taken_out: Set[UUID] = frozenset()

    def rows_found(self, rows: list[Any]) -> None:
        run = access.publishing_run(self.inside, self.kwargs["publishing_run_id"])
        self.left = runs.left_to_put_back(run=run, rows=rows)
        self.taken_out = runs.taken_out(run=run, among=rows)

    @operation(
        "publishing_runs_people",
        "List a publishing run's people",
        tag=TAG,
        scope="headshots:read",
        shape=PublishedPersonShape,
        many=True,
        query=PeopleQuery,
    )
    def get(self, request: Request, publishing_run_id: UUID) -> HttpResponseBase:
        """With what came of each; those of one `state` alone where one is named. Whom
        `can_be_put_back` names can be put back alone by `undo` with their `shoot`."""
        run = access.publishing_run(self.inside, publishing_run_id)
        found = run.publications.select_related("shoot__alternative")
        if "state" in self.query:
            found = found.filter(state=self.query["state"])
        return self.listed(found, owner=self.organisation.pk, order="pk")


class RunUndoView(RunViews):
    """Undoing."""

    acts_on = RunView

    @operation(
        "publishing_runs_undo",
        "Put back what was there",
        tag=TAG,
        scope="headshots:write",
        match=True,
        shape=RunShape,
        body=UndoGiven,
        status=202,
        refuses=(
            refusals.NOTHING_TO_PUT_BACK,
            refusals.PUBLISHING_ALREADY,
            refusals.PUT_BACK_ALREADY,
            refusals.UNDONE,
        ),
    )
    def post(self, request: Request, publishing_run_id: UUID) -> HttpResponseBase:
        """As a run of its own, for everybody whose photo this run has written, or for one person
        alone, whom later ones leave out."""
        run = access.publishing_run(self.inside, publishing_run_id)
        alone = self.body().get("shoot")
        undone = runs.undo(
            actor=self.actor, run=run, shoot=access.shoot(self.inside, alone) if alone else None
        )
        return self.told(undone, reverse("api:publishing_run", args=[undone.pk]))


class RunResumeView(RunViews):
    """Going on."""

    acts_on = RunView

    @operation(
        "publishing_runs_resume",
        "Try the rest of a run again",
        tag=TAG,
        scope="headshots:write",
        match=True,
        shape=RunShape,
        status=202,
        refuses=(
            refusals.NOTHING_LEFT,
            refusals.PUBLISHING_ALREADY,
        ),
    )
    def post(self, request: Request, publishing_run_id: UUID) -> HttpResponseBase:
        """Everybody who failed, or was not come to before the run stopped."""
        found = access.publishing_run(self.inside, publishing_run_id)
        runs.resume(actor=self.actor, run=found)
        return self.told(access.publishing_run(self.inside, publishing_run_id))
