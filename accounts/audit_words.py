"""What the audit log's acts are called, for whoever reads it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

ACTS: dict[str, str] = {
    "alternative.given": gettext_noop("Gave something instead of a headshot"),
    "alternative.taken_back": gettext_noop("Took back what was given instead"),
    "budget.removed": gettext_noop("Removed a department’s budget"),
    "budget.set": gettext_noop("Set a department’s budget"),
    "candidates.approved": gettext_noop("Approved pictures in advance"),
    "credits.adjusted": gettext_noop("Credits adjusted"),
    "departments.looks": gettext_noop("Changed the looks of departments"),
    "directory.added": gettext_noop("Connected a directory"),
    "directory.removed": gettext_noop("Disconnected a directory"),
    "directory.renewed": gettext_noop("Gave a directory a new token"),
    "directory.tokens_destroyed": gettext_noop("Destroyed the tokens of a directory"),
    "domain.claimed": gettext_noop("Claimed a domain"),
    "domain.lost": gettext_noop("A domain’s proof was lost"),
    "domain.proved": gettext_noop("Proved a domain"),
    "domain.removed": gettext_noop("Removed a domain"),
    "download_link.made": gettext_noop("Made a download link"),
    "download_link.revoked": gettext_noop("Revoked a download link"),
    "embedding.linked": gettext_noop("Made a link for another product’s page"),
    "employee.added": gettext_noop("Added somebody to the roster"),
    "employee.bounced": gettext_noop("Mail to somebody came back"),
    "employee.changed": gettext_noop("Changed what is known about somebody"),
    "employee.mail_again": gettext_noop("Let mail go to somebody again"),
    "employees.left": gettext_noop("Marked people as having left"),
    "employees.returned": gettext_noop("Brought people back on the roster"),
    "export.begun": gettext_noop("Began an export"),
    "finish.saved": gettext_noop("Changed how headshots are finished"),
    "headshot.picked": gettext_noop("Picked a headshot"),
    "headshot.rendered_again": gettext_noop("Had a headshot rendered again"),
    "headshots.asked_again": gettext_noop("Asked for other pictures"),
    "held.downloaded": gettext_noop("Downloaded what is held about them"),
    "invitation.renewed": gettext_noop("Asked for a new link"),
    "invitation.revoked": gettext_noop("Revoked somebody’s link"),
    "invitation.sent_again": gettext_noop("Sent somebody’s link again"),
    "join_link.made": gettext_noop("Made a join link"),
    "join_link.revoked": gettext_noop("Revoked a join link"),
    "join_link.used": gettext_noop("Came by a join link"),
    "key.changed": gettext_noop("Changed an API key"),
    "key.made": gettext_noop("Made an API key"),
    "key.revoked": gettext_noop("Revoked an API key"),
    "key.rotated": gettext_noop("Gave an API key a new secret"),
    "log.exported": gettext_noop("Exported the log"),
    "look.saved": gettext_noop("Saved a look"),
    "low_balance.set": gettext_noop("Changed when to be told that credits run low"),
    "member.invitation_revoked": gettext_noop("Took a member’s invitation back"),
    "member.invited": gettext_noop("Invited a member"),
    "member.invited_again": gettext_noop("Sent a member’s invitation again"),
    "member.joined": gettext_noop("Became a member"),
    "member.kept": gettext_noop("Kept the last owner, whom a partner had brought in"),
    "member.left": gettext_noop("Left the organisation"),
    "member.removed": gettext_noop("Removed a member"),
    "member.role_changed": gettext_noop("Changed a member’s role"),
    "member.set": gettext_noop("Set a member’s role"),
    "order.another_look": gettext_noop("Ordered another look"),
    "order.downloaded": gettext_noop("Downloaded headshots"),
    "order.naming": gettext_noop("Changed how files are named"),
    "order.people_added": gettext_noop("Brought more people into an order"),
    "order.placed": gettext_noop("Placed an order"),
    "order.refinish_approved": gettext_noop("Put a new finish to use"),
    "order.refinish_discarded": gettext_noop("Discarded a new finish"),
    "order.refinish_started": gettext_noop("Began a new finish"),
    "order.refinish_undone": gettext_noop("Went back to the finish before"),
    "order.reminded": gettext_noop("Reminded people"),
    "order.reminders": gettext_noop("Changed how often to remind"),
    "organisation.clocks": gettext_noop("Changed clocks and quiet hours"),
    "organisation.closed": gettext_noop("Closed the organisation"),
    "organisation.destroyed": gettext_noop("Everything about its people destroyed"),
    "organisation.founded": gettext_noop("Founded the organisation"),
    "organisation.framing": gettext_noop("Changed who may show the employees’ way"),
    "organisation.logo": gettext_noop("Changed the logo of mail"),
    "organisation.renamed": gettext_noop("Renamed the organisation"),
    "organisation.second_factor": gettext_noop("Changed whether a second factor is required"),
    "organisation.transferred": gettext_noop("Handed the organisation over"),
    "partner.granted": gettext_noop("Let a partner in"),
    "partner.withdrawn": gettext_noop("Shut a partner out"),
    "picture.viewed": gettext_noop("Looked at a picture"),
    "plate.saved": gettext_noop("Saved a backdrop"),
    "publishing.resumed": gettext_noop("Tried the rest of a publishing again"),
    "publishing.started": gettext_noop("Published to a directory"),
    "purchase.begun": gettext_noop("Began a purchase"),
    "purchase.dropped": gettext_noop("Dropped a purchase"),
    "purchase.paid_after_closing": gettext_noop(
        "A payment arrived after the organisation had closed"
    ),
    "release.attested": gettext_noop("Attested a release"),
    "release.collected": gettext_noop("Had a release signed elsewhere"),
    "release.signed": gettext_noop("Signed the release"),
    "release.withdrawal_passed_on": gettext_noop("Passed on that somebody withdraws"),
    "release.withdrawn": gettext_noop("Withdrew the release"),
    "roster.exported": gettext_noop("Exported the roster"),
    "roster.imported": gettext_noop("Uploaded a roster"),
    "roster.synchronised": gettext_noop("Synchronised the roster"),
    "sandbox.opened": gettext_noop("Opened the sandbox"),
    "selfie.removed": gettext_noop("Removed a photo"),
    "shoot.approving": gettext_noop("Waits for approval"),
    "shoot.cancelled": gettext_noop("Cancelled"),
    "shoot.choosing": gettext_noop("Pictures are ready to choose from"),
    "shoot.collecting": gettext_noop("Photos can be added"),
    "shoot.delivered": gettext_noop("Approved and delivered"),
    "shoot.failed": gettext_noop("Could not be made"),
    "shoot.generating": gettext_noop("Pictures are being made"),
    "shoot.inputs_destroyed": gettext_noop("Photos and model destroyed"),
    "shoot.made_free": gettext_noop("Made free of charge"),
    "shoot.more_pictures": gettext_noop("Ordered more pictures"),
    "shoot.opted_out": gettext_noop("Chose the alternative"),
    "shoot.queued": gettext_noop("Photos handed in"),
    "shoot.training": gettext_noop("Training began"),
    "shoot.withdrawn": gettext_noop("Withdrawn"),
    "sso.emergency": gettext_noop("Came in with a password in an emergency"),
    "sso.linked": gettext_noop("Linked an account with the identity provider"),
    "sso.refused": gettext_noop("A sign-in by the identity provider was refused"),
    "sso.removed": gettext_noop("Removed single sign-on"),
    "sso.required": gettext_noop("Changed whether single sign-on is required"),
    "sso.saved": gettext_noop("Changed single sign-on"),
    "team_page.agreed": gettext_noop("Agreed to the team page"),
    "team_page.published": gettext_noop("Published the team page"),
    "team_page.taken_back": gettext_noop("Stepped off the team page"),
    "team_page.withdrawn": gettext_noop("Took the team page down"),
    "top_up.card": gettext_noop("Stored a card for the automatic top-up"),
    "top_up.changed": gettext_noop("Changed the automatic top-up"),
    "top_up.declined": gettext_noop("The automatic top-up was declined"),
    "top_up.stopped": gettext_noop("Money went back, and the automatic top-up has stopped"),
    "turnaround.promised": gettext_noop("Changed the promised turnaround"),
    "usage.exported": gettext_noop("Exported the usage"),
    "wall.exported": gettext_noop("Exported the staff wall"),
    "webhook.added": gettext_noop("Added a webhook endpoint"),
    "webhook.changed": gettext_noop("Changed a webhook endpoint"),
    "webhook.disabled": gettext_noop("Webhook endpoint switched off"),
    "webhook.enabled": gettext_noop("Switched a webhook endpoint on"),
    "webhook.removed": gettext_noop("Deleted a webhook endpoint"),
    "webhook.replayed": gettext_noop("Sent events again"),
    "webhook.secret_rotated": gettext_noop("Made a new webhook secret"),
    "webhook.secret_seen": gettext_noop("Looked at a webhook secret"),
    "webhook.tested": gettext_noop("Sent a test to a webhook endpoint"),
    "wishes.saved": gettext_noop("Saved wishes"),
}


def acts() -> list[str]:
    """Every kind of act, by what it is called in the reader's language."""
    return sorted(ACTS, key=lambda action: said(action).casefold())


def said(action: str) -> str:
    """An act in the reader's language; its own name where there are no words for it."""
    known = ACTS.get(action)
    return _(known) if known else action


def in_a_line(value: object) -> str:
    """What an entry says beside its act, on one line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {in_a_line(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(in_a_line(part) for part in value)
    return str(value)
