"""What the engine raises. Every message is a sentence that can be shown to people."""

from __future__ import annotations

from pathlib import Path


class EngineError(Exception):
    """Something the engine cannot do; `str(error)` says what and what to do about it."""


class BaseModelError(EngineError):
    """The base model folder, or this host, cannot work."""


class PhotoError(EngineError):
    """A person cannot be trained on their photos; `person` says who, the others can go on, and
    `photo` which one is at fault where it is one."""

    def __init__(self, person: str, sentence: str, photo: Path | None = None) -> None:
        super().__init__(sentence)
        self.person = person
        self.photo = photo


class Diverged(EngineError):
    """A person's adapter came to values that are not numbers, and did again when it had begun
    anew; `person` says who, the others can go on."""

    def __init__(self, person: str) -> None:
        super().__init__("Training on these photos twice led to values that are not numbers.")
        self.person = person


class Stopped(EngineError):
    """The caller asked to stop; every checkpoint on disk is whole."""

    def __init__(self) -> None:
        super().__init__("Stopped on request; the work continues from its last checkpoint.")


class FinishError(EngineError):
    """A picture that cannot be finished; the sentence says why and what to send instead."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
