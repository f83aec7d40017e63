"""What is eaten and drunk. About 100 units high each, whatever its size in life."""

from __future__ import annotations

import math

from servers.imagegen.painting.geometry import Figure, Part, Point
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, box, dark, disc, figure, line, oval, pale, poly

_CHINA = "#f4efe4"


def plate(colour: str = _CHINA, half: float = 110.0) -> list[Part]:
    """A plate, seen from a little above."""
    return [
        oval(0, 12, half, 22, dark(colour, 0.82)),
        oval(0, 17, half, 22, colour),
        oval(0, 17, half * 0.74, 14, dark(colour, 0.93)),
    ]


def bowl_back(colour: str, half: float = 80.0, top: float = 74.0) -> list[Part]:
    """The far rim and the inside of a bowl; its content comes next, then `bowl_front`."""
    return [oval(0, top, half, 17, colour), oval(0, top - 2, half - 6, 14, dark(colour, 0.75))]


def bowl_front(colour: str, half: float = 80.0, top: float = 74.0, band: str = "#4f7fa6") -> list[Part]:
    """The near side of a bowl, in front of its content."""
    side: list[Point] = [(-half, top), (-half * 0.86, top * 0.42), (-half * 0.4, 8), (half * 0.4, 8)]
    front = [*side, (half * 0.86, top * 0.42), (half, top), (half * 0.5, top - 13), (-half * 0.5, top - 13)]
    rim: list[Point] = [(-half * 0.93, top * 0.66), (0, top * 0.66 - 14), (half * 0.93, top * 0.66)]
    return [
        box(-half * 0.4, 0, half * 0.8, 12, dark(colour, 0.8)),
        blob(colour, *front, sharp=(0, 5), pull=0.9),
        blob(
            pale(colour, 0.5), (-half * 0.8, top * 0.72), (-half * 0.62, top * 0.3), (-half * 0.5, top * 0.32)
        ),
        line(band, 5, *rim),
    ]


def steam(x: float = 0.0, y: float = 0.0, high: float = 80.0) -> list[Part]:
    """Three threads of steam."""
    out = []
    for dx, grow in ((-26.0, 0.8), (0.0, 1.0), (26.0, 0.75)):
        h = high * grow
        curl: list[Point] = [
            (x + dx, y),
            (x + dx + 9, y + h * 0.3),
            (x + dx - 7, y + h * 0.62),
            (x + dx + 5, y + h),
        ]
        out.append(bar("#f6f3ec", (3.0, 9.0, 7.0, 1.0), *curl))
    return out


def egg(look: Look) -> Figure:
    shell = look.paint("#f0d3ac", "#e8bf94", "#f6ead6")
    outline: list[Point] = [(0, 0), (30, 10), (38, 40), (26, 78), (0, 98), (-26, 78), (-38, 40), (-30, 10)]
    light: list[Point] = [(-14, 46), (-4, 50), (-2, 76), (-12, 70)]
    return figure(
        [
            blob(shell, *outline),
            blob(dark(shell, 0.88), (30, 10), (38, 40), (26, 78), (22, 40), (0, 2)),
            blob(pale(shell, 0.6), *light),
        ],
        78,
        98,
    )


def _round(colour: str, leaf: list[Part], squash: float = 0.86) -> Figure:
    """A round fruit with its stalk."""
    top = 100 * squash
    parts = [
        oval(0, top / 2, 52, top / 2, colour),
        blob(dark(colour, 0.84), (20, 2), (50, top * 0.4), (34, top * 0.88), (36, top * 0.4), (0, 0)),
        oval(-22, top * 0.66, 9, 14, pale(colour, 0.5), 30),
    ]
    return figure([*parts, *leaf], 104, top + 14)


def tomato(look: Look) -> Figure:
    star = [
        bar("#4c8a3c", (9.0, 2.0), (0, 84), (math.cos(a) * 30, 84 + math.sin(a) * 12))
        for a in (0.1, 1.2, 2.0, 3.0, 4.0, 5.4)
    ]
    return _round(look.paint("#d9402e", "#e24a34"), [*star, bar("#3f7434", 6, (0, 84), (5, 100))])


def apple(look: Look) -> Figure:
    leaf = [
        bar("#6b4a35", 5, (0, 88), (6, 112)),
        blob("#6aa84a", (6, 102), (24, 116), (42, 110), (26, 100), sharp=(0, 2)),
    ]
    return _round(look.paint("#cf3b32", "#d8573a", "#9cbf45"), leaf, 0.94)


def orange(look: Look) -> Figure:
    return _round(
        look.paint("#f0922e"),
        [disc(0, 92, 5, "#5c8a3a"), blob("#6aa84a", (3, 94), (20, 108), (38, 100), (20, 92), sharp=(0, 2))],
        0.98,
    )


