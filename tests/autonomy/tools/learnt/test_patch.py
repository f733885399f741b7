from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autonomy.tools.learnt.drift import Refused
from autonomy.tools.learnt.mending import Gathered
from autonomy.tools.learnt.patch import BadPatch, diff, patched
from autonomy.tools.learnt.proposed import by_model
from tests.autonomy.tools.learnt import drift_suite
from tests.autonomy.tools.learnt.apis import WORKS
from tests.autonomy.tools.learnt.mutations import MUTATIONS

lines = st.lists(st.text(alphabet="abc -+@:", max_size=6), max_size=8)


@given(lines, lines)
def test_a_diff_gives_what_it_was_made_of(before: list[str], after: list[str]) -> None:
    one, other = ("".join(f"{line}\n" for line in text) for text in (before, after))
    if one != other:
        assert patched(one, diff(one, other)) == other


HEAD = "--- wrapper\n+++ wrapper\n"


@pytest.mark.parametrize(
    "patch",
    [
        "",
        "accept: [202]",
        "--- settings.py\n+++ settings.py\n@@ -1,1 +1,1 @@\n-a\n+b\n",
        HEAD + "@@ -1,1 +1,1 @@\n-other\n+b\n",
        HEAD + "@@ -1,2 +1,1 @@\n-a\n+b\n",
        HEAD + "@@ -9,1 +9,1 @@\n-a\n+b\n",
        HEAD
        + "@@ -1,1 +1,1 @@\n-a\n+b\n--- /etc/passwd\n+++ /etc/passwd\n@@ -1,1 +1,1 @@\n-a\n+b\n",
        HEAD + "@@ -1,1 +1,1 @@\n-a\n+b\n" + "x" * 20_000,
    ],
)
def test_a_patch_of_anything_else_is_refused(patch: str) -> None:
    with pytest.raises(BadPatch):
        patched("a\n", patch)


def gathered(name: str) -> Gathered:
    mutation = next(m for m in MUTATIONS if m.name == name)
    fresh = tuple(drift_suite.answered(mutation, "", a) for a in WORKS.recorded)
    return Gathered(WORKS.tool(), fresh)


def proposal(*operations: str) -> str:
    return diff("", "response:\n" + "".join(f"- {operation}\n" for operation in operations))


RENAME = 'rename: {"from": "/items/*/%s", "to": "/items/*/title"}'


def test_a_model_may_vouch_for_a_name_when_all_values_agree() -> None:
    found = by_model(
        gathered("title is gone, shown_as was equal so far"),
        WORKS.recordings(),
        proposal(RENAME % "shown_as"),
        "The API renamed title to shown_as.",
    )
    assert not isinstance(found, Refused)
    assert found.candidate.compared == len(WORKS.recorded)


@pytest.mark.parametrize(
    ("mutation", "operations"),
    [
        ("a decoy of the same type", [RENAME % "name"]),
        ("a shortened title that is equal while titles are short", [RENAME % "short_title"]),
        ("title is gone, title_en was equal so far", [RENAME % "title_en"]),
        ("a field is gone", ['constant: {"at": "/items/*/doi", "value": "10.1/x"}']),
        ("a field is gone", ['default: {"at": "/items/*/doi", "value": ""}']),
        (
            "title and subtitle swapped beside a rename",
            ['rename: {"from": "/items/*/DOI", "to": "/items/*/doi"}'],
        ),
        ("an error under status 200", [RENAME % "name"]),
        ("times an hour later", ['coerce: {"at": "/items/*/published", "as": "epoch_to_iso"}']),
    ],
)
def test_a_model_is_not_believed_against_the_evidence(mutation: str, operations: list[str]) -> None:
    found = by_model(gathered(mutation), WORKS.recordings(), proposal(*operations), "It changed.")
    assert isinstance(found, Refused)
    assert found.reason


def test_a_model_changes_no_request() -> None:
    text = 'request:\n- rename: {"from": "/q", "to": "/query"}\n'
    found = by_model(
        gathered("title → name"), WORKS.recordings(), diff("", text), "The API renamed q."
    )
    assert isinstance(found, Refused)
    assert "request" in found.reason
