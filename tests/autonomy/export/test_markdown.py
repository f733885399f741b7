from __future__ import annotations

from autonomy.core.markers import MARKER
from autonomy.export.markdown import write_markdown
from tests.autonomy.export.works import document


def test_markdown_reads_like_the_document() -> None:
    text = write_markdown(
        document(
            "True [[p:chapter-4]].\n\n## Deeper\n\n- *one*\n- two",
            notice="No model.",
            date="2026-11-22",
        )
    )
    assert text == (
        "# A study of reading\n\n*22 November 2026*\n\n> No model.\n\n## Part 1\n\n"
        "True (Okafor, 2020, p. 4).\n\n### Deeper\n\n- *one*\n- two\n\n## References\n\n"
        "Okafor, A. (2020) ‘Reading closely’, in M. Weber (ed.) *Handbook of reading*. "
        "Berlin: Springer, pp. 12–40.\n"
    )


def test_numbered_references_are_a_numbered_list() -> None:
    text = write_markdown(document("One [[p:chapter-4]], two [[p:book-4]].", style="vancouver"))
    assert "\n1.  Okafor A." in text
    assert "\n2.  Booth WC" in text


def test_bracketed_labels_stand_before_their_reference() -> None:
    text = write_markdown(document("One [[p:chapter-4]].", style="ieee"))
    assert "\\[1\\] A. Okafor" in text


def test_no_marker_and_no_html_is_left() -> None:
    text = write_markdown(document("One [[p:book-4]] <b>x</b> <script>y</script>."))
    assert not MARKER.search(text)
    assert "<script>" not in text.replace("\\<script\\>", "")


def test_notes_become_markdown_footnotes() -> None:
    text = write_markdown(document("One [[p:book-4]].", style="chicago-notes"))
    assert "One.[^1]" in text
    assert "[^1]: Wayne C. Booth" in text
