"""Rules about similarity cycles."""

from __future__ import annotations

import itertools

from autonomy.evaluation.finished import Finished
from autonomy.evaluation.rules.known import rule


@rule
def cycles(finished: Finished, reports: list[float], last: str) -> list[str]:
    """A cycle for each of these reports, taken in once and in turn; the last ended like this."""
    observed = [cycle["observed_similarity"] for cycle in finished.cycles]
    taken = sum(event["type"] == "turnitin.report_ready" for event in finished.events)
    ends = [cycle["status"] for cycle in finished.cycles]
    wanted = ["rejected"] * (len(reports) - 1) + [last]
    found = []
    if observed != [float(report) for report in reports]:
        found.append(f"reports of {observed} were taken in, not of {reports}")
    if taken != len(reports):
        found.append(f"the run woke for {taken} reports, not {len(reports)}")
    if ends != wanted:
        found.append(f"cycles ended {ends}, not {wanted}")
    return found


@rule
def similarity_falls(finished: Finished) -> list[str]:
    """By the product's own engine, quotations counted, no draft is more like the sources than the
    one before, and the last is less like them than the first."""
    told = [figure for figure in finished.similarity if figure is not None]
    if len(told) != len(finished.cycles) or len(told) < 2:
        return [f"figures are {finished.similarity}"]
    rising = any(later > earlier for earlier, later in itertools.pairwise(told))
    if rising or told[-1] >= told[0]:
        return [f"it goes {' → '.join(f'{figure:g} %' for figure in told)}"]
    return []


@rule
def changes_explained(finished: Finished, least: int) -> list[str]:
    """After reports at least so many passages were looked at, each with what was done, why and for
    whom; and nothing else reads otherwise in any version that a report led to."""
    found = []
    count = 0
    for number, revision in enumerate(finished.revisions, start=1):
        changes = revision["changes"]
        count += len(changes)
        for change in changes:
            if not (change["reason"].strip() and change["remedy"] and change["told_by"]):
                found.append(f"report {number}: no reason for “{change['before'][:80]}”")
        for section_id, before in revision["before"].items():
            mine = [c for c in changes if c["section_id"] == section_id]
            text = before
            for change in mine:
                if not change["before"]:
                    text = f"{text}\n\n{change['after']}"  # added at the section's end
                    continue
                if text.count(change["before"]) != 1:
                    found.append(f"report {number}: “{change['before'][:80]}” was not there")
                text = text.replace(change["before"], change["after"], 1)
            if text.split() != revision["after"].get(section_id, "").split():
                found.append(f"report {number}: {section_id} reads otherwise for no reason told")
    if count < least:
        found.append(f"{count} passages were looked at, not {least}")
    return found
