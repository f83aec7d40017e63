"""Portraits: head and shoulders of one person before a plain ground, the face to the camera.

Head and hair stand out from a ground of one colour, and the neck is narrower than both head and shoulders: by
that a talking head is found.
"""

from __future__ import annotations

import dataclasses
import re

from servers.imagegen.painting.canvas import Canvas
from servers.imagegen.painting.dress import Dress, dressed
from servers.imagegen.painting.geometry import Point, ellipse, polygon, smooth
from servers.imagegen.painting.palette import turned
from servers.imagegen.painting.scene import Scene
from servers.imagegen.painting.streams import Streams
from servers.imagegen.painting.vocabulary import COLOUR_OF

_WANTED = re.compile(r"\bportrait of\b|\bhead ?shot\b|\bhead and shoulders\b|肖像|头像|半身像")
_GROUNDS = ("#9fb8c8", "#a8bfa6", "#b3a8c9", "#8fb3ae", "#8ea4c0")
"""Away from hair, skin and cloth, so that they stand out."""
_KEYED = {"green": "#1fbf4b", "blue": "#2546d8"}
"""Grounds that are to be taken away."""
_CLOTH = re.compile(
    r"(\w+)[ -](?:(?:silk|woolen|smart|formal|business)[ -])?"
    r"(?:suit|dress|shirt|blouse|jacket|coat|blazer|sweater|robe|hoodie|top)\b"
    r"|(.)色?的?(?:西装|衬衫|连衣裙|外套|上衣|毛衣|长袍)"
)
_HAIR = {
    r"blond|金发": "#d9b25f",
    r"red[ -]hair|ginger hair|红发": "#a8502c",
    r"(?:grey|gray|white|silver)[ -]hair|白发|灰发": "#dcd8d2",
    r"brown hair|棕发": "#6a452c",
    r"black hair|黑发": "#241d1b",
}
_WEARS = {
    "beard": r"beard|胡子|胡须",
    "glasses": r"glasses|spectacles|眼镜",
    "suit": r"\bsuit\b|blazer|\btie\b|西装",
    "long": r"long hair|长发",
    "bun": r"\bbun\b|发髻",
    "bald": r"\bbald\b|光头",
}
_WOMEN = re.compile(
    r"\b(?:woman|girl|lady|female|she|her|anchorwoman|actress|queen|princess|nurse)\b|女|奶奶|妈妈"
)


@dataclasses.dataclass(frozen=True)
class _Head:
    """Where the parts of a head are, canvas coordinates."""

    x: float
    top: float
    wide: float

    def at(self, x: float, y: float) -> Point:
        """A point: x in head widths from the middle, y in head widths below the top."""
        return self.x + x * self.wide, self.top + y * self.wide

    def line(self, *points: Point, closed: bool = True) -> str:
        """A curve through such points."""
        return smooth([self.at(*point) for point in points], closed=closed)

    def edges(self, *points: Point) -> str:
        """Straight lines through such points."""
        return polygon([self.at(*point) for point in points])

    def oval(self, x: float, y: float, rx: float, ry: float) -> str:
        """An ellipse about such a point; radii in head widths."""
        return ellipse(*self.at(x, y), rx * self.wide, ry * self.wide)


def is_portrait(prompt: str, scene: Scene) -> bool:
    """Whether a prompt asks for a portrait of a person: one of an animal is a picture like any other."""
    animals = [one for one in scene.subjects if one.group == "animal"]
    return bool(_WANTED.search(prompt.lower())) and not (animals and animals == list(scene.subjects))


def paint_portrait(canvas: Canvas, prompt: str, scene: Scene, streams: Streams) -> None:
    """Paints whom the prompt describes."""
    text = prompt.lower()
    woman, dress = _person(text, scene, streams)
    _fill(canvas, f"M0 0H{canvas.width:.0f}V{canvas.height:.0f}H0Z", _ground(text, streams))
    canvas.sheet(0.4)
    wide = min(0.35 * canvas.height, 0.56 * canvas.width)
    head = _Head(canvas.width / 2, canvas.height - 2.48 * wide, wide)
    head = dataclasses.replace(head, top=min(max(head.top, 0.1 * canvas.height), 0.2 * canvas.height))
    words = dress.wears.split()
    if "long" in words:  # down to the chin: hair before the neck would hide where the head ends
        sides = ((0.46, 0.4), (0.485, 0.8), (0.47, 1.12), (0.36, 1.17))
        bob = [(-x, y) for x, y in reversed(sides)]
        _fill(canvas, head.line(*bob, (-0.3, 0.06), (0.3, 0.06), *sides), dress.hair)
    _shoulders(canvas, head, dress, words)
    _face(canvas, head, dress, words, woman=woman)
    _features(canvas, head, dress, words, woman=woman)
    _hair(canvas, head, dress, words, woman=woman)
    canvas.note(*(one.name for one in scene.subjects))


