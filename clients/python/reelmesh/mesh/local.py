"""A mesh for one script: the one that runs, or one that is started for it and stopped after it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

from reelmesh.errors import MeshNotRunning
from reelmesh.mesh import discovery, running

PATIENCE_SECONDS = 60.0
"""How long another mesh that starts or stops in this home is waited for."""


@contextlib.asynccontextmanager
async def local_mesh(
    plan: running.Plan | None = None,
    *,
    on_start: Callable[[], None] = lambda: None,
    on_wait: Callable[[], None] = lambda: None,
) -> AsyncIterator[discovery.Discovery]:
    """Gives the mesh that runs on this machine, or starts one and stops it at the block's end.

        async with reelmesh.local_mesh(), reelmesh.Client() as client:
            ...

    A mesh that was started so serves others too, and ends when the last that uses it is done. `on_start` is
    called when one is started, `on_wait` when it is kept for others.

    Raises:
        MeshNotRunning: it does not come up.
    """
    plan = plan or running.Plan(temporary=True)
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        with discovery.in_use(plan.home) as found:
            if found is not None:
                yield found
                return
        on_start()
        try:
            mesh = await running.start(plan)
        except MeshNotRunning:
            if not _occupied(plan) or time.monotonic() > give_up:
                raise
            await asyncio.sleep(0.1)
        else:
            break
    try:
        started = discovery.read(plan.home)
        assert started is not None
        yield started
    finally:
        await mesh.stop_when_unused(on_wait)


def _occupied(plan: running.Plan) -> bool:
    """Whether another process keeps, starts or stops a mesh in the home."""
    lock = discovery.Lock(plan.home / discovery.LOCK)
    if lock.acquire():
        lock.release()
        return False
    return True
