"""Buildings of today and of long ago, and what stands in streets. In units of a man of 150."""

from __future__ import annotations

import math

from servers.imagegen.painting.geometry import Figure, Part
from servers.imagegen.painting.palette import LAMP
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, box, dark, disc, figure, line, oval, pale, poly


def _grid(
    look: Look,
    x: float,
    y: float,
    columns: int,
    rows: int,
    step: tuple[float, float],
    size: tuple[float, float],
) -> list[Part]:
    """Rows of windows."""
    return [
        box(x + c * step[0], y + r * step[1], size[0], size[1], look.glass, 2)
        for c in range(columns)
        for r in range(rows)
    ]


def awning(x: float, y: float, wide: float, colour: str) -> list[Part]:
    """A striped awning, its upper edge at y."""
    step = wide / 8
    return [
        p
        for i in range(8)
        for p in (
            poly(
                colour if i % 2 else "#f7f0e0",
                (x + i * step, y),
                (x + (i + 1) * step, y),
                (x - 8 + (i + 1) * (step + 2), y - 30),
                (x - 8 + i * (step + 2), y - 30),
            ),
            oval(x - 8 + (i + 0.5) * (step + 2), y - 30, step / 2 + 1, 6, colour if i % 2 else "#f7f0e0"),
        )
    ]


def shop(look: Look) -> Figure:
    own = look.paint("#c8805a", "#5f8a8a", "#d8b070", "#8a6f8f")
    return figure(
        [
            box(-120, 0, 240, 250, own),
            box(-126, 244, 252, 16, dark(own, 0.75)),
            *_grid(look, -96, 160, 3, 1, (72, 0), (46, 60)),
            box(-120, 122, 240, 26, dark(own, 0.6)),
            *[box(-70 + i * 22, 129, 14, 12, "#f2d27a", 3) for i in range(7)],
            box(-106, 16, 124, 74, look.glass, 2),
            *[
                box(x, 22, 22, h, c, 3)
                for x, h, c in (
                    (-98, 30, "#d9503c"),
                    (-70, 44, "#e0b04a"),
                    (-42, 26, "#5f9a78"),
                    (-14, 38, "#c46a94"),
                )
            ],
            box(40, 0, 58, 92, dark(own, 0.5), 2),
            box(46, 30, 46, 56, look.glass, 2),
            *awning(-116, 124, 232, look.draw.choice(("#d9503c", "#3f7f6f", "#d8903c"))),
        ],
        260,
        260,
    )


def school(look: Look) -> Figure:
    own = look.paint("#d99a6a", "#c9805f")
    return figure(
        [
            box(-210, 0, 420, 150, own),
            box(-60, 0, 120, 196, pale(own, 0.2)),
            poly("#8a4a3c", (-74, 194), (0, 246), (74, 194)),
            box(-218, 146, 160, 12, "#8a4a3c"),
            box(58, 146, 160, 12, "#8a4a3c"),
            *_grid(look, -194, 84, 3, 1, (44, 0), (30, 44)),
            *_grid(look, -194, 20, 3, 1, (44, 0), (30, 44)),
            *_grid(look, 76, 84, 3, 1, (44, 0), (30, 44)),
            *_grid(look, 76, 20, 3, 1, (44, 0), (30, 44)),
            disc(0, 196, 19, "#f9f3e0"),
            bar("#3a3236", 3, (0, 196), (0, 208)),
            bar("#3a3236", 3, (0, 196), (9, 192)),
            *_grid(look, -40, 110, 2, 1, (48, 0), (32, 48)),
            box(-26, 0, 52, 76, "#6b4632", 3),
            bar("#8a8a8a", 4, (-110, 150), (-110, 260)),
            blob(
                "#d9402e",
                (-108, 256),
                (-76, 262),
                (-50, 252),
                (-50, 226),
                (-78, 234),
                (-108, 228),
                sharp=(0, 2, 3, 5),
            ),
        ],
        436,
        262,
    )


