"""Calling a learnt HTTP tool: validated both ways, through its wrapper, to its host and no other."""

from __future__ import annotations

import asyncio
import json
from typing import Any, NoReturn

import httpx2

from autonomy.core.learnt import Exchange, HttpContract, LearntTool, Place
from autonomy.core.llm.failures import Failure, FailureKind
from autonomy.core.outbound import (
    caused_by,
    checked_client,
)
from autonomy.core.works import FetchRefused
from autonomy.tools.fetch.addresses import vetted
from autonomy.tools.fetch.bodies import body_of, refusal
from autonomy.tools.fetch.pace import retry_after
from autonomy.tools.learnt.contract_checks import (
    Called,
    checked_input,
    concluded,
    own_secrets,
    wrapped,
    wrapper_of,
)
from autonomy.tools.learnt.failing import (
    CallInDoubt,
    LearntFailure,
    by_status,
    no_result,
)
from autonomy.tools.learnt.line import Line, leave_to_send
from autonomy.tools.learnt.openapi import READING, is_json, plain
from autonomy.tools.learnt.request import BadArgument, Built, built
from autonomy.tools.learnt.secrets import Secrets, forms, host_key, placed, scrubbed
from autonomy.tools.learnt.wrapper import Wrapper

REDIRECTS = 3
EMPTY = frozenset({204, 205})
_ONWARD = frozenset({301, 302, 303, 307, 308})


async def call_http(
    tool: LearntTool,
    arguments: dict[str, Any],
    line: Line,
    *,
    secrets: Secrets,
    rate: str = "ordinary",
    key: str = "",
) -> Called:
    """Call one operation.

    Args:
        secrets: of the contract's host.
        rate: of `RATES`.
        key: names the call for the other side, where it changes something.

    Raises:
        LearntFailure: nothing was changed outside.
        CallInDoubt: something may have been.
    """
    contract = tool.contract
    if not isinstance(contract, HttpContract):
        raise TypeError(f"{tool.name} is not called by HTTP")
    checked_input(tool, arguments)
    own = own_secrets(tool, contract.secrets, secrets, host=host_key(contract.base_url))
    wrapper = wrapper_of(tool)
    try:
        request = built(contract, wrapped(tool, wrapper, arguments))
    except BadArgument as error:
        problem = {"field": error.name, "problem": error.problem, "type": "place"}
        raise LearntFailure(
            "bad_input", f"{tool.name}: {error}", tool=tool.name, problems=[problem]
        ) from error
    errand = _Errand(tool, contract, line, own, request, arguments)
    status, headers, body = await errand.send(rate, key)
    # What others wrote may take seconds to compare: not on the loop that drives all runs.
    return await asyncio.to_thread(errand.result, wrapper, status, headers, body)


