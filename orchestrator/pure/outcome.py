"""The outcome of an execution: its results as the job's result, and as scenes with what was made for each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from google.protobuf.message import Message

from orchestrator.pure.edits import scene_with
from orchestrator.pure.graph import CompiledGraph
from orchestrator.pure.paths import UNSET, Field, Index, Part, Spread, is_map, read
from orchestrator.pure.presenter import PRESENT
from orchestrator.pure.signals import Key
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.compose.v1.compose_pb2 import ComposeResult
from reelmesh.imagegen.v1.imagegen_pb2 import GenerateResult as Pictures
from reelmesh.orchestrator.v1.job_pb2 import JobResult, JobSpec, OutputAsset, SceneView
from reelmesh.orchestrator.v1.job_service_pb2 import EditSceneRequest
from reelmesh.script.v1.script_pb2 import PlanResult, Scene
from reelmesh.tts.v1.tts_pb2 import SynthesizeResult
from reelmesh.video.v1.video_pb2 import GenerateResult as Clip

# -- the job's result --------------------------------------------------------------------------------------


def job_result(
    graph: CompiledGraph, results: Mapping[Key, Message], spec: JobSpec, warnings: Sequence[str]
) -> JobResult:
    """The outcome of an execution that succeeded.

    The film is the first video among the outputs, the cover the one that was composed with it. `warnings` are
    the walk's; those of the results are added, each with its step before it.
    """
    by_step: defaultdict[str, dict[int | None, Message]] = defaultdict(dict)
    for key, result in results.items():
        by_step[key.step][key.index] = result
    outcome = JobResult(assets=_output_assets(graph, by_step))
    _add_film(outcome, by_step)
    plan = next((one for one in results.values() if isinstance(one, PlanResult)), PlanResult())
    video = spec.narrated_video
    outcome.title = video.publish_title or video.title or plan.title or spec.display_name
    outcome.description = video.description or plan.description
    outcome.tags.extend(plan.tags)
    outcome.warnings.extend([*warnings, *warnings_of(graph, results)])
    return outcome


def warnings_of(graph: CompiledGraph, results: Mapping[Key, Message]) -> list[str]:
    """What the results' provenances warn of, in the graph's order: one line for each warning of a step."""
    lines = []
    order = {id: position for position, id in enumerate(graph.steps)}
    told: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], Key] = {}
    for key in sorted(results, key=lambda key: (order[key.step], key)):
        for warning in getattr(results[key], "provenance").warnings:  # noqa: B009 - every result has one
            told[key.step, warning] += 1
            first.setdefault((key.step, warning), key)
    for (step, warning), count in told.items():
        where = str(first[step, warning]) if count == 1 else f"{step} ({count} times)"
        lines.append(f"{where}: {warning}")
    return lines


def _output_assets(
    graph: CompiledGraph, results: Mapping[str, Mapping[int | None, Message]]
) -> Iterator[OutputAsset]:
    """Every asset among the outputs, once, with the path it stands at."""
    told = set()
    paths = [(source.step, source.path.parts) for source in graph.outputs] or [(id, ()) for id in graph.ends]
    for step, parts in paths:
        for where, value in _results(graph, step, parts, results.get(step, {})):
            for path, asset in _assets(where, value):
                if path not in told:
                    told.add(path)
                    yield OutputAsset(path=path, asset=asset)


def _results(
    graph: CompiledGraph, step: str, parts: Sequence[Part], results: Mapping[int | None, Message]
) -> Iterator[tuple[str, Any]]:
    """What an output path names, spread out, each with its own path."""
    if graph.steps[step].for_each is None:
        if None in results:
            yield from _spread(step, results[None], parts)
        return
    wanted = parts[0] if parts else Spread()
    for index, result in sorted((index, result) for index, result in results.items() if index is not None):
        if isinstance(wanted, Spread) or wanted == Index(index):
            yield from _spread(f"{step}[{index}]", result, parts[1:])


def _spread(where: str, value: Any, parts: Sequence[Part]) -> Iterator[tuple[str, Any]]:
    if value is UNSET:
        return
    if not parts:
        yield where, value
    elif isinstance(parts[0], Spread):
        for index, element in enumerate(value):
            yield from _spread(f"{where}[{index}]", element, parts[1:])
    else:
        yield from _spread(f"{where}{parts[0]}", read(value, parts[:1]), parts[1:])


def _assets(where: str, value: Any) -> Iterator[tuple[str, Asset]]:
    """Every asset in a value, at any depth."""
    if isinstance(value, Asset):
        yield where, value
    elif isinstance(value, Message):
        for field, inner in value.ListFields():
            if field.message_type is not None and not is_map(field):
                yield from _assets(where + str(Field(field.name)), inner)
    elif not isinstance(value, str | bytes | int | float):
        for index, element in enumerate(value):
            yield from _assets(f"{where}[{index}]", element)


def _add_film(outcome: JobResult, results: Mapping[str, Mapping[int | None, Message]]) -> None:
    film = next((one.asset for one in outcome.assets if _is_video(one)), None)
    if film is None:
        return
    outcome.film.CopyFrom(film)
    outcome.duration.CopyFrom(film.facts.duration)
    composed = [
        result for made in results.values() for result in made.values() if isinstance(result, ComposeResult)
    ]
    itself = [result for result in composed if result.film.digest == film.digest]
    for result in (itself or composed)[:1]:  # a converted film keeps the cover of what it was made from
        outcome.cover.CopyFrom(result.cover)
    for result in itself[:1]:
        outcome.duration.CopyFrom(result.duration)


def _is_video(output: OutputAsset) -> bool:
    return output.path.endswith(".film") or output.asset.media_type.startswith("video/")


# -- its scenes --------------------------------------------------------------------------------------------


def scene_views(
    plan: PlanResult,
    results: Mapping[Key, Message],
    edits: Mapping[str, EditSceneRequest] | None = None,
    *,
    pictures: Mapping[str, Sequence[Asset]] | None = None,
    clips: Mapping[str, Sequence[Asset]] | None = None,
) -> list[SceneView]:
    """The scenes of a plan with what `results` hold for each, in order.

    `results` are those of one execution whose fan-outs all go over the plan's scenes, as the recipe's do.
    `edits` are those that wait for the next run, by scene id: a view shows its scene as it will be, with what
    was made for it as it is. `pictures` and `clips` are those that earlier executions made for a scene, by
    its id, which can still be chosen.
    """
    edits, pictures, clips = edits or {}, pictures or {}, clips or {}
    placed = {
        place.id: place
        for result in results.values()
        if isinstance(result, ComposeResult)
        for place in result.scenes
    }
    made: defaultdict[int | None, dict[str, Message]] = defaultdict(dict)
    for key, result in results.items():
        made[key.index][key.step] = result
    views = []
    for index, scene in enumerate(plan.scenes):
        edit = edits.get(scene.id, EditSceneRequest())
        view = SceneView(scene=scene_with(scene, edit), index=index, locked=edit.locked)
        view.edited = view.scene != scene
        _add_made(view, scene, made[index], pictures.get(scene.id, ()))
        _add_clips(view, scene, made[index], clips.get(scene.id, ()))
        if scene.id in placed:
            view.start.CopyFrom(placed[scene.id].start)
            view.duration.CopyFrom(placed[scene.id].duration)
        views.append(view)
    return views


def _add_made(view: SceneView, scene: Scene, made: Mapping[str, Message], earlier: Sequence[Asset]) -> None:
    chosen = [view.scene.picture] if view.scene.HasField("picture") else []
    pictures = [*chosen, *([scene.picture] if scene.HasField("picture") else [])]
    for result in made.values():
        if isinstance(result, SynthesizeResult) and result.HasField("audio"):
            view.narration.CopyFrom(result.audio)
        elif isinstance(result, Pictures):
            pictures += [image.asset for image in result.images]
    view.pictures.extend(_once([*pictures, *earlier]))


def _add_clips(view: SceneView, scene: Scene, made: Mapping[str, Message], earlier: Sequence[Asset]) -> None:
    clips = [one.clip for one in (view.scene, scene) if one.HasField("clip")]
    for step, result in sorted(made.items()):
        if isinstance(result, Clip) and result.HasField("clip"):
            if step == PRESENT:
                view.presenter_clip.CopyFrom(result.clip)
            else:
                clips.append(result.clip)
    view.clips.extend(_once([*clips, *earlier]))
    if clips:
        view.clip.CopyFrom(clips[0])


def _once(assets: Iterable[Asset]) -> Iterable[Asset]:
    """Each asset once, in order."""
    unique: dict[str, Asset] = {}
    for asset in assets:
        unique.setdefault(asset.digest, asset)
    return unique.values()
