"""Code steps in the whole loop on the rule path: the sandbox is real, and every number is computed
again here by other means."""

from __future__ import annotations

import io
import statistics
from collections import Counter, defaultdict
from datetime import date

import docx
import pytest
from docx.oxml.ns import qn

from autonomy.agents.headway import Computing
from autonomy.core.sandbox import NoSandbox
from autonomy.core.types import Author, EventDraft, Step, StepKind, StepStatus, StopReason
from autonomy.export.document import Document
from autonomy.export.exhibits import Exhibit
from autonomy.export.formats import export
from autonomy.library.parsed import ParseLimits
from tests.autonomy.agents import data_world
from tests.autonomy.agents.data_world import data_deps, filled
from tests.autonomy.agents.test_loop import Ride
from tests.files.tables import as_csv, parsed_sales, sales

GOAL = "Analyse this CSV of sales: trend of price and differences between regions"


def exhibit(document: Document, title: str) -> Exhibit:
    return next(e for e in document.exhibits if e.title == title)


def text_of(document: Document) -> str:
    return "\n\n".join(section.markdown for section in document.sections)


@pytest.fixture(scope="module")
def content() -> bytes:
    return sales()


async def test_ten_thousand_rows_become_a_document_whose_numbers_are_right(content: bytes) -> None:
    ride = await Ride(data_deps(GOAL, {"sales.csv": content})).go()

    assert ride.state["stop_reason"] == StopReason.COMPLETED, ride.state["verdict"].reason
    document = ride.document
    kinds = Counter(e.kind for e in document.exhibits)
    assert kinds["figure"] >= 1
    assert kinds["table"] >= 1
    rows = parsed_sales(content)
    prices: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        prices[row["Region"]].append(float(row["Price (€)"]))
    by_region = {row[0]: row for row in exhibit(document, "Price (€) by Region").rows}
    assert set(by_region) == set(prices)
    for region, values in prices.items():
        _, n, mean, deviation, median = by_region[region]
        assert n == f"{len(values):,}"
        assert mean == f"{statistics.fmean(values):,.2f}"
        assert deviation == f"{statistics.stdev(values):,.2f}"
        assert median == f"{statistics.median(values):,.2f}"
    months: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        months[row["Date"][:7]].append(float(row["Price (€)"]))
    top = max(months, key=lambda month: statistics.fmean(months[month]))
    spelt = date.fromisoformat(f"{top}-01").strftime("%B %Y")
    said = f"highest in {spelt} ({statistics.fmean(months[top]):,.2f} €, n = {len(months[top]):,})"
    assert said in text_of(document)
    word = docx.Document(io.BytesIO(export(filled(document, ride.deps), "docx").data))
    assert len(list(word.element.body.iter(qn("wp:docPr")))) == kinds["figure"]
    assert len(word.tables) == kinds["table"]
    missing = sum(not row["Weight [kg]"] for row in rows)
    assert f"{missing} ({missing / len(rows) / 7:.1%}".replace("%", " %") in text_of(document)
    counts = Counter(row["Region"] for row in rows)
    for name, n, share in exhibit(document, "Rows by Region").rows:
        assert n == f"{counts[name]:,}"
        assert share == f"{100 * counts[name] / len(rows):.1f}"


async def test_the_text_names_every_table_and_figure_in_the_order_of_their_numbers(
    content: bytes,
) -> None:
    ride = await Ride(data_deps(GOAL, {"sales.csv": content})).go()

    document = ride.document
    text = text_of(document)
    for kind in ("figure", "table"):
        numbers = [e.number for e in document.exhibits if e.kind == kind]
        assert numbers == list(range(1, len(numbers) + 1))
    places = [text.index(f"](exhibit:{e.id})") for e in document.exhibits]
    assert places == sorted(places)
    for one in document.exhibits:
        assert text.index(one.label) < text.index(f"](exhibit:{one.id})")
    assert all(e.alt for e in document.exhibits if e.kind == "figure")
    assert all("n = " in e.note for e in document.exhibits if e.kind == "figure")


async def test_how_it_was_computed_is_kept_and_the_file_is_cited(content: bytes) -> None:
    ride = await Ride(data_deps(GOAL, {"sales.csv": content})).go()

    document = ride.document
    body = ride.deps.artifacts.bodies[document.analyses[0]]  # type: ignore[attr-defined]
    provenance = body["provenance"]
    assert 'pd.read_csv("data.csv"' in provenance["program"]
    assert provenance["author"] == Author.RULE
    assert set(provenance["versions"]) == {"python", "numpy", "pandas", "matplotlib"}
    assert len(provenance["source_sha256"]) == len(provenance["data_sha256"]) == 64
    assert provenance["tier"] in ("bubblewrap", "unshare")
    assert [s.file_name for s in document.sources] == ["sales.csv"]
    assert "every number was computed from the data" in document.notice
    gates = {gate.gate: gate for gate in ride.state["verdict"].gates}
    assert gates["data"].passed
    assert gates["references"].passed


