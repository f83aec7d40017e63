"""The client of a mesh, for asyncio."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import grpc
from google.protobuf.duration_pb2 import Duration

from reelmesh import errors, transfer, watching
from reelmesh.channels import OWNER_KEY, open_channel
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.mesh import discovery
from reelmesh.orchestrator.v1 import job_service_pb2 as jobs_pb2
from reelmesh.orchestrator.v1 import limit_service_pb2 as limits_pb2
from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.orchestrator.v1.job_pb2 import Job, JobSpec, JobState, SceneView
from reelmesh.orchestrator.v1.job_service_pb2_grpc import JobServiceStub
from reelmesh.orchestrator.v1.limit_service_pb2_grpc import LimitServiceStub
from reelmesh.orchestrator.v1.narrated_video_pb2 import NarratedVideo
from reelmesh.specs import job_spec
from reelmesh.storage.v1 import storage_pb2
from reelmesh.storage.v1.storage_pb2_grpc import StorageServiceStub

if TYPE_CHECKING:
    from reelmesh.batches import Batch, Submitted
    from reelmesh.catalogue import ServerEngines
    from reelmesh.orchestrator.v1.events_pb2 import Event
    from reelmesh.publishing import Published
    from reelmesh.tts.v1.tts_pb2 import Voice, VoiceGender
    from reelmesh.video.v1.video_pb2 import Attempt, Provider, ProviderEvent, TestConnectionResponse

ADDRESS_VARIABLE = "REELMESH_ADDRESS"
STORAGE_VARIABLE = "REELMESH_STORAGE_ADDRESS"
CALL_SECONDS = 60.0

_Response = TypeVar("_Response")


class Client:
    """A client of one mesh.

    Use it as `async with Client() as client`, or call `close` at the end. All methods raise
    `reelmesh.ReelmeshError` (see `reelmesh.errors`).
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        storage_address: str | None = None,
        addresses: Mapping[str, str] | None = None,
        owner: str = "",
        credentials: grpc.ChannelCredentials | None = None,
        home: Path | None = None,
    ) -> None:
        """Nothing is connected yet.

        Args:
            address: the orchestrator's gRPC target, e.g. "unix:/run/reelmesh/orchestrator.sock" or
                "mesh.example:7400". Left out: the environment variable REELMESH_ADDRESS, else the mesh that
                runs on this machine.
            storage_address: Storage's target. Left out: REELMESH_STORAGE_ADDRESS, else as above.
            addresses: targets of further servers by name, e.g. {"tts": "..."}, for `voices` and `engines`.
            owner: on whose behalf calls are made. Left out: "local".
            credentials: TLS credentials. Left out: none on this machine, the system's certificates off it.
            home: the mesh's home, where it is not the usual one.
        """
        self._given = dict(addresses or {})
        for name, value, variable in (
            ("orchestrator", address, ADDRESS_VARIABLE),
            ("storage", storage_address, STORAGE_VARIABLE),
        ):
            if chosen := value or os.environ.get(variable):
                self._given[name] = chosen
        self._home = home
        self._credentials = credentials
        self._metadata: transfer.Metadata = ((OWNER_KEY, owner),) if owner else ()
        self._channels: dict[str, grpc.aio.Channel] = {}
        self._known: dict[str, str] = {}  # a mesh that is being started again comes back where it was

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes all connections."""
        channels, self._channels = list(self._channels.values()), {}
        for channel in channels:
            await channel.close()

    # Where the servers are

    def addresses(self) -> dict[str, str]:
        """The targets of the mesh's servers by name, as far as they are known."""
        found = None if "orchestrator" in self._given else discovery.read(self._home)
        return {**(found.addresses if found is not None else {}), **self._given}

    def channel(self, server: str) -> grpc.aio.Channel:
        """A channel to a server of the mesh, for stubs of one's own. The client closes it.

        Raises:
            MeshNotRunning: it is not known where the server is.
        """
        address = self.addresses().get(server) or self._known.get(server)
        if address is None:
            raise errors.MeshNotRunning(self._not_found(server))
        self._known[server] = address
        if address not in self._channels:
            self._channels[address] = open_channel(address, self._credentials)
        return self._channels[address]

    def _not_found(self, server: str) -> str:
        if "orchestrator" in self._given:
            variable = STORAGE_VARIABLE if server == "storage" else f"Client(addresses={{{server!r}: ...}})"
            return f"the address of {server} is not known: set {variable}"
        if discovery.read(self._home) is not None:
            return f"the mesh that runs here has no {server} server (it was started with --only)"
        return f"no mesh runs here: start one with `reelmesh up`, or set {ADDRESS_VARIABLE}"

    def _jobs(self) -> JobServiceStub:
        return JobServiceStub(self.channel("orchestrator"))

    def _limits(self) -> LimitServiceStub:
        return LimitServiceStub(self.channel("orchestrator"))

    def _storage(self) -> StorageServiceStub:
        return StorageServiceStub(self.channel("storage"))

    async def _call(
        self, method: Callable[..., Awaitable[_Response]], request: Any, where: str = "the orchestrator"
    ) -> _Response:
        try:
            return await method(request, metadata=self._metadata, timeout=CALL_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise errors.from_call(error, where) from None

    # Jobs

    async def submit(
        self,
        spec: JobSpec | NarratedVideo | StepGraph,
        *,
        name: str = "",
        priority: int | None = None,
        labels: Mapping[str, str] | None = None,
        request_id: str = "",
    ) -> Job:
        """Submits a job, which then survives any crash.

        Args:
            spec: a narrated film, a step graph of one's own, or a whole JobSpec.
            name: name of the job for people. Left out: the film's title.
            priority: 0 to 9; 9 first. Left out: 5.
            labels: labels of one's own.
            request_id: sent twice, it gives the same job. Left out: a new one.

        Raises:
            InvalidArgument: the spec breaks a rule; see `violations`.
        """
        request = jobs_pb2.SubmitJobRequest(
            request_id=request_id or str(uuid.uuid4()), spec=job_spec(spec, name, priority, labels)
        )
        return (await self._call(self._jobs().SubmitJob, request)).job

    async def explain(
        self, subject: JobSpec | NarratedVideo | StepGraph | Job | str
    ) -> jobs_pb2.ExplainJobResponse:
        """A dry run: what would run, what is remembered, at what cost and time. Costs nothing.

        `subject` is a spec, or a job or its id: then what `run` would do now.
        """
        if isinstance(subject, Job | str):
            request = jobs_pb2.ExplainJobRequest(job_id=_id(subject))
        else:
            request = jobs_pb2.ExplainJobRequest(spec=job_spec(subject))
        return await self._call(self._jobs().ExplainJob, request)

    async def get(self, job: Job | str, *, links: dt.timedelta | None = None) -> Job:
        """A job as it stands now, with its steps and its outcome.

        `links`: how long links to the outcome's assets shall be good; left out, none are made.

        Raises:
            NotFound: there is no such job.
        """
        request = jobs_pb2.GetJobRequest(job_id=_id(job), link_lifetime=_duration(links))
        return (await self._call(self._jobs().GetJob, request)).job

    async def jobs(
        self,
        *,
        states: Sequence[JobState.ValueType] = (),
        labels: Mapping[str, str] | None = None,
        page_size: int = 100,
    ) -> AsyncIterator[Job]:
        """All jobs, newest first, fetched a page at a time; without their steps."""
        token = ""
        while True:
            request = jobs_pb2.ListJobsRequest(
                page_size=page_size, page_token=token, states=states, labels=dict(labels or {})
            )
            page = await self._call(self._jobs().ListJobs, request)
            for job in page.jobs:
                yield job
            token = page.next_page_token
            if not token:
                return

    async def watch(
        self,
        job: Job | str,
        *,
        after: int | None = None,
        follow: bool = False,
        progress: bool = True,
        on_lost: watching.OnLost | None = None,
    ) -> AsyncIterator[Event]:
        """What happens to a job, until it ends. Connects again by itself, for as long as it takes.

        Args:
            job: the job or its id.
            after: last sequence seen. Left out: begins with a snapshot of how the job stands.
            follow: go on after the job's end, for its next run.
            progress: include fine progress.
            on_lost: told each time the connection is lost.

        Raises:
            NotFound: there is no such job.
            OutOfRange: `after` is older than the log: watch again without it.
            Unavailable: the mesh could not be reached at all.
        """
        watch = watching.Watch(_id(job), after, follow, progress)
        stream = watching.events(self._watch_stub, watch, on_lost or (lambda error: None))
        async with contextlib.aclosing(stream):  # type: ignore[type-var]
            async for event in stream:
                yield event

    def _watch_stub(self) -> watching.WatchStub:
        return watching.WatchStub(self._jobs(), self._metadata)

    async def wait(self, job: Job | str) -> Job:
        """Waits for a job's end and gives it with its outcome.

        Raises:
            JobFailed: it failed.
            JobCancelled: it was cancelled.
        """
        async for _ in self.watch(job, progress=False):
            pass
        ended = await self.get(job)
        if ended.state == JobState.JOB_STATE_FAILED:
            raise errors.JobFailed(ended)
        if ended.state == JobState.JOB_STATE_CANCELLED:
            raise errors.JobCancelled(ended)
        return ended

    async def cancel(self, job: Job | str) -> Job:
        """Ends a job; one that has ended is left as it is."""
        return (await self._call(self._jobs().CancelJob, jobs_pb2.CancelJobRequest(job_id=_id(job)))).job

    async def pause(self, job: Job | str) -> Job:
        """Holds a job: what runs goes on, nothing new begins.

        Raises:
            FailedPrecondition: it has ended.
        """
        return (await self._call(self._jobs().PauseJob, jobs_pb2.PauseJobRequest(job_id=_id(job)))).job

    async def resume(self, job: Job | str) -> Job:
        """Lets a paused job go on.

        Raises:
            FailedPrecondition: it has ended.
        """
        return (await self._call(self._jobs().ResumeJob, jobs_pb2.ResumeJobRequest(job_id=_id(job)))).job

    async def run(self, job: Job | str, *, from_step: str = "", request_id: str = "") -> Job:
        """Runs a job again with the edits made since. What has not changed is remembered.

        `from_step`: the step from which on nothing is remembered.

        Raises:
            FailedPrecondition: it is under way.
            InvalidArgument: `from_step` names no step of it.
        """
        request = jobs_pb2.RunJobRequest(
            job_id=_id(job), from_step=from_step, request_id=request_id or str(uuid.uuid4())
        )
        return (await self._call(self._jobs().RunJob, request)).job

    async def approve(self, job: Job | str, *, gate: str = "") -> str:
        """Lets a job go on that waits for review, with the edits made meanwhile. Returns the gate opened.

        Raises:
            FailedPrecondition: nothing waits at that gate, or at any.
        """
        request = jobs_pb2.ApproveJobRequest(job_id=_id(job), gate=gate)
        return (await self._call(self._jobs().ApproveJob, request)).gate

    async def resolve_unconfirmed(
        self,
        job: Job | str,
        step: str,
        decision: jobs_pb2.UnconfirmedDecision.ValueType,
        *,
        index: int | None = None,
    ) -> Job:
        """Says what to do about a paid call whose outcome is not known.

        Args:
            job: the job or its id.
            step: the step's id, e.g. "animate".
            decision: to ask again, to give it up, or to start it anew and accept that it may be paid twice.
            index: its position in the fan-out; left out for a step without one.

        Raises:
            NotFound: there is no such job or step.
            FailedPrecondition: its outcome is known.
        """
        request = jobs_pb2.ResolveUnconfirmedRequest(
            job_id=_id(job), step=step, index=index, decision=decision
        )
        return (await self._call(self._jobs().ResolveUnconfirmed, request)).job

    async def delete(self, job: Job | str) -> None:
        """Hides a job with its executions and events, until it is purged.

        Raises:
            FailedPrecondition: it is under way.
        """
        await self._call(self._jobs().DeleteJob, jobs_pb2.DeleteJobRequest(job_id=_id(job)))

    async def undelete(self, job: Job | str) -> Job:
        """Brings a hidden job back."""
        return (await self._call(self._jobs().UndeleteJob, jobs_pb2.UndeleteJobRequest(job_id=_id(job)))).job

    async def control(
        self, action: jobs_pb2.JobAction.ValueType, where: jobs_pb2.JobFilter | None = None
    ) -> list[str]:
        """Does one thing to all jobs that a filter names, or to every job. Returns to which it was done."""
        done: list[str] = []
        while True:
            request = jobs_pb2.ControlJobsRequest(filter=where or jobs_pb2.JobFilter(), action=action)
            response = await self._call(self._jobs().ControlJobs, request)
            done.extend(response.job_ids)
            if not response.more:
                return done

    async def count(self, where: jobs_pb2.JobFilter | None = None) -> jobs_pb2.CountJobsResponse:
        """How many jobs there are in each state, and when all should be done."""
        return await self._call(self._jobs().CountJobs, jobs_pb2.CountJobsRequest(filter=where))

    async def limits(self) -> list[limits_pb2.LimitUse]:
        """Every limit, and what goes on under it."""
        response = await self._call(self._limits().ListLimits, limits_pb2.ListLimitsRequest())
        return list(response.limits)

    async def set_limit(self, limit: limits_pb2.Limit) -> limits_pb2.LimitUse:
        """Sets a limit, in place of what was set before."""
        request = limits_pb2.SetLimitRequest(limit=limit)
        return (await self._call(self._limits().SetLimit, request)).limit

    async def clear_limit(self, name: str) -> limits_pb2.LimitUse:
        """Removes a limit: the settings say again."""
        request = limits_pb2.ClearLimitRequest(name=name)
        return (await self._call(self._limits().ClearLimit, request)).limit

    async def scenes(self, job: Job | str) -> list[SceneView]:
        """A job's scenes in the film's order, with what was made for each.

        Raises:
            FailedPrecondition: it has not been planned yet, or has no plan.
        """
        found: list[SceneView] = []
        token = ""
        while True:
            request = jobs_pb2.ListScenesRequest(job_id=_id(job), page_size=200, page_token=token)
            page = await self._call(self._jobs().ListScenes, request)
            found.extend(page.scenes)
            token = page.next_page_token
            if not token:
                return found

    async def edit_scene(
        self,
        job: Job | str,
        scene: str,
        *,
        text: str | None = None,
        image_prompt: str | None = None,
        motion_prompt: str | None = None,
        picture_index: int | None = None,
        picture: Asset | None = None,
        clip: Asset | None = None,
        locked: bool | None = None,
        seed: int | None = None,
        clip_index: int | None = None,
        variants: int | None = None,
    ) -> SceneView:
        """Changes a scene; what is left out stays. It takes effect with the next `run`.

        `scene` is the scene's id; `variants` makes so many pictures (1 to 8) to choose from. Raises
        NotFound, or FailedPrecondition where the scene is locked.
        """
        request = jobs_pb2.EditSceneRequest(
            job_id=_id(job),
            scene_id=scene,
            text=text,
            image_prompt=image_prompt,
            motion_prompt=motion_prompt,
            picture_index=picture_index,
            picture=picture,
            clip=clip,
            locked=locked,
            seed=seed,
            clip_index=clip_index,
            variants=variants,
        )
        return (await self._call(self._jobs().EditScene, request)).scene

    # Many at once

    def submit_many(
        self,
        stories: Mapping[str, JobSpec | NarratedVideo | StepGraph]
        | Iterable[JobSpec | NarratedVideo | StepGraph],
        *,
        batch_id: str,
    ) -> AsyncIterator[Submitted]:
        """Submits stories as one batch, in their order, and tells of each; a refused one holds up no other.

        Done again with the same `batch_id`, it submits only what is missing.

        Args:
            stories: by a name within the batch; without names, their places name them, from "1".
            batch_id: the batch's id, e.g. of `reelmesh.batches.new_id()`: letters, digits, ".", "_", "-".

        Raises:
            InvalidArgument: `batch_id` is none.
        """
        from reelmesh import batches

        return batches.submit(self, stories, batch_id)

    async def batch(self, batch_id: str) -> Batch:
        """How a batch stands now. One that nobody submitted has no jobs."""
        from reelmesh import batches

        return await batches.look(self, batch_id)

    def publish(
        self,
        jobs: Iterable[Job | str],
        to: str | os.PathLike[str],
        *,
        name: str = "{title}",
        include: Collection[str] = (),
        bucket_options: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Published]:
        """Writes jobs' films to a folder or a bucket under readable names and tells of each job.

        Nothing is overwritten: a name that another film has gets a number behind it, and a film that is there
        already is left alone.

        Args:
            jobs: the jobs or their ids.
            to: a folder, made when it is not there, or a bucket's address like s3://films/2026.
            name: a template of {title}, {publish_title}, {name}, {number}, {batch}, {job}, {date}, {lang}.
            include: what goes with each film: "cover", "subtitles", "narration", "clean", "info", or "all".
            bucket_options: the bucket's keys, region and endpoint by OpenDAL's names, over what the
                environment names: REELMESH_PUBLISH__S3__ENDPOINT and the like.

        Raises:
            InvalidArgument: `to`, `name` or `include` is wrong.
            NotFound: there is no such job.
            FailedPrecondition: the bucket refuses us or can not be reached.
            OSError: a file can not be written.
        """
        from reelmesh import publishing

        return publishing.publish(self, jobs, to, name=name, include=include, bucket_options=bucket_options)

    # Media

    async def upload(
        self,
        path: str | os.PathLike[str],
        *,
        media_type: str = "",
        on_bytes: transfer.OnBytes | None = None,
    ) -> Asset:
        """Stores a file and gives its asset. One that the store has is not sent again.

        `media_type` is found from the file's ending where it is left out. `on_bytes` is told (done, in all).

        Raises:
            OSError: the file can not be read.
            ResourceExhausted: the store's disk is nearly full.
        """
        told = on_bytes or (lambda done, size: None)
        return await transfer.upload(self._storage(), self._metadata, Path(path), media_type, told)

    async def download(
        self,
        asset: Asset | str,
        path: str | os.PathLike[str],
        *,
        on_bytes: transfer.OnBytes | None = None,
    ) -> Path:
        """Writes an asset to a file, checked, and whole or not at all. An existing file is replaced.

        Raises:
            NotFound: there is no such asset, or it is not yours.
            DataLoss: what arrived is not what the digest names.
            OSError: the file can not be written.
        """
        told = on_bytes or (lambda done, size: None)
        target = Path(path)
        named = _asset(asset)
        await transfer.download(self._storage(), self._metadata, named, target, told)
        return target

    async def read(self, asset: Asset | str, *, offset: int = 0, limit: int = 0) -> AsyncIterator[bytes]:
        """The bytes of an asset, a chunk at a time, from `offset` on; `limit` 0 reads to the end."""
        digest = _asset(asset).digest
        chunks = transfer.read(self._storage(), self._metadata, digest, offset, limit)
        async with contextlib.aclosing(chunks):  # type: ignore[type-var]
            async for chunk in chunks:
                yield chunk

    async def sign(
        self,
        asset: Asset | str,
        *,
        lifetime: dt.timedelta = dt.timedelta(hours=1),
        file_name: str = "",
    ) -> str:
        """A link with which anyone can read an asset until it expires.

        Raises:
            FailedPrecondition: links are switched off; the message names the setting.
        """
        request = storage_pb2.SignRequest(
            digest=_asset(asset).digest, lifetime=_duration(lifetime), file_name=file_name
        )
        return (await self._call(self._storage().Sign, request, "the store")).url

    # What there is

    async def engines(self) -> list[ServerEngines]:
        """The engines of every server that can be found: what is there, what is missing and how to get it."""
        from reelmesh import catalogue

        return await catalogue.engines(self, self._metadata)

    async def voices(
        self,
        *,
        language: str = "",
        engine: str = "",
        gender: VoiceGender.ValueType | None = None,
    ) -> list[Voice]:
        """The voices of the TTS server, of a language ("zh" finds "zh-CN"), engine or gender where named."""
        from reelmesh import catalogue
        from reelmesh.tts.v1.tts_pb2 import VOICE_GENDER_UNSPECIFIED, ListVoicesRequest

        gender = gender or VOICE_GENDER_UNSPECIFIED
        wanted = ListVoicesRequest(language=language, engine=engine, gender=gender)
        return await catalogue.voices(self, self._metadata, wanted)

    async def sample(self, voice: Voice, *, text: str = "", language: str = "") -> Asset:
        """How a voice sounds, as a stored recording: the text, or a sentence in its language.

        Raises:
            InvalidArgument: it does not speak that language, or there is nothing to speak.
        """
        from reelmesh import catalogue

        return await catalogue.sample(self, self._metadata, voice, text, language)

    async def metrics(self) -> str:
        """What the mesh does, in numbers, as Prometheus reads them; see `reelmesh.metrics`."""
        from reelmesh import metrics

        return await metrics.collect(self, self._metadata)

    async def providers(self) -> list[Provider]:
        """The providers of clips: how each does, what it costs and has cost, what is wrong with it."""
        from reelmesh import providers

        return await providers.providers(self, self._metadata)

    async def test_provider(self, name: str) -> TestConnectionResponse:
        """Whether a provider could serve now, by a call to it that costs nothing."""
        from reelmesh import providers

        return await providers.tested(self, self._metadata, name)

    def attempts(self, *, job_id: str = "", provider: str = "") -> AsyncIterator[Attempt]:
        """Tasks handed to paid providers, the newest first: of a job, of a provider, or all of the caller's.

        `reelmesh.providers.spending` adds up what they cost.
        """
        from reelmesh import providers

        return providers.attempts(self, self._metadata, job_id=job_id, provider=provider)

    def provider_events(self, *, after: int = 0, provider: str = "") -> AsyncIterator[ProviderEvent]:
        """What happened to providers that somebody should know of, the oldest first.

        `after`: the sequence of the last one seen.
        """
        from reelmesh import providers

        return providers.events(self, self._metadata, after=after, provider=provider)


def _duration(length: dt.timedelta | None) -> Duration | None:
    if length is None:
        return None
    made = Duration()
    made.FromTimedelta(length)
    return made


def _id(job: Job | str) -> str:
    return job if isinstance(job, str) else job.id


def _asset(asset: Asset | str) -> Asset:
    named = Asset(digest=asset) if isinstance(asset, str) else asset
    if not named.digest:
        raise errors.InvalidArgument("the asset is empty: has the job that makes it succeeded?")
    return named
