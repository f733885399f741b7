"""One small real call, as the gateway makes them: does this connection work, and what can it do?"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import httpx2
from pydantic import BaseModel, Field
from pydantic_ai.models import Model

from autonomy.core.llm import ladder, request
from autonomy.core.llm.addresses import place
from autonomy.core.llm.booking import PROVIDER_ERRORS
from autonomy.core.llm.catalogue import PROVIDERS
from autonomy.core.llm.failures import FailureKind, Unusable, classify
from autonomy.core.llm.portfolio import Access, OfferedModel
from autonomy.core.llm.providers import OutputMode, Providers, build
from autonomy.core.llm.request import Heard, Reply
from autonomy.core.llm.servers import Found, find, loaded_context, unreachable
from autonomy.core.outbound import AnswerTooLarge, Resolve, caused_by, checked_client, resolve
from autonomy.core.tokens import estimate_tokens

logger = logging.getLogger(__name__)

LONGEST_SECONDS = 20.0
OUTPUT_TOKENS = 1_000
"""Room for a model that thinks before it says hello."""
SAID_CHARS = 300
PLAUSIBLE_TOKENS = 100_000
"""What a server says that the test took is believed up to here, on either side: much more than the
question with its schema and a long thought, and no day's allowance."""
LIST_BYTES = 4 * 1024 * 1024


class Greeting(BaseModel):
    """Answer to a test of the connection."""

    greeting: str = Field(description="A friendly hello, at most eight words.")
    sum: int = Field(description="The sum of 17 and 25.")


SYSTEM = "You are being tested: somebody has just connected you to a writing tool."
PROMPT = "Say hello in at most eight words, and give the sum of 17 and 25."


@dataclass(frozen=True, slots=True)
class Trial:
    """How a test went. Nothing in it quotes the key or what a provider wrote in an error."""

    ok: bool
    sentence: str
    code: str = ""
    """Empty when all is well; else a `FailureKind`, `address`, `name`, `tls`, `not_an_api`,
    `broken` or `no_model`, or `away` (a provider's own address cannot be reached)."""
    model: str = ""
    seconds: float = 0.0
    said: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    structured: bool | None = None
    """Whether it answers to a schema; None when that did not show."""
    found: Found = field(default_factory=Found)
    spent_tokens: int = 0
    """What to count, also where the provider did not say."""


async def attempt(
    access: Access, model: str = "", *, longest: float = LONGEST_SECONDS, resolve: Resolve = resolve
) -> Trial:
    """Look at what is there, then ask a model one question. Never raises for a provider's failure.

    Args:
        model: its name without a prefix; empty takes a fitting one of those offered.
        longest: seconds for everything.
        resolve: names to addresses, for tests.
    """
    began = time.monotonic()
    chosen = model
    found = Found()
    try:
        async with asyncio.timeout(longest):
            async with checked_client(
                private=access.scope != "user" or access.private_addresses,
                max_bytes=LIST_BYTES,
                resolve=resolve,
            ) as client:
                key = access.api_key.get_secret_value() if access.api_key else None
                found = await find(client, access.provider, access.base_url, key)
                if found.problem and found.problem in _FINAL:
                    return _failed(found.problem, access, chosen, found, began)
                chosen = model or _fitting(access.provider, found.models)
                if not chosen:
                    return _failed(found.problem or "no_model", access, "", found, began)
                if access.base_url is not None and found.base_url:
                    access = replace(access, base_url=found.base_url)
                trial = await _ask(access, chosen, found, began, longest)
                if trial.ok and found.server == "ollama" and access.base_url:
                    window = await loaded_context(client, access.base_url, chosen)
                    trial = replace(trial, found=_with_window(found, chosen, window))
                return trial
    except TimeoutError:
        return _failed(FailureKind.TIMEOUT, access, chosen, found, began)


