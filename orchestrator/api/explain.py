"""A dry run: the walk is walked as far as results are known, and nothing is called but Resolve."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from google.type.money_pb2 import Money

from orchestrator.api.planning import faults_of, graph_of, next_graph
from orchestrator.drive import money
from orchestrator.drive.attempt import digest_of, recall
from orchestrator.drive.mesh import CallFailed
from orchestrator.drive.world import World
from orchestrator.pure import graph
from orchestrator.pure.signals import (
    Approve,
    Begin,
    Changed,
    Dispatch,
    Failed,
    Key,
    Output,
    Planned,
    Remembered,
)
from orchestrator.pure.walk import Walk
from orchestrator.store import queries
from orchestrator.store.rows import duration
from reelmesh.common.v1.engine_pb2 import Resolution
from reelmesh.orchestrator.v1 import job_service_pb2
from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.orchestrator.v1.job_pb2 import JobSpec, StepState
from reelmesh.orchestrator.v1.job_service_pb2 import ExplainedStep, ExplainJobResponse, StepForecast
from servers.chassis.context import CallContext
from servers.chassis.errors import NotFound
from servers.chassis.interceptors import violations_of

RESOLVES_AT_ONCE = 16
VIOLATIONS_SHOWN = 1000
_ENDED = {
    StepState.STEP_STATE_REMEMBERED: StepForecast.STEP_FORECAST_REMEMBERED,
    StepState.STEP_STATE_SKIPPED: StepForecast.STEP_FORECAST_SKIPPED,
}


@dataclass
class _Forecasts:
    """What is known of the step instances so far."""

    shown: dict[Key, ExplainedStep] = field(default_factory=dict)
    planned: set[str] = field(default_factory=set)
    """Steps whose fan-out is known."""
    costs: list[Money] = field(default_factory=list)
    seconds: float = 0.0


class Explaining:
    """Explains jobs."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def explain(self, owner: str, request: job_service_pb2.ExplainJobRequest) -> ExplainJobResponse:
        """What would run, what is remembered, at what cost and time.

        Raises:
            NotFound: there is no such job.
        """
        if request.WhichOneof("subject") == "job_id":
            async with self._world.store.read() as connection:
                row = await queries.job(connection, owner, request.job_id)
                if row is None:
                    raise NotFound("job", request.job_id)
                planned, _ = await next_graph(connection, row, "")
            spec = JobSpec.FromString(row.spec)
            faults: Sequence[graph.Violation] = faults_of(planned)
        else:
            spec = request.spec
            faults = [(f"spec.{path}" if path else "spec", rule) for path, rule in violations_of(spec)]
            planned = graph_of(spec) if not faults else StepGraph()
            faults = faults or faults_of(planned)
        response = ExplainJobResponse(graph=planned)
        for path, rule in faults[:VIOLATIONS_SHOWN]:
            response.violations.add(field=path, description=rule)
        if not faults:
            await self._forecast(owner, spec, planned, response)
        return response

    async def _forecast(
        self, owner: str, spec: JobSpec, planned: StepGraph, response: ExplainJobResponse
    ) -> None:
        compiled = graph.compile(planned)
        walk = Walk(compiled, spec)
        found = _Forecasts()
        context = CallContext(owner=owner)
        limit = asyncio.Semaphore(RESOLVES_AT_ONCE)
        waiting = _dispatched(walk.apply(Begin()), found)
        while not walk.finished and (waiting or walk.gates):
            if not waiting:  # as if it were approved
                waiting = _dispatched(walk.apply(Approve(walk.gates[0])), found)
                continue
            outputs = await asyncio.gather(
                *(self._look(compiled, walk, one, context, limit, found) for one in waiting)
            )
            waiting = [
                dispatch for new in outputs for dispatch in _dispatched(new, found) if not walk.finished
            ]
        response.steps.extend(_in_order(compiled, walk, found))
        total, _ = money.total(found.costs)
        if total is not None:
            response.expected_cost.CopyFrom(total)
        response.expected_time.CopyFrom(duration(found.seconds))

    async def _look(
        self,
        compiled: graph.CompiledGraph,
        walk: Walk,
        dispatch: Dispatch,
        context: CallContext,
        limit: asyncio.Semaphore,
        found: _Forecasts,
    ) -> list[Output]:
        """Forecasts one instance whose request is known, and walks on where its result is known too."""
        key, step = dispatch.key, compiled.steps[dispatch.key.step]
        shown = found.shown[key] = ExplainedStep(
            step=key.step, index=key.index, forecast=StepForecast.STEP_FORECAST_RUN
        )
        try:
            async with limit:
                resolved, resolution = await self._world.mesh.resolve(step.method, dispatch.request, context)
                shown.resolution.CopyFrom(resolution)
                result = None
                name = digest_of(context.owner, resolved, resolution)
                if name is not None and self._world.rules.remember:
                    result = await recall(self._world, context, step, name)
        except CallFailed as failure:
            shown.obstacle = failure.status.message
            return walk.apply(Failed(key, failure.status)) if step.continues else []
        if result is not None:
            return walk.apply(Remembered(key, result))
        found.costs.append(resolution.expected_cost)
        found.seconds += self._seconds(step.method.name, resolution)
        return []

    def _seconds(self, method: str, resolution: Resolution) -> float:
        if resolution.HasField("expected_time"):
            return resolution.expected_time.ToNanoseconds() / 1e9
        return self._world.usual.seconds(method, resolution.engine)


def _dispatched(outputs: Sequence[Output], found: _Forecasts) -> list[Dispatch]:
    """What is to be looked at next; what has ended on the way is noted."""
    for output in outputs:
        if isinstance(output, Planned):
            found.planned.add(output.step)
        if not isinstance(output, Changed) or (output.state not in _ENDED and output.error is None):
            continue
        shown = found.shown.setdefault(
            output.key, ExplainedStep(step=output.key.step, index=output.key.index)
        )
        shown.forecast = _ENDED.get(output.state, shown.forecast)
        if output.error is not None and not shown.obstacle:
            shown.obstacle = output.error.message
    return [output for output in outputs if isinstance(output, Dispatch)]


def _in_order(compiled: graph.CompiledGraph, walk: Walk, found: _Forecasts) -> list[ExplainedStep]:
    """Every instance that is known, and one for each step whose fan-out is not known yet."""
    steps: list[ExplainedStep] = []
    for step in compiled.steps.values():
        instances = [key for key in walk.instances if key.step == step.id]
        if not instances and step.id not in found.planned:
            instances = [Key(step.id)]
        for key in instances:
            unknown = ExplainedStep(
                step=key.step, index=key.index, forecast=StepForecast.STEP_FORECAST_UNKNOWN
            )
            steps.append(found.shown.get(key, unknown))
            steps[-1].gates.extend(step.message.gates)
    return steps