class _Errand:
    """One call."""

    def __init__(
        self,
        tool: LearntTool,
        contract: HttpContract,
        line: Line,
        secrets: Secrets,
        request: Built,
        arguments: dict[str, Any],
    ) -> None:
        self._tool = tool
        self._contract = contract
        self._line = line
        self._secrets = secrets
        self._hidden = forms(secrets)
        self._request = request
        self._arguments = arguments
        self._reads = contract.method in READING
        self._left = False
        """Whether the request may have arrived."""

    # ------------------------------------------------------------------------ there

    async def send(self, rate: str, key: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (lower case) and body of the answer."""
        line, name = self._line, self._tool.name
        try:
            # The host stands before the path whatever that says: "@elsewhere" is no part of it.
            base = httpx2.URL(self._contract.base_url)
            url = vetted(f"{str(base).rstrip('/')}{self._request.path}", line.trusted)
            if (url.host, url.port, url.scheme) != (base.host, base.port, base.scheme):
                raise FetchRefused("address", "The path leads to another host.")
        except FetchRefused as refused:
            raise LearntFailure("not_allowed", f"{name}: {refused.reason}", tool=name) from refused
        endpoint = f"tool:{host_key(url)}"
        leave = await leave_to_send(line, name, url, rate)
        kind: FailureKind | None = None
        answered = False
        try:
            status, headers, body = await self._within_time(url, key)
            answered = True
            if status == 429:
                kind = FailureKind.RATE_LIMIT
            elif status >= 500:
                kind = FailureKind.SERVER
        except LearntFailure as failure:
            kind = _KINDS.get(failure.error.code)
            raise
        except CallInDoubt:
            kind = FailureKind.TIMEOUT
            raise
        finally:
            if kind is not None:
                told = retry_after(headers) if answered else None
                await line.health.failed(endpoint, Failure(kind, url.host, retry_after=told), leave)
            elif answered:
                await line.health.succeeded(endpoint, leave)
            else:
                await line.health.abandoned(endpoint, leave)
        return status, headers, body

    async def _within_time(self, url: httpx2.URL, key: str) -> tuple[int, dict[str, str], bytes]:
        limits = self._line.limits
        try:
            async with (
                asyncio.timeout(limits.seconds),
                checked_client(
                    private=False,
                    trusted=self._line.trusted,
                    max_bytes=limits.answer_bytes,
                    seconds=limits.seconds,
                    resolve=self._line.resolve,
                ) as client,
            ):
                return await self._exchanged(client, url, key)
        except FetchRefused as refused:
            self._failed(_CODES.get(refused.code, "unavailable"), refused)
        except (httpx2.HTTPError, TimeoutError) as error:
            why = refusal(error, url.host)
            code = _CODES.get(why.code, "unavailable")
            if caused_by(error, httpx2.ConnectError) or caused_by(error, httpx2.ConnectTimeout):
                self._left = False
                code = "dead_host" if why.code == "unreachable" else code
            self._failed(code, why)

    def _failed(self, code: str, refused: FetchRefused) -> NoReturn:
        may_be_done = self._left and not self._reads
        name = self._tool.name
        raise no_result(name, code, refused.reason, may_be_done=may_be_done) from refused

    async def _exchanged(
        self, client: httpx2.AsyncClient, url: httpx2.URL, key: str
    ) -> tuple[int, dict[str, str], bytes]:
        secrets = placed(self._contract.secrets, self._secrets)
        request = self._request
        # A server's address may have a query of its own no more than a path may: parameters only.
        at = (
            url.copy_with(params=[*request.query, *secrets.query])
            if (request.query or secrets.query)
            else url
        )
        headers = dict(request.headers)
        headers |= {"User-Agent": self._line.agent, "Accept": "application/json, */*;q=0.5"}
        if request.content is not None:
            headers["Content-Type"] = request.media_type
        if key and not self._reads:
            headers["Idempotency-Key"] = key
        for hop in range(REDIRECTS + 1):
            sent = client.build_request(
                self._contract.method,
                at,
                headers=headers | dict(secrets.headers),
                content=request.content,
            )
            self._left = True
            response = await client.send(sent, stream=True)
            try:
                told = {n.lower(): v for n, v in response.headers.items()}
                if response.status_code not in _ONWARD or "location" not in told:
                    body = await body_of(response, self._line.limits.answer_bytes)
                    return response.status_code, told, body
            finally:
                await response.aclose()
            at = self._onward(at, told["location"], hop)
        raise AssertionError("the last hop is refused")

    def _onward(self, at: httpx2.URL, location: str, hop: int) -> httpx2.URL:
        """Where a redirect may be followed to: with secrets nowhere but to the same host."""
        self._left = False  # who sends onward has not done it
        if not self._reads:
            raise FetchRefused("redirects", f"{at.host} sends what changes something elsewhere.")
        if hop == REDIRECTS:
            raise FetchRefused("redirects", f"{at.host} redirects more than {REDIRECTS} times.")
        try:
            joined = at.join(location)
        except (httpx2.InvalidURL, ValueError) as error:
            raise FetchRefused(
                "redirects", f"{at.host} redirects to what is no address."
            ) from error
        url = vetted(str(joined), self._line.trusted)
        same = (url.scheme, url.host, url.port) == (at.scheme, at.host, at.port)
        if at.scheme == "https" and url.scheme != "https":
            raise FetchRefused("redirects", f"{at.host} redirects to an unprotected address.")
        if self._secrets and not same:
            raise FetchRefused(
                "redirects", f"{at.host} redirects to {url.host}, where its key does not go."
            )
        return url

    # ------------------------------------------------------------------------ back

    def result(self, wrapper: Wrapper, status: int, headers: dict[str, str], body: bytes) -> Called:
        """What the answer comes to."""
        media_type = plain(headers.get("content-type", ""))
        answer = scrubbed(_parsed(media_type, body), self._hidden)
        exchange = Exchange(
            arguments=scrubbed(self._arguments, self._hidden),
            request=scrubbed(self._request.plain(), self._hidden),
            status=status,
            media_type=media_type or "application/octet-stream",
            answer=answer,
        )
        if not (wrapper.accepts(status) or (status in EMPTY and not self._tool.output_schema)):
            wants = any(p.place is Place.PATH for p in self._contract.parameters)
            failure = by_status(
                self._tool.name, exchange, retry_after(headers), path_arguments=wants
            )
            if not self._reads and (status < 400 or status >= 500 or status == 408):
                raise CallInDoubt(str(failure), exchange)
            raise failure
        return concluded(self._tool, wrapper, exchange, reads=self._reads)


def _parsed(media_type: str, body: bytes) -> Any:
    """The body as a value; text where it is none of JSON, None where there is none."""
    if not body:
        return None
    text = body.decode("utf-8", "replace")
    if is_json(media_type or "*/*"):
        try:
            return json.loads(text, parse_constant=_no_number)
        except (ValueError, RecursionError):
            return text
    return text


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_CODES = {
    "address": "not_allowed",
    "redirects": "schema_drift",
    "too_large": "too_large",
    "timeout": "unavailable",
    "unreachable": "unavailable",
    "media_type": "schema_drift",
}
"""What a refusal of the fetch layer means for a tool."""
_KINDS = {"unavailable": FailureKind.NETWORK, "dead_host": FailureKind.NETWORK}
