"""What went wrong, in a sentence that a person can act on."""

from __future__ import annotations


class Problem(Exception):
    """A refusal that is shown to whoever asked.

    `sentence` says what happened and what to do; `code` is stable and machine-readable;
    `field` names the input that is wrong, if it is one; `status` is the HTTP status it means.
    """

    def __init__(
        self, sentence: str, *, code: str = "refused", field: str | None = None, status: int = 422
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
        self.field = field
        self.status = status
