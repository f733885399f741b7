"""Words of a Word file changed, and nothing else."""

from __future__ import annotations

import random
import re
import subprocess
from pathlib import Path

import pytest

from autonomy.library.drafts.draft import BadChange, Draft, changed
from autonomy.library.drafts.markup import STRICT, Unreadable, read_markup
from autonomy.library.drafts.package import Wanted, with_changes
from autonomy.library.drafts.revisions import Edit, Signature, revise
from autonomy.library.drafts.word import read_word
from autonomy.library.parsed import ParseLimits
from tests.autonomy.library.drafts.accepting import body_of, decided, skeleton, texts
from tests.files.drafts import members, raw, rich_draft, written

US = Signature("HandyWriterz", "2026-05-01T09:30:00Z")
LIMITS = ParseLimits()


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(rich_draft(), tmp_path_factory.mktemp("draft") / "draft.docx")


@pytest.fixture(scope="module")
def draft(rich: Path) -> Draft:
    return read_word(rich, "draft.docx", LIMITS)


def some_changes(draft: Draft, seed: int, tracked: bool = True) -> list[Wanted]:
    """Changes anywhere in the prose that may be changed: words out, words in, words exchanged."""
    rng = random.Random(seed)
    found: list[Wanted] = []
    for block in draft.blocks:
        if not block.prose:
            continue
        at = 0
        for match in re.finditer(r"[^\W\d_]+ ?", block.text):
            start, end = match.span()
            if start < at or rng.random() < 0.85:
                continue
            end = min(len(block.text), end + rng.choice((0, 0, 3, 12)))
            kind = rng.randrange(3)
            after = ("", "brisk & <early> ", match[0] + "“new” ")[kind]
            if not block.holds(start, end) and end > start:
                found.append(
                    Wanted(block=block.id, start=start, end=end, after=after, tracked=tracked)
                )
                at = end + 1
    return found


def expected(draft: Draft, changes: list[Wanted], texts: list[str]) -> list[str]:
    made = list(texts)
    for block in draft.blocks:
        own = [change for change in changes if change.block == block.id]
        made[int(block.id[1:])] = changed(block.text, list(own))
    return made


@pytest.mark.parametrize("seed", range(4))
def test_accepting_gives_the_new_words_and_rejecting_the_old_ones(
    rich: Path, draft: Draft, seed: int
) -> None:
    changes = some_changes(draft, seed)
    assert len(changes) > 100
    before = rich.read_bytes()

    made = with_changes(rich, changes, US, LIMITS)

    said = texts(body_of(before))
    assert texts(decided(made, US.author, accept=True)) == expected(draft, changes, said)
    assert texts(decided(made, US.author, accept=False)) == said
    for accept in (True, False):
        assert skeleton(decided(made, US.author, accept=accept)) == skeleton(body_of(before))


def test_every_other_part_and_every_untouched_byte_stays(rich: Path, draft: Draft) -> None:
    changes = some_changes(draft, 9)[:3]

    made = with_changes(rich, changes, US, LIMITS)

    old, new = members(rich.read_bytes()), members(made)
    assert list(old) == list(new)
    assert [name for name in old if old[name] != new[name]] == ["word/document.xml"]
    part, revised = old["word/document.xml"], new["word/document.xml"]
    touched = spans(part, changes)
    assert 1 <= len(touched) <= 6
    at = found = 0
    for start, end in [*touched, (len(part), len(part))]:
        kept = part[at:start]
        found = revised.index(kept, found) + len(kept)
        at = end
    assert found == len(revised)


def spans(part: bytes, changes: list[Wanted]) -> list[tuple[int, int]]:
    """Bytes of the runs that the changes lie in."""
    found = []
    for paragraph in read_markup(part):
        for change in (one for one in changes if one.block == f"p{paragraph.number}"):
            at = 0
            for piece in paragraph.pieces:
                if piece.text and at < change.end and change.start < at + len(piece.text):
                    found.append((piece.start, piece.end))
                at += len(piece.text)
    return sorted(set(found))


def test_changes_that_are_decided_leave_no_trace(rich: Path, draft: Draft) -> None:
    changes = some_changes(draft, 5, tracked=False)
    made = with_changes(rich, changes, US, LIMITS)
    assert US.author.encode() not in members(made)["word/document.xml"]
    said = texts(body_of(rich.read_bytes()))
    assert texts(body_of(made)) == expected(draft, changes, said)


def test_ids_of_changes_are_used_once(rich: Path, draft: Draft) -> None:
    made = with_changes(rich, some_changes(draft, 2), US, LIMITS)
    part = members(made)["word/document.xml"].decode()
    ids = re.findall(r'<w:(?:ins|del) w:id="(\d+)" w:author="HandyWriterz"', part)
    others = re.findall(r'w:id="(\d+)"', members(rich.read_bytes())["word/document.xml"].decode())
    assert len(ids) == len(set(ids))
    assert not set(ids) & set(others)


def test_what_must_stay_is_refused_and_nothing_is_written(draft: Draft, rich: Path) -> None:
    block = next(b for b in draft.blocks if b.held and b.prose)
    held = block.held[0]
    for start, end in ((held.start, held.end), (held.start - 2, held.start + 1)):
        wanted = Wanted(block=block.id, start=start, end=end, after="x")
        with pytest.raises(BadChange, match="must stay"):
            with_changes(rich, [wanted], US, LIMITS)
    noted = next(b for b in draft.blocks if any(m.kind == "footnote" for m in b.marks))
    at = next(m.at for m in noted.marks if m.kind == "footnote")
    with pytest.raises(BadChange, match="note or an image"):
        with_changes(rich, [Wanted(block=noted.id, start=at - 1, end=at + 1, after="")], US, LIMITS)


