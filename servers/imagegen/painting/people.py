"""People: simple cut-out figures, facing right, told apart by clothes, hair and what they hold."""

from __future__ import annotations

from servers.imagegen.painting.dress import Dress
from servers.imagegen.painting.geometry import (
    Figure,
    Part,
    Point,
    ellipse,
    limb,
    polygon,
    smooth,
    transformed,
)
from servers.imagegen.painting.heads import head
from servers.imagegen.painting.palette import turned

POSES = ("stand", "walk", "run", "sit", "talk", "point", "wave", "read", "cook", "write", "hold")
"""What a person can be shown doing."""
_HANDS: dict[str, tuple[Point, Point, Point, Point]] = {
    # Elbow and hand of the near arm, then of the far one.
    "stand": ((14, 72), (15, 54), (-14, 76), (-8, 56)),
    "walk": ((14, 72), (20, 56), (-15, 76), (-18, 57)),
    "run": ((22, 74), (36, 88), (-20, 78), (-30, 62)),
    "sit": ((14, 70), (30, 58), (-10, 74), (14, 58)),
    "talk": ((19, 72), (37, 84), (4, 72), (30, 70)),
    "point": ((24, 80), (42, 94), (-14, 76), (-8, 56)),
    "wave": ((26, 94), (33, 126), (-14, 76), (-8, 56)),
    "read": ((16, 72), (29, 70), (6, 72), (34, 74)),
    "cook": ((19, 74), (40, 72), (6, 72), (34, 62)),
    "write": ((18, 70), (38, 60), (4, 70), (26, 60)),
    "hold": ((15, 72), (28, 68), (-14, 76), (-8, 56)),
}
_BRINGS = {"read": "book", "cook": "spoon", "write": "pen"}


def person(dress: Dress, pose: str = "stand") -> Figure:
    """A person in one of `POSES`."""
    s, child = dress.size, dress.size < 0.8
    stride = {"walk": 13.0, "run": 20.0}.get(pose, 5.0)
    top = 98.0  # shoulders
    elbow, hand, far_elbow, far_hand = _HANDS[pose]
    brings = dress.holds or _BRINGS.get(pose, "")
    if brings and pose in ("stand", "walk"):
        elbow, hand = _HANDS["hold"][:2]
    if dress.wears.startswith("bubble"):
        return _astronaut(dress, elbow, hand, far_hand)
    far_arm = Part(limb([(-7, top - 6), far_elbow, far_hand], [12, 11, 8]), turned(dress.robe, 0, 1, 0.74))
    far_palm = Part(ellipse(far_hand[0], far_hand[1], 4.6), turned(dress.skin, 0, 1, 0.9))
    upper = [far_arm, far_palm, *_trunk(dress, top, sitting=pose == "sit")]
    upper += head(dress, 15.5 * (1.25 if child else 1.0), top)
    upper += _held(brings, hand)
    upper.append(Part(limb([(8, 92), elbow, hand], [13, 11, 8]), turned(dress.robe, 0, 1, 1.1)))
    upper.append(Part(ellipse(hand[0], hand[1], 5), dress.skin))
    drop = -14.0 if pose == "sit" else 0.0
    parts = [*_legs(dress, pose, stride), *(transformed(part, 0, drop, 1.0) for part in upper)]
    scaled = tuple(transformed(part, 0, 0, s) for part in parts) if s != 1.0 else tuple(parts)
    return Figure(scaled, 62 * s, (150 + drop) * s)


def _legs(dress: Dress, pose: str, stride: float) -> list[Part]:
    shoe = "#33282a"
    if pose == "sit":
        cloth = dress.robe if dress.long else dress.trousers
        wide = (22.0, 20.0, 15.0) if dress.long else (18.0, 15.0, 11.0)
        parts = []
        for dx, shade in ((-5.0, 0.78), (0.0, 1.0)):
            line: list[Point] = [(-4 + dx, 42), (25 + dx, 42), (27 + dx, 5)]
            parts += [
                Part(limb(line[:2], [wide[0], wide[1]], 4), turned(cloth, 0, 1, shade)),
                Part(
                    limb([line[1], (27 + dx, 22), line[2]], [wide[1] * 0.9, 13, wide[2]]),
                    turned(cloth, 0, 1, shade),
                ),
                Part(limb([(26 + dx, 4), (37 + dx, 3.5)], [9, 6]), shoe),
            ]
        return parts
    if dress.long:
        feet = (-stride, stride) if pose in ("walk", "run") else (-8.0, 9.0)
        return [Part(limb([(foot, 4), (foot + 8, 3.5)], [8, 6]), shoe) for foot in feet]
    parts = []
    for foot, shade in ((-stride, 0.78), (stride, 1.0)):
        colour = turned(dress.trousers, 0, 1, shade)
        knee: Point = (foot * 0.6, 30)
        ankle: Point = (foot, 4)
        if pose == "run":
            knee, ankle = ((-9, 30), (-34, 22)) if foot < 0 else ((21, 40), (22, 8))
        parts.append(Part(limb([(0, 56), knee, ankle], [17, 14, 10]), colour))
        parts.append(Part(limb([(ankle[0] - 2, ankle[1]), (ankle[0] + 9, ankle[1] - 0.5)], [9, 6]), shoe))
    return parts


