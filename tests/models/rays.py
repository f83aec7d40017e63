"""A Ray cluster of two nodes on this machine, for tests; and runs that the tests follow."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from servers.chassis.models.replicas.parcels import Shelf
from servers.chassis.settings import ModelSettings
from tests.models.killing import FOLDER

CORES = 2
"""Of each node, and of each replica: a node has room for one."""


@dataclass(frozen=True)
class Cluster:
    """A cluster that runs."""

    address: str
    keeper: subprocess.Popen[str]

    def kill(self) -> None:
        """Kills all of it."""
        for process in psutil.Process(self.keeper.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                process.kill()


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A head and a worker node. In `folder` runners and tests tell each other things.

    A process of its own starts them and ends them when its stdin does, however this one ends.
    """
    own = {
        FOLDER: str(folder),
        "PYTHONPATH": str(Path.cwd()),
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_gcs_rpc_server_reconnect_timeout_s": "2",
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
            yield Cluster(json.loads(keeper.stdout.readline()), keeper)
        finally:
            keeper.stdin.close()
            keeper.wait()


def main() -> None:
    """Keeps a cluster until stdin ends."""
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    node = {"num_cpus": CORES, "num_gpus": 0, "object_store_memory": 100 * 2**20}
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        # Where Ray notes the cluster that is current, too: a developer's own stays as it is.
        os.environ["RAY_TMPDIR"] = folder
        (Path(folder) / "ray").mkdir()
        from ray.cluster_utils import Cluster

        made = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
        try:
            made.add_node(**node)
            print(json.dumps(made.address), file=told, flush=True)
            sys.stdin.read()
        finally:
            made.shutdown()
            Shelf(0).close()  # removes what killed replicas have left


def settings(address: str, **ray: Any) -> ModelSettings:
    """What a server that uses the cluster has under `models`."""
    quick = {"upscale_delay_s": 0.2, "look_back_period_s": 1.0, "metrics_interval_s": 0.5}
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
