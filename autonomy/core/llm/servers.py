"""What is at an address: which server, which models, what each can do, asked of the server itself.

Field names are those of each server's own documentation: Ollama (`/api/version`, `/api/tags`,
`/api/show`, `/api/ps`), LM Studio (`/api/v0/models`), llama.cpp (`/v1/models` with `meta`,
`/props`), vLLM (`max_model_len`), OpenRouter (`context_length`, `pricing`), Google
(`inputTokenLimit`) and Anthropic (`max_input_tokens`). What a server does not say stays unknown.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import httpcore2
import httpx2

from autonomy.core.llm.catalogue import home_of
from autonomy.core.llm.portfolio import OfferedModel
from autonomy.core.outbound import AddressRefused, caused_by

PROBE_SECONDS = 6.0
MODELS_MAX = 500
"""Most models kept of a list: some services offer thousands."""
_SHOWN_MAX = 12
"""Most models of an Ollama server that are asked about one by one."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an address turned out to be."""

    server: str = ""
    """ollama, llama.cpp, vllm, lmstudio, simulator, compatible or the provider's own name; empty
    when nothing that we know answered."""
    base_url: str = ""
    """Where calls go, corrected: with or without `/v1` as the server wants it."""
    models: tuple[OfferedModel, ...] = ()
    problem: str = ""
    """Why nothing was found: a `FailureKind`, `address`, `name`, `tls` or `not_an_api`."""

    @property
    def simulated(self) -> bool:
        return self.server == "simulator"


