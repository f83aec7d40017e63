"""All text that is drawn into a film, as one script: subtitles, title, lines of text laid over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.chassis.media.fonts import Font, FontStack, default_font, font_stack, lacks_glyphs
from servers.compose.ass import Event, Script, Style, Write, frame_at, side_margin, subtitle_events, writer
from servers.compose.defaults import seconds
from servers.compose.lines import Measure, line_text, wrap
from servers.compose.subtitles import Cue, Spoken, cues
from servers.compose.timeline import Timeline
from servers.compose.words import Word, pieces

_TITLE_EM = 0.085
"""Share of the frame's shorter side."""
_TITLE_TOP = 0.16
"""Share of the frame's height."""
_TITLE_SECONDS = 3
_MOST_TITLE_LINES = 4
_BOLD_WIDTH = 1.06
_NARROWEST = 4.0
"""Letters that a line always has room for."""

_ALIGNMENT = {
    parts.SUBTITLE_POSITION_BOTTOM: 2,
    parts.SUBTITLE_POSITION_MIDDLE: 5,
    parts.SUBTITLE_POSITION_TOP: 8,
}
_CORNER = {
    parts.ANCHOR_TOP_LEFT: 7,
    parts.ANCHOR_TOP_RIGHT: 9,
    parts.ANCHOR_BOTTOM_LEFT: 1,
    parts.ANCHOR_BOTTOM_RIGHT: 3,
    parts.ANCHOR_CENTER: 5,
}


@dataclass(frozen=True)
class Text:
    """A film's text."""

    cues: Sequence[Cue]
    burned: Script
    """What is drawn into the picture."""
    subtitles: Script
    """The subtitles alone, for the file."""
    warnings: Sequence[str]
    fonts: Sequence[Font]
    """What is drawn with."""


def text(
    request: ComposeRequest,
    timeline: Timeline,
    starts: Sequence[Fraction],
    font: Font,
    folders: Sequence[Path] = (),
) -> Text:
    """Lays out all text of a film.

    Args:
        request: with every default filled in.
        timeline: the film.
        starts: when each scene's words begin to count, in seconds.
        font: what is drawn with.
        folders: where fonts are looked for that have what it lacks.

    Raises:
        FailedPrecondition: the request named the font, and neither it nor another has a glyph.
    """
    stack = font_stack(font, _all_text(request), folders)
    layout = _Layout(request, timeline, stack)
    film = cues(_spoken(request, timeline, starts), layout.measure, layout.room(layout.em))
    shown = request.subtitles.mode == parts.SUBTITLE_MODE_BURNED
    drawn = [overlay.text for overlay in request.overlays]
    drawn += [request.title] if request.show_title else []
    drawn += [cue.caption.text for cue in film] if shown else []
    missing = stack.missing("".join(drawn))
    if missing and font != default_font():
        raise lacks_glyphs(font, missing)
    warnings = [_left_out(missing)] if missing else []
    warnings += [
        f"scenes[{index}] has a text but no word times: it has no subtitles"
        for index, scene in enumerate(request.scenes)
        if scene.text.strip() and not scene.words and request.subtitles.mode != parts.SUBTITLE_MODE_NONE
    ]
    unset = frozenset(missing if shown else stack.missing("".join(cue.caption.text for cue in film)))
    events = layout.subtitles(film, unset)
    subtitles = layout.script([layout.subtitle_style()], events)
    styles, more = layout.laid_over(frozenset(missing))
    burned = layout.script([layout.subtitle_style(), *styles], [*(events if shown else []), *more])
    return Text(film, burned, subtitles, warnings, (stack.first, *stack.others))


def _all_text(request: ComposeRequest) -> str:
    """Every character that may have to be drawn."""
    texts = [request.title, *(overlay.text for overlay in request.overlays)]
    for scene in request.scenes:
        texts += [scene.text, *(word.text for word in scene.words)]
    return "".join(texts)


