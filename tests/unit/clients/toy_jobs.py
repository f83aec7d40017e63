"""A JobService over a real socket that keeps a log of events and drops its streams when told to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2

from reelmesh.orchestrator.v1 import events_pb2, job_service_pb2
from reelmesh.orchestrator.v1.events_pb2 import Event
from reelmesh.orchestrator.v1.job_pb2 import Job, JobState, StepInstance, StepState
from reelmesh.orchestrator.v1.job_service_pb2_grpc import JobServiceServicer, add_JobServiceServicer_to_server


def job_log(steps: int) -> list[Event]:
    """The events of a job from its beginning to its end; sequences from 1."""
    log = [
        Event(
            sequence=number,
            job_id="j",
            step_changed=events_pb2.StepChanged(
                step=StepInstance(step="narrate", index=number - 1, state=StepState.STEP_STATE_SUCCEEDED)
            ),
        )
        for number in range(1, steps + 1)
    ]
    end = events_pb2.JobChanged(state=JobState.JOB_STATE_SUCCEEDED)
    return [*log, Event(sequence=steps + 1, job_id="j", job_changed=end)]


class ToyJobs(JobServiceServicer):
    """Sends `log`; each stream ends with the next of `drops`: (after how many events, status)."""

    def __init__(self, log: Sequence[Event], drops: Sequence[tuple[int, grpc.StatusCode]] = ()) -> None:
        self.log = list(log)
        self.drops = list(drops)
        self.requests: list[job_service_pb2.WatchJobRequest] = []
        self.owners: list[str] = []
        self.oldest = 1
        self.parts = 1
        """In how many parts a snapshot comes."""

    async def WatchJob(
        self, request: job_service_pb2.WatchJobRequest, context: Any
    ) -> AsyncIterator[job_service_pb2.WatchJobResponse]:
        self.requests.append(request)
        self.owners.append(dict(context.invocation_metadata()).get("reelmesh-owner", ""))
        room, code = self.drops.pop(0) if self.drops else (len(self.log) + self.parts, None)
        for event in await self._answers(request, context):
            if room == 0:
                break
            room -= 1
            yield job_service_pb2.WatchJobResponse(event=event)
        if code is not None:
            await context.abort(code, "dropped by the test")

    async def _answers(self, request: job_service_pb2.WatchJobRequest, context: Any) -> list[Event]:
        if request.HasField("after_sequence"):
            if request.after_sequence + 1 < self.oldest:
                await context.abort(grpc.StatusCode.OUT_OF_RANGE, "the log was cut")
            idle = Event(sequence=request.after_sequence, idle=events_pb2.Idle())
            return [idle, *(event for event in self.log if event.sequence > request.after_sequence)]
        return [*self._snapshot(), *self.log[self.oldest - 1 :]]

    def _snapshot(self) -> list[Event]:
        parts = []
        for number in range(self.parts):
            job = Job(id="j", state=JobState.JOB_STATE_RUNNING)
            job.execution.steps.add(step="plan", index=number)
            parts.append(
                Event(
                    sequence=self.oldest - 1,
                    snapshot=events_pb2.Snapshot(job=job, complete=number == self.parts - 1),
                )
            )
        return parts

    async def SubmitJob(
        self, request: job_service_pb2.SubmitJobRequest, context: Any
    ) -> job_service_pb2.SubmitJobResponse:
        if not request.spec.narrated_video.text:
            await context.abort_with_status(_refusal())
        return job_service_pb2.SubmitJobResponse(job=Job(id="j", spec=request.spec))

    async def GetJob(
        self, request: job_service_pb2.GetJobRequest, context: Any
    ) -> job_service_pb2.GetJobResponse:
        state = self.log[-1].job_changed.state
        job = Job(id=request.job_id, state=state)
        if state == JobState.JOB_STATE_FAILED:
            job.execution.failed_step = "narrate[3]"
            job.execution.error.CopyFrom(status_pb2.Status(code=3, message="there is no voice like that"))
        return job_service_pb2.GetJobResponse(job=job)

    async def ListJobs(
        self, request: job_service_pb2.ListJobsRequest, context: Any
    ) -> job_service_pb2.ListJobsResponse:
        first = int(request.page_token or 0)
        rows = range(first, min(5, first + request.page_size))
        token = str(rows.stop) if rows.stop < 5 else ""
        return job_service_pb2.ListJobsResponse(
            jobs=[Job(id=f"j{number}") for number in rows], next_page_token=token
        )


class _Refusal(grpc.Status):  # type: ignore[misc]
    code = grpc.StatusCode.INVALID_ARGUMENT
    details = "two rules are broken"
    trailing_metadata: Any = ()


def _refusal() -> _Refusal:
    status = status_pb2.Status(code=3, message="two rules are broken")
    for detail in (
        error_details_pb2.ErrorInfo(
            reason="GRAPH_INVALID", domain="reelmesh", metadata={"retryable": "false"}
        ),
        error_details_pb2.BadRequest(
            field_violations=[
                error_details_pb2.BadRequest.FieldViolation(field="spec.a", description="is missing"),
                error_details_pb2.BadRequest.FieldViolation(field="spec.b", description="is too long"),
            ]
        ),
    ):
        packed = AnyMessage()
        packed.Pack(detail)
        status.details.append(packed)
    refusal = _Refusal()
    refusal.trailing_metadata = (("grpc-status-details-bin", status.SerializeToString()),)
    return refusal


async def serve(toy: ToyJobs, address: str) -> grpc.aio.Server:
    """A server of the toy that listens."""
    server = grpc.aio.server()
    add_JobServiceServicer_to_server(toy, server)
    server.add_insecure_port(address)
    await server.start()
    return server
