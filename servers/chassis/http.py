"""HTTP to vendors: one client for each account, bounded, without secrets in what it says, and never retrying.

The host of a provider's configured base URL is trusted, since the operator named it. Every other address (a
clip's, a redirect's) comes from outside: it must be public, which is checked on the very address that is
connected to, so that a name can not be resolved to one address for the check and to another for the
connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import socket
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

MOST_ANSWER_BYTES = 4 * 2**20
"""Largest answer of an API that is read unless a call says otherwise; clips are streamed."""
MOST_REDIRECTS = 5
TIMEOUT = httpx.Timeout(connect=10.0, read=60.0, write=60.0, pool=30.0)
_CONNECTIONS, _KEPT_CONNECTIONS, _KEPT_SECONDS = 64, 8, 5.0
_MASK = "***"
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 within IPv6. Source: RFC 6052."""


class NotSent(Exception):
    """Nothing left this machine: the address could not be reached or is not allowed."""


class NotAllowed(NotSent):
    """The address is none that may be connected to; asking again changes nothing."""


class NoAnswer(Exception):
    """The request was sent, as a whole or in part, and no whole answer came."""


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def json(self) -> Any:
        """The decoded body; None when it is not JSON."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    def object(self) -> dict[str, Any]:
        """The decoded body when it is a JSON object; empty otherwise."""
        found = self.json()
        return found if isinstance(found, dict) else {}

    def text(self, most: int = 300) -> str:
        """The beginning of the body on one line, without our secrets, for messages."""
        return redacted(
            " ".join(self.content[: most * 4].decode(errors="replace").split())[:most], self.secrets
        )

    @property
    def refused(self) -> bool:
        """Whether it was certainly turned away: a client error, other than of a request cut off."""
        return 400 <= self.status < 500 and self.status not in (408, 425, 499)

    @property
    def retry_after_seconds(self) -> float | None:
        """What `retry-after-ms` or `retry-after` (in seconds) says. Source: RFC 9110, 10.2.3."""
        for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
            with contextlib.suppress(KeyError, ValueError):
                seconds = float(self.headers[name]) * unit
                if 0 <= seconds < 86_400:
                    return seconds
        return None


class Http:
    """Calls to one provider. Close it at the end."""

    def __init__(
        self,
        base_url: str,
        secrets: Iterable[str] = (),
        *,
        timeout: httpx.Timeout = TIMEOUT,
        private_hosts: Iterable[str] = (),
    ) -> None:
        """`secrets` are removed from every text that comes out of here.

        `private_hosts` are further hosts ("host" or "host:port") that the operator trusts, e.g. a file server
        of a self-hosted vendor.
        """
        self.base_url = base_url.rstrip("/") + "/"
        self._secrets = tuple(secret for secret in secrets if secret)
        trusted = urlsplit(self.base_url)
        self._trusted = {(trusted.hostname or "").lower(), *(host.lower() for host in private_hosts)}
        self._client = httpx.AsyncClient(
            transport=_Transport(self._trusted), timeout=timeout, follow_redirects=False, trust_env=False
        )

    async def call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        content: bytes | None = None,
        most_bytes: int = MOST_ANSWER_BYTES,
    ) -> Answer:
        """One request to the API, sent at most once. An answer of more than `most_bytes` is given up.

        `path` is relative to the base URL, or a whole URL of a trusted host (such as one that the vendor gave
        for polling).

        Raises:
            NotSent: nothing reached the vendor.
            NoAnswer: something did, and no whole answer came back.
        """
        try:
            url = urljoin(self.base_url, path)
            if (urlsplit(url).hostname or "").lower() not in self._trusted:
                raise NotAllowed("the vendor named an address outside of its own for its API")
            request = self._client.build_request(
                method,
                url,
                headers=dict(headers or {}),
                params=params,
                json=json,
                data=data,
                files=files,
                content=content,
            )
        except (ValueError, httpx.InvalidURL) as error:
            raise NotSent("the key or an address has a character that HTTP does not take") from error
        try:
            response = await self._client.send(request, stream=True)
            try:
                told = await _bounded(response, most_bytes)
            finally:
                await response.aclose()
        except (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.UnsupportedProtocol,
            httpx.LocalProtocolError,  # of our own making, such as a line feed in a key: nothing was written
        ) as error:
            raise NotSent(self.redacted(f"can not be reached: {_said(error)}")) from error
        except (httpx.HTTPError, _TooLarge) as error:
            raise NoAnswer(self.redacted(f"gave no whole answer: {_said(error)}")) from error
        return Answer(response.status_code, response.headers, told, self._secrets)

    @contextlib.asynccontextmanager
    async def download(
        self, url: str, headers: Mapping[str, str] | None = None, *, offset: int = 0
    ) -> AsyncIterator[httpx.Response]:
        """A streamed GET of a file, from byte `offset` on, over redirects, each checked.

        `headers` go to a trusted host only: never does a key follow a redirect away from it.

        Raises:
            NotSent: the address is not allowed or can not be reached.
            NoAnswer: no answer came.
        """
        for _ in range(MOST_REDIRECTS + 1):
            try:
                host = (urlsplit(url).hostname or "").lower()
                sent = dict(headers or {}) if host in self._trusted else {}
                if offset:
                    sent["Range"] = f"bytes={offset}-"
                request = self._client.build_request("GET", url, headers=sent)
            except (ValueError, httpx.InvalidURL) as error:
                raise NotAllowed("the file's address is none") from error
            try:
                response = await self._client.send(request, stream=True)
            except (httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
                raise NotAllowed(self.redacted(f"the file's address: {_said(error)}")) from error
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                forbidden = isinstance(error.__cause__, _NotPublic)
                raise (NotAllowed if forbidden else NotSent)(
                    self.redacted(f"the file's address: {_said(error)}")
                ) from error
            except httpx.HTTPError as error:
                raise NoAnswer(self.redacted(f"the file's host: {_said(error)}")) from error
            try:
                if response.is_redirect:
                    url = urljoin(str(response.url), response.headers.get("location", ""))
                    continue
                yield response
                return
            finally:
                await response.aclose()
        raise NotAllowed("the file's address redirects too often")

    def redacted(self, text: str) -> str:
        """The text with our secrets masked."""
        return redacted(text, self._secrets)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret masked."""
    for secret in secrets:
        text = text.replace(secret, _MASK)
    return text


