"""The one door to private files: photos, adapters, candidates, headshots.

A key is a path of plain names, `organisation/shoot/selfie-1.jpg`. A file appears under its key
whole or not at all: it is written elsewhere, synced, and renamed. Write the database row after
`put`; whoever reads the row then finds the file.

A vault that was given a mark does nothing before it has found it there: in its place may be an
empty folder, as where a share is not mounted, and by what is missing from that nobody may judge.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from headshots.lib.problems import Problem

# No leading dot: no way up, no hidden file, and our own folder of half-made files stays apart.
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
_LONGEST_KEY = 1000
_UNFINISHED = ".unfinished"
_NOTES = ".notes"
_MARK = "mark"
# For how long whoever reads takes it that the mark is still there.
_SURE_S = 5.0
_CHUNK_BYTES = 1 << 20
_LEAST_FREE_BYTES = 100_000_000

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class VaultUnavailable(Problem):
    """The storage cannot do what was asked now; nothing half-made is left under a key."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, code="storage_unavailable", status=503)


class FileMissing(Problem):
    """There is no file under this key, or no longer."""

    def __init__(self, key: str) -> None:
        super().__init__(_("This file is not stored here any more."), code="file_gone", status=404)
        self.key = key


class Vault:
    """Private files under `root`: folders 0700, files 0600.

    `mark` says what mark the right vault carries (see `sign`); where it is not there, everything
    raises VaultUnavailable. A key that is no path of plain names raises ValueError, as that is a
    fault of the program.
    """

    def __init__(self, root: Path, *, mark: Callable[[], str] | None = None) -> None:
        self.root = root.resolve()
        self._mark = mark
        self._sure_until = 0.0

    def confirm(self) -> None:
        """Look now whether this is the vault that the mark belongs to. Raises VaultUnavailable."""
        if self._mark is None:
            return
        mark = self._mark()
        if not mark or self.mark() != mark:
            self._sure_until = 0.0
            raise VaultUnavailable(
                _(
                    "The storage for private files is not there, or another one is in its place, "
                    "as where a shared folder is not mounted. Nothing was changed; try again when "
                    "it is back."
                )
            )
        self._sure_until = time.monotonic() + _SURE_S

    def sign(self, mark: str) -> None:
        """Have the vault carry a mark; makes it where there is none. Raises VaultUnavailable."""
        self.write_note(_MARK, mark.encode())

    def mark(self) -> str:
        """The mark that it carries; empty for none. Raises VaultUnavailable."""
        return (self.read_note(_MARK) or b"").decode(errors="replace")

    def write_note(self, name: str, data: bytes) -> None:
        """Keep something about the vault itself, which is no key. Raises VaultUnavailable."""
        target = self._note(name)
        with _as_unavailable():
            self._move(self._write(data), target)
            _sync_folder(target.parent)

    def read_note(self, name: str) -> bytes | None:
        """What `write_note` kept; None for nothing. Raises VaultUnavailable."""
        path = self._note(name)
        with _as_unavailable():
            try:
                return path.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def notes(self, start: str) -> list[str]:
        """The names of notes that begin so, sorted. Raises VaultUnavailable."""
        with _as_unavailable():
            try:
                return sorted(
                    name for name in os.listdir(self.root / _NOTES) if name.startswith(start)
                )
            except FileNotFoundError:
                return []

    def put(self, key: str, data: bytes | Path) -> None:
        """Store bytes, or the content of a file, under `key`; replaces what was there.

        When this returns the file survives a power cut. Raises VaultUnavailable.
        """
        target = self._locate(key)
        self.confirm()
        with _as_unavailable():
            unfinished = self._write(data)
            try:
                self._move(unfinished, target)
            except BaseException:
                with suppress(OSError):
                    unfinished.unlink()
                raise
            _sync_folder(target.parent)

    def read(self, key: str) -> bytes:
        """The whole content. Raises FileMissing or VaultUnavailable."""
        with self.open(key) as stream, _as_unavailable():
            return stream.read()

    def open(self, key: str) -> BinaryIO:
        """The file, for reading; the caller closes it. Raises FileMissing or VaultUnavailable."""
        path = self._locate(key)
        try:
            with _as_unavailable(key):
                return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")
        except FileMissing:
            self.confirm()
            raise

    def path(self, key: str) -> Path:
        """Where the file lies on this machine, for the engine. Read only. Raises FileMissing."""
        path = self._locate(key)
        if not path.is_file():
            self.confirm()
            raise FileMissing(key)
        return path

    def folder(self, prefix: str) -> Path:
        """A folder of the vault for a program that writes files itself, such as a training run
        with its checkpoints; made where it is missing. Names in it become keys.
        """
        folder = self._locate(prefix)
        with _as_unavailable():
            self._unfinished()
            self._make_folders(folder)
        return folder

    def exists(self, key: str) -> bool:
        """Whether there is a file under this key."""
        there = self._locate(key).is_file()
        if not there:
            self.confirm()  # before anybody takes it for gone
        return there

    def size(self, key: str) -> int:
        """Length in bytes. Raises FileMissing or VaultUnavailable."""
        path = self._locate(key)
        with _as_unavailable(key):
            return path.stat().st_size

    def changed_at(self, key: str) -> float:
        """When the file was put, in seconds since 1970. Raises FileMissing or VaultUnavailable."""
        path = self._locate(key)
        with _as_unavailable(key):
            return path.stat().st_mtime

    def keys(self, prefix: str = "") -> Iterator[str]:
        """The keys that lie below the folder `prefix`, sorted; all of them by default."""
        start = self._locate(prefix) if prefix else self.root
        self._at_home()
        for folder, folders, names in os.walk(start):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if not name.startswith("."):
                    yield Path(folder, name).relative_to(self.root).as_posix()

    def folders(self, prefix: str = "") -> list[str]:
        """The names of the folders right below the folder `prefix`, sorted; by default below the
        vault itself."""
        start = self._locate(prefix) if prefix else self.root
        self._at_home()
        with _as_unavailable():
            try:
                return sorted(
                    place.name
                    for place in os.scandir(start)
                    if place.is_dir() and not place.name.startswith(".")
                )
            except (FileNotFoundError, NotADirectoryError):
                return []

    def delete(self, key: str) -> bool:
        """Remove the file; False when there was none. Raises VaultUnavailable."""
        path = self._locate(key)
        self.confirm()
        with _as_unavailable():
            try:
                path.unlink()
            except (FileNotFoundError, NotADirectoryError):
                return False
            _sync_folder(path.parent)
            self._prune(path.parent)
            return True

    def delete_tree(self, prefix: str) -> int:
        """Remove every file below the folder `prefix`, at once; return how many there were."""
        folder = self._locate(prefix)
        self.confirm()
        with _as_unavailable():
            doomed = self._unfinished() / f"deleted-{secrets.token_hex(8)}"
            try:
                folder.rename(doomed)
            except (FileNotFoundError, NotADirectoryError):
                return 0
            _sync_folder(folder.parent)
            self._prune(folder.parent)
            if not doomed.is_dir():  # the prefix was a file's whole key
                doomed.unlink()
                return 1
            count = sum(len(names) for _, _, names in os.walk(doomed))
            shutil.rmtree(doomed)
            return count

    def check(self, *, least_free_bytes: int = _LEAST_FREE_BYTES) -> None:
        """Write, read and remove a small file. Raises VaultUnavailable when that fails.

        Also when less than `least_free_bytes` are free: an upload would soon fail.
        """
        self.confirm()
        with _as_unavailable():
            probe = self._write(b"ready")
            try:
                if probe.read_bytes() != b"ready":
                    raise VaultUnavailable(
                        _("The storage returned something else than was written.")
                    )
            finally:
                probe.unlink()
            free = shutil.disk_usage(self.root).free
        if free < least_free_bytes:
            raise VaultUnavailable(
                _("Only {free} MB are free where private files are kept. Free some.").format(
                    free=free // 1_000_000
                )
            )

    def clear_unfinished(self, *, older_than_s: float = 86_400) -> int:
        """Remove what killed processes left half-made; return how many."""
        limit = time.time() - older_than_s
        cleared = 0
        self.confirm()
        with _as_unavailable():
            for path in self._unfinished().iterdir():
                with suppress(FileNotFoundError):  # its writer was faster
                    if path.lstat().st_mtime > limit:
                        continue
                    if path.is_dir():
                        shutil.rmtree(path)
                    else:
                        path.unlink()
                    cleared += 1
        return cleared

    def _locate(self, key: str) -> Path:
        """SECURITY: every key passes here; none leaves the root."""
        parts = key.split("/")
        if len(key) > _LONGEST_KEY or not all(_NAME.fullmatch(part) for part in parts):
            raise ValueError(f"not a key: {key[:100]!r}")
        self._at_home()
        return self.root.joinpath(*parts)

    def _at_home(self) -> None:
        if time.monotonic() >= self._sure_until:
            self.confirm()

    def _note(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a note: {name[:100]!r}")
        return self.root / _NOTES / name

    def _unfinished(self) -> Path:
        folder = self.root / _UNFINISHED
        if not folder.is_dir():
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.root.chmod(0o700)
            folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def _write(self, data: bytes | Path) -> Path:
        path = self._unfinished() / secrets.token_hex(16)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                if isinstance(data, Path):
                    with data.open("rb") as source:
                        shutil.copyfileobj(source, stream, _CHUNK_BYTES)
                else:
                    stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        except BaseException:
            with suppress(OSError):
                path.unlink()
            raise
        return path

    def _move(self, unfinished: Path, target: Path) -> None:
        for patience in range(100, -1, -1):
            self._make_folders(target.parent)
            try:
                unfinished.replace(target)
            except FileNotFoundError:  # a deletion just pruned the empty folder
                if not patience:
                    raise
            else:
                return

    def _make_folders(self, folder: Path) -> None:
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for made in reversed(missing):
            with suppress(FileExistsError, FileNotFoundError):
                made.mkdir(mode=0o700)
                _sync_folder(made.parent)

    def _prune(self, folder: Path) -> None:
        """Remove folders that have become empty, so that no names of people stay behind."""
        while folder != self.root:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent


@contextmanager
def _as_unavailable(key: str | None = None) -> Iterator[None]:
    """Turn errors of the file system into sentences; a missing `key` into FileMissing."""
    try:
        yield
    except OSError as problem:
        if key is not None and problem.errno in (errno.ENOENT, errno.ENOTDIR, errno.EISDIR):
            raise FileMissing(key) from problem
        if problem.errno in _FULL:
            sentence = _("The storage for private files is full. Free space, then try again.")
        else:
            sentence = _(
                "The storage for private files does not work ({reason}). Nothing was changed; "
                "try again when it does."
            ).format(reason=problem.strerror)
        raise VaultUnavailable(sentence) from problem


def _sync_folder(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:  # emptied and pruned by a deletion meanwhile: nothing to keep
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