async def test_without_a_sandbox_nothing_is_computed_and_the_document_says_why() -> None:
    off = NoSandbox("There is no bubblewrap here: install it.")
    deps = data_deps(
        "Write a 300-word report on grazing fish and coral reefs, Harvard style",
        {"sales.csv": sales(60)},
        sandbox=off,
        papers=True,
    )

    ride = await Ride(deps).go()

    assert not [s for s in ride.state["plan"].steps if s.kind is StepKind.CODE]
    assert ride.document.exhibits == ()
    assert "No tables and figures were computed from the 1 data file" in ride.document.notice
    assert "install it" in ride.document.notice
    searched = ride.state["plan"].step("evidence").input["source_ids"]
    assert "sales.csv" in searched, "the data are evidence as they were"


async def test_papers_and_data_make_one_document_with_a_computed_part() -> None:
    deps = data_deps(
        "Write a 700-word report on grazing fish and coral reefs from these files, Harvard style",
        {"sales.csv": sales(500)},
        papers=True,
    )

    ride = await Ride(deps).go()

    assert ride.state["stop_reason"] == StopReason.COMPLETED, ride.state["verdict"].reason
    document = ride.document
    computed = [s for s in document.sections if s.computed]
    assert [s.heading for s in computed] == ["What the data show"]
    assert document.sections[-1].heading == "Conclusion"
    assert {s.id for s in document.sources} == {"reefs", "fishery", "sales.csv"}
    assert 630 <= document.words() <= 770
    assert "sales.csv" not in ride.state["plan"].step("evidence").input["source_ids"]


async def test_the_figures_of_two_files_are_counted_through() -> None:
    deps = data_deps(GOAL, {"a.csv": sales(200), "b.csv": sales(300, seed=3)})

    ride = await Ride(deps).go()

    assert ride.state["stop_reason"] == StopReason.COMPLETED, ride.state["verdict"].reason
    numbers = [e.number for e in ride.document.exhibits if e.kind == "figure"]
    assert numbers == list(range(1, len(numbers) + 1))
    headings = [s.heading for s in ride.document.sections]
    assert "What the data show: a.csv" in headings
    assert "What the data show: b.csv" in headings


async def test_a_file_that_holds_no_table_is_said_and_the_other_is_computed() -> None:
    files = {"empty.csv": as_csv([["a", "b"], ["NA", "-"]]), "b.csv": sales(200)}

    ride = await Ride(data_deps(GOAL, files)).go()

    steps = {s.id: s for s in ride.state["plan"].steps}
    assert steps["code-1"].status is StepStatus.SKIPPED
    assert steps["code-2"].status is StepStatus.DONE
    assert "could be computed from empty.csv" in text_of(ride.document).replace("\\", "")
    assert ride.document.exhibits


async def test_where_nothing_can_be_computed_the_document_says_why_and_claims_no_analysis() -> None:
    ride = await Ride(data_deps(GOAL, {"nothing.csv": b""})).go()

    assert ride.state["stop_reason"] == StopReason.GATES_UNMET
    assert "The analysis of the data did not end" in ride.state["verdict"].reason
    assert ride.document.notice.startswith("The analysis of the data did not end")
    text = text_of(ride.document)
    why = "could be computed from nothing.csv: This file is empty (0 bytes)"
    assert text.count(why) == 1
    assert "left out of each computation" not in text


async def test_journeys_that_do_not_compute_leave_data_alone() -> None:
    deps = data_deps("What do the regions sell?", {"sales.csv": sales(60)}, journey="research")

    ride = await Ride(deps).go()

    assert not [s for s in ride.state["plan"].steps if s.kind is StepKind.CODE]


async def test_a_question_about_a_table_is_answered_by_computing(content: bytes) -> None:
    goal = "Which region sold most in 2022?"
    ride = await Ride(data_deps(goal, {"sales.csv": content}, journey="answer")).go()

    assert ride.state["stop_reason"] == StopReason.COMPLETED, ride.state["verdict"].reason
    sold: Counter[str] = Counter()
    for row in parsed_sales(content):
        if row["Date"].startswith("2022"):
            sold[row["Region"]] += int(row["Quantity"])
    (best, most), *_, (worst, least) = sold.most_common()
    text = text_of(ride.document)
    assert f"{best} has the highest total of Quantity in 2022: {most:,} (n = " in text
    assert f"{worst} has the lowest: {least:,}." in text
    assert "How computed: a program read all 10,000 rows of the table and kept the" in text
    assert [e.kind for e in ride.document.exhibits] == ["table"]
    assert ride.document.analyses, "how it was computed is kept with it"
    assert [s.file_name for s in ride.document.sources] == ["sales.csv"]


async def test_a_question_that_is_not_about_the_numbers_is_answered_from_passages() -> None:
    goal = "Why do grazing fish matter on coral reefs?"
    deps = data_deps(goal, {"sales.csv": sales(60)}, papers=True, journey="answer")
    ride = await Ride(deps).go()

    assert not [s for s in ride.state["plan"].steps if s.kind is StepKind.CODE]
    assert ride.document.analyses == ()
    assert "sales.csv" not in {s.id for s in ride.document.sources}


