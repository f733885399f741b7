"""Asking one provider: its turn, the request, and what each kind of answer means.

Nothing a provider wrote reaches a person: messages are ours.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx2
from lxml import etree  # type: ignore[import-untyped]

from autonomy.core.llm.failures import Failure, FailureKind
from autonomy.core.llm.health import Admission, ProviderHealth, Refused, turn
from autonomy.core.outbound import Trusted
from autonomy.core.works import Answer, FetchRefused
from autonomy.tools.fetch.addresses import host_of, port_of, vetted
from autonomy.tools.fetch.bodies import body_of, refusal
from autonomy.tools.fetch.lines import Again, Line, Paces, Unanswered, meaning
from autonomy.tools.fetch.pace import retry_after, told
from autonomy.tools.fetch.redirects import Vet, following

ATTEMPTS = 2
"""Of one request: a second one where waiting or trying again may help."""
BODY_BYTES = 8 * 1024 * 1024
"""Most that one answer of a provider may have."""
REDIRECTS = 3
_XML = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
)


class Asker:
    """Puts questions to one provider, for one operation.

    Args:
        client: checked; follows no redirects by itself.
        trusted: hosts that redirects may lead to although they are private.
        deadline: of the operation, on `clock`.
        agent: the User-Agent.
    """

    def __init__(
        self,
        line: Line,
        client: httpx2.AsyncClient,
        health: ProviderHealth,
        paces: Paces,
        *,
        trusted: Trusted,
        deadline: float,
        clock: Callable[[], float],
        agent: str,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._line = line
        self._client = client
        self._health = health
        self._paces = paces
        self._trusted = trusted
        self._deadline = deadline
        self._clock = clock
        self._agent = agent
        self._sleep = sleep

    async def json(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        body: Any = None,
        unknown: frozenset[int] = frozenset({404, 410}),
    ) -> Any:
        """The parsed answer; None when the provider knows no such thing.

        Args:
            body: sent as JSON by POST when given.
            unknown: status codes by which it says that.

        Raises:
            Unanswered: with the reason.
        """
        data = await self._ask(path, params, body, "application/json", unknown)
        if data is None:
            return None
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise self._unreadable(data) from error

    async def xml(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """The root element; None when the provider knows no such thing.

        Raises:
            Unanswered: with the reason.
        """
        accept = "application/xml, application/atom+xml"
        data = await self._ask(path, params, None, accept, frozenset({404, 410}))
        if data is None:
            return None
        try:
            return etree.fromstring(data, _XML)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise self._unreadable(data) from error

    async def page(self, path: str, params: Mapping[str, str | int]) -> bytes | None:
        """A page as it came; None when there is none.

        Raises:
            Unanswered: with the reason.
        """
        return await self._ask(path, params, None, "text/html", frozenset({404, 410}))

    def _unreadable(self, data: bytes) -> Unanswered:
        what = "a web page" if data.lstrip()[:1] == b"<" else "something that breaks off"
        return self.unreadable(f"It sent {what} where data was asked for.")

    def unreadable(self, detail: str = "") -> Unanswered:
        """For an answer whose form is not the provider's."""
        return Unanswered(
            Answer.UNREACHABLE,
            f"{self._line.name} answered in a form that cannot be read. {detail}".strip(),
        )

    # ------------------------------------------------------------------------------ one request

    async def _ask(
        self,
        path: str,
        params: Mapping[str, str | int] | None,
        body: Any,
        accept: str,
        unknown: frozenset[int],
    ) -> bytes | None:
        url = httpx2.URL(self._line.base_url.rstrip("/") + path)
        if params:
            url = url.copy_merge_params({name: str(value) for name, value in params.items()})
        headers = {"User-Agent": self._agent, "Accept": accept}
        problem = Unanswered(Answer.UNREACHABLE, f"{self._line.name} did not answer.")
        for _ in range(ATTEMPTS):
            leave = await self._leave()
            try:
                return await self._once(url, headers, body, unknown, leave)
            except Again as again:
                problem = again.problem
        raise problem

    async def _leave(self) -> Admission:
        """Leave to send one request, waited for if need be."""
        line = self._line
        pace = await self._paces.get(line.name) or line.pace
        leave, _ = await turn(
            self._health,
            line.endpoint,
            per_minute=pace.per_minute,
            burst=pace.burst,
            longest=max(0.0, self._deadline - self._clock()),
            sleep=self._sleep,
        )
        if isinstance(leave, Admission):
            return leave
        raise self._not_now(leave)

    def _not_now(self, refused: Refused) -> Unanswered:
        if refused.kind == "rate":
            return Unanswered(
                Answer.RATE_LIMITED,
                f"{self._line.name} may be asked again in {max(1, round(refused.seconds))} seconds.",
            )
        return Unanswered(
            Answer.UNREACHABLE,
            f"{self._line.name} failed repeatedly and is left alone for "
            f"{max(1, round(refused.seconds))} seconds.",
        )

    async def _once(
        self,
        url: httpx2.URL,
        headers: Mapping[str, str],
        body: Any,
        unknown: frozenset[int],
        leave: Admission,
    ) -> bytes | None:
        reported = False
        line = self._line
        try:
            async with asyncio.timeout(max(0.1, self._deadline - self._clock())):
                async with self._sent(url, headers, body) as response:
                    lower = {name.lower(): value for name, value in response.headers.items()}
                    data = await body_of(response, BODY_BYTES)
            status = response.status_code
            await self._learn(lower)
            reported = True
            if status < 400:
                await self._health.succeeded(line.endpoint, leave)
                return data
            if status in unknown:
                await self._health.succeeded(line.endpoint, leave)
                return None
            raise await self._failed(status, lower, leave)
        except (httpx2.HTTPError, TimeoutError) as error:
            refused = refusal(error, url.host)
            kind = FailureKind.TIMEOUT if refused.code == "timeout" else FailureKind.NETWORK
            reported = True
            await self._health.failed(line.endpoint, Failure(kind, line.name), leave)
            problem = Unanswered(
                Answer.REFUSED if refused.code == "address" else Answer.UNREACHABLE,
                f"{line.name}: {refused.reason}",
            )
            raise (Again(problem) if refused.code == "unreachable" else problem) from error
        except FetchRefused as refused:
            # It did answer: with a loop, a way inside, or too much.
            reported = True
            await self._health.failed(
                line.endpoint, Failure(FailureKind.MALFORMED, line.name), leave
            )
            answer = Answer.REFUSED if refused.code == "address" else Answer.UNREACHABLE
            raise Unanswered(answer, f"{line.name}: {refused.reason}") from refused
        finally:
            if not reported:
                await self._health.abandoned(line.endpoint, leave)

    def _sent(self, url: httpx2.URL, headers: Mapping[str, str], body: Any) -> Any:
        if body is None:
            return following(
                self._client,
                url,
                vet=self._onward(url),
                most=REDIRECTS,
                headers=headers,
                secrets=self._line.secrets,
            )
        return self._client.stream(
            "POST", url, headers={**headers, **self._line.secrets}, json=body
        )

    def _onward(self, url: httpx2.URL) -> Vet:
        hosts = self._trusted | {(host_of(url), port_of(url))}

        async def vet(address: str) -> httpx2.URL:
            return vetted(address, hosts)

        return vet

    async def _learn(self, headers: Mapping[str, str]) -> None:
        before = await self._paces.get(self._line.name) or self._line.pace
        pace = told(headers, before)
        if pace != before:
            await self._paces.put(self._line.name, pace)

    async def _failed(self, status: int, headers: Mapping[str, str], leave: Admission) -> Exception:
        """Reports what went wrong and says what it means here."""
        line = self._line
        wait = retry_after(headers)
        kind, answer, message = meaning(status, line.name, line.keyed)
        await self._health.failed(line.endpoint, Failure(kind, line.name, retry_after=wait), leave)
        problem = Unanswered(answer, message)
        patient = self._clock() + (wait or 0.0) < self._deadline
        again = kind in (FailureKind.RATE_LIMIT, FailureKind.OVERLOAD, FailureKind.SERVER)
        return Again(problem) if again and patient else problem
