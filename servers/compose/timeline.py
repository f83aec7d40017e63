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
from collections.abc import Sequence
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
class Piece:
    """A stretch of the film that is drawn and encoded apart: a part of one shot alone, or a whole change."""

    first: int
    """Its first frame."""
    end: int
    """The frame after its last."""
    shot: int
    """The shot that is seen."""
    into: int | None = None
    """The shot that it becomes, evenly from its first frame to its last."""


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


def pieces(timeline: Timeline, target: int) -> list[Piece]:
    """Cuts the film into pieces that can be encoded apart, in order, without gap.

    Every change is a piece of its own, and what a shot shows alone is cut evenly. So where a scene is cut
    depends on that scene alone: a scene that grows moves those behind it and alters none of their pieces,
    and another picture alters its own pieces and the two changes beside them.

    Args:
        timeline: the film.
        target: about how many frames a piece of a shot alone has.
    """
    made: list[Piece] = []
    for index, shot in enumerate(timeline.shots):
        alone = shot.start + shot.tail
        if shot.lead + shot.tail:
            made.append(Piece(shot.shown_from, alone, index - 1, index))
        last = index + 1 == len(timeline.shots)
        room = (shot.end if last else timeline.shots[index + 1].shown_from) - alone
        count = max(1, round(room / target))
        cuts = [alone + room * part // count for part in range(count + 1)]
        made += [Piece(first, end, index) for first, end in itertools.pairwise(cuts) if first < end]
    return made


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
