"""The orchestrator put together, from settings to a service."""

from __future__ import annotations

from pathlib import Path

import grpc
import structlog
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from orchestrator.api.explain import Explaining
from orchestrator.api.export import Exporting
from orchestrator.api.jobs import Jobs
from orchestrator.api.scenes import Scenes
from orchestrator.api.service import JobServer
from orchestrator.api.watch import Watching
from orchestrator.drive.driver import Driver
from orchestrator.drive.limits import Limiter
from orchestrator.drive.log import LiveLog
from orchestrator.drive.mesh import Mesh, Patience
from orchestrator.drive.retry import Policy
from orchestrator.drive.usual import Usual
from orchestrator.drive.world import Rules, World
from orchestrator.store import queries
from orchestrator.store.store import Store
from reelmesh.orchestrator.v1 import job_service_pb2
from reelmesh.orchestrator.v1.job_service_pb2_grpc import add_JobServiceServicer_to_server
from servers.chassis.errors import FailedPrecondition
from servers.chassis.serve import Built, PlainServer, Resources, Service
from servers.chassis.settings import OrchestratorSettings, Settings

SERVICE = job_service_pb2.DESCRIPTOR.services_by_name["JobService"].full_name
OVERALL = "overall"
_log = structlog.get_logger("reelmesh.orchestrator")


async def build(resources: Resources) -> Built:
    """Opens the database, goes on with what is unfinished, and makes the service."""
    settings = resources.settings.orchestrator
    log = LiveLog()
    store = await Store.open(database_path(resources.settings), log.committed)
    async with store.read() as connection:
        usual = Usual(await queries.usual_seconds(connection))
    mesh = Mesh(settings.servers, resources.settings.mesh, _patience(settings))
    limits = settings.limits.model_dump()
    limiter = Limiter(limits, limits.pop(OVERALL))
    world = World(store, mesh, limiter, log, usual, Rules())
    _apply(world, settings)
    driver = Driver(world)
    server = JobServer(
        Jobs(world, driver),
        Watching(world, driver),
        Explaining(world),
        Scenes(world, resources.assets),
        Exporting(world, resources.assets, resources.work),
    )
    resumed = await driver.resume()
    if resumed:
        _log.info("going on with unfinished jobs", jobs=resumed)

    async def reload(changed: Settings) -> None:
        _apply(world, changed.orchestrator)

    async def drain() -> None:
        log.close()
        await driver.close()

    async def close() -> None:
        await drain()
        limiter.close()
        await mesh.close()
        await store.close()

    def add(target: grpc.aio.Server) -> None:
        add_JobServiceServicer_to_server(server, target)

    return Built([Service(SERVICE, add)], close=close, drain=drain, reload=reload)


def database_path(settings: Settings) -> Path:
    """The file of the SQLite database that the settings name.

    Raises:
        FailedPrecondition: they name another kind of database, or none that lasts.
    """
    named = settings.orchestrator.database
    if not named:
        return settings.mesh.home / "reelmesh.db"
    try:
        url = make_url(named)
    except ArgumentError:
        raise _no_database() from None
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        raise _no_database()
    return Path(url.database)


def _no_database() -> FailedPrecondition:
    return FailedPrecondition(
        'orchestrator.database must name a SQLite file, e.g. "sqlite:////var/lib/reelmesh/jobs.db"',
        reason="DATABASE_UNSUPPORTED",
    )


def _apply(world: World, settings: OrchestratorSettings) -> None:
    """Settings that can be changed while running."""
    limits = settings.limits.model_dump()
    overall = limits.pop(OVERALL)
    world.limiter.change(limits, overall)
    world.rules.policy = Policy(
        max_attempts=settings.retry.max_attempts,
        initial_delay_seconds=settings.retry.initial_delay_seconds,
        max_delay_seconds=settings.retry.max_delay_seconds,
    )
    world.rules.remember = settings.remember


def _patience(settings: OrchestratorSettings) -> Patience:
    return Patience(
        connect_seconds=settings.connect_seconds,
        silence_seconds=settings.silence_seconds,
        timeouts_seconds=settings.timeouts_seconds.model_dump(),
    )


SERVER = PlainServer(name="orchestrator", build=build)
