"""All text that is drawn into a film, as one script: subtitles, title, lines of text laid over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.chassis.media.fonts import Font, FontStack, default_font, font_stack, lacks_glyphs
from servers.compose.ass import Event, Script, Style, frame_at, subtitle_events, writer
from servers.compose.defaults import seconds
from servers.compose.endcard import END_CARD
from servers.compose.headings import BOLD_WIDTH, LAYER, NARROWEST, Lettered, around, card
from servers.compose.lines import MOST_LINES, line_text, wrap
from servers.compose.subtitles import Cue, Spoken, cues
from servers.compose.timeline import Timeline
from servers.compose.translations import unspoken
from servers.compose.words import Word

_TITLE_EM = 0.085
"""Share of the frame's shorter side."""
_TITLE_TOP = 0.16
"""Share of the frame's height."""
_TITLE_SECONDS = 3
_MOST_TITLE_LINES = 4
_PHRASE_ROOM = 9.0
"""Letters that a phrase has room for: about four short words."""
_SECOND = 0.74
"""Size of a translation's letters as a share of the spoken text's."""

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
    band: tuple[int, int],
    folders: Sequence[Path] = (),
) -> Text:
    """Lays out all text of a film.

    Args:
        request: with every default filled in.
        timeline: the film.
        starts: when each scene's words begin to count, in seconds.
        font: what is drawn with.
        band: upper and lower edge of the pictures in the frame.
        folders: where fonts are looked for that have what it lacks.

    Raises:
        FailedPrecondition: the request named the font, and neither it nor another has a glyph.
    """
    stack = font_stack(font, _all_text(request), folders)
    shown = request.subtitles.mode == parts.SUBTITLE_MODE_BURNED
    captions = _Captions(request, timeline, stack)
    film = captions.cues(starts)
    second = request.subtitles.second_language
    spoken = "".join(cue.caption.text + cue.text(second or "-") for cue in film)
    missing = stack.missing(_laid_over(request) + (spoken if shown else ""))
    if missing and font != default_font():
        raise lacks_glyphs(font, missing)
    warnings = [left_out(missing)] if missing else []
    warnings += _without_words(request)
    unset = frozenset(missing if shown else stack.missing(spoken))
    styles, events = captions.drawn(film, unset)
    size = (request.canvas.width_pixels, request.canvas.height_pixels)
    lettered = Lettered(size, stack, frozenset(missing), captions.side)
    still_styles, still = _still(request, timeline, lettered, band, captions.top if shown else size[1])
    fps = timeline.fps
    subtitles = Script(*size, fps, styles, events)
    burned = Script(*size, fps, [*styles, *still_styles], [*(events if shown else []), *still])
    return Text(film, burned, subtitles, warnings, (stack.first, *stack.others))


def _all_text(request: ComposeRequest) -> str:
    """Every character that may have to be drawn."""
    texts = [_laid_over(request)]
    for scene in request.scenes:
        texts += [scene.text, *(word.text for word in scene.words)]
        texts += [translation.text for translation in scene.translations]
    return "".join(texts)


def _laid_over(request: ComposeRequest) -> str:
    """All text that is drawn but the subtitles."""
    canvas = request.canvas
    texts = [canvas.index_text, canvas.title_text, canvas.desc_text, request.end_card.text]
    texts += [overlay.text for overlay in request.overlays]
    texts += [request.title] if request.show_title else []
    return "".join(texts)


def _without_words(request: ComposeRequest) -> list[str]:
    wanted = request.subtitles.mode != parts.SUBTITLE_MODE_NONE
    warnings = [
        f"scenes[{index}] has a text but no word times: it has no subtitles"
        for index, scene in enumerate(request.scenes)
        if scene.text.strip() and not scene.words and wanted
    ]
    second = request.subtitles.second_language
    warnings += [
        f"scenes[{index}] has no translation into {second}"
        for index, scene in enumerate(request.scenes)
        if second
        and scene.words
        and second not in (translation.language for translation in scene.translations)
    ]
    return warnings


