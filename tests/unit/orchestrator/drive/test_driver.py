"""Executions over a real mesh: calls, retries, limits, remembering, cancelling, going on after a stop."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import code_pb2

from orchestrator.drive.attempt import Attempt
from orchestrator.drive.retry import reason
from reelmesh.orchestrator.v1 import job_service_pb2 as pb
from reelmesh.orchestrator.v1.graph_pb2 import OnFailure, RetryPolicy
from reelmesh.orchestrator.v1.job_pb2 import JobState
from reelmesh.storage.v1 import storage_pb2, storage_pb2_grpc
from servers.chassis.settings import LimitSettings, RetrySettings
from tests.unit.orchestrator.conftest import (
    SQLITE,
    Workbench,
    as_owner,
    eventually,
    speech,
    states,
    status_of,
    story,
)

ALL = ("storage", "script", "tts", "imagegen", "video", "asr", "compose")


async def test_a_story_becomes_a_film(bench: Workbench) -> None:
    await bench.mesh.start(*ALL)
    async with bench.orchestrator() as orchestrator:
        job = await orchestrator.submit(story("one", "two", "three animate"))
        ended = await orchestrator.ended(job.id)
    assert ended.state == JobState.JOB_STATE_SUCCEEDED, ended.execution.error
    assert ended.result.film.media_type == "video/mp4"
    assert ended.execution.fraction == 1
    assert states(ended) == {
        "plan": "SUCCEEDED",
        **{f"narrate[{n}]": "SUCCEEDED" for n in range(3)},
        **{f"align[{n}]": "SKIPPED" for n in range(3)},
        **{f"illustrate[{n}]": "SUCCEEDED" for n in range(3)},
        **{f"animate[{n}]": "SUCCEEDED" if n == 2 else "SKIPPED" for n in range(3)},
        "compose": "SUCCEEDED",
    }
    step = next(step for step in ended.execution.steps if step.step == "narrate" and step.index == 1)
    assert (step.engine, step.attempts) == ("toy", 1)
    assert step.request_id.startswith(f"{ended.execution.id}/narrate[1]/")
    assert step.scene_id
    assert step.start_time.ToNanoseconds() <= step.end_time.ToNanoseconds()


async def test_what_passes_is_tried_again_under_the_same_request_id(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as orchestrator:
        codes = ("Unavailable", "Aborted", "DeadlineExceeded", "Internal", "Cancelled")
        job = await orchestrator.submit(speech(*(f"[fail {code} 2]" for code in codes)))
        ended = await orchestrator.ended(job.id)
    assert ended.state == JobState.JOB_STATE_SUCCEEDED, ended.execution.error
    assert [step.attempts for step in ended.execution.steps] == [3] * len(codes)
    assert not any(step.HasField("error") for step in ended.execution.steps)
    assert bench.mesh.toys["tts"].calls == {f"{ended.execution.id}/s{n}": 3 for n in range(len(codes))}


@pytest.mark.parametrize("code", ["FailedPrecondition", "InvalidArgument", "DataLoss", "PermissionDenied"])
async def test_what_is_final_fails_the_job_at_once(bench: Workbench, code: str) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as orchestrator:
        job = await orchestrator.submit(speech(f"[fail {code}]"))
        ended = await orchestrator.ended(job.id)
    assert ended.state == JobState.JOB_STATE_FAILED
    assert ended.execution.failed_step == "s0"
    assert (
        "as the test asked" in ended.execution.error.message
        or "the test asked" in ended.execution.error.message
    )
    assert reason(ended.execution.error)
    assert bench.mesh.calls("tts") == 1


async def test_attempts_are_bounded_by_settings_and_by_the_step(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as orchestrator:
        job = await orchestrator.submit(
            speech("[fail Unavailable]", "[fail Internal]", on_failure=OnFailure.ON_FAILURE_CONTINUE)
        )
        ended = await orchestrator.ended(job.id)
        assert ended.state == JobState.JOB_STATE_SUCCEEDED
        assert [step.attempts for step in ended.execution.steps] == [4, 3]
        assert len(ended.execution.warnings) == 2
        job = await orchestrator.submit(speech("[fail Unavailable]", retry=RetryPolicy(max_attempts=2)))
        ended = await orchestrator.ended(job.id)
        assert ended.state == JobState.JOB_STATE_FAILED
        assert [step.attempts for step in ended.execution.steps] == [2]


async def test_a_full_server_uses_up_no_attempt(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator(retry=RetrySettings(max_attempts=1)) as orchestrator:
        job = await orchestrator.submit(speech("[busy 3]"))
        ended = await orchestrator.ended(job.id)
    assert ended.state == JobState.JOB_STATE_SUCCEEDED
    assert ended.execution.steps[0].attempts == 4


async def test_a_server_that_is_away_is_waited_for(bench: Workbench) -> None:
    bench.mesh.toys.clear()
    async with bench.orchestrator(connect_seconds=30) as orchestrator:
        job = await orchestrator.submit(speech("hello"))
        await orchestrator.until(job.id, lambda job: states(job) == {"s0": "READY"})
        await bench.mesh.start("tts")
        ended = await orchestrator.ended(job.id)
    assert ended.state == JobState.JOB_STATE_SUCCEEDED


async def test_a_server_that_stays_away_fails_the_job_by_name(bench: Workbench) -> None:
    async with bench.orchestrator(connect_seconds=0.05) as orchestrator:
        job = await orchestrator.submit(speech("hello"))
        ended = await orchestrator.ended(job.id)
    assert ended.state == JobState.JOB_STATE_FAILED
    assert ended.execution.error.code == code_pb2.UNAVAILABLE
    assert "tts server can not be reached" in ended.execution.error.message


async def test_a_server_without_an_address_is_told(bench: Workbench) -> None:
    async with bench.orchestrator(servers={}) as orchestrator:
        job = await orchestrator.submit(speech("hello", retry=RetryPolicy(max_attempts=1)))
        ended = await orchestrator.ended(job.id)
    assert "orchestrator.servers.tts" in ended.execution.error.message


async def test_a_server_that_dies_under_a_call_is_called_again(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator(connect_seconds=30) as orchestrator:
        job = await orchestrator.submit(speech("[hang]"))
        await orchestrator.until(job.id, lambda job: states(job) == {"s0": "RUNNING"})
        await bench.mesh.stop("tts")
        await bench.mesh.start("tts")
        ended = await orchestrator.ended(job.id)
    assert ended.state == JobState.JOB_STATE_SUCCEEDED
    assert bench.mesh.toys["tts"].calls.keys() == {f"{ended.execution.id}/s0"}


async def test_limits_are_kept_for_each_server_and_overall(bench: Workbench) -> None:
    await bench.mesh.start("tts", "imagegen")
    toys = bench.mesh.toys
    limits = LimitSettings(overall=5, tts=3, imagegen=4)
    async with bench.orchestrator(limits=limits) as orchestrator:
        spec = speech(*(f"{n} [hang]" for n in range(8)))
        for n in range(8):
            spec.graph.steps.add(id=f"p{n}", generate_image={"prompt": f"{n} [hang]"})
        job = await orchestrator.submit(spec)
        await orchestrator.until(job.id, lambda job: list(states(job).values()).count("RUNNING") == 5)
        for toy in toys.values():
            toy.gate.set()
        await orchestrator.ended(job.id)
    assert toys["tts"].most <= 3
    assert toys["imagegen"].most <= 4


async def test_high_priority_goes_first(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    toy = bench.mesh.toys["tts"]
    async with bench.orchestrator(limits=LimitSettings(tts=1), remember=False) as orchestrator:
        first = await orchestrator.submit(speech("[hang] first"))
        await orchestrator.until(first.id, lambda job: states(job) == {"s0": "RUNNING"})
        jobs = [first]
        for priority in (1, 5, 9):
            spec = speech(f"priority {priority}")
            spec.priority = priority
            jobs.append(await orchestrator.submit(spec))
            await orchestrator.until(jobs[-1].id, lambda job: states(job) == {"s0": "READY"})
        late = pb.UpdateJobRequest(job_id=jobs[1].id, priority=8)
        await orchestrator.jobs.UpdateJob(late, metadata=as_owner("ann"))
        toy.gate.set()
        for job in jobs:
            await orchestrator.ended(job.id)
    assert toy.done == ["[hang] first", "priority 9", "priority 1", "priority 5"]


async def test_the_same_story_again_is_remembered(bench: Workbench) -> None:
    await bench.mesh.start(*ALL)
    async with bench.orchestrator() as orchestrator:
        first = await orchestrator.ended((await orchestrator.submit(story("one", "two"))).id)
        again = await orchestrator.ended((await orchestrator.submit(story("one", "two"))).id)
        assert set(states(again).values()) == {"REMEMBERED", "SKIPPED"}
        assert again.result.film == first.result.film
        assert all(step.attempts == 0 for step in again.execution.steps)
        other = await orchestrator.submit(story("one", "two"), owner="bob")
        stranger = await orchestrator.ended(other.id, owner="bob")
        assert states(stranger)["plan"] == "SUCCEEDED"


async def test_one_changed_line_makes_only_its_scene_anew(bench: Workbench) -> None:
    await bench.mesh.start(*ALL)
    async with bench.orchestrator() as orchestrator:
        await orchestrator.ended((await orchestrator.submit(story("one", "two", "three"))).id)
        again = await orchestrator.ended((await orchestrator.submit(story("one", "2", "three"))).id)
    made = {key for key, state in states(again).items() if state == "SUCCEEDED"}
    assert made == {"plan", "narrate[1]", "illustrate[1]", "compose"}


async def test_a_new_version_of_an_engine_is_not_remembered(bench: Workbench) -> None:
    await bench.mesh.start("storage", "tts")
    async with bench.orchestrator() as orchestrator:
        await orchestrator.ended((await orchestrator.submit(speech("hello"))).id)
        bench.mesh.toys["tts"].version = "2"
        again = await orchestrator.ended((await orchestrator.submit(speech("hello"))).id)
        assert states(again) == {"s0": "SUCCEEDED"}
        bench.mesh.toys["tts"].cacheable = False
        again = await orchestrator.ended((await orchestrator.submit(speech("hello"))).id)
        assert states(again) == {"s0": "SUCCEEDED"}


async def test_a_result_whose_asset_is_gone_is_made_again(bench: Workbench) -> None:
    await bench.mesh.start("storage", "tts")
    async with bench.orchestrator() as orchestrator:
        first = await orchestrator.ended((await orchestrator.submit(speech("hello"))).id)
        async with grpc.aio.insecure_channel(bench.mesh.addresses["storage"]) as channel:
            storage = storage_pb2_grpc.StorageServiceStub(channel)
            digests = [output.asset.digest for output in first.result.assets]
            await storage.Delete(storage_pb2.DeleteRequest(digests=digests), metadata=as_owner("ann"))
        again = await orchestrator.ended((await orchestrator.submit(speech("hello"))).id)
    assert states(again) == {"s0": "SUCCEEDED"}
    assert bench.mesh.calls("tts") == 2


async def test_cancelling_reaches_the_servers(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator(limits=LimitSettings(tts=2)) as orchestrator:
        job = await orchestrator.submit(speech(*(f"{n} [hang]" for n in range(4))))
        await orchestrator.until(job.id, lambda job: list(states(job).values()).count("RUNNING") == 2)
        await orchestrator.jobs.CancelJob(pb.CancelJobRequest(job_id=job.id), metadata=as_owner("ann"))
        ended = await orchestrator.ended(job.id)
        assert ended.state == JobState.JOB_STATE_CANCELLED
        assert set(states(ended).values()) == {"CANCELLED"}
        # The servers would have kept the work for a minute: it was ended, not left alone.
        assert len(bench.mesh.toys["tts"].cancelled) == 2
        assert bench.mesh.toys["tts"].running == 0
        again = await orchestrator.jobs.CancelJob(
            pb.CancelJobRequest(job_id=job.id), metadata=as_owner("ann")
        )
        assert again.job.state == JobState.JOB_STATE_CANCELLED


async def test_a_fatal_failure_ends_the_other_calls(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as orchestrator:
        spec = speech("[hang]", "[fail DataLoss]")
        ended = await orchestrator.ended((await orchestrator.submit(spec)).id)
    assert ended.state == JobState.JOB_STATE_FAILED
    assert states(ended)["s1"] == "FAILED"
    assert states(ended)["s0"] == "CANCELLED"


async def test_a_paused_job_begins_nothing_and_goes_on_when_resumed(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    toy = bench.mesh.toys["tts"]
    request = {"metadata": as_owner("ann")}
    async with bench.orchestrator(limits=LimitSettings(tts=1)) as orchestrator:
        job = await orchestrator.submit(speech("[hang] a", "[hang] b"))
        await orchestrator.until(job.id, lambda job: "RUNNING" in states(job).values())
        paused = await orchestrator.jobs.PauseJob(pb.PauseJobRequest(job_id=job.id), **request)
        assert paused.job.state == JobState.JOB_STATE_PAUSED
        toy.gate.set()
        job = await orchestrator.until(job.id, lambda job: "SUCCEEDED" in states(job).values())
        assert sorted(states(job).values()) == ["READY", "SUCCEEDED"]
        resumed = await orchestrator.jobs.ResumeJob(pb.ResumeJobRequest(job_id=job.id), **request)
        assert resumed.job.state == JobState.JOB_STATE_RUNNING
        ended = await orchestrator.ended(job.id)
        assert ended.state == JobState.JOB_STATE_SUCCEEDED
        for call, message in (("PauseJob", pb.PauseJobRequest), ("ResumeJob", pb.ResumeJobRequest)):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await getattr(orchestrator.jobs, call)(message(job_id=job.id), **request)
            assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION


@pytest.mark.parametrize("decision", ["GIVE_UP", "RESUBMIT"])
async def test_an_unconfirmed_call_waits_for_a_person(bench: Workbench, decision: str) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as orchestrator:
        job = await orchestrator.submit(speech("[unconfirmed] [paid]"))
        job = await orchestrator.until(job.id, lambda job: job.state == JobState.JOB_STATE_UNCONFIRMED)
        assert states(job) == {"s0": "UNCONFIRMED"}
        assert bench.mesh.calls("tts") == 1
        request = pb.ResolveUnconfirmedRequest(
            job_id=job.id,
            step="s0",
            decision=pb.UnconfirmedDecision.Value(f"UNCONFIRMED_DECISION_{decision}"),
        )
        await orchestrator.jobs.ResolveUnconfirmed(request, metadata=as_owner("ann"))
        ended = await orchestrator.ended(job.id)
        if decision == "GIVE_UP":
            assert ended.state == JobState.JOB_STATE_FAILED
            assert bench.mesh.calls("tts") == 1
        else:
            assert ended.state == JobState.JOB_STATE_SUCCEEDED
            assert bench.mesh.calls("tts") == 2
            assert ended.execution.steps[0].request_id != f"{ended.execution.id}/s0"
            assert (ended.execution.cost.currency_code, ended.execution.cost.nanos) == ("USD", 250_000_000)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await orchestrator.jobs.ResolveUnconfirmed(request, metadata=as_owner("ann"))
        assert reason(status_of(refused.value)) == "NOT_UNCONFIRMED"


async def test_a_stopped_orchestrator_goes_on_where_it_was(bench: Workbench) -> None:
    await bench.mesh.start(*ALL)
    toys = bench.mesh.toys
    async with bench.orchestrator() as orchestrator:
        job = await orchestrator.submit(story("one", "two [hang]", "three"))
        await orchestrator.until(
            job.id,
            lambda job: list(states(job).values()).count("SUCCEEDED") == 5,  # plan, 2 speeches, 2 pictures
        )
        paused = await orchestrator.submit(speech("[hang]"))
        await orchestrator.jobs.PauseJob(pb.PauseJobRequest(job_id=paused.id), metadata=as_owner("ann"))
    for toy in toys.values():
        toy.gate.set()
    async with bench.orchestrator() as orchestrator:
        ended = await orchestrator.ended(job.id)
        assert ended.state == JobState.JOB_STATE_SUCCEEDED
        assert (await orchestrator.get(paused.id)).state == JobState.JOB_STATE_PAUSED
    for toy in toys.values():
        assert all(count == 1 for count in toy.calls.values())


async def test_a_deadline_of_a_step_is_kept(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as orchestrator:
        spec = speech("[hang]", retry=RetryPolicy(max_attempts=1))
        spec.graph.steps[0].timeout.FromMilliseconds(50)
        ended = await orchestrator.ended((await orchestrator.submit(spec)).id)
        assert ended.state == JobState.JOB_STATE_FAILED
        assert ended.execution.error.code == code_pb2.DEADLINE_EXCEEDED
        # Nobody comes back for it: the server was told.
        await eventually(lambda: not bench.mesh.toys["tts"].running)


async def test_a_silent_server_is_given_up(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator(silence_seconds=0.2) as orchestrator:
        spec = speech("[hang]", retry=RetryPolicy(max_attempts=2))
        ended = await orchestrator.ended((await orchestrator.submit(spec)).id)
    assert ended.execution.error.code == code_pb2.UNAVAILABLE
    assert "silent" in ended.execution.error.message
    assert ended.execution.steps[0].attempts == 2


async def test_resolving_can_fail_a_step_before_it_is_called(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as orchestrator:
        ended = await orchestrator.ended((await orchestrator.submit(speech("[unable]"))).id)
    assert ended.execution.error.code == code_pb2.FAILED_PRECONDITION
    assert reason(ended.execution.error) == "PART_MISSING"
    assert ended.execution.steps[0].attempts == 0
    assert not bench.mesh.toys["tts"].calls


@SQLITE
async def test_an_execution_that_can_not_be_read_fails_instead_of_hanging(
    bench: Workbench, own_settings: Path
) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as orchestrator:
        job = await orchestrator.submit(speech("[hang]"))
    with contextlib.closing(sqlite3.connect(own_settings / "reelmesh.db")) as database, database:
        database.execute("UPDATE executions SET graph = x'ff'")
        database.execute("UPDATE steps SET step = 'nowhere'")
    async with bench.orchestrator() as orchestrator:
        jobs = await orchestrator.jobs.ListJobs(pb.ListJobsRequest(), metadata=as_owner("ann"))
        while jobs.jobs[0].state != JobState.JOB_STATE_FAILED:
            jobs = await orchestrator.jobs.ListJobs(pb.ListJobsRequest(), metadata=as_owner("ann"))
        assert jobs.jobs[0].id == job.id
        assert jobs.jobs[0].execution.error.code == code_pb2.INTERNAL


async def test_limits_and_retries_change_while_running(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    toy = bench.mesh.toys["tts"]
    async with bench.orchestrator(limits=LimitSettings(tts=1)) as orchestrator:
        job = await orchestrator.submit(speech("[hang] a", "[hang] b", "[hang] c"))
        await orchestrator.until(job.id, lambda job: "RUNNING" in states(job).values())
        assert toy.running == 1
        await orchestrator.running._reload(bench.settings(limits=LimitSettings(tts=3)))
        await eventually(lambda: toy.running == 3)
        toy.gate.set()
        await orchestrator.ended(job.id)


async def test_an_execution_that_is_stuck_begins_again_from_what_is_stored(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.mesh.start("tts")
    drive, lost = Attempt.drive, list[Attempt]()

    async def forgetful(attempt: Attempt, teller: Any) -> None:
        """Ends once without a word: a fault of ours."""
        if attempt.key.step == "s1" and not lost:
            lost.append(attempt)
            return
        await drive(attempt, teller)

    monkeypatch.setattr(Attempt, "drive", forgetful)
    async with bench.orchestrator(remember=False) as orchestrator:
        ended = await orchestrator.ended((await orchestrator.submit(speech("a", "b"))).id)
    assert lost
    assert ended.state == JobState.JOB_STATE_SUCCEEDED
    assert set(bench.mesh.toys["tts"].calls.values()) == {1}
