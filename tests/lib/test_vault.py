"""The storage door: whole files or none, private, inside its root."""

from __future__ import annotations

import os
import pwd
import resource
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from headshots.lib.vault import FileMissing, Vault, VaultUnavailable


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "private")


def in_a_child(action: Callable[[], None]) -> int:
    """0: nothing raised; 1: VaultUnavailable, and its sentence tells about space; 2: else."""
    child = os.fork()
    if child == 0:
        status = 2
        try:
            action()
            status = 0
        except VaultUnavailable as problem:
            status = 1 if "full" in problem.sentence else 3
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_what_is_put_is_read_back_and_replaced(vault: Vault, tmp_path: Path) -> None:
    vault.put("org/shoot/a.jpg", b"one")
    assert vault.read("org/shoot/a.jpg") == b"one"
    source = tmp_path / "upload"
    source.write_bytes(b"two" * 1_000_000)
    vault.put("org/shoot/a.jpg", source)
    assert vault.size("org/shoot/a.jpg") == 3_000_000
    with vault.open("org/shoot/a.jpg") as stream:
        assert stream.read(6) == b"twotwo"
    assert vault.path("org/shoot/a.jpg").read_bytes() == source.read_bytes()
    assert source.exists()


def test_files_and_folders_are_private_whatever_the_umask(vault: Vault) -> None:
    before = os.umask(0)
    try:
        vault.put("org/shoot/a.jpg", b"x")
    finally:
        os.umask(before)
    for folder, _, names in os.walk(vault.root):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        for name in names:
            assert stat.S_IMODE(Path(folder, name).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "key",
    ["", "/", "/etc/passwd", "..", "a/../../b", "a//b", "a/", "./a", ".unfinished/x", "a/.hidden",
     "a\\..\\b", "a\0b", "a\nb", "ä", "a b", "x" * 201, "/".join(["abc"] * 300)],
)  # fmt: skip
def test_no_key_leaves_the_root_or_reaches_hidden_files(vault: Vault, key: str) -> None:
    for action in (vault.read, vault.exists, vault.delete, vault.delete_tree, vault.path):
        with pytest.raises(ValueError, match="not a key"):
            action(key)
    with pytest.raises(ValueError, match="not a key"):
        vault.put(key, b"x")


def test_a_link_planted_under_a_key_is_not_followed(vault: Vault, tmp_path: Path) -> None:
    vault.put("org/a", b"x")
    (tmp_path / "secret").write_bytes(b"secret")
    (vault.root / "org/b").symlink_to(tmp_path / "secret")
    with pytest.raises(VaultUnavailable):
        vault.read("org/b")
    vault.put("org/b", b"mine")
    assert (tmp_path / "secret").read_bytes() == b"secret"


def test_what_is_missing_is_said_so(vault: Vault) -> None:
    vault.put("org/a", b"x")
    for key in ("org/b", "nobody/a", "org", "org/a/b"):
        assert not vault.exists(key)
        with pytest.raises(FileMissing):
            vault.path(key)
        if key != "org":
            with pytest.raises(FileMissing):
                vault.open(key)
    assert vault.delete("org/b") is False
    assert vault.delete_tree("nobody") == 0


def test_deleting_leaves_no_trace_of_it_and_spares_the_neighbours(vault: Vault) -> None:
    for key in ("org/anna/1", "org/anna/more/2", "org/ann/1", "other/anna/1"):
        vault.put(key, b"x")
    assert list(vault.keys("org")) == ["org/ann/1", "org/anna/1", "org/anna/more/2"]
    assert vault.delete_tree("org/anna") == 2
    assert list(vault.keys()) == ["org/ann/1", "other/anna/1"]
    assert vault.delete("org/ann/1") is True
    assert list(vault.keys()) == ["other/anna/1"]
    assert not (vault.root / "org").exists()
    assert list((vault.root / ".unfinished").iterdir()) == []


def test_a_key_that_is_a_folder_cannot_be_a_file(vault: Vault) -> None:
    vault.put("org/a", b"x")
    with pytest.raises(VaultUnavailable):
        vault.put("org", b"y")
    with pytest.raises(VaultUnavailable):
        vault.put("org/a/b", b"y")
    assert list(vault.keys()) == ["org/a"]
    assert list((vault.root / ".unfinished").iterdir()) == []


