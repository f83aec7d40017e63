"""What a mesh does, in numbers, as Prometheus reads them (text exposition format 0.0.4).

reelmesh_up{server}                                     1 where a server answers
reelmesh_jobs{state}, reelmesh_jobs_eta_seconds         of the caller
reelmesh_limit_running|waiting|closed_seconds{limit}
reelmesh_work_running|queued|capacity{server}
reelmesh_device_memory_bytes|memory_free_bytes|running|queued|restarts_total{server,device}
reelmesh_model_bytes|in_use{server,device,model}
reelmesh_provider_...{provider}                         health, load, latency and cost of providers of clips
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, Protocol

import grpc

from reelmesh.catalogue import CALL_SECONDS, SERVICES, Mesh
from reelmesh.errors import ReelmeshError
from reelmesh.orchestrator.v1.job_pb2 import JobState
from reelmesh.orchestrator.v1.job_service_pb2 import CountJobsResponse
from reelmesh.orchestrator.v1.limit_service_pb2 import LimitUse
from reelmesh.providers import amount
from reelmesh.transfer import Metadata
from reelmesh.video.v1 import video_pb2
from reelmesh.work.v1 import work_pb2
from reelmesh.work.v1.work_pb2_grpc import WorkServiceStub

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_Sample = tuple[Mapping[str, str], float]


class Asked(Mesh, Protocol):
    """Who is asked: a Client."""

    async def count(self) -> CountJobsResponse:
        """Jobs by state."""

    async def limits(self) -> list[LimitUse]:
        """Every limit."""

    async def providers(self) -> list[video_pb2.Provider]:
        """The providers of clips."""


async def collect(mesh: Asked, metadata: Metadata) -> str:
    """Asks every server that is known, all at once. One that does not answer is down, and no failure.

    Raises:
        MeshNotRunning: none is known.
    """
    known = [name for name in (*SERVICES, "storage") if name in mesh.addresses()]
    if not known:
        mesh.channel("tts")  # tells why
    work, (jobs, limits), providers = await asyncio.gather(
        asyncio.gather(*(_work(mesh, name, metadata) for name in known)),
        _orchestrator(mesh),
        _providers(mesh),
    )
    up = {name: one is not None for name, one in zip(known, work, strict=True)}
    if "orchestrator" in mesh.addresses():
        up["orchestrator"] = jobs is not None
    families = [
        _family("up", "gauge", "1 where the server answers", [_by("server", n, b) for n, b in up.items()])
    ]
    families += [*_of_jobs(jobs), *_of_limits(limits)]
    told = {name: one for name, one in zip(known, work, strict=True) if one is not None}
    families += [*_of_work(told), *_of_devices(told), *_of_providers(providers)]
    return "".join(families)


async def _work(mesh: Mesh, server: str, metadata: Metadata) -> work_pb2.ListWorkResponse | None:
    stub = WorkServiceStub(mesh.channel(server))
    request = work_pb2.ListWorkRequest(page_size=1)
    try:
        return await stub.ListWork(request, metadata=metadata, timeout=CALL_SECONDS)
    except grpc.aio.AioRpcError:
        return None


async def _orchestrator(mesh: Asked) -> tuple[CountJobsResponse | None, list[LimitUse]]:
    try:
        return await mesh.count(), await mesh.limits()
    except ReelmeshError:
        return None, []


async def _providers(mesh: Asked) -> list[video_pb2.Provider]:
    try:
        return await mesh.providers()
    except ReelmeshError:
        return []


def _of_jobs(jobs: CountJobsResponse | None) -> Iterable[str]:
    if jobs is None:
        return
    states = [
        _by("state", JobState.Name(one.state).removeprefix("JOB_STATE_").lower(), one.jobs)
        for one in jobs.counts
    ]
    yield _family("jobs", "gauge", "jobs by state", states)
    if jobs.HasField("eta"):
        seconds = jobs.eta.ToNanoseconds() / 1e9
        yield _family("jobs_eta_seconds", "gauge", "until all of them should have ended", [({}, seconds)])


def _of_limits(limits: Sequence[LimitUse]) -> Iterable[str]:
    families: list[tuple[str, str, Callable[[LimitUse], float]]] = [
        ("running", "calls under way", lambda one: one.running),
        ("waiting", "calls that wait", lambda one: one.waiting),
        ("closed_seconds", "until calls may begin again", lambda one: one.closed_for.ToNanoseconds() / 1e9),
    ]
    for name, meaning, value in families:
        yield _family(
            f"limit_{name}", "gauge", meaning, [_by("limit", one.limit.name, value(one)) for one in limits]
        )


def _of_work(work: Mapping[str, work_pb2.ListWorkResponse]) -> Iterable[str]:
    families: list[tuple[str, str, Callable[[work_pb2.ListWorkResponse], float]]] = [
        ("running", "pieces of work under way", lambda one: one.running),
        ("queued", "pieces of work that wait", lambda one: one.queued),
        ("capacity", "pieces of work at once at most", lambda one: one.capacity),
    ]
    for name, meaning, value in families:
        samples = [_by("server", server, value(one)) for server, one in work.items()]
        yield _family(f"work_{name}", "gauge", meaning, samples)


def _of_devices(work: Mapping[str, work_pb2.ListWorkResponse]) -> Iterable[str]:
    devices = [
        ({"server": server, "device": device.name}, device)
        for server, told in work.items()
        for device in told.devices
    ]
    families: list[tuple[str, str, str, Callable[[work_pb2.Device], float]]] = [
        ("memory_bytes", "gauge", "memory of the device", lambda one: one.memory_total_bytes),
        ("memory_free_bytes", "gauge", "what a further model may take", lambda one: one.memory_free_bytes),
        ("running", "gauge", "runs under way together", lambda one: one.running),
        ("queued", "gauge", "runs that wait for it", lambda one: one.queued),
        ("restarts_total", "counter", "worker processes that had died", lambda one: one.restarts),
    ]
    for name, kind, meaning, value in families:
        samples = [(labels, float(value(device))) for labels, device in devices]
        yield _family(f"device_{name}", kind, meaning, samples)
    models = [({**labels, "model": one.name}, one) for labels, device in devices for one in device.models]
    yield _family(
        "model_bytes",
        "gauge",
        "what a model takes of its device",
        [(at, float(one.footprint_bytes)) for at, one in models],
    )
    yield _family("model_in_use", "gauge", "1 while it runs", [(at, float(one.in_use)) for at, one in models])


def _of_providers(found: Sequence[video_pb2.Provider]) -> Iterable[str]:
    families: list[tuple[str, str, str, Callable[[video_pb2.Provider], float | None]]] = [
        ("up", "gauge", "1 where it is asked, 0 where it is not", _is_up),
        ("running", "gauge", "tasks under way", lambda one: one.running),
        ("concurrency", "gauge", "most tasks at once", lambda one: one.concurrency),
        ("clips_total", "counter", "clips made", lambda one: one.statistics.succeeded),
        ("failures_total", "counter", "tasks that failed or were refused", lambda one: one.statistics.failed),
        ("latency_p50_seconds", "gauge", "median time to a clip", _seconds("latency_p50")),
        ("latency_p95_seconds", "gauge", "95th percentile of the same", _seconds("latency_p95")),
        ("spent_today", "gauge", "cost since the day began", lambda one: float(amount(one.spent_today))),
        (
            "spent_month",
            "gauge",
            "cost since the month began",
            lambda one: float(amount(one.spent_this_month)),
        ),
        ("alerts", "gauge", "lines that somebody should read", lambda one: len(one.alerts)),
    ]
    for name, kind, meaning, value in families:
        samples = [
            _by("provider", one.engine.name, number) for one in found if (number := value(one)) is not None
        ]
        yield _family(f"provider_{name}", kind, meaning, samples)


def _is_up(one: video_pb2.Provider) -> float:
    return float(one.health != video_pb2.PROVIDER_HEALTH_NOT_SERVING)


def _seconds(field: Literal["latency_p50", "latency_p95"]) -> Callable[[video_pb2.Provider], float | None]:
    def read(one: video_pb2.Provider) -> float | None:
        if not one.statistics.HasField(field):
            return None
        return float(getattr(one.statistics, field).ToNanoseconds()) / 1e9

    return read


def _by(label: str, value: str, number: float) -> _Sample:
    return {label: value}, float(number)


def _family(name: str, kind: str, meaning: str, samples: Sequence[_Sample]) -> str:
    """One metric as text; nothing where there is no sample of it."""
    if not samples:
        return ""
    lines = [f"# HELP reelmesh_{name} {meaning}", f"# TYPE reelmesh_{name} {kind}"]
    for labels, number in samples:
        told = ",".join(f'{label}="{_escaped(value)}"' for label, value in labels.items())
        lines.append(f"reelmesh_{name}{{{told}}} {number:.15g}" if told else f"reelmesh_{name} {number:.15g}")
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
