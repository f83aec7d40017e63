"""Every default of a request, filled in, and the checks that need more than one field.

After this, a request says everything: the engine reads it and chooses nothing itself.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from google.protobuf.duration_pb2 import Duration

from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest, ConvertRequest
from servers.chassis.errors import InvalidArgument, Violation
from servers.chassis.text import guess_language
from servers.compose.changes import settle
from servers.compose.codecs import CODECS
from servers.compose.endcard import END_CARD
from servers.compose.motions import MOVES, move_of

PAUSE = 0.35
CROSSFADE = 0.5
END_CARD_SECONDS = 3.0
LOUDNESS = -16.0
MOST_SECONDS = 4 * 3600
"""Longest film."""


def fill(request: ComposeRequest, font: str) -> ComposeRequest:
    """A copy of the request with every default filled in.

    Args:
        request: as it came.
        font: family that draws text where the request names none.

    Raises:
        InvalidArgument: fields contradict each other.
    """
    filled = ComposeRequest()
    filled.CopyFrom(request)
    canvas(filled.canvas)
    output(filled.output)
    _put(filled, "loudness_lufs", LOUDNESS)
    _put(filled, "seed", 0)
    transition(filled.transition)
    if not filled.language:
        filled.language = guess_language(" ".join(scene.text for scene in filled.scenes))
    for index, scene in enumerate(filled.scenes):
        _scene(scene, index, filled)
    if filled.HasField("end_card"):
        if not filled.end_card.HasField("duration"):
            set_seconds(filled.end_card.duration, END_CARD_SECONDS)
        # What leads to the card: whatever else it was the default of is settled.
        settle(filled.transition, filled.seed, END_CARD, filled.scenes[-1].transition.kind)
    _subtitles(filled.subtitles, font)
    if filled.HasField("music"):
        _music(filled.music)
    for overlay in filled.overlays:
        _overlay(overlay)
    if filled.HasField("avatar"):
        _avatar(filled.avatar)
    if filled.HasField("progress_bar"):
        _progress_bar(filled.progress_bar)
    for effect in filled.sound_effects:
        effect.at.SetInParent()
    check(filled)
    return filled


def fill_conversion(request: ConvertRequest) -> ConvertRequest:
    """A copy of the request with every default filled in; a frame that is not asked for stays unset."""
    filled = ConvertRequest()
    filled.CopyFrom(request)
    if filled.HasField("canvas"):
        canvas(filled.canvas)
    output(filled.output)
    return filled


def check(request: ComposeRequest) -> None:
    """Checks what one field alone can not tell.

    Raises:
        InvalidArgument: with every violation.
    """
    broken: list[Violation] = []
    total = 0.0
    for index, scene in enumerate(request.scenes):
        if request.HasField("narration") and not scene.HasField("duration"):
            rule = "must be set where one narration is given for the whole film"
            broken.append((f"scenes[{index}].duration", rule))
        total += seconds(scene.duration) if scene.HasField("duration") else 0.0
    if total > MOST_SECONDS:
        broken.append(("scenes", f"must last at most {MOST_SECONDS // 3600} hours together"))
    spans: list[tuple[str, parts.Overlay | parts.Avatar]] = [("avatar", request.avatar)]
    spans += [(f"overlays[{index}]", overlay) for index, overlay in enumerate(request.overlays)]
    for field, span in spans:
        if span.HasField("end") and seconds(span.end) <= seconds(span.start):
            broken.append((f"{field}.end", "must be after start"))
    broken += _scene_ids(request)
    broken += _languages(request)
    if broken:
        raise InvalidArgument(*broken)


def _scene_ids(request: ComposeRequest) -> list[Violation]:
    ids = {scene.id for scene in request.scenes}
    broken: list[Violation] = []
    if request.HasField("end_card") and END_CARD in ids:
        broken.append(("scenes", f"must not have the id {END_CARD}, which is the end card's"))
    for index, effect in enumerate(request.sound_effects):
        if effect.scene_id and effect.scene_id not in ids:
            broken.append((f"sound_effects[{index}].scene_id", "must be the id of a scene"))
    return broken


def _languages(request: ComposeRequest) -> list[Violation]:
    broken: list[Violation] = []
    found: set[str] = set()
    for index, scene in enumerate(request.scenes):
        languages = [translation.language for translation in scene.translations]
        found.update(languages)
        if len(set(languages)) < len(languages):
            broken.append((f"scenes[{index}].translations", "must have each language once"))
        if scene.HasField("clip_end") and seconds(scene.clip_end) <= seconds(scene.clip_start):
            broken.append((f"scenes[{index}].clip_end", "must be after clip_start"))
    second = request.subtitles.second_language
    if second and second not in found:
        broken.append(("subtitles.second_language", "must be the language of a translation"))
    return broken


def canvas(frame: parts.Canvas) -> None:
    """The defaults of a frame."""
    frame.width_pixels = frame.width_pixels or 1080
    frame.height_pixels = frame.height_pixels or 1920
    frame.frames_per_second = frame.frames_per_second or 30.0
    frame.fit = frame.fit or parts.FIT_COVER
    frame.background = (frame.background or "#000000").upper()


def output(out: parts.Output) -> None:
    """The defaults of encoding."""
    out.codec = out.codec or parts.VIDEO_CODEC_H264
    _put(out, "crf", CODECS[out.codec].crf)
    out.preset = out.preset or "veryfast"
    out.audio_bits_per_second = out.audio_bits_per_second or 160_000


def transition(change: parts.Transition) -> None:
    """The defaults of a transition."""
    change.kind = change.kind or parts.TRANSITION_KIND_CROSSFADE
    if change.kind == parts.TRANSITION_KIND_CUT:
        change.duration.CopyFrom(Duration())
    elif not change.HasField("duration"):
        set_seconds(change.duration, CROSSFADE)


def rate(frames_per_second: float) -> Fraction:
    """A frame rate as a fraction: 29.97 is what broadcasting calls so, 30000/1001."""
    for base in (24, 30, 48, 60, 120):
        if abs(frames_per_second - base * 1000 / 1001) < 0.005:
            return Fraction(base * 1000, 1001)
    return Fraction(frames_per_second).limit_denominator(1001)


def seconds(duration: Duration) -> float:
    """A duration in seconds."""
    return float(exact(duration))


def exact(duration: Duration) -> Fraction:
    """A duration in seconds, exact."""
    return Fraction(duration.ToNanoseconds(), 1_000_000_000)


def set_seconds(duration: Duration, value: float | Fraction) -> None:
    """Sets a duration, rounded to nanoseconds."""
    duration.FromNanoseconds(round(value * 1_000_000_000))


def _scene(scene: parts.Scene, index: int, request: ComposeRequest) -> None:
    scene.id = scene.id or str(index)
    if not scene.HasField("pause"):
        set_seconds(scene.pause, PAUSE)
    if index == 0:
        scene.transition.CopyFrom(parts.Transition(kind=parts.TRANSITION_KIND_CUT))
    elif not scene.HasField("transition"):
        scene.transition.CopyFrom(request.transition)
    transition(scene.transition)
    before = request.scenes[index - 1].transition.kind if index else parts.TRANSITION_KIND_CUT
    settle(scene.transition, request.seed, scene.id, before)
    scene.clip_fit = scene.clip_fit or parts.CLIP_FIT_PING_PONG
    scene.motion.easing = scene.motion.easing or parts.EASING_SOFT
    if scene.motion.kind == parts.MOTION_KIND_UNSPECIFIED:
        # Lines of text stand around a picture that is shown whole: it stays where it is.
        stays = request.canvas.fit != parts.FIT_COVER and _has_lines(request.canvas)
        scene.motion.kind = parts.MOTION_KIND_STILL if stays else move_of(request.seed, scene.id)
    if scene.motion.kind not in MOVES:
        raise InvalidArgument((f"scenes[{index}].motion.kind", "must be a kind of motion that is known"))
    _put(scene.motion, "amount", 0.12)


def _has_lines(frame: parts.Canvas) -> bool:
    return bool(frame.index_text or frame.title_text or frame.desc_text)


def _subtitles(subtitles: parts.Subtitles, font: str) -> None:
    subtitles.mode = subtitles.mode or parts.SUBTITLE_MODE_BURNED
    subtitles.font = subtitles.font or font
    _put(subtitles, "size", 0.06)
    subtitles.color = (subtitles.color or "#FFFFFF").upper()
    subtitles.highlight_color = (subtitles.highlight_color or "#FFD84D").upper()
    subtitles.outline_color = (subtitles.outline_color or "#000000").upper()
    subtitles.position = subtitles.position or parts.SUBTITLE_POSITION_BOTTOM
    _put(subtitles, "margin", 0.12)
    subtitles.style = subtitles.style or parts.SUBTITLE_STYLE_KARAOKE
    _put(subtitles, "side_margin", 0.06)
    _put(subtitles, "outline", 0.075)
    subtitles.box_color = subtitles.box_color.upper()
    _put(subtitles, "box_opacity", 0.6)


def _music(music: parts.Music) -> None:
    _put(music, "gain_db", -18.0)
    _put(music, "duck_db", 8.0)
    if not music.HasField("fade_in"):
        set_seconds(music.fade_in, 0.5)
    if not music.HasField("fade_out"):
        set_seconds(music.fade_out, 2.0)


def _overlay(overlay: parts.Overlay) -> None:
    overlay.anchor = overlay.anchor or parts.ANCHOR_TOP_RIGHT
    _put(overlay, "margin", 0.04)
    _put(overlay, "size", 0.15 if overlay.HasField("picture") else 0.05)
    _put(overlay, "opacity", 1.0)
    overlay.color = (overlay.color or "#FFFFFF").upper()
    overlay.start.SetInParent()


def _avatar(avatar: parts.Avatar) -> None:
    avatar.anchor = avatar.anchor or parts.ANCHOR_BOTTOM_RIGHT
    _put(avatar, "size", 0.3)
    _put(avatar, "margin", 0.04)
    avatar.shape = avatar.shape or parts.AVATAR_SHAPE_RECTANGLE
    avatar.background = avatar.background.upper()
    if not avatar.ranges and not avatar.span:
        avatar.start.SetInParent()


def _progress_bar(bar: parts.ProgressBar) -> None:
    bar.color = (bar.color or "#FFD84D").upper()
    _put(bar, "thickness", 0.006)
    _put(bar, "opacity", 0.9)


def _put(message: Any, field: str, value: float | int) -> None:
    if not message.HasField(field):
        setattr(message, field, value)
