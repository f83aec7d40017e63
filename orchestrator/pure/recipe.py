"""The built-in recipe: from a narrated video's spec to the step graph that makes it.

    [transcribe ->] plan -> for each scene: narrate -> align, illustrate -> animate;  all of them -> compose
                            with a presenter: portrait, narrate -> present
                            where asked for: illustrate -> enlarge, animate -> enlarge_clip, cover

A pure function, so there is one thing to run: what it returns passes `graph.check` for every spec that keeps
the contract, and could as well be submitted as a graph of one's own. With a `plan` that is given (an earlier
one with edits laid over it) nothing is planned; a scene that has not changed then asks for what it asked for
before, and is remembered.
"""

from __future__ import annotations

from math import ceil

from orchestrator.pure import presenter
from orchestrator.pure.wiring import PLAN, SCENES, bind, canvas
from reelmesh.compose.v1 import compose_pb2, timeline_pb2
from reelmesh.imagegen.v1 import imagegen_pb2
from reelmesh.imagegen.v1.imagegen_pb2 import UpscaleOptions
from reelmesh.orchestrator.v1.graph_pb2 import ON_FAILURE_CONTINUE, Step, StepGraph
from reelmesh.orchestrator.v1.narrated_video_pb2 import (
    ClipOptions,
    CoverSource,
    NarratedVideo,
    PictureOptions,
    ReviewStage,
)
from reelmesh.script.v1 import script_pb2
from reelmesh.tts.v1 import tts_pb2
from reelmesh.video.v1 import video_pb2

MOST_VARIANTS = 5
"""Clips for one shot."""
ANIMATE = ("animate", *(f"animate_{number}" for number in range(2, MOST_VARIANTS + 1)))
"""Ids of the steps that make clips: one for each variant."""
ENLARGE, ENLARGE_CLIP = "enlarge", "enlarge_clip"
"""Ids of the steps that make pictures and clips as large as the film's frame."""
COVER = "cover"
"""Id of the step that draws the picture of the cover."""
GATED = {
    ReviewStage.REVIEW_STAGE_PLAN: {
        *("narrate", "align", "illustrate", "portrait", "present", "compose"),
        *(*ANIMATE, ENLARGE, ENLARGE_CLIP, COVER),
    },
    ReviewStage.REVIEW_STAGE_PICTURES: {*ANIMATE, ENLARGE, ENLARGE_CLIP, "present", "compose"},
    ReviewStage.REVIEW_STAGE_CLIPS: {ENLARGE_CLIP, "compose"},
}
"""The steps that wait until a stage has been looked at."""
_PICTURE = ("illustrate.images[0].asset", "item.picture")
"""Where a scene's picture comes from; the last that is set wins."""
_FACTOR = 2.0
_LEAST_PIXELS = 64


def narrated_video(video: NarratedVideo, plan: script_pb2.PlanResult | None = None) -> StepGraph:
    """The graph for a film. `plan`: one that is given, in place of planning."""
    recorded = video.HasField("audio")
    graph = StepGraph(
        schema_version=1,
        outputs=[
            *("compose.film", "compose.cover", "compose.subtitle_files"),
            *(f"compose.{field}" for field, wanted in _besides(video.output) if wanted),
        ],
    )
    if plan is not None:
        graph.steps.add(id=PLAN, given_plan=plan)
    else:
        if recorded:
            graph.steps.append(_transcribe(video))
        graph.steps.append(_plan(video))
    if not recorded:
        graph.steps.extend([_narrate(video), _align(video)])
    graph.steps.append(_illustrate(video))
    if video.picture.HasField("upscale"):
        graph.steps.append(_enlarge(video, ENLARGE, video.picture.upscale, *_PICTURE))
    graph.steps.extend(_animate(video, number) for number in range(_variants(video)))
    if video.clip.HasField("upscale"):
        graph.steps.append(_enlarge(video, ENLARGE_CLIP, video.clip.upscale, *_clips(video)))
    graph.steps.extend(presenter.steps(video))
    if _draws_cover(video):
        graph.steps.append(_cover(video))
    graph.steps.append(_compose(video))
    _set_gates(graph, video, planned=plan is not None)
    return graph


