"""What an administrator finds wrong, and how the employee is told: about the picture, in kind
words, never about the person."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from generation.approving.choosing import Reason


class Fault(models.TextChoices):
    """What is wrong with a picture, as an administrator ticks it."""

    LIKENESS = "likeness", gettext_lazy("It does not look like them")
    EXPRESSION = "expression", gettext_lazy("The expression does not suit")
    HAIR = "hair", gettext_lazy("The hair is wrong")
    GLASSES = "glasses", gettext_lazy("The glasses are wrong")
    CLOTHES = "clothes", gettext_lazy("The clothes are not drawn well")
    FLAW = "flaw", gettext_lazy("There is a flaw in the picture")
    OTHER = "other", gettext_lazy("Something else")


_KIND = {
    Fault.LIKENESS: gettext_noop("We would like a picture that looks even more like you."),
    Fault.EXPRESSION: gettext_noop("We think another expression would suit you better."),
    Fault.HAIR: gettext_noop("The computer did not get your hair right."),
    Fault.GLASSES: gettext_noop("The computer did not get your glasses right."),
    Fault.CLOTHES: gettext_noop("The computer did not draw the clothes well."),
    Fault.FLAW: gettext_noop("There is a small flaw in the picture; it is not about you."),
    Fault.OTHER: gettext_noop("We would like to find a picture that fits the others better."),
}
# What the next pictures heed (generation.photos.demands).
HEEDED = {
    Fault.LIKENESS: Reason.FACE,
    Fault.EXPRESSION: Reason.EXPRESSION,
    Fault.HAIR: Reason.HAIR,
    Fault.GLASSES: Reason.GLASSES,
}


def sentence(fault: Fault, note: str, *, organisation: str) -> str:
    """What the employee reads, in the language that is active; what an administrator wrote stands
    after it as their words, in whatever language that is."""
    said = gettext(_KIND[fault])
    if not note:
        return said
    theirs = gettext("In the words of {organisation}: “{words}”")
    return f"{said} {theirs.format(organisation=organisation, words=note)}"