class _Layout:
    def __init__(self, request: ComposeRequest, timeline: Timeline, stack: FontStack) -> None:
        self._request = request
        self._timeline = timeline
        self._stack = stack
        self._width, self._height = request.canvas.width_pixels, request.canvas.height_pixels
        self._shorter = min(self._width, self._height)
        self.em = request.subtitles.size * self._shorter
        self.measure: Measure = stack.width

    def room(self, em: float) -> float:
        """Width of a line, in letters of a size."""
        return max(_NARROWEST, (self._width - 2 * side_margin(self._width)) / em)

    def script(self, styles: Sequence[Style], events: Sequence[Event]) -> Script:
        return Script(self._width, self._height, self._timeline.fps, styles, events)

    def subtitles(self, film: Sequence[Cue], missing: frozenset[str]) -> list[Event]:
        wanted = self._request.subtitles
        colors = (wanted.color, wanted.highlight_color)
        return list(
            subtitle_events(film, "Subtitle", self._timeline.fps, colors, self._write(self.em, missing))
        )

    def subtitle_style(self) -> Style:
        wanted = self._request.subtitles
        return self._style(
            "Subtitle",
            self.em,
            color=wanted.color,
            outline_color=wanted.outline_color,
            alignment=_ALIGNMENT[wanted.position],
            margin=round(wanted.margin * self._height),
            side=side_margin(self._width),
        )

    def laid_over(self, missing: frozenset[str]) -> tuple[list[Style], list[Event]]:
        """Title and texts."""
        styles: list[Style] = []
        events: list[Event] = []
        if self._request.show_title and self._request.title.strip():
            style, event = self._title(missing)
            styles.append(style)
            events.append(event)
        for index, overlay in enumerate(self._request.overlays):
            if overlay.text.strip():
                style, event = self._overlay(overlay, f"Text{index}", missing)
                styles.append(style)
                events.append(event)
        return styles, events

    def _title(self, missing: frozenset[str]) -> tuple[Style, Event]:
        em = _TITLE_EM * self._shorter
        lines = self._lines(self._request.title, em * _BOLD_WIDTH)
        while len(lines) > _MOST_TITLE_LINES and em > 0.02 * self._shorter:
            em *= 0.85
            lines = self._lines(self._request.title, em * _BOLD_WIDTH)
        at_top = self._request.subtitles.position == parts.SUBTITLE_POSITION_TOP
        style = self._style(
            "Title",
            em,
            alignment=5 if at_top else 8,
            margin=round(_TITLE_TOP * self._height),
            side=side_margin(self._width),
            bold=True,
        )
        first = self._timeline.shots[0]
        end = min(first.end, round(_TITLE_SECONDS * self._timeline.fps))
        return style, Event(0, end, "Title", self._joined(lines, em, missing), layer=1)

    def _overlay(self, overlay: parts.Overlay, name: str, missing: frozenset[str]) -> tuple[Style, Event]:
        em = overlay.size * self._shorter
        margin = round(overlay.margin * self._shorter)
        style = self._style(
            name,
            em,
            alignment=_CORNER[overlay.anchor],
            margin=margin,
            side=margin,
            opacity=overlay.opacity,
        )
        fps = self._timeline.fps
        end = frame_at(seconds(overlay.end), fps) if overlay.HasField("end") else self._timeline.frames
        begin = frame_at(seconds(overlay.start), fps)
        lines = self._joined(self._lines(overlay.text, em), em, missing)
        return style, Event(begin, min(end, self._timeline.frames), name, lines, layer=1)

    def _lines(self, line: str, em: float) -> list[str]:
        laid = pieces(line, [Word(line, 0.0, 0.0, 0, len(line))])
        return [line_text(run) for run in wrap(laid, self.measure, self.room(em))]

    def _joined(self, lines: Sequence[str], em: float, missing: frozenset[str]) -> str:
        return "\\N".join(map(self._write(em, missing), lines))

    def _write(self, em: float, missing: frozenset[str]) -> Write:
        return writer(self._stack, em, missing)

    def _style(
        self,
        name: str,
        em: float,
        *,
        alignment: int,
        margin: int,
        side: int,
        color: str = "#FFFFFF",
        outline_color: str = "#000000",
        bold: bool = False,
        opacity: float = 1.0,
    ) -> Style:
        return Style(
            name,
            self._stack.first.family,
            em,
            self._stack.first.file.box(),
            color=color,
            outline_color=outline_color,
            alignment=alignment,
            margin=margin,
            side=side,
            bold=bold,
            opacity=opacity,
        )


def _spoken(request: ComposeRequest, timeline: Timeline, starts: Sequence[Fraction]) -> list[Spoken]:
    return [
        Spoken(
            float(start),
            float(timeline.at(shot.end)),
            scene.text,
            [
                Word(word.text, seconds(word.start), seconds(word.end), word.char_start, word.char_end)
                for word in scene.words
            ],
        )
        for scene, shot, start in zip(request.scenes, timeline.shots, starts, strict=True)
    ]


def _left_out(missing: Sequence[str]) -> str:
    named = ", ".join(f"{char} (U+{ord(char):04X})" for char in missing[:12])
    return f"left out of the picture, because no font here has a glyph for it: {named}"
