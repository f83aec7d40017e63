"""A job's scenes: what was made for each, and edits that the next run takes up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from google.protobuf.message import Message
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.api.planning import edited_scenes
from orchestrator.drive.mesh import STORAGE, CallFailed
from orchestrator.drive.record import key_of
from orchestrator.drive.world import World
from orchestrator.pure import edits, graph, outcome
from orchestrator.pure.recipe import ANIMATE
from orchestrator.pure.signals import Key
from orchestrator.pure.wiring import PLAN
from orchestrator.store import queries
from orchestrator.store.appending import Transaction
from orchestrator.store.rows import ExecutionRow, now
from orchestrator.store.schema import scene_edits
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.imagegen.v1.imagegen_pb2 import GenerateResult as Pictures
from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.orchestrator.v1.job_pb2 import JobSpec, SceneView
from reelmesh.orchestrator.v1.job_service_pb2 import EditSceneRequest, ListScenesRequest, ListScenesResponse
from reelmesh.script.v1.script_pb2 import PlanResult
from reelmesh.video.v1.video_pb2 import GenerateResult as Clip
from servers.chassis import paging
from servers.chassis.assets import Assets
from servers.chassis.context import CallContext
from servers.chassis.errors import FailedPrecondition, InvalidArgument, NotFound

ANSWER_BYTES = 3_500_000


@dataclass(frozen=True)
class _Planned:
    """A job's plan with what there is of it."""

    plan: PlanResult
    results: Mapping[Key, Message]
    """Results of the execution that the plan is of."""
    pictures: Mapping[str, Sequence[Asset]]
    """Pictures that all executions made, the newest first, by scene id."""
    clips: Mapping[str, Sequence[Asset]]
    """Clips, likewise."""
    edits: Mapping[str, EditSceneRequest]

    def views(self) -> list[SceneView]:
        """The scenes, in order."""
        return outcome.scene_views(
            self.plan, self.results, self.edits, pictures=self.pictures, clips=self.clips
        )


class Scenes:
    """Lists and edits scenes."""

    def __init__(self, world: World, assets: Assets) -> None:
        self._world = world
        self._assets = assets

    async def list(self, owner: str, request: ListScenesRequest) -> ListScenesResponse:
        """One page of a job's scenes, in the film's order.

        Raises:
            NotFound: there is no such job.
            FailedPrecondition: it has not been planned yet, or has no plan.
            InvalidArgument: the page token is not one of this server's.
        """
        token = paging.decode(request.page_token)
        if token and not token.isdecimal():
            raise InvalidArgument(("page_token", "is not a token of this server"))
        async with self._world.store.read() as connection:
            views = (await _planned(connection, owner, request.job_id)).views()
        begin = int(token or 0)
        response = ListScenesResponse()
        room = ANSWER_BYTES
        for view in views[begin : begin + (request.page_size or paging.DEFAULT_PAGE_SIZE)]:
            room -= view.ByteSize() + 8
            if room < 0 and response.scenes:
                break
            response.scenes.append(view)
        if begin + len(response.scenes) < len(views):
            response.next_page_token = paging.encode(str(begin + len(response.scenes)))
        return response

    async def edit(self, owner: str, request: EditSceneRequest) -> SceneView:
        """Takes an edit, for the next run. Returns the scene as it will be.

        Raises:
            NotFound: there is no such job or scene, or an asset is not in the store.
            FailedPrecondition: the scene is locked, or the job has not been planned yet.
            InvalidArgument: `picture_index` names no picture of the scene, or `clip_index` no clip.
        """
        await self._check_assets(owner, request)

        async def work(transaction: Transaction) -> SceneView:
            connection = transaction.connection
            await queries.job(connection, owner, request.job_id, lock=True)
            before = await _planned(connection, owner, request.job_id)
            view = _scene(before, request)
            _refuse_locked(view, request)
            earlier = before.edits.get(request.scene_id, EditSceneRequest())
            merged = edits.merge(earlier, _chosen(view, request))
            of_scene = (scene_edits.c.job_id == request.job_id, scene_edits.c.scene_id == request.scene_id)
            await connection.execute(delete(scene_edits).where(*of_scene))
            await connection.execute(
                insert(scene_edits).values(
                    job_id=request.job_id,
                    scene_id=request.scene_id,
                    edit=merged.SerializeToString(deterministic=True),
                    time=now(),
                )
            )
            return _scene(await _planned(connection, owner, request.job_id), request)

        return await self._world.store.transact(work)

    async def _check_assets(self, owner: str, request: EditSceneRequest) -> None:
        """Refuses what is not in the store: the next run would find out only halfway."""
        for field in ("picture", "clip"):
            if not request.HasField(field):
                continue
            asset: Asset = getattr(request, field)
            if not self._world.mesh.has(STORAGE):
                await self._assets.path(owner, asset, field)
                continue
            try:
                missing = await self._world.mesh.find_missing(CallContext(owner=owner), [asset.digest])
            except CallFailed as failure:
                raise failure.fault() from failure
            if missing:
                raise NotFound("asset", asset.digest, field=field, what="is not in the store")


