"""Links to our pictures for vendors that take nothing else, readable from the open internet."""

from __future__ import annotations

import asyncio
import socket
import sys
from urllib.parse import urlsplit

import grpc
import httpx

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.common.v1.engine_pb2 import MISSING_KIND_SETTING, Missing
from reelmesh.storage.v1 import storage_pb2, storage_pb2_grpc
from servers.chassis import addresses
from servers.chassis.context import OWNER_KEY
from servers.chassis.errors import FailedPrecondition, Unavailable
from servers.chassis.http import is_public
from servers.chassis.serve import CHANNEL_OPTIONS
from servers.chassis.settings import Settings
from servers.video.accounts import load

LIFE_SECONDS = 6 * 3600
"""Long enough for a vendor's queue."""
_SIGN_SECONDS = 20.0
_REACH_SECONDS = 10.0
_REMEDY = (
    "set storage.http_public_url to an https address at which vendors reach Storage's links, "
    "or keep assets in an object store that signs links of its own (storage.backend)"
)


class PublicLinks:
    """Asks Storage for links."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._channel: grpc.aio.Channel | None = None

    async def sign(self, owner: str, asset: Asset) -> str:
        """A link to an asset, good for some hours.

        Raises:
            FailedPrecondition: the link would not be reachable for a vendor; it names the setting.
            Unavailable: Storage does not answer.
        """
        address = self._settings.mesh.storage_address or self._settings.orchestrator.servers.get(
            "storage", ""
        )
        if not address:
            raise _unreachable("it is not known where Storage is (mesh.storage_address)")
        if self._channel is None:
            self._channel = addresses.channel(address, self._settings.mesh, CHANNEL_OPTIONS)
        request = storage_pb2.SignRequest(digest=asset.digest)
        request.lifetime.FromSeconds(LIFE_SECONDS)
        stub = storage_pb2_grpc.StorageServiceStub(self._channel)
        try:
            signed = await stub.Sign(request, metadata=((OWNER_KEY, owner),), timeout=_SIGN_SECONDS)
        except grpc.aio.AioRpcError as error:
            if error.code() == grpc.StatusCode.FAILED_PRECONDITION:
                raise _unreachable(error.details() or "Storage makes no links") from error
            raise Unavailable(
                f"Storage answered {error.code().name}", reason="STORAGE_UNAVAILABLE"
            ) from error
        url = str(signed.url)
        if not self._settings.storage.http_public_url and not await _reachable(url):
            raise _unreachable("Storage's links lead to an address of this network")
        return url

    async def close(self) -> None:
        """Closes the channel."""
        if self._channel is not None:
            await self._channel.close()


async def _reachable(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return all(is_public(str(entry[4][0])) for entry in found)


def _unreachable(why: str) -> FailedPrecondition:
    lacking = Missing(kind=MISSING_KIND_SETTING, name="storage.http_public_url", remedy=_REMEDY)
    return FailedPrecondition(
        f"this provider takes pictures as links only, and {why}: {_REMEDY}",
        reason="NO_PUBLIC_LINK",
        missing=[lacking],
    )


def main() -> int:
    """Says whether vendors could read our pictures, for `reelmesh doctor`. Runs in a process of its own.

    The answer of any HTTP server counts: whether it is Storage's shows when a clip is made.
    """
    settings = Settings()
    public = settings.storage.http_public_url
    needing = [one.name for one in load(settings.video) if one.account.enabled and one.vendor.links_only]
    if not public:
        if needing and settings.storage.backend == "disk":
            print(f"{', '.join(needing)} take pictures as links only: {_REMEDY}", file=sys.stderr)
            return 1
        print("no provider needs links to our pictures")
        return 0
    try:
        answer = httpx.get(public, timeout=_REACH_SECONDS, follow_redirects=False, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        print(f"storage.http_public_url does not answer: {type(error).__name__}", file=sys.stderr)
        return 1
    print(f"storage.http_public_url answers (HTTP {answer.status_code})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
