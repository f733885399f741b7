from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from autonomy.core.words import content_words, key_terms, likeness, overlap, stem, stems, under_cue


def test_content_words_leave_out_function_words_and_case() -> None:
    assert content_words("The reefs of Marra were NOT bleached") == ["reefs", "marra", "bleached"]


def test_inflected_forms_share_a_stem() -> None:
    assert stems("measured measuring measurement") == stems("measure measurement")


def test_overlap_is_the_share_of_the_query_that_the_text_has() -> None:
    assert overlap(stems("grazing fish"), stems("fish that graze seaweed")) == 1.0
    assert overlap(stems("grazing fish"), stems("lorries on the coast road")) == 0.0
    assert overlap(frozenset(), stems("anything")) == 0.0


def test_likeness_is_symmetric_and_bounded() -> None:
    a, b = stems("closed fishing season"), stems("fishing season ends")
    assert likeness(a, b) == likeness(b, a)
    assert 0 < likeness(a, b) < 1
    assert likeness(a, a) == 1.0


def test_key_terms_must_recur_and_not_repeat_the_topic() -> None:
    texts = [
        "dense seaweed covers coral reefs",
        "dense seaweed kills coral reefs",
        "one long sentence about lorries",
    ]

    assert key_terms(texts, exclude=stems("coral reefs")) == ["dense seaweed"]


def test_a_heading_fits_a_cue_whatever_its_form() -> None:
    assert under_cue("4 Experiments › 4.1 Limitation", ["limitations"])
    assert not under_cue("4 Experiments", ["limitations"])


def test_many_threads_stem_at_once() -> None:
    """A stemmer keeps its word in itself: one for all threads mixed them up, and raised."""
    ends = "al ally ed ing ional ions isation izing s ating".split()
    words = [f"{start}{end}" for start in "relat condition nation organ".split() for end in ends]
    expected = [stem(word) for word in words]

    def work(_: int) -> list[str]:
        return [stem.__wrapped__(word) for word in words]

    with ThreadPoolExecutor(4) as pool:
        assert all(found == expected for found in pool.map(work, range(800)))
