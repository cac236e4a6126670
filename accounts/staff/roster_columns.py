"""What a roster's columns mean: the fields of a person, and what files call them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from headshots.lib.problems import Problem
from headshots.lib.tables import Table

# The fields of a person in the order they are shown, and how many characters each may have.
LABELS: dict[str, str] = {
    "email": gettext_noop("E-mail"),
    "employee_number": gettext_noop("Employee number"),
    "first_name": gettext_noop("First name"),
    "last_name": gettext_noop("Last name"),
    "preferred_name": gettext_noop("Preferred name"),
    "title": gettext_noop("Title"),
    "department": gettext_noop("Department"),
    "location": gettext_noop("Location"),
    "language": gettext_noop("Language"),
}
LIMITS = {
    "email": 254,
    "employee_number": 60,
    "first_name": 100,
    "last_name": 100,
    "preferred_name": 100,
    "title": 150,
    "department": 100,
    "location": 100,
    "language": 40,
}
# What a column may be taken for besides a field: first and last name in one, the organisation's
# own attribute under the column's name, or nothing.
FULL_NAME = "name"
ATTRIBUTE = "attribute"
LEAVE_OUT = ""
CHOICES: dict[str, str] = {
    LEAVE_OUT: gettext_noop("Leave out"),
    **LABELS,
    FULL_NAME: gettext_noop("First and last name"),
    ATTRIBUTE: gettext_noop("Own attribute"),
}
MOST_ATTRIBUTES = 30
ATTRIBUTE_NAME_LIMIT = 60
ATTRIBUTE_LIMIT = 500

# What a column may be called, in lower case without punctuation: English, German, French,
# Spanish, Italian, Dutch, Portuguese, Swedish.
HEADERS: dict[str, tuple[str, ...]] = {
    "email": (
        "email", "e mail", "mail", "email address", "e mail address", "mail address", "work email",
        "work e mail", "business email", "company email", "primary email", "user principal name",
        "e mail adresse", "emailadresse", "mailadresse", "dienstliche e mail", "adresse e mail",
        "adresse email", "adresse électronique", "courriel", "correo", "correo electrónico",
        "correo electronico", "indirizzo email", "indirizzo e mail", "posta elettronica",
        "e mailadres", "emailadres", "endereço de email", "endereço de e mail", "e post",
        "e postadress",
    ),
    "employee_number": (
        "employee number", "employee no", "employee id", "employee code", "emp id", "emp no",
        "number", "no", "id", "staff number", "staff id", "personnel number", "payroll number",
        "worker id", "personalnummer", "personal nr", "mitarbeiternummer", "mitarbeiter id",
        "matricule", "numéro de matricule", "numéro d employé", "número de empleado",
        "numero de empleado", "matricola", "personeelsnummer", "número de funcionário",
        "matrícula", "anställningsnummer",
    ),
    "first_name": (
        "first name", "firstname", "given name", "forename", "vorname", "rufname", "prénom",
        "prenom", "nombre", "nombre de pila", "nome", "voornaam", "förnamn", "primeiro nome",
    ),
    "last_name": (
        "last name", "lastname", "surname", "family name", "nachname", "familienname", "zuname",
        "nom", "nom de famille", "apellido", "apellidos", "cognome", "achternaam", "apelido",
        "sobrenome", "efternamn",
    ),
    "preferred_name": (
        "preferred name", "preferred first name", "known as", "nickname", "goes by", "call name",
        "bevorzugter name", "spitzname", "nom d usage", "prénom d usage", "nombre preferido",
        "nome preferito", "roepnaam", "nome preferido", "tilltalsnamn",
    ),
    FULL_NAME: (
        "name", "full name", "display name", "employee", "employee name", "staff name",
        "vollständiger name", "vor und nachname", "mitarbeiter", "mitarbeiterin", "nom complet",
        "nom et prénom", "nombre completo", "nombre y apellidos", "nome completo",
        "nome e cognome", "volledige naam", "naam", "namn",
    ),
    "title": (
        "title", "job title", "position", "role", "job", "designation", "titel", "position titel",
        "stelle", "stellenbezeichnung", "funktion", "berufsbezeichnung", "poste", "fonction",
        "intitulé du poste", "puesto", "cargo", "titolo", "ruolo", "posizione", "functie",
        "função", "befattning",
    ),
    "department": (
        "department", "team", "dept", "division", "business unit", "org unit", "abteilung",
        "bereich", "service", "département", "équipe", "departamento", "área", "equipo",
        "reparto", "dipartimento", "afdeling", "avdelning",
    ),
    "location": (
        "location", "office", "site", "office location", "work location", "city", "standort",
        "arbeitsort", "büro", "ort", "niederlassung", "lieu", "lieu de travail", "bureau",
        "ville", "ubicación", "ubicacion", "oficina", "sede", "ciudad", "ufficio", "città",
        "locatie", "kantoor", "vestiging", "localização", "escritório", "plats", "kontor",
    ),
    "language": (
        "language", "preferred language", "lang", "locale", "sprache", "korrespondenzsprache",
        "langue", "langue préférée", "idioma", "lengua", "lingua", "taal", "língua", "språk",
    ),
}  # fmt: skip

# The languages that we write to people in, and what files call them.
LANGUAGES: dict[str, tuple[str, ...]] = {
    "en": ("en", "eng", "english", "englisch", "anglais", "inglés", "ingles", "inglese"),
    "de": ("de", "deu", "ger", "german", "deutsch", "allemand", "alemán", "aleman", "tedesco"),
    "fr": ("fr", "fra", "fre", "french", "französisch", "français", "francais", "francés"),
    "es": ("es", "spa", "spanish", "spanisch", "espagnol", "español", "espanol", "castellano"),
}
_LANGUAGE = {name: code for code, names in LANGUAGES.items() for name in names}
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_SAMPLE = 50


def plain(header: str) -> str:
    """A header in lower case, punctuation and underlines as single blanks."""
    return re.sub(r"[\W_]+", " ", header.lower()).strip()


def language_code(text: str) -> str | None:
    """The code of a language as people write it (“Deutsch”, de-AT, de_DE), None if not ours."""
    name = text.strip().lower()
    return _LANGUAGE.get(name) or _LANGUAGE.get(re.split(r"[-_ (]", name, maxsplit=1)[0])


def guess(table: Table, like: Mapping[str, str] | None = None) -> list[str]:
    """What each column of a file seems to be, by its name, else by what stands in it.

    `like` says by plain header what the columns of an earlier file were; it goes before our own
    guess. No field is given twice.
    """
    guessed = [LEAVE_OUT] * len(table.headers)
    taken: set[str] = set()

    def give(index: int, meaning: str | None) -> None:
        if meaning not in CHOICES or meaning in taken or guessed[index]:
            return
        guessed[index] = meaning
        if meaning not in (LEAVE_OUT, ATTRIBUTE):
            taken.add(meaning)

    names = [plain(header) for header in table.headers]
    decided = {index for index, name in enumerate(names) if name in (like or {})}
    for index in decided:
        give(index, (like or {})[names[index]])
    # The first of a field's names that is there wins, so that “e-mail” goes before “mail”.
    for field_name, known in HEADERS.items():
        found = [i for i, name in enumerate(names) if name in known and i not in decided]
        if found:
            give(min(found), field_name)
    if "email" not in taken:
        for index in range(len(names)):
            cells = [row.cells[index] for row in table.rows[:_SAMPLE] if row.cells[index]]
            if cells and sum(bool(_ADDRESS.fullmatch(c)) for c in cells) > len(cells) / 2:
                give(index, "email")
                break
    if {"first_name", "last_name"} <= taken and FULL_NAME in taken:
        guessed[guessed.index(FULL_NAME)] = LEAVE_OUT
    return guessed


def checked(headers: Sequence[str], meanings: Sequence[str]) -> list[str]:
    """The meanings that a person chose for a file's columns.

    Raises Problem: a choice that is none, no e-mail column, two columns for one field, too many
    attributes or one without a name.
    """
    if len(meanings) != len(headers) or any(meaning not in CHOICES for meaning in meanings):
        raise Problem(_("Choose for each column what it is."), code="columns")
    for meaning in (*LABELS, FULL_NAME):
        twice = [headers[i] for i, chosen in enumerate(meanings) if chosen == meaning]
        if len(twice) > 1:
            raise Problem(
                _(
                    "“{value}” and “{value2}” cannot both be {value3}. Leave one of them out."
                ).format(value=twice[0], value2=twice[1], value3=_(CHOICES[meaning])),
                code="column_twice",
            )
    if "email" not in meanings:
        raise Problem(
            _("Say which column has the e-mail addresses. People are recognised by them."),
            code="roster_no_email",
        )
    own = [headers[i] for i, chosen in enumerate(meanings) if chosen == ATTRIBUTE]
    if len(own) > MOST_ATTRIBUTES:
        raise Problem(
            _("At most {most_attributes} own attributes are kept.").format(
                most_attributes=MOST_ATTRIBUTES
            ),
            code="attributes",
        )
    if not all(own):
        raise Problem(_("An own attribute needs a name above its column."), code="attribute_name")
    if any(len(name) > ATTRIBUTE_NAME_LIMIT for name in own):
        raise Problem(
            _("The name of an own attribute has at most {attribute_name_limit} characters.").format(
                attribute_name_limit=ATTRIBUTE_NAME_LIMIT
            ),
            code="attribute_name",
        )
    return list(meanings)
