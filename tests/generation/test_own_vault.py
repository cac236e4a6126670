"""An empty folder where the share should be is not taken for the vault, nor an older database for
the one that knows every file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from accounts.actors import employee_actor
from generation import own_vault, states, tasks
from generation.finishing import renditions
from generation.leaving import journal, retention, strays, withdrawals
from generation.models import Certificate, Finishing, Selfie, Shoot, State
from generation.storage import vault
from headshots.lib import vault_mark
from headshots.lib.vault import VaultUnavailable
from tests.conftest import MARK
from tests.generation.leaving.test_strays import put
from tests.world import World, give_files


@pytest.fixture
def away(world: World, settings: Any) -> Path:
    """The share is not mounted any more: what was a vault is an empty folder."""
    root: Path = settings.PRIVATE_ROOT.with_name("mounted-later")
    settings.PRIVATE_ROOT = root
    root.mkdir()
    return root


@pytest.fixture
def unmarked(db: None) -> Iterator[None]:
    """A database from before there were marks."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {vault_mark.TABLE}")
    vault_mark._cached = ""
    yield
    vault_mark._cached = MARK


def of_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT mark FROM {vault_mark.TABLE}")
        return str((cursor.fetchone() or [""])[0])


def test_a_web_host_without_the_share_is_not_ready_and_takes_no_photo(
    client: Client, world: World, away: Path
) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["storage"] == "does not answer"
    with pytest.raises(VaultUnavailable, match="not mounted"):
        vault().put("some/photo.jpg", b"a face")
    assert not list(away.iterdir())


def test_nothing_is_said_to_be_gone_that_cannot_be_seen(
    world: World, settings: Any, tmp_path: Path
) -> None:
    shoot = world.shoot(State.DELIVERED)
    give_files(shoot)
    colleague = world.shoot(State.QUEUED)
    finishing = Finishing.objects.filter(headshot__shoot=shoot).get()
    Finishing.objects.update(state=Finishing.State.WAITING)
    photos = Selfie.objects.count()
    settings.PRIVATE_ROOT = tmp_path / "not-mounted"
    with pytest.raises(VaultUnavailable):
        renditions.render(finishing_id=finishing.pk)
    with pytest.raises(VaultUnavailable):
        withdrawals.withdraw(actor=employee_actor(shoot.employee), shoot=shoot)
    with pytest.raises(VaultUnavailable):
        retention.sweep()
    with pytest.raises(VaultUnavailable):
        strays.clear(organisation_id=world.organisation.pk)
    finishing.refresh_from_db()
    assert (finishing.state, finishing.attempts) == (Finishing.State.WAITING, 0)
    assert not Certificate.objects.exists()
    assert Selfie.objects.count() == photos
    assert states.locked(colleague.pk).state == State.QUEUED


def test_a_fresh_installation_marks_both(unmarked: None, settings: Any, tmp_path: Path) -> None:
    settings.PRIVATE_ROOT = tmp_path / "fresh"
    with pytest.raises(VaultUnavailable):
        vault().check()
    own_vault.make_one()
    vault().put("some/file", b"x")
    assert of_database() == vault().mark()
    mark = of_database()
    own_vault.make_one()
    assert (of_database(), vault().mark()) == (mark, mark)


def test_an_installation_from_before_is_marked_where_its_files_are(
    world: World, unmarked: None, settings: Any, tmp_path: Path
) -> None:
    vault_mark._cached = MARK
    world.shoot(State.CHOOSING)
    vault_mark._cached = ""
    there = settings.PRIVATE_ROOT
    shutil.rmtree(there / ".notes")
    settings.PRIVATE_ROOT = tmp_path / "empty"
    own_vault.make_one()
    assert of_database() == ""
    assert not settings.PRIVATE_ROOT.exists()
    settings.PRIVATE_ROOT = there
    own_vault.make_one()
    assert of_database() == vault().mark() != ""