def test_a_full_disk_keeps_the_old_file_and_leaves_no_half_one(vault: Vault) -> None:
    vault.put("org/a", b"old")

    def write_too_much() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        vault.put("org/a", b"n" * 1_000_000)

    def write_too_much_anew() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        vault.put("org/fresh/b", b"n" * 1_000_000)

    assert in_a_child(write_too_much) == 1
    assert in_a_child(write_too_much_anew) == 1
    assert vault.read("org/a") == b"old"
    assert list(vault.keys()) == ["org/a"]
    assert list((vault.root / ".unfinished").iterdir()) == []


def test_a_writer_killed_midway_leaves_nothing_under_the_key(vault: Vault, tmp_path: Path) -> None:
    vault.put("org/a", b"old")
    pipe = tmp_path / "slow"
    os.mkfifo(pipe)
    child = os.fork()
    if child == 0:
        vault.put("org/a", pipe)
        os._exit(0)
    with pipe.open("wb") as stream:
        stream.write(b"n" * 10_000)
        stream.flush()
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert vault.read("org/a") == b"old"
    assert list(vault.keys()) == ["org/a"]
    assert vault.clear_unfinished() == 0, "it may still be somebody's"
    assert vault.clear_unfinished(older_than_s=-1) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_storage_without_rights_is_unavailable_not_a_crash(vault: Vault) -> None:
    vault.put("org/a", b"x")

    def as_somebody_else() -> None:
        os.setuid(pwd.getpwnam("nobody").pw_uid)
        for action in (lambda: vault.put("org/b", b"x"), lambda: vault.read("org/a"), vault.check):
            try:
                action()
            except VaultUnavailable:
                continue
            os._exit(9)

    assert in_a_child(as_somebody_else) == 0


def test_check_passes_on_a_working_storage_and_fails_when_space_runs_out(vault: Vault) -> None:
    vault.check()
    assert list(vault.keys()) == []
    with pytest.raises(VaultUnavailable, match="MB are free"):
        vault.check(least_free_bytes=1 << 60)


def test_putting_while_others_delete_never_fails(vault: Vault) -> None:
    problems: list[BaseException] = []

    def put_and_delete(name: str) -> None:
        try:
            for _ in range(60):
                vault.put(f"org/shoot/{name}", b"x")
                vault.delete(f"org/shoot/{name}")
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=put_and_delete, args=(n,)) for n in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_without_its_mark_nothing_is_read_written_or_destroyed(tmp_path: Path) -> None:
    root = tmp_path / "share"
    ours = Vault(root, mark=lambda: "ours")
    for action in (
        lambda: ours.put("org/a", b"x"),
        lambda: ours.read("org/a"),
        lambda: ours.exists("org/a"),
        lambda: ours.delete("org/a"),
        lambda: ours.delete_tree("org"),
        lambda: list(ours.keys()),
        lambda: ours.folder("org/training"),
        ours.check,
        ours.clear_unfinished,
    ):
        with pytest.raises(VaultUnavailable, match="not mounted"):
            action()
    assert not root.exists()
    ours.sign("ours")
    ours.put("org/a", b"x")
    assert list(ours.keys()) == ["org/a"]
    # The share goes away under a running process: what destroys notices at once.
    root.rename(tmp_path / "elsewhere")
    root.mkdir()
    with pytest.raises(VaultUnavailable):
        ours.delete_tree("org")
    with pytest.raises(VaultUnavailable):
        ours.exists("org/a")
    assert not list(root.iterdir())
    Vault(root).sign("another's")
    with pytest.raises(VaultUnavailable):
        ours.put("org/b", b"x")


def test_notes_are_no_keys(vault: Vault) -> None:
    vault.write_note("turn", b"1")
    vault.write_note("turn", b"2")
    assert vault.read_note("turn") == b"2"
    assert vault.read_note("none") is None
    assert vault.notes("tu") == ["turn"]
    assert list(vault.keys()) == []
    assert vault.folders() == []
    with pytest.raises(ValueError, match="not a note"):
        vault.write_note("../x", b"")
