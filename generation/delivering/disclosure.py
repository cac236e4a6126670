"""What an organisation writes beside its photos, in each language of the product.

Kept here whole rather than in the catalogues: a lawyer reads them as they stand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.urls import reverse

from generation.models import Headshot

_GENERATED = {
    "en": (
        "The portraits on this page were made by a computer: an AI model drew them from photos "
        "that the people shown gave for this purpose. Each was compared with the person’s own "
        "photos, {picked}. The files carry signed content credentials (C2PA) that anybody can "
        "check at {address}."
    ),
    "de": (
        "Die Porträts auf dieser Seite hat ein Computer erstellt: Ein KI-Modell hat sie nach Fotos "
        "gezeichnet, die die gezeigten Personen dafür gegeben haben. Jedes wurde mit den eigenen "
        "Fotos der Person verglichen, {picked}. Die Dateien tragen signierte Herkunftsangaben "
        "(C2PA), die alle unter {address} prüfen können."
    ),
    "fr": (
        "Les portraits de cette page ont été réalisés par ordinateur : un modèle d’IA les a "
        "dessinés à partir de photos que les personnes représentées ont fournies à cette fin. "
        "Chacun a été comparé aux photos de la personne, {picked}. Les fichiers portent des "
        "informations d’origine signées (C2PA), que chacun peut vérifier sur {address}."
    ),
    "es": (
        "Los retratos de esta página fueron hechos por ordenador: un modelo de IA los dibujó a "
        "partir de fotos que las personas retratadas entregaron para este fin. Cada uno se comparó "
        "con las fotos de la persona, {picked}. Los archivos llevan credenciales de contenido "
        "firmadas (C2PA) que cualquiera puede comprobar en {address}."
    ),
}
# Who picked: each of the people shown, some of them, or none.
_PICKED = {
    "en": {
        "all": "chosen by the person and approved by {organisation}",
        "some": "chosen by the person or, where they did not choose in time, by {organisation}, "
        "and approved by {organisation}",
        "none": "chosen and approved by {organisation}",
    },
    "de": {
        "all": "von ihr ausgewählt und von {organisation} freigegeben",
        "some": "von ihr oder, wo sie nicht rechtzeitig gewählt hat, von {organisation} ausgewählt "
        "und von {organisation} freigegeben",
        "none": "von {organisation} ausgewählt und freigegeben",
    },
    "fr": {
        "all": "choisi par elle et approuvé par {organisation}",
        "some": "choisi par elle ou, si elle ne l’a pas fait à temps, par {organisation}, et "
        "approuvé par {organisation}",
        "none": "choisi et approuvé par {organisation}",
    },
    "es": {
        "all": "fue elegido por ella y aprobado por {organisation}",
        "some": "fue elegido por ella o, si no eligió a tiempo, por {organisation}, y aprobado por "
        "{organisation}",
        "none": "fue elegido y aprobado por {organisation}",
    },
}
Picked = Literal["all", "some", "none"]
_MIXED = {
    "en": "Some of them are real photos on the same backdrop; their files say so.",
    "de": "Einige davon sind echte Fotos vor demselben Hintergrund; ihre Dateien sagen das.",
    "fr": "Certains sont de vraies photos sur le même fond ; leurs fichiers l’indiquent.",
    "es": "Algunos son fotos reales sobre el mismo fondo; sus archivos lo indican.",
}


@dataclass(frozen=True)
class Disclosure:
    """The text in one language."""

    language: str
    name: str
    text: str


def picked_of(headshots: Iterable[Headshot]) -> Picked:
    """Whether all of the people picked their headshots themselves, some of them, or none."""
    in_their_place = {headshot.picked_in_their_place for headshot in headshots}
    if True not in in_their_place:
        return "all"
    return "some" if False in in_their_place else "none"


def texts(
    *, organisation: str, signed: bool, photographed: bool, picked: Picked
) -> list[Disclosure]:
    """The text in each language. Without signed files it promises none, it says who picked, and
    where real photos stand among the pictures it says that, too."""
    address = f"{settings.SITE_URL}{reverse('verify')}"
    names = dict(settings.LANGUAGES)
    made = []
    for language, text in _GENERATED.items():
        if not signed:
            text = text[: text.rindex(". ") + 1]
        if photographed:
            text = f"{text} {_MIXED[language]}"
        made.append(
            Disclosure(
                language,
                names.get(language, language),
                text.format(
                    picked=_PICKED[language][picked].format(organisation=organisation),
                    address=address,
                ),
            )
        )
    return made