class _Captions:
    """Lays out and draws the subtitles."""

    def __init__(self, request: ComposeRequest, timeline: Timeline, stack: FontStack) -> None:
        self._request = request
        self._wanted = request.subtitles
        self._timeline = timeline
        self._stack = stack
        self._width, self._height = request.canvas.width_pixels, request.canvas.height_pixels
        self._em = self._wanted.size * min(self._width, self._height)
        self._box = stack.first.file.box()
        self._lines = 1 if self._wanted.second_language else MOST_LINES
        self.side = round(self._wanted.side_margin * self._width)

    @property
    def top(self) -> int:
        """How far down other text may go without meeting them."""
        if self._wanted.position != parts.SUBTITLE_POSITION_BOTTOM:
            return self._height
        return self._height - round(self._wanted.margin * self._height + 2.2 * self._em * self._box)

    def cues(self, starts: Sequence[Fraction]) -> list[Cue]:
        """The film's captions."""
        room, lines = self._room(self._em), self._lines
        if self._wanted.style == parts.SUBTITLE_STYLE_PHRASE:
            room, lines = min(room, _PHRASE_ROOM), 1
        return cues(_spoken(self._request, self._timeline, starts), self._stack.width, room, lines)

    def drawn(self, film: Sequence[Cue], missing: frozenset[str]) -> tuple[list[Style], list[Event]]:
        """Their styles and events."""
        wanted = self._wanted
        lit = wanted.style == parts.SUBTITLE_STYLE_KARAOKE
        colors = (wanted.color, wanted.highlight_color if lit else wanted.color)
        small = self._em * _SECOND
        second = writer(self._stack, small, missing)

        def below(cue: Cue) -> str:
            if not wanted.second_language or not (told := cue.text(wanted.second_language)):
                return ""
            lines = wrap(unspoken(told), self._stack.width, self._room(small))
            return "".join(f"\\N{{\\rSecond}}{second(line_text(line))}" for line in lines)

        write = writer(self._stack, self._em, missing)
        events = subtitle_events(film, "Subtitle", self._timeline.fps, colors, write, below)
        styles = [self._style("Subtitle", self._em)]
        styles += [self._style("Second", small)] if wanted.second_language else []
        return styles, list(events)

    def _room(self, em: float) -> float:
        """Width of a line, in letters of a size."""
        letter = em * (BOLD_WIDTH if self._wanted.bold else 1.0)
        return max(NARROWEST, (self._width - 2 * self.side) / letter)

    def _style(self, name: str, em: float) -> Style:
        wanted = self._wanted
        return Style(
            name,
            self._stack.first.family,
            em,
            self._box,
            color=wanted.color,
            outline_color=wanted.outline_color,
            alignment=_ALIGNMENT[wanted.position],
            margin=round(wanted.margin * self._height),
            side=self.side,
            bold=wanted.bold,
            outline=wanted.outline,
            ground=wanted.box_color,
            ground_opacity=wanted.box_opacity,
        )


def _still(
    request: ComposeRequest, timeline: Timeline, lettered: Lettered, band: tuple[int, int], bottom: int
) -> tuple[list[Style], list[Event]]:
    """All text that stands still."""
    end = timeline.frames
    styles: list[Style] = []
    events: list[Event] = []
    if request.end_card.text and request.scenes[-1].id == END_CARD:
        end = timeline.shots[-1].start
        styles, events = card(request.end_card.text, lettered, end, timeline.frames)
    if request.show_title and request.title.strip():
        style, event = _title(request, timeline, lettered)
        styles.append(style)
        events.append(event)
    more_styles, more = around(request.canvas, lettered, band, bottom, end)
    styles += more_styles
    events += more
    for index, overlay in enumerate(request.overlays):
        if overlay.text.strip():
            style, event = _overlay(overlay, f"Text{index}", timeline, lettered)
            styles.append(style)
            events.append(event)
    return styles, events


def _title(request: ComposeRequest, timeline: Timeline, lettered: Lettered) -> tuple[Style, Event]:
    em = _TITLE_EM * lettered.shorter
    lines, em = lettered.fitted(request.title, em, _MOST_TITLE_LINES, lettered.height, bold=True)
    at_top = request.subtitles.position == parts.SUBTITLE_POSITION_TOP
    place = (5 if at_top else 8, round(_TITLE_TOP * lettered.height))
    style = lettered.style("Title", em, *place, bold=True)
    end = min(timeline.shots[0].end, round(_TITLE_SECONDS * timeline.fps))
    return style, Event(0, end, "Title", lettered.joined(lines, em), LAYER)


def _overlay(
    overlay: parts.Overlay, name: str, timeline: Timeline, lettered: Lettered
) -> tuple[Style, Event]:
    em = overlay.size * lettered.shorter
    margin = round(overlay.margin * lettered.shorter)
    style = lettered.style(
        name, em, _CORNER[overlay.anchor], margin, side=margin, opacity=overlay.opacity, color=overlay.color
    )
    fps = timeline.fps
    end = frame_at(seconds(overlay.end), fps) if overlay.HasField("end") else timeline.frames
    begin = frame_at(seconds(overlay.start), fps)
    lines = lettered.joined(lettered.lines(overlay.text, em), em)
    return style, Event(begin, min(end, timeline.frames), name, lines, LAYER)


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
            {translation.language: translation.text for translation in scene.translations},
        )
        for scene, shot, start in zip(request.scenes, timeline.shots, starts, strict=True)
    ]


def left_out(missing: Sequence[str]) -> str:
    """A warning that names characters which are not drawn."""
    named = ", ".join(f"{char} (U+{ord(char):04X})" for char in missing[:12])
    return f"left out of the picture, because no font here has a glyph for it: {named}"
