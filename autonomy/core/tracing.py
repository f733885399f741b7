"""Spans of the loop. Nothing is made, measured or sent until the process turns tracing on.

Spans carry ids, names and figures; what people write, what models answer and what a provider says
about a failure stay out of them (`autonomy.runtime.tracing` also lets nothing else leave).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from opentelemetry import trace

if TYPE_CHECKING:
    from opentelemetry.util.types import AttributeValue
    from pydantic_ai.models.instrumented import InstrumentationSettings

SCOPE = "handywriterz"

_settings: InstrumentationSettings | None = None


def turn_on() -> None:
    """Trace from now on, with the providers that are OpenTelemetry's global ones at this moment."""
    global _settings  # noqa: PLW0603 - one tracer per process
    from pydantic_ai.models.instrumented import InstrumentationSettings

    _settings = InstrumentationSettings(
        include_content=False,
        include_binary_content=False,
        include_model_request_parameters=False,
    )


def turn_off() -> None:
    global _settings  # noqa: PLW0603
    _settings = None


def is_on() -> bool:
    return _settings is not None


def instrumentation() -> InstrumentationSettings | Literal[False]:
    """What Pydantic AI is told about spans: it makes `chat {model}`, one per HTTP attempt, and
    measures tokens and the time to the first piece. False costs nothing."""
    return _settings or False


@contextmanager
def span(name: str, **attributes: AttributeValue | None) -> Iterator[trace.Span | None]:
    """A span around the block, child of the one it is in; None while tracing is off.

    An exception that leaves the block marks it with the exception's type, never with its words.
    Attribute names take `__` for a dot.
    """
    if _settings is None:
        yield None
        return
    given = {key.replace("__", "."): value for key, value in attributes.items()}
    with trace.get_tracer(SCOPE).start_as_current_span(
        name,
        attributes={key: value for key, value in given.items() if value is not None},
        record_exception=False,
        set_status_on_exception=False,
    ) as made:
        try:
            yield made
        except BaseException as error:
            made.set_attribute("error.type", type(error).__qualname__)
            if isinstance(error, Exception):
                made.set_status(trace.StatusCode.ERROR)
            raise


def annotate(**attributes: AttributeValue | None) -> None:
    """Add to the span that the caller is in."""
    if _settings is None:
        return
    current = trace.get_current_span()
    for key, value in attributes.items():
        if value is not None:
            current.set_attribute(key.replace("__", "."), value)
