"""The project's own settings, in an environment made for tests."""

import os
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 40)
os.environ.setdefault("HEADSHOTS_VAR_DIR", str(Path(__file__).parent.parent / "var" / "test"))
os.environ.setdefault("HEADSHOTS_DATABASE_FAST", "1")
os.environ.setdefault("HEADSHOTS_LOG", "console")
os.environ.setdefault("HEADSHOTS_LOG_LEVEL", "ERROR")

from headshots.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES["default"]["TEST"] = {"NAME": f"test_{os.getpid()}"}  # noqa: F405
# Files by their plain names: tests need no collectstatic before them.
STORAGES = {
    **STORAGES,  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]  # noqa: F405