async def _planned(connection: AsyncConnection, owner: str, job_id: str) -> _Planned:
    row = await queries.job(connection, owner, job_id)
    if row is None:
        raise NotFound("job", job_id)
    spec = JobSpec.FromString(row.spec)
    if spec.WhichOneof("work") != "narrated_video":
        raise FailedPrecondition(f"job {job_id} runs a graph of its own and has no scenes", reason="NO_PLAN")
    execution = await queries.latest_execution_with(connection, job_id, PLAN)
    if execution is None:
        raise FailedPrecondition(f"job {job_id} has not been planned yet", reason="NO_PLAN")
    results = await _results(connection, execution)
    plan = results[Key(PLAN)]
    assert isinstance(plan, PlanResult)
    pictures: defaultdict[str, list[Asset]] = defaultdict(list)
    for scene_id, result in await queries.scene_results(connection, job_id, "illustrate"):
        made = [image.asset for image in Pictures.FromString(result).images]
        pictures[scene_id] += [asset for asset in made if asset not in pictures[scene_id]]
    clips: defaultdict[str, list[Asset]] = defaultdict(list)
    for step in ANIMATE:
        for scene_id, result in await queries.scene_results(connection, job_id, step):
            clips[scene_id].append(Clip.FromString(result).clip)
    return _Planned(plan, results, pictures, clips, await edited_scenes(connection, job_id))


async def _results(connection: AsyncConnection, execution: ExecutionRow) -> dict[Key, Message]:
    steps = graph.compile(StepGraph.FromString(execution.graph)).steps
    return {
        key_of(row): steps[row.step].method.result.FromString(row.result)
        for row in await queries.step_rows(connection, execution.id)
        if row.result is not None
    }


def _scene(planned: _Planned, request: EditSceneRequest) -> SceneView:
    for view in planned.views():
        if view.scene.id == request.scene_id:
            return view
    raise NotFound("scene", request.scene_id, field="scene_id")


def _refuse_locked(view: SceneView, request: EditSceneRequest) -> None:
    """A locked scene takes no edit but the one that unlocks it (and what comes with that)."""
    unlocks = request.HasField("locked") and not request.locked
    changes = any(field.name not in ("job_id", "scene_id", "locked") for field, _ in request.ListFields())
    if view.locked and changes and not unlocks:
        raise FailedPrecondition(
            f"scene {view.scene.id} is locked: unlock it (locked: false) first", reason="SCENE_LOCKED"
        )


def _chosen(view: SceneView, request: EditSceneRequest) -> EditSceneRequest:
    """The edit with the picture and the clip that `picture_index` and `clip_index` name in their places."""
    chosen = EditSceneRequest()
    chosen.CopyFrom(request)
    for field, made in (("picture", view.pictures), ("clip", view.clips)):
        index = f"{field}_index"
        if not request.HasField(index):  # type: ignore[arg-type]
            continue
        if request.HasField(field):  # type: ignore[arg-type]
            raise InvalidArgument((index, f"can not be given together with {field}"))
        if getattr(request, index) >= len(made):
            raise InvalidArgument((index, f"the scene has {len(made)} {field}s"))
        getattr(chosen, field).CopyFrom(made[getattr(request, index)])
    return chosen
