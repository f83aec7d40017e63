"""Settings that change while a server runs: the files are watched, and a broken one changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from pydantic import ValidationError
from yaml import YAMLError

from servers.chassis.settings import Settings, config_files

POLL_SECONDS = 2.0
_log = structlog.get_logger("reelmesh.settings")


async def watch_settings(
    apply: Callable[[Settings], Awaitable[None]], poll_seconds: float = POLL_SECONDS
) -> None:
    """Calls `apply` with the new settings whenever a settings file has changed. Runs until cancelled."""
    known = _state()
    while True:
        await asyncio.sleep(poll_seconds)
        state = _state()
        if state == known:
            continue
        known = state
        try:
            settings = Settings()
        except (ValidationError, ValueError, YAMLError) as error:
            _log.warning("settings changed but are wrong; the old ones stay", error=str(error)[:500])
            continue
        await apply(settings)
        _log.info("settings reloaded")


def _state() -> tuple[tuple[int, int] | None, ...]:
    stats: list[tuple[int, int] | None] = []
    for path in config_files():
        try:
            found = path.stat()
            stats.append((found.st_mtime_ns, found.st_size))
        except OSError:
            stats.append(None)
    return tuple(stats)
