"""JobService over a real socket: submitting, listing, running again, editing, explaining, exporting."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import BadRequest

from orchestrator.drive.retry import reason
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.orchestrator.v1 import job_service_pb2 as pb
from reelmesh.orchestrator.v1.job_pb2 import ExecutionState, Job, JobSpec, JobState
from reelmesh.orchestrator.v1.job_service_pb2 import StepForecast
from reelmesh.storage.v1 import storage_pb2, storage_pb2_grpc
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


class Client:
    """Calls JobService by name, as one owner."""

    def __init__(self, orchestrator: Orchestrator, owner: str = "ann") -> None:
        self._jobs = orchestrator.jobs
        self._metadata = as_owner(owner)

    async def __call__(self, rpc: str, **fields: Any) -> Any:
        request = getattr(pb, f"{rpc}Request")(**fields)
        return await getattr(self._jobs, rpc)(request, metadata=self._metadata)

    async def refused(self, rpc: str, **fields: Any) -> grpc.aio.AioRpcError:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await self(rpc, **fields)
        return refused.value


def fields_of(error: grpc.aio.AioRpcError) -> dict[str, str]:
    """The violations in an error's details."""
    for detail in status_of(error).details:
        bad = BadRequest()
        if detail.Unpack(bad):
            return {violation.field: violation.description for violation in bad.field_violations}
    return {}


@pytest.fixture
async def film(bench: Workbench) -> AsyncIterator[tuple[Orchestrator, Client, Job]]:
    """An orchestrator with a film of two scenes that is made."""
    await bench.mesh.start(*ALL)
    async with bench.orchestrator() as orchestrator:
        job = await orchestrator.submit(story("one", "two"))
        job = await orchestrator.ended(job.id)
        assert job.state == JobState.JOB_STATE_SUCCEEDED, job.execution.error
        yield orchestrator, Client(orchestrator), job


