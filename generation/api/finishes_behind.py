"""Orders of a look that are in an earlier finish, and rendering all of them anew."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from generation import access
from generation.api.orders import DoneShape
from generation.finishing import all_behind, finishes
from generation.pieces import AT_ONCE
from headshots.lib.api.operations import operation
from headshots.lib.api.refusals import Refused
from headshots.lib.api.shapes import Shape

TAG = "Looks"
LATER = (
    f"For orders of more than {AT_ONCE} people together the answer is 202: one after the other is "
    "begun from then on, and has a `refinish` in the list when it is."
)

NOTHING_BEHIND = Refused(
    "nothing",
    409,
    "Every order of this look is in its newest finish, or is being rendered in another one. Decide "
    "about those first.",
    name="nothing_behind",
)


class OrderBehindShape(Shape):
    """An order in an earlier finish of its look."""

    order = serializers.UUIDField(source="pk")
    refinish = serializers.UUIDField(
        source="open_refinish", allow_null=True, help_text="The rendering that is undecided in it."
    )

    example = {
        "order": "019ab1c2-0000-7000-8000-00000000000c",
        "refinish": "019ab1c2-0000-7000-8000-000000000023",
    }


class OrdersBehindView(TenantView):
    """The orders of a look that are in an earlier finish."""

    @operation(
        "finishes_behind",
        "List orders in an earlier finish",
        tag=TAG,
        scope="headshots:read",
        shape=OrderBehindShape,
        many=True,
    )
    def get(self, request: Request, look_id: UUID) -> HttpResponseBase:
        """In any version of the look: those in which a headshot is not in its newest finish, or, as
        long as there is none, what people choose from or gave instead. The newest first."""
        look = access.look(self.inside, look_id)
        newest = finishes.newest(organisation=self.organisation, look_name=look.name)
        return self.listed(all_behind.orders(look=look, finish=newest), owner=self.organisation.pk)

    @operation(
        "finishes_render_anew",
        "Render all orders in an earlier finish anew",
        tag=TAG,
        scope=all_behind.SCOPE,
        shape=DoneShape,
        later=LATER,
        refuses=(NOTHING_BEHIND,),
    )
    def post(self, request: Request, look_id: UUID) -> HttpResponseBase:
        """Each as by *Render an order anew*; an order in which a rendering is undecided is passed
        over. Each is decided by itself."""
        look = access.look(self.inside, look_id)
        begun = all_behind.start(actor=self.actor, look=look)
        return self.plain({"count": begun.count}, status=202 if begun.later else 200)
