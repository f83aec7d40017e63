"""Many stories as one batch: submitted under one label, counted together, sent again without doubles.

A job of a batch carries the labels `batch` (the batch's id), `batch.row` (what names the story within the
batch) and `batch.number` (its place, from 1), so that ListJobs finds it. Its request_id is made of the
batch's id and the row's name: no story is submitted twice, whatever broke off in between.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reelmesh import errors
from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.orchestrator.v1.job_pb2 import Job, JobSpec, JobState
from reelmesh.orchestrator.v1.narrated_video_pb2 import NarratedVideo
from reelmesh.specs import ENDED, job_spec

if TYPE_CHECKING:
    from reelmesh.client import Client

LABEL = "batch"
ROW_LABEL = "batch.row"
NUMBER_LABEL = "batch.number"
RESERVED = (LABEL, ROW_LABEL, NUMBER_LABEL)
LABEL_CHARACTERS = 200
PAGE = 1000

_LOST = (JobState.JOB_STATE_FAILED, JobState.JOB_STATE_CANCELLED)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# What is wrong with one story is no reason to leave out the others.
_OF_ONE_STORY = (errors.InvalidArgument, errors.AlreadyExists, errors.FailedPrecondition, errors.NotFound)

Story = JobSpec | NarratedVideo | StepGraph


def new_id() -> str:
    """An id for a batch: when it was made, UTC, and four letters of chance."""
    return f"{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def checked_id(batch_id: str) -> str:
    """The id itself.

    Raises:
        InvalidArgument: it is none.
    """
    if not _ID.fullmatch(batch_id):
        raise errors.InvalidArgument("batch: must be 1 to 64 letters, digits, '.', '_' or '-'")
    return batch_id


@dataclass(frozen=True)
class Submitted:
    """What became of one story."""

    row: str
    """What names it within its batch."""
    job: Job | None = None
    """Its job. None: it was refused."""
    known: bool = False
    """Whether it was submitted before: nothing new was made."""
    error: errors.ReelmeshError | None = None
    """Why it was refused."""


async def submit(
    client: Client, stories: Mapping[str, Story] | Iterable[Story], batch_id: str
) -> AsyncIterator[Submitted]:
    """Submits stories in their order and tells of each; one that is refused does not hold up the others.

    `stories` are named within the batch by the mapping's keys, or by their place, from "1".

    Raises:
        InvalidArgument: `batch_id` is none.
        ReelmeshError: the mesh can not be reached. What is missing is submitted by the same call again.
    """
    checked_id(batch_id)
    rows = stories if isinstance(stories, Mapping) else {str(n): one for n, one in enumerate(stories, 1)}
    known = {row_of(job): number_of(job) for job in (await look(client, batch_id)).jobs}
    numbers = _numbers(rows, known)
    for row, story in rows.items():
        label = _row_label(row)
        labels = {LABEL: batch_id, ROW_LABEL: label, NUMBER_LABEL: str(numbers[row])}
        try:
            job = await client.submit(job_spec(story, labels=labels), request_id=_request_id(batch_id, row))
        except _OF_ONE_STORY as error:
            yield Submitted(row, error=error)
        else:
            yield Submitted(row, job, known=label in known)


def _numbers(rows: Iterable[str], known: Mapping[str, int]) -> dict[str, int]:
    """The rows' numbers: what a row had stays, so that its spec stays the same; a new row takes its place's
    number, or where that is taken, the next after all others.
    """
    taken = set(known.values())
    numbers: dict[str, int] = {}
    for place, row in enumerate(rows, 1):
        number = known.get(_row_label(row)) or (place if place not in taken else max(taken) + 1)
        taken.add(number)
        numbers[row] = number
    return numbers


def _row_label(row: str) -> str:
    if len(row) <= LABEL_CHARACTERS:
        return row
    digest = hashlib.sha256(row.encode()).hexdigest()[:16]
    return f"{row[: LABEL_CHARACTERS - 17]}#{digest}"


def _request_id(batch_id: str, row: str) -> str:
    return f"batch/{batch_id}/{hashlib.sha256(row.encode()).hexdigest()[:32]}"


def number_of(job: Job) -> int:
    """The job's place in its batch, from 1; 0 for a job of none."""
    told = job.spec.labels.get(NUMBER_LABEL, "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0


@dataclass(frozen=True)
class Batch:
    """How a batch stands."""

    id: str
    """Its id."""
    jobs: tuple[Job, ...]
    """Its jobs by number, without their steps."""
    seen: float
    """When that was, seconds since the epoch."""

    @property
    def counts(self) -> dict[JobState.ValueType, int]:
        """How many jobs are in which state."""
        return dict(sorted(Counter(job.state for job in self.jobs).items()))

    @property
    def ended(self) -> bool:
        """Whether every job has ended."""
        return all(job.state in ENDED for job in self.jobs)

    @property
    def lost(self) -> tuple[Job, ...]:
        """The jobs that failed or were cancelled."""
        return tuple(job for job in self.jobs if job.state in _LOST)

    @property
    def fraction(self) -> float:
        """How much of it is done, 0 to 1, each job counted alike; one that has ended counts whole."""
        if not self.jobs:
            return 0.0
        return sum(_done(job) for job in self.jobs) / len(self.jobs)

    @property
    def eta_seconds(self) -> float | None:
        """How long it will take, by the pace since the oldest job under way was taken. None: not known."""
        waiting = [job for job in self.jobs if job.state not in ENDED]
        if not waiting:
            return None
        since = min(job.execution.create_time.ToNanoseconds() for job in waiting) / 1e9
        ended = [job for job in self.jobs if job.state in ENDED]
        done = sum(_done(job) for job in waiting)
        done += sum(job.end_time.ToNanoseconds() / 1e9 > since for job in ended)
        passed = self.seen - since
        if done < 0.01 or passed <= 0:
            return None
        by_pace = passed / done * sum(1 - _done(job) for job in waiting)
        told = (job.execution.eta.ToNanoseconds() / 1e9 for job in waiting if job.execution.HasField("eta"))
        return max(by_pace, *told, 0.0)


def _done(job: Job) -> float:
    return 1.0 if job.state in ENDED else min(1.0, job.execution.fraction)


def row_of(job: Job) -> str:
    """What names the job within its batch; empty for a job of none."""
    return job.spec.labels.get(ROW_LABEL, "")


async def look(client: Client, batch_id: str) -> Batch:
    """How a batch stands now. One that nobody submitted has no jobs.

    Raises:
        InvalidArgument: `batch_id` is none.
    """
    checked_id(batch_id)
    found = [job async for job in client.jobs(labels={LABEL: batch_id}, page_size=PAGE)]
    seen = dt.datetime.now(dt.UTC).timestamp()
    found.sort(key=lambda job: (number_of(job), job.create_time.ToNanoseconds()))
    return Batch(batch_id, tuple(found), seen)