def hospital(look: Look) -> Figure:
    own = look.paint("#eef2f2")
    return figure(
        [
            box(-180, 0, 220, 250, own),
            box(30, 0, 160, 170, dark(own, 0.93)),
            *_grid(look, -162, 56, 5, 4, (41, 48), (27, 30)),
            *_grid(look, 48, 56, 3, 2, (46, 48), (30, 30)),
            box(-186, 246, 232, 10, "#7fa8b8"),
            box(24, 166, 172, 9, "#7fa8b8"),
            box(-104, 262, 68, 68, "#f9fbfb", 6),
            box(-79, 270, 18, 52, "#d9402e"),
            box(-96, 287, 52, 18, "#d9402e"),
            box(-96, 0, 60, 42, "#5f98a8"),
            box(-110, 40, 88, 9, "#d9402e"),
        ],
        380,
        330,
    )


def factory(look: Look) -> Figure:
    own = look.paint("#a8705a", "#8f8a86")
    smoke = [
        disc(x, y, r, "#cfccc6")
        for x, y, r in ((-128, 290, 17), (-112, 316, 22), (-86, 338, 27), (-60, 268, 14), (-42, 292, 19))
    ]
    return figure(
        [
            *smoke,
            *[
                p
                for x, h in ((-138.0, 270.0), (-70.0, 250.0))
                for p in (
                    poly(dark(own, 0.8), (x - 15, 90), (x + 17, 90), (x + 12, h), (x - 10, h)),
                    box(x - 12, h - 34, 26, 12, "#e8e0d4"),
                )
            ],
            box(-200, 0, 400, 96, own),
            *[poly(dark(own, 0.86), (x, 94), (x + 84, 94), (x + 84, 108), (x, 150)) for x in (-60, 24, 108)],
            *[
                poly(look.glass, (x + 6, 104), (x + 6, 138), (x + 40, 121), (x + 40, 104))
                for x in (-60, 24, 108)
            ],
            *_grid(look, -180, 44, 4, 1, (40, 0), (26, 30)),
            *_grid(look, 60, 44, 3, 1, (42, 0), (28, 30)),
            box(-16, 0, 56, 62, "#4a4a50", 2),
        ],
        410,
        350,
    )


def station(look: Look) -> Figure:
    own = look.paint("#d9b98a", "#c98f6a")
    return figure(
        [
            box(-230, 0, 460, 126, own),
            *[
                p
                for x in (-200, -140, 90, 150)
                for p in (
                    blob(
                        look.glass, (x, 24), (x + 44, 24), (x + 44, 84), (x + 22, 104), (x, 84), sharp=(0, 1)
                    ),
                )
            ],
            box(-238, 122, 476, 12, dark(own, 0.75)),
            poly("#6f8f9a", (-90, 132), (90, 132), (70, 150), (-70, 150)),
            blob(pale(own, 0.2), (-80, 0), (80, 0), (80, 150), (0, 214), (-80, 150), sharp=(0, 1)),
            blob(look.glass, (-58, 60), (58, 60), (58, 138), (0, 180), (-58, 138), sharp=(0, 1)),
            *[bar(own, 4, (x, 60), (x, 170 - abs(x) * 0.7)) for x in (-28, 0, 28)],
            box(-42, 0, 84, 52, "#5a4438", 2),
            box(-14, 206, 28, 60, own),
            disc(0, 240, 20, "#f9f3e0"),
            bar("#3a3236", 3, (0, 240), (0, 253)),
            bar("#3a3236", 3, (0, 240), (9, 236)),
            poly("#8a4a3c", (-20, 264), (0, 294), (20, 264)),
        ],
        476,
        294,
    )


def skyscraper(look: Look) -> Figure:
    own = look.paint("#6f8fa3", "#8090a0", "#5f7f8f")
    return figure(
        [
            box(-60, 0, 120, 420, own, 3),
            box(20, 0, 40, 420, dark(own, 0.85)),
            box(-38, 418, 76, 40, dark(own, 0.92)),
            bar("#9aa4ac", 4, (0, 456), (0, 510)),
            *_grid(look, -50, 20, 5, 15, (21, 26), (13, 16)),
        ],
        120,
        510,
    )


