"""Invented titles, names, sentences and sources; none is of a real work or person."""

from __future__ import annotations

import random

TITLES = {
    "en": "Tidal Gardens and the Harbours Behind Them",
    "es": "Los jardines de la marea y sus puertos",
    "fr": "Les jardins de la marée et leurs ports",
    "de": "Gärten der Gezeiten und die Häfen dahinter",
    "pt": "Os jardins da maré e os seus portos",
}
AUTHORS = ("Marlow Tindale", "Inés Cobalto", "Odile Varenne", "Jörn Haldersen", "Bia Monteverde")

_WORDS = {
    "en": "the harbour keeps its old lamps while early boats drift past slow meadows and quiet "
    "stones hold water under grey skies before winter storms bring sand over every broken path "
    "where children count gulls beside painted doors until evening settles on narrow roofs",
    "es": "el puerto guarda sus faroles viejos mientras las barcas tempranas cruzan prados lentos y "
    "piedras calladas sujetan agua bajo cielos grises antes de que tormentas de invierno traigan "
    "arena sobre cada sendero donde niños cuentan gaviotas junto a puertas pintadas",
    "fr": "le port garde ses vieilles lampes pendant que des barques passent devant des prés lents et "
    "que des pierres calmes tiennent une eau sous un ciel gris avant les tempêtes qui portent du "
    "sable sur chaque sentier où des enfants comptent les mouettes près des portes peintes",
    "de": "der hafen hält seine alten lampen während frühe boote an langsamen wiesen treiben und "
    "stille steine wasser unter grauem himmel halten bevor winterstürme sand über jeden weg "
    "bringen wo kinder möwen neben bemalten türen zählen bis abend auf schmale dächer fällt",
    "pt": "o porto guarda suas lanternas antigas enquanto barcos cedo cruzam prados lentos e pedras "
    "quietas seguram água sob céu cinzento antes que tempestades de inverno tragam areia sobre cada "
    "caminho onde crianças contam gaivotas junto de portas pintadas até a noite",
}


def sentence(rng: random.Random, language: str, words: int = 12) -> str:
    """Words that mean nothing together; no two sentences of one seed are alike."""
    pool = _WORDS[language].split()
    chosen = [rng.choice(pool) for _ in range(words)]
    return f"{' '.join(chosen).capitalize()}."


_HOSTS = ("tidebook", "harbourlore", "saltmarsh", "lampkeeper", "drift-notes", "quayside")
_ENDS = ("example", "example.org", "test", "example.net")
_TOPICS = (
    "sediment under old grass",
    "the lamps of northern quays",
    "counting gulls by night",
    "painted doors and the sea",
    "storms as builders of dunes",
)


def source_title(rng: random.Random, kind: str) -> str:
    if kind == "internet":
        path = rng.choice(("", "/papers", "/notes/12", "/a/b?id=7"))
        return f"{rng.choice(_HOSTS)}.{rng.choice(_ENDS)}{path}"
    if kind == "publication":
        name = rng.choice(("Quillon", "Abernesse", "Tarvik", "Lorimund"))
        return f"{name}, {rng.choice('ABCDE')}. “On {rng.choice(_TOPICS)}”, Coast Letters, {rng.randint(1990, 2024)}"
    return f"Submitted to {rng.choice(('University of Westmark', 'Port Alder College', 'Institute of Tides'))}"