def peach(look: Look) -> Figure:
    own = look.paint("#f2a48c")
    cleft = line(dark(own, 0.8), 4, (4, 92), (-8, 60), (2, 20))
    return _round(own, [cleft, blob("#6aa84a", (2, 92), (30, 104), (54, 92), (28, 84), sharp=(0, 2))], 0.96)


def potato(look: Look) -> Figure:
    skin = look.paint("#c79a62", "#b98a55")
    outline: list[Point] = [(-60, 30), (-46, 62), (-4, 72), (44, 66), (64, 36), (48, 8), (0, 0), (-44, 6)]
    eyes = [oval(x, y, 5, 3, dark(skin, 0.75)) for x, y in ((-30, 40), (6, 54), (30, 28), (-6, 22))]
    return figure(
        [blob(skin, *outline), blob(dark(skin, 0.86), (64, 36), (48, 8), (0, 0), (-30, 4), (20, 20)), *eyes],
        126,
        72,
    )


def onion(look: Look) -> Figure:
    skin = look.paint("#c9803f", "#a85a6e")
    body: list[Point] = [
        (0, 4),
        (38, 12),
        (48, 42),
        (26, 72),
        (6, 98),
        (-4, 98),
        (-26, 72),
        (-48, 42),
        (-38, 12),
    ]
    lines = [line(dark(skin, 0.82), 2.5, (x * 0.2, 90), (x, 44), (x * 0.4, 6)) for x in (-30, -10, 12, 32)]
    return figure([blob(skin, *body), *lines, oval(-20, 50, 6, 14, pale(skin, 0.45), 10)], 98, 100)


def garlic(look: Look) -> Figure:
    body: list[Point] = [
        (0, 2),
        (42, 8),
        (46, 38),
        (16, 66),
        (5, 98),
        (-5, 98),
        (-16, 66),
        (-46, 38),
        (-42, 8),
    ]
    lines = [line("#c9b6bd", 3, (x * 0.15, 72), (x, 34), (x * 0.6, 6)) for x in (-22, 0, 22)]
    return figure([blob("#f3ebe4", *body), *lines, oval(0, 3, 14, 4, "#b9a58c")], 92, 98)


def ginger(look: Look) -> Figure:
    own = "#d9b06a"
    lumps = [
        oval(x, y, rx, ry, own, t)
        for x, y, rx, ry, t in (
            (0, 30, 52, 26, 0.0),
            (-44, 46, 24, 18, 40),
            (40, 50, 28, 18, -30),
            (14, 62, 18, 22, 0),
        )
    ]
    return figure([*lumps, *[line(dark(own, 0.8), 2.5, (x, 14), (x + 4, 46)) for x in (-26, 0, 26)]], 130, 84)


def carrot(look: Look) -> Figure:
    own = look.paint("#ec7f2c")
    body: list[Point] = [(70, 52), (60, 22), (-70, 6), (-84, 12), (-72, 22), (54, 66)]
    tops = [
        bar("#5c9440", (6.0, 9.0, 2.0), (66, 46), (94, 46 + d * 0.5), (122, 46 + d))
        for d in (-14, 12, 40, 62)
    ]
    rings = [line(dark(own, 0.82), 2.5, (x, 18 + x * 0.13), (x + 4, 30 + x * 0.16)) for x in (-40, -8, 26)]
    return figure([*tops, blob(own, *body), *rings], 210, 104)


def scallion(look: Look) -> Figure:
    parts: list[Part] = []
    for dx, dy in ((-12.0, 0.0), (6.0, 8.0), (20.0, -2.0)):
        y = 22 + dy
        parts.append(bar("#f4f2e2", (15.0, 11.0), (-110 + dx, y), (-40 + dx, y + 2)))
        parts.append(bar("#a9c96a", (11.0, 12.0), (-42 + dx, y + 2), (0 + dx, y + 4)))
        for fan in (-10, 14):
            parts.append(
                bar(
                    "#4f9440",
                    (12.0, 12.0, 2.0),
                    (-4 + dx, y + 4),
                    (60 + dx, y + 8 + fan * 0.5),
                    (120 + dx, y + 8 + fan * 1.6),
                )
            )
        parts += [line("#cfc7a8", 2, (-112 + dx, y), (-126 + dx, y + d)) for d in (-8, 0, 8)]
    return figure([*parts, bar("#c8503f", 8, (-30, 8), (-28, 46))], 250, 60)