def church(look: Look) -> Figure:
    own = look.paint("#e3d5bb", "#d0b8a0")
    roof = "#5f6f86"
    return figure(
        [
            box(-30, 0, 190, 110, own),
            poly(roof, (-40, 106), (-10, 172), (150, 172), (172, 106)),
            *[
                blob(look.glass, (x, 30), (x + 24, 30), (x + 24, 68), (x + 12, 84), (x, 68), sharp=(0, 1))
                for x in (10, 56, 102)
            ],
            box(-96, 0, 76, 196, pale(own, 0.15)),
            poly(roof, (-104, 192), (-58, 304), (-12, 192)),
            bar("#d8b04c", 4, (-58, 300), (-58, 334)),
            bar("#d8b04c", 4, (-70, 320), (-46, 320)),
            disc(-58, 146, 19, look.glass),
            blob("#5a3a28", (-76, 0), (-40, 0), (-40, 52), (-58, 74), (-76, 52), sharp=(0, 1)),
        ],
        280,
        334,
    )


def museum(look: Look) -> Figure:
    own = look.paint("#e8dfca", "#d9cdb8")
    return figure(
        [
            *[box(-210 + i * 12, i * 10, 420 - i * 24, 10, dark(own, 0.86 + 0.04 * i)) for i in range(3)],
            box(-180, 30, 360, 120, dark(own, 0.78)),
            box(-28, 30, 56, 84, "#4a3b33"),
            *[
                p
                for x in range(-168, 169, 56)
                for p in (
                    box(x - 12, 30, 24, 120, own),
                    box(x + 4, 30, 8, 120, dark(own, 0.88)),
                    box(x - 17, 144, 34, 9, pale(own, 0.3)),
                )
            ],
            box(-192, 152, 384, 20, own),
            poly(pale(own, 0.15), (-200, 170), (0, 236), (200, 170)),
            poly(dark(own, 0.84), (-150, 176), (0, 224), (150, 176)),
            disc(0, 194, 13, own),
        ],
        420,
        236,
    )


def windmill(look: Look) -> Figure:
    sails = []
    for i in range(4):
        a = 0.4 + i * math.pi / 2
        cx, cy, sx, sy = math.cos(a), math.sin(a), -math.sin(a), math.cos(a)
        sails += [
            bar("#6b4a35", 5, (0, 212), (cx * 126, 212 + cy * 126)),
            poly(
                "#f4ead6",
                (cx * 28, 212 + cy * 28),
                (cx * 124, 212 + cy * 124),
                (cx * 124 + sx * 26, 212 + cy * 124 + sy * 26),
                (cx * 28 + sx * 26, 212 + cy * 28 + sy * 26),
            ),
        ]
    return figure(
        [
            poly("#e8dcc4", (-60, 0), (60, 0), (38, 200), (-38, 200)),
            poly("#cfc0a2", (16, 0), (60, 0), (38, 200), (10, 200)),
            blob("#8a4a3c", (-44, 198), (44, 198), (26, 236), (-26, 236), sharp=(0, 1)),
            box(-15, 0, 30, 54, "#6b4632", 3),
            box(-11, 104, 22, 26, look.glass, 2),
            *sails,
            disc(0, 212, 8, "#5a3a28"),
        ],
        260,
        340,
    )


def tent(look: Look) -> Figure:
    own = look.paint("#d9803c", "#5f8a5a", "#c8503f")
    return figure(
        [
            poly(own, (-120, 0), (0, 140), (120, 0)),
            poly(dark(own, 0.8), (0, 140), (120, 0), (64, 0)),
            poly("#4a3328", (-34, 0), (0, 118), (34, 0)),
            poly(pale(own, 0.3), (-34, 0), (0, 118), (-58, 0)),
            bar("#6b4a35", 5, (0, 132), (0, 156)),
            poly("#f2d27a", (0, 156), (30, 148), (0, 140)),
        ],
        240,
        156,
    )


