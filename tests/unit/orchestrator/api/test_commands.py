"""The commands that hold, release, approve, count and limit, against a real orchestrator."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from reelmesh.cli import control, jobs
from reelmesh.cli.arguments import parser
from reelmesh.cli.failures import UsageError
from reelmesh.cli.follow import Output
from reelmesh.client import ADDRESS_VARIABLE
from reelmesh.orchestrator.v1.job_pb2 import JobState
from reelmesh.orchestrator.v1.narrated_video_pb2 import ReviewStage
from tests.unit.orchestrator.conftest import (
    SQLITE,
    Orchestrator,
    Workbench,
    eventually,
    speech,
    states,
    story,
)

pytestmark = SQLITE
ALL = ("storage", "script", "tts", "imagegen", "video", "asr", "compose")
Command = Callable[..., Awaitable[str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command of ann's in this process; gives what it printed."""

    async def run(orchestrator: Orchestrator, *arguments: str) -> str:
        monkeypatch.setenv(ADDRESS_VARIABLE, orchestrator.running.address)
        options = parser().parse_args(arguments)
        capsys.readouterr()
        output = Output(as_json=options.json, quiet=options.quiet)
        assert await {**jobs.COMMANDS, **control.COMMANDS}[options.command](options, output) == 0
        return capsys.readouterr().out

    return run


def lines(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


async def test_one_job_is_held_released_hidden_and_brought_back(bench: Workbench, command: Command) -> None:
    await bench.mesh.start("storage", "tts")
    async with bench.orchestrator() as orchestrator:
        job = await orchestrator.submit(speech("[hang]"))
        await orchestrator.until(job.id, lambda job: states(job) == {"s0": "RUNNING"})
        as_ann = ("--owner", "ann")
        assert "paused" in await command(orchestrator, "pause", job.id, *as_ann)
        assert "running" in await command(orchestrator, "resume", job.id, *as_ann)
        bench.mesh.toys["tts"].gate.set()
        await orchestrator.ended(job.id)
        assert "hidden" in await command(orchestrator, "delete", job.id, *as_ann)
        assert job.id in await command(orchestrator, "undelete", job.id, *as_ann)
        assert (await orchestrator.get(job.id)).state == JobState.JOB_STATE_SUCCEEDED


async def test_a_review_is_explained_and_approved(bench: Workbench, command: Command, tmp_path: Path) -> None:
    text = tmp_path / "story.txt"
    text.write_text("Some words.")
    await bench.mesh.start(*ALL)
    async with bench.orchestrator() as orchestrator:
        spec = story("one")
        spec.narrated_video.review.append(ReviewStage.REVIEW_STAGE_PICTURES)
        job = await orchestrator.submit(spec)
        waits = JobState.JOB_STATE_WAITING_FOR_REVIEW
        await orchestrator.until(job.id, lambda job: job.state == waits)
        printed = await command(orchestrator, "approve", job.id, "--owner", "ann", "--json")
        assert lines(printed) == [{"type": "approved", "job_id": job.id, "gate": "pictures"}]
        assert (await orchestrator.ended(job.id)).state == JobState.JOB_STATE_SUCCEEDED
        printed = await command(orchestrator, "explain", str(text), "--review", "pictures", "--owner", "ann")
        assert "after approval of pictures" in printed


async def test_many_jobs_are_counted_and_controlled(bench: Workbench, command: Command) -> None:
    await bench.mesh.start("storage", "tts")
    toy = bench.mesh.toys["tts"]
    async with bench.orchestrator() as orchestrator:
        hanging = speech("[hang]")
        hanging.labels["batch"] = "b"
        job = await orchestrator.submit(hanging)
        failed = await orchestrator.ended(
            (await orchestrator.submit(speech("[fail FailedPrecondition 1]"))).id
        )
        await eventually(lambda: toy.running == 1)
        as_ann = ("--owner", "ann")
        (counts,) = lines(await command(orchestrator, "counts", *as_ann, "--json"))
        assert sorted(int(one["jobs"]) for one in counts["counts"]) == [1, 1]
        assert "1" in await command(orchestrator, "counts", *as_ann, "--state", "failed")
        (retried,) = lines(await command(orchestrator, "control", "retry", *as_ann, "--json"))
        assert retried["job_ids"] == [failed.id]
        assert (await orchestrator.ended(failed.id)).execution.number == 2
        cancelled = await command(orchestrator, "control", "cancel", "--label", "batch=b", *as_ann)
        assert "1 jobs" in cancelled
        assert (await orchestrator.ended(job.id)).state == JobState.JOB_STATE_CANCELLED


async def test_limits_are_shown_set_and_cleared(bench: Workbench, command: Command) -> None:
    await bench.mesh.start("storage", "tts")
    async with bench.orchestrator() as orchestrator:
        printed = await command(
            orchestrator, "limits", "owner/ann", "--at-once", "2", "--per-second", "5", "--json"
        )
        (shown,) = lines(printed)
        assert (shown["limit"]["at_once"], shown["limit"]["per_second"]) == (2, 5)
        assert "owner/ann" in await command(orchestrator, "limits")
        assert "paused" in await command(orchestrator, "limits", "owner/ann", "--pause")
        (cleared,) = lines(await command(orchestrator, "limits", "owner/ann", "--clear", "--json"))
        assert "at_once" not in cleared["limit"]
        with pytest.raises(UsageError, match="name the limit"):
            await command(orchestrator, "limits", "--at-once", "2")