# -------------------------------------------------------------- what other programs may write


def revised(body: str, *edits: Edit, **how: str) -> bytes:
    part = members(raw(body, **how))["word/document.xml"]
    return revise(part, {0: edits}, US)


def test_formatting_stays_with_the_words_that_have_it() -> None:
    body = "<w:p><w:r><w:t>Say </w:t></w:r><w:r><w:rPr><w:i/></w:rPr><w:t>it now</w:t></w:r></w:p>"
    made = revised(body, Edit(0, 6, "Tell it"))
    assert b'<w:ins w:id="3"' in made  # after a deletion in each run
    assert b"<w:r><w:rPr><w:i/></w:rPr><w:t" in made
    assert b'<w:r><w:t xml:space="preserve">Tell it</w:t></w:r></w:ins>' in made


@pytest.mark.parametrize(
    ("declaration", "root", "tag"),
    [
        (f'xmlns="{STRICT}"', "document", ""),
        (f'xmlns:o="{STRICT}"', "o:document", "o:"),
    ],
)
def test_any_prefix_of_the_namespace_is_followed(declaration: str, root: str, tag: str) -> None:
    body = f"<{tag}p><{tag}r><{tag}t>old words</{tag}t></{tag}r></{tag}p>"
    made = revised(body, Edit(0, 3, "new"), declaration=declaration, root=root)
    (paragraph,) = read_markup(made)
    assert paragraph.text == "new words"
    assert f"<{tag}ins".encode() in made


def test_tags_attributes_and_entities_are_read_as_xml_is() -> None:
    body = (
        "<w:p w:note=\"a > b\"><w:r w:x='>'><w:t>A &amp; B</w:t><w:tab/><w:t>&#233;t&#xE9;</w:t></w:r>"
        "<w:r/><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r></w:p>"
    )
    (paragraph,) = read_markup(members(raw(body))["word/document.xml"])
    assert paragraph.text == "A & B\tété"
    made = revised(body, Edit(0, 1, "<C>"), Edit(6, 7, "E"))
    (paragraph,) = read_markup(made)
    assert paragraph.text == "<C> & B\tEté"
    assert b"<w:t>hidden</w:t>" in made
    assert b"<w:tab/>" in made


def test_a_paragraph_in_a_box_is_no_paragraph_of_the_text() -> None:
    body = (
        "<w:p><w:r><w:t>out</w:t></w:r><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>in</w:t></w:r></w:p>"
        "</w:txbxContent></w:pict></w:r></w:p><w:p><w:r><w:t>next</w:t></w:r></w:p>"
    )
    assert [p.text for p in read_markup(members(raw(body))["word/document.xml"])] == ["out", "next"]


def test_a_field_over_several_paragraphs_holds_them_all() -> None:
    sign = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    body = (
        f"<w:p>{sign.format('begin')}<w:r><w:instrText>ADDIN ZOTERO_BIBL</w:instrText></w:r>"
        f"{sign.format('separate')}<w:r><w:t>Berg</w:t></w:r></w:p><w:p><w:r><w:t>Lee</w:t></w:r></w:p>"
        f"<w:p><w:r><w:t>Tanaka</w:t></w:r>{sign.format('end')}</w:p><w:p><w:r><w:t>free</w:t></w:r></w:p>"
    )
    paragraphs = read_markup(members(raw(body))["word/document.xml"])
    assert [p.controlled for p in paragraphs] == [False, True, True, False]
    assert [any(piece.plain for piece in p.pieces) for p in paragraphs] == [False] * 3 + [True]


@pytest.mark.parametrize(
    "part",
    [
        b"<!DOCTYPE d [<!ENTITY x 'y'>]><d>&x;</d>",
        b"<!-- " + b"x" * 70_000 + b" --><!DOCTYPE d SYSTEM 'file:///etc/passwd'><d/>",
        b"<d>" * 300 + b"</d>" * 300,
        b"<d><p></d>",
        b"",
    ],
)
def test_what_no_word_processor_writes_is_refused(part: bytes) -> None:
    with pytest.raises(Unreadable):
        read_markup(part)


# ------------------------------------------------------------------------------- LibreOffice


def test_libreoffice_opens_it_with_every_change_tracked(
    rich: Path, draft: Draft, tmp_path: Path
) -> None:
    changes = some_changes(draft, 1)
    made = written(with_changes(rich, changes, US, LIMITS), tmp_path / "tracked.docx")
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    subprocess.run(
        ["soffice", "--headless", profile, "--convert-to", "fodt", "--outdir", tmp_path, made],
        check=True, capture_output=True, timeout=170,
    )  # fmt: skip

    opened = (tmp_path / "tracked.fodt").read_text()

    regions = re.findall(
        r"<text:(insertion|deletion)>\s*<office:change-info>\s*<dc:creator>(.*?)<", opened
    )
    counts = {kind: regions.count((kind, US.author)) for kind in ("insertion", "deletion")}
    assert counts == wanted_regions(changes)
    assert sum(who == "Carol" for _, who in regions) == 2 * sum(
        any(h.kind == "revision" for h in b.held) for b in draft.blocks
    )
    assert opened.count("<text:note ") == sum(
        m.kind == "footnote" for b in draft.blocks for m in b.marks
    )


def wanted_regions(changes: list[Wanted]) -> dict[str, int]:
    return {
        "insertion": sum(bool(one.after) for one in changes),
        "deletion": sum(one.end > one.start for one in changes),
    }