def cabbage(look: Look) -> Figure:
    own = look.paint("#a9cc78")
    outer: list[Point] = [(0, 0), (56, 10), (72, 50), (48, 92), (0, 104), (-48, 92), (-72, 50), (-56, 10)]
    leaf: list[Point] = [(-60, 12), (-20, 30), (-10, 70), (-40, 90), (-70, 50)]
    other: list[Point] = [(60, 12), (14, 22), (6, 66), (40, 90), (70, 50)]
    veins = [line("#e6f2cf", 4, (0, 6), (x * 0.6, 50), (x, 88)) for x in (-30, 0, 30)]
    return figure(
        [blob(dark(own, 0.86), *outer), blob(own, *leaf), blob(pale(own, 0.2), *other), *veins], 144, 104
    )


def pepper(look: Look) -> Figure:
    own = look.paint("#d93a2c")
    body: list[Point] = [(-64, 10), (-30, 12), (20, 34), (46, 62), (60, 50), (46, 18), (0, -1)]
    return figure(
        [
            blob(own, *body, sharp=(0,)),
            bar("#4c8a3c", (12.0, 5.0), (52, 58), (66, 82)),
            line(pale(own, 0.5), 4, (0, 14), (34, 40)),
        ],
        134,
        86,
    )


def lemon(look: Look) -> Figure:
    own = look.paint("#f2d13c")
    body: list[Point] = [(-62, 36), (-44, 60), (0, 74), (44, 60), (64, 36), (44, 10), (0, 0), (-44, 10)]
    return figure(
        [
            blob(own, *body, sharp=(0, 4)),
            blob(dark(own, 0.87), (64, 36), (44, 10), (0, 0), (-30, 6), (30, 22)),
            oval(-16, 54, 14, 6, pale(own, 0.6), 16),
        ],
        128,
        74,
    )


def banana(look: Look) -> Figure:
    parts = []
    for shade, dy in ((0.86, 16.0), (1.0, 0.0)):
        own = dark("#f2cf45", shade)
        parts.append(
            blob(
                own,
                (-70, 60 + dy),
                (-40, 22 + dy),
                (20, 2 + dy),
                (76, 26 + dy),
                (72, 34 + dy),
                (20, 32 + dy),
                (-24, 52 + dy),
                (-58, 74 + dy),
                sharp=(0, 3),
            )
        )
    return figure([*parts, bar("#6b5a2f", 9, (-66, 66), (-76, 82)), disc(75, 30, 5, "#5c4a26")], 150, 96)


def pear(look: Look) -> Figure:
    own = look.paint("#b9c751", "#d9b84a")
    body: list[Point] = [
        (0, 0),
        (42, 12),
        (46, 42),
        (22, 72),
        (14, 100),
        (-10, 102),
        (-20, 72),
        (-46, 42),
        (-42, 12),
    ]
    return figure(
        [blob(own, *body), oval(-20, 40, 7, 18, pale(own, 0.45), 12), bar("#6b4a35", 5, (2, 98), (8, 120))],
        92,
        120,
    )


def strawberry(look: Look) -> Figure:
    own = look.paint("#dc3545")
    body: list[Point] = [(0, 0), (34, 30), (46, 62), (22, 82), (-22, 82), (-46, 62), (-34, 30)]
    seeds = [
        oval(x, y, 2.4, 3.4, "#f7d98a")
        for x, y in ((0, 20), (-16, 42), (16, 42), (0, 58), (-28, 64), (28, 64))
    ]
    leaves = [
        bar("#5c9440", (10.0, 2.0), (0, 80), (math.cos(a) * 38, 84 + math.sin(a) * 18))
        for a in (0.0, 0.8, 1.57, 2.4, 3.14)
    ]
    return figure([blob(own, *body), *seeds, *leaves], 92, 102)


def cherry(look: Look) -> Figure:
    own = look.paint("#b8203a")
    stems = [
        line("#5c7a35", 4, (-28, 52), (-10, 90), (18, 118)),
        line("#5c7a35", 4, (34, 44), (32, 86), (18, 118)),
    ]
    balls = [
        part
        for x, y in ((-28.0, 28.0), (34.0, 24.0))
        for part in (disc(x, y, 27, own), oval(x - 9, y + 9, 5, 8, pale(own, 0.55), 30))
    ]
    return figure(
        [*stems, *balls, blob("#6aa84a", (18, 116), (44, 130), (66, 118), (42, 108), sharp=(0, 2))], 124, 126
    )


def watermelon(look: Look) -> Figure:
    body: list[Point] = [(-86, 58), (86, 58), (62, 20), (0, 0), (-62, 20)]

    def cut(k: float, c: str) -> Part:
        return blob(c, *((x * k, 58 - (58 - y) * k) for x, y in body), sharp=(0, 1))

    seeds = [oval(x, y, 3, 5, "#3a2622") for x, y in ((-40, 44), (-14, 32), (14, 34), (40, 44), (0, 48))]
    return figure([cut(1.0, "#3f7d3a"), cut(0.91, "#dff0c0"), cut(0.85, "#e24a45"), *seeds], 172, 60)


