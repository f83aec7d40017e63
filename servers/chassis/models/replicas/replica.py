"""A replica: what Ray Serve starts on a host of a cluster, a pool of models for the devices it is given."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from servers.chassis.errors import Fault
from servers.chassis.models.pool import ModelPool
from servers.chassis.models.replicas import faults
from servers.chassis.models.replicas.parcels import READ, WRITTEN, Parcel, Shelf
from servers.chassis.models.spec import ModelSpec
from servers.chassis.settings import ModelSettings
from servers.chassis.worker import Returned, relay
from servers.chassis.worker_main import Report

T = TypeVar("T")
_BEAT_SECONDS = 1.0
"""Longest time in which a run tells nothing of how things are here."""
_HEALTH_SECONDS = 2.0
"""Time within which Ray Serve notices that a replica died, and starts another."""


class Replica:
    """One replica. Ray Serve makes it and calls it, in one event loop."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """`settings` are the server's `models`, as JSON."""
        self._settings = ModelSettings.model_validate(settings)
        self._pool = ModelPool(self._settings)
        self._shelf = Shelf(self._settings.ray.file_cache_bytes)

    async def model(self, key: str) -> str:
        """Takes note that the model will be here; Ray Serve then sends its further runs here too.

        The pool loads it, when its turn comes: so it is waited for, told of and makes room as it does on a
        server's own devices.
        """
        return key

    async def run(self, job: Mapping[str, Any], parcels: Sequence[Parcel]) -> AsyncIterator[dict[str, Any]]:
        """Runs a model and gives what happens: files that were made, progress, then a result or a fault.

        {"file", "content"}, {"progress"}, {"result"}, {"fault"}; at least every second how things are here,
        {"replica", "devices"}. Texts that name a file which was made do so as if it lay below the job's
        "folder".
        """
        spec = ModelSpec(**job["spec"])
        try:
            await self.model(spec.key)
            async with self._shelf.lent(parcels, _fetched) as received:
                with tempfile.TemporaryDirectory(prefix="reelmesh-run-") as folder:
                    async for item in self._run(spec, job, received, Path(folder)):
                        yield item
        except Fault as fault:
            yield {"fault": faults.told(fault)}

    async def _run(
        self, spec: ModelSpec, job: Mapping[str, Any], received: Sequence[Path], folder: Path
    ) -> AsyncIterator[dict[str, Any]]:
        arguments, sent = _here(job["arguments"], received, folder), set[Path]()

        async def work(report: Report) -> dict[str, Any]:
            if arguments is None:
                await self._pool.load(spec)
                return {}
            return await self._pool.run(spec, arguments, report, batch_key=job["batch_key"], most=job["most"])

        async def made(paths: Iterable[Path]) -> AsyncIterator[dict[str, Any]]:
            for path in paths:
                if path not in sent and path.is_file():
                    sent.add(path)
                    content = await asyncio.to_thread(path.read_bytes)
                    yield {"file": path.relative_to(folder).as_posix(), "content": content}

        async with contextlib.aclosing(relay(work)) as run:
            async for item in _beating(run):
                yield await self._told()
                if isinstance(item, Returned):
                    async for file in made(await asyncio.to_thread(_below, folder)):
                        yield file
                    yield {"result": _there(item.value, folder, job["folder"])}
                elif item is not None:
                    async for file in made(_named(item, folder)):
                        yield file
                    yield {"progress": _there(item, folder, job["folder"])}

    async def _told(self) -> dict[str, Any]:
        """How things are here."""
        from ray import serve
        from ray.util import get_node_ip_address

        name, host = serve.get_replica_context().replica_id.unique_id, get_node_ip_address()
        devices = [
            {
                **dataclasses.asdict(state),
                "name": f"{name}/{state.name}",
                "description": f"{state.description} of {host}" if state.description else "",
            }
            for state in await self._pool.devices()
        ]
        return {"replica": name, "devices": devices}

    def __del__(self) -> None:
        # Ray Serve calls it when the replica is to end; the pool's processes end with this one.
        if hasattr(self, "_shelf"):
            self._shelf.close()


async def _beating(run: AsyncIterator[T]) -> AsyncIterator[T | None]:
    """What comes of a run, and None whenever nothing came for a while."""
    ended = object()
    coming = asyncio.ensure_future(anext(run, ended))
    try:
        while True:
            if not (await asyncio.wait([coming], timeout=_BEAT_SECONDS))[0]:
                yield None
            elif (item := coming.result()) is ended:
                return
            else:
                yield cast(T, item)
                coming = asyncio.ensure_future(anext(run, ended))
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


async def _fetched(part: Any) -> bytes:
    """The content that Ray holds."""
    content: bytes = await part
    return content


def _here(value: Any, received: Sequence[Path], folder: Path) -> Any:
    """Arguments with this host's files for what stands for them."""
    if isinstance(value, Mapping):
        if READ in value:
            return received[value[READ]]
        if WRITTEN in value:
            return folder / value[WRITTEN]
        return {key: _here(one, received, folder) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_here(one, received, folder) for one in value]
    return value


def _there(value: Any, folder: Path, other: str) -> Any:
    """What a runner told, with the other folder for this one."""
    if isinstance(value, Mapping):
        return {key: _there(one, folder, other) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_there(one, folder, other) for one in value]
    if isinstance(value, str) and value.startswith(f"{folder}/"):
        return other + value.removeprefix(str(folder))
    return value


def _below(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def _named(value: Any, folder: Path) -> list[Path]:
    """The files below the folder that a report names."""
    texts = [one for one in value.values() if isinstance(one, str)]
    return [Path(text) for text in texts if text.startswith(f"{folder}/")]


def application(settings: Mapping[str, Any]) -> Any:
    """The application for Ray Serve. `settings` are the server's `models`, as JSON."""
    from ray import serve
    from ray.serve.config import AutoscalingConfig

    models = ModelSettings.model_validate(settings)
    told = models.ray

    class Models(Replica):
        @serve.multiplexed(  # type: ignore[untyped-decorator]
            max_num_models_per_replica=models.most_models or -1
        )
        async def model(self, key: str) -> str:
            return await super().model(key)

    deployment = serve.deployment(
        max_ongoing_requests=told.most_requests,
        autoscaling_config=AutoscalingConfig(
            **{
                "min_replicas": told.min_replicas,
                "max_replicas": told.max_replicas,
                "target_ongoing_requests": told.target_requests,
                **told.autoscaling,
            }
        ),
        ray_actor_options={"num_cpus": told.cpus, "num_gpus": told.gpus},
        health_check_period_s=_HEALTH_SECONDS,
        graceful_shutdown_timeout_s=models.run_seconds,  # one that goes finishes its runs first
    )(Models)
    return deployment.bind(models.model_dump(mode="json"))