class _Missed(Exception):
    """One question that got no usable answer."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


_WORST = (
    "address",
    "auth",
    "quota",
    "rate_limit",
    "name",
    "tls",
    "network",
    "timeout",
    "overload",
    "server",
    "not_an_api",
    "rejected",
)
"""Of several reasons, the one that explains most, first."""


async def find(
    client: httpx2.AsyncClient, provider: str, base_url: str | None, key: str | None
) -> Found:
    """What answers for `provider` at `base_url` (None: at the provider's own address)."""
    if provider == "google":
        return await _google(client, key)
    if provider == "anthropic":
        return await _anthropic(client, (base_url or home_of(provider)).rstrip("/"), key)
    base = (base_url or home_of(provider)).rstrip("/")
    found = await _compatible(client, base, _bearer(key))
    if base_url is None and found.server:
        found = replace(found, server=provider)
    return found


async def loaded_context(client: httpx2.AsyncClient, base_url: str, model: str) -> int | None:
    """The window that an Ollama server has really given a model it has loaded; it may be far
    smaller than what the model was made for."""
    try:
        running = await _json(client, f"{_root(base_url)}/api/ps", {})
    except _Missed:
        return None
    for item in _list(running, "models"):
        if model in (item.get("name"), item.get("model")):
            return _positive(item.get("context_length"))
    return None


# --------------------------------------------------------------------------- each kind of server


async def _compatible(client: httpx2.AsyncClient, base: str, headers: Mapping[str, str]) -> Found:
    root = _root(base)
    answers = await asyncio.gather(
        _asked(client, f"{root}/v1/models", headers),
        _asked(client, f"{root}/models", headers),
        _asked(client, f"{root}/api/version", headers),
        _asked(client, f"{root}/api/v0/models", headers),
    )
    listed, bare, version, studio = answers
    at_v1, at_root = _listing(listed), _listing(bare)
    rows, where = (at_v1, f"{root}/v1") if at_v1 is not None else (at_root, root)
    owners = {str(row.get("owned_by", "")) for row in rows or ()}
    if "handywriterz-simulator" in owners:
        return Found("simulator", where, _models(rows or [], _plain))
    if isinstance(version, dict) and isinstance(version.get("version"), str):
        try:
            return await _ollama(client, root, headers)
        except _Missed:
            pass  # some gateways answer /api/version as well; the general list is still there
    shown = _listing(studio)
    if shown and any("max_context_length" in row or "state" in row for row in shown):
        usable = [row for row in shown if row.get("type") != "embeddings"]
        return Found("lmstudio", f"{root}/v1", _models(usable, _lmstudio))
    if rows is None:
        missed = {answer.problem for answer in answers if isinstance(answer, _Missed)}
        return Found(problem=next((kind for kind in _WORST if kind in missed), "not_an_api"))
    if "llamacpp" in owners:
        return Found("llama.cpp", where, await _llamacpp(client, root, headers, rows))
    if "vllm" in owners:
        return Found("vllm", where, _models(rows, _plain))
    return Found("compatible", where, _models(rows, _plain))


async def _ollama(client: httpx2.AsyncClient, root: str, headers: Mapping[str, str]) -> Found:
    tags = await _json(client, f"{root}/api/tags", headers)
    if not isinstance(tags, dict) or not isinstance(tags.get("models"), list):
        raise _Missed("not_an_api")
    names = [name for item in _list(tags, "models") if (name := _name(item.get("name")))]
    shown = await asyncio.gather(
        *(
            _asked(client, f"{root}/api/show", headers, body={"model": name})
            for name in names[:_SHOWN_MAX]
        )
    )
    models = []
    for position, name in enumerate(names[:MODELS_MAX]):
        told = shown[position] if position < len(shown) else None
        if isinstance(told, dict):
            abilities = told.get("capabilities")
            if isinstance(abilities, list) and "completion" not in abilities:
                continue  # an embedder
            tools = "tools" in abilities if isinstance(abilities, list) else None
            models.append(
                OfferedModel(
                    name, context_tokens=_ollama_window(told), structured=True, tools=tools
                )
            )
        else:
            # Every model takes a schema there: the server samples within it.
            models.append(OfferedModel(name, structured=True))
    return Found("ollama", f"{root}/v1", tuple(models))


def _ollama_window(told: dict[str, Any]) -> int | None:
    """`num_ctx` where the model file sets it, else what the model was made for."""
    for line in str(told.get("parameters") or "").splitlines():
        name, _, value = line.strip().partition(" ")
        if name == "num_ctx" and value.strip().isdigit():
            return _positive(int(value))
    info = told.get("model_info")
    if isinstance(info, dict):
        for name, value in info.items():
            if str(name).endswith(".context_length"):
                return _positive(value)
    return None


async def _llamacpp(
    client: httpx2.AsyncClient, root: str, headers: Mapping[str, str], rows: list[dict[str, Any]]
) -> tuple[OfferedModel, ...]:
    props = await _asked(client, f"{root}/props", headers)
    settings = props.get("default_generation_settings") if isinstance(props, dict) else None
    window = _positive(settings.get("n_ctx")) if isinstance(settings, dict) else None

    def offered(row: dict[str, Any], name: str) -> OfferedModel:
        meta = row.get("meta")
        own = _positive(meta.get("n_ctx")) if isinstance(meta, dict) else None
        # Grammars hold every answer to the schema; `/props` counts one slot's share of the window.
        return OfferedModel(name, context_tokens=window or own, structured=True)

    return _models(rows, offered)


def _lmstudio(row: dict[str, Any], name: str) -> OfferedModel:
    abilities = row.get("capabilities")
    return OfferedModel(
        name,
        context_tokens=_positive(row.get("loaded_context_length"))
        or _positive(row.get("max_context_length")),
        structured=True,
        tools="tool_use" in abilities if isinstance(abilities, list) else None,
    )


def _plain(row: dict[str, Any], name: str) -> OfferedModel:
    """A row of an OpenAI-compatible list, with what some servers add to it."""
    window = row.get("max_model_len") or row.get("context_length") or row.get("context_window")
    takes = row.get("supported_parameters")
    top, pricing = row.get("top_provider"), row.get("pricing")
    return OfferedModel(
        name,
        context_tokens=_positive(window),
        output_tokens=_positive(top.get("max_completion_tokens"))
        if isinstance(top, dict)
        else None,
        structured="structured_outputs" in takes if isinstance(takes, list) else None,
        tools="tools" in takes if isinstance(takes, list) else None,
        usd_per_mtok_input=_dollars(pricing, "prompt"),
        usd_per_mtok_output=_dollars(pricing, "completion"),
    )


async def _anthropic(client: httpx2.AsyncClient, base: str, key: str | None) -> Found:
    root = _root(base)
    headers = {"anthropic-version": "2023-06-01"} | ({"x-api-key": key} if key else {})
    try:
        rows = _listing(await _json(client, f"{root}/v1/models?limit=1000", headers))
    except _Missed as missed:
        return Found(problem=missed.problem)
    if rows is None:
        return Found(problem="not_an_api")
    simulated = any(row.get("owned_by") == "handywriterz-simulator" for row in rows)

    def offered(row: dict[str, Any], name: str) -> OfferedModel:
        return OfferedModel(
            name,
            context_tokens=_positive(row.get("max_input_tokens")),
            output_tokens=_positive(row.get("max_tokens")),
        )

    return Found("simulator" if simulated else "anthropic", root, _models(rows, offered))


async def _google(client: httpx2.AsyncClient, key: str | None) -> Found:
    base = f"{home_of('google')}/v1beta"
    address = f"{base}/models?pageSize=1000"
    try:
        answer = await _json(client, address, {"x-goog-api-key": key} if key else {})
    except _Missed as missed:
        # Google answers a bad key with 400.
        return Found(problem="auth" if missed.problem == "rejected" else missed.problem)
    models = tuple(
        OfferedModel(
            name.removeprefix("models/"),
            context_tokens=_positive(row.get("inputTokenLimit")),
            output_tokens=_positive(row.get("outputTokenLimit")),
        )
        for row in _list(answer, "models")[:MODELS_MAX]
        if (name := _name(row.get("name")))
        and "generateContent" in (row.get("supportedGenerationMethods") or ())
    )
    return Found("google", base, models)


# --------------------------------------------------------------------------- asking and reading


async def _json(
    client: httpx2.AsyncClient, url: str, headers: Mapping[str, str], *, body: Any = None
) -> Any:
    """The JSON at `url`. Raises `_Missed` for everything that is not a good answer."""
    method = "GET" if body is None else "POST"
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            response = await client.request(method, url, headers=dict(headers), json=body)
    except (TimeoutError, httpx2.TimeoutException) as error:
        raise _Missed("timeout") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, ssl.SSLError) as error:
        raise _Missed(unreachable(error)) from error
    if response.status_code >= 300:
        raise _Missed(_of_status(response.status_code))
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise _Missed("not_an_api") from error