def _ground(text: str, streams: Streams) -> str:
    asked = re.search(r"(green|blue) background|(绿|蓝)色?背景", text)
    if asked is None:
        return streams.place("ground").choice(_GROUNDS)
    return _KEYED["green" if asked[1] == "green" or asked[2] == "绿" else "blue"]


def _fill(canvas: Canvas, d: str, colour: str, opacity: float = 1.0) -> None:
    canvas.shape(d, _washed(canvas, colour), opacity)


def _stroke(canvas: Canvas, d: str, colour: str, width: float, opacity: float = 1.0) -> None:
    canvas.line(d, _washed(canvas, colour), width, opacity)


def _washed(canvas: Canvas, colour: str) -> str:
    """The colour in studio light, whatever the hour; in ink where the picture is."""
    return canvas.palette.lit(colour, 0.0) if canvas.palette.ink else colour


def _person(text: str, scene: Scene, streams: Streams) -> tuple[bool, Dress]:
    """(whether it is a woman, how it is dressed)."""
    draw = streams.looks("portrait")
    known = [one.name for one in scene.subjects if one.group == "person"]
    woman = bool(_WOMEN.search(text)) or (
        not known and not re.search(r"\bman\b|男", text) and draw.random() < 0.5
    )
    kind = known[0] if known else ("woman" if woman else "man")
    dress = dressed(kind, draw)
    words = {word for word in dress.wears.split() if word in (*_WEARS, "braid", "coat")}
    words |= {word for word, pattern in _WEARS.items() if re.search(pattern, text)}
    if (
        woman
        and not words & {"long", "bun", "braid", "bald"}
        and "short hair" not in text
        and "短发" not in text
    ):
        words |= {"long"}
    hair = next((colour for pattern, colour in _HAIR.items() if re.search(pattern, text)), dress.hair)
    cloth = next(
        (COLOUR_OF[word] for found in _CLOTH.finditer(text) for word in found.groups() if word in COLOUR_OF),
        dress.robe,
    )
    return woman, dataclasses.replace(dress, wears=" ".join(sorted(words)), hair=hair, robe=cloth)


def _shoulders(canvas: Canvas, head: _Head, dress: Dress, words: list[str]) -> None:
    bottom = (canvas.height - head.top) / head.wide + 0.8
    reach = min(0.98, 0.46 * canvas.width / head.wide)
    _fill(
        canvas, head.edges((-0.2, 1.0), (0.2, 1.0), (0.22, 1.5), (-0.22, 1.5)), turned(dress.skin, 0, 1, 0.86)
    )
    body = [(-0.2, 1.36), (0.2, 1.36), (0.72 * reach, 1.52), (reach, 1.95), (reach, bottom), (-reach, bottom)]
    body += [(-reach, 1.95), (-0.72 * reach, 1.52)]
    _fill(canvas, head.line(*body), dress.robe)
    _fill(
        canvas, head.line((-0.22, 1.34), (0.22, 1.34), (0.12, 1.56), (0.0, 1.66), (-0.12, 1.56)), dress.skin
    )
    if "suit" in words or "coat" in words:
        _fill(canvas, head.edges((-0.24, 1.36), (0.24, 1.36), (0.0, 2.3)), "#f6f3ec")
        _fill(
            canvas,
            head.edges((-0.07, 1.56), (0.07, 1.56), (0.05, 2.2), (0.0, 2.3), (-0.05, 2.2)),
            dress.under,
        )
        _fill(canvas, head.edges((-0.12, 1.34), (0.12, 1.34), (0.0, 1.56)), dress.skin)
        for side in (-1, 1):
            lapel = ((0.24, 1.34), (0.36, 1.52), (0.28, 1.66), (0.33, 1.76), (0.0, 2.36))
            _fill(canvas, head.edges(*((side * x, y) for x, y in lapel)), turned(dress.robe, 0, 1, 0.85))


def _face(canvas: Canvas, head: _Head, dress: Dress, words: list[str], *, woman: bool) -> None:
    jaw = 0.3 if woman else 0.35
    for side in (-1, 1):
        _fill(canvas, head.oval(side * 0.43, 0.66, 0.06, 0.1), turned(dress.skin, 0, 1, 0.92))
    crown = 0.0 if "bald" in words else 0.08
    outline = [(0.0, crown), (0.34, crown + 0.12), (0.42, 0.56), (jaw, 0.98), (0.14, 1.2), (-0.14, 1.2)]
    outline += [(-jaw, 0.98), (-0.42, 0.56), (-0.34, crown + 0.12)]
    _fill(canvas, head.line(*outline), dress.skin)
    for side in (-1, 1):
        _fill(canvas, head.oval(side * 0.24, 0.76, 0.08, 0.06), "#d9806a", 0.22)


