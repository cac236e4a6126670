"""Settings from the environment, refused with a sentence when they cannot be meant.

Every variable that the project reads is announced here through a reader, so that `refuse_typos`
can tell a misspelt name from one that belongs to somebody else.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

PREFIX = "HEADSHOTS_"
TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}
# What the quick start and the Python client have people set, who may run this in the same shell.
OF_CLIENTS = {"HEADSHOTS_KEY", "HEADSHOTS_URL"}

# How long a connection to PostgreSQL waits for an answer to anything: seconds, but for the last,
# milliseconds until what was sent must have arrived.
PATIENCE: dict[str, object] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


class SettingError(SystemExit):
    """A setting that cannot be used; ends the process with its sentence."""

    def __init__(self, sentence: str) -> None:
        super().__init__(f"Headshots cannot start: {sentence}")
        self.sentence = sentence


class Environment:
    """Reads variables, remembering which names exist.

    A variable NAME may instead be given as NAME_FILE, a path to a file with the value, as secret
    stores mount them.
    """

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self.variables = dict(os.environ if variables is None else variables)
        self.known: set[str] = set()

    def text(self, name: str, default: str | None = None) -> str | None:
        """The value, or the default where the variable is absent or empty."""
        self.known.update({name, f"{name}_FILE"})
        path = self.variables.get(f"{name}_FILE")
        if path:
            if self.variables.get(name):
                raise SettingError(f"{name} and {name}_FILE are both set. Keep one of them.")
            try:
                return Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise SettingError(
                    f"{name}_FILE names {path}, which cannot be read ({error.strerror})."
                ) from error
        return self.variables.get(name) or default

    def required(self, name: str, why: str) -> str:
        """The value; absent, the process ends with what it is for."""
        value = self.text(name)
        if not value:
            raise SettingError(f"{name} is not set. {why}")
        return value

    def flag(self, name: str, default: bool) -> bool:
        """A yes or no; anything else is refused."""
        value = self.text(name)
        if value is None:
            return default
        if value.lower() in TRUE:
            return True
        if value.lower() in FALSE:
            return False
        raise SettingError(f"{name} is “{value}”. Write 1 for yes or 0 for no.")

    def integer(self, name: str, default: int, *, least: int, most: int) -> int:
        """A whole number between the bounds, both included."""
        value = self.text(name)
        if value is None:
            return default
        try:
            number = int(value)
        except ValueError:
            raise SettingError(f"{name} is “{value}”. It must be a whole number.") from None
        if not least <= number <= most:
            raise SettingError(f"{name} is {number}. It must lie between {least} and {most}.")
        return number

    def one_of(self, name: str, default: str, choices: Sequence[str]) -> str:
        """One of the choices; a near miss is named in the refusal."""
        value = self.text(name, default) or default
        if value in choices:
            return value
        near = difflib.get_close_matches(value, choices, n=1)
        hint = f" Did you mean “{near[0]}”?" if near else f" Choose from {', '.join(choices)}."
        raise SettingError(f"{name} is “{value}”.{hint}")

    def names(self, name: str, default: Sequence[str] = ()) -> list[str]:
        """A list separated by commas."""
        value = self.text(name)
        return [part.strip() for part in value.split(",") if part.strip()] if value else [*default]

    def refuse_typos(self) -> None:
        """End the process if a variable looks like a misspelling of one that we read."""
        for name in self.variables:
            if name in self.known or name in OF_CLIENTS:
                continue
            near = difflib.get_close_matches(name, self.known, n=1, cutoff=0.9)
            if name.startswith(PREFIX) and not near:
                near = difflib.get_close_matches(name, self.known, n=1, cutoff=0.4)
                hint = f" Did you mean {near[0]}?" if near else ""
                raise SettingError(f"{name} is set, but there is no such setting.{hint}")
            if near and near[0] not in self.variables:
                raise SettingError(f"{name} is set, but not read. Did you mean {near[0]}?")


def postgres_from_url(url: str) -> dict[str, object]:
    """Django's DATABASES entry for a postgres:// or postgresql:// address.

    A server that is gone without a word, as after a failover, is noticed within a minute; what the
    address itself says after its “?”, by libpq's names, goes before. Raises SettingError for any
    other scheme: PostgreSQL is the only database supported.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise SettingError(
            f"DATABASE_URL begins with “{parts.scheme}://”. Only PostgreSQL is supported: "
            "postgresql://user:password@host:5432/name."
        )
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise SettingError("DATABASE_URL names no database. Add /name at its end.")
    try:
        port = parts.port
    except ValueError:
        raise SettingError("DATABASE_URL has a port that is no number.") from None
    options: dict[str, str] = {}
    for pair in parts.query.split("&") if parts.query else []:
        key, _, value = pair.partition("=")
        options[unquote(key)] = unquote(value)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or parts.hostname or "",
        "PORT": str(port or ""),
        "OPTIONS": {**PATIENCE, **options},
    }