async def test_submitting_twice_makes_one_job(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as orchestrator:
        first = await orchestrator.submit(speech("a"), request_id="r1")
        assert (await orchestrator.submit(speech("a"), request_id="r1")).id == first.id
        assert (await orchestrator.submit(speech("a"), request_id="r1", owner="bob")).id != first.id
        assert (await orchestrator.submit(speech("a"))).id != first.id
        error = await Client(orchestrator).refused("SubmitJob", spec=speech("b"), request_id="r1")
        assert error.code() == grpc.StatusCode.ALREADY_EXISTS
    async with bench.orchestrator() as orchestrator:
        assert (await orchestrator.submit(speech("a"), request_id="r1")).id == first.id


async def test_every_fault_of_a_graph_is_told_at_once(bench: Workbench) -> None:
    spec = JobSpec()
    spec.graph.steps.add(id="a", synthesize={"text": "x"}).bindings.add(to="text", **{"from": "nobody.text"})
    spec.graph.steps.add(id="b", synthesize={"text": "x"}).bindings.add(to="nothing", **{"from": "a.audio"})
    spec.graph.steps.add(id="c", synthesize={})
    async with bench.orchestrator() as orchestrator:
        client = Client(orchestrator)
        error = await client.refused("SubmitJob", spec=spec)
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
        fields = fields_of(error)
        assert {field.split(".bindings")[0].split(".synthesize")[0] for field in fields} == {
            f"spec.graph.steps[{n}]" for n in range(3)
        }
        assert not (await client("ListJobs")).jobs
        explained = await client("ExplainJob", spec=spec)
        assert {violation.field for violation in explained.violations} == set(fields)
        explained = await client("ExplainJob", spec=JobSpec(priority=77))
        assert "spec.priority" in {violation.field for violation in explained.violations}


async def test_jobs_of_others_are_not_there(film: tuple[Orchestrator, Client, Job]) -> None:
    orchestrator, client, job = film
    bob = Client(orchestrator, "bob")
    for rpc, fields in (
        ("GetJob", {}),
        ("CancelJob", {}),
        ("PauseJob", {}),
        ("ResumeJob", {}),
        ("RunJob", {}),
        ("UpdateJob", {}),
        ("DeleteJob", {}),
        ("ListExecutions", {}),
        ("ListScenes", {}),
        ("EditScene", {"scene_id": "s1"}),
        ("ResolveUnconfirmed", {"step": "plan", "decision": 2}),
        ("ExplainJob", {}),
    ):
        assert (await bob.refused(rpc, job_id=job.id, **fields)).code() == grpc.StatusCode.NOT_FOUND, rpc
    assert not (await bob("ListJobs")).jobs
    assert (await client("GetJob", job_id=job.id)).job.id == job.id


async def test_a_job_is_shown_with_graph_links_and_outcome(film: tuple[Orchestrator, Client, Job]) -> None:
    _, client, job = film
    shown = (await client("GetJob", job_id=job.id, link_lifetime={"seconds": 60})).job
    assert shown.execution.graph.steps[0].id == "plan"
    assert shown.result.title == "Toys"
    assert {output.path for output in shown.result.assets} >= {"compose.film"}
    assert all(output.url.startswith("http") for output in shown.result.assets)
    assert not any(output.url for output in job.result.assets)


async def test_lists_are_paged_filtered_and_brief(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as orchestrator:
        client = Client(orchestrator)
        ids = []
        for n in range(5):
            spec = speech(f"text {n}" if n else "[fail DataLoss]")
            spec.labels["n"] = str(n % 2)
            ids.append((await orchestrator.ended((await orchestrator.submit(spec)).id)).id)
        seen, token = [], ""
        while True:
            page = await client("ListJobs", page_size=2, page_token=token)
            seen += [job.id for job in page.jobs]
            assert len(page.jobs) <= 2
            assert not any(job.spec.graph.steps or job.execution.steps for job in page.jobs)
            token = page.next_page_token
            if not token:
                break
        assert seen == ids[::-1]
        failed = await client("ListJobs", states=[JobState.JOB_STATE_FAILED])
        assert [job.id for job in failed.jobs] == ids[:1]
        odd = await client("ListJobs", labels={"n": "1"})
        assert {job.id for job in odd.jobs} == {ids[1], ids[3]}
        await client(
            "UpdateJob", job_id=ids[1], labels={"n": "", "film": "fox"}, display_name="Fox", priority=9
        )
        odd = await client("ListJobs", labels={"n": "1"})
        assert {job.id for job in odd.jobs} == {ids[3]}
        (fox,) = (await client("ListJobs", labels={"film": "fox"})).jobs
        assert (fox.spec.display_name, fox.spec.priority, dict(fox.spec.labels)) == (
            "Fox",
            9,
            {"film": "fox"},
        )
        error = await client.refused("ListJobs", page_token="?")
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_running_again_remembers_and_from_a_step_does_not(
    film: tuple[Orchestrator, Client, Job],
) -> None:
    orchestrator, client, job = film
    again = (await client("RunJob", job_id=job.id, request_id="again")).job
    assert again.execution.number == 2
    again = await orchestrator.ended(job.id)
    assert set(states(again).values()) == {"REMEMBERED", "SKIPPED"}
    same = (await client("RunJob", job_id=job.id, request_id="again")).job
    assert same.execution.id == again.execution.id
    await client("RunJob", job_id=job.id, from_step="illustrate")
    third = await orchestrator.ended(job.id)
    made = {key for key, state in states(third).items() if state == "SUCCEEDED"}
    assert made == {"illustrate[0]", "illustrate[1]", "compose"}
    error = await client.refused("RunJob", job_id=job.id, from_step="nowhere")
    assert "from_step" in fields_of(error)
    error = await client.refused("RunJob", job_id=job.id, request_id="again", from_step="plan")
    assert error.code() == grpc.StatusCode.ALREADY_EXISTS
    executions = await client("ListExecutions", job_id=job.id, page_size=2)
    assert [execution.number for execution in executions.executions] == [3, 2]
    rest = await client("ListExecutions", job_id=job.id, page_token=executions.next_page_token)
    assert [execution.number for execution in rest.executions] == [1]
    assert all(
        execution.state == ExecutionState.EXECUTION_STATE_SUCCEEDED for execution in executions.executions
    )


async def test_what_runs_can_neither_be_run_again_nor_deleted(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as orchestrator:
        client = Client(orchestrator)
        job = await orchestrator.submit(speech("[hang]"))
        for rpc in ("RunJob", "DeleteJob"):
            error = await client.refused(rpc, job_id=job.id)
            assert reason(status_of(error)) == "JOB_RUNNING"
        await client("CancelJob", job_id=job.id)
        await orchestrator.ended(job.id)
        await client("DeleteJob", job_id=job.id)
        assert (await client.refused("GetJob", job_id=job.id)).code() == grpc.StatusCode.NOT_FOUND
        assert (await client.refused("DeleteJob", job_id=job.id)).code() == grpc.StatusCode.NOT_FOUND


async def test_an_edited_sentence_makes_only_its_scene_anew(film: tuple[Orchestrator, Client, Job]) -> None:
    orchestrator, client, job = film
    scenes = (await client("ListScenes", job_id=job.id)).scenes
    assert [scene.scene.text for scene in scenes] == ["one", "two"]
    assert all(scene.narration.digest and scene.pictures for scene in scenes)
    edited = await client("EditScene", job_id=job.id, scene_id=scenes[1].scene.id, text="zwei")
    assert (edited.scene.edited, edited.scene.scene.text) == (True, "zwei")
    explained = await client("ExplainJob", job_id=job.id)
    assert {
        step.step + (f"[{step.index}]" if step.HasField("index") else "")
        for step in explained.steps
        if step.forecast == StepForecast.STEP_FORECAST_RUN
    } == {"narrate[1]"}
    await client("RunJob", job_id=job.id)
    again = await orchestrator.ended(job.id)
    made = {key for key, state in states(again).items() if state == "SUCCEEDED"}
    assert made == {"narrate[1]", "compose"}
    assert again.result.film.digest != job.result.film.digest
    scenes = (await client("ListScenes", job_id=job.id)).scenes
    assert [(scene.scene.text, scene.edited) for scene in scenes] == [("one", False), ("zwei", False)]


async def test_pictures_are_chosen_replaced_and_locked(film: tuple[Orchestrator, Client, Job]) -> None:
    orchestrator, client, job = film
    first = (await client("ListScenes", job_id=job.id, page_size=1)).scenes[0]
    scene_id, old = first.scene.id, first.pictures[0].digest
    await client("EditScene", job_id=job.id, scene_id=scene_id, seed=99)
    await client("RunJob", job_id=job.id)
    await orchestrator.ended(job.id)
    view = (await client("ListScenes", job_id=job.id)).scenes[0]
    assert len(view.pictures) == 2
    position = [picture.digest for picture in view.pictures].index(old)
    assert position == 1
    edited = await client("EditScene", job_id=job.id, scene_id=scene_id, picture_index=position, locked=True)
    assert edited.scene.pictures[0].digest == old
    assert edited.scene.locked
    error = await client.refused("EditScene", job_id=job.id, scene_id=scene_id, text="no")
    assert reason(status_of(error)) == "SCENE_LOCKED"
    await client("EditScene", job_id=job.id, scene_id=scene_id, locked=False)
    error = await client.refused("EditScene", job_id=job.id, scene_id=scene_id, picture_index=9)
    assert "picture_index" in fields_of(error)
    stranger = Asset(digest=hashlib.sha256(b"nobody's").hexdigest())
    error = await client.refused("EditScene", job_id=job.id, scene_id=scene_id, picture=stranger)
    assert error.code() == grpc.StatusCode.NOT_FOUND
    error = await client.refused("EditScene", job_id=job.id, scene_id="nobody", text="x")
    assert error.code() == grpc.StatusCode.NOT_FOUND
    await client("RunJob", job_id=job.id)
    again = await orchestrator.ended(job.id)
    assert states(again)["illustrate[0]"] == "SKIPPED"
    assert states(again)["compose"] == "REMEMBERED"  # as it was at first


async def test_more_pictures_of_one_scene_are_made_to_choose_from(
    film: tuple[Orchestrator, Client, Job], bench: Workbench
) -> None:
    orchestrator, client, job = film
    first, second = (await client("ListScenes", job_id=job.id)).scenes
    drawn, spoken = bench.mesh.calls("imagegen"), bench.mesh.calls("tts")
    await client("EditScene", job_id=job.id, scene_id=second.scene.id, variants=4)
    error = await client.refused("EditScene", job_id=job.id, scene_id=second.scene.id, variants=9)
    assert "variants" in fields_of(error)
    await client("RunJob", job_id=job.id)
    await orchestrator.ended(job.id)
    views = (await client("ListScenes", job_id=job.id)).scenes
    assert views[0].pictures == first.pictures
    assert len(views[1].pictures) == 4
    assert second.pictures[0] in views[1].pictures
    assert (bench.mesh.calls("imagegen"), bench.mesh.calls("tts")) == (drawn + 1, spoken)
    third = views[1].pictures[2]
    await client("EditScene", job_id=job.id, scene_id=second.scene.id, picture_index=2)
    await client("RunJob", job_id=job.id)
    ended = await orchestrator.ended(job.id)
    assert ended.state == JobState.JOB_STATE_SUCCEEDED
    assert (await client("ListScenes", job_id=job.id)).scenes[1].pictures[0] == third
    assert bench.mesh.calls("imagegen") == drawn + 1


async def test_scenes_need_a_plan(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator(connect_seconds=30) as orchestrator:
        client = Client(orchestrator)
        own = await orchestrator.submit(speech("a"))
        unplanned = await orchestrator.submit(story("one"))
        for job in (own, unplanned):
            error = await client.refused("ListScenes", job_id=job.id)
            assert reason(status_of(error)) == "NO_PLAN"


async def test_explaining_tells_what_would_run(
    film: tuple[Orchestrator, Client, Job], bench: Workbench
) -> None:
    _, client, job = film
    explained = await client("ExplainJob", spec=story("one", "two"))
    forecasts = {step.forecast for step in explained.steps}
    assert forecasts == {StepForecast.STEP_FORECAST_REMEMBERED, StepForecast.STEP_FORECAST_SKIPPED}
    calls = bench.mesh.calls("script")
    explained = await client("ExplainJob", spec=story("new"))
    by_step = {step.step: step for step in explained.steps}
    assert by_step["plan"].forecast == StepForecast.STEP_FORECAST_RUN
    assert by_step["plan"].resolution.engine == "toy"
    assert by_step["compose"].forecast == StepForecast.STEP_FORECAST_UNKNOWN
    assert not by_step["narrate"].HasField("index")
    assert explained.expected_time.ToNanoseconds() > 0
    assert bench.mesh.calls("script") == calls
    explained = await client("ExplainJob", spec=speech("[unable]"))
    assert "lacks a part" in explained.steps[0].obstacle
    assert job.id not in {other.id for other in (await client("ListJobs")).jobs[1:]}


async def test_a_job_is_exported_as_a_zip(film: tuple[Orchestrator, Client, Job], bench: Workbench) -> None:
    orchestrator, _, job = film

    async def export(**fields: Any) -> zipfile.ZipFile:
        call = orchestrator.jobs.ExportJob(
            pb.ExportJobRequest(job_id=job.id, **fields), metadata=as_owner("ann")
        )
        responses = [response async for response in call]
        assert [response.WhichOneof("event") for response in responses].count("result") == 1
        archive = responses[-1].result.archive
        async with grpc.aio.insecure_channel(bench.mesh.addresses["storage"]) as channel:
            read = storage_pb2_grpc.StorageServiceStub(channel).Read(
                storage_pb2.ReadRequest(digest=archive.digest), metadata=as_owner("ann")
            )
            return zipfile.ZipFile(io.BytesIO(b"".join([chunk.data async for chunk in read])))

    whole = await export(request_id="x")
    assert whole.testzip() is None
    names = whole.namelist()
    assert names[0] == "Toys.mp4"
    assert {"spec.json", "result.json", "parts/narrate-0-audio.wav"} <= set(names)
    assert json.loads(whole.read("spec.json"))["narratedVideo"]["text"] == "one\ntwo"
    assert whole.read("parts/narrate-1-audio.wav") == b"speech two"
    brief = await export(without_parts=True)
    assert not any(name.startswith("parts/") for name in brief.namelist())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await export(request_id="x", without_parts=True)
    assert refused.value.code() == grpc.StatusCode.ALREADY_EXISTS


async def test_there_is_nothing_to_export_without_an_outcome(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as orchestrator:
        ended = await orchestrator.ended((await orchestrator.submit(speech("[fail DataLoss]"))).id)
        assert ended.execution.error.code == code_pb2.DATA_LOSS
        call = orchestrator.jobs.ExportJob(pb.ExportJobRequest(job_id=ended.id), metadata=as_owner("ann"))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await anext(aiter(call))
        assert reason(status_of(refused.value)) == "NO_OUTCOME"
