"""Retention: what is old goes, in whole jobs, and never an asset that something still names."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import grpc
import pytest
from sqlalchemy import select, update

from orchestrator.building import database_url
from orchestrator.drive.retention import DAY
from orchestrator.store import queries, retention
from orchestrator.store.retention import Due
from orchestrator.store.rows import now
from orchestrator.store.schema import executions, jobs, orphans, remembered, sweeps
from orchestrator.store.store import Store
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.orchestrator.v1 import job_service_pb2 as pb
from reelmesh.orchestrator.v1.job_pb2 import Job, JobSpec
from servers.chassis.blobs import BlobFolder
from tests.unit.orchestrator import stores
from tests.unit.orchestrator.conftest import Workbench, as_owner, eventually, speech, states

ANN = {"metadata": as_owner("ann")}
OFTEN = {"every_seconds": 0.2}


def blobs(home: Path) -> BlobFolder:
    return BlobFolder(home / "store", low_space_fraction=0, low_space_bytes=0, keep_seconds=3600)


def unlease(home: Path) -> None:
    """Lets the leases of all assets end."""
    for lease in (home / "store" / "leases").rglob("*"):
        if lease.is_file():
            lease.unlink()


def assets(job: Job) -> set[str]:
    return {output.asset.digest for output in job.result.assets}


async def test_old_jobs_go_with_their_assets_but_for_those_still_named(
    bench: Workbench, own_settings: Path
) -> None:
    await bench.mesh.start("storage", "tts")
    folder = blobs(own_settings)
    async with bench.orchestrator() as one:
        shared = [await one.ended((await one.submit(speech("both"))).id) for _ in range(2)]
        old = await one.ended((await one.submit(speech("old"))).id)
        named = Asset(digest=next(iter(assets(old))), media_type="audio/wav")
        uses = JobSpec()
        uses.graph.steps.add(id="s0", transcribe={"audio": named})
        await one.submit(uses)
        alone = await one.ended((await one.submit(speech("alone"))).id)
    assert all(folder.path_of("ann", digest) for job in (*shared, old, alone) for digest in assets(job))
    gone = [shared[0], old, alone]
    async with opened(bench) as store:
        await age(store, [job.id for job in gone], days=10)
        await store.transact(lambda t: t.connection.execute(remembered.delete()))
    kept = {"retention": {**OFTEN, "jobs_days": 5}}
    async with bench.orchestrator(**kept) as one:
        await eventually_gone(one, alone.id)
        assert all(
            folder.path_of("ann", digest) for job in gone for digest in assets(job)
        )  # leases hold them
        unlease(own_settings)
        digest = next(iter(assets(alone)))
        await eventually(lambda: folder.path_of("ann", digest) is None)
        assert folder.path_of("ann", next(iter(assets(shared[1]))))
        assert folder.path_of("ann", named.digest)
        assert (await one.get(shared[1].id)).id == shared[1].id
    async with opened(bench) as store, store.read() as connection:
        ran = (await connection.execute(select(sweeps).order_by(sweeps.c.id))).all()
        assert not any(run.error for run in ran)
        assert ran[-1].end_time is None or sum(run.jobs for run in ran) == 3
        left = set((await connection.execute(select(orphans.c.digest))).scalars())
        assert not left & assets(alone)
        rest = (await connection.execute(select(executions.c.job_id))).scalars().all()
        assert not {job.id for job in gone} & set(rest)


def opened(bench: Workbench) -> AbstractAsyncContextManager[Store]:
    """The bench's database, while no orchestrator has it."""
    return stores.opened(database_url(bench.settings()))


async def age(store: Store, ids: list[str], days: float) -> None:
    """Lets jobs have ended earlier."""
    ended = update(jobs).where(jobs.c.id.in_(ids)).values(end_time=jobs.c.end_time - int(days * DAY))
    await store.transact(lambda t: t.connection.execute(ended))


