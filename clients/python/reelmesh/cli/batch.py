"""`submit` of many stories, and `batch`: how they stand."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from rich.live import Live

from reelmesh import batches, errors
from reelmesh.batches import Batch
from reelmesh.cli import manifest, wanted, words
from reelmesh.cli.failures import FAILED, OK, USAGE, UsageError, told
from reelmesh.cli.follow import Output
from reelmesh.cli.manifest import Refused, Story
from reelmesh.client import Client
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.orchestrator.v1.job_pb2 import Job, JobSpec, JobState

LOOK_SECONDS = 1.0
"""How often a batch that is watched is looked at; less often where looking itself takes long."""
LINE_SECONDS = 10.0
"""How long silence may last in a pipe while nothing ends."""


async def submit(options: argparse.Namespace, output: Output) -> int:
    """Submits stories as one batch. What is refused is told at the end; the rest goes on."""
    batch_id = batches.checked_id(options.batch or batches.new_id())
    stories, refused = manifest.read(options)
    new = known = 0
    if stories:
        async with Client(owner=options.owner) as client:
            await client.batch(batch_id)  # is there a mesh? The id is told before the first job is made
            output.result(batch_id, type="batch", batch_id=batch_id)
            ready = await _attached(client, stories, refused)
            places = {story.row: story.place for story in stories}
            async for one in client.submit_many(ready, batch_id=batch_id):
                if one.job is None:
                    refused.extend(_refusals(places[one.row], one.error))
                    continue
                new, known = new + (not one.known), known + one.known
                if output.as_json:
                    output.emit(type="submitted", job_id=one.job.id, row=one.row, known=one.known)
        before = f"; {known} had been before" if known else ""
        output.say(f"submitted {_stories(new)}{before}")
        output.say(f"follow it with: reelmesh batch {batch_id} --watch")
    _tell(refused, output)
    return USAGE if refused else OK


def _stories(count: int) -> str:
    return f"{count} {'story' if count == 1 else 'stories'}"


async def _attached(client: Client, stories: list[Story], refused: list[Refused]) -> dict[str, JobSpec]:
    """The jobs with their files uploaded, each file once."""
    ready = {}
    uploads = _Uploads(client)
    for story in stories:
        try:
            await wanted.attach(uploads, story.spec, story.options)
        except OSError as error:
            refused.append(Refused(story.place, "", told(error)))
        else:
            ready[story.row] = story.spec
    return ready


class _Uploads:
    """Uploads a file that many stories name only once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._done: dict[str, Asset] = {}

    async def upload(self, path: str) -> Asset:
        """The file's asset."""
        if path not in self._done:
            self._done[path] = await self._client.upload(path)
        return self._done[path]


def _refusals(place: str, error: errors.ReelmeshError | None) -> list[Refused]:
    if isinstance(error, errors.AlreadyExists):
        rule = "was submitted to this batch with other settings: change its scenes with `reelmesh edit`, "
        return [Refused(place, "", f"{rule}or leave out --batch to make a new batch")]
    if error is not None and error.violations:
        return [
            Refused(place, item.field.removeprefix("spec.").removeprefix("narrated_video."), item.rule)
            for item in error.violations
        ]
    return [Refused(place, "", told(error) if error is not None else "")]


def _tell(refused: list[Refused], output: Output) -> None:
    if output.as_json:
        for one in refused:
            output.emit(type="refused", place=one.place, field=one.field, rule=one.rule)
    for one in refused:
        output.error(f"refused: {words.one_line(str(one), 500)}")


# -- how it stands -----------------------------------------------------------------------------------------


async def batch(options: argparse.Namespace, output: Output) -> int:
    """Shows how a batch stands, or follows it to its end."""
    async with Client(owner=options.owner) as client:
        seen = await existing(client, options.batch)
        if options.watch:
            seen = await _watched(client, seen, output)
    _show(seen, output)
    return FAILED if options.watch and seen.lost else OK


async def existing(client: Client, batch_id: str) -> Batch:
    """The batch.

    Raises:
        UsageError: there is no such batch.
    """
    seen = await client.batch(batch_id)
    if not seen.jobs:
        raise UsageError(f"there is no batch {batch_id}: `reelmesh submit` of many stories makes one")
    return seen


async def _watched(client: Client, seen: Batch, output: Output) -> Batch:
    """Shows how the batch goes until all of it has ended, and gives it as it ended."""
    now = seen
    if output.live:
        with Live(console=output.console, auto_refresh=False, transient=True) as live:
            async for now in _looks(client, seen, output):
                live.update(line_of(now), refresh=True)
        return now
    last_told = ""
    last_time = 0.0
    async for now in _looks(client, seen, output):
        counts = _counts(now)
        if now.ended or (counts == last_told and time.monotonic() - last_time < LINE_SECONDS):
            continue
        last_told, last_time = counts, time.monotonic()
        if output.as_json:
            output.emit(**as_object(now))
        output.say(line_of(now))
    return now


async def _looks(client: Client, seen: Batch, output: Output) -> AsyncIterator[Batch]:
    """How the batch stands, again and again until it has ended; goes on when the mesh is away for a while."""
    away = False
    yield seen
    while not seen.ended:
        began = time.monotonic()
        try:
            seen = await client.batch(seen.id)
        except errors.Unavailable as error:
            if not away:
                output.say(f"the connection was lost ({error.message}); trying again")
            away = True
        else:
            away = False
            yield seen
        await asyncio.sleep(max(LOOK_SECONDS, 4 * (time.monotonic() - began)) if not seen.ended else 0)


def _counts(seen: Batch) -> str:
    return ", ".join(f"{count} {words.job_state(state)}" for state, count in seen.counts.items())


def line_of(seen: Batch) -> str:
    """A batch on one line."""
    eta = seen.eta_seconds
    left = f", about {words.length(eta)} left" if eta is not None else ""
    return f"{100 * seen.fraction:3.0f} %  {_counts(seen)}{left}"


def _show(seen: Batch, output: Output) -> None:
    if output.as_json:
        output.emit(**as_object(seen))
        return
    output.result(line_of(seen))
    for job in seen.lost:
        output.console.print(f"{_name(job)}  job {job.id}: {words.one_line(_reason(job), 500)}")


def _name(job: Job) -> str:
    return words.one_line(batches.row_of(job) or job.spec.display_name or job.result.title, 60)


def _reason(job: Job) -> str:
    if job.state == JobState.JOB_STATE_CANCELLED:
        return "cancelled"
    where = f"{job.execution.failed_step}: " if job.execution.failed_step else ""
    return where + (job.execution.error.message or "no reason was given")


def as_object(seen: Batch) -> dict[str, Any]:
    """A batch for scripts."""
    return {
        "type": "batch",
        "batch_id": seen.id,
        "jobs": len(seen.jobs),
        "states": {words.job_state(state): count for state, count in seen.counts.items()},
        "fraction": round(seen.fraction, 4),
        "eta_seconds": None if seen.eta_seconds is None else round(seen.eta_seconds, 1),
        "ended": seen.ended,
        "failed": [
            {
                "job_id": job.id,
                "row": batches.row_of(job),
                "state": words.job_state(job.state),
                "step": job.execution.failed_step,
                "reason": job.execution.error.message,
            }
            for job in seen.lost
        ],
    }


COMMANDS = {"batch": batch}
