"""Many stories as one batch: submitted once, counted together, and the commands around them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

import reelmesh
from reelmesh import batches, errors
from reelmesh.batches import Submitted
from reelmesh.orchestrator.v1.job_pb2 import Job, JobState
from tests.unit.clients.conftest import Start
from tests.unit.clients.toy_batches import ToyBatches


def _story(text: str) -> reelmesh.NarratedVideo:
    return reelmesh.NarratedVideo(text=text)


async def _submit(client: reelmesh.Client, **stories: str) -> list[Submitted]:
    specs = {row: _story(text) for row, text in stories.items()}
    return [one async for one in client.submit_many(specs, batch_id="b")]


def _numbers(toy: ToyBatches) -> dict[str, str]:
    return {job.spec.labels["batch.row"]: job.spec.labels["batch.number"] for job in toy.stored.values()}


async def test_submitted_again_only_what_is_missing_is_new(start: Start) -> None:
    toy = ToyBatches(room=2)
    async with reelmesh.Client(await start(toy)) as client:
        with pytest.raises(errors.ResourceExhausted):
            await _submit(client, a="1", b="bad", c="3", d="4")
        assert _numbers(toy) == {"a": "1", "c": "3"}
        toy.room = 100
        again = await _submit(client, a="1", b="2", c="3", d="4")
        assert [(one.row, one.known) for one in again] == [
            ("a", True),
            ("b", False),
            ("c", True),
            ("d", False),
        ]
        assert _numbers(toy) == {"a": "1", "c": "3", "b": "2", "d": "4"}
        assert all(one.known for one in await _submit(client, a="1", b="2", c="3", d="4"))
        seen = await client.batch("b")
        assert [batches.row_of(job) for job in seen.jobs] == ["a", "b", "c", "d"]
        assert (await client.batch("other")).jobs == ()


async def test_a_new_row_in_the_midst_leaves_the_others_as_they_are(start: Start) -> None:
    toy = ToyBatches()
    async with reelmesh.Client(await start(toy)) as client:
        await _submit(client, a="1", b="2")
        told = await _submit(client, a="1", new="x", b="2")
        assert [one.known for one in told] == [True, False, True]
        assert _numbers(toy) == {"a": "1", "b": "2", "new": "3"}


async def test_a_refused_story_holds_up_no_other(start: Start) -> None:
    toy = ToyBatches()
    async with reelmesh.Client(await start(toy)) as client:
        await _submit(client, a="1")
        told = await _submit(client, a="other", b="bad", c="3")
        assert isinstance(told[0].error, errors.AlreadyExists)
        assert isinstance(told[1].error, errors.InvalidArgument)
        assert (told[2].job is not None, len(toy.stored)) == (True, 2)


async def test_rows_of_any_name_and_without_names(start: Start) -> None:
    toy = ToyBatches()
    long = "很" * 500
    async with reelmesh.Client(await start(toy)) as client:
        for _ in range(2):
            async for _ in client.submit_many(
                {long + "a": _story("1"), long + "b": _story("2")}, batch_id="x"
            ):
                pass
            async for _ in client.submit_many([_story("1"), _story("1")], batch_id="y"):
                pass
        assert len(toy.stored) == 4
        assert len({job.spec.labels["batch.row"] for job in toy.stored.values()}) == 4
        assert all(len(job.spec.labels["batch.row"]) <= 200 for job in toy.stored.values())
        for wrong in ("", "a b", "../x", "x" * 65):
            with pytest.raises(errors.InvalidArgument, match="batch: must be"):
                await client.batch(wrong)


async def test_the_same_without_asyncio(start: Start, tmp_path: Path) -> None:
    address = await start(ToyBatches())

    def use() -> tuple[list[str], int, list[str]]:
        with reelmesh.sync.Client(address) as client:
            rows = [one.row for one in client.submit_many([_story("1"), _story("2")], batch_id="b")]
            reasons = [one.reason for one in client.publish(["job-0"], tmp_path)]
            return rows, len(client.batch("b").jobs), reasons

    told = await asyncio.to_thread(use)
    assert told == (["1", "2"], 2, ["is queued: there is no film yet"])


def _job(state: str, fraction: float = 0.0, began: int = 0, ended: int = 0) -> Job:
    job = Job(state=JobState.Value(f"JOB_STATE_{state}"))
    job.execution.fraction = fraction
    job.execution.create_time.FromSeconds(began)
    if ended:
        job.end_time.FromSeconds(ended)
    return job


def test_how_a_batch_stands() -> None:
    jobs = (
        _job("SUCCEEDED", 1.0, 1000, 1050),
        _job("FAILED", 0.2, 1000, 1050),
        _job("RUNNING", 0.5, 1000),
        _job("QUEUED", 0.0, 1000),
        _job("SUCCEEDED", 1.0, 10, 20),  # yesterday's: it says nothing about the pace of now
    )
    batch = batches.Batch("b", jobs, seen=1100)
    assert batch.fraction == pytest.approx(3.5 / 5)
    assert batch.eta_seconds == pytest.approx(100 / 2.5 * 1.5)
    assert (batch.ended, len(batch.lost), sum(batch.counts.values())) == (False, 1, 5)
    done = batches.Batch("b", jobs[:2], seen=1100)
    assert (done.ended, done.fraction, done.eta_seconds) == (True, 1.0, None)
    assert batches.Batch("b", (jobs[3],), seen=1100).eta_seconds is None


async def _command(address: str, *arguments: str, cwd: Path) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "reelmesh.cli",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "REELMESH_ADDRESS": address, "REELMESH_STORAGE_ADDRESS": address},
        cwd=cwd,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_the_command_tells_all_that_it_refused(start: Start, tmp_path: Path) -> None:
    toy = ToyBatches()
    address = await start(toy)
    (tmp_path / "all.csv").write_text("text,size\nGood.,\nx,7x7\nbad,\nAlso good.,square\n")
    code, out, err = await _command(address, "submit", "all.csv", "--batch", "b1", cwd=tmp_path)
    assert (code, out.splitlines()[:2]) == (2, ["b1", "submitted 2 stories"])
    assert err.splitlines() == [
        "reelmesh: refused: all.csv:3: size: both sides must be even and between 64 and 4096 pixels",
        "reelmesh: refused: all.csv:4: a: is missing",
        "reelmesh: refused: all.csv:4: b: is too long",
    ]
    (tmp_path / "all.csv").write_text("text,size\nGood.,\nx,64x64\nFine.,\nAlso good.,\n")
    code, out, _ = await _command(address, "submit", "all.csv", "--batch", "b1", "--json", cwd=tmp_path)
    objects = [json.loads(line) for line in out.splitlines()]
    assert code == 2
    assert [(one["type"], one.get("row"), one.get("known")) for one in objects] == [
        ("batch", None, None),
        ("submitted", "all.csv#1", True),
        ("submitted", "all.csv#2", False),
        ("submitted", "all.csv#3", False),
        ("refused", None, None),
    ]
    assert "other settings" in objects[-1]["rule"]
    assert len(toy.stored) == 4


async def test_the_command_follows_a_batch_to_its_end(start: Start, tmp_path: Path) -> None:
    toy = ToyBatches()
    address = await start(toy)
    async with reelmesh.Client(address) as client:
        await _submit(client, a="1")
    code, out, _ = await _command(address, "batch", "b", cwd=tmp_path)
    assert (code, out) == (0, "  0 %  1 queued\n")
    toy.end(0)
    code, out, err = await _command(address, "batch", "b", "--watch", cwd=tmp_path)
    assert (code, out) == (1, "100 %  1 failed\na  job job-0: narrate[3]: there is no such voice\n")
    assert err == ""
    code, out, _ = await _command(address, "batch", "b", "--json", cwd=tmp_path)
    told = json.loads(out)
    assert (code, told["states"], told["failed"][0]["step"]) == (0, {"failed": 1}, "narrate[3]")
    assert (await _command(address, "batch", "c", cwd=tmp_path))[0] == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["job", "--to", "ftp://bucket/x"], "--to: ftp:// is no bucket; give a folder, or one of s3://"),
        (["--to", "x"], "give either JOBs or --batch ID"),
        (["job", "--batch", "b", "--to", "x"], "give either JOBs or --batch ID"),
        (["job", "--to", "x", "--name", "{x}"], "--name: {x} is no field"),
        (["job", "--to", "x", "--with", "covers"], "--with covers: there are cover"),
        (["job", "--to", "file"], "--to file: is no folder"),
    ],
)
def test_what_can_not_be_published_is_told_at_once(
    arguments: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from reelmesh.cli import run

    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("x")
    assert run(["publish", *arguments]) == 2
    assert told in capsys.readouterr().err
