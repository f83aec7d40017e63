"""What a job runs: its graph at first, and again with the edits made since."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.pure import edits, graph, recipe
from orchestrator.pure.wiring import PLAN
from orchestrator.store import queries
from orchestrator.store.rows import JobRow
from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.orchestrator.v1.job_pb2 import JobSpec
from reelmesh.orchestrator.v1.job_service_pb2 import EditSceneRequest
from reelmesh.script.v1.script_pb2 import PlanResult
from servers.chassis.errors import InvalidArgument

BEFORE_THE_PLAN = ("transcribe", PLAN)
"""Steps of the recipe from which on running anew means planning anew."""


def graph_of(spec: JobSpec, plan: PlanResult | None = None) -> StepGraph:
    """The graph of a spec; of a narrated video with a plan that is given, where there is one."""
    if spec.WhichOneof("work") == "graph":
        return spec.graph
    return recipe.narrated_video(spec.narrated_video, plan)


def faults_of(checked: StepGraph) -> list[graph.Violation]:
    """Every fault of a graph, by its path in the request."""
    return [(f"spec.{path}" if path else "spec", rule) for path, rule in graph.check(checked)]


def refuse(checked: StepGraph) -> None:
    """Lets a graph without faults pass.

    Raises:
        InvalidArgument: with one violation for each fault.
    """
    faults = faults_of(checked)
    if faults:
        raise InvalidArgument(*faults, reason="GRAPH_INVALID")


async def edited_scenes(connection: AsyncConnection, job_id: str) -> dict[str, EditSceneRequest]:
    """The edits of a job's scenes, merged, by scene id."""
    return {
        scene_id: EditSceneRequest.FromString(row.edit)
        for scene_id, row in (await queries.edits(connection, job_id)).items()
    }


async def stored_plan(connection: AsyncConnection, job_id: str) -> PlanResult | None:
    """The plan of the latest execution that got so far."""
    execution = await queries.latest_execution_with(connection, job_id, PLAN)
    if execution is None:
        return None
    stored = await queries.step_result(connection, execution.id, PLAN)
    return PlanResult.FromString(stored) if stored is not None else None


async def next_graph(connection: AsyncConnection, job: JobRow, from_step: str) -> tuple[StepGraph, bool]:
    """(the graph that RunJob runs now, whether it plans anew and so the edits are void).

    A narrated video keeps its plan, with the edits laid over it, unless it is to run from the plan or from
    before it: a planner that draws at random must not change scenes that nobody touched.
    """
    spec = JobSpec.FromString(job.spec)
    if spec.WhichOneof("work") != "narrated_video":
        return spec.graph, False
    if from_step in BEFORE_THE_PLAN:
        return graph_of(spec), True
    plan = await stored_plan(connection, job.id)
    if plan is None:
        return graph_of(spec), False
    return graph_of(spec, edits.lay_over(plan, await edited_scenes(connection, job.id))), False
