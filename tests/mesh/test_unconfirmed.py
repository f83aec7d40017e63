"""A paid task of unknown outcome waits for a person, and by no other word is it handed in again. The mesh."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import reelmesh
from reelmesh.orchestrator.v1.job_pb2 import Job, JobState
from reelmesh.video.v1 import video_pb2
from tests.mesh.running import NOT_INHERITED, Up, mesh, states
from tests.vendors.cast import account
from tests.vendors.studio import FAST
from tests.vendors.yunwu import Yunwu


@pytest.fixture
def vendor() -> Iterator[Yunwu]:
    with Yunwu() as simulator:
        yield simulator


@pytest.fixture
def up(vendor: Yunwu, tmp_path: Path) -> Iterator[Up]:
    given = {**FAST, **account("yunwu", vendor, tmp_path)}
    with mesh(VIDEO__PROVIDERS=json.dumps({"main": given})) as running:
        yield running


def command(up: Up, *arguments: str) -> tuple[int, list[str]]:
    """(exit code, lines) of a command, as a person gives it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
    ended = subprocess.run(
        [sys.executable, "-m", "reelmesh.cli", *arguments],
        env=environment | {"REELMESH_MESH__HOME": str(up.home)},
        capture_output=True,
        text=True,
    )
    return ended.returncode, (ended.stdout + ended.stderr).splitlines()


def clip(seed: int) -> reelmesh.StepGraph:
    graph = reelmesh.StepGraph()
    call = graph.steps.add(id="clip").generate_video
    call.engine, call.prompt, call.seed = "main", "a fox runs", seed
    call.width_pixels, call.height_pixels, call.frames_per_second = 96, 160, 10
    call.duration.FromSeconds(1)
    return graph


async def stands(client: reelmesh.Client, job: Job, *wanted: JobState.ValueType) -> Job:
    while (job := await client.get(job)).state not in wanted:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    return job


@pytest.mark.slow
async def test_only_a_person_has_it_handed_in_again(up: Up, vendor: Yunwu) -> None:
    in_doubt, succeeded = JobState.JOB_STATE_UNCONFIRMED, JobState.JOB_STATE_SUCCEEDED
    async with up.client() as client:
        vendor.drop_after_accepting = 1
        job = await stands(client, await client.submit(clip(1)), in_doubt)
        assert states(job) == {"clip": "UNCONFIRMED"}
        assert "is at risk" in job.execution.steps[0].error.message
        assert vendor.accepted == 1

        # To ask again costs nothing, and this vendor has no way to tell.
        assert command(up, "resolve", job.id, "--check")[0] == 0
        job = await stands(client, job, in_doubt)
        assert vendor.accepted == 1

        code, lines = command(up, "resolve", "last", "clip", "--resubmit")
        assert (code, lines[0]) == (0, "clip: resubmit")
        job = await client.wait(job)
        assert job.state == succeeded
        assert vendor.accepted == 2
        made = [one async for one in client.attempts(job_id=job.id)]
        assert Counter(one.state for one in made) == {
            video_pb2.ATTEMPT_STATE_UNCONFIRMED: 1,  # what it may have cost stays on record
            video_pb2.ATTEMPT_STATE_SUCCEEDED: 1,
        }
        code, lines = command(up, "resolve", job.id, "--give-up")
        assert code != 0
        assert "is of unknown outcome" in lines[-1]

        vendor.drop_after_accepting = 1
        other = await stands(client, await client.submit(clip(2)), in_doubt)
        assert command(up, "resolve", other.id, "--give-up")[0] == 0
        ended = await stands(client, other, JobState.JOB_STATE_FAILED)
        assert "not known whether the task was accepted" in ended.execution.error.message
    assert vendor.accepted == 3
