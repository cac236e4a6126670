"""Static files by content hash, also before `collectstatic` has run."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Falls back to the plain name where no manifest has been made, as in tests."""

    manifest_strict = False