def pumpkin(look: Look) -> Figure:
    own = look.paint("#e5842d")
    ribs = [
        oval(x, 44, rx, 43, dark(own, s))
        for x, rx, s in ((-46, 34, 0.84), (46, 34, 0.84), (-22, 34, 0.93), (22, 34, 0.93), (0, 30, 1.0))
    ]
    return figure([*ribs, bar("#5c7a35", (16.0, 9.0), (0, 80), (10, 106))], 160, 106)


def plated(*food: Part) -> Figure:
    """Food on a plate."""
    return figure([*plate(), *food], 220, 80)


def fish(look: Look) -> Figure:
    own = look.paint("#8fa3ad", "#c98a5c")
    body: list[Point] = [(-72, 34), (-40, 52), (10, 58), (62, 44), (84, 32), (62, 22), (10, 12), (-40, 18)]
    return plated(
        poly(dark(own), (-66, 34), (-104, 58), (-96, 34), (-104, 12)),
        blob(own, *body),
        blob(pale(own, 0.5), (-40, 22), (10, 14), (62, 24), (10, 26)),
        *[line(dark(own), 3, (x, 46), (x + 8, 34), (x, 24)) for x in (-34, -8, 18)],
        disc(62, 38, 5, "#fdf8ec"),
        disc(63, 38, 2.6, "#221a18"),
        *[bar("#5c9440", 7, (x, 58), (x + 22, 62)) for x in (-30, 6)],
    )


def meat(look: Look) -> Figure:
    slab: list[Point] = [(-78, 26), (-62, 56), (-10, 66), (48, 62), (80, 40), (66, 18), (0, 12), (-62, 14)]
    return plated(
        blob("#b8443f", *slab),
        *[bar("#f2d3c4", (3.0, 8.0, 3.0), (-60, y), (0, y + 10), (60, y + 2)) for y in (26, 42)],
        disc(52, 42, 9, "#f2e6d8"),
    )


def chicken(look: Look) -> Figure:
    own = "#c9803c"
    return plated(
        blob(own, (-66, 24), (-56, 62), (-6, 84), (44, 70), (66, 36), (40, 16), (-40, 14)),
        blob(pale(own, 0.25), (-40, 56), (-6, 76), (20, 70), (-10, 60)),
        blob(dark(own, 0.86), (10, 20), (30, 50), (66, 48), (72, 26), (40, 12)),
        bar("#f4ead6", (9.0, 12.0), (72, 34), (98, 44)),
        oval(-70, 22, 18, 9, "#6aa84a"),
        oval(-54, 17, 16, 8, "#85b85a"),
    )


def shrimp(look: Look) -> Figure:
    parts: list[Part] = []
    for x, y in ((-44.0, 26.0), (4.0, 38.0), (46.0, 24.0)):
        parts.append(
            bar(
                "#ee7d54",
                (6.0, 17.0, 19.0, 13.0, 5.0),
                (x + 26, y + 4),
                (x + 20, y + 24),
                (x - 4, y + 30),
                (x - 20, y + 12),
                (x - 10, y - 2),
            )
        )
        parts += [line("#fbd9c4", 3, (x + dx, y + 14), (x + dx, y + 30)) for dx in (-10, 4)]
    return plated(*parts)


def dumpling(look: Look) -> Figure:
    parts: list[Part] = []
    for x, y in ((-50.0, 26.0), (0.0, 34.0), (50.0, 26.0), (-26.0, 14.0), (28.0, 14.0)):
        parts.append(
            blob(
                "#f3e6cb",
                (x - 34, y),
                (x - 20, y + 26),
                (x + 4, y + 32),
                (x + 26, y + 22),
                (x + 36, y),
                (x, y - 5),
            )
        )
        parts += [
            line("#d3bf98", 3, (x + dx, y + 28 - abs(dx) * 0.3), (x + dx * 0.8, y + 16))
            for dx in (-18, -6, 6, 18)
        ]
    return plated(*parts)


def rice(look: Look) -> Figure:
    grains = [
        oval(
            look.draw.uniform(-54, 54),
            84 + look.draw.uniform(-6, 20),
            6,
            2.6,
            "#ffffff",
            look.draw.uniform(0, 180),
        )
        for _ in range(24)
    ]
    heap = blob("#f6f2e6", (-70, 74), (-50, 100), (0, 116), (50, 100), (70, 74), (0, 62))
    return figure([*bowl_back(_CHINA), heap, *grains, *bowl_front(_CHINA, band="#3f6fa0")], 160, 116)


