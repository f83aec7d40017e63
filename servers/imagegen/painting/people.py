"""People: simple cut-out figures, facing right, told apart by clothes, hair and what they hold."""

from __future__ import annotations

import dataclasses

from servers.imagegen.painting.geometry import Figure, Part, ellipse, limb, polygon, smooth
from servers.imagegen.painting.palette import turned


@dataclasses.dataclass(frozen=True)
class Dress:
    """What makes one kind of person. A grown man is about 150 units high."""

    robe: str
    trousers: str = "#4a4352"
    hair: str = "#2f2522"
    size: float = 1.0
    long: bool = False
    """A dress or a robe down to the ankles."""
    wears: str = ""
    """hat, crown, bun, braid, helmet, beard, hood; several are parted by blanks."""
    holds: str = ""
    """stick, spear, hoe, book or nothing."""
    skin: str = "#e6b48c"


PEOPLE: dict[str, Dress] = {
    "man": Dress("#4f6d8f"),
    "woman": Dress("#b8506a", long=True, wears="bun"),
    "boy": Dress("#d98c3f", size=0.68),
    "girl": Dress("#d9687a", size=0.68, long=True, wears="braid"),
    "child": Dress("#cf7a45", size=0.66),
    "old man": Dress("#7a6f63", hair="#e8e4dc", wears="beard", holds="stick", long=True, size=0.95),
    "old woman": Dress("#6f5a6e", hair="#e2ded8", wears="bun", holds="stick", long=True, size=0.92),
    "farmer": Dress("#7d8b55", "#5b5044", wears="hat", holds="hoe"),
    "fisherman": Dress("#5b7f86", "#5b5044", wears="hat"),
    "shepherd": Dress("#8a7a5a", "#5b5044", wears="hood", holds="stick"),
    "hunter": Dress("#5f6b45", "#463d34", wears="hood", holds="spear"),
    "king": Dress("#8f2f3f", long=True, wears="crown beard", size=1.05),
    "queen": Dress("#6b3f7f", long=True, wears="crown bun"),
    "prince": Dress("#3f5f9f", wears="crown"),
    "princess": Dress("#c76a94", long=True, wears="crown braid", size=0.94),
    "soldier": Dress("#7a3f3a", "#4a4a50", wears="helmet", holds="spear"),
    "scholar": Dress("#5d7a8c", long=True, wears="bun", holds="book"),
    "monk": Dress("#c98a3a", long=True, hair="#e6b48c"),
}


def person(kind: str, *, walking: bool = False, pointing: bool = False) -> Figure:
    """A person of `PEOPLE`."""
    dress = PEOPLE[kind]
    s = dress.size
    child = s < 0.8
    stride = 13.0 if walking else 5.0
    top = 98.0  # shoulders
    parts: list[Part] = []
    if not dress.long:
        for foot, shade in ((-stride, 0.78), (stride, 1.0)):
            colour = turned(dress.trousers, 0, 1, shade)
            parts.append(Part(limb([(0, 56), (foot * 0.6, 30), (foot, 4)], [17, 14, 10]), colour))
            parts.append(Part(limb([(foot - 2, 4), (foot + 9, 3.5)], [9, 6]), "#33282a"))
    else:
        for foot in (-8.0, 9.0):
            parts.append(Part(limb([(foot, 4), (foot + 8, 3.5)], [8, 6]), "#33282a"))
    parts.append(
        Part(
            limb([(-7, top - 6), (-14, 76), (-6 - stride * 0.4, 56)], [12, 11, 8]),
            turned(dress.robe, 0, 1, 0.74),
        )
    )
    if dress.long:
        body = [(-12, top), (12, top), (17, 70), (25, 8), (0, 4), (-25, 8), (-16, 70)]
        parts.append(Part(smooth(body, sharp=(0, 1, 3, 5), pull=0.8), dress.robe))
        parts.append(
            Part(limb([(-15.5, 69), (0, 66), (15.5, 69)], [5, 5, 5]), turned(dress.robe, 0, 0.7, 1.25))
        )
    else:
        body = [(-13, top), (12, top), (17, 76), (18, 46), (0, 43), (-18, 46), (-17, 76)]
        parts.append(Part(smooth(body, sharp=(3, 5), pull=0.9), dress.robe))
        parts.append(Part(limb([(-17, 60), (0, 58), (17, 60)], [4, 4, 4]), turned(dress.trousers, 0, 1, 0.8)))
    parts += _head(dress, 15.5 * (1.25 if child else 1.0), top)
    parts += _arm(dress, pointing, stride)
    scaled = tuple(_scaled(part, s) for part in parts) if s != 1.0 else tuple(parts)
    return Figure(scaled, 62 * s, 150 * s)


