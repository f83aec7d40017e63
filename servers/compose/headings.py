"""Lines of text that stand still: the canvas' lines around the picture, the text of an end card."""

from __future__ import annotations

from collections.abc import Sequence

from reelmesh.compose.v1 import timeline_pb2 as parts
from servers.chassis.media.fonts import FontStack
from servers.compose.ass import Event, Style, writer
from servers.compose.lines import Measure, line_text, wrap
from servers.compose.translations import unspoken

BOLD_WIDTH = 1.06
ACCENT = "#FFD84D"
NARROWEST = 4.0
"""Letters that a line always has room for."""
_SHRINK = 0.9
_SMALLEST = 0.4
"""Share of its size that a text shrinks to at most."""
_INDEX, _TITLE, _DESCRIPTION = 0.05, 0.085, 0.048
"""Sizes of letters as shares of the frame's shorter side."""
_TITLE_LINES, _DESCRIPTION_LINES = 3, 6
EDGE = 0.05
"""Distance from the frame's edges as a share of its height."""
SIDE = 0.06
"""Distance from its left and right edges as a share of its width."""
_GAP = 0.022
"""Distance from the picture, likewise."""
LAYER = 1


class Lettered:
    """Writes texts for frames of one size with one stack of fonts."""

    def __init__(self, size: tuple[int, int], stack: FontStack, missing: frozenset[str], side: int) -> None:
        """Prepares to write.

        Args:
            size: width and height of the frame.
            stack: the fonts.
            missing: characters that are left out because no font has them.
            side: distance from the frame's left and right edges, pixels.
        """
        self.width, self.height = size
        self.shorter = min(size)
        self._stack = stack
        self._missing = missing
        self._side = side
        self.box = stack.first.file.box()
        self.measure: Measure = stack.width

    def style(self, name: str, em: float, alignment: int, margin: int, **more: object) -> Style:
        """A style with the first font; see `ass.Style`."""
        settings = {"side": self._side, **more}
        family = self._stack.first.family
        return Style(name, family, em, self.box, alignment=alignment, margin=margin, **settings)  # type: ignore[arg-type]

    def lines(self, text: str, em: float, *, bold: bool = False) -> list[str]:
        """A text broken into lines that the frame has room for."""
        letter = em * (BOLD_WIDTH if bold else 1.0)
        room = max(NARROWEST, (self.width - 2 * self._side) / letter)
        return [line_text(run) for run in wrap(unspoken(text), self.measure, room)]

    def fitted(
        self, text: str, em: float, most_lines: int, height: float, *, bold: bool = False
    ) -> tuple[list[str], float]:
        """A text's lines and the size of its letters, shrunk until there are few enough and they fit.

        What does not fit at the smallest size ends with an ellipsis.
        """
        least = em * _SMALLEST
        lines = self.lines(text, em, bold=bold)
        while em > least and (len(lines) > most_lines or len(lines) * em * self.box > height):
            em = max(least, em * _SHRINK)
            lines = self.lines(text, em, bold=bold)
        most = min(most_lines, max(1, int(height / (em * self.box))))
        if len(lines) > most:
            lines = [*lines[: most - 1], f"{lines[most - 1]}…"]
        return lines, em

    def joined(self, lines: Sequence[str], em: float) -> str:
        """Lines as the text of an event."""
        return "\\N".join(map(writer(self._stack, em, self._missing), lines))


def around(
    canvas: parts.Canvas, lettered: Lettered, band: tuple[int, int], bottom: int, end: int
) -> tuple[list[Style], list[Event]]:
    """The lines above and below the picture.

    Args:
        canvas: its texts.
        lettered: writes them.
        band: the picture's upper and lower edge.
        bottom: how far down the lines below may go.
        end: frame up to which they are shown.
    """
    styles: list[Style] = []
    events: list[Event] = []
    edge, gap = round(EDGE * lettered.height), round(_GAP * lettered.height)
    if canvas.index_text.strip() or canvas.title_text.strip():
        room = band[0] - gap - edge
        em = _TITLE * lettered.shorter
        crowded = room < 2 * em * lettered.box
        index, small = lettered.fitted(canvas.index_text, _INDEX * lettered.shorter, 1, room, bold=True)
        height = (room if not crowded else band[0] + lettered.height / 4) - len(index) * small * lettered.box
        title, em = lettered.fitted(canvas.title_text, em, _TITLE_LINES, height, bold=True)
        # Where the picture leaves no room, the lines stand at the frame's edge, over the picture.
        place = (8, edge) if crowded else (2, lettered.height - band[0] + gap)
        styles += [
            lettered.style("Index", small, *place, color=ACCENT, bold=True),
            lettered.style("Heading", em, *place, bold=True),
        ]
        shown = [f"{{\\rIndex}}{lettered.joined(index, small)}"] if index else []
        shown += [f"{{\\rHeading}}{lettered.joined(title, em)}"] if title else []
        events.append(Event(0, end, "Heading", "\\N".join(shown), LAYER))
    if canvas.desc_text.strip():
        room = bottom - band[1] - gap
        em = _DESCRIPTION * lettered.shorter
        crowded = room < 2 * em * lettered.box
        height = float(room) if not crowded else lettered.height / 4
        lines, em = lettered.fitted(canvas.desc_text, em, _DESCRIPTION_LINES, height)
        place = (2, lettered.height - bottom) if crowded else (8, band[1] + gap)
        styles.append(lettered.style("Description", em, *place))
        events.append(Event(0, end, "Description", lettered.joined(lines, em), LAYER))
    return styles, events


def card(text: str, lettered: Lettered, first: int, end: int) -> tuple[list[Style], list[Event]]:
    """An end card's text, in the middle of the frame."""
    if not text.strip():
        return [], []
    lines, em = lettered.fitted(text, _TITLE * lettered.shorter, 6, 0.7 * lettered.height, bold=True)
    style = lettered.style("Card", em, 5, 0, bold=True)
    return [style], [Event(first, end, "Card", lettered.joined(lines, em), LAYER)]