def noodles(look: Look) -> Figure:
    strands = [
        line(c, 6, (-62, 76 + d), (-24, 92 + d), (14, 78 + d), (60, 90 + d))
        for d, c in ((-4, "#d9b25c"), (4, "#f0d083"), (10, "#e3bf6c"), (0, "#f5dc9a"))
    ]
    lifted = [line("#f0d083", 5, (x, 88), (x + 4, 120), (20, 150)) for x in (6, 18, 30)]
    sticks = [bar("#8a4a35", 5, (0, 132 + d), (116, 176 + d)) for d in (0, 12)]
    bowl = "#c8503f"
    return figure(
        [
            *bowl_back(bowl),
            *strands,
            *lifted,
            *sticks,
            *[disc(x, 84, 5, "#5c9440") for x in (-40, -28, 48)],
            *bowl_front(bowl, band="#f4d9a8"),
        ],
        196,
        150,
    )


def soup(look: Look) -> Figure:
    own = look.paint("#4f7fa6", "#c8905a", "#6f8f5a")
    return figure(
        [
            *bowl_back(own),
            oval(0, 73, 70, 12, "#e0a04a"),
            *[oval(x, 74, 8, 3, c) for x, c in ((-34, "#5c9440"), (6, "#d9503c"), (36, "#5c9440"))],
            *bowl_front(own, band="#f4ead6"),
            *steam(0, 84),
        ],
        160,
        160,
    )


def bread(look: Look) -> Figure:
    crust = look.paint("#c98a4a", "#b8743a")
    loaf: list[Point] = [(-96, 20), (-88, 54), (-40, 78), (40, 78), (88, 54), (96, 20), (70, 2), (-70, 2)]
    cuts = [bar("#f2d7a4", (3.0, 11.0, 3.0), (x - 12, 42), (x, 60), (x + 14, 70)) for x in (-48, -6, 36)]
    return figure(
        [blob(crust, *loaf), blob(dark(crust, 0.84), (-92, 20), (0, 12), (94, 20), (70, 2), (-70, 2)), *cuts],
        192,
        80,
    )


def cake(look: Look) -> Figure:
    cream, base = look.paint("#f7e3e0", "#fbf1dc"), "#d9a066"
    drips = [
        blob(cream, (x - 11, 76), (x + 11, 76), (x + 9, 56), (x, 48 + (i % 2) * 8), (x - 9, 56), sharp=(0, 1))
        for i, x in enumerate(range(-70, 71, 20))
    ]
    berries = [
        part
        for x in (-48, -16, 16, 48)
        for part in (disc(x, 92, 11, "#d93a48"), disc(x - 3, 95, 3, "#f49aa2"))
    ]
    candles = [
        part
        for x in (-30, 0, 30)
        for part in (
            bar("#6f9fc9", 6, (x, 92), (x, 124)),
            blob("#f7b733", (x, 126), (x + 6, 134), (x, 146), (x - 6, 134)),
        )
    ]
    return figure(
        [
            *plate(),
            box(-82, 18, 164, 60, base, 8),
            box(-82, 40, 164, 8, "#f7ead2"),
            *drips,
            oval(0, 80, 82, 15, pale(cream, 0.4)),
            *candles,
            *berries,
        ],
        220,
        146,
    )


def cheese(look: Look) -> Figure:
    return figure(
        [
            poly("#f2c14a", (-80, 0), (80, 0), (80, 62), (-80, 22)),
            poly("#f8d877", (-80, 22), (80, 62), (30, 80)),
            *[
                oval(x, y, r, r * 0.8, "#d9a534")
                for x, y, r in ((20, 22, 9), (54, 40, 7), (-20, 14, 6), (56, 14, 6))
            ],
        ],
        160,
        80,
    )


def butter(look: Look) -> Figure:
    return plated(
        poly("#f2d768", (-60, 14), (60, 14), (60, 48), (-60, 48)),
        poly("#f9e89a", (-60, 48), (60, 48), (74, 58), (-46, 58)),
        poly("#dcbd4c", (60, 14), (74, 24), (74, 58), (60, 48)),
    )


def chocolate(look: Look) -> Figure:
    own = "#6b3f2a"
    return figure(
        [
            box(-60, 0, 120, 90, own, 6),
            *[box(-52 + c * 36, 8 + r * 27, 31, 22, pale(own, 0.16), 4) for c in range(3) for r in range(3)],
            poly("#c8503f", (-64, -2), (64, -2), (64, 36), (-64, 28)),
        ],
        128,
        92,
    )


def tofu(look: Look) -> Figure:
    return plated(
        *[
            p
            for x, y in ((-52.0, 16.0), (8.0, 16.0), (-22.0, 42.0))
            for p in (
                box(x, y, 46, 32, "#f5ead0", 3),
                poly("#fffaf0", (x, y + 32), (x + 46, y + 32), (x + 54, y + 40), (x + 10, y + 40)),
            )
        ]
    )


