"""JobService: each RPC handed to the part that does it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor

from orchestrator.api.control import Control
from orchestrator.api.explain import Explaining
from orchestrator.api.export import Exporting
from orchestrator.api.jobs import Jobs
from orchestrator.api.scenes import Scenes
from orchestrator.api.watch import Watching
from orchestrator.drive.frames import encode
from reelmesh.orchestrator.v1 import job_service_pb2 as pb
from servers.chassis.context import current

SERVICE = pb.DESCRIPTOR.services_by_name["JobService"]


class JobServer:
    """Serves JobService. Faults become statuses in the chassis' interceptor."""

    def __init__(
        self,
        jobs: Jobs,
        control: Control,
        watching: Watching,
        explaining: Explaining,
        scenes: Scenes,
        exporting: Exporting,
    ) -> None:
        self._jobs = jobs
        self._control = control
        self._watching = watching
        self._explaining = explaining
        self._scenes = scenes
        self._exporting = exporting

    def handler(self) -> grpc.GenericRpcHandler:
        """The handlers of all of the service's RPCs. Those that watch answer with bytes: see `frames`."""
        handlers = {method.name: self._handler(method) for method in SERVICE.methods}
        return grpc.method_handlers_generic_handler(SERVICE.full_name, handlers)

    def _handler(self, method: MethodDescriptor) -> grpc.RpcMethodHandler[Any, Any]:
        make = (
            grpc.unary_stream_rpc_method_handler
            if method.server_streaming
            else grpc.unary_unary_rpc_method_handler
        )
        return make(
            getattr(self, method.name),
            request_deserializer=message_factory.GetMessageClass(method.input_type).FromString,
            response_serializer=encode,
        )

    async def SubmitJob(self, request: pb.SubmitJobRequest, context: Any) -> pb.SubmitJobResponse:
        """See the contract."""
        return pb.SubmitJobResponse(job=await self._jobs.submit(current().owner, request))

    async def ExplainJob(self, request: pb.ExplainJobRequest, context: Any) -> pb.ExplainJobResponse:
        """See the contract."""
        return await self._explaining.explain(current().owner, request)

    async def GetJob(self, request: pb.GetJobRequest, context: Any) -> pb.GetJobResponse:
        """See the contract."""
        links = request.link_lifetime if request.HasField("link_lifetime") else None
        job = await self._jobs.get(current().owner, request.job_id, with_graph=True, links=links)
        return pb.GetJobResponse(job=job)

    async def ListJobs(self, request: pb.ListJobsRequest, context: Any) -> pb.ListJobsResponse:
        """See the contract."""
        return await self._jobs.list(current().owner, request)

    async def WatchJob(self, request: pb.WatchJobRequest, context: Any) -> AsyncIterator[bytes]:
        """See the contract."""
        async for answer in self._watching.job(current().owner, request):
            yield answer

    async def WatchJobs(self, request: pb.WatchJobsRequest, context: Any) -> AsyncIterator[bytes]:
        """See the contract."""
        async for answer in self._watching.jobs(current().owner, request):
            yield answer

    async def CancelJob(self, request: pb.CancelJobRequest, context: Any) -> pb.CancelJobResponse:
        """See the contract."""
        return pb.CancelJobResponse(job=await self._jobs.cancel(current().owner, request.job_id))

    async def PauseJob(self, request: pb.PauseJobRequest, context: Any) -> pb.PauseJobResponse:
        """See the contract."""
        return pb.PauseJobResponse(job=await self._jobs.pause(current().owner, request.job_id))

    async def ResumeJob(self, request: pb.ResumeJobRequest, context: Any) -> pb.ResumeJobResponse:
        """See the contract."""
        return pb.ResumeJobResponse(job=await self._jobs.resume(current().owner, request.job_id))

    async def RunJob(self, request: pb.RunJobRequest, context: Any) -> pb.RunJobResponse:
        """See the contract."""
        return pb.RunJobResponse(job=await self._jobs.run(current().owner, request))

    async def UpdateJob(self, request: pb.UpdateJobRequest, context: Any) -> pb.UpdateJobResponse:
        """See the contract."""
        return pb.UpdateJobResponse(job=await self._jobs.update(current().owner, request))

    async def ApproveJob(self, request: pb.ApproveJobRequest, context: Any) -> pb.ApproveJobResponse:
        """See the contract."""
        gate = await self._control.approve(current().owner, request)
        return pb.ApproveJobResponse(job=await self._jobs.get(current().owner, request.job_id), gate=gate)

    async def UndeleteJob(self, request: pb.UndeleteJobRequest, context: Any) -> pb.UndeleteJobResponse:
        """See the contract."""
        return pb.UndeleteJobResponse(job=await self._jobs.undelete(current().owner, request.job_id))

    async def ControlJobs(self, request: pb.ControlJobsRequest, context: Any) -> pb.ControlJobsResponse:
        """See the contract."""
        return await self._control.control(current().owner, request)

    async def CountJobs(self, request: pb.CountJobsRequest, context: Any) -> pb.CountJobsResponse:
        """See the contract."""
        return await self._control.count(current().owner, request)

    async def DeleteJob(self, request: pb.DeleteJobRequest, context: Any) -> pb.DeleteJobResponse:
        """See the contract."""
        await self._jobs.delete(current().owner, request.job_id)
        return pb.DeleteJobResponse()

    async def ListExecutions(
        self, request: pb.ListExecutionsRequest, context: Any
    ) -> pb.ListExecutionsResponse:
        """See the contract."""
        return await self._jobs.list_executions(current().owner, request)

    async def ListScenes(self, request: pb.ListScenesRequest, context: Any) -> pb.ListScenesResponse:
        """See the contract."""
        return await self._scenes.list(current().owner, request)

    async def EditScene(self, request: pb.EditSceneRequest, context: Any) -> pb.EditSceneResponse:
        """See the contract."""
        return pb.EditSceneResponse(scene=await self._scenes.edit(current().owner, request))

    async def ResolveUnconfirmed(
        self, request: pb.ResolveUnconfirmedRequest, context: Any
    ) -> pb.ResolveUnconfirmedResponse:
        """See the contract."""
        job = await self._jobs.resolve_unconfirmed(current().owner, request)
        return pb.ResolveUnconfirmedResponse(job=job)

    async def ExportJob(
        self, request: pb.ExportJobRequest, context: Any
    ) -> AsyncIterator[pb.ExportJobResponse]:
        """See the contract."""
        async for response in self._exporting.export(current(), request):
            yield response
