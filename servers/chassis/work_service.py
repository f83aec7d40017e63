"""WorkService: a look into one server's work, the same in every server."""

from __future__ import annotations

import dataclasses
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from reelmesh.work.v1 import work_pb2, work_pb2_grpc
from servers.chassis.context import current
from servers.chassis.errors import NotFound
from servers.chassis.models.executor import DeviceState, Executor
from servers.chassis.paging import page
from servers.chassis.work import Work, WorkTable


class WorkService(work_pb2_grpc.WorkServiceServicer):
    """Lists and cancels what is in a `WorkTable`, and tells of the devices."""

    def __init__(self, table: WorkTable, models: Executor) -> None:
        self._table = table
        self._models = models

    async def ListWork(self, request: work_pb2.ListWorkRequest, context: Any) -> work_pb2.ListWorkResponse:
        """See the contract."""
        shown, token = page(
            self._table.listed(current().owner), request.page_size, request.page_token, _order
        )
        return work_pb2.ListWorkResponse(
            work=[_told(work) for work in shown],
            next_page_token=token,
            running=self._table.running,
            queued=self._table.queued,
            capacity=self._table.limits.capacity,
            queue_limit=self._table.limits.queue,
            devices=[] if request.page_token else [_device(state) for state in await self._models.devices()],
        )

    async def CancelWork(
        self, request: work_pb2.CancelWorkRequest, context: Any
    ) -> work_pb2.CancelWorkResponse:
        """See the contract."""
        found = self._table.find(current().owner, request.request_id, request.method)
        if not found:
            raise NotFound("work", request.request_id, field="request_id", what="is not running or queued")
        for work in found:
            self._table.cancel(work)
        return work_pb2.CancelWorkResponse()


def _order(work: Work) -> str:
    """Running first, then by age; the id makes it unique."""
    waits = "1" if work.start_time is None else "0"
    return f"{waits}{work.accept_time:020.6f}{work.key.method}{work.key.request_id}"


def _told(work: Work) -> work_pb2.Work:
    message = work_pb2.Work(
        method=work.key.method,
        request_id=work.key.request_id,
        state=work_pb2.WORK_STATE_QUEUED if work.start_time is None else work_pb2.WORK_STATE_RUNNING,
        progress=work.progress,
        accept_time=_timestamp(work.accept_time),
        listeners=work.listeners,
        job_id=work.context.job_id,
        step=work.context.step,
    )
    if work.start_time is not None:
        message.start_time.CopyFrom(_timestamp(work.start_time))
    return message


def _device(state: DeviceState) -> work_pb2.Device:
    return work_pb2.Device(
        name=state.name,
        description=state.description,
        memory_total_bytes=state.total_bytes,
        memory_free_bytes=state.free_bytes,
        running=state.running,
        queued=state.queued,
        restarts=state.restarts,
        models=[work_pb2.LoadedModel(**dataclasses.asdict(held)) for held in state.models],
    )


def _timestamp(seconds: float) -> Timestamp:
    stamp = Timestamp()
    stamp.FromNanoseconds(int(seconds * 1e9))
    return stamp
