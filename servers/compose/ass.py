"""Advanced SubStation Alpha: what libass burns into the picture.

Every text that is drawn, subtitles, title and overlays, goes through one script, so one pass draws them
all. A caption becomes one event for each word that is lit, all laid out alike, so nothing moves but colour.
Event times are put in the middle between two frames: a time has only centiseconds, and so rounding never
moves a word to another frame.

Format: the "ASS specs" of SubStation Alpha v4+; escapes as libass reads them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from servers.chassis.media.fonts import FontStack
from servers.compose.lines import Caption
from servers.compose.subtitles import Cue

Write = Callable[[str], str]
"""Turns text into what an event's text has for it."""

_JOINER = "\u2060"
"""Draws nothing; keeps a backslash of the text from beginning an escape."""
_TALLEST = 1.9
"""Some fonts leave so much room above and below that their lines would stand far apart: ascent and descent
as a share of the em, over which a font is drawn a little smaller."""
_UNSAFE_NAME = re.compile(r"[{}\\,\x00-\x1f]")
_RESET = re.compile(r"\{\\r([A-Za-z0-9]+)\}")
"""An override that goes on in another style."""
_KEPT = frozenset("\u200c\u200d\u200e\u200f\u00a0")
"""Characters that count as not printable and yet shape the text: joiners, marks of direction."""
_SIDE_MARGIN = 0.06
_TIE = 1e-6
"""Frames that a time may be wrong by."""
OUTLINE = 0.075
"""Usual thickness of an outline as a share of the letters' size."""
_PADDING = 0.3
"""Room between a text and its box, likewise."""
_EVENTS = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"
_STYLES = (
    "Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, "
    "Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, "
    "MarginR, MarginV, Encoding"
)


@dataclass(frozen=True)
class Style:
    """How one kind of text is drawn. Lengths in pixels, colours "#RRGGBB"."""

    name: str
    family: str
    em: float
    """Size of the letters."""
    box: float
    """What libass counts as size: the font's ascent and descent together, as a share of the em."""
    color: str = "#FFFFFF"
    outline_color: str = "#000000"
    alignment: int = 2
    """Place in the frame as on a number pad: 1 is bottom left, 9 top right."""
    margin: int = 0
    """Distance from the frame's upper or lower edge."""
    side: int = 0
    """Distance from the frame's left and right edges."""
    bold: bool = False
    opacity: float = 1.0
    outline: float = OUTLINE
    """Thickness of the outline as a share of the letters' size."""
    ground: str = ""
    """Colour of a box behind the text; empty: none."""
    ground_opacity: float = 1.0

    def line(self) -> str:
        """The style as the script has it."""
        numbers = (
            f"{self.em * self.box:.2f}",
            colour(self.color, self.opacity),
            colour(self.color, self.opacity),
            colour(self.outline_color, self.opacity),
            colour(self.ground or "#000000", self.ground_opacity),
            "-1" if self.bold else "0",
        )
        margins = f"{self.side},{self.side},{self.margin}"
        # Border style 4 is libass' own: one box behind the whole text, as much larger as the shadow is long.
        border = (
            f"4,{self.em * self.outline:.2f},{self.em * _PADDING:.2f}"
            if self.ground
            else (f"1,{self.em * self.outline:.2f},0")
        )
        # The encoding -1 has libass find the text's direction, and lay out an event as a whole.
        tail = f"0,0,0,100,100,0,0,{border},{self.alignment},{margins},-1"
        return f"Style: {self.name},{self.family},{','.join(numbers)},{tail}"


@dataclass(frozen=True)
class Event:
    """A text shown from frame `first` up to frame `end`."""

    first: int
    end: int
    style: str
    text: str
    """With overrides; text of users is escaped already."""
    layer: int = 0

    @property
    def styles(self) -> set[str]:
        """The names of the styles that it is drawn in."""
        return {self.style, *_RESET.findall(self.text)}

    def within(self, first: int, end: int) -> Event | None:
        """The part that falls into a piece of the film, counted from the piece's first frame."""
        if self.end <= first or self.first >= end:
            return None
        return replace(self, first=max(self.first, first) - first, end=min(self.end, end) - first)