def _swept(y: float, half: float, high: float, colour: str) -> list[Part]:
    """A roof with swept eaves."""
    eave = half + 44
    return [
        blob(
            colour,
            (-eave, y + 16),
            (-half * 0.8, y),
            (half * 0.8, y),
            (eave, y + 16),
            (half * 0.62, y + high),
            (-half * 0.62, y + high),
            sharp=(0, 3, 4, 5),
            pull=0.9,
        ),
        bar(dark(colour, 0.8), 6, (-half * 0.62, y + high), (half * 0.62, y + high)),
        line(
            "#d8b04c", 4, (-eave + 6, y + 15), (-half * 0.8, y + 2), (half * 0.8, y + 2), (eave - 6, y + 15)
        ),
    ]


def palace(look: Look) -> Figure:
    """A Chinese palace hall on its terrace."""
    roof = "#e9eff2" if look.palette.snow else "#d8953c"
    red = look.paint("#a83a2f")
    return figure(
        [
            *[
                box(-260 + i * 22, i * 17, 520 - i * 44, 17, dark("#e3dccd", 0.86 + 0.05 * i))
                for i in range(3)
            ],
            poly("#cfc6b4", (-46, 0), (46, 0), (34, 51), (-34, 51)),
            *[bar("#b0a692", 2.5, (-44 + y * 0.2, y), (44 - y * 0.2, y)) for y in range(8, 50, 9)],
            box(-176, 51, 352, 82, dark(red, 0.85)),
            *[box(x, 58, 44, 66, "#6b3a2a") for x in range(-158, 140, 64)],
            *[line("#d8a04a", 2.2, (x + 22, 60), (x + 22, 122)) for x in range(-158, 140, 64)],
            *[box(x - 8, 51, 16, 82, red, 2) for x in range(-168, 170, 56)],
            box(-190, 130, 380, 13, "#3f7f8a"),
            *_swept(140, 200, 44, roof),
            box(-120, 182, 240, 28, dark(red, 0.9)),
            box(-130, 206, 260, 9, "#3f7f8a"),
            *_swept(212, 140, 56, roof),
        ],
        520,
        280,
    )


def pavilion(look: Look) -> Figure:
    roof = "#e9eff2" if look.palette.snow else "#4f6f6a"
    return figure(
        [
            box(-96, 0, 192, 15, "#bfb5a5"),
            *[box(x - 6, 14, 12, 112, "#a8402f", 2) for x in (-76, -28, 28, 76)],
            bar("#a8402f", 6, (-76, 38), (-28, 38)),
            bar("#a8402f", 6, (28, 38), (76, 38)),
            box(-88, 122, 176, 11, "#8a3a2c"),
            *_swept(130, 84, 58, roof),
            disc(0, 198, 9, "#d8b04c"),
        ],
        256,
        206,
    )


def great_wall(look: Look) -> Figure:
    """The Great Wall climbing over its ridge, with two watch-towers."""
    stone = look.paint("#b9a88c")
    top = [(-420.0, 96.0), (-250.0, 150.0), (-90.0, 128.0), (60.0, 176.0), (220.0, 236.0), (420.0, 200.0)]
    parts: list[Part] = [
        blob(dark(stone, 0.86), *top, (420, -10), (-420, -10), sharp=(0, 5, 6, 7)),
        blob(stone, *[(x, y) for x, y in top], *[(x, y - 46) for x, y in reversed(top)], sharp=(0, 5, 6, 11)),
    ]
    for (ax, ay), (bx, by) in zip(top, top[1:], strict=False):
        for i in range(7):
            t = (i + 0.3) / 7
            x, y = ax + (bx - ax) * t, ay + (by - ay) * t
            parts.append(box(x - 7, y - 4, 14, 17, pale(stone, 0.1)))
    for x, y in ((-250.0, 150.0), (220.0, 236.0)):
        parts += [
            box(x - 52, y - 70, 104, 150, pale(stone, 0.12)),
            box(x + 16, y - 70, 36, 150, dark(stone, 0.9)),
            *[box(x - 54 + i * 24, y + 76, 14, 18, pale(stone, 0.12)) for i in range(5)],
            *[
                blob(
                    "#4a4038",
                    (x + dx, y + 14),
                    (x + dx + 18, y + 14),
                    (x + dx + 18, y + 38),
                    (x + dx + 9, y + 47),
                    (x + dx, y + 38),
                    sharp=(0, 1),
                )
                for dx in (-36, -4)
            ],
        ]
    for row in range(6):
        for i in range(16):
            x = -400 + i * 52 + (row % 2) * 26
            parts.append(bar(dark(stone, 0.76), 2, (x, 4 + row * 16), (x + 24, 6 + row * 16)))
    return figure(parts, 840, 330)


