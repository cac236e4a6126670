"""Mail about a shoot: queued with the change that causes it, sent by the default cluster."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext, gettext_noop
from django_q.tasks import async_task, schedule

from accounts import languages
from accounts.consent import invitations
from accounts.mail import letters
from accounts.models import Employee
from generation import states
from generation.accounting import usage
from generation.leaving import certificates
from generation.models import ENDED_WITHOUT, Order, Shoot, State
from generation.photos import enough

# For how long a link that goes out in a mail opens something.
LINK_LIFE = timedelta(days=14)

SUBJECTS = {
    "invitation": gettext_noop("Your headshot for {organisation}"),
    "reminder": gettext_noop("Your headshot for {organisation} is still to come"),
    "fresh_link": gettext_noop("Your new link for {organisation}"),
    "link_again": gettext_noop("Your new link for {organisation}"),
    "choose_reminder": gettext_noop("Your headshots are waiting for you to choose"),
    "choose": gettext_noop("Your headshots are ready to choose from"),
    "better_photos": gettext_noop("We need other photos for your headshot"),
    "photos_gone": gettext_noop("Your photos are destroyed; new ones are needed"),
    "picked": gettext_noop("A headshot was picked for you"),
    "redo": gettext_noop("New pictures are being made of you"),
    "delivered": gettext_noop("Your headshot is approved"),
    "failed": gettext_noop("Your headshot could not be made"),
    "release": gettext_noop("Your signed release for {organisation}"),
    "withdrawn": gettext_noop("You have withdrawn: certificate of destruction"),
}


# For which mails there is still reason, by the state of the shoot.
_WHILE: dict[str, tuple[State, ...]] = {
    "invitation": (State.INVITED, State.COLLECTING),
    "reminder": (State.INVITED, State.COLLECTING),
    "photos_gone": (State.COLLECTING,),
    "choose": (State.CHOOSING,),
    "choose_reminder": (State.CHOOSING,),
    "picked": (State.APPROVING,),
    "link_again": tuple(state for state in State if state not in ENDED_WITHOUT),
    "redo": (State.QUEUED, State.TRAINING, State.GENERATING),
}


def invite(*, shoots: Sequence[Shoot]) -> None:
    """Queue the invitation of each shoot."""
    queue(kind="invitation", shoots=shoots)


def queue(*, kind: str, shoots: Sequence[Shoot], asked: bool = False) -> None:
    """Queue one kind of mail about many shoots, in one message a hundred of them; `asked`: it is
    wanted once more."""
    ids = [str(shoot.pk) for shoot in shoots]
    more = [secrets.token_hex(4)] if asked else []
    for start in range(0, len(ids), 100):
        async_task("generation.tasks.send_notices", kind, ids[start : start + 100], *more)


def notify(*, shoot: Shoot, kind: str, asked: bool = False) -> None:
    """Queue one mail about a shoot; `asked`: somebody wants it once more."""
    queue(kind=kind, shoots=[shoot], asked=asked)


def retry(*, kind: str, shoot_ids: list[str], asked: str = "") -> None:
    """Queue mails again that the mail server did not take, a few minutes from now."""
    schedule(
        "generation.tasks.send_notices",
        kind,
        shoot_ids,
        *([asked] if asked else []),
        schedule_type="O",
        next_run=timezone.now() + timedelta(minutes=5),
        cluster="default",
    )


def go_on(*, kind: str, shoot_ids: list[str], asked: str = "") -> None:
    """Queue the rest of a message that had to end before it."""
    async_task("generation.tasks.send_notices", kind, shoot_ids, *([asked] if asked else []))


def link_of(shoot: Shoot) -> str:
    """The address of an employee's own page."""
    token = invitations.token(invitation=shoot.invitation)
    return f"{settings.SITE_URL}{reverse('employee:start', args=[token])}"


def send(
    *, shoot: Shoot, kind: str, asked: str = "", connection: BaseEmailBackend | None = None
) -> bool:
    """Send one mail, in text and HTML. Returns whether there was still reason to. `asked` is the
    mark of a request for it: without another one, a second mail is the first again. Through an
    open `connection`, if one is given.

    The link in a mail is good for LINK_LIFE at least, whenever the order was due.

    Somebody who has ended their part hears of nothing more than how it ended; where mail comes
    back, nothing is sent.
    """
    asked_for = kind in ("withdrawn", "fresh_link")
    if shoot.state in (State.OPTED_OUT, State.WITHDRAWN) and not asked_for:
        return False
    for_rights = kind == "fresh_link" and shoot.invitation.rights_only
    if shoot.invitation.revoked_at and kind != "withdrawn" and not for_rights:
        return False  # it would lead to a link that opens nothing of what it says
    if shoot.employee.bounced_at or shoot.state not in _WHILE.get(kind, State):
        return False
    organisation = shoot.order.organisation
    if organisation.sandbox_of_id:
        return False  # nobody real is behind an address of the sandbox
    invitations.keep_good(invitation=shoot.invitation, until=timezone.now() + LINK_LIFE)
    context = {
        "shoot": shoot,
        "employee": shoot.employee,
        "organisation": organisation,
        "order": shoot.order,
        "link": link_of(shoot),
        "rights_only": shoot.invitation.rights_only,
        "our_words": states.OUR_WORDS,
        "late": shoot.order.due_at <= timezone.now(),
        "missing": enough.missing(shoot) if kind == "reminder" else 0,
        "certificate": getattr(shoot, "certificate", None),
    }
    with translation.override(languages.of_employee(shoot.employee, shoot.invitation)):
        mail = letters.letter(
            organisation=organisation,
            template=kind,
            subject=gettext(SUBJECTS[kind]).format(organisation=organisation.name),
            context=context,
            to=[shoot.employee.email],
            # The same mail twice, after a repeated task, is one in most mailboxes.
            headers={"Message-ID": f"<{kind}.{shoot.pk}.{_turn(shoot, asked)}@headshots>"},
        )
    mail.connection = connection
    if kind == "withdrawn":
        mail.attach("certificate.txt", certificates.document(shoot.certificate), "text/plain")
    mail.send()
    usage.count_mail(shoot=shoot)
    return True


def _turn(shoot: Shoot, asked: str) -> str:
    turn = f"{shoot.fence}.{shoot.invitation.generation}.{shoot.reminders}"
    return f"{turn}.{asked}" if asked else turn


@dataclass(frozen=True)
class Preview:
    """A mail as somebody would get it."""

    subject: str
    html: str


def preview(*, order: Order, employee: Employee, language: str) -> Preview:
    """The invitation as it would look, before there is an order; its link leads nowhere."""
    context = {
        "employee": employee,
        "organisation": order.organisation,
        "order": order,
        "link": f"{settings.SITE_URL}/i/…",
    }
    with translation.override(language):
        subject = gettext(SUBJECTS["invitation"]).format(organisation=order.organisation.name)
        html = letters.page(organisation=order.organisation, template="invitation", context=context)
    return Preview(subject, html)
