"""Reviews: a job stops at its gates, holds nothing, survives a restart, and goes on when it is approved."""

from __future__ import annotations

import grpc
import pytest

from orchestrator.drive.retry import reason
from reelmesh.orchestrator.v1 import job_service_pb2 as pb
from reelmesh.orchestrator.v1.job_pb2 import Job, JobSpec, JobState
from reelmesh.orchestrator.v1.narrated_video_pb2 import ReviewStage
from tests.unit.orchestrator.conftest import (
    Orchestrator,
    Workbench,
    as_owner,
    speech,
    states,
    status_of,
    story,
)

ALL = ("storage", "script", "tts", "imagegen", "video", "asr", "compose")
WAITS = JobState.JOB_STATE_WAITING_FOR_REVIEW


def reviewed(*stages: ReviewStage.ValueType) -> JobSpec:
    spec = story("one animate", "two")
    spec.narrated_video.review.extend(stages)
    return spec


async def approve(orchestrator: Orchestrator, job_id: str, gate: str = "") -> str:
    request = pb.ApproveJobRequest(job_id=job_id, gate=gate)
    response = await orchestrator.jobs.ApproveJob(request, metadata=as_owner("ann"))
    return str(response.gate)


async def stopped(orchestrator: Orchestrator, job_id: str, number: int = 1) -> Job:
    return await orchestrator.until(job_id, lambda job: job.state == WAITS and job.execution.number == number)


async def test_a_job_stops_at_each_gate_and_survives_a_restart(bench: Workbench) -> None:
    await bench.mesh.start(*ALL)
    spec = reviewed(
        ReviewStage.REVIEW_STAGE_PLAN, ReviewStage.REVIEW_STAGE_PICTURES, ReviewStage.REVIEW_STAGE_CLIPS
    )
    async with bench.orchestrator() as orchestrator:
        job = await stopped(orchestrator, (await orchestrator.submit(spec)).id)
        assert states(job)["plan"] == "SUCCEEDED"
        assert states(job)["narrate[0]"] == states(job)["illustrate[1]"] == "WAITING_FOR_REVIEW"
        assert bench.mesh.calls("tts") == bench.mesh.calls("imagegen") == 0
    async with bench.orchestrator() as orchestrator:
        assert await approve(orchestrator, job.id) == "plan"
        job = await stopped(orchestrator, job.id)
        assert states(job)["illustrate[1]"] == "SUCCEEDED"
        assert states(job)["animate[0]"] == "WAITING_FOR_REVIEW"
        assert bench.mesh.calls("video") == 0
    async with bench.orchestrator() as orchestrator:
        assert await approve(orchestrator, job.id) == "pictures"
        job = await stopped(orchestrator, job.id)
        assert states(job)["animate[0]"] == "SUCCEEDED"
        assert states(job)["compose"] == "WAITING_FOR_REVIEW"
        assert await approve(orchestrator, job.id, "clips") == "clips"
        ended = await orchestrator.ended(job.id)
    assert ended.state == JobState.JOB_STATE_SUCCEEDED
    assert ended.execution.number == 1


async def test_edits_under_review_are_taken_up_by_the_approval(bench: Workbench) -> None:
    await bench.mesh.start(*ALL)
    as_ann = as_owner("ann")
    async with bench.orchestrator() as orchestrator:
        spec = reviewed(ReviewStage.REVIEW_STAGE_PICTURES)
        job = await stopped(orchestrator, (await orchestrator.submit(spec)).id)
        scenes = await orchestrator.jobs.ListScenes(pb.ListScenesRequest(job_id=job.id), metadata=as_ann)
        edit = pb.EditSceneRequest(
            job_id=job.id, scene_id=scenes.scenes[1].scene.id, image_prompt="another picture"
        )
        await orchestrator.jobs.EditScene(edit, metadata=as_ann)
        drawn = bench.mesh.calls("imagegen")
        assert await approve(orchestrator, job.id) == "pictures"
        ended = await orchestrator.ended(job.id)
        assert ended.state == JobState.JOB_STATE_SUCCEEDED
        assert ended.execution.number == 2
        assert states(ended)["illustrate[0]"] == states(ended)["narrate[1]"] == "REMEMBERED"
        assert bench.mesh.calls("imagegen") == drawn + 1
        before = (await orchestrator.jobs.ListExecutions(
            pb.ListExecutionsRequest(job_id=job.id), metadata=as_ann
        )).executions  # fmt: skip
        assert [one.number for one in before] == [2, 1]


async def test_running_again_under_review_stops_there_again(bench: Workbench) -> None:
    await bench.mesh.start(*ALL)
    async with bench.orchestrator() as orchestrator:
        job = await stopped(
            orchestrator, (await orchestrator.submit(reviewed(ReviewStage.REVIEW_STAGE_PICTURES))).id
        )
        await orchestrator.jobs.RunJob(pb.RunJobRequest(job_id=job.id), metadata=as_owner("ann"))
        again = await stopped(orchestrator, job.id, 2)
        assert states(again)["illustrate[0]"] == "REMEMBERED"
        await orchestrator.jobs.CancelJob(pb.CancelJobRequest(job_id=job.id), metadata=as_owner("ann"))
        ended = await orchestrator.ended(job.id)
        assert states(ended)["compose"] == "CANCELLED"


async def test_explaining_looks_past_gates_and_shows_them(bench: Workbench) -> None:
    await bench.mesh.start(*ALL)
    async with bench.orchestrator() as orchestrator:
        spec = reviewed(ReviewStage.REVIEW_STAGE_PLAN, ReviewStage.REVIEW_STAGE_PICTURES)
        request = pb.ExplainJobRequest(spec=spec)
        explained = await orchestrator.jobs.ExplainJob(request, metadata=as_owner("ann"))
        assert {step.step: list(step.gates) for step in explained.steps}["illustrate"] == ["plan"]
        spec = reviewed(ReviewStage.REVIEW_STAGE_PICTURES)
        job = await stopped(orchestrator, (await orchestrator.submit(spec)).id)
        request = pb.ExplainJobRequest(job_id=job.id)
        explained = await orchestrator.jobs.ExplainJob(request, metadata=as_owner("ann"))
        shown = {step.step: step for step in explained.steps}
        assert shown["illustrate"].forecast == pb.STEP_FORECAST_REMEMBERED
        assert (shown["animate"].forecast, list(shown["animate"].gates)) == (
            pb.STEP_FORECAST_SKIPPED,
            ["pictures"],
        )
        animated = next(step for step in explained.steps if step.step == "animate" and step.index == 0)
        assert animated.forecast == pb.STEP_FORECAST_RUN  # beyond the gate


async def test_what_does_not_wait_can_not_be_approved(bench: Workbench) -> None:
    await bench.mesh.start("storage", "tts")
    async with bench.orchestrator() as orchestrator:
        spec = speech("a")
        spec.graph.steps[0].gates.append("mine")
        job = await stopped(orchestrator, (await orchestrator.submit(spec)).id)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await approve(orchestrator, job.id, "theirs")
        assert reason(status_of(refused.value)) == "NOT_IN_REVIEW"
        assert await approve(orchestrator, job.id) == "mine"
        await orchestrator.ended(job.id)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await approve(orchestrator, job.id)
        assert reason(status_of(refused.value)) == "NOT_IN_REVIEW"