async def eventually_gone(one: Any, job_id: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await one.until(job_id, lambda _: False)
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND


async def test_a_deleted_job_can_be_had_back_until_it_is_purged(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as one:
        hidden, back = [await one.ended((await one.submit(speech(text))).id) for text in "ab"]
        for job in (hidden, back):
            await one.jobs.DeleteJob(pb.DeleteJobRequest(job_id=job.id), **ANN)
        await one.jobs.UndeleteJob(pb.UndeleteJobRequest(job_id=back.id), **ANN)
    async with opened(bench) as store:
        await store.transact(
            lambda t: t.connection.execute(update(jobs).values(delete_time=jobs.c.delete_time - DAY))
        )
        due = Due(hidden_before=now())
        async with store.read() as connection:
            assert await retention.old_jobs(connection, due) == [("ann", hidden.id)]
        assert not await store.transact(lambda t: retention.purge(t, "ann", back.id, due))
        assert await store.transact(lambda t: retention.purge(t, "ann", hidden.id, due))
        async with store.read() as connection:
            assert (await queries.counts(connection))["jobs"] == 1


async def watch_for_ever(one: Any, job_id: str) -> None:
    """Reads the whole log again and again: all of it, every time."""
    while True:
        call = one.jobs.WatchJob(pb.WatchJobRequest(job_id=job_id, after_sequence=0), **ANN)
        sequences = [response.event.sequence async for response in call]
        assert sequences == list(range(1, len(sequences) + 1)) != []


async def test_events_go_and_a_cursor_that_is_too_old_is_told(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as one:
        job = await one.ended((await one.submit(speech("a"))).id)
    async with opened(bench) as store:
        await age(store, [job.id], days=2)
    async with bench.orchestrator(retention={**OFTEN, "events_days": 1}) as one:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await watch_for_ever(one, job.id)
        assert refused.value.code() == grpc.StatusCode.OUT_OF_RANGE
        call = one.jobs.WatchJob(pb.WatchJobRequest(job_id=job.id), **ANN)
        assert [response.event.snapshot.job.id async for response in call] == [job.id]


async def test_results_are_remembered_for_so_long(bench: Workbench) -> None:
    await bench.mesh.start("storage", "tts")
    async with bench.orchestrator() as one:
        await one.ended((await one.submit(speech("a"))).id)
    async with opened(bench) as store:
        await store.transact(lambda t: t.connection.execute(update(remembered).values(create_time=0)))
        async with store.read() as connection:
            assert (await queries.counts(connection))["remembered"] == 1
    async with bench.orchestrator(retention={**OFTEN, "remembered_days": 1}) as one:
        job = await one.submit(speech("a"))
        while states(await one.ended(job.id)) != {"s0": "SUCCEEDED"}:
            job = await one.submit(speech("a"))


async def test_runs_keep_their_distance_whoever_makes_them(bench: Workbench) -> None:
    async with opened(bench) as store:
        first = await store.transact(lambda t: retention.begin(t.connection, DAY))
        assert first is not None
        assert await store.transact(lambda t: retention.begin(t.connection, DAY)) is None
        await store.transact(
            lambda t: t.connection.execute(update(sweeps).values(start_time=now() - 2 * DAY))
        )
        assert await store.transact(lambda t: retention.begin(t.connection, DAY)) is not None
        # A clock that was set back must not stop retention until it has caught up.
        await store.transact(
            lambda t: t.connection.execute(update(sweeps).values(start_time=now() + 9 * DAY))
        )
        assert await store.transact(lambda t: retention.begin(t.connection, DAY)) is not None


async def test_a_job_that_was_run_again_is_not_old(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as one:
        job = await one.ended((await one.submit(speech("a"))).id)
    async with opened(bench) as store:
        await age(store, [job.id], days=10)
        before = Due(ended_before=now() - 5 * DAY)
        async with store.read() as connection:
            assert await retention.old_jobs(connection, before) == [("ann", job.id)]
        await store.transact(lambda t: t.connection.execute(update(jobs).values(state=1, end_time=None)))
        assert not await store.transact(lambda t: retention.purge(t, "ann", job.id, before))


def test_digests_are_found_in_any_message() -> None:
    digest = "ab" * 32
    spec = JobSpec()
    spec.graph.steps.add(id="s0", compose={"scenes": [{"picture": {"digest": digest, "size_bytes": 48}}]})
    assert retention.digests([spec.SerializeToString(), None, b""]) == {digest}