def pizza(look: Look) -> Figure:
    return figure(
        [
            oval(0, 16, 112, 28, "#b8743a"),
            oval(0, 21, 110, 28, "#d99a50"),
            oval(0, 23, 96, 22, "#f0c458"),
            *[oval(x, y, 15, 5, "#c8402f") for x, y in ((-54, 26), (-8, 36), (46, 28), (8, 14), (-36, 14))],
            *[oval(x, y, 6, 3, "#5c9440", 20) for x, y in ((-26, 26), (24, 24), (64, 20))],
        ],
        224,
        50,
    )


def burger(look: Look) -> Figure:
    return figure(
        [
            box(-62, 0, 124, 22, "#d9994c", 10),
            box(-66, 20, 132, 16, "#6b3f2a", 7),
            poly("#f2c14a", (-64, 38), (64, 38), (40, 26), (20, 36)),
            blob("#7cb34a", (-70, 38), (-30, 46), (0, 38), (34, 46), (70, 38), (0, 32)),
            blob("#dd9d50", (-64, 44), (-48, 82), (0, 96), (48, 82), (64, 44), sharp=(0, 4)),
            *[oval(x, y, 4, 2.4, "#f9ead0", 20) for x, y in ((-24, 74), (4, 84), (28, 70))],
        ],
        136,
        96,
    )


def ice_cream(look: Look) -> Figure:
    return figure(
        [
            poly("#d9a560", (-28, 60), (28, 60), (0, -4)),
            *[line("#b88445", 2.5, (x, 58), (x * 0.2, 10)) for x in (-14, 14)],
            disc(0, 78, 34, look.paint("#f4a9b8", "#f4e3c0", "#a9d6c0")),
            disc(0, 116, 25, "#f7ecd8"),
            disc(0, 142, 8, "#cf3b44"),
        ],
        70,
        150,
    )


def fruit(look: Look) -> Figure:
    own = "#c8905a"
    balls = [
        part
        for x, y, c in (
            (-42.0, 84.0, "#cf3b32"),
            (44.0, 84.0, "#f0922e"),
            (0.0, 92.0, "#b9c751"),
            (-20.0, 112.0, "#f2d13c"),
            (26.0, 112.0, "#d9573a"),
        )
        for part in (disc(x, y, 29, c), oval(x - 9, y + 10, 5, 8, pale(c, 0.5), 30))
    ]
    return figure([*bowl_back(own, 96), *balls, *bowl_front(own, 96, band="#8a5a35")], 192, 142)


def vegetables(look: Look) -> Figure:
    weave = [line("#8a5f36", 3, (-84 + d, 58), (-60 + d, 4)) for d in range(0, 150, 22)]
    heads = [
        blob("#7fb356", (-70, 56), (-74, 104), (-40, 120), (-12, 104), (-16, 56)),
        bar("#ec7f2c", (24.0, 20.0, 6.0), (16, 60), (22, 96), (34, 116)),
        disc(58, 76, 29, "#d9402e"),
        *[bar("#4f9440", (9.0, 3.0), (6 + d, 60), (-6 + d * 2, 140)) for d in (-6, 0, 6)],
    ]
    return figure(
        [
            *heads,
            poly("#b8854c", (-90, 60), (90, 60), (70, 0), (-70, 0)),
            *weave,
            bar("#8a5f36", 10, (-92, 60), (92, 60)),
        ],
        184,
        140,
    )


def _bottle(glass: str, label: str, cap: str) -> Figure:
    body: list[Point] = [(-30, 0), (30, 0), (30, 96), (11, 124), (11, 158), (-11, 158), (-11, 124), (-30, 96)]
    return figure(
        [
            blob(glass, *body, sharp=(0, 1, 4, 5), pull=0.6),
            box(-30, 26, 60, 50, label),
            box(-13, 154, 26, 18, cap, 3),
            box(-22, 10, 7, 96, pale(glass, 0.5), 3),
        ],
        60,
        172,
    )


def oil(look: Look) -> Figure:
    return _bottle("#e0b040", "#f7efdc", "#c8503f")


def sauce(look: Look) -> Figure:
    return _bottle("#5a3226", "#d9503c", "#3a2a26")


def wine(look: Look) -> Figure:
    return _bottle(look.paint("#4a2438", "#35523e"), "#f0e4c8", "#8a2f3c")


def milk(look: Look) -> Figure:
    return _bottle("#f7f5ee", "#6fa6d0", "#4f86b8")


def bottle(look: Look) -> Figure:
    return _bottle(look.paint("#6fb3a8", "#5f9fd0", "#88b06a"), "#f4efe4", "#d8b04c")


