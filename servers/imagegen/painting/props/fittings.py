"""What hangs on walls and from ceilings, and what else makes a room. In units of a man of 150."""

from __future__ import annotations

import math

from servers.imagegen.painting.geometry import Figure
from servers.imagegen.painting.palette import LAMP
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, box, dark, disc, figure, line, oval, pale, poly

_WOOD = ("#a5733c", "#8a5a35", "#b8854c")


def window(look: Look) -> Figure:
    return figure(
        [
            box(-52, 0, 104, 130, "#f4efe4", 3),
            *[box(x, y, 44, 56, look.glass) for x in (-46, 2) for y in (6, 68)],
            box(-60, -7, 120, 9, "#e3d9c6", 2),
        ],
        120,
        137,
    )


def door(look: Look) -> Figure:
    own = look.paint("#8a5a35", "#5f8a7a", "#b8503c")
    return figure(
        [
            box(-50, 0, 100, 178, dark(own, 0.65), 3),
            box(-43, 0, 86, 171, own),
            *[box(x, y, 30, h, dark(own, 0.86), 2) for x in (-35, 5) for y, h in ((14, 62), (90, 66))],
            disc(33, 82, 4.5, "#e3c04a"),
        ],
        100,
        178,
    )


def clock(look: Look) -> Figure:
    own = look.paint("#8a5a35", "#3f5a7a", "#b8503c")
    ticks = [
        bar(
            "#4a4a4e",
            2.6,
            (math.cos(a) * 34, 50 + math.sin(a) * 34),
            (math.cos(a) * 29, 50 + math.sin(a) * 29),
        )
        for a in (i * math.tau / 12 for i in range(12))
    ]
    hour = look.draw.uniform(0, math.tau)
    return figure(
        [
            disc(0, 50, 48, own),
            disc(0, 50, 40, "#faf5e8"),
            *ticks,
            bar("#2f2c30", 4.5, (0, 50), (math.cos(hour) * 18, 50 + math.sin(hour) * 18)),
            bar("#2f2c30", 3, (0, 50), (6, 80)),
            disc(0, 50, 3.6, "#c8402f"),
        ],
        96,
        98,
    )


def picture(look: Look) -> Figure:
    return figure(
        [
            box(-46, 0, 92, 72, "#b89a5a", 2),
            box(-39, 7, 78, 58, "#cfe0dc"),
            poly("#7f9f9a", (-39, 7), (-39, 26), (-14, 46), (8, 24), (24, 38), (39, 22), (39, 7)),
            disc(20, 52, 7, "#f0b85a"),
        ],
        92,
        72,
    )


def mirror(look: Look) -> Figure:
    own = look.paint("#b89a5a", "#8a5a35")
    return figure(
        [
            oval(0, 62, 46, 62, own),
            oval(0, 62, 39, 55, "#cfe3ea"),
            poly("#eef7fa", (-22, 46), (-10, 40), (18, 92), (8, 100)),
        ],
        92,
        124,
    )


def blackboard(look: Look) -> Figure:
    chalk = "#e8efe6"
    return figure(
        [
            box(-130, 0, 260, 118, "#a5733c", 3),
            box(-122, 8, 244, 102, "#2f5a4a"),
            line(chalk, 2.6, (-100, 86), (-60, 88), (-20, 85)),
            line(chalk, 2.6, (-100, 68), (-70, 70), (-44, 67)),
            line(chalk, 2.6, (40, 34), (66, 84), (94, 34), (40, 34)),
            disc(-70, 38, 17, "#2f5a4a"),
            line(chalk, 2.6, (-53, 38), (-70, 55), (-87, 38), (-70, 21), (-53, 38)),
            box(-120, -6, 240, 7, "#8a5a35"),
            box(60, 0, 22, 5, "#f4efe4", 2),
        ],
        260,
        124,
    )


def rug(look: Look) -> Figure:
    own = look.paint("#b8604f", "#5f7f8a", "#c9a24a")
    return figure(
        [
            oval(0, 0, 190, 26, dark(own, 0.9)),
            oval(0, 0, 168, 22, pale(own, 0.3)),
            oval(0, 0, 156, 20, own),
            oval(0, 0, 96, 12, pale(own, 0.22)),
        ],
        380,
        26,
    )


def plant_pot(look: Look) -> Figure:
    green = look.palette.leaf if not look.palette.ink else "#4c5450"
    leaves = [
        bar(
            dark(green, 0.8 + 0.1 * (i % 3)),
            (5.0, 19.0, 2.0),
            (0, 36),
            (math.cos(a) * 24, 66 + math.sin(a) * 20),
            (math.cos(a) * 50, 70 + math.sin(a) * 46),
        )
        for i, a in enumerate((0.15, 0.7, 1.2, 1.75, 2.3, 2.95))
    ]
    return figure(
        [
            *leaves,
            poly("#c8704f", (-23, 44), (23, 44), (17, 0), (-17, 0)),
            box(-27, 38, 54, 10, "#d98a68", 3),
        ],
        100,
        118,
    )


