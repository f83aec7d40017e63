"""Builds the VideoProvider server: accounts and their ledger, the built-in providers, the router over all."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.video.v1 import video_pb2
from servers.chassis.engine import WorkContext
from servers.chassis.engines import Engines
from servers.chassis.errors import FailedPrecondition
from servers.chassis.serve import Built, Resources, Service
from servers.chassis.servicer import EngineServicer
from servers.chassis.settings import Settings, VideoSettings
from servers.chassis.worker import WorkerPool
from servers.video import accounts
from servers.video.conductor import Conductor
from servers.video.keeper import Keeper
from servers.video.ledger.database import Database
from servers.video.ledger.ledger import Ledger
from servers.video.ledger.reports import Reports
from servers.video.links import PublicLinks
from servers.video.listing import VideoProviderMethods
from servers.video.media import Stored
from servers.video.routed import VideoEngines

ENGINES = "reelmesh.video.providers"
LEDGER_FILE = "ledger.db"
_SERVICE = video_pb2.DESCRIPTOR.services_by_name["VideoProviderService"]
_SHRINKER_BYTES = 2 * 1024**3


async def build(resources: Resources) -> Built:
    """Makes the server's service.

    Raises:
        FailedPrecondition: the ledger can not be opened, or a setting is wrong.
    """
    settings = resources.settings
    video = settings.video
    built_in = Engines.load(ENGINES, video.engines, video.options, resources.models)
    known = {account.name: account for account in accounts.load(video)}
    database = await Database.open(video.ledger, settings.mesh.home / LEDGER_FILE)
    links = PublicLinks(settings)
    shrinkers = WorkerPool("servers.video.media_worker", size=1, memory_bytes=_SHRINKER_BYTES)

    def medium(asset: Asset, field: str, work: WorkContext) -> Stored:
        return Stored(asset, field, work, links.sign, shrinkers)

    conductor = Conductor(
        known,
        Ledger(database),
        Reports(database),
        medium,
        zone=_zone(video),
        failover=video.failover,
        give_up=video.unconfirmed == "give_up",
    )
    for account in known.values():
        account.conductor = conductor
    engines = VideoEngines(known, built_in, conductor)
    keeper = Keeper(conductor, resources.assets, balance_seconds=video.balance_seconds)
    if known:
        await keeper.refresh()
        keeper.start()
    methods = VideoProviderMethods(engines, conductor)
    handler = EngineServicer(_SERVICE, engines, resources.assets, resources.work, extra=methods).handler()

    async def close() -> None:
        await keeper.close()
        await conductor.close()
        await engines.close()
        await links.close()
        await shrinkers.close()
        await database.close()

    async def reload(new: Settings) -> None:
        conductor.choice.failover, conductor.give_up = new.video.failover, new.video.unconfirmed == "give_up"
        for name, given in new.video.providers.items():
            if name in known and known[name].adopt(given):
                await conductor.ledger.try_again(name)

    service = Service(_SERVICE.full_name, lambda server: server.add_generic_rpc_handlers((handler,)))
    return Built([service], close, reload=reload)


def _zone(video: VideoSettings) -> ZoneInfo:
    try:
        return ZoneInfo(video.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise FailedPrecondition(f'video.time_zone: "{video.time_zone}" is no time zone') from error