def _besides(output: timeline_pb2.Output) -> tuple[tuple[str, bool], ...]:
    """What may be made beside the film, and whether it is asked for."""
    return (
        ("clean_film", output.clean_copy),
        ("narration", output.narration_file),
        ("thumbnails", output.thumbnails > 0),
        ("gif", output.gif),
    )


def _set_gates(graph: StepGraph, video: NarratedVideo, *, planned: bool) -> None:
    """Lets steps wait for review. A plan that is given has been looked at."""
    stages = [ReviewStage.REVIEW_STAGE_PLAN] if not planned else []
    stages += [ReviewStage.REVIEW_STAGE_PICTURES, ReviewStage.REVIEW_STAGE_CLIPS]
    for stage in stages:
        if stage in video.review:
            for step in graph.steps:
                if step.id in GATED[stage]:
                    step.gates.append(ReviewStage.Name(stage).removeprefix("REVIEW_STAGE_").lower())


def _transcribe(video: NarratedVideo) -> Step:
    step = Step(id="transcribe")
    call = step.transcribe
    call.engine = video.asr_engine
    call.language = video.language
    call.audio.CopyFrom(video.audio)
    return step


def _plan(video: NarratedVideo) -> Step:
    step = Step(id=PLAN)
    options, call = video.plan, step.plan
    call.engine, call.model = options.engine, options.model
    call.text, call.topic, call.language = video.text, video.topic, video.language
    call.scenes.extend(video.scenes)
    call.characters.extend(video.characters)
    call.stock_clips.extend(video.stock_clips)
    call.stock_share = video.stock_share
    if options.HasField("target_scene_duration"):
        call.target_scene_duration.CopyFrom(options.target_scene_duration)
    if options.HasField("story_duration"):
        call.story_duration.CopyFrom(options.story_duration)
    if options.HasField("prompt_parts"):
        call.prompt_parts.CopyFrom(options.prompt_parts)
    call.max_scenes = options.max_scenes
    call.animate_share = video.clip.animate_share
    call.presented = presenter.presented(video)
    call.seed = video.seed
    if video.HasField("audio"):
        bind(step, "segments", "transcribe.segments")
        if not video.language:
            bind(step, "language", "transcribe.language")
    return step


def _narrate(video: NarratedVideo) -> Step:
    step = Step(id="narrate", for_each=SCENES, when="item.narrate")
    options = video.voice
    call = tts_pb2.SynthesizeRequest(
        engine=options.engine,
        model=options.model,
        voice=options.voice,
        pitch_semitones=options.pitch_semitones,
        style=options.style,
    )
    if options.HasField("speed"):
        call.speed = options.speed
    if options.HasField("reference_audio"):
        call.reference_audio.CopyFrom(options.reference_audio)
    step.synthesize.CopyFrom(call)
    bind(step, "text", "item.text")
    bind(step, "language", "item.language")
    bind(step, "seed", "item.seed")
    return step


def _align(video: NarratedVideo) -> Step:
    step = Step(id="align", for_each=SCENES, when="narrate.needs_alignment", on_failure=ON_FAILURE_CONTINUE)
    step.align.engine = video.asr_engine
    bind(step, "audio", "narrate.audio")
    bind(step, "text", "item.text")
    bind(step, "language", "item.language")
    return step