def _trunk(dress: Dress, top: float, *, sitting: bool) -> list[Part]:
    robe = dress.robe
    parts: list[Part] = []
    if dress.long and not sitting:
        body: list[Point] = [(-12, top), (12, top), (17, 70), (25, 8), (0, 4), (-25, 8), (-16, 70)]
        parts.append(Part(smooth(body, sharp=(0, 1, 3, 5), pull=0.8), robe))
        parts.append(Part(limb([(-15.5, 69), (0, 66), (15.5, 69)], [5, 5, 5]), turned(robe, 0, 0.7, 1.25)))
    else:
        low = 52.0 if sitting else 46.0
        body = [(-13, top), (12, top), (17, 76), (18, low), (0, low - 3), (-18, low), (-17, 76)]
        parts.append(Part(smooth(body, sharp=(3, 5), pull=0.9), robe))
        belt = turned(dress.trousers, 0, 1, 0.8)
        if "coat" not in dress.wears:
            parts.append(Part(limb([(-17, 60), (0, 58), (17, 60)], [4, 4, 4]), belt))
    words = dress.wears.split()
    if "coat" in words:  # open over what is worn beneath
        parts.append(Part(polygon([(2, top), (12, top), (14, 70), (9, 52), (4, 66)]), dress.under))
        parts.append(Part(smooth([(2, top), (4, 74), (6, 48)], closed=False), turned(robe, 0, 1, 0.8), 1.6))
    if "apron" in words:
        parts.append(Part(smooth([(-4, 86), (14, 86), (20, 48), (-8, 46)], sharp=(0, 1, 2, 3)), "#f7f2e6"))
    if "suit" in words:
        parts.append(Part(polygon([(0, top), (13, top), (8, 76)]), "#f7f3ea"))
        parts.append(Part(polygon([(6, top - 2), (10, top - 2), (10, 82), (8, 78)]), dress.under))
    if "sash" in words:
        parts.append(Part(polygon([(-12, top - 4), (-6, top), (18, 60), (17, 52)]), "#d9503c"))
    if "stethoscope" in words:
        parts.append(Part(smooth([(-2, top), (6, 82), (13, top)], closed=False), "#3a3f48", 2.2))
        parts.append(Part(ellipse(6, 80, 3.4), "#8f98a2"))
    if "pack" in words:
        parts.insert(0, Part(smooth([(-34, 60), (-36, 88), (-22, 96), (-12, 90), (-12, 58)]), "#c8703f"))
    if "vest" in words:
        for y in (84, 70):
            parts.append(Part(limb([(-16, y), (16, y)], [4, 4], 3), "#f4e06a"))
    if "scarf" in words:
        parts.append(Part(limb([(-10, top), (0, top - 4), (11, top)], [8, 9, 8]), "#d9402e"))
    return parts