def pyramid(look: Look) -> Figure:
    own = look.paint("#dcb874")
    rows = [
        line(dark(own, 0.86), 2.5, (-230 + y * 0.98, y), (60 - y * 0.26, y - 2)) for y in range(22, 210, 26)
    ]
    return figure(
        [
            poly(dark(own, 0.86), (120, 0), (290, 0), (176, 120)),
            poly(own, (-256, 0), (60, 0), (0, 236)),
            poly(dark(own, 0.74), (60, 0), (176, 0), (0, 236)),
            *rows,
            poly(pale(own, 0.25), (-18, 219), (0, 236), (4, 219)),
            poly("#6b5230", (-104, 0), (-82, 0), (-86, 26), (-100, 26)),
        ],
        560,
        236,
    )


def city_gate(look: Look) -> Figure:
    roof = "#e9eff2" if look.palette.snow else "#5a6468"
    stone = look.paint("#a39684")
    return figure(
        [
            poly(stone, (-190, 0), (190, 0), (174, 120), (-174, 120)),
            *[box(-174 + i * 29, 116, 18, 18, stone) for i in range(12)],
            blob("#3f332c", (-44, 0), (44, 0), (44, 52), (0, 88), (-44, 52), sharp=(0, 1)),
            box(-112, 128, 224, 50, "#9a3a2e"),
            *[box(x, 136, 22, 34, look.glass) for x in (-92, -50, -10, 30, 70)],
            *_swept(174, 126, 48, roof),
        ],
        380,
        226,
    )


def stadium(look: Look) -> Figure:
    return figure(
        [
            blob(
                "#dfe4e6", (-260, 0), (-270, 60), (-150, 120), (150, 120), (270, 60), (260, 0), sharp=(0, 5)
            ),
            *[bar("#b3bcc2", 6, (x, 0), (x * 1.05, 100 - abs(x) * 0.14)) for x in range(-230, 240, 46)],
            blob(
                "#f4f6f6", (-274, 58), (-140, 124), (140, 124), (274, 58), (140, 98), (-140, 98), sharp=(0, 3)
            ),
            *[
                p
                for s in (-1, 1)
                for p in (
                    bar("#8a929a", 5, (s * 200, 90), (s * 214, 200)),
                    box(s * 214 - 26, 194, 52, 24, LAMP if look.palette.dark else "#e8ecee", 3),
                )
            ],
        ],
        548,
        218,
    )


def stall(look: Look) -> Figure:
    piles = [
        p
        for x, c in ((-74.0, "#d9402e"), (-30.0, "#e0a83c"), (14.0, "#6a9a4a"), (58.0, "#ee7d3c"))
        for p in (
            *[disc(x + dx, 76 + dy, 10, c) for dx, dy in ((-13, 0), (5, 0), (-4, 13))],
            poly("#a5733c", (x - 26, 74), (x + 20, 74), (x + 15, 54), (x - 21, 54)),
        )
    ]
    return figure(
        [
            *[bar("#6b4a35", 6, (x, 0), (x, 168)) for x in (-98, 98)],
            box(-104, 0, 208, 54, "#b8854c", 2),
            *[bar("#8a5f36", 2.5, (x, 2), (x, 52)) for x in range(-80, 100, 30)],
            *piles,
            *awning(-104, 176, 200, look.paint("#d9503c", "#3f7f9f", "#d8903c")),
        ],
        230,
        178,
    )