def _illustrate(video: NarratedVideo) -> Step:
    step = Step(id="illustrate", for_each=SCENES, when="item.illustrate")
    options = video.picture
    width, height = _made(video, options)
    step.generate_image.CopyFrom(_drawing(options))
    step.generate_image.MergeFrom(
        imagegen_pb2.GenerateRequest(
            width_pixels=width,
            height_pixels=height,
            count=options.variants or 1,
            character=options.character,
        )
    )
    bind(step, "prompt", "item.image_prompt")
    bind(step, "negative_prompt", "item.negative_prompt")
    if not options.HasField("upscale"):  # what is enlarged has no layers
        bind(step, "layers", "item.animate")
    for field in ("seed", "place_seed", "character_seed", "reference_image", "loras"):
        bind(step, field, f"item.{field}")
    bind(step, "count", "item.variants")
    if video.characters or not options.character:  # else whoever the text names would take its place
        bind(step, "character", "item.character")
    return step


def _drawing(options: PictureOptions) -> imagegen_pb2.GenerateRequest:
    """What all pictures of a film have in common."""
    call = imagegen_pb2.GenerateRequest(
        engine=options.engine,
        model=options.model,
        style=options.style,
        loras=options.loras,
        steps=options.steps,
        text_check=options.text_check,
    )
    if options.HasField("guidance"):
        call.guidance = options.guidance
    if options.HasField("scene_settings"):
        call.scene_settings.CopyFrom(options.scene_settings)
    if options.HasField("text_check_options"):
        call.text_check_options.CopyFrom(options.text_check_options)
    return call


def _draws_cover(video: NarratedVideo) -> bool:
    return video.cover.source == CoverSource.COVER_SOURCE_GENERATED


def _cover(video: NarratedVideo) -> Step:
    """The step that draws the cover. Without it there is still a frame of the film."""
    step = Step(id=COVER, on_failure=ON_FAILURE_CONTINUE)
    frame = canvas(video)
    step.generate_image.CopyFrom(_drawing(video.picture))
    step.generate_image.MergeFrom(
        imagegen_pb2.GenerateRequest(
            prompt=video.cover.prompt,
            width_pixels=frame.width_pixels,
            height_pixels=frame.height_pixels,
            count=1,
            seed=video.seed,
        )
    )
    if not video.cover.prompt:
        bind(step, "prompt", f"{PLAN}.scenes[0].image_prompt")
        bind(step, "character", f"{PLAN}.scenes[0].character")
    return step


def _show_cover(video: NarratedVideo, compose: Step) -> None:
    """Lets the step that composes the film put the cover together."""
    call = compose.compose
    if _draws_cover(video):
        bind(compose, "cover.picture", f"{COVER}.images[0].asset")
    if video.cover.HasField("title"):
        call.cover.title = video.cover.title
    elif _draws_cover(video) and video.title:
        call.cover.title = video.title
    elif _draws_cover(video):
        bind(compose, "cover.title", f"{PLAN}.title")


def _variants(video: NarratedVideo) -> int:
    return max(1, video.clip.variants)


def _animate(video: NarratedVideo, number: int) -> Step:
    """The step that makes the clips of one variant."""
    step = Step(id=ANIMATE[number], for_each=SCENES, when="item.animate")
    if _variants(video) > 1:
        step.on_failure = ON_FAILURE_CONTINUE
    options = video.clip
    width, height = _made(video, options)
    call = video_pb2.GenerateRequest(
        engine=options.engine,
        model=options.model,
        width_pixels=width,
        height_pixels=height,
        frames_per_second=canvas(video).frames_per_second,
        provider_params=options.provider_params,
        variant=number,
    )
    if options.HasField("duration"):
        call.duration.CopyFrom(options.duration)
    if options.HasField("routing"):
        call.routing.CopyFrom(options.routing)
    step.generate_video.CopyFrom(call)
    if video.picture.HasField("upscale"):
        bind(step, "first_frame", f"{ENLARGE}.asset")
    else:
        bind(step, "first_frame", *_PICTURE)
        # A scene with a picture of its own is not illustrated: no layers but those of first_frame.
        bind(step, "layers", "illustrate.images[0].layers")
    bind(step, "prompt", "item.motion_prompt")
    bind(step, "negative_prompt", "item.negative_prompt")
    bind(step, "seed", "item.seed")
    return step


