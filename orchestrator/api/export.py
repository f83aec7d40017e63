"""A job as a zip file: the outcome, the parts it was made of, the spec."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import threading
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from google.protobuf import json_format
from google.protobuf.message import Message

from orchestrator.api.naming import ending, file_name, plain
from orchestrator.drive.record import key_of
from orchestrator.drive.world import World
from orchestrator.pure import graph
from orchestrator.store import queries
from orchestrator.store.rows import ExecutionRow, JobRow, StepRow
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.orchestrator.v1.job_pb2 import JobResult, JobSpec
from reelmesh.orchestrator.v1.job_service_pb2 import ExportJobRequest, ExportJobResponse, ExportJobResult
from servers.chassis.assets import Assets
from servers.chassis.context import CallContext
from servers.chassis.errors import FailedPrecondition, NotFound
from servers.chassis.servicer import fingerprint
from servers.chassis.work import Work, WorkKey, WorkTable

METHOD = "reelmesh.orchestrator.v1.JobService/ExportJob"
ZIP = "application/zip"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of every entry: the same content then gives the same file, which is stored once."""


@dataclass(frozen=True)
class _Entry:
    """One file of the archive: bytes of its own, or an asset's."""

    name: str
    text: str = ""
    asset: Asset | None = None
    path: Path | None = None


class Exporting:
    """Packs jobs. Exports are work like a server's: queued, joined, cancelled."""

    def __init__(self, world: World, assets: Assets, work: WorkTable) -> None:
        self._world = world
        self._assets = assets
        self._work = work

    async def export(
        self, context: CallContext, request: ExportJobRequest
    ) -> AsyncIterator[ExportJobResponse]:
        """Progress, then the archive.

        Raises:
            NotFound: there is no such job, or an asset is no longer in the store.
            FailedPrecondition: the job has no outcome yet.
        """
        entries = await self._entries(context.owner, request)
        key = WorkKey(context.owner, METHOD, request.request_id or f"anonymous-{secrets.token_hex(12)}")

        async def run(work: Work) -> Message:
            return await self._pack(context.owner, entries, work)

        events = self._work.join(key, fingerprint(request), context, run, joinable=bool(request.request_id))
        async for event in events:
            if isinstance(event, Progress):
                yield ExportJobResponse(progress=event)
            else:
                assert isinstance(event, ExportJobResult)
                yield ExportJobResponse(result=event)

    async def _entries(self, owner: str, request: ExportJobRequest) -> list[_Entry]:
        async with self._world.store.read() as connection:
            job = await queries.job(connection, owner, request.job_id)
            if job is None:
                raise NotFound("job", request.job_id)
            if job.result is None:
                raise FailedPrecondition(f"job {job.id} has no outcome yet", reason="NO_OUTCOME")
            execution = await queries.execution(connection, job.execution_id)
            steps = await queries.step_rows(connection, job.execution_id)
        entries = list(_outcome(job))
        if execution is not None and not request.without_parts:
            shown = {entry.asset.digest for entry in entries if entry.asset is not None}
            entries += _parts(execution, steps, shown)
        return _unique(entries)

    async def _pack(self, owner: str, entries: Sequence[_Entry], work: Work) -> ExportJobResult:
        await self._assets.require_room()
        found = []
        for entry in entries:
            path = (
                await self._assets.path(owner, entry.asset, entry.name) if entry.asset is not None else None
            )
            found.append(_Entry(entry.name, entry.text, entry.asset, path))
        loop = asyncio.get_running_loop()
        stop = threading.Event()

        def report(fraction: float) -> None:
            loop.call_soon_threadsafe(work.report, Progress(stage="packing", fraction=fraction))

        async with self._assets.scratch("export") as scratch:
            archive = scratch / "job.zip"
            packing = asyncio.create_task(asyncio.to_thread(_write, archive, found, report, stop))
            try:
                await asyncio.shield(packing)
            except asyncio.CancelledError:
                stop.set()  # the thread must have let go of the folder before it is removed
                await asyncio.gather(packing, return_exceptions=True)
                raise
            return ExportJobResult(archive=await self._assets.store(owner, archive, ZIP))


class _Stopped(Exception):
    """The export was cancelled."""


def _write(
    archive: Path, entries: Sequence[_Entry], report: Callable[[float], None], stop: threading.Event
) -> None:
    """Writes the archive. Media is stored as it is: it is compressed already."""
    with zipfile.ZipFile(archive, "w") as target:
        for position, entry in enumerate(entries):
            if stop.is_set():
                raise _Stopped
            info = zipfile.ZipInfo(entry.name, _EPOCH)
            info.external_attr = 0o644 << 16
            if entry.path is None:
                info.compress_type = zipfile.ZIP_DEFLATED
                target.writestr(info, entry.text)
            else:
                info.file_size = entry.path.stat().st_size
                with entry.path.open("rb") as source, target.open(info, "w") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
            report((position + 1) / len(entries))


def _outcome(job: JobRow) -> Iterator[_Entry]:
    """The film under its title, the other outputs under their paths, the spec and the outcome as JSON."""
    spec = JobSpec.FromString(job.spec)
    result = JobResult.FromString(job.result or b"")
    title = plain(spec.display_name or result.title) or "film"
    for output in result.assets:
        kind = output.asset.media_type
        is_film = result.HasField("film") and output.asset.digest == result.film.digest
        yield _Entry(title + ending(kind) if is_film else file_name(output.path, kind), asset=output.asset)
    yield _Entry("spec.json", json_format.MessageToJson(spec, ensure_ascii=False))
    yield _Entry("result.json", json_format.MessageToJson(result, ensure_ascii=False))


def _parts(execution: ExecutionRow, steps: Sequence[StepRow], shown: set[str]) -> Iterator[_Entry]:
    """What the steps made, under the step's name and the field's path."""
    compiled = graph.compile(StepGraph.FromString(execution.graph))
    for row in steps:
        if row.result is None:
            continue
        result = compiled.steps[row.step].method.result.FromString(row.result)
        for path, asset in _assets(result, str(key_of(row))):
            if asset.digest and asset.digest not in shown:
                shown.add(asset.digest)
                yield _Entry("parts/" + file_name(path, asset.media_type), asset=asset)


def _assets(message: Message, path: str) -> Iterator[tuple[str, Asset]]:
    """Every asset in a message, with its path."""
    if isinstance(message, Asset):
        yield path, message
        return
    for field, value in message.ListFields():
        inner = field.message_type
        if inner is None or inner.GetOptions().map_entry:
            continue
        if field.is_repeated:
            for index, item in enumerate(value):
                yield from _assets(item, f"{path}.{field.name}[{index}]")
        else:
            yield from _assets(value, f"{path}.{field.name}")


def _unique(entries: Sequence[_Entry]) -> list[_Entry]:
    """The entries, those whose name is taken under a numbered one."""
    taken: set[str] = set()
    unique = []
    for entry in entries:
        stem, dot, suffix = entry.name.rpartition(".")
        name, number = entry.name, 2
        while name in taken:
            name = f"{stem}-{number}.{suffix}" if dot else f"{entry.name}-{number}"
            number += 1
        taken.add(name)
        unique.append(_Entry(name, entry.text, entry.asset))
    return unique
