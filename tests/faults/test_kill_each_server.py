"""Each process of the mesh is killed in the middle of a job: the job ends as it should, and nothing twice.

The mesh is `reelmesh up` as a user runs it, which starts what died again.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import reelmesh
from reelmesh.orchestrator.v1.events_pb2 import Event
from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.orchestrator.v1.job_pb2 import Job, JobState, StepState
from tests.mesh.films import fetch
from tests.mesh.running import SMALL, Up, mesh, recorded, states

pytestmark = pytest.mark.slow

STORY = """The Fox

A fox saw grapes on a high vine.

He jumped three times and missed.
"""
RECORDING = Path(__file__).parents[1] / "unit/servers/asr/recordings/fox.opus"
STEP_OF = {
    "script": "plan",
    "tts": "narrate",
    "imagegen": "illustrate",
    "video": "animate",
    "asr": "transcribe",
    "compose": "compose",
}
"""The step that each server is killed in."""


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with mesh(SCRIPT__CAPACITY="1", TTS__CAPACITY="1") as running:
        yield running


def story(seed: int) -> reelmesh.NarratedVideo:
    """A film with clips. Each seed is a film of its own, of which nothing is remembered."""
    wanted = reelmesh.NarratedVideo(text=STORY, canvas=SMALL, seed=seed)
    wanted.plan.target_scene_duration.FromSeconds(2)
    wanted.voice.speed = 1 + seed / 100  # a voice draws nothing at random
    wanted.clip.animate_share = 1
    wanted.clip.duration.FromSeconds(4)
    return wanted


def blocker(victim: str, attempt: int) -> StepGraph:
    """Work that keeps a quick server busy, so that a film's call waits there and is sure to be hit."""
    graph = StepGraph()
    step = graph.steps.add(id="block")
    if victim == "script":
        step.plan.text = "A fox jumped over the fence and ran away. " * 4000
        step.plan.seed = attempt
    else:
        step.synthesize.text = "A fox jumped over the fence and ran away. " * 400
        step.synthesize.speed = 1 + attempt / 100
    return graph


async def until_running(client: reelmesh.Client, job: Job, step: str) -> None:
    """Returns as soon as an instance of a step is called."""
    async for event in client.watch(job, after=0):
        changed = event.step_changed.step
        if changed.step == step and changed.state == StepState.STEP_STATE_RUNNING:
            return
    raise AssertionError(f"{step} was never called: {states(await client.get(job))}")


def is_up(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


async def kill(up: Up, victim: str) -> None:
    """Kills a server. What it had started ends with it."""
    pid = up.pids()[victim]
    os.kill(pid, signal.SIGSTOP)  # it gets nothing done while its workers are looked for
    workers = psutil.Process(pid).children(recursive=True)
    os.kill(pid, signal.SIGKILL)
    while any(is_up(worker) for worker in workers):  # noqa: ASYNC110
        await asyncio.sleep(0.02)


async def ended_well(client: reelmesh.Client, job: Job, folder: Path) -> Job:
    """Waits for the job and looks at its film and at its log: whole, in order, every step done once."""
    ended = await client.wait(job)
    events: list[Event] = [
        event async for event in client.watch(job, after=0) if not event.HasField("step_progressed")
    ]
    assert [event.sequence for event in events if not event.HasField("idle")] == list(
        range(1, ended.sequence + 1)
    )
    done = {step for step, state in states(ended).items() if state == "SUCCEEDED"}
    assert set(states(ended).values()) <= {"SUCCEEDED", "REMEMBERED"}
    assert set(recorded(events).values()) == {1}
    assert sum(recorded(events).values()) == len(done)
    assert (await fetch(client, ended, folder)).errors() == ""
    return ended


@pytest.mark.parametrize("victim", ["script", "tts", "imagegen", "video", "compose"])
async def test_a_server_is_killed_while_it_works(up: Up, tmp_path: Path, victim: str) -> None:
    async with up.client() as client:
        for attempt in range(5):
            others = []
            if victim in ("script", "tts"):
                others.append(await client.submit(blocker(victim, attempt)))
                await until_running(client, others[0], "block")
            job = await client.submit(story(seed=10 * attempt + list(STEP_OF).index(victim)))
            await until_running(client, job, STEP_OF[victim])
            await kill(up, victim)
            ended = await ended_well(client, job, tmp_path)
            for other in others:
                assert states(await client.wait(other)) == {"block": "SUCCEEDED"}
            repeated = {step.step for step in ended.execution.steps if step.attempts > 1}
            if repeated:
                break
            # The step was over before the kill came, or the call was only under way: then another film.
        assert repeated == {STEP_OF[victim]}


async def test_asr_is_killed_while_it_listens(up: Up, tmp_path: Path) -> None:
    async with up.client() as client:
        audio = await client.upload(RECORDING)
        job = await client.submit(reelmesh.NarratedVideo(audio=audio, canvas=SMALL))
        async for event in client.watch(job, after=0):
            if event.step_progressed.step == "transcribe":  # so the call has arrived there
                break
        await kill(up, "asr")
        ended = await ended_well(client, job, tmp_path)
        assert {step.step for step in ended.execution.steps if step.attempts > 1} == {"transcribe"}


async def test_storage_is_killed_while_it_is_asked_for_what_is_remembered(up: Up, tmp_path: Path) -> None:
    async with up.client() as client:
        await client.wait(await client.submit(story(seed=60)))
        again = story(seed=60)
        again.title = "The same once more"
        job = await client.submit(again)
        await kill(up, "storage")
        ended = await ended_well(client, job, tmp_path)
        assert {step for step, state in states(ended).items() if state == "SUCCEEDED"} == {"compose"}


@pytest.mark.parametrize("step", ["narrate", "animate", "compose"])
async def test_the_orchestrator_is_killed_while_steps_run(up: Up, tmp_path: Path, step: str) -> None:
    async with up.client() as client:
        job = await client.submit(story(seed=70 + list(STEP_OF.values()).index(step)))
        await until_running(client, job, step)
        await kill(up, "orchestrator")
        await ended_well(client, job, tmp_path)


async def test_everything_is_killed_at_once(up: Up, tmp_path: Path) -> None:
    async with up.client() as client:
        job = await client.submit(story(seed=80))
        await until_running(client, job, "animate")
        await asyncio.gather(*(kill(up, victim) for victim in up.pids()))
        ended = await ended_well(client, job, tmp_path)
        assert ended.state == JobState.JOB_STATE_SUCCEEDED


async def test_the_whole_mesh_is_killed_and_started_again_by_hand(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with mesh(home=home) as up:
        async with up.client() as client:
            job = await client.submit(story(seed=1))
            await until_running(client, job, "animate")
        servers = [psutil.Process(pid) for pid in up.pids().values()]
        os.kill(up.pid, signal.SIGKILL)
        while any(is_up(server) for server in servers):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    with mesh(home=home) as up:
        async with up.client() as client:
            await ended_well(client, job, tmp_path)