def crane(look: Look) -> Figure:
    own = look.paint("#e0a02c", "#d9602c")
    braces = [
        bar(dark(own, 0.85), 3, (-16 if i % 2 else 16, 30 + i * 30), (16 if i % 2 else -16, 60 + i * 30))
        for i in range(11)
    ]
    jib = [
        bar(dark(own, 0.85), 3, (24 + i * 30, 372 + (i % 2) * 22), (54 + i * 30, 372 + ((i + 1) % 2) * 22))
        for i in range(8)
    ]
    return figure(
        [
            box(-46, 0, 92, 26, "#8a8f94", 3),
            *[bar(own, 7, (x, 20), (x, 370)) for x in (-16, 16)],
            *braces,
            *[bar(own, 6, (-110, y), (280, y if y == 372 else 380)) for y in (372, 396)],
            *jib,
            box(-128, 350, 52, 34, "#7a8086", 3),
            box(18, 336, 34, 34, "#f4efe4", 4),
            box(26, 344, 20, 18, "#7fb8d0", 2),
            bar(own, 6, (0, 396), (0, 440)),
            *[bar("#5a6068", 2.5, (0, 438), (x, 394)) for x in (-104, 250)],
            bar("#4a5058", 2.5, (220, 372), (220, 208)),
            box(196, 172, 48, 36, "#b8503c", 2),
        ],
        420,
        440,
    )


def street_lamp(look: Look) -> Figure:
    iron = "#3f444c"
    return figure(
        [
            box(-10, 0, 20, 14, iron, 3),
            bar(iron, (8.0, 5.0), (0, 8), (0, 200)),
            line(iron, 5, (0, 196), (8, 222), (30, 222)),
            poly(iron, (16, 222), (46, 222), (40, 232), (22, 232)),
            poly(
                LAMP if look.palette.dark or look.palette.silhouette else "#f4efe0",
                (18, 222),
                (44, 222),
                (38, 196),
                (24, 196),
            ),
        ],
        60,
        232,
    )


def bench(look: Look) -> Figure:
    own = look.paint("#8a5a35", "#6f8f6a")
    return figure(
        [
            *[bar("#3f444c", 6, (x, 0), (x, 42)) for x in (-76, 76)],
            *[bar("#3f444c", 6, (x, 40), (x * 1.04, 90)) for x in (-76, 76)],
            *[box(-96, y, 192, 9, dark(own, k), 3) for y, k in ((58, 0.92), (72, 0.97), (86, 1.0))],
            box(-98, 38, 196, 8, pale(own, 0.12), 3),
        ],
        196,
        95,
    )


def traffic_light(look: Look) -> Figure:
    return figure(
        [
            bar("#3f444c", 8, (0, 0), (0, 170)),
            box(-20, 150, 40, 100, "#2f3338", 8),
            *[disc(0, y, 12, c) for y, c in ((230, "#e2443a"), (200, "#e8b03c"), (170, "#5fb86a"))],
        ],
        40,
        250,
    )


def sign(look: Look) -> Figure:
    own = look.paint("#3f7fa8", "#a5733c", "#d9503c")
    return figure(
        [
            bar("#6b5a4a", 8, (0, 0), (0, 130)),
            box(-62, 92, 124, 60, own, 6),
            *[bar("#f7f3ea", 5, (-44, y), (w, y)) for y, w in ((134, 44), (120, 20), (106, 36))],
        ],
        124,
        152,
    )


def flag(look: Look) -> Figure:
    own = look.paint("#d9402e", "#3f6fa8", "#d8a53c")
    return figure(
        [
            box(-12, 0, 24, 10, "#8a8f94", 3),
            bar("#9aa0a6", (6.0, 4.0), (0, 6), (0, 292)),
            disc(0, 296, 7, "#d8b04c"),
            blob(
                own,
                (2, 286),
                (46, 296),
                (86, 276),
                (138, 284),
                (138, 204),
                (86, 196),
                (46, 214),
                (2, 204),
                sharp=(0, 3, 4, 7),
            ),
            blob(dark(own, 0.85), (46, 296), (86, 276), (86, 196), (46, 214), sharp=(0, 1, 2, 3), pull=0.5),
        ],
        150,
        303,
    )


