"""Catalogues: what people read is translated, placeholders agree, what is compiled is fresh."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

import pytest
from babel.messages.catalog import Catalog
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts import audit_words
from accounts.consent.jurisdictions import Jurisdiction
from accounts.consent.releases import release_text
from accounts.models import Employee
from accounts.staff import roster_columns
from generation.delivering import disclosure
from generation.inviting import notices
from generation.models import State
from headshots.lib import catalogues
from headshots.management.commands.words import CODE, SCRIPTS, TEMPLATES
from tests.unmarked import unmarked
from tests.world import World, token

OTHERS = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
# Read by those who build on the API or on the product itself, in English.
FOR_BUILDERS = ("developers/", "components_page.html", "components_sample.html", "demo_mail.html")
# Markup that is no page's words: what mail programs and allauth are told.
NO_WORDS = (
    "allauth/elements/button.html",
    "components/chosen.html",
)
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
def test_every_marked_sentence_is_translated(language: str) -> None:
    for name, marked in (
        ("django", catalogues.collect(settings.BASE_DIR, CODE, TEMPLATES)),
        ("scripts", catalogues.collect_scripts(settings.BASE_DIR, SCRIPTS)),
    ):
        known = catalog(language, name)
        missing = {str(message) for message in catalogues.missing(known)}
        left = [
            message.id
            for message in marked
            if message.id and (known.get(message.id) is None or str(message.id) in missing)
        ]
        assert left == [], "run manage.py words, then translate"


def test_every_sentence_of_a_template_is_marked() -> None:
    folder = settings.BASE_DIR / "templates"
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix not in (".html", ".txt") or name.startswith((*FOR_BUILDERS, *NO_WORDS)):
            continue
        if said := list(unmarked(path.read_text("utf-8"))):
            found[name] = said
    assert found == {}


def test_unmarked_words_are_noticed_wherever_they_stand() -> None:
    for template in (
        "<p>Choose a look</p>",
        '<button data-busy="Saving">{% translate "Save" %}</button>',
        '{% include "components/empty.html" with title="Nobody" %}',
        "<p>{{ n }} people</p>",
        '{{ name|default:"Nobody yet" }}',
        '{% include "components/dialog.html" with text=name|add:" can go." %}',
    ):
        assert list(unmarked(template)), template
    for template in (
        '<p title="{% translate "Look" %}">{% blocktranslate %}{{ n }}{% endblocktranslate %}</p>',
        '{% include "components/empty.html" with title=_("Nobody") icon="people" %}',
        "<script>var words = 1;</script><b>Headshots</b> {{ person.name }}",
    ):
        assert not list(unmarked(template)), template


_ACTION = re.compile(
    r'action=f?"([a-z_]+\.[a-z_{}.]+)"|"((?:member|sso|domain|employees)\.[a-z_]+)"'
)


def test_every_act_of_the_log_has_words() -> None:
    acts = set()
    for app in ("accounts", "billing", "generation"):
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            if "api" in path.parts:
                continue
            for found in _ACTION.findall(path.read_text("utf-8")):
                acts.add(found[0] or found[1])
    acts |= {f"shoot.{state}" for state in State.values if state != State.INVITED}
    acts |= {f"order.refinish_{state}" for state in ("approved", "discarded", "undone")}
    unnamed = {act for act in acts if "{" not in act} - set(audit_words.ACTS)
    assert unnamed == set()


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_a_language_is_known_wherever_code_has_words_of_its_own(language: str) -> None:
    assert language in Employee.Language.values
    assert roster_columns.language_code(language) == language
    assert (settings.BASE_DIR / "headshots/formats" / language / "formats.py").is_file()
    for picked in get_args(disclosure.Picked):
        said = disclosure.texts(organisation="Acme", signed=True, photographed=True, picked=picked)
        assert language in {text.language for text in said}


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
