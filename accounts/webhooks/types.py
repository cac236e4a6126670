"""Every type of event: what it says, and about what.

The one list that filters, the reference and the OpenAPI document are made from.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EventType:
    """`name` is stable; `object` is what the event is about, a key of PATHS."""

    name: str
    object: str
    description: str

    @property
    def group(self) -> str:
        return self.name.partition(".")[0]


# Where the API has the things that events are about.
PATHS = {
    "shoot": "shoots",
    "order": "orders",
    "headshot": "headshots",
    "selfie": "selfies",
    "release": "releases",
    "export": "exports",
    "publishing_run": "publishing-runs",
    "credits": "credits",
    "webhook_endpoint": "webhook-endpoints",
}
# What there is one of in an organisation has an address without an identifier.
SINGLE = frozenset({"credits"})

TEST = "webhook.test"

_ALL = (
    EventType("order.placed", "order", "An order was placed and its employees get their links."),
    EventType("order.cancelled", "order", "What was still open of an order was cancelled."),
    EventType(
        "order.completed",
        "order",
        "Every shoot of an order has ended: delivered, or ended without a headshot; for those who "
        "never answered, with their link. Comes again where more people joined afterwards and "
        "theirs have ended, too.",
    ),
    EventType("shoot.invited", "shoot", "An employee has a personal link to take part."),
    EventType(
        "shoot.collecting",
        "shoot",
        "The release is signed, or better photos are asked for: selfies can be added.",
    ),
    EventType("shoot.queued", "shoot", "The selfies are handed in; a credit is held."),
    EventType("shoot.training", "shoot", "Training on the employee's selfies has begun."),
    EventType("shoot.generating", "shoot", "Candidates are being made."),
    EventType("shoot.choosing", "shoot", "Candidates passed the gate; the employee can choose."),
    EventType("shoot.approving", "shoot", "The employee has picked; an approval is awaited."),
    EventType("shoot.delivered", "shoot", "The headshot is approved; the credit is taken."),
    EventType("shoot.failed", "shoot", "No headshot could be made; the credit is given back."),
    EventType("shoot.cancelled", "shoot", "A member cancelled it; the credit is given back."),
    EventType("shoot.opted_out", "shoot", "The employee stepped out; photos are destroyed."),
    EventType("shoot.withdrawn", "shoot", "The employee withdrew; the headshot is taken down."),
    EventType(
        "selfie.judged",
        "selfie",
        "A photo was looked at, or judged otherwise beside others: read its verdict.",
    ),
    EventType(
        "headshot.picked",
        "headshot",
        "A candidate was picked, or another one, by the employee or in their place.",
    ),
    EventType("headshot.approved", "headshot", "A headshot was approved and can be downloaded."),
    EventType(
        "headshot.finished",
        "headshot",
        "The files of a headshot are rendered, or rendered anew in another finish.",
    ),
    EventType("release.signed", "release", "A release was signed or attested."),
    EventType(
        "release.withdrawn",
        "release",
        "An employee withdrew the release. Stop using the headshot and delete your copies.",
    ),
    EventType("export.ready", "export", "A ZIP of headshots is ready to download."),
    EventType("export.failed", "export", "A ZIP of headshots could not be made."),
    EventType(
        "publishing.ended",
        "publishing_run",
        "A publishing run, a rehearsal or an undoing has ended: its people say who failed and why.",
    ),
    EventType(
        "publishing.stopped",
        "publishing_run",
        "A publishing run stopped half-way: its sentence says why. Mend that, then resume it.",
    ),
    EventType("credits.low", "credits", "Fewer credits are left than the organisation set."),
    EventType(TEST, "webhook_endpoint", "Somebody asked for a test of this endpoint."),
)
TYPES: dict[str, EventType] = {each.name: each for each in _ALL}
# What an endpoint can ask for; a test goes to the endpoint it is for, whatever it asks for.
CHOICES: tuple[EventType, ...] = tuple(each for each in _ALL if each.name != TEST)