async def _ask(access: Access, name: str, found: Found, began: float, longest: float) -> Trial:
    try:
        built = await asyncio.to_thread(build, f"{access.prefix}:{name}", access)
    except PROVIDER_ERRORS as error:
        return _failed(classify(error, name).kind, access, name, found, began)
    mode = Providers().output_mode(name, built)
    left = max(1.0, longest - (time.monotonic() - began))
    began = time.monotonic()  # What people are told is the call, not the loading of packages.
    async with built:
        try:
            try:
                reply = await _send(built, mode, left)
            except PROVIDER_ERRORS as error:
                # Some servers fail outright at a schema instead of rejecting it.
                if classify(error, name).kind not in _OF_THE_SCHEMA or mode == "prompted":
                    raise
                mode = "prompted"
                reply = await _send(built, mode, left)
        except _STUMBLES as error:
            logger.info("a model server's answer does not fit its protocol (%s)", type(error))
            return _failed("not_an_api", access, name, found, began)
        except PROVIDER_ERRORS as error:
            code = _code(error, name, found)
            spent = estimate_tokens(SYSTEM, PROMPT) if classify(error, name).billed else 0
            return replace(_failed(code, access, name, found, began), spent_tokens=spent)
    return _heard(reply, mode, access, name, found, began)


_STUMBLES = (request.Foreign, TypeError, AttributeError, LookupError, ValueError, httpx2.HTTPError)
"""What the providers' packages raise at JSON that is an answer of something else."""
_OF_THE_SCHEMA = frozenset({FailureKind.REJECTED, FailureKind.SERVER})


async def _send(built: Model, mode: OutputMode, seconds: float) -> Reply:
    system = SYSTEM if mode != "prompted" else f"{SYSTEM}\n\n{request.in_words(Greeting)}"
    return await request.send(
        built,
        request.conversation(system, PROMPT),
        request.parameters(Greeting, mode),
        seconds=seconds,
        output_tokens=OUTPUT_TOKENS,
        heard=Heard(),
        on_token=None,
    )


def _heard(
    reply: Reply, mode: OutputMode, access: Access, name: str, found: Found, began: float
) -> Trial:
    structured: bool | None
    try:
        parsed = ladder.parse(reply.text, Greeting)
        said = parsed.value.greeting
        structured = mode != "prompted" and parsed.rung is ladder.Rung.NATIVE
    except Unusable:
        said = ladder.without_thinking(reply.text)
        structured = None if reply.cut else False
    if not said.strip() and not reply.cut:
        return _failed(FailureKind.MALFORMED, access, name, found, began)
    sent, got = _plausible(reply.input_tokens), _plausible(reply.output_tokens)
    estimated = estimate_tokens(SYSTEM, PROMPT) + estimate_tokens(reply.text)
    seconds = time.monotonic() - began
    where = f" at {place(access.base_url)}" if access.base_url else ""
    return Trial(
        ok=True,
        sentence=f"{name}{where} answered in {seconds:.1f} s."
        + (" It is a simulator: what it says is made up." if found.simulated else "")
        + ("" if structured is not False else _NO_SCHEMAS),
        model=name,
        seconds=seconds,
        said=" ".join(said.split())[:SAID_CHARS],
        input_tokens=sent,
        output_tokens=got,
        structured=structured,
        found=found,
        spent_tokens=estimated if sent is None or got is None else (sent + got) or estimated,
    )


def _plausible(tokens: int | None) -> int | None:
    """A figure as the server said it, unless no test can have taken so many."""
    return tokens if tokens is not None and 0 <= tokens <= PLAUSIBLE_TOKENS else None


_NO_SCHEMAS = " It does not keep to a given form of answer; plans and checks may need repairs."


def _fitting(provider: str, offered: Sequence[OfferedModel]) -> str:
    """The example if it is there, else the first that looks as if it answers in text."""
    names = [model.id for model in offered]
    example = PROVIDERS[provider].example_model
    if not names:
        return "" if PROVIDERS[provider].needs_address else example
    if example in names:
        return example
    other = ("embed", "whisper", "tts", "image", "moderation", "rerank", "audio", "realtime")
    return next((n for n in names if not any(word in n.lower() for word in other)), names[0])


def _with_window(found: Found, model: str, window: int | None) -> Found:
    if window is None:
        return found
    models = tuple(
        replace(offered, context_tokens=window) if offered.id == model else offered
        for offered in found.models
    )
    return replace(found, models=models)


