"""What second factors are checked with, sealed where it is kept."""

from __future__ import annotations

import structlog
from allauth.mfa.adapter import DefaultMFAAdapter
from django.utils.translation import gettext as _

from headshots.lib import sealed
from headshots.lib.problems import Problem

log = structlog.get_logger(__name__)

PURPOSE = "second factor"


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Seals the secrets of authenticator apps and the seeds of recovery codes.

    SECURITY: who reads a copy of the database must not be able to show anybody's codes.
    """

    def encrypt(self, text: str) -> str:
        """The text, sealed."""
        return sealed.seal(text, purpose=PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """The text again. Raises Problem where no key of this installation opens it."""
        try:
            return sealed.unseal(encrypted_text, purpose=PURPOSE)
        except sealed.SealBroken as broken:
            log.exception("factor_not_read")
            raise Problem(
                _(
                    "Your second factor cannot be checked just now, and the fault is ours: this "
                    "installation's key was changed. Tell whoever runs it that the former key "
                    "belongs into SECRET_KEY_FALLBACKS."
                ),
                code="factor_not_read",
                status=503,
            ) from broken
