"""Engines that are a vendor's API which answers at once: the account, its key, and what no answer means.

A call that costs money is made at most once: one that the vendor certainly turned away as too many is made
again, one whose answer was lost is not. Nobody knows what became of it, so it is UNCONFIRMED, as with the
providers of clips.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from pydantic import Field

from reelmesh.common.v1.engine_pb2 import MISSING_KIND_KEY, MISSING_KIND_SETTING, Missing
from servers.chassis.errors import UNCONFIRMED, FailedPrecondition, Fault
from servers.chassis.http import Answer, Http, NoAnswer, NotSent
from servers.chassis.settings import Section, reveal
from servers.chassis.trouble import Kind, Trouble, fault_of, kind_of

_LOST = (502, 504)
"""A gateway's word that it does not know what became of the request. Source: RFC 9110, 15.6."""
_LONGEST_WAIT_SECONDS = 60.0


class RemoteSettings(Section):
    """What all engines of this kind have in their `options`."""

    key: str = Field("", description='API key, as a reference: "${OPENAI_KEY}".')
    base_url: str = Field("", description="Where the API lives. Empty: the vendor's own.")
    private_hosts: list[str] = Field(
        default_factory=list, description="Further hosts of its own that need not be public."
    )
    paid: bool | None = Field(
        None,
        description="Whether calls cost money: one whose answer was lost is then not made again. "
        "Empty: where there is a key.",
    )
    timeout_seconds: float = Field(120.0, gt=0, description="Longest silence of the API within one call.")
    attempts: int = Field(4, ge=1, le=20, description="Calls in all where the API says that it is too busy.")


class Account:
    """One account at one vendor, for one engine."""

    def __init__(
        self,
        where: str,
        settings: RemoteSettings,
        *,
        base_url: str = "",
        keyed: bool = True,
        field: str = "prompt",
        trouble: Callable[[Answer], Trouble] | None = None,
    ) -> None:
        """`where` is the engine's part of the settings, e.g. "tts.options.azure", and is told to people.

        `field` is the request's field with the words; `trouble` reads what the vendor says went wrong.
        """
        self.name = where.rpartition(".")[2]
        self._where, self._settings, self._keyed, self._field = where, settings, keyed, field
        self._trouble = trouble or _plain_trouble
        self._base_url = settings.base_url or base_url
        self._http: Http | None = None

    @property
    def key(self) -> str:
        """The key, looked up now.

        Raises:
            FailedPrecondition: the variable that it refers to is not set.
        """
        return reveal(self._settings.key)

    def missing(self) -> Sequence[Missing]:
        """What stands in the way of calling it."""
        if not self._base_url:
            remedy = f"set {self._where}.base_url to the address of the server"
            return (Missing(kind=MISSING_KIND_SETTING, name="base_url", remedy=remedy),)
        try:
            if self.key or not self._keyed or self._settings.base_url:
                return ()  # a server of one's own need not have keys
        except FailedPrecondition as fault:
            return (Missing(kind=MISSING_KIND_KEY, name="key", remedy=fault.message),)
        remedy = f'set {self._where}.key to a reference such as "${{{self.name.upper()}_KEY}}"'
        return (Missing(kind=MISSING_KIND_KEY, name="key", remedy=remedy),)

    @property
    def http(self) -> Http:
        """Calls to the vendor. Made when it is first asked for: secrets are looked up no earlier."""
        if self._http is None:
            timeout = httpx.Timeout(connect=10.0, read=self._settings.timeout_seconds, write=60.0, pool=30.0)
            self._http = Http(
                self._base_url, [self.key], timeout=timeout, private_hosts=self._settings.private_hosts
            )
        return self._http

    @property
    def bearer(self) -> dict[str, str]:
        """The key as a header; none where there is no key."""
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    async def call(self, method: str, path: str, **more: Any) -> Answer:
        """A call of the API that was answered with success; `more` as in `Http.call`.

        Raises:
            Fault: it was not. UNCONFIRMED where it may have been paid for all the same.
        """
        for attempt in range(1, self._settings.attempts + 1):
            try:
                answer = await self.http.call(method, path, **more)
            except NotSent as error:
                raise self.fault(Trouble(Kind.OUTAGE, str(error))) from error
            except NoAnswer as error:
                raise self._lost(method, str(error)) from error
            if 200 <= answer.status < 300:
                return answer
            if answer.status in _LOST:
                raise self._lost(method, f"HTTP {answer.status} {answer.text()}".strip())
            trouble = self._trouble(answer)
            wait = trouble.retry_after_seconds
            if wait is None:
                wait = random.uniform(0.5, 1.0) * 2.0 ** (attempt - 1)
            last = attempt == self._settings.attempts
            if trouble.kind is not Kind.THROTTLED or last or wait > _LONGEST_WAIT_SECONDS:
                raise self.fault(trouble)
            await asyncio.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    async def fetch(self, url: str, path: Path, *, most_bytes: int) -> str:
        """Downloads a file that the vendor made and returns its media type, "" where none is told.

        Raises:
            Fault: it is not there, too large, or at an address that is not public.
        """
        async with self._download(url) as response:
            if response.status_code != 200:
                what = f"its file can not be had: HTTP {response.status_code}"
                raise self.fault(Trouble(Kind.BAD_OUTPUT, what))
            size = 0
            with path.open("wb") as file:
                async for block in response.aiter_bytes():
                    size += len(block)
                    if size > most_bytes:
                        raise self.fault(Trouble(Kind.BAD_OUTPUT, f"its file has over {most_bytes} bytes"))
                    file.write(block)
            return str(response.headers.get("content-type", "")).partition(";")[0].strip()

    @asynccontextmanager
    async def _download(self, url: str) -> AsyncIterator[httpx.Response]:
        try:
            async with self.http.download(url, self.bearer) as response:
                yield response
        except (NotSent, NoAnswer, httpx.HTTPError) as error:
            raise self.fault(Trouble(Kind.BAD_OUTPUT, self.http.redacted(str(error)))) from error

    def fault(self, trouble: Trouble) -> Fault:
        """The status of work that met such trouble here."""
        return fault_of(self.name, trouble, field=self._field)

    @property
    def paid(self) -> bool:
        """Whether calls cost money."""
        return bool(self._settings.key) if self._settings.paid is None else self._settings.paid

    def _lost(self, method: str, what: str) -> Fault:
        if method == "GET" or not self.paid:
            return self.fault(Trouble(Kind.OUTAGE, what))
        return FailedPrecondition(
            f"{self.name} {what}; it may have been paid for, so it is not asked again by itself",
            reason=UNCONFIRMED,
        )

    async def close(self) -> None:
        """Closes its connections."""
        if self._http is not None:
            await self._http.close()


def _plain_trouble(answer: Answer) -> Trouble:
    told = answer.object()
    message = str(told.get("detail") or told.get("message") or answer.text() or f"HTTP {answer.status}")
    return Trouble(kind_of(answer.status), message[:300], "", answer.retry_after_seconds)
