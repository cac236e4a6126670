"""Catalogues: what people read is translated, placeholders agree, what is compiled is fresh."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.jurisdictions import Jurisdiction
from accounts.releases import release_text
from generation import notices
from generation.models import State
from headshots.lib import catalogues
from headshots.management.commands.words import SCRIPTS
from tests.world import World, token

OTHERS = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
# What employees see: complete in every language, always.
EMPLOYEES = ("templates/employee", "templates/emails")
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*[^{}]*\}|<[a-z/][^>]*>|%%")


def catalog(language: str, name: str = "django") -> Catalog:
    folder = settings.BASE_DIR / "locale" / language / "LC_MESSAGES"
    return catalogues.read(folder / f"{name}.po", language)


def pairs(found: Catalog) -> Iterator[tuple[str, str]]:
    for message in found:
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        strings = [message.string] if isinstance(message.string, str) else list(message.string)
        for string in strings:
            if string:
                yield ids[-1], string


@pytest.mark.parametrize("language", OTHERS)
def test_what_employees_read_is_translated(language: str) -> None:
    known = catalog(language)
    marked = catalogues.collect(settings.BASE_DIR, (), EMPLOYEES)
    left = []
    for message in marked:
        found = known.get(message.id) if message.id else None
        if message.id and (found is None or message.id in catalogues.missing(known)):
            left.append(message.id)
    assert left == [], "run manage.py words, then translate"


@pytest.mark.parametrize("language", OTHERS)
def test_placeholders_and_links_are_those_of_the_english(language: str) -> None:
    def parts(text: str) -> list[str]:
        # How a date is written is the language's own.
        return sorted(re.sub(r":%[^}]*", "", part) for part in _PLACEHOLDER.findall(text))

    for name in ("django", "scripts"):
        for english, other in pairs(catalog(language, name)):
            if parts(english) != parts(other):
                # A singular may leave the number out.
                assert set(parts(other)) <= set(parts(english)), (english, other)


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_compiled_is_fresh(language: str) -> None:
    compiled = settings.BASE_DIR / "locale" / language / "LC_MESSAGES" / "django.mo"
    assert compiled.read_bytes() == catalogues.compiled(catalog(language))
    script = settings.BASE_DIR / SCRIPTS / "words" / f"{language}.js"
    assert script.read_text("utf-8") == catalogues.script(catalog(language, "scripts"))


def test_every_template_can_be_read_for_its_words() -> None:
    assert len(catalogues.collect(settings.BASE_DIR, (), ("templates",))) > 500


@pytest.mark.parametrize("language", OTHERS)
def test_a_release_has_a_text_of_its_own_in_each_law_and_language(
    world: World, language: str
) -> None:
    person = world.hire()[0]
    texts = {
        release_text(person, jurisdiction=where, language=spoken).text
        for where in Jurisdiction.values
        for spoken in ("en", language)
    }
    assert len(texts) == 2 * len(Jurisdiction.values)
    assert all("Acme" in text and "30" in text and "{" not in text for text in texts)


def test_an_employees_page_and_mail_speak_their_language(world: World, client: Client) -> None:
    from django.core import mail

    shoot = world.shoot(State.CHOOSING)
    shoot.employee.language = "de"
    shoot.employee.save()
    page = client.get(reverse("employee:start", args=[token(shoot)])).content.decode()
    assert '<html lang="de">' in page
    assert "Welches sind Sie?" in page
    shoot.refresh_from_db()
    notices.send(shoot=shoot, kind="choose")
    assert mail.outbox[-1].subject == "Ihre Porträts sind bereit zur Auswahl"
    client.post(reverse("employee:language", args=[token(shoot)]), {"language": "es"})
    shoot.invitation.refresh_from_db()
    notices.send(shoot=shoot, kind="choose")
    assert mail.outbox[-1].subject == "Sus retratos están listos para elegir"
    # Whoever acts for others is not drawn along.
    assert translation.get_language() == "en"


def test_members_read_in_the_language_of_their_browser(client: Client, db: None) -> None:
    page = client.get(reverse("account_login"), headers={"accept-language": "fr-CH,fr;q=0.9"})
    assert "Se connecter" in page.content.decode()
    client.post(reverse("set_language"), {"language": "de", "next": "/"})
    assert "Anmelden" in client.get(reverse("account_login")).content.decode()