# --------------------------------------------------------------------------- failures in words

_FINAL = frozenset({"address", "name", "tls", "network", "timeout", "broken"})
"""Problems with the list of models that the call itself would meet again. A refused key is not
one: some keys may call models and not list them."""


def _code(error: Exception, name: str, found: Found) -> str:
    kind = classify(error, name).kind
    if kind is FailureKind.NETWORK or caused_by(error, AnswerTooLarge):
        return unreachable(error)
    if kind is FailureKind.MODEL_NOT_FOUND and not found.server:
        return "not_an_api"  # nothing there knows of models at all
    if kind is FailureKind.MALFORMED and not found.server:
        return "not_an_api"
    return kind.value


_SENTENCES = {
    "away": "{place} cannot be reached from the machine that HandyWriterz runs on. Check its connection to the internet.",
    "address": "The address of {place} may not be called from here: it belongs to this machine, a private network or a reserved range. Ask staff to add the connection for everybody, or the operator to set MODEL_PRIVATE_ADDRESSES.",
    "name": "There is no machine called {place}. Check the spelling of the address.",
    "tls": "The secure connection to {place} failed. If the server speaks plain HTTP, write http:// in front; if its certificate is your own, the machine that HandyWriterz runs on has to trust it.",
    "network": "Nothing answers at {place}. Check the address and port, that the server is running, and that it can be reached from the machine that HandyWriterz runs on (in a container, localhost is the container).",
    "broken": "{place} answered, but its answer broke off, has no end, leads elsewhere or is packed. Check the address and path, and what stands in between (a proxy, a login page).",
    "timeout": "{place} did not answer in time. A local model may still be loading: try again in a moment. If it never answers, check the address, and whether it is http:// or https://.",
    "auth": "{place} refused the key. Check that it was copied whole, that it has not expired, and that it is allowed to use models.",
    "forbidden": "{place} knows the key, but the key may not use {model}. Choose another model, or allow it in the account.",
    "quota": "The account at {place} has no quota or credit left.",
    "rate_limit": "{place} is limiting the rate of requests. Wait a moment and test again.",
    "overload": "{place} is overloaded or unavailable just now. Try again in a moment.",
    "server": "{place} failed with an error of its own. Look at the server's log, or try another model.",
    "not_an_api": "Something answers at {place}, but not as a model server does (a web page, perhaps). Check the path: most servers want /v1 at the end, such as http://localhost:8080/v1.",
    "no_model": "{place} offers no models. Load or download one there, then test again.",
    "model_not_found": "{place} knows no model called {model}.{offers}",
    "malformed": "{model} at {place} answered with nothing that can be read.",
    "rejected": "{place} rejected the request as invalid. Perhaps {model} is not a model for text.",
    "content_filter": "{place} blocked the test's harmless question by its content filter.",
    "context_overflow": "{model} cannot read even the test's short question; it has too small a window for writing.",
    "not_configured": "There is no key and no address to reach {place} with.",
}


_AWAY = frozenset({"name", "tls", "network", "timeout"})
"""What a provider at its own address fails with when it is this server that is cut off."""


def sentence(code: str, where: str, *, model: str = "", offers: Sequence[str] = ()) -> str:
    """What went wrong and what to do about it, for the person who set up the connection.

    Args:
        where: host and port, or the provider's name.
        offers: names of models that are there.
    """
    return _SENTENCES.get(code, "The test of {place} failed.").format(
        place=where,
        model=model or "the model",
        offers=f" It offers {', '.join(offers)}." if offers else "",
    )


def _failed(code: str, access: Access, model: str, found: Found, began: float) -> Trial:
    if access.base_url is None and code in _AWAY:
        code = "away"
    where = place(access.base_url) if access.base_url else PROVIDERS[access.provider].name
    return Trial(
        ok=False,
        sentence=sentence(
            str(code), where, model=model, offers=[offered.id for offered in found.models[:5]]
        ),
        code=str(code),
        model=model,
        seconds=time.monotonic() - began,
        found=found,
    )