def _jar(fill: str, lid: str) -> Figure:
    return figure(
        [
            box(-40, 0, 80, 92, pale(fill, 0.55), 14),
            box(-36, 4, 72, 64, fill, 10),
            box(-36, 86, 72, 20, lid, 4),
            box(-30, 14, 8, 64, pale(fill, 0.6), 4),
        ],
        80,
        106,
    )


def honey(look: Look) -> Figure:
    return _jar("#e8a02c", "#d8b04c")


def sugar(look: Look) -> Figure:
    return _jar("#fbf8f0", "#c8905a")


def salt(look: Look) -> Figure:
    return figure(
        [
            poly("#eef3f5", (-30, 0), (30, 0), (22, 78), (-22, 78)),
            poly("#ffffff", (-27, 3), (27, 3), (23, 52), (-23, 52)),
            blob("#9aa4ac", (-24, 76), (24, 76), (18, 100), (-18, 100), sharp=(0, 1)),
            *[disc(x, 90, 2.6, "#4a5258") for x in (-9, 0, 9)],
        ],
        60,
        102,
    )


def flour(look: Look) -> Figure:
    return figure(
        [
            blob(
                "#e9dcc2", (-52, 0), (52, 0), (56, 60), (46, 106), (-46, 106), (-56, 60), sharp=(0, 1, 3, 4)
            ),
            blob("#fffdf6", (-40, 104), (0, 122), (40, 104), (0, 98)),
            *[line("#c9a24a", 5, (0, 24), (0, 74))],
            *[
                bar("#d9b25c", (4.0, 9.0, 3.0), (0, y), (s * 12, y + 10), (s * 20, y + 20))
                for y in (36, 50, 64)
                for s in (-1, 1)
            ],
        ],
        112,
        122,
    )


def tea(look: Look) -> Figure:
    own = look.paint("#7a5a46", "#b8503f", "#5f8a86")
    return figure(
        [
            line(own, 11, (50, 66), (88, 62), (80, 22), (46, 22)),
            blob(own, (-56, 40), (-40, 8), (0, 0), (44, 8), (58, 42), (30, 76), (-30, 76)),
            bar(own, (20.0, 9.0), (-46, 40), (-92, 78)),
            oval(0, 78, 34, 8, dark(own, 0.84)),
            disc(0, 92, 9, own),
            oval(-22, 48, 7, 16, pale(own, 0.4), 20),
            *steam(-94, 84, 60),
        ],
        180,
        100,
    )


def coffee(look: Look) -> Figure:
    own = look.paint("#f4efe4", "#c8503f", "#4f7fa6")
    return figure(
        [
            oval(0, 8, 84, 13, dark(own, 0.85)),
            oval(0, 12, 82, 13, own),
            line(own, 10, (46, 66), (76, 62), (70, 32), (40, 30)),
            blob(own, (-50, 74), (-42, 28), (-20, 12), (20, 12), (42, 28), (50, 74), sharp=(0, 5)),
            oval(0, 75, 50, 11, dark(own, 0.9)),
            oval(0, 74, 44, 8, "#5a3523"),
            *steam(0, 84, 62),
        ],
        168,
        146,
    )


