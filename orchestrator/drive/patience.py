"""A database that refuses, e.g. because its disk is full or it is started again, is waited out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from orchestrator.store.direct import REFUSALS
from servers.chassis.errors import Unavailable

FIRST_SECONDS = 0.05
LONGEST_SECONDS = 5.0
"""Longest time between two tries."""
T = TypeVar("T")
_log = structlog.get_logger("reelmesh.store")


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """What the database answers, however long it takes to."""
    wait = FIRST_SECONDS
    while True:
        try:
            return await ask()
        except (*REFUSALS, Unavailable) as fault:
            _log.error("the database refuses", cause=str(fault))
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_SECONDS)
