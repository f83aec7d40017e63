"""The Storage server: `python -m servers.storage`."""

from __future__ import annotations

import asyncio
import functools

import grpc

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.common.v1.engine_pb2 import MISSING_KIND_SETTING, Missing
from reelmesh.storage.v1 import storage_pb2
from reelmesh.storage.v1.storage_pb2_grpc import add_StorageServiceServicer_to_server
from servers.chassis.blobs import BlobFolder
from servers.chassis.errors import FailedPrecondition
from servers.chassis.serve import Built, PlainServer, Resources, Service
from servers.chassis.serve import main as run
from servers.chassis.settings import Settings, StorageSettings, reveal
from servers.storage.backend import Backend, in_thread
from servers.storage.disk import DiskBackend
from servers.storage.endpoint import LinkEndpoint
from servers.storage.links import Link, Links
from servers.storage.service import MakeLink, StorageServer, sweep_forever
from servers.storage.uploads import Uploads

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on


async def build(resources: Resources) -> Built:
    """Opens the backend, the endpoint for links where one is needed, and starts sweeping."""
    settings = resources.settings.storage
    folder = BlobFolder(
        resources.settings.store_root,
        low_space_fraction=settings.low_space_fraction,
        low_space_bytes=settings.low_space_bytes,
        keep_seconds=settings.upload_keep_seconds,
    )
    backend = await open_backend(settings, folder)
    endpoint, make_link = await open_links(settings, backend, folder)
    server = StorageServer(backend, Uploads(folder), make_link, settings.lease_seconds)
    current = {"sweep_seconds": settings.sweep_seconds}
    sweeping = asyncio.create_task(sweep_forever(backend, lambda: current["sweep_seconds"]))

    async def reload(changed: Settings) -> None:
        server.lease_seconds = changed.storage.lease_seconds
        current["sweep_seconds"] = changed.storage.sweep_seconds

    async def close() -> None:
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)
        if endpoint is not None:
            await endpoint.close()
        await backend.close()

    def add(target: grpc.aio.Server) -> None:
        add_StorageServiceServicer_to_server(server, target)

    name = storage_pb2.DESCRIPTOR.services_by_name["StorageService"].full_name
    return Built([Service(name, add)], close=close, reload=reload)


async def open_backend(settings: StorageSettings, folder: BlobFolder) -> Backend:
    """The backend that the settings name.

    Raises:
        FailedPrecondition: the settings do not fit the store, or it refuses us.
    """
    if settings.backend == "disk":
        return DiskBackend(folder)
    # Imported here: the disk's server does without the library.
    from servers.storage.objects import ObjectBackend

    options = {name: reveal(value) for name, value in settings.backend_options.items()}
    backend = await in_thread(ObjectBackend.connect, settings.backend, options, folder)
    await backend.check()
    return backend


async def open_links(
    settings: StorageSettings, backend: Backend, folder: BlobFolder
) -> tuple[LinkEndpoint | None, MakeLink]:
    """The endpoint for links where the store makes none, and what makes links to it.

    Raises:
        FailedPrecondition: its address can not be had.
    """
    if not settings.links:
        return None, functools.partial(_refuse, "storage.links", "set storage.links to true")
    if backend.presigns:
        return None, functools.partial(_refuse, "storage.backend", "the store makes links itself")
    links = await in_thread(Links.open, folder.root)
    host, _, port = settings.http_listen.rpartition(":")
    endpoint = LinkEndpoint(backend, links)
    try:
        bound, number = await endpoint.start(host.strip("[]"), int(port))
    except (OSError, ValueError, OverflowError) as error:
        raise FailedPrecondition(
            f"storage.http_listen: can not listen on {settings.http_listen!r}", reason="SETTING"
        ) from error
    base = settings.http_public_url or f"http://{f'[{bound}]' if ':' in bound else bound}:{number}"
    if not settings.http_public_url and bound in _EVERYWHERE:
        remedy = "set storage.http_public_url to how others reach storage.http_listen"
        return endpoint, functools.partial(_refuse, "storage.http_public_url", remedy)

    def make_link(asset: Asset, expires: int, file_name: str) -> str:
        return links.sign(base, Link(asset.digest, expires, asset.media_type, file_name))

    return endpoint, make_link


def _refuse(setting: str, remedy: str, asset: Asset, expires: int, file_name: str) -> str:
    missing = Missing(kind=MISSING_KIND_SETTING, name=setting, remedy=remedy)
    raise FailedPrecondition(f"links can not be made: {remedy}", reason="LINKS_OFF", missing=[missing])


SERVER = PlainServer(name="storage", build=build)


def main() -> None:
    """Runs the server."""
    run(SERVER)


if __name__ == "__main__":
    main()
