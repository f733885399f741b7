"""The variants of both layouts: each a name and what it takes to make it."""

from __future__ import annotations

from autonomy.core.originality import Percent
from tests.files.similarity_reports import classic, enhanced
from tests.files.similarity_reports.canvas import LETTER
from tests.files.similarity_reports.classic import Generated, Source, source_list
from tests.files.similarity_reports.printed import LANGUAGES

LONG_TITLE = (
    "A Very Long Account of Tidal Gardens, of the Harbours That Lie Behind Them, and of "
    "Everyone Who Counted Gulls There Between Two Winters"
)


def _below(value: float = 1) -> Percent:
    return Percent(value=value, below=True)


def _broken_title() -> Source:
    return Source(
        "A. Tarvik. “On the lamps of northern quays and on what they were lit for”, Coast Letters, 2011",
        "publication",
        Percent(value=5),
        (
            "A. Tarvik. “On the lamps of northern quays",
            "and on what they were lit for”, Coast",
            "Letters, 2011",
        ),
    )


def _columns_title() -> Source:
    """A title whose words stand in two columns."""
    return Source(
        "harbourlore.example \u00a0 \u00a0 \u00a0 \u00a0 \u00a0 \u00a0 \u00a0archived 2019",
        "internet",
        Percent(value=4),
    )


def _plain(source: Source) -> Source:
    return Source(" ".join(source.title.split()), source.kind, source.percent, (source.title,))


def _classic() -> dict[str, classic.Options]:
    o = classic.Options
    year = Source("1984", "publication", Percent(value=6))
    found: dict[str, classic.Options] = {}
    for seed, language in enumerate(LANGUAGES):
        found[f"plain-{language}"] = o(language=language, sources=source_list(seed, 7, language))
        found[f"break-{language}"] = o(
            language=language,
            sources=(*source_list(seed + 10, 2, language), _broken_title(), *source_list(3, 9)[5:]),
            break_at=3,
            percent_low=seed % 2 == 1,
            words=900 + 4_321 * seed,
        )
        found[f"kerned-{language}"] = o(
            language=language, sources=source_list(seed + 20, 4, language), kerned=True
        )
    found |= {
        "recycled-colours": o(sources=source_list(31, 45)),
        "two-line-labels": o(language="es", sources=source_list(32, 5, "es"), label_lines=2),
        "below-one": o(
            similarity=_below(),
            by_kind=(_below(), Percent(value=0), _below()),
            sources=source_list(33, 3, values=("<1", "<1", "<1")),
        ),
        "below-one-fr": o(
            language="fr",
            similarity=Percent(value=3),
            by_kind=(_below(), Percent(value=3), Percent(value=0)),
            sources=source_list(34, 12, "fr"),
            apart=True,
        ),
        "decimals": o(
            language="de",
            similarity=Percent(value=12.5),
            by_kind=(Percent(value=9.7), Percent(value=0.4), Percent(value=3)),
            sources=source_list(35, 4, "de", ("7,5", "3", "1,2", "<0,5")),
        ),
        "ligatures": o(
            title="Eﬃcient ﬂows and ﬁrm ﬁndings",
            sources=(
                Source("ﬁeldnotes.example/ﬂora", "internet", Percent(value=3)),
                Source("Oﬀset, K. “On ﬁrst ﬂowers”, Coast Letters", "publication", _below()),
            ),
        ),
        "no-break-spaces": o(
            language="fr",
            words=12_345,
            sources=source_list(36, 6, "fr"),
            apart=True,
        ),
        "long-title": o(title=LONG_TITLE, sources=(_broken_title(), *source_list(37, 4))),
        "columns-in-title": o(sources=(_plain(_columns_title()), *source_list(38, 3))),
        "years-as-titles": o(sources=(year, Source("2001", "internet", Percent(value=2)))),
        "no-sources": o(
            similarity=Percent(value=0),
            by_kind=(Percent(value=0), Percent(value=0), Percent(value=0)),
        ),
        "many-sources": o(language="pt", sources=source_list(39, 130, "pt")),
        "everything": o(similarity=Percent(value=100), sources=source_list(40, 2)),
        "no-cover": o(sources=source_list(41, 3), without=frozenset({"cover"})),
        "no-filters": o(sources=source_list(42, 3), without=frozenset({"filters"})),
        "no-kinds": o(
            language="de", sources=source_list(43, 3, "de"), without=frozenset({"kinds"})
        ),
        "figure-as-picture": o(similarity=None, sources=source_list(44, 3)),
        "kind-as-picture": o(
            by_kind=(Percent(value=10), None, Percent(value=8)), sources=source_list(45, 3)
        ),
        "filter-as-picture": o(sources=source_list(46, 3), filters=("on", "blot", "off")),
        "filter-by-percent": o(sources=source_list(47, 3), filters=("off", "on", "percent")),
        "all-filters-off": o(
            language="es", sources=source_list(48, 3, "es"), filters=("off", "off", "off")
        ),
        "sideways": o(sources=source_list(49, 11), turn=90, corner=(12.0, 30.0)),
        "upside-down": o(language="pt", sources=source_list(50, 6, "pt"), turn=180),
        "odd-size": o(sources=source_list(51, 9), size=(430.0, 910.0), turn=270),
        "letter-grading-behind": o(sources=source_list(52, 8), size=LETTER, grading=5),
        "hundreds-of-pages": o(sources=source_list(53, 5), pictures=400),
        "numbers-beside-the-middle": o(
            language="es", sources=source_list(55, 14, "es"), number_low=True
        ),
        "small-signs": o(
            sources=source_list(56, 12), small_signs=True, similarity=Percent(value=7)
        ),
        "numbers-as-pictures": o(sources=source_list(54, 6), without=frozenset({"numbers"})),
        "unknown-kind": o(
            sources=(Source("saltmarsh.example", "Ledger of Tides", Percent(value=2)),)
        ),
    }
    return found


