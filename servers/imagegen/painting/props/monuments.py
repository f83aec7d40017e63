"""Buildings of long ago and of far lands. In units of a man of 150."""

from __future__ import annotations

import itertools
import math

from servers.imagegen.painting.geometry import Figure, Part
from servers.imagegen.painting.props.buildings import window_grid
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, box, dark, disc, figure, line, oval, pale, poly


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
    for (ax, ay), (bx, by) in itertools.pairwise(top):
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
            *window_grid(look, -12, 40, 1, 4, (0, 42), (22, 24)),
        ],
        100,
        410,
    )


# fmt: off
MONUMENTS: dict[str, Prop] = {
    "church": Prop(church, "church cathedral chapel 教堂", 1200, "village"),
    "windmill": Prop(windmill, "windmill mill wind_turbine 风车 磨坊 风力发电机 水车", 1200, "field"),
    "tent": Prop(tent, "tent tents camp 帐篷 营帐 军营", 220, "field"),
    "palace": Prop(palace, "chinese_palace imperial_palace forbidden_city 皇宫 宫殿 故宫 紫禁城 王宫 大殿", 1500, "courtyard"),
    "pavilion": Prop(pavilion, "pavilion gazebo 亭子 凉亭 亭", 450, "garden"),
    "great wall": Prop(great_wall, "great_wall 万里长城 长城", 3000, "mountain"),
    "pyramid": Prop(pyramid, "pyramid pyramids 金字塔", 3000, "desert"),
    "city gate": Prop(city_gate, "city_gate city_wall fortress_wall 城门前 城门 城楼 城墙", 1300, "village"),
    "gate": Prop(gate, "gate gates archway 牌坊 山门", 500, "village"),
    "statue": Prop(statue, "statue monument sculpture memorial 雕像 雕塑 纪念碑 塑像", 450, "street"),
    "fountain": Prop(fountain, "fountain 喷泉", 300, "street"),
    "clock tower": Prop(tower_bell, "clock_tower bell_tower big_ben 钟楼", 1800, "street"),
}
