"""A JobService that keeps what is submitted, as the real one does: by request_id and with its labels."""

from __future__ import annotations

from typing import Any

import grpc

import reelmesh
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.orchestrator.v1 import job_service_pb2
from reelmesh.orchestrator.v1.job_pb2 import Job, JobState
from tests.unit.clients.toy_jobs import ToyJobs


class ToyBatches(ToyJobs):
    """Takes any story but one whose text is "bad". `room`: so many submissions it takes before it is away."""

    def __init__(self, room: int = 1000) -> None:
        super().__init__([])
        self.stored: dict[str, Job] = {}
        """Jobs by request_id, in the order in which they came."""
        self.room = room

    async def SubmitJob(
        self, request: job_service_pb2.SubmitJobRequest, context: Any
    ) -> job_service_pb2.SubmitJobResponse:
        if request.spec.narrated_video.text == "bad":
            return await super().SubmitJob(job_service_pb2.SubmitJobRequest(), context)
        known = self.stored.get(request.request_id)
        if known is None:
            if not self.room:
                await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "full, as the test wants it")
            self.room -= 1
            known = Job(id=f"job-{len(self.stored)}", spec=request.spec, state=JobState.JOB_STATE_QUEUED)
            known.create_time.FromSeconds(1_790_000_000 + len(self.stored))
            known.execution.create_time.CopyFrom(known.create_time)
            self.stored[request.request_id] = known
        elif known.spec != request.spec:
            await context.abort(grpc.StatusCode.ALREADY_EXISTS, "was used with another spec")
        return job_service_pb2.SubmitJobResponse(job=known)

    async def GetJob(
        self, request: job_service_pb2.GetJobRequest, context: Any
    ) -> job_service_pb2.GetJobResponse:
        found = [job for job in self.stored.values() if job.id == request.job_id]
        if not found:
            await context.abort(grpc.StatusCode.NOT_FOUND, "there is no such job")
        return job_service_pb2.GetJobResponse(job=found[0])

    async def ListJobs(
        self, request: job_service_pb2.ListJobsRequest, context: Any
    ) -> job_service_pb2.ListJobsResponse:
        found = [
            job
            for job in reversed(self.stored.values())
            if all(job.spec.labels.get(name) == value for name, value in request.labels.items())
        ]
        return job_service_pb2.ListJobsResponse(jobs=found)

    def end(self, number: int, *outputs: tuple[str, Asset]) -> Job:
        """Ends the job of this number with its outputs, the first of which is the film; without, it fails."""
        job = list(self.stored.values())[number]
        job.state = JobState.JOB_STATE_SUCCEEDED if outputs else JobState.JOB_STATE_FAILED
        job.end_time.FromSeconds(1_790_001_000)
        if not outputs:
            job.execution.failed_step = "narrate[3]"
            job.execution.error.message = "there is no such voice"
            return job
        job.result.film.CopyFrom(outputs[0][1])
        for path, asset in outputs:
            job.result.assets.add(path=path, asset=asset)
            if path.endswith(".cover"):
                job.result.cover.CopyFrom(asset)
        job.result.title = f"Film {number}"
        return job


async def submitted(client: reelmesh.Client, *titles: str) -> None:
    """Submits a story of each title as the batch "b"."""
    stories = [reelmesh.NarratedVideo(text=title, title=title, language="en") for title in titles]
    async for _ in client.submit_many(stories, batch_id="b"):
        pass
