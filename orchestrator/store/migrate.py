"""Brings a database to the tables this code needs."""

from __future__ import annotations

from pathlib import Path

import structlog
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.store.schema import HEAD, compatibility
from servers.chassis.errors import FailedPrecondition

MIGRATIONS = Path(__file__).parent / "migrations"
ONE_AT_A_TIME = 0x7265656C
"""Key of PostgreSQL's advisory lock that a migration holds."""
_log = structlog.get_logger("reelmesh.store")


async def migrate(engine: AsyncEngine) -> None:
    """Upgrades the database where it is older than this code, in one transaction.

    Raises:
        FailedPrecondition: a newer version of reelmesh has made the database, and says that this one can not
            use it.
    """
    async with engine.connect() as connection:
        revision = await connection.run_sync(current)
    if revision == HEAD:
        return
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)


def current(connection: Connection) -> str | None:
    """The revision a database is at. None: it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
    revision = current(connection)  # another process may have been quicker
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        _check_newer(connection, revision)
        return
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


def _check_newer(connection: Connection, revision: str) -> None:
    """Lets a database of a newer version pass if that version says that this one can use it."""
    oldest = None
    if inspect(connection).has_table(compatibility.name):
        oldest = connection.execute(select(compatibility.c.oldest)).scalar_one_or_none()
    if oldest is None or oldest > HEAD:
        raise FailedPrecondition(
            f"the orchestrator's database is at revision {revision}, which this version of reelmesh does not "
            f"know (it knows up to {HEAD}): install the newer version that made it, or name another database",
            reason="DATABASE_TOO_NEW",
        )
    _log.info("the database is a newer version's", revision=revision, known=HEAD, oldest=oldest)
