"""Mail under an organisation's name and logo, in text and HTML."""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from datetime import UTC
from email.message import Message
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone

from accounts import clocks, languages
from accounts.models import Member, Organisation, Role
from headshots.lib.problems import Problem
from headshots.lib.storage import vault

# Pixels of the file; it is shown at half of that, so that it is sharp on every screen.
LARGEST_LOGO = (400, 120)
_LOGO_ID = "logo@headshots"


class Letter(EmailMultiAlternatives):
    """A mail whose logo travels inside it: nothing is fetched when it is read, so that nobody
    learns who opened it and when."""

    logo: bytes = b""

    def message(self, **how: Any) -> Any:
        built = super().message(**how)
        if self.logo:
            for part in list(built.walk()):
                if part.get_content_type() == "multipart/alternative":
                    _put_beside_html(part, self.logo)
        return built


def letter(
    *,
    organisation: Organisation | None,
    template: str,
    subject: str,
    context: Mapping[str, object],
    to: Sequence[str],
    headers: Mapping[str, str] | None = None,
) -> Letter:
    """The mail that `emails/TEMPLATE.txt` and `.html` make, in the language that is active and by
    the organisation's clock; without one in our own name. A sandbox's is addressed to nobody, so
    that sending it sends nothing.

    A logo that cannot be read just now is left out; the mail goes all the same.
    """
    logo = logo_of(organisation) if organisation else b""
    shown = _shown(logo, f"cid:{_LOGO_ID}")
    with timezone.override(clocks.at_home(organisation) if organisation else UTC):
        text = render_to_string(f"emails/{template}.txt", {**context})
        html = render_to_string(f"emails/{template}.html", {**context, **shown})
    mail = Letter(
        subject=subject,
        body=text,
        # SECURITY: whoever has a test key says who is in a sandbox, and none of them asked for it.
        to=[] if organisation and organisation.sandbox_of_id else list(to),
        headers=dict(headers or {}),
    )
    mail.attach_alternative(html, "text/html")
    mail.logo = logo
    return mail


def page(*, organisation: Organisation, template: str, context: Mapping[str, object]) -> str:
    """The HTML of a mail to be looked at in a browser, the logo within."""
    logo = logo_of(organisation)
    with timezone.override(clocks.at_home(organisation)):
        return render_to_string(
            f"emails/{template}.html", {**context, **_shown(logo, logo_address(logo))}
        )


def logo_of(organisation: Organisation) -> bytes:
    """The PNG, empty where there is none."""
    if not organisation.logo:
        return b""
    try:
        return vault().read(organisation.logo)
    except Problem:
        return b""


def logo_address(logo: bytes) -> str:
    """A PNG as an address that holds it; empty for none."""
    return f"data:image/png;base64,{base64.b64encode(logo).decode()}" if logo else ""


def in_charge(organisation: Organisation) -> list[Member]:
    """Owners and administrators, whom mail about the organisation goes to."""
    found = Member.objects.filter(organisation=organisation, role__in=(Role.OWNER, Role.ADMIN))
    return list(found.select_related("user").order_by("pk"))


def language_of(member: Member) -> str:
    """The language a member reads in, English where nobody knows."""
    return languages.of_user(member.user)


def _shown(logo: bytes, address: str) -> dict[str, object]:
    if not logo:
        return {}
    width, height = struct.unpack(">II", logo[16:24])
    return {"logo": address, "logo_width": width // 2 or 1, "logo_height": height // 2 or 1}


def _put_beside_html(alternatives: Message, logo: bytes) -> None:
    """text | html becomes text | (html + logo), as RFC 2387 has it."""
    parts = alternatives.get_payload()
    assert isinstance(parts, list)
    for index, part in enumerate(parts):
        if part.get_content_type() == "text/html":
            picture = MIMEImage(logo, "png")
            picture.add_header("Content-ID", f"<{_LOGO_ID}>")
            picture.add_header("Content-Disposition", "inline", filename="logo.png")
            related = MIMEMultipart("related", type="text/html")
            related.attach(part)
            related.attach(picture)
            parts[index] = related
