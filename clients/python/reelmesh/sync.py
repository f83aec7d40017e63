"""The client of a mesh without asyncio: the same calls, blocking.

    with reelmesh.sync.Client() as client:
        job = client.submit(reelmesh.NarratedVideo(text="..."))
        for event in client.watch(job):
            ...
        client.download(client.get(job).result.film, "film.mp4")

One background thread runs the asyncio client. Safe to use from several threads.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import datetime as dt
import os
import threading
from collections.abc import AsyncIterator, Collection, Coroutine, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import grpc

from reelmesh import client as asynchronous
from reelmesh import transfer, watching
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.orchestrator.v1.job_pb2 import Job, JobSpec, JobState, SceneView
from reelmesh.orchestrator.v1.job_service_pb2 import (
    CountJobsResponse,
    ExplainJobResponse,
    JobAction,
    JobFilter,
    UnconfirmedDecision,
)
from reelmesh.orchestrator.v1.limit_service_pb2 import Limit, LimitUse
from reelmesh.orchestrator.v1.narrated_video_pb2 import NarratedVideo

if TYPE_CHECKING:
    from reelmesh.batches import Batch, Submitted
    from reelmesh.catalogue import ServerEngines
    from reelmesh.orchestrator.v1.events_pb2 import Event
    from reelmesh.publishing import Published
    from reelmesh.tts.v1.tts_pb2 import Voice, VoiceGender
    from reelmesh.video.v1.video_pb2 import Attempt, Provider, ProviderEvent, TestConnectionResponse

_T = TypeVar("_T")


class Client:
    """A client of one mesh. Use it as `with Client() as client`, or call `close` at the end.

    Every method is described at its namesake in `reelmesh.Client`.
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
        """As `reelmesh.Client`."""
        self._client = asynchronous.Client(
            address,
            storage_address=storage_address,
            addresses=addresses,
            owner=owner,
            credentials=credentials,
            home=home,
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="reelmesh", daemon=True)
        self._thread.start()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes all connections and ends the thread."""
        if self._loop.is_closed():
            return
        self._run(self._client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, call: Coroutine[Any, Any, _T]) -> _T:
        future = asyncio.run_coroutine_threadsafe(call, self._loop)
        try:
            return future.result()
        except (KeyboardInterrupt, concurrent.futures.CancelledError):
            future.cancel()
            raise

    def _each(self, items: AsyncIterator[_T]) -> Iterator[_T]:
        """The items as they come. Leaving the loop early ends the call behind it."""
        try:
            while True:
                try:
                    yield self._run(_next(items))
                except StopAsyncIteration:
                    return
        finally:
            if not self._loop.is_closed():
                self._run(_close(items))

    def submit(
        self,
        spec: JobSpec | NarratedVideo | StepGraph,
        *,
        name: str = "",
        priority: int | None = None,
        labels: Mapping[str, str] | None = None,
        request_id: str = "",
    ) -> Job:
        """Submits a job, which then survives any crash."""
        return self._run(
            self._client.submit(spec, name=name, priority=priority, labels=labels, request_id=request_id)
        )

    def explain(self, subject: JobSpec | NarratedVideo | StepGraph | Job | str) -> ExplainJobResponse:
        """A dry run: what would run, what is remembered, at what cost and time."""
        return self._run(self._client.explain(subject))

    def get(self, job: Job | str, *, links: dt.timedelta | None = None) -> Job:
        """A job as it stands now, with its steps and its outcome."""
        return self._run(self._client.get(job, links=links))

    def jobs(
        self,
        *,
        states: Sequence[JobState.ValueType] = (),
        labels: Mapping[str, str] | None = None,
        page_size: int = 100,
    ) -> Iterator[Job]:
        """All jobs, newest first, fetched a page at a time."""
        return self._each(self._client.jobs(states=states, labels=labels, page_size=page_size))

    def watch(
        self,
        job: Job | str,
        *,
        after: int | None = None,
        follow: bool = False,
        progress: bool = True,
        on_lost: watching.OnLost | None = None,
    ) -> Iterator[Event]:
        """What happens to a job, until it ends. Connects again by itself."""
        return self._each(
            self._client.watch(job, after=after, follow=follow, progress=progress, on_lost=on_lost)
        )

    def wait(self, job: Job | str) -> Job:
        """Waits for a job's end and gives it with its outcome."""
        return self._run(self._client.wait(job))

    def cancel(self, job: Job | str) -> Job:
        """Ends a job; one that has ended is left as it is."""
        return self._run(self._client.cancel(job))

    def pause(self, job: Job | str) -> Job:
        """Holds a job: what runs goes on, nothing new begins."""
        return self._run(self._client.pause(job))

    def resume(self, job: Job | str) -> Job:
        """Lets a paused job go on."""
        return self._run(self._client.resume(job))

    def run(self, job: Job | str, *, from_step: str = "", request_id: str = "") -> Job:
        """Runs a job again with the edits made since."""
        return self._run(self._client.run(job, from_step=from_step, request_id=request_id))

    def approve(self, job: Job | str, *, gate: str = "") -> str:
        """Lets a job go on that waits for review. Returns the gate opened."""
        return self._run(self._client.approve(job, gate=gate))

    def resolve_unconfirmed(
        self,
        job: Job | str,
        step: str,
        decision: UnconfirmedDecision.ValueType,
        *,
        index: int | None = None,
    ) -> Job:
        """Says what to do about a paid call whose outcome is not known."""
        return self._run(self._client.resolve_unconfirmed(job, step, decision, index=index))

    def delete(self, job: Job | str) -> None:
        """Hides a job with its executions and events, until it is purged."""
        self._run(self._client.delete(job))

    def undelete(self, job: Job | str) -> Job:
        """Brings a hidden job back."""
        return self._run(self._client.undelete(job))

    def control(self, action: JobAction.ValueType, where: JobFilter | None = None) -> list[str]:
        """Does one thing to all jobs that a filter names. Returns to which it was done."""
        return self._run(self._client.control(action, where))

    def count(self, where: JobFilter | None = None) -> CountJobsResponse:
        """How many jobs there are in each state, and when all should be done."""
        return self._run(self._client.count(where))

    def limits(self) -> list[LimitUse]:
        """Every limit, and what goes on under it."""
        return self._run(self._client.limits())

    def set_limit(self, limit: Limit) -> LimitUse:
        """Sets a limit, in place of what was set before."""
        return self._run(self._client.set_limit(limit))

    def clear_limit(self, name: str) -> LimitUse:
        """Removes a limit: the settings say again."""
        return self._run(self._client.clear_limit(name))

    def scenes(self, job: Job | str) -> list[SceneView]:
        """A job's scenes in the film's order, with what was made for each."""
        return self._run(self._client.scenes(job))

    def edit_scene(
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
        """Changes a scene; what is left out stays. It takes effect with the next `run`."""
        return self._run(
            self._client.edit_scene(
                job,
                scene,
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
        )

    def submit_many(
        self,
        stories: Mapping[str, JobSpec | NarratedVideo | StepGraph]
        | Iterable[JobSpec | NarratedVideo | StepGraph],
        *,
        batch_id: str,
    ) -> Iterator[Submitted]:
        """Submits stories as one batch and tells of each; done again, it submits only what is missing."""
        return self._each(self._client.submit_many(stories, batch_id=batch_id))

    def batch(self, batch_id: str) -> Batch:
        """How a batch stands now."""
        return self._run(self._client.batch(batch_id))

    def publish(
        self,
        jobs: Iterable[Job | str],
        to: str | os.PathLike[str],
        *,
        name: str = "{title}",
        include: Collection[str] = (),
        bucket_options: Mapping[str, str] | None = None,
    ) -> Iterator[Published]:
        """Writes jobs' films to a folder or a bucket under readable names and tells of each job."""
        return self._each(
            self._client.publish(jobs, to, name=name, include=include, bucket_options=bucket_options)
        )

    def upload(
        self,
        path: str | os.PathLike[str],
        *,
        media_type: str = "",
        on_bytes: transfer.OnBytes | None = None,
    ) -> Asset:
        """Stores a file and gives its asset. One that the store has is not sent again."""
        return self._run(self._client.upload(path, media_type=media_type, on_bytes=on_bytes))

    def download(
        self,
        asset: Asset | str,
        path: str | os.PathLike[str],
        *,
        on_bytes: transfer.OnBytes | None = None,
    ) -> Path:
        """Writes an asset to a file, checked, and whole or not at all."""
        return self._run(self._client.download(asset, path, on_bytes=on_bytes))

    def read(self, asset: Asset | str, *, offset: int = 0, limit: int = 0) -> Iterator[bytes]:
        """The bytes of an asset, a chunk at a time."""
        return self._each(self._client.read(asset, offset=offset, limit=limit))

    def sign(
        self,
        asset: Asset | str,
        *,
        lifetime: dt.timedelta = dt.timedelta(hours=1),
        file_name: str = "",
    ) -> str:
        """A link with which anyone can read an asset until it expires."""
        return self._run(self._client.sign(asset, lifetime=lifetime, file_name=file_name))

    def engines(self) -> list[ServerEngines]:
        """The engines of every server: what is there, what is missing and how to get it."""
        return self._run(self._client.engines())

    def voices(
        self, *, language: str = "", engine: str = "", gender: VoiceGender.ValueType | None = None
    ) -> list[Voice]:
        """The voices of the TTS server."""
        return self._run(self._client.voices(language=language, engine=engine, gender=gender))

    def sample(self, voice: Voice, *, text: str = "", language: str = "") -> Asset:
        """How a voice sounds, as a stored recording."""
        return self._run(self._client.sample(voice, text=text, language=language))

    def metrics(self) -> str:
        """What the mesh does, in numbers, as Prometheus reads them."""
        return self._run(self._client.metrics())

    def providers(self) -> list[Provider]:
        """The providers of clips: how each does, what it costs and has cost, what is wrong with it."""
        return self._run(self._client.providers())

    def test_provider(self, name: str) -> TestConnectionResponse:
        """Whether a provider could serve now, by a call to it that costs nothing."""
        return self._run(self._client.test_provider(name))

    def attempts(self, *, job_id: str = "", provider: str = "") -> Iterator[Attempt]:
        """Tasks handed to paid providers, the newest first: of a job, of a provider, or all."""
        return self._each(self._client.attempts(job_id=job_id, provider=provider))

    def provider_events(self, *, after: int = 0, provider: str = "") -> Iterator[ProviderEvent]:
        """What happened to providers that somebody should know of, the oldest first."""
        return self._each(self._client.provider_events(after=after, provider=provider))


async def _next(items: AsyncIterator[_T]) -> _T:
    return await anext(items)


async def _close(items: AsyncIterator[_T]) -> None:
    close = getattr(items, "aclose", None)
    if close is not None:
        await close()