def fountain(look: Look) -> Figure:
    jets = [
        line("#bfe0ee", 5, (0, 150), (s * r, 176), (s * (r + 22), 130), (s * (r + 36), 66))
        for s in (-1, 1)
        for r in (14, 36)
    ]
    return figure(
        [
            oval(0, 14, 132, 22, "#9a9488"),
            box(-132, 14, 264, 28, "#b9b2a5"),
            oval(0, 42, 132, 20, "#cfc8ba"),
            oval(0, 42, 118, 15, "#7fb8d0"),
            bar("#b9b2a5", (30.0, 15.0, 22.0), (0, 40), (0, 80), (0, 104)),
            oval(0, 108, 58, 13, "#cfc8ba"),
            oval(0, 110, 48, 8, "#7fb8d0"),
            bar("#b9b2a5", 9, (0, 108), (0, 146)),
            *jets,
            line("#d9eef6", 6, (0, 146), (0, 186)),
        ],
        264,
        190,
    )


def statue(look: Look) -> Figure:
    own = look.paint("#8f9a92", "#b0a898")
    return figure(
        [
            box(-54, 0, 108, 16, "#a39c90"),
            box(-42, 14, 84, 76, "#bdb6a8"),
            box(-48, 86, 96, 11, "#a39c90"),
            blob(own, (-24, 96), (24, 96), (20, 150), (16, 196), (-16, 196), (-22, 150), sharp=(0, 1)),
            disc(0, 216, 18, own),
            bar(own, (13.0, 9.0), (12, 188), (40, 210), (54, 246)),
            bar(dark(own, 0.85), (13.0, 9.0), (-12, 188), (-28, 160), (-20, 136)),
        ],
        110,
        250,
    )


def barrel(look: Look) -> Figure:
    own = look.paint("#9a6a3c")
    return figure(
        [
            blob(own, (-34, 0), (34, 0), (46, 44), (34, 90), (-34, 90), (-46, 44), sharp=(0, 1, 3, 4)),
            *[line(dark(own, 0.8), 2, (x, 2), (x * 1.35, 44), (x, 88)) for x in (-18, 0, 18)],
            *[line("#4a4a50", 6, (-w, y), (0, y - 4), (w, y)) for w, y in ((40, 20), (40, 70))],
            oval(0, 90, 34, 7, pale(own, 0.2)),
        ],
        92,
        97,
    )


def gate(look: Look) -> Figure:
    own = look.paint("#a8402f")
    return figure(
        [
            *[box(x - 12, 0, 24, 190, own, 3) for x in (-110, -44, 44, 110)],
            box(-124, 168, 248, 15, dark(own, 0.8)),
            box(-50, 178, 100, 34, "#3f6f7a", 2),
            *[box(-26 + i * 20, 186, 12, 18, "#e0bd5a", 2) for i in range(3)],
            *_swept(206, 92, 34, "#5a6468"),
            *[
                p
                for s in (-1, 1)
                for p in (
                    blob(
                        "#5a6468",
                        (s * 60, 184),
                        (s * 136, 192),
                        (s * 116, 208),
                        (s * 64, 212),
                        sharp=(0, 1, 2, 3),
                    ),
                )
            ],
        ],
        280,
        240,
    )


def dock(look: Look) -> Figure:
    return figure(
        [
            box(-200, 34, 400, 15, "#a5774a"),
            *[bar("#7a5535", 11, (x, -30), (x, 60)) for x in (-180, -90, 0, 90, 180)],
            *[bar("#8a6340", 2, (x, 36), (x, 48)) for x in range(-190, 200, 20)],
        ],
        400,
        64,
    )


def tower_bell(look: Look) -> Figure:
    own = look.paint("#c9b08a")
    return figure(
        [
            box(-44, 0, 88, 280, own),
            box(14, 0, 30, 280, dark(own, 0.86)),
            box(-50, 276, 100, 12, dark(own, 0.75)),
            disc(0, 236, 30, "#f9f3e0"),
            bar("#3a3236", 4, (0, 236), (0, 256)),
            bar("#3a3236", 4, (0, 236), (14, 230)),
            box(-36, 286, 72, 44, pale(own, 0.12)),
            poly("#5f6f86", (-48, 328), (0, 410), (48, 328)),
            *_grid(look, -12, 40, 1, 4, (0, 42), (22, 24)),
        ],
        100,
        410,
    )