def _features(canvas: Canvas, head: _Head, dress: Dress, words: list[str], *, woman: bool) -> None:
    dark = turned(dress.hair, 0, 1, 0.7) if "bald" not in words else "#4a3a30"
    for side in (-1, 1):
        _fill(canvas, head.oval(side * 0.19, 0.5, 0.082, 0.046), "#fbf8f2")
        _fill(canvas, head.oval(side * 0.19, 0.5, 0.042, 0.044), "#4a3426")
        _fill(canvas, head.oval(side * 0.19, 0.5, 0.02, 0.022), "#191312")
        _fill(canvas, head.oval(side * 0.19 + 0.012, 0.488, 0.009, 0.009), "#ffffff")
        lid = ((side * 0.1, 0.5), (side * 0.19, 0.448), (side * 0.285, 0.49))
        _stroke(canvas, head.line(*lid, closed=False), "#3a2a24", head.wide * (0.018 if woman else 0.012))
        brow = ((side * 0.09, 0.4), (side * 0.19, 0.365), (side * 0.3, 0.4))
        _stroke(canvas, head.line(*brow, closed=False), dark, head.wide * (0.02 if woman else 0.032))
    nose = ((0.0, 0.52), (0.035, 0.68), (0.045, 0.735), (0.0, 0.755), (-0.03, 0.745))
    _stroke(canvas, head.line(*nose, closed=False), turned(dress.skin, 0, 1.05, 0.8), head.wide * 0.016)
    if "beard" in words:
        beard = [(-0.4, 0.66), (-0.3, 0.8), (0.0, 0.8), (0.3, 0.8), (0.4, 0.66), (0.36, 1.02), (0.16, 1.28)]
        _fill(canvas, head.line(*beard, (-0.16, 1.28), (-0.36, 1.02)), dress.hair)
    lips = "#b8504e" if woman else "#a8655a"
    _fill(canvas, head.line((-0.13, 0.9), (-0.04, 0.872), (0.04, 0.872), (0.13, 0.9), (0.0, 0.945)), lips)
    _stroke(
        canvas, head.line((-0.13, 0.9), (0.0, 0.908), (0.13, 0.9), closed=False), "#6a2f2c", head.wide * 0.01
    )
    if "glasses" in words:
        for side in (-1, 1):
            rim = head.oval(side * 0.19, 0.5, 0.135, 0.105)
            _stroke(canvas, rim, "#2f2a2c", head.wide * 0.022)
            _stroke(
                canvas,
                head.line((side * 0.325, 0.49), (side * 0.43, 0.52), closed=False),
                "#2f2a2c",
                head.wide * 0.02,
            )
        _stroke(
            canvas,
            head.line((-0.06, 0.49), (0.0, 0.475), (0.06, 0.49), closed=False),
            "#2f2a2c",
            head.wide * 0.02,
        )


def _hair(canvas: Canvas, head: _Head, dress: Dress, words: list[str], *, woman: bool) -> None:
    if "bald" in words or dress.hair == dress.skin:
        return
    if "bun" in words:
        _fill(canvas, head.oval(0.0, 0.02, 0.16, 0.13), dress.hair)
    if "braid" in words:
        for side in (-1, 1):
            braid = ((0.4, 0.6), (0.5, 1.0), (0.46, 1.7), (0.38, 1.7), (0.38, 1.0))
            _fill(canvas, head.line(*((side * x, y) for x, y in braid)), dress.hair)
    # The parting is a little to one side.
    sides = 0.62 if woman else 0.5
    cap = [(-0.44, sides), (-0.47, 0.36), (-0.3, 0.08), (0.0, 0.0), (0.3, 0.08), (0.47, 0.36), (0.44, sides)]
    fringe = [(0.38, 0.42), (0.26, 0.24), (0.08, 0.2), (-0.12, 0.28), (-0.3, 0.3), (-0.38, 0.42)]
    _fill(canvas, head.line(*cap, *fringe), dress.hair)
    shine = ((-0.28, 0.17), (-0.1, 0.08), (0.1, 0.075))
    _stroke(canvas, head.line(*shine, closed=False), turned(dress.hair, 0, 1, 1.35), head.wide * 0.03, 0.5)