def _clips(video: NarratedVideo) -> list[str]:
    """Where a scene's clip comes from; the last that is set wins."""
    return [*(f"{id}.clip" for id in reversed(ANIMATE[: _variants(video)])), "item.clip"]


def _made(video: NarratedVideo, options: PictureOptions | ClipOptions) -> tuple[int, int]:
    """The size that pictures or clips are made at: the film's frame, or smaller where they are enlarged."""
    frame = canvas(video)
    size = (frame.width_pixels, frame.height_pixels)
    if not options.HasField("upscale"):
        return size
    factor = options.upscale.factor if options.upscale.HasField("factor") else _FACTOR
    width, height = (max(_LEAST_PIXELS, ceil(side / factor / 2) * 2) for side in size)
    return width, height


def _enlarge(video: NarratedVideo, id: str, options: UpscaleOptions, *sources: str) -> Step:
    """The step that makes each scene's picture, or clip, cover the film's frame; a scene may have none."""
    step = Step(id=id, for_each=SCENES)
    frame = canvas(video)
    step.upscale.CopyFrom(
        imagegen_pb2.UpscaleRequest(
            engine=options.engine,
            model=options.model,
            width_pixels=frame.width_pixels,
            height_pixels=frame.height_pixels,
        )
    )
    bind(step, "asset", *sources)
    return step


def _compose(video: NarratedVideo) -> Step:
    step = Step(id="compose")
    call = step.compose
    call.CopyFrom(
        compose_pb2.ComposeRequest(
            engine=video.compose_engine,
            canvas=canvas(video),
            overlays=video.overlays,
            title=video.title,
            description=video.description,
            show_title=video.show_title,
            language=video.language,
            seed=video.seed,
            sound_effects=video.sound_effects,
            preview=video.preview,
        )
    )
    if video.HasField("music"):
        call.music.CopyFrom(video.music)
    if video.HasField("subtitles"):
        call.subtitles.CopyFrom(video.subtitles)
    if video.HasField("output"):
        call.output.CopyFrom(video.output)
    if video.HasField("transition"):
        call.transition.CopyFrom(video.transition)
    if video.HasField("progress_bar"):
        call.progress_bar.CopyFrom(video.progress_bar)
    if video.HasField("end_card"):
        call.end_card.CopyFrom(video.end_card)
    if video.HasField("loudness_lufs"):
        call.loudness_lufs = video.loudness_lufs
    for field in ("title", "description", "language"):
        if not getattr(video, field):
            bind(step, field, f"{PLAN}.{field}")
    for field in ("id", "text", "title", "duration"):
        bind(step, f"scenes[*].{field}", f"{SCENES}[*].{field}")
    bind(step, "scenes[*].picture", "illustrate[*].images[0].asset", f"{SCENES}[*].picture")
    clips = [f"{id}[*].clip" for id in reversed(ANIMATE[: _variants(video)])]
    bind(step, "scenes[*].clip", *clips, f"{SCENES}[*].clip")
    for options, field, id in ((video.picture, "picture", ENLARGE), (video.clip, "clip", ENLARGE_CLIP)):
        if options.HasField("upscale"):
            bind(step, f"scenes[*].{field}", f"{id}[*].asset")
    presenter.show(video, step)
    _show_cover(video, step)
    if video.HasField("audio"):
        call.narration.CopyFrom(video.audio)
        bind(step, "scenes[*].words", f"{SCENES}[*].words")
    else:
        bind(step, "scenes[*].narration", "narrate[*].audio")
        bind(step, "scenes[*].words", "narrate[*].words", "align[*].words")
    if video.picture.HasField("motion"):
        bind(step, "scenes[*].motion", "spec.narrated_video.picture.motion")
    return step
