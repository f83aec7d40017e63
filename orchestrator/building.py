"""The orchestrator put together, from settings to a service."""

from __future__ import annotations

import grpc
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from orchestrator.api.control import Control
from orchestrator.api.explain import Explaining
from orchestrator.api.export import Exporting
from orchestrator.api.jobs import Jobs
from orchestrator.api.limits import LimitServer
from orchestrator.api.scenes import Scenes
from orchestrator.api.service import SERVICE, JobServer
from orchestrator.api.watch import Watching
from orchestrator.drive.driver import Driver
from orchestrator.drive.following import Following
from orchestrator.drive.limiting import Limits
from orchestrator.drive.limits import OVERALL, Limiter, service
from orchestrator.drive.log import LiveLog
from orchestrator.drive.mesh import Mesh, Patience
from orchestrator.drive.retention import Keep, Retention
from orchestrator.drive.retry import Policy
from orchestrator.drive.usual import Usual
from orchestrator.drive.world import Rules, World
from orchestrator.pure.fairness import Limit
from orchestrator.store import queries
from orchestrator.store.store import Store
from reelmesh.orchestrator.v1 import limit_service_pb2
from reelmesh.orchestrator.v1.limit_service_pb2_grpc import add_LimitServiceServicer_to_server
from servers.chassis.errors import FailedPrecondition
from servers.chassis.serve import Built, PlainServer, Resources, Service
from servers.chassis.settings import LimitSettings, OrchestratorSettings, Settings, reveal

LIMIT_SERVICE = limit_service_pb2.DESCRIPTOR.services_by_name["LimitService"].full_name


async def build(resources: Resources) -> Built:
    """Opens the database, goes on with what is unfinished, and makes the service."""
    settings = resources.settings.orchestrator
    log = LiveLog()
    store = await Store.open(database_url(resources.settings), lease_seconds=settings.lease_seconds)
    async with store.read() as connection:
        usual = Usual(await queries.usual_seconds(connection))
    mesh = Mesh(settings.servers, resources.settings.mesh, _patience(settings))
    limiter = Limiter()
    limits = Limits(store, limiter)
    world = World(store, mesh, limiter, log, usual, Rules(), limits)
    retention = Retention(world, Keep(**settings.retention.model_dump()))
    _apply(world, settings)
    driver = Driver(world)
    server = JobServer(
        Jobs(world, driver),
        Control(world, driver),
        Watching(world, driver),
        Explaining(world),
        Scenes(world, resources.assets),
        Exporting(world, resources.assets, resources.work),
    )
    following = Following(store, log, driver.heard)
    following.start()
    await limits.start()
    driver.start()
    retention.start()

    async def reload(changed: Settings) -> None:
        _apply(world, changed.orchestrator)
        retention.keep = Keep(**changed.orchestrator.retention.model_dump())

    async def drain() -> None:
        log.close()
        await retention.close()
        await driver.close()

    async def close() -> None:
        await drain()
        await following.close()
        await limits.close()
        limiter.close()
        await mesh.close()
        await store.close()

    def add(target: grpc.aio.Server) -> None:
        target.add_generic_rpc_handlers((server.handler(),))

    def add_limits(target: grpc.aio.Server) -> None:
        add_LimitServiceServicer_to_server(LimitServer(limits), target)

    services = [Service(SERVICE.full_name, add), Service(LIMIT_SERVICE, add_limits)]
    return Built(services, close=close, drain=drain, reload=reload)


def database_url(settings: Settings) -> URL:
    """The database that the settings name: a SQLite file, or a PostgreSQL server's.

    Raises:
        FailedPrecondition: they name another kind of database, or none that lasts; or a variable is not set.
    """
    named = reveal(settings.orchestrator.database)
    if not named:
        return URL.create("sqlite", database=str(settings.mesh.home / "reelmesh.db"))
    try:
        url = make_url(named)
    except ArgumentError:
        raise _no_database() from None
    lasts = url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:"
    if not lasts and url.get_backend_name() != "postgresql":
        raise _no_database()
    return url


def _no_database() -> FailedPrecondition:
    return FailedPrecondition(
        'orchestrator.database must name a SQLite file, e.g. "sqlite:////var/lib/reelmesh/jobs.db", or a '
        'PostgreSQL database, e.g. "postgresql://reelmesh:${PASSWORD}@db/reelmesh"',
        reason="DATABASE_UNSUPPORTED",
    )


def _apply(world: World, settings: OrchestratorSettings) -> None:
    """Settings that can be changed while running."""
    world.limits.use(limit_defaults(settings.limits))
    world.rules.policy = Policy(
        max_attempts=settings.retry.max_attempts,
        initial_delay_seconds=settings.retry.initial_delay_seconds,
        max_delay_seconds=settings.retry.max_delay_seconds,
    )
    world.rules.remember = settings.remember
    world.rules.active = settings.active


def limit_defaults(settings: LimitSettings) -> dict[str, tuple[Limit, float]]:
    """(limit, weight) by name, as the settings say."""
    numbers = settings.model_dump(exclude={"named"})
    limits = {
        (OVERALL if name == OVERALL else service(name)): (Limit(number), 1.0)
        for name, number in numbers.items()
    }
    for name, one in settings.named.items():
        limits[name] = (Limit(one.at_once, one.per_second, one.burst, one.paused), one.weight)
    return limits


def _patience(settings: OrchestratorSettings) -> Patience:
    return Patience(
        connect_seconds=settings.connect_seconds,
        silence_seconds=settings.silence_seconds,
        timeouts_seconds=settings.timeouts_seconds.model_dump(),
    )


SERVER = PlainServer(name="orchestrator", build=build)
