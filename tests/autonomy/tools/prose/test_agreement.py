"""Agreement and words that sound alike: what is certainly wrong is found, what may be right is left."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autonomy.core.types import Wish
from autonomy.library.sentences import sentences
from autonomy.tools.prose.agreement import findings
from autonomy.tools.prose.habits import habits
from autonomy.tools.prose.rules import suggestions

WRONG = {
    "The firms was asked twice.": "The firms were asked twice.",
    "The large companies was asked twice.": "The large companies were asked twice.",
    "All participants is paid.": "All participants are paid.",
    "We stopped because the prices was too high.": "We stopped because the prices were too high.",
    "It is known that the rivers has moved.": "It is known that the rivers have moved.",
    "Two experiments was repeated.": "Two experiments were repeated.",
    "The criteria was not met.": "The criteria were not met.",
    "These phenomena is rare.": "These phenomena are rare.",
    "The results shows a clear trend.": "The results show a clear trend.",
    "Our findings suggests otherwise.": "Our findings suggest otherwise.",
    "The study show that prices fell.": "The study shows that prices fell.",
    "The result were surprising.": "The result was surprising.",
    "This method have two steps.": "This method has two steps.",
    "Each participant were paid.": "Each participant was paid.",
    "Every teacher have a key.": "Every teacher has a key.",
    "Each of the samples were weighed.": "Each of the samples was weighed.",
    "One of the main reasons are cost.": "One of the main reasons is cost.",
    "They was late.": "They were late.",
    "When we was done, they has left.": "When we were done, they have left.",
    "It have been shown before.": "It has been shown before.",
    "There is several reasons.": "There are several reasons.",
    "There was many of them.": "There were many of them.",
    "There has been two attempts.": "There have been two attempts.",
    "This results show a trend.": "These results show a trend.",
    "This two studies are recent.": "These two studies are recent.",
    "These result shows a trend.": "This result shows a trend.",
    "Many study have been made.": "Many studies have been made.",
    "Several author suggest this.": "Several authors suggest this.",
    "It is a phenomena of our time.": "It is a phenomenon of our time.",
    "This was the only criteria.": None,
    "We look at it's consequences.": "We look at its consequences.",
    "The law and it’s effects are known.": "The law and its effects are known.",
    "The town has it's own court.": "The town has its own court.",
    "Its been a long time.": "It's been a long time.",
    "Its important to see why.": "It's important to see why.",
    "Its a matter of taste.": "It's a matter of taste.",
    "Their are three kinds.": "There are three kinds.",
    "We think their will be more.": "We think there will be more.",
    "In there study they ask why.": "In their study they ask why.",
    "They live on there own.": "They live on their own.",
    "They follow they're own rules.": "They follow their own rules.",
    "It could of been worse.": "It could have been worse.",
    "They shouldn't of left.": "They shouldn't have left.",
    "We chose iron rather then steel.": "We chose iron rather than steel.",
    "It took more then 20 days.": "It took more than 20 days.",
    "Yields were higher then expected.": "Yields were higher than expected.",
    "Rain had an affect on yields.": "Rain had an effect on yields.",
    "It has no affect on yields.": "It has no effect on yields.",
    "She is the principle investigator.": "She is the principal investigator.",
    "A principle component analysis followed.": "A principal component analysis followed.",
    "The model did not found it.": "The model did not find it.",
    "Prices did not increased.": "Prices did not increase.",
    "The town has grew since.": "The town has grown since.",
    "The law has became stricter.": "The law has become stricter.",
    "This would has cost more.": "This would have cost more.",
    "The test does not has a name.": "The test does not have a name.",
    "This is more easier.": "This is easier.",
    "It was the most largest of all.": "It was the largest of all.",
    "Those theory is old.": "That theory is old.",
    "The small households was left out.": "The small households were left out.",
    "Although the tests was short, it worked.": "Although the tests were short, it worked.",
}
"""A sentence with one mistake or two, and what should be made of it; None where nobody can be sure."""

RIGHT = """
The number of firms was small.
One of the firms that were asked has closed.
The news is good.
The series was cut short.
The species has spread.
The means was simple.
The physics is known.
The analysis was repeated.
The process is slow.
Five years is a long time.
Three months was too short.
Two litres is enough.
The asbestos was removed.
The rhinoceros is rare.
The full might of Rome was felt.
The last will has been read.
We asked about it's pronouns.
The bus was late and the bias is known.
The corpus has been cleaned.
The output that the model produces is noisy.
The value that this gives is small.
The thing he wants is time.
What the firms was told is unknown.
If the result were known, nobody would ask.
They require that the method have two steps.
It results in loss, and this results in more.
This shows that prices fell.
This changes nothing.
This figures in every account.
This method shows promise.
That results show this is no surprise.
The team were tired.
The data is clean.
Five samples of each type were tested.
They each have a key.
More than one of the houses were empty.
The study and the report were read.
The study presents a case.
Studies of the brain show this.
Several case studies have been made.
Many study participants have left.
Several result in losses.
Many study in the evening.
These result in losses.
There is many a slip.
There are a number of reasons.
There is a set of several rules.
There is two-fold evidence.
There was little to see.
It's clear that prices fell.
It's important to see why.
It's effects that count, and it's users who decide.
Of it's being late nobody spoke.
Its importance is known.
Its a priori plausibility is low.
Its important role is known.
Its likely causes are known.
Their being late was known.
Their isolation is known.
The people there own the land.
Those who live there are few.
From there results follow.
In there it is dark.
They're results of long work.
They're often late.
It could of course be worse.
She was there then, and others then left.
The price was higher then.
The affect of the patients was flat.
They effect change.
The principle component is trust.
It did not need more, nor did it exceed it.
We did not have it.
The town has a saw and the child has run.
The will has been read.
The free will has limits.
All that it can is known.
More easily done than said.
Most best practices are old.
Do they have a key, and has it been found?
The Times is a paper.
The United States is large.
The Netherlands has canals.
He and she have left.
Does it have two steps?
Each have their own.
The lens is clear and the gas was cold.
The firms' was the larger share.
The way the network models is new.
We ask whether the result were known.
The works is closed.
The headquarters is in Lund.
""".strip().splitlines()
"""Nothing of these may be touched; some are odd, and some are mistakes that nobody can be sure of."""


def improved(text: str) -> str:
    for one in sorted(findings(text), key=lambda one: -one.start):
        text = text[: one.start] + one.after + text[one.end :]
    return text


@pytest.mark.parametrize(("wrong", "right"), WRONG.items(), ids=list(WRONG))
def test_what_is_certainly_wrong_is_put_right(wrong: str, right: str | None) -> None:
    assert improved(wrong) == (right or wrong)
    for one in findings(wrong):
        assert one.reason.endswith(".")
        assert one.rule


@pytest.mark.parametrize("right", RIGHT)
def test_what_may_be_right_is_left_alone(right: str) -> None:
    assert improved(right) == right


def test_the_lists_are_long_enough_to_mean_something() -> None:
    assert len(WRONG) >= 60
    assert len(RIGHT) >= 60


def test_the_product_s_own_documentation_raises_no_alarm() -> None:
    """A thousand sentences and more that people read before they were kept."""
    docs = Path(__file__).parents[4] / "docs"
    count, alarms = 0, []
    for path in sorted(docs.rglob("*.md")):
        text = re.sub(r"“[^”\n]*”", "“…”", path.read_text())  # what is quoted is no word of theirs
        for paragraph in text.split("\n\n"):
            count += len(sentences(paragraph))
            alarms += [
                (path.name, one, paragraph[one.start - 40 : one.end + 40])
                for one in findings(paragraph)
            ]
    assert count > 1_000
    assert alarms == []


def test_agreement_is_grammar_and_english() -> None:
    text = "The firms was asked. “The firms was asked.”"
    quoted = [(text.index("“"), len(text))]

    def found(wishes: set[Wish], language: str | None) -> list[str]:
        return [
            one.rule
            for one in suggestions(
                text, quoted, habits([text]), frozenset(wishes), language=language
            )
        ]

    assert found({Wish.GRAMMAR}, "en") == ["agreement"], "what is quoted stays"
    assert found({Wish.CONCISION}, "en") == []
    assert found({Wish.GRAMMAR}, "de") == []