def test_another_installations_vault_is_not_taken(
    world: World, settings: Any, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    (other / ".notes").mkdir(parents=True)
    (other / ".notes" / "mark").write_text("of another")
    settings.PRIVATE_ROOT = other
    own_vault.make_one()
    assert (of_database(), (other / ".notes" / "mark").read_text()) == (MARK, "of another")
    with pytest.raises(CommandError):
        call_command("check_vault")
    call_command("check_vault", adopt=True, stdout=StringIO())
    vault().put("some/file", b"x")


def test_a_database_from_a_backup_destroys_no_photo_that_it_does_not_know(world: World) -> None:
    shoot = world.shoot(State.COLLECTING)
    yesterday = vault_mark.turn()
    assert tasks.sweep()["vault_counted"] == 1
    tasks.sweep()
    later = put(f"{shoot.folder}/selfies/uploaded-since.jpg")
    vault_mark.set_turn(yesterday)
    with pytest.raises(own_vault.OlderDatabase):
        strays.begin()
    with pytest.raises(own_vault.OlderDatabase):
        strays.clear(organisation_id=world.organisation.pk)
    assert tasks.sweep()["failed_steps"] == 1
    said = StringIO()
    with pytest.raises(CommandError):
        call_command("check_vault", stdout=said)
    assert later in said.getvalue()
    assert "older than the vault" in said.getvalue()
    assert vault().exists(later)
    call_command("check_vault", mend=True, stdout=StringIO())
    assert strays.clear(organisation_id=world.organisation.pk) == 1
    assert tasks.sweep()["failed_steps"] == 0


def test_who_withdrew_does_so_again_after_a_backup(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    shoot, colleague = world.shoot(State.CHOOSING), world.shoot(State.CHOOSING)
    with django_capture_on_commit_callbacks(execute=True):
        withdrawals.withdraw(actor=employee_actor(shoot.employee), shoot=shoot)
    assert journal.undone() == []
    # As the backup has it: no certificate, their picture and their yes are there again.
    Certificate.objects.all().delete()
    Shoot.objects.filter(pk=shoot.pk).update(state=State.CHOOSING)
    shoot.refresh_from_db()
    assert shoot.release is not None
    type(shoot.release).objects.filter(pk=shoot.release_id).update(withdrawn_at=None)
    vault().put(f"{shoot.folder}/candidates/1.jpg", b"a face")
    said = StringIO()
    with pytest.raises(CommandError):
        call_command("check_vault", stdout=said)
    assert str(shoot.pk) in said.getvalue()
    assert vault().exists(f"{shoot.folder}/candidates/1.jpg")
    with django_capture_on_commit_callbacks(execute=True):
        call_command("check_vault", mend=True, stdout=StringIO())
    assert states.locked(shoot.pk).state == State.WITHDRAWN
    assert not list(vault().keys(shoot.folder))
    assert states.locked(colleague.pk).state == State.CHOOSING
    call_command("check_vault", stdout=StringIO())


def test_what_could_not_be_noted_is_noted_later(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    shoot = world.shoot(State.CHOOSING)
    with django_capture_on_commit_callbacks(execute=False):
        withdrawals.withdraw(actor=employee_actor(shoot.employee), shoot=shoot)
    assert not vault().notes("withdrawn-")
    assert tasks.sweep()["withdrawals_noted"] == 1
    assert vault().notes("withdrawn-") == [f"withdrawn-{shoot.pk}"]
    assert tasks.sweep()["withdrawals_noted"] == 0


def test_a_file_that_a_row_knows_and_is_not_there_is_named(world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    call_command("check_vault", stdout=StringIO())
    selfie = Selfie.objects.filter(shoot=shoot).first()
    assert selfie is not None
    vault().delete(selfie.file)
    said = StringIO()
    with pytest.raises(CommandError):
        call_command("check_vault", stdout=said)
    assert f"1 files that rows know are missing:\n  {selfie.file}" in said.getvalue()