async def test_a_question_finds_its_table_among_other_files() -> None:
    content = sales(300)
    goal = "What is the highest price in sales?"
    deps = data_deps(goal, {"sales.csv": content}, papers=True, journey="answer")
    ride = await Ride(deps).go()

    highest = max(float(row["Price (€)"]) for row in parsed_sales(content))
    assert f"The highest value of Price is {highest:,.2f} €" in text_of(ride.document)


async def test_a_survey_is_crossed_as_the_request_asks_and_its_shares_are_right() -> None:
    rows = [
        ("Sales", "IT", "Legal")[n % 3]
        + ","
        + ("yes", "no", "unsure", "yes")[n % 7 % 4]
        + f",{n % 11}"
        for n in range(200)
    ]
    survey = "\n".join(["department,job_satisfied,years_at_company", *rows]).encode()
    goal = "Write a report on job satisfaction by department from this survey, about 2,000 words"
    ride = await Ride(data_deps(goal, {"survey.csv": survey})).go()

    assert ride.state["stop_reason"] == StopReason.COMPLETED, ride.state["verdict"].reason
    document = ride.document
    assert document.title == "Job satisfaction by department"
    crossed = exhibit(document, "Job satisfied by department")
    assert [column.name for column in crossed.columns] == ["Department", "n", "no", "unsure", "yes"]
    told = [row.split(",")[:2] for row in rows]
    for name, n, *shares in crossed.rows[:-1]:
        own = [answer for department, answer in told if department == name]
        assert int(n) == len(own)
        for answer, share in zip(("no", "unsure", "yes"), shares, strict=True):
            assert share == f"{100 * own.count(answer) / len(own):.1f}"
    assert [row[0] for row in crossed.rows][-1] == "All rows used"
    text = text_of(document)
    assert text.index("## Job satisfied by department") < text.index("## Rows by")
    assert "The mean of years at company is" in text
    assert "The document has" in document.notice, "it is shorter than was asked, and says so"


async def test_what_is_done_with_a_table_is_told_while_it_is_done(content: bytes) -> None:
    ride = await Ride(data_deps(GOAL, {"sales.csv": content})).go()

    events = ride.deps.events.emitted  # type: ignore[attr-defined]
    told = [e for e in events if e.meta.get("kind") == "progress" and "of" in e.meta]
    parts = [section["heading"] for section in ride_parts(ride)]
    assert [(e.meta["done"], e.meta["of"]) for e in told] == [
        (done, len(parts)) for done in range(len(parts) + 1)
    ]
    assert [e.content for e in told[:-1]] == [
        f"Computing part {n} of {len(parts)}: {heading}." for n, heading in enumerate(parts, 1)
    ]
    first = next(e for e in events if e.meta.get("kind") == "progress")
    assert first.content == "Reading sales.csv."
    assert {e.meta["step_id"] for e in [first, *told]} == {"code-1"}


def ride_parts(ride: Ride) -> list[dict[str, str]]:
    """The parts of the computed result."""
    body = ride.deps.artifacts.bodies[ride.document.analyses[0]]  # type: ignore[attr-defined]
    parts: list[dict[str, str]] = body["result"]["parts"]
    return parts


async def test_what_a_program_prints_is_counted_and_never_shown() -> None:
    told: list[str] = []

    class Events:
        async def emit(self, event: EventDraft) -> None:
            told.append(event.content)

        async def token(self, task_id: str, text: str) -> None: ...

    step = Step(id="code-1", kind=StepKind.CODE, title="Analyse")
    program = "add_part('One', '', [], [])\nadd_part('Two', '', [], [])\n"
    async with Computing(step, program, Events()) as computing:
        for line in (
            "progress: part 2",
            "progress: part 1",
            "progress: part 1",
            "progress: part 1 <b>order</b>",
            "anything",
            "progress: part 2",
            "progress: part 3",
        ):
            computing.hear(line)
    assert told == [
        "Computing part 1 of 2: One.",
        "Computing part 2 of 2: Two.",
        "All 2 parts are computed; their numbers are checked.",
    ]


async def test_what_was_not_read_is_told_where_its_numbers_are(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an answer as at the beginning of a document: a total is one of what was read."""
    few = ParseLimits(max_table_rows=300)
    monkeypatch.setattr(data_world, "ParseLimits", lambda **_: few)
    said = "Only the first 300 rows were read."

    goal = "What is the total quantity?"
    answer = await Ride(data_deps(goal, {"sales.csv": content}, journey="answer")).go()
    assert said in text_of(answer.document)

    ride = await Ride(data_deps(GOAL, {"sales.csv": content})).go()
    assert ride.state["stop_reason"] == StopReason.COMPLETED, ride.state["verdict"].reason
    assert said in ride.document.sections[0].markdown