def _enhanced() -> dict[str, enhanced.Options]:
    o = enhanced.Options
    passages = enhanced.passage_list
    found: dict[str, enhanced.Options] = {}
    for seed, language in enumerate(LANGUAGES):
        found[f"plain-{language}"] = o(
            language=language,
            sources=source_list(seed, 6, language),
            passages=passages(seed, 6, language, 6),
            flags=seed % 3,
        )
        found[f"break-{language}"] = o(
            language=language,
            sources=(*source_list(seed + 10, 3, language), _broken_title()),
            passages=passages(seed + 10, 16, language, 4),
            break_at=4,
            hyphens=True,
            badges="margin" if seed % 2 else "inline",
            words=700 + 3_987 * seed,
        )
        found[f"narrow-{language}"] = o(
            language=language,
            narrow=True,
            sources=source_list(seed + 20, 3, language),
            passages=passages(seed + 20, 3, language, 3),
            apart=seed % 2 == 0,
        )
    found |= {
        "annotations": o(
            sources=source_list(31, 5), passages=passages(31, 7, "en", 5), marks="annotations"
        ),
        "annotations-without-notes": o(
            sources=source_list(32, 5),
            passages=passages(32, 5, "en", 5),
            marks="annotations",
            badges="none",
        ),
        "colours-of-sources": o(
            sources=source_list(33, 20), passages=passages(33, 12, "en", 20), colours="source"
        ),
        "recycled-colours-without-numbers": o(
            language="es",
            sources=source_list(34, 25, "es"),
            passages=passages(34, 12, "es", 25),
            colours="source",
            badges="none",
        ),
        "groups-without-signs": o(
            sources=source_list(35, 4), passages=passages(35, 4, "en", 4), icons=False
        ),
        "below-one": o(
            similarity=_below(),
            groups=(
                (1, _below()),
                (0, Percent(value=0)),
                (0, Percent(value=0)),
                (0, Percent(value=0)),
            ),
            by_kind=(_below(), Percent(value=0), _below()),
            sources=source_list(36, 2, values=("<1", "<1")),
            passages=passages(36, 1, "en", 2),
        ),
        "ligatures": o(
            title="Efficient flows and firm findings",
            sources=source_list(37, 3),
            passages=(
                enhanced.Passage(
                    "The first five flocks fill the flat field with fine flutes.", 0, 1
                ),
                enhanced.Passage(
                    "Reflections find briefly what the offices finally confirm.", 1, 2
                ),
            ),
            ligatures=True,
        ),
        "decimals": o(
            language="fr",
            similarity=Percent(value=12.5),
            groups=(
                (9, Percent(value=10.2)),
                (1, Percent(value=2.3)),
                (0, Percent(value=0)),
                (0, Percent(value=0)),
            ),
            sources=source_list(38, 3, "fr", ("7,5", "3", "<0,5")),
            passages=passages(38, 3, "fr", 3),
            apart=True,
        ),
        "long-title": o(
            title=LONG_TITLE, sources=source_list(39, 3), passages=passages(39, 3, "en", 3)
        ),
        "author-set-like-the-title": o(
            same_size=True, sources=source_list(40, 3), passages=passages(40, 2, "en", 3)
        ),
        "no-sources": o(
            similarity=Percent(value=0),
            groups=((0, Percent(value=0)),) * 4,
            by_kind=(Percent(value=0),) * 3,
        ),
        "many-sources": o(
            language="de", sources=source_list(41, 140, "de"), passages=passages(41, 30, "de", 140)
        ),
        "many-passages": o(sources=source_list(42, 40), passages=passages(42, 150, "en", 40)),
        "no-cover": o(
            sources=source_list(43, 3),
            passages=passages(43, 3, "en", 3),
            without=frozenset({"cover"}),
        ),
        "no-words": o(sources=source_list(44, 3), without=frozenset({"words", "submission"})),
        "no-score": o(
            sources=source_list(45, 3),
            passages=passages(45, 2, "en", 3),
            without=frozenset({"score"}),
        ),
        "figure-as-picture": o(similarity=None, sources=source_list(46, 3)),
        "no-groups": o(
            sources=source_list(47, 3),
            passages=passages(47, 2, "en", 3),
            without=frozenset({"groups"}),
        ),
        "no-kinds-no-flags": o(
            language="pt",
            sources=source_list(48, 3, "pt"),
            passages=passages(48, 2, "pt", 3),
            without=frozenset({"kinds", "flags"}),
        ),
        "no-filters": o(sources=source_list(49, 2), without=frozenset({"filters"})),
        "no-source-list": o(passages=passages(50, 3, "en", 3), without=frozenset({"sources"})),
        "document-as-pictures": o(sources=source_list(51, 3), pictures=True),
        "sideways": o(
            sources=source_list(52, 5),
            passages=passages(52, 6, "en", 5),
            turn=90,
            corner=(8.0, 25.0),
        ),
        "turned-annotations": o(
            language="de",
            sources=source_list(53, 5, "de"),
            passages=passages(53, 6, "de", 5),
            turn=270,
            marks="annotations",
        ),
        "odd-size": o(
            sources=source_list(54, 5), passages=passages(54, 6, "en", 5), size=(700.0, 560.0)
        ),
        "document-shown-smaller": o(
            language="pt",
            sources=source_list(58, 5, "pt"),
            passages=passages(58, 12, "pt", 5),
            embedded="text",
            hyphens=True,
        ),
        "document-and-marks-shown-smaller": o(
            sources=source_list(59, 5),
            passages=passages(59, 12, "en", 5),
            embedded="all",
            turn=90,
        ),
        "letter-margin-numbers": o(
            language="es",
            sources=source_list(55, 5, "es"),
            passages=passages(55, 9, "es", 5),
            size=LETTER,
            badges="margin",
            flags=2,
        ),
        "hundreds-of-pages": o(
            sources=source_list(56, 3), passages=passages(56, 2, "en", 3), plain_pages=300
        ),
        "columns-in-title": o(sources=(_plain(_columns_title()), *source_list(57, 2))),
    }
    return found


CLASSIC = _classic()
ENHANCED = _enhanced()


def classic_report(name: str) -> Generated:
    return classic.make(CLASSIC[name])


def enhanced_report(name: str) -> Generated:
    return enhanced.make(ENHANCED[name], seed=list(ENHANCED).index(name))