# fmt: off
STRUCTURES: dict[str, Prop] = {
    "shop": Prop(shop, "shop shops store stores bakery restaurant restaurants inn hotel boutique 商店 店铺 超市 饭店 餐厅 餐馆 客栈 酒店 面包店", 400, "street"),
    "school": Prop(school, "school schools university college kindergarten 学校 大学 小学 中学 幼儿园 校园", 900, "street"),
    "hospital": Prop(hospital, "hospital hospitals clinic 医院 诊所", 1200, "street"),
    "factory": Prop(factory, "factory factories plant_building power_station mill_building 工厂 厂房 车间", 900, "street"),
    "railway station": Prop(station, "railway_station train_station station stations terminal airport 火车站 车站 高铁站 地铁站 站台 机场", 900, "railway"),
    "skyscraper": Prop(skyscraper, "skyscraper skyscrapers tower_block office_building high-rise apartment apartments bank 摩天大楼 高楼 大厦 大楼 写字楼 银行 公寓", 2500, "street"),
    "church": Prop(church, "church cathedral chapel 教堂", 1200, "village"),
    "museum": Prop(museum, "museum parliament town_hall city_hall courthouse government library_building 博物馆 市政府 议会 法院 大会堂 美术馆", 1100, "street"),
    "windmill": Prop(windmill, "windmill mill wind_turbine 风车 磨坊", 1200, "field"),
    "tent": Prop(tent, "tent tents camp 帐篷 营帐 军营", 220, "field"),
    "palace": Prop(palace, "chinese_palace imperial_palace forbidden_city 皇宫 宫殿 故宫 紫禁城 王宫 大殿", 1500, "court"),
    "pavilion": Prop(pavilion, "pavilion gazebo 亭子 凉亭 亭", 450, "garden"),
    "great wall": Prop(great_wall, "great_wall 万里长城 长城", 3000, "mountain"),
    "pyramid": Prop(pyramid, "pyramid pyramids 金字塔", 3000, "desert"),
    "city gate": Prop(city_gate, "city_gate city_wall fortress_wall 城门前 城门 城楼 城墙", 1300, "village"),
    "gate": Prop(gate, "gate gates archway 牌坊 山门", 500, "village"),
    "stadium": Prop(stadium, "stadium arena gymnasium 体育场 体育馆 球场", 2000, "street"),
    "market stall": Prop(stall, "stall stalls market_stall kiosk booth 摊位 货摊 摊子 小摊", 240, "market"),
    "crane machine": Prop(crane, "tower_crane harbour_crane harbor_crane construction_crane construction_site cargo_crane 起重机 吊车 塔吊 工地", 2500, "street"),
    "street lamp": Prop(street_lamp, "street_lamp streetlamp streetlight street_light lamppost 路灯 街灯", 400, "street"),
    "bench": Prop(bench, "bench park_bench 长椅 长凳", 90, "park"),
    "traffic light": Prop(traffic_light, "traffic_light traffic_lights crossroads intersection 红绿灯 十字路口", 320, "street"),
    "sign": Prop(sign, "sign signpost signboard billboard 路牌 招牌 标志", 220, "street"),
    "flag": Prop(flag, "flag flags banner banners 国旗 旗帜 红旗 旗子 旗", 600, ""),
    "fountain": Prop(fountain, "fountain 喷泉", 300, "street"),
    "statue": Prop(statue, "statue monument sculpture memorial 雕像 雕塑 纪念碑 塑像", 450, "street"),
    "barrel": Prop(barrel, "barrel barrels 木桶 酒桶", 100, ""),
    "dock": Prop(dock, "dock pier quay jetty wharf 码头 栈桥", 90, "sea", "water"),
    "clock tower": Prop(tower_bell, "clock_tower bell_tower big_ben 钟楼", 1800, "street"),
}
