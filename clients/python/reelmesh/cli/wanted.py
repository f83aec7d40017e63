"""From a command's options to what is wanted of the mesh."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any, Protocol

from google.protobuf import json_format

from reelmesh.cli import casting, encodings, picturing, presenting
from reelmesh.cli.failures import UsageError
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.compose.v1.timeline_pb2 import SubtitleMode, SubtitleStyle, TransitionKind, VideoCodec
from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.orchestrator.v1.job_pb2 import JobSpec
from reelmesh.orchestrator.v1.narrated_video_pb2 import NarratedVideo, ReviewStage

SHAPES = {"portrait": (1080, 1920), "landscape": (1920, 1080), "square": (1080, 1080)}
SUBTITLES = {
    "burn": SubtitleMode.SUBTITLE_MODE_BURNED,
    "soft": SubtitleMode.SUBTITLE_MODE_SOFT,
    "none": SubtitleMode.SUBTITLE_MODE_NONE,
}
STORY_CHARACTERS = 200_000
STORY_BYTES = 4 * STORY_CHARACTERS
JSON_BYTES = 4 * 2**20


class Uploads(Protocol):
    """Where files are uploaded: a Client."""

    async def upload(self, path: str) -> Asset:
        """Stores a file and gives its asset."""


_ENGINE = re.compile(r"(script|tts|image|imagegen|video|presenter|asr|compose)=([^:]+)(?::(.+))?")


_PARTS = {"script": "plan", "tts": "voice", "image": "picture", "imagegen": "picture", "video": "clip"}


def size(text: str) -> tuple[int, int]:
    """Width and height of "1080x1920" or of a shape's name.

    Raises:
        UsageError: it is neither.
    """
    if text in SHAPES:
        return SHAPES[text]
    match = re.fullmatch(r"([0-9]{1,6})[xX×]([0-9]{1,6})", text)
    if match is None:
        raise UsageError(f"--size {text}: give WIDTHxHEIGHT, e.g. 1080x1920, or {', '.join(SHAPES)}")
    width, height = int(match.group(1)), int(match.group(2))
    if width % 2 or height % 2 or not 64 <= width <= 4096 or not 64 <= height <= 4096:
        raise UsageError(f"--size {text}: both sides must be even and between 64 and 4096 pixels")
    return width, height


def set_engine(video: NarratedVideo, choice: str) -> None:
    """Sets "tts=espeak" or "image=diffusers:model" in a film's options.

    Raises:
        UsageError: it has another form.
    """
    match = _ENGINE.fullmatch(choice)
    if match is None:
        raise UsageError(
            f"--engine {choice}: give SERVER=ENGINE or SERVER=ENGINE:MODEL, "
            "where SERVER is script, tts, image, video, presenter, asr or compose"
        )
    server, engine, model = match.groups()
    if server in ("asr", "compose"):
        if model:
            raise UsageError(f"--engine {choice}: {server} has no choice of models here")
        setattr(video, f"{server}_engine", engine)
        return
    options: Any = getattr(video, _PARTS.get(server, server))
    options.engine = engine
    options.model = model or ""


def read_story(path: str, encoding: str = encodings.DEFAULT) -> str:
    """The text of a story's file; "-" reads stdin.

    Raises:
        UsageError: it is empty, too long, or of another encoding.
        OSError: it can not be read.
    """
    if path == "-":
        raw = sys.stdin.buffer.read(STORY_BYTES + 1)
    else:
        with Path(path).open("rb") as file:
            raw = file.read(STORY_BYTES + 1)
    try:
        text = encodings.decoded(
            raw[:STORY_BYTES], encoding, "ignore" if len(raw) > STORY_BYTES else "strict"
        )
    except UnicodeDecodeError:
        raise UsageError(f"{path}: {encodings.rule(encoding)}") from None
    if len(raw) > STORY_BYTES or len(text) > STORY_CHARACTERS:
        raise UsageError(f"{path}: is too long: a story has at most {STORY_CHARACTERS:,} characters")
    if not text.strip():
        raise UsageError(f"{path}: there is no text in it")
    return text


def read_json(path: Path) -> JobSpec:
    """A job from a file of JSON: a StepGraph (it has "steps"), a JobSpec, or a NarratedVideo.

    Raises:
        UsageError: it is none of them; the message says where it is wrong.
        OSError: it can not be read.
    """
    if path.stat().st_size > JSON_BYTES:
        raise UsageError(f"{path}: is too large for a job")
    spec = JobSpec()
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
        if not isinstance(told, dict):
            raise UsageError(f"{path}: must hold a JSON object")
        if "steps" in told:
            spec.graph.CopyFrom(json_format.ParseDict(told, StepGraph()))
        elif {"graph", "narratedVideo", "narrated_video"} & told.keys():
            json_format.ParseDict(told, spec)
        else:
            spec.narrated_video.CopyFrom(json_format.ParseDict(told, NarratedVideo()))
    except (ValueError, json_format.ParseError) as error:
        raise UsageError(f"{path}: {error}") from None
    return spec


def draft(options: argparse.Namespace) -> JobSpec:
    """The job that the options ask for, but for the files that are still to be uploaded.

    Raises:
        UsageError: the options do not fit together.
        OSError: a file can not be read.
    """
    story: str | None = options.story
    if story is None and not options.audio and not options.topic:
        raise UsageError("give a STORY (a text file, or - for stdin), --audio FILE or --topic WORDS")
    if story is not None and options.audio:
        raise UsageError("give either a STORY or --audio, not both: a recording brings its own words")
    if options.topic and (story is not None or options.audio):
        raise UsageError("give --topic alone: the story about it is written for you")
    if options.length is not None and not options.topic:
        raise UsageError("--length is for the story of a --topic; a STORY is as long as it is")
    for named in (options.audio, options.music):
        if named:
            Path(named).open("rb").close()
    spec = read_json(Path(story)) if story and story.endswith(".json") else JobSpec()
    if spec.WhichOneof("work") == "graph":
        files = ("audio", "music", "character", "stock", "presenter", "sound")
        if any(getattr(options, name) for name in files):
            told = ", ".join(f"--{name}" for name in files)
            raise UsageError(f"{story} is a step graph: {told} are for stories")
        return spec
    if story and not story.endswith(".json"):
        spec.narrated_video.text = read_story(story, encodings.checked(options.encoding))
    if options.topic:
        spec.narrated_video.topic = options.topic
        if options.length is not None:
            spec.narrated_video.plan.story_duration.FromMilliseconds(round(options.length * 1000))
    fill_in(spec.narrated_video, options)
    return spec


async def attach(client: Uploads, spec: JobSpec, options: argparse.Namespace) -> None:
    """Uploads the files that the options name, and puts them into the job.

    Raises:
        OSError: a file can not be read.
        ReelmeshError: an upload failed.
    """
    if options.audio:
        spec.narrated_video.audio.CopyFrom(await client.upload(options.audio))
    if portrait := presenting.portrait_of(options):
        spec.narrated_video.presenter.portrait.CopyFrom(await client.upload(portrait))
    for sound, second in presenting.sounds(options.sound):
        effect = spec.narrated_video.sound_effects.add(audio=await client.upload(sound))
        effect.at.FromNanoseconds(round(second * 1e9))
    if options.music:
        spec.narrated_video.music.audio.CopyFrom(await client.upload(options.music))
    for character in casting.characters(options.character):
        if character.picture:
            known = casting.profile(spec.narrated_video, character.name)
            known.reference_image.CopyFrom(await client.upload(character.picture))
    for clip in casting.stock(options.stock, options.stock_share):
        spec.narrated_video.stock_clips.append(await client.upload(clip))


def fill_in(video: NarratedVideo, options: argparse.Namespace) -> None:
    """Sets what the options ask for in a film.

    Raises:
        UsageError: an option breaks a rule.
    """
    casting.describe(video, casting.characters(options.character))
    if casting.stock(options.stock, options.stock_share):
        video.stock_share = options.stock_share
    picturing.describe(video, options)
    presenting.describe(video, options)
    presenting.sounds(options.sound)
    if options.size:
        video.canvas.width_pixels, video.canvas.height_pixels = size(options.size)
    if options.fps:
        video.canvas.frames_per_second = options.fps
    for choice in options.engine:
        set_engine(video, choice)
    if options.subtitles:
        video.subtitles.mode = SUBTITLES[options.subtitles]
    if options.subtitle_style:
        video.subtitles.style = SubtitleStyle.Value(f"SUBTITLE_STYLE_{options.subtitle_style.upper()}")
    if options.transition:
        name = options.transition.upper().replace("-", "_")
        video.transition.kind = TransitionKind.Value(f"TRANSITION_KIND_{name}")
    if options.codec:
        video.output.codec = VideoCodec.Value(f"VIDEO_CODEC_{options.codec.upper()}")
    if options.preview:
        video.preview = True
    if options.clean_copy:
        video.output.clean_copy = True
    if options.narration_file:
        video.output.narration_file = True
    if options.animate is not None:
        video.clip.animate_share = options.animate
    if options.variants is not None:
        video.clip.variants = options.variants
    if options.speed is not None:
        video.voice.speed = options.speed
    if options.seed is not None:
        video.seed = options.seed
    for stage in getattr(options, "review", ()):  # a manifest has no such column
        video.review.append(ReviewStage.Value(f"REVIEW_STAGE_{stage.upper()}"))
    video.language = options.lang or video.language
    video.voice.voice = options.voice or video.voice.voice
    video.picture.style = options.style or video.picture.style
    video.title = options.title or video.title
    video.show_title = options.show_title or video.show_title
