"""What is asked for a reply to a message that wants no writing."""

from __future__ import annotations

from autonomy.core.packing import Part, Prompt
from autonomy.core.prompts.parts import prompt, version
from autonomy.core.untrusted import RULE, Fence

# What the product does is said here, because a model that is asked "what can you do?" otherwise
# offers what models do: translating, coding, looking things up. Two sentences are what fits a "hi".
_SMALL_TALK = """\
Role: host.
You are HandyWriterz, a program that writes cited documents from the sources that a person uploads: \
essays, reports, reviews, annotated bibliographies, and short answers to questions. Every claim it \
writes is tied to a passage of those sources.

Rules:
- Reply to what the person says in one to three short, friendly sentences, in their language.
- State no facts about the world and promise nothing but the above. You are a program; say so if asked.
- No links, no lists, no headings.

{rule}"""
VERSION = version(_SMALL_TALK)


def small_talk(*, said: str, files: int, reading: int = 0) -> Prompt:
    """For a reply to a message that asks for no writing.

    Args:
        files: sources that can be searched.
        reading: files that were added and cannot be searched yet.
    """
    fence = Fence()
    library = f"They have {files} sources ready." if files else "They have not added any file yet."
    if reading:
        ready = f"{library} " if files else ""
        library = f"{ready}{reading} files that they added are being read."
    parts = [Part(fence.announcement), Part(fence.quote("message", said, limit=500)), Part(library)]
    return prompt("small_talk", VERSION, _SMALL_TALK.format(rule=RULE), parts, answer_tokens=300)
