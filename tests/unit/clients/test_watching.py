"""A watch misses nothing and sees nothing twice, however its connection breaks."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelmesh import Client, errors, watching
from reelmesh.orchestrator.v1.events_pb2 import Event, JobChanged
from reelmesh.orchestrator.v1.job_pb2 import JobState
from tests.unit.clients.conftest import Start
from tests.unit.clients.toy_jobs import ToyJobs, job_log, serve

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits little between two attempts."""
    monkeypatch.setattr(watching, "FIRST_DELAY_SECONDS", 0.001)
    monkeypatch.setattr(watching, "LONGEST_DELAY_SECONDS", 0.01)


async def _watch(address: str, after: int | None = None) -> list[Event]:
    async with Client(address) as client:
        return [event async for event in client.watch("j", after=after)]


async def test_goes_on_from_the_last_sequence_through_dropped_streams(start: Start) -> None:
    toy = ToyJobs(job_log(6), [(3, UNAVAILABLE), (2, grpc.StatusCode.RESOURCE_EXHAUSTED), (2, UNAVAILABLE)])
    seen = await _watch(await start(toy))
    assert seen[0].WhichOneof("event") == "snapshot"
    assert [event.sequence for event in seen[1:]] == [1, 2, 3, 4, 5, 6, 7]
    cursors = [
        request.after_sequence if request.HasField("after_sequence") else None for request in toy.requests
    ]
    assert cursors == [None, 2, 3, 4]


@given(
    drops=st.lists(
        st.tuples(
            st.integers(0, 4),
            st.sampled_from([UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.ABORTED]),
        ),
        max_size=5,
    )
)
@settings(max_examples=25)
async def test_every_event_is_seen_once_and_in_order(drops: list[tuple[int, grpc.StatusCode]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="rm-") as folder:
        address = f"unix:{Path(folder) / 's'}"
        server = await serve(ToyJobs(job_log(5), drops), address)
        try:
            seen = await _watch(address, after=0)
        finally:
            await server.stop(None)
    assert [event.sequence for event in seen] == [1, 2, 3, 4, 5, 6]


async def test_a_snapshot_in_parts_is_given_as_one_even_when_it_broke_off(start: Start) -> None:
    toy = ToyJobs(job_log(1), [(2, UNAVAILABLE)])
    toy.parts = 3
    seen = await _watch(await start(toy))
    assert len(toy.requests) == 2
    assert [step.index for step in seen[0].snapshot.job.execution.steps] == [0, 1, 2]
    assert [event.sequence for event in seen] == [0, 1, 2]


async def test_a_log_that_was_cut_while_we_were_away_gives_a_new_snapshot(start: Start) -> None:
    toy = ToyJobs(job_log(8), [(3, UNAVAILABLE)])
    address = await start(toy)
    seen = []
    async with Client(address) as client:
        async for event in client.watch("j", after=0):
            seen.append((event.WhichOneof("event"), event.sequence))
            toy.oldest = 6
    assert seen == [
        ("step_changed", 1),
        ("step_changed", 2),
        ("snapshot", 5),
        ("step_changed", 6),
        ("step_changed", 7),
        ("step_changed", 8),
        ("job_changed", 9),
    ]


async def test_a_cursor_of_the_callers_own_that_is_too_old_is_an_error(start: Start) -> None:
    toy = ToyJobs(job_log(8))
    toy.oldest = 6
    with pytest.raises(errors.OutOfRange):
        await _watch(await start(toy), after=1)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.NOT_FOUND, errors.NotFound),
        (grpc.StatusCode.PERMISSION_DENIED, errors.PermissionDenied),
        (grpc.StatusCode.UNAUTHENTICATED, errors.PermissionDenied),
    ],
)
async def test_a_definite_answer_ends_the_watch(
    start: Start, code: grpc.StatusCode, kind: type[errors.ReelmeshError]
) -> None:
    toy = ToyJobs(job_log(2), [(1, code)])
    with pytest.raises(kind):
        await _watch(await start(toy))
    assert len(toy.requests) == 1


async def test_a_fault_of_the_server_is_not_met_forever(start: Start) -> None:
    toy = ToyJobs(job_log(2), [(0, grpc.StatusCode.INTERNAL)] * 100)
    with pytest.raises(errors.Internal):
        await _watch(await start(toy))
    assert len(toy.requests) == watching.DOUBTFUL_ATTEMPTS


async def test_a_mesh_that_was_never_there_is_told(sockets: Path) -> None:
    with pytest.raises(errors.Unavailable, match="can not be reached"):
        await _watch(f"unix:{sockets / 'nobody.sock'}")


async def test_a_server_that_was_started_again_is_found_again(sockets: Path) -> None:
    address = f"unix:{sockets / 'jobs.sock'}"
    whole = job_log(4)
    toy = ToyJobs(whole, [(2, UNAVAILABLE)])
    server = await serve(toy, address)
    lost: list[errors.ReelmeshError] = []
    seen = []
    async with Client(address) as client:
        async for event in client.watch("j", after=0, on_lost=lost.append):
            seen.append(event.sequence)
            if event.sequence == 1:
                await server.stop(None)
                server = await serve(ToyJobs(whole), address)
    await server.stop(None)
    assert seen == [1, 2, 3, 4, 5]
    assert lost


async def test_waiting_gives_the_job_or_says_why_not(start: Start) -> None:
    log = job_log(2)
    toy = ToyJobs(log)
    async with Client(await start(toy), owner="ada") as client:
        assert (await client.wait("j")).state == JobState.JOB_STATE_SUCCEEDED
        log[-1] = Event(sequence=3, job_changed=JobChanged(state=JobState.JOB_STATE_FAILED))
        toy.log = log
        with pytest.raises(errors.JobFailed, match="no voice like that") as caught:
            await client.wait("j")
        assert (caught.value.step, caught.value.job.id) == ("narrate[3]", "j")
        toy.log[-1] = Event(sequence=3, job_changed=JobChanged(state=JobState.JOB_STATE_CANCELLED))
        with pytest.raises(errors.JobCancelled):
            await client.wait("j")
    assert set(toy.owners) == {"ada"}