def _arm(dress: Dress, pointing: bool, stride: float) -> list[Part]:
    hand = (40.0, 92.0) if pointing else (24.0, 64.0) if dress.holds else (12 + stride * 0.5, 54.0)
    elbow = (24.0, 80.0) if pointing else (14.0, 72.0)
    parts: list[Part] = []
    if dress.holds == "stick":
        parts.append(Part(limb([(26, 2), (25, 60), (24, 88)], [4, 4, 5]), "#6b4a35"))
    elif dress.holds == "spear":
        parts.append(Part(limb([(25, 2), (25, 150)], [3.4, 3]), "#6b4a35"))
        parts.append(Part(polygon([(25, 176), (31, 154), (25, 148), (19, 154)]), "#c9ccd0"))
    elif dress.holds == "hoe":
        parts.append(Part(limb([(30, 20), (2, 128)], [3.4, 3.4]), "#6b4a35"))
        parts.append(Part(limb([(2, 128), (-18, 118)], [5, 9]), "#8d9298"))
    elif dress.holds == "book":
        parts.append(Part(polygon([(18, 62), (40, 68), (40, 84), (18, 78)]), "#efe3c6"))
    parts.append(Part(limb([(8, 92), elbow, hand], [13, 11, 8]), turned(dress.robe, 0, 1, 1.1)))
    parts.append(Part(ellipse(hand[0], hand[1], 5), dress.skin))
    return parts


def _head(dress: Dress, radius: float, top: float) -> list[Part]:
    x, y = 2.0, top + radius * 1.12
    words = dress.wears.split()
    parts = [Part(limb([(0, top - 6), (1, top + 8)], [11, 10]), turned(dress.skin, 0, 1, 0.86))]
    if "braid" in words:
        parts.append(Part(limb([(x - 12, y + 2), (x - 20, y - 14), (x - 16, y - 34)], [9, 8, 4]), dress.hair))
    parts.append(Part(ellipse(x - 2.5, y + 2, radius * 1.08), dress.hair))
    if "bun" in words:
        parts.append(Part(ellipse(x - 6, y + radius * 1.25, radius * 0.44), dress.hair))
    face = [
        (x - 4, y + 6),
        (x + radius * 0.6, y + 8),
        (x + radius * 0.98, y - 1),
        (x + radius * 0.6, y - radius * 0.86),
        (x - 3, y - radius * 0.84),
        (x - 8, y - 3),
    ]
    parts.append(Part(smooth(face), dress.skin))
    parts.append(Part(ellipse(x + radius * 0.48, y + 0.5, 1.9), "#2a1f1c"))
    parts.append(Part(ellipse(x + radius * 0.2, y - 5, 2.6, 2), "#dd9678"))
    if "beard" in words:
        beard = [
            (x - 4, y - 4),
            (x + radius * 0.9, y - 5),
            (x + radius * 0.7, y - 22),
            (x + 4, y - 32),
            (x - 3, y - 18),
        ]
        parts.append(Part(smooth(beard, sharp=(3,)), dress.hair))
    if "hat" in words:
        parts.append(Part(polygon([(x - 30, y + 4), (x, y + 30), (x + 30, y + 4)]), "#d9b871"))
        parts.append(Part(polygon([(x - 30, y + 4), (x - 4, y + 27), (x - 8, y + 4)]), "#c3a05b"))
    if "hood" in words:
        hood = [
            (x - 16, y - 12),
            (x - 17, y + 10),
            (x - 3, y + 20),
            (x + 12, y + 12),
            (x + 4, y + 6),
            (x - 6, y - 12),
        ]
        parts.append(Part(smooth(hood, sharp=(0, 5)), turned(dress.robe, 0, 1, 0.7)))
    if "helmet" in words:
        parts.append(
            Part(
                smooth([(x - 17, y + 2), (x - 10, y + 18), (x + 8, y + 18), (x + 16, y + 4)], sharp=(0, 3)),
                "#9aa0a8",
            )
        )
        parts.append(Part(limb([(x, y + 17), (x - 4, y + 28), (x - 14, y + 30)], [4, 5, 2]), "#c43f3a"))
    if "crown" in words:
        crown = [
            (x - 15, y + 10),
            (x - 17, y + 28),
            (x - 8, y + 19),
            (x - 1, y + 31),
            (x + 6, y + 19),
            (x + 14, y + 27),
            (x + 12, y + 10),
        ]
        parts.append(Part(polygon(crown), "#e8bd48"))
        parts.append(Part(ellipse(x - 1, y + 16, 2.6), "#c43f3a"))
    return parts


def _scaled(part: Part, size: float) -> Part:
    """A part with all its numbers multiplied: only for paths without arcs' flags, or with them kept."""
    import re

    def arc(match: re.Match[str]) -> str:
        rx, ry, turn, large, sweep, x, y = match.group(1).split()
        grown = [f"{float(value) * size:.1f}" for value in (rx, ry, x, y)]
        return f"A{grown[0]} {grown[1]} {turn} {large} {sweep} {grown[2]} {grown[3]}"

    pieces = re.split(r"(A[^A-Z]+)", part.d)
    out = [
        re.sub(r"A([^A-Z]+)", arc, piece)
        if piece.startswith("A")
        else re.sub(r"-?\d+(?:\.\d+)?", lambda found: f"{float(found.group()) * size:.1f}", piece)
        for piece in pieces
    ]
    return Part("".join(out), part.colour, part.width * size)
