"""Run a server that refuses root as a system user of its own, and let that user reach it."""

from __future__ import annotations

import errno
import os
import pwd
import stat
import struct
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_ACL = "system.posix_acl_access"
_ACL_VERSION = 2
_USER_OBJ, _USER, _GROUP_OBJ, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
_NO_ID = 0xFFFFFFFF
_EXECUTE = 1

_Entry = tuple[int, int, int]  # tag, permissions, id


@dataclass(frozen=True)
class Account:
    """A user and group by number."""

    uid: int
    gid: int


def system_account(name: str) -> Account | None:
    """Return the system user `name`, made if missing; None when this machine cannot make one.

    Needs root. The user has no password, no home and no shell.
    """
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--no-create-home"]
        command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", name]
        with suppress(OSError):
            subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL)
        try:  # looked up again whatever useradd said: another process may have been first
            entry = pwd.getpwnam(name)
        except KeyError:
            return None
    return Account(entry.pw_uid, entry.pw_gid)


def let_reach(account: Account, folder: Path) -> None:
    """Let `account` walk down to `folder`, by the least change that does it.

    Each parent that stops the account gets an access-control entry that lets this one user
    pass (not list); where the file system has none, everybody may pass. `folder` itself is
    not changed. Raises OSError when neither is possible.
    """
    for parent in reversed(folder.parents):
        if not _may_pass(account, parent):
            _grant_pass(account, parent)


def let_read(account: Account, tree: Path) -> None:
    """Let `account` read all of `tree` (public program files, never private data)."""
    let_reach(account, tree)
    for folder, _, names in os.walk(tree):
        _add_mode(Path(folder), stat.S_IROTH | stat.S_IXOTH)
        for name in names:
            path = Path(folder, name)
            if not path.is_symlink():
                executable = path.stat().st_mode & stat.S_IXUSR
                _add_mode(path, stat.S_IROTH | (stat.S_IXOTH if executable else 0))


def _add_mode(path: Path, bits: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & bits != bits:
        path.chmod(mode | bits)


def _may_pass(account: Account, folder: Path) -> bool:
    """Ask the kernel, as that user: it alone knows all rules in force."""
    try:
        subprocess.run(
            ["/bin/sh", "-c", 'cd -- "$0"', str(folder)],
            check=True,
            capture_output=True,
            cwd="/",
            user=account.uid,
            group=account.gid,
            extra_groups=[],
        )
    except subprocess.CalledProcessError:
        return False
    return True


def _grant_pass(account: Account, folder: Path) -> None:
    try:
        entries = _read_acl(folder)
        os.setxattr(folder, _ACL, _packed(_with_pass(entries, account.uid)))
    except (OSError, AttributeError) as problem:  # no setxattr outside Linux
        if isinstance(problem, OSError) and problem.errno not in (errno.ENOTSUP, errno.EINVAL):
            raise
        _add_mode(folder, stat.S_IXOTH)


def _read_acl(folder: Path) -> list[_Entry]:
    try:
        raw = os.getxattr(folder, _ACL)
    except OSError as problem:
        if problem.errno != errno.ENODATA:
            raise
        mode = stat.S_IMODE(folder.stat().st_mode)
        return [
            (_USER_OBJ, mode >> 6 & 7, _NO_ID),
            (_GROUP_OBJ, mode >> 3 & 7, _NO_ID),
            (_OTHER, mode & 7, _NO_ID),
        ]
    return list(struct.iter_unpack("<HHI", raw[4:]))


def _with_pass(entries: list[_Entry], uid: int) -> list[_Entry]:
    """Return the entries with one that lets `uid` pass; nobody else's rights change."""
    shared = (_USER, _GROUP_OBJ, _GROUP)
    mask = next((p for tag, p, _ in entries if tag == _MASK), None)
    if mask is None:
        mask = next(p for tag, p, _ in entries if tag == _GROUP_OBJ)
    result: list[_Entry] = []
    own = 0
    for tag, permissions, ident in entries:
        if tag == _USER and ident == uid:
            own = permissions & mask
        elif tag != _MASK:
            # What the mask withheld stays withheld when the mask is widened below.
            kept = permissions & mask if tag in shared else permissions
            result.append((tag, kept, ident))
    result += [(_USER, own | _EXECUTE, uid), (_MASK, mask | own | _EXECUTE, _NO_ID)]
    return sorted(result, key=lambda entry: (entry[0], entry[2]))


def _packed(entries: list[_Entry]) -> bytes:
    body = b"".join(struct.pack("<HHI", *entry) for entry in entries)
    return struct.pack("<I", _ACL_VERSION) + body
