"""What is heard in a film, and when: from a request and its materials to the mix."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.compose.defaults import exact
from servers.compose.materials import RATE, Materials
from servers.compose.sound import Bed, Mix, Placed
from servers.compose.timeline import Shot, Timeline

_CLIP_FADE = 480
"""Samples that a clip's own sound swells and fades over, at least."""


def mix(request: ComposeRequest, found: Materials, timeline: Timeline) -> Mix:
    """Everything that is heard."""
    starts = [round(timeline.at(shot.start) * RATE) for shot in timeline.shots]
    placed: list[Placed] = []
    speech: list[tuple[int, int]] = []
    for at, spoken in zip(starts, found.spoken, strict=True):
        if spoken is not None:
            placed.append(Placed(str(spoken.path), spoken.samples, at))
            speech.append((at, at + spoken.samples))
    if found.narration is not None:
        placed.append(Placed(str(found.narration.path), found.narration.samples, 0))
        speech = _spoken_stretches(request, timeline) or [(0, found.narration.samples)]
    around = [*_clips(request, found, timeline), *_effects(request, found, timeline)]
    return Mix(round(timeline.seconds * RATE), placed, around, _bed(request, found), speech)


def word_starts(request: ComposeRequest, timeline: Timeline) -> list[Fraction]:
    """When each scene's words begin to count: with one recording, by its own time, not rounded to frames."""
    if not request.HasField("narration"):
        return [timeline.at(shot.start) for shot in timeline.shots]
    starts = [Fraction(0)]
    for scene in request.scenes:
        starts.append(starts[-1] + exact(scene.duration))
    return starts[:-1]


def _clips(request: ComposeRequest, found: Materials, timeline: Timeline) -> Iterator[Placed]:
    """The clips' own sounds; of clips that are looped, again and again."""
    for scene, heard, shot in zip(request.scenes, found.heard, timeline.shots, strict=True):
        if heard is None:
            continue
        at = round(timeline.at(shot.shown_from) * RATE)
        end = round(timeline.at(shot.shown_until) * RATE)
        fade = max(_CLIP_FADE, round(Fraction(shot.tail) / timeline.fps * RATE))
        looped = scene.clip_fit == parts.CLIP_FIT_LOOP
        while at < end:
            samples = min(heard.samples, end - at)
            yield Placed(str(heard.path), samples, at, scene.clip_gain_db, fade)
            at = at + samples if looped else end
            fade = _CLIP_FADE


def _effects(request: ComposeRequest, found: Materials, timeline: Timeline) -> Iterator[Placed]:
    shots: dict[str, Shot] = {
        scene.id: shot for scene, shot in zip(request.scenes, timeline.shots, strict=True)
    }
    for effect, heard in zip(request.sound_effects, found.effects, strict=True):
        if heard is not None:
            begin = timeline.at(shots[effect.scene_id].start) if effect.scene_id else Fraction(0)
            yield Placed(
                str(heard.path), heard.samples, round((begin + exact(effect.at)) * RATE), effect.gain_db
            )


def _bed(request: ComposeRequest, found: Materials) -> Bed | None:
    if found.music is None:
        return None
    music = request.music
    fades = (round(exact(music.fade_in) * RATE), round(exact(music.fade_out) * RATE))
    return Bed(str(found.music.path), found.music.samples, music.gain_db, music.duck_db, *fades)


def _spoken_stretches(request: ComposeRequest, timeline: Timeline) -> list[tuple[int, int]]:
    """When somebody speaks in one recording, from the words' times."""
    stretches: list[tuple[int, int]] = []
    for scene, start in zip(request.scenes, word_starts(request, timeline), strict=True):
        for word in scene.words:
            begin, end = (round((start + exact(time)) * RATE) for time in (word.start, word.end))
            if stretches and begin <= stretches[-1][1] + RATE // 2:
                stretches[-1] = (stretches[-1][0], max(end, stretches[-1][1]))
            else:
                stretches.append((begin, end))
    return stretches
