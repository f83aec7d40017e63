"""A Ray cluster of two nodes on this machine, for tests; and runs that the tests follow."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from servers.chassis.settings import ModelSettings
from tests.models.runners import FOLDER

CORES = 2
"""Of each node, and of each replica: a node has room for one."""


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """A head and a worker node; gives the address. In `folder` runners and tests tell each other things.

    A process of its own starts them and ends them when its stdin does, however this one ends.
    """
    own = {
        FOLDER: str(folder),
        "PYTHONPATH": str(Path.cwd()),
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_SERVE_HANDLE_AUTOSCALING_METRIC_PUSH_INTERVAL_S": "0.5",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own.items():
            patch.setenv(name, value)  # for the server's bridge to Ray too
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.models.rays"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        try:
            yield json.loads(keeper.stdout.readline())
        finally:
            keeper.stdin.close()
            keeper.wait()


def main() -> None:
    """Keeps a cluster until stdin ends."""
    from ray.cluster_utils import Cluster

    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    node = {"num_cpus": CORES, "num_gpus": 0, "object_store_memory": 100 * 2**20}
    made = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    try:
        made.add_node(**node)
        print(json.dumps(made.address), file=told, flush=True)
        sys.stdin.read()
    finally:
        made.shutdown()


def settings(address: str, **ray: Any) -> ModelSettings:
    """What a server that uses the cluster has under `models`."""
    quick = {"upscale_delay_s": 0.2, "look_back_period_s": 1.0, "downscale_delay_s": 600.0}
    told = {"address": address, "gpus": 0, "cpus": CORES, "autoscaling": quick, **ray}
    return ModelSettings(executor="ray", devices=["cpu"], reserve_bytes=0, most_models=1, ray=told)


async def until(condition: Callable[[], Any]) -> None:
    """Waits for a condition, or an awaitable one."""
    async with asyncio.timeout(300):
        while True:
            met = condition()
            if await met if asyncio.iscoroutine(met) else met:
                return
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    main()