async def _asked(
    client: httpx2.AsyncClient, url: str, headers: Mapping[str, str], *, body: Any = None
) -> Any:
    """As `_json`, with what went wrong as a value: one question of several."""
    try:
        return await _json(client, url, headers, body=body)
    except _Missed as missed:
        return missed


def unreachable(error: BaseException) -> str:
    """Why nothing came back: `address`, `name`, `tls`, `timeout` or `network`; or `broken`, where
    something did answer, but not to its end or not as it should."""
    if caused_by(error, AddressRefused):
        return "address"
    if caused_by(error, ssl.SSLError):
        return "tls"
    if caused_by(error, UnicodeError) or "name is not known" in str(error):
        return "name"
    if caused_by(error, httpcore2.TimeoutException):
        return "timeout"
    refused = (httpx2.ConnectError, httpcore2.ConnectError, ConnectionRefusedError)
    return "network" if any(caused_by(error, kind) for kind in refused) else "broken"


def _of_status(status: int) -> str:
    match status:
        case 401 | 403:
            return "auth"
        case 402:
            return "quota"
        case 429:
            return "rate_limit"
        case 503 | 529:
            return "overload"
        case _ if status >= 500:
            return "server"
        case _ if status < 400 or status in (404, 405, 410):
            return "not_an_api"
        case _:
            return "rejected"


def _listing(answer: Any) -> list[dict[str, Any]] | None:
    """The rows of an OpenAI-style list; None when it is not one."""
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        return None
    return _list(answer, "data")


def _list(answer: Any, field: str) -> list[dict[str, Any]]:
    found = answer.get(field) if isinstance(answer, dict) else None
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _models(
    rows: list[dict[str, Any]], offered: Callable[[dict[str, Any], str], OfferedModel]
) -> tuple[OfferedModel, ...]:
    found = {}
    for row in rows:
        name = _name(row.get("id"))
        if name and name not in found:
            found[name] = offered(row, name)
        if len(found) == MODELS_MAX:
            break
    return tuple(found.values())


def _name(value: Any) -> str:
    """A model's name if it is one that a model string can hold."""
    usable = isinstance(value, str) and 0 < len(value) <= 180 and value.isprintable()
    return value if usable and not any(c.isspace() or c == "," for c in value) else ""


def _positive(value: Any) -> int | None:
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9
    return value if usable else None


def _dollars(pricing: Any, field: str) -> float | None:
    """US dollars per million tokens from OpenRouter's dollars per token, which come as text."""
    try:
        per_token = float(pricing[field])
    except (TypeError, KeyError, ValueError, IndexError):
        return None
    return per_token * 1_000_000 if 0 <= per_token < 1 else None


def _bearer(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def _root(base: str) -> str:
    """`base` without the version at its end."""
    stem, _, last = base.rstrip("/").rpartition("/")
    return stem if last == "v1" and urlsplit(stem).netloc else base.rstrip("/")