@dataclass(frozen=True)
class Script:
    """All that is drawn in a film."""

    width: int
    height: int
    fps: Fraction
    styles: Sequence[Style]
    events: Sequence[Event]

    def piece(self, first: int, end: int) -> Script:
        """The script of a piece of the film."""
        cut = (event.within(first, end) for event in self.events)
        return replace(self, events=[event for event in cut if event is not None])

    def text(self) -> str:
        """The script as a file."""
        head = (
            "[Script Info]",
            "ScriptType: v4.00+",
            f"PlayResX: {self.width}",
            f"PlayResY: {self.height}",
            "WrapStyle: 2",
            "ScaledBorderAndShadow: yes",
            "YCbCr Matrix: TV.709",
            "",
            "[V4+ Styles]",
            f"Format: {_STYLES}",
            *(style.line() for style in self.styles),
            "",
            "[Events]",
            f"Format: {_EVENTS}",
        )
        return "\n".join((*head, *(self._line(event) for event in self.events))) + "\n"

    def _line(self, event: Event) -> str:
        times = f"{self._clock(event.first)},{self._clock(event.end)}"
        return f"Dialogue: {event.layer},{times},{event.style},,0,0,0,,{event.text}"

    def _clock(self, frame: int) -> str:
        """Half a frame before a frame, so that it is the first to be at or after that time."""
        centiseconds = max(
            0, math.floor((Fraction(frame) - Fraction(1, 2)) / self.fps * 100 + Fraction(1, 2))
        )
        minutes, rest = divmod(centiseconds, 6000)
        return f"{minutes // 60}:{minutes % 60:02d}:{rest // 100:02d}.{rest % 100:02d}"


def subtitle_events(
    film: Iterable[Cue],
    style: str,
    fps: Fraction,
    colors: tuple[str, str],
    write: Write | None = None,
    below: Callable[[Cue], str] | None = None,
) -> Iterator[Event]:
    """The events of captions.

    Args:
        film: the captions.
        style: name of their style.
        fps: frames per second.
        colors: of the words, and of the word that is spoken; equal: none is lit.
        write: how text becomes the text of an event. Default: `escape`.
        below: what is written below a caption, ready for an event, beginning with its line break.
    """
    write = write or escape
    for cue in film:
        first, end = frame_at(cue.start, fps), frame_at(cue.end, fps)
        words = [piece for line in cue.caption.lines for piece in line]
        more = below(cue) if below is not None else ""
        lit = colors[0].lower() != colors[1].lower()
        begins = [min(max(frame_at(word.start, fps), first), end) for word in words] if lit else []
        for index, begin in enumerate(begins):
            until = begins[index + 1] if index + 1 < len(begins) else end
            # Between words the last one stays lit: to go dark and light again within a breath would flicker.
            if until > begin:
                yield Event(begin, until, style, _markup(cue.caption, index, colors[1], write) + more)
        if not lit and end > first:
            yield Event(first, end, style, _markup(cue.caption, -1, colors[1], write) + more)


def frame_at(seconds: float, fps: Fraction) -> int:
    """The frame nearest to a time. One just between two is the later: where it stands in the film, and with
    that the error of its floating point, is not to move a word."""
    return max(0, math.floor(seconds * fps + 0.5 + _TIE))


def _markup(caption: Caption, lit: int, color: str, write: Write) -> str:
    """A caption's text with one word lit."""
    lines: list[str] = []
    number = 0
    for line in caption.lines:
        text = ""
        for place, piece in enumerate(line):
            shown = write(piece.text)
            text += " " if piece.spaced and place else ""
            text += f"{{\\1c{override_colour(color)}}}{shown}{{\\r}}" if number == lit else shown
            number += 1
        lines.append(text)
    return "\\N".join(lines)


def escape(text: str, missing: Collection[str] = ()) -> str:
    """Text that libass draws as it stands: no override, no line break, no control character."""
    kept = (" " if char in "\t\n\r\x0b\x0c\x85\u2028\u2029" else char for char in text)
    made = ""
    for char in kept:
        if char in missing or not (char.isprintable() or char in _KEPT):
            continue
        if char in "{}":
            made += "\\" + char
        else:
            made += char + _JOINER if char == "\\" else char
    return made


def writer(stack: FontStack, em: float, missing: Collection[str] = ()) -> Write:
    """A function that writes text for an event: escaped, each run with the font that has it, at one size.

    Args:
        stack: the fonts; the style names the first.
        em: size of the letters in pixels.
        missing: characters that are left out because no font has them.
    """

    usual = em * stack.first.file.box()

    def write(text: str) -> str:
        made = ""
        for font, run in stack.runs(text):
            shown = escape(run, missing)
            if font is not stack.first and shown:
                family = _UNSAFE_NAME.sub("", font.family)
                size = em * min(font.file.box(), _TALLEST)
                shown = f"{{\\fn{family}\\fs{size:.2f}}}{shown}{{\\fn\\fs{usual:.2f}}}"
            made += shown
        return made

    return write


def colour(rgb: str, opacity: float = 1.0) -> str:
    """ "#RRGGBB" as ASS writes it: transparency and blue first."""
    return f"&H{round(255 * (1.0 - opacity)):02X}{rgb[5:7]}{rgb[3:5]}{rgb[1:3]}".upper()


def override_colour(rgb: str) -> str:
    """ "#RRGGBB" as an override in an event's text has it."""
    return f"&H{rgb[5:7]}{rgb[3:5]}{rgb[1:3]}&".upper()


def side_margin(width: int) -> int:
    """Pixels that text keeps from the left and right edges."""
    return round(width * _SIDE_MARGIN)
