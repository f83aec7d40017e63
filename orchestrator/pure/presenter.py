"""The presenter of a narrated video: the steps that make a talking head, and how the film shows it.

    portrait -> for each scene that is presented: narrate -> present;  all of them -> compose

With a recording of the user's own it is one clip of the whole recording.
"""

from __future__ import annotations

import re

from orchestrator.pure.wiring import SCENES, bind, canvas
from reelmesh.compose.v1 import timeline_pb2 as timeline
from reelmesh.imagegen.v1 import imagegen_pb2
from reelmesh.orchestrator.v1.graph_pb2 import Step
from reelmesh.orchestrator.v1.narrated_video_pb2 import NarratedVideo
from reelmesh.script.v1 import script_pb2
from reelmesh.video.v1 import video_pb2

PORTRAIT = "portrait"
PRESENT = "present"
"""Ids of the steps that draw the portrait and let it speak."""
_PROMPT = "portrait of {}, head and shoulders, facing the camera, plain {}background"
_GREEN = re.compile("green|emerald|olive|绿")
_DEFAULT_SHARE = 0.3
"""How wide a talking head is where nothing is said: Compose's own default, a share of the frame's width."""
_LEAST_WIDTH = 320
"""A smaller clip is made so wide all the same: providers of faces do badly below. Pixels."""
_UPRIGHT = (3, 4)
_PORTRAIT_WIDTH = 768
_FOREVER_SECONDS = 86_400
_PRESENTED = {
    timeline.AVATAR_SPAN_UNSPECIFIED: script_pb2.PRESENTED_ALL,
    timeline.AVATAR_SPAN_FIRST_SCENE: script_pb2.PRESENTED_FIRST,
    timeline.AVATAR_SPAN_LAST_SCENE: script_pb2.PRESENTED_LAST,
}


def presented(video: NarratedVideo) -> script_pb2.Presented.ValueType:
    """In which scenes the presenter speaks."""
    if not video.HasField("presenter") or video.HasField("audio"):
        return script_pb2.PRESENTED_UNSPECIFIED
    return _PRESENTED[video.presenter.shown.span]


def steps(video: NarratedVideo) -> list[Step]:
    """The steps that make the presenter; none where there is none."""
    if not video.HasField("presenter"):
        return []
    drawn = [] if video.presenter.HasField("portrait") else [_portrait(video)]
    return [*drawn, _present(video)]


def show(video: NarratedVideo, compose: Step) -> None:
    """Lets the step that composes the film show the presenter."""
    if not video.HasField("presenter"):
        return
    avatar = compose.compose.avatar
    avatar.CopyFrom(video.presenter.shown)
    avatar.SetInParent()
    if not video.HasField("audio"):
        avatar.ClearField("span")  # the plan says which scenes have a clip
        bind(compose, "scenes[*].avatar_clip", f"{PRESENT}[*].clip")
        return
    if avatar.HasField("start") or avatar.HasField("end"):
        # A clip of the whole recording begins with the film, whenever it is seen.
        seen = timeline.TimeRange(start=avatar.start, end=avatar.end)
        if not avatar.HasField("end"):
            seen.end.FromSeconds(_FOREVER_SECONDS)
        avatar.ClearField("start")
        avatar.ClearField("end")
        avatar.ranges.append(seen)
    bind(compose, "avatar.clip", f"{PRESENT}.clip")


def _portrait(video: NarratedVideo) -> Step:
    step = Step(id=PORTRAIT)
    options, (wide, high) = video.picture, _shape(video)
    call = imagegen_pb2.GenerateRequest(
        engine=options.engine,
        model=options.model,
        style=options.style,
        prompt=_PROMPT.format(video.presenter.description.strip(), _ground(video)),
        width_pixels=_PORTRAIT_WIDTH,
        height_pixels=_even(_PORTRAIT_WIDTH * high / wide),
        count=1,
        seed=video.seed,
        steps=options.steps,
        text_check=options.text_check,
    )
    if options.HasField("guidance"):
        call.guidance = options.guidance
    if options.HasField("text_check_options"):
        call.text_check_options.CopyFrom(options.text_check_options)
    step.generate_image.CopyFrom(call)
    return step


def _ground(video: NarratedVideo) -> str:
    """The colour of the portrait's ground: where it is to be taken away, one that is in nothing else."""
    if not video.presenter.shown.remove_background:
        return ""
    return "blue " if _GREEN.search(video.presenter.description.lower()) else "green "


def _present(video: NarratedVideo) -> Step:
    step = Step(id=PRESENT)
    options, frame, (wide, high) = video.presenter, canvas(video), _shape(video)
    width = frame.width_pixels
    if options.shown.shape != timeline.AVATAR_SHAPE_FULL_SCREEN:
        share = options.shown.size if options.shown.HasField("size") else _DEFAULT_SHARE
        width = min(max(_LEAST_WIDTH, _even(share * width)), max(64, width))
    call = video_pb2.GenerateRequest(
        engine=options.engine,
        model=options.model,
        prompt=options.prompt,
        width_pixels=width,
        height_pixels=min(4096, _even(width * high / wide)),
        frames_per_second=frame.frames_per_second,
        provider_params=options.provider_params,
        seed=video.seed,
    )
    if options.HasField("routing"):
        call.routing.CopyFrom(options.routing)
    if options.HasField("portrait"):
        call.first_frame.CopyFrom(options.portrait)
    else:
        bind(step, "first_frame", f"{PORTRAIT}.images[0].asset")
    if video.HasField("audio"):
        call.driving_audio.CopyFrom(video.audio)
    else:
        step.for_each, step.when = SCENES, "item.present"
        bind(step, "driving_audio", "narrate.audio")
        bind(step, "seed", "item.seed")
    step.generate_video.CopyFrom(call)
    return step


def _shape(video: NarratedVideo) -> tuple[int, int]:
    """Width and height of what is made, up to scale."""
    shape, frame = video.presenter.shown.shape, canvas(video)
    if shape == timeline.AVATAR_SHAPE_FULL_SCREEN:
        return frame.width_pixels, frame.height_pixels
    if shape in (timeline.AVATAR_SHAPE_SQUARE, timeline.AVATAR_SHAPE_ROUND):
        return 1, 1
    known = video.presenter.portrait.facts
    if known.width_pixels and known.height_pixels:
        return known.width_pixels, known.height_pixels
    return _UPRIGHT


def _even(length: float) -> int:
    return max(64, round(length / 2) * 2)
