"""Where everything of a film stands, exact to the frame. Pure: no clock, no files.

A scene's own time is a whole number of frames: its narration and the pause after it, at least the duration
asked for. Scenes follow each other without gap, so the film is exactly as long as its scenes together. A
transition lies with its middle on the boundary of two scenes: there both pictures are shown, but each
narration begins with its scene's own time and ends within it, so narrations never overlap.

Times are rational numbers of seconds: nothing is rounded but where frames begin.
"""

from __future__ import annotations

import enum
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

DEFAULT_SCENE = Fraction(5)
"""Seconds of a scene that has neither narration nor duration."""
_MOST_SHARE = 2
"""A transition takes at most one part in this many of the shorter scene."""


class Change(enum.Enum):
    """How one scene becomes the next."""

    CUT = "cut"
    CROSSFADE = "crossfade"
    FADE_BLACK = "fade_black"
    FADE_WHITE = "fade_white"
    FADE = "fade"
    SLIDE = "slide"
    PUSH = "push"
    WIPE = "wipe"
    ZOOM = "zoom"
    DISSOLVE = "dissolve"
    CIRCLE = "circle"
    BLUR = "blur"


@dataclass(frozen=True)
class Wish:
    """What a scene asks of the timeline. Times in seconds."""

    narration: Fraction | None = None
    """Length of what is spoken; None when nothing is."""
    least: Fraction | None = None
    """Least time the scene is shown."""
    pause: Fraction = Fraction(35, 100)
    """Silence after the narration."""
    change: Change = Change.CUT
    """How the scene before becomes this one."""
    change_seconds: Fraction = Fraction(0)


@dataclass(frozen=True)
class Shot:
    """One scene in the film. Frames count from the film's first."""

    start: int
    """Frame at which its own time begins."""
    end: int
    """Frame at which its own time ends, exclusive."""
    change: Change
    """How the shot before becomes this one."""
    lead: int
    """Frames of the change before `start`."""
    tail: int
    """Frames of the change from `start` on."""
    shown_until: int
    """Frame from which it is not seen any more: the end of the change to the next shot."""

    @property
    def shown_from(self) -> int:
        """Frame from which it is seen: the beginning of the change to it."""
        return self.start - self.lead

    @property
    def length(self) -> int:
        """Frames of its own time."""
        return self.end - self.start


@dataclass(frozen=True)
class Blend:
    """What one frame shows: a shot, or two of which the later has a share."""

    shot: int
    into: int | None = None
    """The shot that it becomes, while it does."""
    share: float = 0.0
    """How far it has become that one, 0 to 1."""


@dataclass(frozen=True)
class Timeline:
    """A film's shots and its frame rate."""

    fps: Fraction
    shots: tuple[Shot, ...]

    @property
    def frames(self) -> int:
        """Length of the film in frames."""
        return self.shots[-1].end

    @property
    def seconds(self) -> Fraction:
        """Length of the film."""
        return self.at(self.frames)

    def at(self, frame: int) -> Fraction:
        """Seconds from the film's beginning to a frame's."""
        return Fraction(frame) / self.fps

    def blends(self, first: int, end: int) -> Iterator[Blend]:
        """What the frames from `first` up to `end` show, one by one."""
        index = next(i for i, shot in enumerate(self.shots) if first < shot.end)
        for frame in range(first, end):
            while frame >= self.shots[index].end:
                index += 1
            yield self._blend(index, frame)

    def _blend(self, index: int, frame: int) -> Blend:
        shot = self.shots[index]
        if frame < shot.start + shot.tail:
            return Blend(index - 1, index, _share(shot, frame))
        following = self.shots[index + 1] if index + 1 < len(self.shots) else None
        if following is not None and frame >= following.shown_from:
            return Blend(index, index + 1, _share(following, frame))
        return Blend(index)


def lay(wishes: Sequence[Wish], fps: Fraction, whole_narration: Fraction | None = None) -> Timeline:
    """Lays scenes after each other.

    Args:
        wishes: the scenes in order, at least one.
        fps: frames per second.
        whole_narration: length of one recording for the whole film. Each scene is as long as it asks then,
            boundaries are rounded from the sum so that they do not drift from the recording, and the last
            scene lasts until the recording ends.
    """
    starts = [0]
    total = Fraction(0)
    for wish in wishes:
        if whole_narration is None:
            starts.append(starts[-1] + max(1, math.ceil(_seconds(wish) * fps)))
        else:
            total += _seconds(wish)
            starts.append(max(starts[-1] + 1, round(total * fps)))
    if whole_narration is not None:
        starts[-1] = max(starts[-1], math.ceil(whole_narration * fps))
    changes = [_change(wishes, starts, index, fps) for index in range(len(wishes))]
    shots: list[Shot] = []
    for index, wish in enumerate(wishes):
        lead, tail = changes[index]
        after = changes[index + 1][1] if index + 1 < len(wishes) else 0
        start, end = starts[index], starts[index + 1]
        change = wish.change if lead + tail else Change.CUT
        shots.append(Shot(start, end, change, lead, tail, shown_until=end + after))
    return Timeline(fps, tuple(shots))


def segments(timeline: Timeline, target: int) -> list[tuple[int, int]]:
    """Cuts the film into pieces that can be encoded apart: (first frame, end) in order, without gap.

    Pieces begin where a shot stands alone or a change begins, so that an edit touches few of them; they
    depend on the timeline alone, so that the same film is cut alike on every machine.

    Args:
        timeline: the film.
        target: about how many frames a piece has; the shortest has half of it, unless the film has less.
    """
    edges = sorted({edge for shot in timeline.shots for edge in (shot.shown_from, shot.start + shot.tail)})
    cuts = [0]
    for edge in [*(edge for edge in edges if edge > 0), timeline.frames]:
        room = edge - cuts[-1]
        if edge != timeline.frames and room < target:
            continue
        pieces = max(1, round(room / target))
        begin = cuts[-1]
        cuts += [begin + room * piece // pieces for piece in range(1, pieces + 1)]
    if len(cuts) > 2 and cuts[-1] - cuts[-2] < target // 2:
        del cuts[-2]
    return list(itertools.pairwise(cuts))


def _seconds(wish: Wish) -> Fraction:
    if wish.narration is None:
        return DEFAULT_SCENE if wish.least is None else wish.least
    return max(wish.narration + wish.pause, wish.least or Fraction(0))


def _change(wishes: Sequence[Wish], starts: Sequence[int], index: int, fps: Fraction) -> tuple[int, int]:
    """Frames of the change into a scene before and after its boundary."""
    wish = wishes[index]
    if index == 0 or wish.change is Change.CUT:
        return 0, 0
    shorter = min(starts[index] - starts[index - 1], starts[index + 1] - starts[index])
    frames = min(round(wish.change_seconds * fps), shorter // _MOST_SHARE)
    return frames // 2, frames - frames // 2


def _share(shot: Shot, frame: int) -> float:
    return (frame - shot.shown_from + 0.5) / (shot.lead + shot.tail)