def _held(what: str, hand: Point) -> list[Part]:
    """What is in the near hand."""
    x, y = hand
    wood = "#6b4a35"
    if what == "stick":
        return [Part(limb([(x + 2, 2), (x + 1, y * 0.9), (x, y + 24)], [4, 4, 5]), wood)]
    if what == "spear":
        return [
            Part(limb([(x, 2), (x, 158)], [3.4, 3], 3), wood),
            Part(polygon([(x, 184), (x + 6, 162), (x, 156), (x - 6, 162)]), "#c9ccd0"),
            Part(limb([(x, 156), (x + 5, 144)], [6, 2], 3), "#c8402f"),
        ]
    if what == "hoe":
        return [
            Part(limb([(x + 6, 20), (x - 22, 128)], [3.4, 3.4], 3), wood),
            Part(limb([(x - 22, 128), (x - 42, 118)], [5, 9], 3), "#8d9298"),
        ]
    if what == "book":
        return [
            Part(polygon([(x - 4, y - 6), (x + 20, y + 2), (x + 20, y + 22), (x - 4, y + 14)]), "#a8483a"),
            Part(polygon([(x - 2, y - 3), (x + 18, y + 4), (x + 18, y + 20), (x - 2, y + 13)]), "#f7efdc"),
        ]
    if what == "spoon":
        return [
            Part(limb([(x - 2, y + 8), (x + 16, y - 24)], [4, 3], 3), "#8a929a"),
            Part(ellipse(x + 18, y - 28, 8, 6, -40), "#8a929a"),
        ]
    if what == "pen":
        return [Part(limb([(x + 8, y + 14), (x - 1, y - 6)], [3.4, 2], 3), "#d9a53c")]
    if what == "mic":
        return [
            Part(limb([(x, y - 6), (x + 4, y + 12)], [6, 7], 3), "#3a3f48"),
            Part(ellipse(x + 5, y + 17, 7), "#6a727c"),
        ]
    if what == "flask":
        return [
            Part(
                polygon(
                    [
                        (x - 8, y + 2),
                        (x + 14, y + 2),
                        (x + 6, y + 20),
                        (x + 6, y + 30),
                        (x, y + 30),
                        (x, y + 20),
                    ]
                ),
                "#dceef2",
            ),
            Part(polygon([(x - 8, y + 2), (x + 14, y + 2), (x + 9, y + 13), (x - 3, y + 13)]), "#5fb88f"),
        ]
    if what == "brush":
        return [
            Part(limb([(x - 6, y - 10), (x + 16, y + 22)], [3.4, 3], 3), wood),
            Part(ellipse(x + 18, y + 26, 4, 7, -34), "#d9503c"),
        ]
    if what == "tool":
        return [
            Part(limb([(x, y - 12), (x + 8, y + 26)], [5, 5], 3), "#8d9298"),
            Part(ellipse(x + 9, y + 29, 9, 6, 20), "#8d9298"),
        ]
    if what == "bag":
        return [
            Part(polygon([(x - 15, y - 34), (x + 17, y - 34), (x + 15, y - 8), (x - 13, y - 8)]), "#6b4632"),
            Part(smooth([(x - 7, y - 8), (x, y + 1), (x + 8, y - 8)], closed=False), "#4a3022", 3),
        ]
    return []


def _astronaut(dress: Dress, elbow: Point, hand: Point, far_hand: Point) -> Figure:
    white, grey = dress.robe, turned(dress.robe, 0, 1, 0.82)
    parts = [
        Part(polygon([(-32, 52), (-14, 52), (-14, 104), (-32, 104)]), "#b9c0c7"),
        *[
            Part(limb([(x, 54), (x * 1.2, 30), (x * 1.3, 8)], [23, 21, 19]), c)
            for x, c in ((-9.0, grey), (10.0, white))
        ],
        *[Part(limb([(x - 6, 5), (x + 10, 5)], [12, 12]), "#8a929a") for x in (-11.0, 13.0)],
        Part(limb([(-8, 90), (-20, 74), (far_hand[0] - 10, far_hand[1])], [18, 16, 14]), grey),
        Part(smooth([(-22, 50), (22, 50), (24, 80), (16, 102), (-16, 102), (-24, 80)]), white),
        Part(polygon([(-2, 66), (18, 66), (18, 84), (-2, 84)]), "#c3c9cf"),
        Part(ellipse(3, 75, 3), "#e2574c"),
        Part(ellipse(11, 75, 3), "#4f8fd9"),
        Part(ellipse(2, 122, 29), white),
        Part(ellipse(8, 122, 21, 19), "#2f4a6a"),
        Part(ellipse(8, 118, 12, 12), dress.skin),
        Part(ellipse(13, 120, 1.9), "#2a1f1c"),
        Part(smooth([(-4, 128), (4, 138), (14, 138), (4, 130)]), "#9fc4e4"),
        Part(limb([(10, 92), elbow, hand], [18, 16, 13]), turned(white, 0, 1, 0.95)),
        Part(ellipse(hand[0], hand[1], 8), "#d9dde0"),
        Part(polygon([(-16, 88), (-4, 88), (-4, 96), (-16, 96)]), "#d9402e"),
    ]
    return Figure(tuple(parts), 80, 152)