def fireplace(look: Look) -> Figure:
    flames = [
        blob(c, (-w, 8), (w, 8), (w * 0.6, h * 0.5), (0, h), (-w * 0.5, h * 0.55), sharp=(3,))
        for w, h, c in ((32, 62, "#e2642f"), (22, 44, "#f29a3c"), (12, 26, "#f9d36a"))
    ]
    return figure(
        [
            box(-92, 0, 184, 124, "#9a7a68", 3),
            *[
                box(
                    -88 + c * 30 + (r % 2) * 10,
                    4 + r * 17,
                    26,
                    13,
                    dark("#b58a72", 0.9 + 0.1 * look.draw.random()),
                )
                for r in range(7)
                for c in range(6 - (r % 2))
            ],
            blob("#2a2022", (-52, 0), (52, 0), (52, 60), (0, 88), (-52, 60), sharp=(0, 1)),
            *flames,
            bar("#5a3a28", 12, (-36, 7), (36, 7)),
            box(-102, 120, 204, 14, "#8a5a35", 3),
        ],
        204,
        134,
    )


def screen(look: Look) -> Figure:
    return figure(
        [
            p
            for i in range(4)
            for p in (
                poly(
                    "#7a4a35",
                    (-96 + i * 48, 0),
                    (-48 + i * 48, 0),
                    (-48 + i * 48, 150 - (i % 2) * 6),
                    (-96 + i * 48, 150 - (1 - i % 2) * 6),
                ),
                box(-91 + i * 48, 10, 38, 124, "#f0e4c8"),
                line("#5f7f6a", 3, (-86 + i * 48, 30), (-72 + i * 48, 66), (-62 + i * 48, 108)),
                disc(-72 + i * 48, 74, 5, "#c8503f"),
            )
        ],
        192,
        150,
    )


def shelf(look: Look) -> Figure:
    own = look.paint(*_WOOD)
    jars = [
        p
        for i, c in enumerate(("#c8503f", "#d8a53c", "#5f8a7a", "#f4efe4"))
        for p in (box(-66 + i * 36, 10, 24, 30, c, 5), box(-64 + i * 36, 38, 20, 7, dark(c, 0.7), 2))
    ]
    return figure(
        [
            *jars,
            box(-80, 0, 160, 10, own, 2),
            *[poly(dark(own), (x, 0), (x + 8, 0), (x, -18)) for x in (-66, 56)],
        ],
        160,
        46,
    )


def pendant(look: Look) -> Figure:
    own = look.paint("#c8704f", "#5f8a7a", "#d8a53c")
    return figure(
        [
            bar("#4a4040", 2.5, (0, 0), (0, -90)),
            blob(own, (-44, -132), (-28, -102), (-8, -90), (8, -90), (28, -102), (44, -132), sharp=(0, 5)),
            oval(0, -132, 44, 7, LAMP),
        ],
        88,
        132,
    )


def curtain(look: Look) -> Figure:
    own = look.paint("#c8805a", "#7f9a8a", "#a8505a")
    return figure(
        [
            bar("#8a5a35", 5, (-70, 134), (70, 134)),
            *[
                blob(
                    dark(own, k),
                    (s * 66, 132),
                    (s * (66 - w), 132),
                    (s * (66 - w * 0.7), 60),
                    (s * (66 - w * 0.9), 0),
                    (s * 66, 0),
                    sharp=(0, 1, 3, 4),
                )
                for s in (-1, 1)
                for w, k in ((38, 1.0), (24, 0.88), (12, 1.0))
            ],
        ],
        140,
        136,
    )


def curtain_stage(look: Look) -> Figure:
    own = look.paint("#a8303a")
    return figure(
        [
            p
            for s in (-1, 1)
            for i in range(4)
            for p in (
                poly(
                    dark(own, 0.82 + 0.18 * (i % 2)),
                    (s * (170 - i * 20), 200),
                    (s * (150 - i * 20), 200),
                    (s * (154 - i * 17), 0),
                    (s * (172 - i * 17), 0),
                ),
            )
        ]
        + [
            box(-175, 186, 350, 22, dark(own, 0.9), 3),
            *[
                blob("#d8b04c", (x - 24, 188), (x + 24, 188), (x, 168), sharp=(0, 1))
                for x in range(-144, 145, 48)
            ],
        ],
        350,
        208,
    )


# fmt: off
FITTINGS: dict[str, Prop] = {
    "window": Prop(window, "window windows windowsill 窗户 窗前 窗外 窗边 窗台 窗", 130, "room", "wall"),
    "door": Prop(door, "door doorway front_door 房门 门口 门前 大门 木门", 200, "room"),
    "clock": Prop(clock, "clock alarm_clock 时钟 挂钟 闹钟 钟表", 45, "room", "wall"),
    "picture": Prop(picture, "painting photograph photo 照片 油画 画像", 65, "room", "wall"),
    "mirror": Prop(mirror, "mirror 镜子", 110, "bedroom", "wall"),
    "blackboard": Prop(blackboard, "blackboard whiteboard chalkboard 黑板 白板", 120, "classroom", "wall"),
    "rug": Prop(rug, "rug carpet 地毯", 3, "room"),
    "potted plant": Prop(plant_pot, "potted_plant houseplant plant_pot flowerpot 盆栽 花盆", 100, "room"),
    "fireplace": Prop(fireplace, "fireplace hearth 壁炉", 130, "room"),
    "screen": Prop(screen, "folding_screen 屏风", 160, "palace hall"),
    "shelf": Prop(shelf, "shelf shelves 货架 架子", 45, "shop", "wall"),
    "curtain": Prop(curtain, "curtain curtains 窗帘", 140, "room", "wall"),
    "stage": Prop(curtain_stage, "stage theatre theater concert 舞台 剧院 音乐会", 220, "hall"),
    "ceiling lamp": Prop(pendant, "ceiling_lamp chandelier 吊灯", 120, "room", "ceiling"),
}