# fmt: off
FOOD: dict[str, Prop] = {
    "egg": Prop(egg, "egg 鸡蛋 鸭蛋 蛋", 7, "kitchen"),
    "tomato": Prop(tomato, "tomato 番茄 西红柿", 9, "kitchen"),
    "potato": Prop(potato, "potato 土豆 马铃薯 红薯", 8, "kitchen"),
    "onion": Prop(onion, "onion 洋葱", 9, "kitchen"),
    "garlic": Prop(garlic, "garlic 大蒜 蒜头 蒜", 7, "kitchen"),
    "ginger": Prop(ginger, "ginger 生姜 姜片 姜", 8, "kitchen"),
    "carrot": Prop(carrot, "carrot 胡萝卜 红萝卜 萝卜", 9, "kitchen"),
    "scallion": Prop(scallion, "scallion spring_onion green_onion leek chive 小葱 大葱 葱花 香葱 葱", 7, "kitchen"),
    "cabbage": Prop(cabbage, "cabbage lettuce spinach 白菜 卷心菜 青菜 生菜 菠菜", 18, "kitchen"),
    "pepper": Prop(pepper, "chili chilli chili_pepper bell_pepper pepper 辣椒 青椒 红椒", 8, "kitchen"),
    "pumpkin": Prop(pumpkin, "pumpkin 南瓜", 22, "kitchen"),
    "apple": Prop(apple, "apple 苹果", 9, "kitchen"),
    "orange": Prop(orange, "orange tangerine 橘子 橙子 桔子", 9, "kitchen"),
    "peach": Prop(peach, "peach plum apricot 桃子 寿桃 蜜桃 杏子", 9, "kitchen"),
    "lemon": Prop(lemon, "lemon lime 柠檬", 8, "kitchen"),
    "banana": Prop(banana, "banana 香蕉", 11, "kitchen"),
    "pear": Prop(pear, "pear 梨子 雪梨 梨", 11, "kitchen"),
    "strawberry": Prop(strawberry, "strawberry strawberries 草莓", 6, "kitchen"),
    "cherry": Prop(cherry, "cherry cherries 樱桃 车厘子", 6, "kitchen"),
    "watermelon": Prop(watermelon, "watermelon melon 西瓜 哈密瓜 瓜", 18, "kitchen"),
    "fish dish": Prop(fish, "fried_fish steamed_fish fish_fillet fillet 蒸鱼 煎鱼 烤鱼 鱼肉", 10, "kitchen"),
    "meat": Prop(meat, "meat beef pork steak bacon ham 牛肉 猪肉 羊肉 五花肉 排骨 肉片 肉丝 肉", 10, "kitchen"),
    "roast chicken": Prop(chicken, "roast_chicken roast_duck roast_goose turkey chicken_breast 烤鸡 鸡肉 鸡翅 烤鸭", 15, "kitchen"),
    "shrimp": Prop(shrimp, "shrimp prawn 虾仁 大虾 虾", 8, "kitchen"),
    "dumplings": Prop(dumpling, "dumpling 饺子 水饺 馄饨 包子", 8, "kitchen"),
    "rice": Prop(rice, "rice bowl_of_rice 米饭 白饭 炒饭 大米 饭菜 饭", 11, "kitchen"),
    "noodles": Prop(noodles, "noodle bowl_of_noodles ramen pasta spaghetti 面条 拉面 汤面 米粉 意面", 14, "kitchen"),
    "soup": Prop(soup, "soup broth stew porridge bowl_of_soup 鸡汤 汤 粥", 14, "kitchen"),
    "bread": Prop(bread, "bread loaf loaves baguette toast dough bun 面包 面团 馒头 吐司", 11, "kitchen"),
    "cake": Prop(cake, "cake birthday_cake pie pancake cupcake mooncake 蛋糕 月饼 糕点 点心", 15, "kitchen"),
    "cheese": Prop(cheese, "cheese 奶酪 芝士", 9, "kitchen"),
    "butter": Prop(butter, "butter 黄油", 7, "kitchen"),
    "chocolate": Prop(chocolate, "chocolate candy candies sweets 巧克力 糖果", 9, "kitchen"),
    "tofu": Prop(tofu, "tofu 豆腐", 8, "kitchen"),
    "pizza": Prop(pizza, "pizza 披萨 比萨", 6, "kitchen"),
    "burger": Prop(burger, "burger hamburger sandwich 汉堡 三明治", 11, "kitchen"),
    "ice cream": Prop(ice_cream, "ice_cream 冰淇淋 雪糕", 15, "kitchen"),
    "fruit": Prop(fruit, "fruit fruits 水果 果盘 果子", 22, "kitchen"),
    "vegetables": Prop(vegetables, "vegetable vegetables greens ingredient ingredients 蔬菜 食材", 26, "kitchen"),
    "oil": Prop(oil, "oil olive_oil vegetable_oil oil_bottle 食用油 橄榄油 香油 油瓶 热油 油", 27, "kitchen"),
    "soy sauce": Prop(sauce, "soy_sauce sauce vinegar ketchup 酱油 生抽 老抽 料酒 醋", 24, "kitchen"),
    "wine": Prop(wine, "wine beer wine_bottle liquor 美酒 葡萄酒 酒瓶 酒壶 啤酒 酒", 30, "kitchen"),
    "milk": Prop(milk, "milk cream yogurt yoghurt 牛奶 酸奶 奶油", 25, "kitchen"),
    "bottle": Prop(bottle, "bottle water_bottle vial thermos perfume 瓶子 水瓶 水壶 保温杯 药瓶 香水", 26, "studio"),
    "honey": Prop(honey, "honey jam jar 蜂蜜 果酱 罐子", 14, "kitchen"),
    "sugar": Prop(sugar, "sugar 白糖 砂糖 冰糖 糖", 14, "kitchen"),
    "salt": Prop(salt, "salt spice spices seasoning 食盐 盐 调料 香料", 11, "kitchen"),
    "flour": Prop(flour, "flour 面粉", 22, "kitchen"),
    "tea": Prop(tea, "tea teapot 茶壶 茶水 热茶 茶叶 茶", 15, "kitchen"),
    "coffee": Prop(coffee, "coffee latte cappuccino hot_chocolate 咖啡", 11, "kitchen"),
}