class _TooLarge(Exception):
    """An answer that is larger than any that an API has a reason to send."""


async def _bounded(response: httpx.Response, most: int) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > most:
            raise _TooLarge(f"more than {most} bytes")
    return bytes(content)


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__


class _Transport(httpx.AsyncHTTPTransport):
    """httpx's own transport over a pool whose connections are guarded, and that sends nothing twice."""

    def __init__(self, trusted: set[str]) -> None:
        # Not super().__init__: it would make a pool that resolves names for itself. Were httpx to keep its
        # pool elsewhere one day, every request would fail here rather than go out unguarded.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_KEPT_CONNECTIONS,
            keepalive_expiry=_KEPT_SECONDS,
            http1=True,
            http2=False,
            retries=0,
            network_backend=_Guarded(trusted),
        )


class _NotPublic(httpcore.ConnectError):
    """A name or address of a network that is not the open internet."""


class _Guarded(httpcore.AsyncNetworkBackend):
    """Connects to the address that was checked: trusted hosts wherever they are, others only where public."""

    def __init__(self, trusted: set[str]) -> None:
        self._trusted = trusted
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolves, checks every address, and connects to the first that answers."""
        if host.lower() in self._trusted or f"{host.lower()}:{port}" in self._trusted:
            return await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} has no address") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not addresses:
            raise httpcore.ConnectError(f"{host} has no address")
        if not all(is_public(address) for address in addresses):
            raise _NotPublic(f"{host} is not a public address")
        last: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Never: no vendor lives there."""
        raise httpcore.ConnectError("a socket file is not a public address")

    async def sleep(self, seconds: float) -> None:
        """Sleeps."""
        await self._inner.sleep(seconds)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet."""
    found = ipaddress.ip_address(address.split("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    if found in _NAT64:
        mapped = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    inner = mapped or found
    return found.is_global and inner.is_global and not inner.is_multicast
