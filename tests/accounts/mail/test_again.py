"""A letter that its server does not take is tried again, but not at an address refused for good."""

from __future__ import annotations

from smtplib import SMTPRecipientsRefused

import pytest
from django_q.models import Schedule

from accounts.mail.again import send_or_again
from accounts.mail.letters import Letter

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (ConnectionRefusedError("away"), 1),
        (SMTPRecipientsRefused({"a@acme.example": (450, b"come back later")}), 1),
        (SMTPRecipientsRefused({"a@acme.example": (550, b"nobody here")}), 0),
    ],
    ids=["away", "for now", "for good"],
)
def test_what_is_tried_again(monkeypatch: pytest.MonkeyPatch, error: OSError, again: int) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise error

    letter = Letter("Credits are low", "Few are left.", to=["a@acme.example"])
    monkeypatch.setattr(Letter, "send", refuse)
    assert not send_or_again(letter=letter, task="billing.tasks.send_low_balance", args=["1", "2"])
    waiting = Schedule.objects.filter(func="billing.tasks.send_low_balance")
    assert [row.args for row in waiting] == ["('1', '2')"] * again
    monkeypatch.setattr(Letter, "send", lambda *_: 1)
    assert send_or_again(letter=letter, task="billing.tasks.send_low_balance", args=["1", "2"])
    assert waiting.count() == again
