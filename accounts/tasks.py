"""What the default cluster runs for accounts. Each takes ids and calls one service."""

from __future__ import annotations

from uuid import UUID

from accounts.mail import account_mail
from accounts.membership import member_invitations
from accounts.staff import roster_imports, roster_reading
from accounts.webhooks import notices, sending


def read_roster(import_id: str) -> None:
    """default: read a roster file that is too heavy to be read while a page waits."""
    roster_reading.read_import(import_id=UUID(import_id))


def check_roster(import_id: str, run: int) -> None:
    """default: preview a roster file that is too long to be read while a page waits."""
    roster_imports.check_import(import_id=UUID(import_id), run=run)


def send_member_invitation(invitation_id: str, generation: int) -> bool:
    """default: mail somebody the link to become a member."""
    return member_invitations.send(invitation_id=UUID(invitation_id), generation=generation)


def send_account_mail(sealed: str, tries: int) -> bool:
    """default: a mail about signing up or in that the mail server did not take before."""
    return account_mail.send_again(sealed=sealed, tries=tries)


def send_webhooks() -> int:
    """default: send what is due to partners' endpoints."""
    return sending.send_due()


def send_webhook_disabled(endpoint_id: str) -> None:
    """default: tell owners and administrators that an endpoint was switched off."""
    notices.send_disabled(endpoint_id=UUID(endpoint_id))
