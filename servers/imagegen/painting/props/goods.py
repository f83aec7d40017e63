"""Things one buys, holds and shows: devices, clothes, instruments, tools, tokens."""

from __future__ import annotations

import math

from servers.imagegen.painting.geometry import Figure, Part
from servers.imagegen.painting.palette import LAMP
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, box, dark, disc, figure, line, oval, pale, poly


def phone(look: Look) -> Figure:
    own = look.paint("#2f3440", "#3f5f7f", "#b89a8a")
    apps = [
        box(-32 + c * 23, 96 - r * 26, 17, 17, col, 5)
        for (r, c), col in zip(
            [(r, c) for r in range(3) for c in range(3)],
            (
                "#f2b544",
                "#e2574c",
                "#6aa84a",
                "#4f8fd9",
                "#c46aa8",
                "#f08a5d",
                "#5fb8b0",
                "#f4efe4",
                "#8a6bb8",
            ),
            strict=True,
        )
    ]
    return figure(
        [
            box(-46, 0, 92, 176, dark(own, 0.7), 15),
            box(-44, 2, 86, 172, own, 14),
            box(-39, 12, 76, 152, "#7fb8dc", 7),
            poly("#a9d3ea", (-39, 120), (37, 160), (37, 164), (-32, 164), (-39, 158)),
            *apps,
            box(-12, 152, 24, 7, "#22262e", 3),
            bar("#f4f7f8", 4, (-14, 20), (14, 20)),
        ],
        92,
        176,
    )


def laptop(look: Look) -> Figure:
    own = look.paint("#b9c0c7", "#8f98a2")
    bars_ = [
        box(-66 + i * 22, 56, 13, h, c, 2)
        for i, (h, c) in enumerate(((20, "#4f8fd9"), (34, "#5fb8b0"), (26, "#f2b544"), (46, "#e2574c")))
    ]
    return figure(
        [
            box(-104, 22, 208, 132, dark(own, 0.55), 9),
            box(-96, 30, 192, 116, "#22384f", 4),
            poly("#2d4a66", (-96, 60), (96, 140), (96, 146), (-96, 146)),
            *bars_,
            line("#9fe0d6", 4, (30, 64), (48, 84), (66, 76), (86, 110)),
            poly(own, (-112, 22), (112, 22), (138, 4), (-138, 4)),
            poly(dark(own, 0.7), (-138, 4), (138, 4), (132, -2), (-132, -2)),
            *[
                poly(
                    dark(own, 0.62),
                    (-92 - i * 6, 18 - i * 5),
                    (92 + i * 6, 18 - i * 5),
                    (94 + i * 6, 16 - i * 5),
                    (-94 - i * 6, 16 - i * 5),
                )
                for i in range(2)
            ],
        ],
        276,
        154,
    )


def computer(look: Look) -> Figure:
    return figure(
        [
            poly("#8f98a2", (-16, 10), (16, 10), (12, 44), (-12, 44)),
            oval(0, 8, 56, 8, "#a9b1b8"),
            box(-112, 40, 224, 136, "#2f3440", 9),
            box(-104, 50, 208, 118, "#3f7fa8", 4),
            poly("#5f9cc4", (-104, 96), (60, 168), (-104, 168)),
            *[box(-86, 140 - i * 17, w, 7, "#e8f2f6", 3) for i, w in enumerate((90, 130, 70, 110))],
            box(30, 66, 58, 40, "#f2b544", 4),
        ],
        224,
        176,
    )


def tablet(look: Look) -> Figure:
    return figure(
        [
            box(-78, 0, 156, 120, "#2f3440", 12),
            box(-68, 9, 136, 102, "#8fc4d9", 5),
            blob("#6aa84a", (-68, 9), (-68, 40), (-20, 56), (30, 34), (68, 50), (68, 9), sharp=(0, 1, 4, 5)),
            disc(34, 82, 13, "#f7d36a"),
        ],
        156,
        120,
    )


def headphones(look: Look) -> Figure:
    own = look.paint("#2f3440", "#c8503f", "#e8e2d6")
    return figure(
        [
            line(own, 15, (-66, 58), (-66, 116), (-34, 152), (0, 162), (34, 152), (66, 116), (66, 58)),
            line(pale(own, 0.35), 4, (-56, 122), (-28, 150), (0, 156), (28, 150), (56, 122)),
            *[
                p
                for s in (-1, 1)
                for p in (
                    box(s * 66 - 20, 4, 40, 78, dark(own, 0.72), 18),
                    box(s * 56 - 15, 8, 30, 70, own, 14),
                    oval(s * 56, 43, 7, 20, pale(own, 0.3)),
                )
            ],
        ],
        172,
        170,
    )


def watch(look: Look) -> Figure:
    own = look.paint("#3a3f4a", "#8a5a3c", "#4f7fa6")
    ticks = [
        bar(
            "#5a6068", 3, (math.cos(a) * 40, 90 + math.sin(a) * 40), (math.cos(a) * 34, 90 + math.sin(a) * 34)
        )
        for a in (i * math.tau / 12 for i in range(12))
    ]
    return figure(
        [
            poly(own, (-28, 0), (28, 0), (34, 60), (-34, 60)),
            poly(own, (-34, 120), (34, 120), (28, 180), (-28, 180)),
            *[box(-4, y, 8, 8, dark(own, 0.6), 4) for y in (14, 30)],
            box(52, 82, 14, 16, "#b8a06a", 4),
            disc(0, 90, 58, "#d8b866" if look.draw.random() < 0.5 else "#c3c9ce"),
            disc(0, 90, 48, "#f9f6ee"),
            *ticks,
            bar("#2f3440", 6, (0, 90), (-16, 112)),
            bar("#2f3440", 4.5, (0, 90), (24, 106)),
            bar("#d9503c", 2.5, (0, 90), (4, 56)),
            disc(0, 90, 4.5, "#2f3440"),
        ],
        132,
        180,
    )


def backpack(look: Look) -> Figure:
    own = look.paint("#c8703f", "#4f7f8a", "#6f8f5a", "#3f5a8a")
    return figure(
        [
            line(dark(own), 10, (-20, 146), (0, 168), (20, 146)),
            blob(dark(own, 0.72), (-72, 20), (-66, 90), (-84, 70), (-86, 24)),
            blob(dark(own, 0.72), (72, 20), (66, 90), (84, 70), (86, 24)),
            blob(own, (-70, 4), (70, 4), (70, 104), (46, 148), (-46, 148), (-70, 104), sharp=(0, 1)),
            blob(dark(own, 0.86), (30, 4), (70, 4), (70, 104), (50, 144), (40, 90), sharp=(0, 1)),
            box(-50, 12, 100, 58, pale(own, 0.18), 12),
            bar(dark(own, 0.65), 5, (-44, 60), (44, 60)),
            line(dark(own, 0.65), 5, (-56, 108), (0, 120), (56, 108)),
            box(-9, 52, 18, 16, "#d8b866", 3),
        ],
        172,
        170,
    )


def shoe(look: Look) -> Figure:
    own = look.paint("#d9503c", "#4f8fd9", "#f4f2ec", "#2f3440")
    return figure(
        [
            blob(
                own,
                (-100, 20),
                (-98, 84),
                (-70, 96),
                (-42, 88),
                (6, 52),
                (64, 42),
                (104, 26),
                (104, 16),
                sharp=(0, 7),
                pull=0.8,
            ),
            blob(dark(own, 0.8), (-98, 84), (-70, 96), (-42, 88), (-52, 72), (-78, 66)),
            blob("#f7f5ee", (-106, 20), (110, 20), (112, 6), (96, -4), (-96, -4), (-108, 6), sharp=(0, 1)),
            bar("#c9c4b8", 3, (-104, 8), (110, 8)),
            *[bar("#f7f5ee", 6, (-36 + i * 18, 74 - i * 11), (-16 + i * 18, 86 - i * 11)) for i in range(4)],
            line("#f7f5ee", 8, (-84, 30), (-40, 46), (10, 26)),
        ],
        220,
        96,
    )


def camera(look: Look) -> Figure:
    own = look.paint("#33363e", "#5a4a42")
    return figure(
        [
            box(-90, 0, 180, 104, own, 12),
            box(-90, 24, 180, 50, dark(own, 0.72)),
            box(-34, 98, 64, 24, own, 6),
            box(46, 100, 26, 10, "#c8503f", 4),
            box(-80, 80, 30, 14, "#e8e2d0", 3),
            disc(0, 50, 47, "#1f2228"),
            disc(0, 50, 40, "#8a929a"),
            disc(0, 50, 34, "#1d2c3a"),
            disc(0, 50, 22, "#35597a"),
            oval(-10, 62, 9, 6, "#bfe0f0", 30),
            disc(9, 40, 4, "#7fb8dc"),
        ],
        180,
        122,
    )


def box_(look: Look) -> Figure:
    own = look.paint("#c99a62", "#b98a58")
    return figure(
        [
            poly(own, (-80, 0), (24, 0), (24, 104), (-80, 104)),
            poly(dark(own, 0.84), (24, 0), (84, 22), (84, 118), (24, 104)),
            poly(pale(own, 0.25), (-80, 104), (24, 104), (84, 118), (-22, 120)),
            poly("#ecd8a8", (-40, 0), (-18, 0), (-18, 104), (-40, 104)),
        ],
        166,
        120,
    )


def gift(look: Look) -> Figure:
    own = look.paint("#d9503c", "#4f8f8a", "#c46a94")
    return figure(
        [
            box(-66, 0, 132, 88, own, 4),
            box(-74, 84, 148, 28, pale(own, 0.15), 4),
            box(-13, 0, 26, 112, "#f7dc8a"),
            blob("#f7dc8a", (0, 112), (-18, 150), (-56, 146), (-42, 118), sharp=(0,)),
            blob("#f0cd68", (0, 112), (18, 150), (56, 146), (42, 118), sharp=(0,)),
            disc(0, 114, 11, "#e3b94f"),
        ],
        148,
        152,
    )


def glasses(look: Look) -> Figure:
    own = look.paint("#3a3236", "#8a4a35")
    return figure(
        [
            line(own, 6, (-90, 58), (-128, 70), (-140, 50)),
            line(own, 6, (90, 58), (128, 70), (140, 50)),
            *[
                p
                for x in (-50, 50)
                for p in (
                    disc(x, 42, 42, own),
                    disc(x, 42, 34, "#cfe6ee"),
                    poly("#f2fafc", (x - 22, 26), (x - 10, 20), (x + 10, 64), (x, 70)),
                )
            ],
            line(own, 7, (-12, 52), (0, 60), (12, 52)),
        ],
        280,
        84,
    )


def umbrella(look: Look) -> Figure:
    own = look.paint("#d9503c", "#4f7fb8", "#e0b04a", "#5a9a78")
    gores = [
        blob(
            own if i % 2 else dark(own, 0.86),
            (0, 178),
            (x0 * 0.8, 152),
            (x0, 96),
            ((x0 + x1) / 2, 106),
            (x1, 96),
            (x1 * 0.8, 152),
            sharp=(0, 2, 4),
        )
        for i, (x0, x1) in enumerate(((-110, -56), (-56, 0), (0, 56), (56, 110)))
    ]
    return figure(
        [
            line("#5a4030", 7, (0, 180), (0, 20), (10, 4), (24, 10), (24, 22)),
            *gores,
            bar("#5a4030", 6, (0, 176), (0, 194)),
        ],
        220,
        194,
    )


def ring(look: Look) -> Figure:
    return figure(
        [
            line("#e0b84f", 13, (0, 4), (46, 30), (44, 74), (0, 96), (-44, 74), (-46, 30), (-2, 4)),
            poly("#a9e0f2", (-26, 116), (-14, 132), (14, 132), (26, 116), (0, 90)),
            poly("#e8f8fd", (-14, 132), (0, 116), (14, 132)),
            poly("#7fc4de", (26, 116), (0, 116), (0, 90)),
        ],
        112,
        132,
    )


def hat(look: Look) -> Figure:
    own = look.paint("#8a6a4a", "#3f4a5a", "#d9b871")
    return figure(
        [
            oval(0, 14, 110, 17, dark(own, 0.85)),
            blob(own, (-58, 16), (-52, 72), (-20, 90), (20, 84), (54, 72), (58, 16), sharp=(0, 5)),
            poly("#5a2f2f", (-58, 18), (58, 18), (57, 36), (-57, 36)),
            oval(0, 12, 112, 12, own),
        ],
        222,
        92,
    )


def shirt(look: Look) -> Figure:
    own = look.paint("#4f8fd9", "#e2574c", "#6aa47a", "#f4efe4")
    return figure(
        [
            poly(
                own,
                (-52, 0),
                (52, 0),
                (54, 96),
                (84, 74),
                (106, 108),
                (50, 146),
                (22, 150),
                (-22, 150),
                (-50, 146),
                (-106, 108),
                (-84, 74),
                (-54, 96),
            ),
            blob(dark(own, 0.72), (-24, 151), (0, 130), (24, 151), sharp=(0, 2)),
            poly(dark(own, 0.88), (30, 0), (52, 0), (54, 96), (44, 110)),
            box(12, 84, 26, 26, dark(own, 0.9), 3),
        ],
        212,
        151,
    )


def key(look: Look) -> Figure:
    own = look.paint("#d8b04c")
    return figure(
        [
            line(own, 13, (-48, 12), (-84, 30), (-84, 62), (-52, 78), (-24, 60), (-24, 30), (-46, 12)),
            bar(own, 14, (-24, 46), (100, 46)),
            box(66, 14, 13, 32, own),
            box(88, 20, 12, 26, own),
        ],
        190,
        80,
    )


def coin(look: Look) -> Figure:
    own = look.paint("#e3b84a")
    stack = [
        p
        for i in range(4)
        for p in (oval(-14, 8 + i * 15, 52, 15, dark(own, 0.78)), oval(-14, 14 + i * 15, 52, 15, own))
    ]
    return figure(
        [
            *stack,
            disc(44, 44, 44, dark(own, 0.8)),
            disc(41, 46, 43, own),
            disc(41, 46, 33, dark(own, 0.9)),
            box(30, 35, 22, 22, pale(own, 0.4)),
        ],
        160,
        90,
    )


def mic(look: Look) -> Figure:
    own = look.paint("#3a3f48")
    return figure(
        [
            oval(0, 5, 46, 9, dark(own)),
            bar(own, 8, (0, 8), (0, 108)),
            bar(own, (15.0, 23.0), (0, 104), (0, 146)),
            box(-27, 142, 54, 66, "#8f98a2", 26),
            *[bar("#5f6870", 2.5, (-24, y), (24, y)) for y in (158, 170, 182, 194)],
            bar("#d9503c", 8, (-24, 144), (24, 144)),
            oval(-10, 190, 5, 10, "#d9dfe2", 20),
        ],
        92,
        208,
    )


def speaker(look: Look) -> Figure:
    own = look.paint("#3a3236", "#7a5238")
    return figure(
        [
            box(-56, 0, 112, 168, own, 12),
            *[
                p
                for y, r in ((56, 42), (130, 22))
                for p in (
                    disc(0, y, r, dark(own, 0.6)),
                    disc(0, y, r * 0.82, "#6a7078"),
                    disc(0, y, r * 0.4, "#2a2c32"),
                )
            ],
            oval(-14, 70, 8, 5, "#aab0b6", 30),
        ],
        112,
        168,
    )


def vase(look: Look) -> Figure:
    own = look.paint("#4f7fa6", "#7fa89a", "#c8704f")
    blooms = [
        p
        for x, y, c in ((-34.0, 168.0, "#e2574c"), (4.0, 190.0, "#f2b544"), (38.0, 164.0, "#c46aa8"))
        for p in (
            bar("#5c9440", 4, (0, 98), (x * 0.6, 140), (x, y)),
            *[
                disc(x + math.cos(a) * 12, y + math.sin(a) * 12, 10, c)
                for a in (i * math.tau / 6 for i in range(6))
            ],
            disc(x, y, 8, "#f9e3a0"),
        )
    ]
    return figure(
        [
            *blooms,
            blob(
                own,
                (-30, 0),
                (30, 0),
                (52, 40),
                (34, 82),
                (20, 96),
                (30, 110),
                (-30, 110),
                (-20, 96),
                (-34, 82),
                (-52, 40),
                sharp=(0, 1, 6, 7),
            ),
            line(pale(own, 0.6), 5, (-44, 44), (0, 34), (44, 44)),
            oval(-26, 50, 6, 16, pale(own, 0.4), 10),
        ],
        104,
        204,
    )


def pen(look: Look) -> Figure:
    own = look.paint("#3f5f9f", "#d9503c", "#2f3440")
    return figure(
        [
            bar(own, 17, (-70, 14), (70, 62)),
            poly("#e8d0a0", (74, 54), (66, 72), (112, 78)),
            poly("#2f2a28", (98, 72), (96, 78), (112, 78)),
            bar("#d8b04c", 17, (-50, 21), (-40, 25)),
        ],
        210,
        84,
    )


def brush(look: Look) -> Figure:
    return figure(
        [
            bar("#a5733c", 13, (-96, 84), (40, 34)),
            bar("#d8b04c", 16, (36, 36), (54, 29)),
            bar("#2a2422", (17.0, 15.0, 2.0), (54, 29), (84, 17), (112, 2)),
        ],
        210,
        92,
    )


def crown(look: Look) -> Figure:
    own = "#e8bd48"
    return figure(
        [
            poly(own, (-78, 10), (-92, 96), (-44, 54), (0, 118), (44, 54), (92, 96), (78, 10)),
            poly(dark(own, 0.86), (30, 10), (60, 74), (92, 96), (78, 10)),
            box(-80, 0, 160, 22, dark(own, 0.9), 6),
            *[
                disc(x, y, 9, c)
                for x, y, c in (
                    (-92, 98, "#d9503c"),
                    (0, 122, "#4f8fd9"),
                    (92, 98, "#d9503c"),
                    (0, 11, "#d9503c"),
                )
            ],
            *[disc(x, 11, 6, "#5fb8b0") for x in (-44, 44)],
        ],
        190,
        130,
    )


def bell(look: Look) -> Figure:
    own = look.paint("#d8a53c")
    return figure(
        [
            disc(0, 6, 14, dark(own, 0.7)),
            blob(own, (-76, 14), (-50, 34), (-40, 90), (0, 122), (40, 90), (50, 34), (76, 14), sharp=(0, 6)),
            blob(dark(own, 0.85), (76, 14), (50, 34), (40, 90), (10, 120), (20, 14), sharp=(0, 4)),
            bar(dark(own), 9, (-76, 16), (76, 16)),
            line(dark(own), 8, (-12, 122), (0, 142), (12, 122)),
            oval(-26, 76, 6, 20, pale(own, 0.5), 10),
        ],
        152,
        146,
    )


def drum(look: Look) -> Figure:
    own = look.paint("#c8402f")
    return figure(
        [
            box(-76, 10, 152, 92, own, 14),
            *[line("#f0d080", 4, (x, 94), (x + 19, 22), (x + 38, 94)) for x in (-74, -36, 2, 38)],
            oval(0, 100, 78, 20, "#e0c090"),
            oval(0, 103, 72, 16, "#f7ead0"),
            bar("#d8b04c", 8, (-76, 16), (76, 16)),
            bar("#8a5a35", 7, (20, 112), (92, 150)),
            disc(20, 112, 9, "#f4ead6"),
        ],
        170,
        152,
    )


def guitar(look: Look) -> Figure:
    own = look.paint("#c9803c", "#a5522f")
    return figure(
        [
            bar("#5a3a28", 14, (0, 100), (0, 206)),
            box(-13, 200, 26, 34, "#4a2f22", 5),
            blob(
                own,
                (0, 0),
                (48, 12),
                (54, 48),
                (32, 74),
                (38, 102),
                (0, 122),
                (-38, 102),
                (-32, 74),
                (-54, 48),
                (-48, 12),
            ),
            disc(0, 80, 18, "#3a2418"),
            box(-20, 30, 40, 8, "#4a2f22", 3),
            *[bar("#f4ead6", 1.6, (x, 34), (x * 0.7, 216)) for x in (-6, -2, 2, 6)],
        ],
        108,
        234,
    )


def violin(look: Look) -> Figure:
    own = look.paint("#a5522f")
    return figure(
        [
            blob(
                own,
                (0, 0),
                (44, 12),
                (46, 40),
                (24, 60),
                (36, 92),
                (0, 112),
                (-36, 92),
                (-24, 60),
                (-46, 40),
                (-44, 12),
            ),
            bar("#2f2220", 11, (0, 62), (0, 176)),
            disc(0, 182, 10, "#6b3a24"),
            *[line("#3a2418", 3, (s * 18, 44), (s * 14, 58), (s * 20, 70)) for s in (-1, 1)],
            bar("#6b3a24", 4, (70, 0), (40, 190)),
            bar("#f4ead6", 2, (76, 2), (46, 188)),
        ],
        130,
        192,
    )


def flute(look: Look) -> Figure:
    return figure(
        [
            bar("#b8a05a", 15, (-120, 20), (120, 64)),
            *[oval(x, 42 + x * 0.183, 4.5, 4, "#4a3a22") for x in (-60, -10, 14, 38, 62)],
            *[bar("#8a5a35", 17, (x, 42 + x * 0.183 - 1), (x + 5, 42 + x * 0.183)) for x in (-100, 96)],
        ],
        250,
        76,
    )


def piano(look: Look) -> Figure:
    own = "#33282a"
    return figure(
        [
            box(-110, 0, 220, 120, own, 6),
            box(-118, 116, 236, 12, pale(own, 0.12), 4),
            box(-118, 48, 236, 22, "#f7f3ea"),
            *[box(-108 + i * 18, 56, 8, 14, "#1d181a") for i in range(13)],
            box(-118, 40, 236, 9, dark(own, 0.8)),
            box(-46, 80, 92, 32, "#f4ead6"),
            *[bar("#8a8278", 2, (-38, y), (38, y)) for y in (90, 97, 104)],
        ],
        240,
        130,
    )


def ball(look: Look) -> Figure:
    patches = [
        poly(
            "#2f3440",
            *[
                (x + math.cos(a + r) * s, y + math.sin(a + r) * s)
                for a in (i * math.tau / 5 for i in range(5))
            ],
        )
        for x, y, s, r in (
            (0, 52, 17, 0.3),
            (-36, 74, 11, 0.9),
            (36, 74, 11, 0.1),
            (-28, 20, 12, 0.5),
            (30, 20, 12, 0.8),
        )
    ]
    return figure(
        [
            disc(0, 50, 50, look.paint("#f4f2ec")),
            blob("#d8d5cc", (20, 3), (49, 40), (38, 82), (40, 40)),
            *patches,
        ],
        100,
        100,
    )


def toy(look: Look) -> Figure:
    own = look.paint("#c08a54", "#d9a58a")
    return figure(
        [
            *[disc(s * 40, 128, 18, own) for s in (-1, 1)],
            *[disc(s * 40, 128, 9, pale(own, 0.4)) for s in (-1, 1)],
            *[oval(s * 46, 54, 17, 32, dark(own, 0.9), s * 24) for s in (-1, 1)],
            oval(0, 48, 46, 48, own),
            oval(0, 44, 28, 32, pale(own, 0.4)),
            *[oval(s * 34, 12, 25, 17, dark(own, 0.92)) for s in (-1, 1)],
            disc(0, 102, 44, own),
            oval(0, 88, 19, 15, pale(own, 0.45)),
            *[disc(s * 16, 108, 5, "#221a18") for s in (-1, 1)],
            oval(0, 95, 7, 5, "#221a18"),
        ],
        130,
        146,
    )


def book(look: Look) -> Figure:
    own = look.paint("#a8483a", "#3f6f8f", "#5a7a4a", "#7a4f7f")
    pages = [
        blob(
            "#f7efdc",
            (0, 20),
            (s * 50, 34),
            (s * 104, 22),
            (s * 104, 76),
            (s * 50, 88),
            (0, 74),
            sharp=(0, 2, 3, 5),
            pull=0.8,
        )
        for s in (-1, 1)
    ]
    lines = [
        line("#b8ab94", 2.5, (s * 16, y), (s * 54, y + 10), (s * 92, y + 2))
        for s in (-1, 1)
        for y in (36, 48, 60)
    ]
    return figure(
        [
            poly(own, (-112, 14), (112, 14), (112, 70), (-112, 70)),
            poly(dark(own), (-8, 10), (8, 10), (8, 70), (-8, 70)),
            *pages,
            *lines,
            line("#d8c8a8", 3, (0, 20), (0, 74)),
        ],
        224,
        90,
    )


def books(look: Look) -> Figure:
    colours = ("#a8483a", "#3f6f8f", "#d8a53c")
    return figure(
        [
            p
            for i, c in enumerate(colours)
            for p in (
                box(-70 + i * 8, i * 30, 140, 28, c, 4),
                box(56 + i * 8, i * 30 + 4, 12, 20, "#f7efdc"),
                box(-54 + i * 8, i * 30, 9, 28, pale(c, 0.4)),
            )
        ],
        150,
        90,
    )


def letter(look: Look) -> Figure:
    own = look.paint("#f7efdc")
    return figure(
        [
            box(-90, 0, 180, 112, own, 3),
            poly(dark(own, 0.9), (-90, 0), (0, 62), (90, 0)),
            poly(pale(own, 0.5), (-90, 112), (0, 40), (90, 112)),
            line(dark(own, 0.78), 3, (-90, 112), (0, 40), (90, 112)),
            disc(0, 46, 15, "#c8402f"),
            disc(0, 46, 9, "#a8301f"),
        ],
        180,
        112,
    )


def newspaper(look: Look) -> Figure:
    return figure(
        [
            poly("#f4efe2", (-80, 0), (80, 0), (80, 110), (-80, 110)),
            box(-68, 88, 136, 13, "#3a3a3e"),
            box(-68, 38, 62, 42, "#9aa4ac"),
            *[bar("#9a948a", 3, (4, y), (66, y)) for y in range(40, 84, 9)],
            *[bar("#9a948a", 3, (-66, y), (66, y)) for y in range(10, 34, 8)],
        ],
        160,
        110,
    )


def scroll(look: Look) -> Figure:
    wood = "#8a4a35"
    strokes = [
        bar("#2f2a28", (3.0, 7.0, 3.0), (x, 24), (x + look.draw.uniform(-5, 5), 42), (x, 58))
        for x in range(-70, 80, 20)
    ]
    return figure(
        [
            box(-98, 10, 196, 66, "#f0e2bf"),
            *strokes,
            *[bar("#3a3230", 4, (x - 6, 64), (x + 6, 64)) for x in range(-70, 80, 20)],
            *[
                p
                for s in (-1, 1)
                for p in (
                    bar("#e3d0a0", 26, (s * 104, 10), (s * 104, 76)),
                    bar(wood, 9, (s * 104, -6), (s * 104, 92)),
                )
            ],
        ],
        240,
        94,
    )


def map_(look: Look) -> Figure:
    return figure(
        [
            poly(
                "#ecdcae",
                (-100, 8),
                (-34, 0),
                (34, 10),
                (100, 0),
                (100, 104),
                (34, 114),
                (-34, 104),
                (-100, 112),
            ),
            blob("#a9c98a", (-80, 30), (-40, 24), (-20, 60), (-60, 90), (-86, 70)),
            blob("#a9c98a", (20, 40), (70, 30), (84, 70), (40, 88)),
            line("#c8402f", 4, (-60, 50), (-10, 36), (30, 60), (60, 56)),
            *[bar("#c8402f", 5, (52, 48), (68, 64)), bar("#c8402f", 5, (52, 64), (68, 48))],
            poly("#d9c48e", (-34, 0), (34, 10), (34, 114), (-34, 104), (-20, 60)),
        ],
        200,
        114,
    )


def globe(look: Look) -> Figure:
    return figure(
        [
            oval(0, 6, 44, 9, "#6b4632"),
            bar("#8a5a35", 9, (0, 8), (0, 30)),
            line("#d8b04c", 8, (46, 44), (60, 86), (34, 132), (0, 142)),
            disc(-2, 86, 50, "#5f9fc8"),
            blob("#7fb36a", (-40, 96), (-22, 124), (0, 118), (-8, 92), (-26, 78)),
            blob("#7fb36a", (4, 80), (30, 96), (36, 70), (14, 48)),
            oval(-20, 108, 10, 16, "#a9d0e6", 40),
        ],
        120,
        146,
    )


def candle(look: Look) -> Figure:
    return figure(
        [
            oval(0, 8, 52, 11, "#b89a5a"),
            box(-17, 10, 34, 84, "#f4ead6", 4),
            bar("#3a2a22", 3, (0, 92), (0, 106)),
            blob("#f7a733", (-11, 106), (0, 100), (11, 106), (6, 124), (0, 142), (-6, 124), sharp=(4,)),
            blob(LAMP, (-5, 108), (5, 108), (0, 126)),
        ],
        104,
        142,
    )


def lantern(look: Look) -> Figure:
    own = look.paint("#d9402e", "#e2574c")
    return figure(
        [
            bar("#8a6a3a", 4, (0, 126), (0, 156)),
            box(-27, 112, 54, 13, "#d8b04c", 3),
            oval(0, 70, 66, 46, own),
            *[
                oval(0, 70, r, 46, c)
                for r, c in ((48, pale(own, 0.14)), (27, LAMP if look.palette.dark else pale(own, 0.3)))
            ],
            box(-27, 17, 54, 13, "#d8b04c", 3),
            *[bar("#e8b04a", 3, (x, 18), (x, -20)) for x in (-12, -4, 4, 12)],
        ],
        132,
        156,
    )


def chest(look: Look) -> Figure:
    own = "#8a5a35"
    return figure(
        [
            box(-90, 0, 180, 66, own, 4),
            blob(dark(own, 0.88), (-90, 64), (-84, 104), (0, 126), (84, 104), (90, 64), sharp=(0, 4)),
            blob("#f2c94c", (-80, 66), (-40, 88), (10, 94), (60, 84), (80, 66), sharp=(0, 4)),
            *[
                disc(x, y, 8, c)
                for x, y, c in ((-40, 78, "#d9503c"), (16, 84, "#5fb8b0"), (48, 76, "#f7e08a"))
            ],
            *[box(x, 0, 15, 66, "#d8b04c") for x in (-72, 57)],
            box(-15, 40, 30, 32, "#d8b04c", 4),
            disc(0, 56, 5, "#4a3a22"),
        ],
        180,
        126,
    )


def sword(look: Look) -> Figure:
    return figure(
        [
            poly("#d5dbdf", (-9, 52), (9, 52), (9, 190), (0, 214), (-9, 190)),
            poly("#a9b2b8", (0, 52), (9, 52), (9, 190), (0, 214)),
            bar("#d8b04c", 11, (-36, 52), (36, 52)),
            bar("#5a3226", 14, (0, 12), (0, 46)),
            disc(0, 6, 11, "#d8b04c"),
        ],
        80,
        214,
    )


def spear(look: Look) -> Figure:
    return figure(
        [
            bar("#7a5535", 7, (0, 0), (0, 200)),
            poly("#c9d0d5", (0, 250), (14, 212), (0, 194), (-14, 212)),
            *[bar("#c8402f", (7.0, 2.0), (0, 196), (x, 168)) for x in (-12, 0, 12)],
        ],
        40,
        250,
    )


def bow(look: Look) -> Figure:
    return figure(
        [
            line("#8a5a35", 9, (30, 0), (-26, 40), (-38, 90), (-26, 140), (30, 180)),
            line("#e8e0d0", 2.5, (30, 0), (30, 180)),
            bar("#b8854c", 5, (-70, 90), (60, 90)),
            poly("#9aa4ac", (-92, 90), (-66, 99), (-66, 81)),
            poly("#c8402f", (50, 90), (66, 100), (78, 100), (62, 90), (78, 80), (66, 80)),
        ],
        170,
        180,
    )


def shield(look: Look) -> Figure:
    own = look.paint("#a8402f", "#3f5f8f")
    return figure(
        [
            blob("#c9b06a", (0, 0), (52, 40), (62, 116), (0, 136), (-62, 116), (-52, 40), sharp=(0, 2, 4)),
            blob(own, (0, 12), (43, 46), (51, 107), (0, 124), (-51, 107), (-43, 46), sharp=(0, 2, 4)),
            box(-7, 20, 14, 102, "#c9b06a"),
            box(-46, 72, 92, 14, "#c9b06a"),
            disc(0, 79, 15, "#e3cf90"),
        ],
        124,
        136,
    )


def telescope(look: Look) -> Figure:
    return figure(
        [
            *[bar("#6b4632", 8, (0, 92), (x, 0)) for x in (-48, 0, 48)],
            bar("#3f5a7a", (32.0, 32.0), (-20, 84), (60, 136)),
            bar("#d8b04c", 37, (56, 133), (70, 142)),
            bar("#7f8a96", (17.0, 22.0), (-76, 50), (-22, 84)),
            disc(0, 95, 13, "#2f3440"),
        ],
        170,
        160,
    )


def microscope(look: Look) -> Figure:
    return figure(
        [
            box(-60, 0, 120, 17, "#3f4a5a", 7),
            blob(
                "#56667a", (30, 14), (58, 60), (50, 118), (18, 142), (8, 128), (30, 106), (34, 66), (10, 20)
            ),
            box(-46, 48, 84, 11, "#2f3844", 3),
            box(-22, 59, 44, 5, "#a9d6ea"),
            bar("#eef1f3", 28, (-30, 92), (-6, 140)),
            bar("#2f3844", 19, (-4, 142), (10, 168)),
            bar("#9aa4ae", 16, (-34, 84), (-40, 70)),
            disc(42, 78, 13, "#9aa4ae"),
            disc(-2, 30, 11, LAMP),
        ],
        120,
        176,
    )


def flask(look: Look) -> Figure:
    own = look.paint("#5fb8b0", "#e2574c", "#8a6bb8", "#6aa84a")
    return figure(
        [
            blob(
                "#e2eff3",
                (-62, 8),
                (62, 8),
                (56, 22),
                (16, 88),
                (16, 138),
                (-16, 138),
                (-16, 88),
                (-56, 22),
                sharp=(3, 4, 5, 6),
            ),
            blob(own, (-56, 10), (56, 10), (30, 62), (-30, 62), sharp=(2, 3)),
            oval(0, 62, 29, 6, pale(own, 0.35)),
            *[disc(x, y, r, pale(own, 0.5)) for x, y, r in ((-14, 34, 6), (12, 44, 5), (4, 22, 4))],
            box(-21, 134, 42, 9, "#c9dbe2", 4),
        ],
        124,
        142,
    )


def bulb(look: Look) -> Figure:
    return figure(
        [
            disc(0, 98, 52, LAMP),
            blob(LAMP, (-38, 66), (38, 66), (20, 36), (-20, 36)),
            disc(-16, 112, 13, "#fff6d8"),
            line("#d08a2c", 4, (-16, 40), (-12, 84), (0, 72), (12, 84), (16, 40)),
            box(-21, 6, 42, 34, "#8f98a2", 5),
            *[bar("#6a727a", 3, (-21, y), (21, y)) for y in (14, 23, 32)],
            oval(0, 5, 12, 6, "#4a5058"),
        ],
        104,
        150,
    )


def magnifier(look: Look) -> Figure:
    return figure(
        [
            bar("#6b4632", (20.0, 16.0), (-70, 10), (-12, 60)),
            disc(28, 98, 57, "#3f4a5a"),
            disc(28, 98, 46, "#cfe8f2"),
            blob("#f2fbfd", (2, 104), (14, 126), (34, 134), (20, 112)),
        ],
        160,
        156,
    )


def heart(look: Look) -> Figure:
    own = look.paint("#e2455a")
    return figure(
        [
            blob(
                own,
                (0, 0),
                (58, 50),
                (66, 92),
                (38, 114),
                (0, 90),
                (-38, 114),
                (-66, 92),
                (-58, 50),
                sharp=(0, 4),
            ),
            oval(-34, 90, 9, 15, pale(own, 0.5), 30),
            blob(dark(own, 0.86), (0, 0), (58, 50), (66, 92), (52, 108), (46, 62), sharp=(0,)),
        ],
        132,
        114,
    )


def magnet(look: Look) -> Figure:
    def arch(c: str, w: float) -> Part:
        return line(c, w, (-44, 20), (-44, 80), (-24, 110), (0, 118), (24, 110), (44, 80), (44, 20))

    return figure([arch("#d9402e", 34), *[box(x - 17, 0, 34, 30, "#d5dbdf") for x in (-44, 44)]], 124, 136)


def robot(look: Look) -> Figure:
    own = look.paint("#9fb4c4", "#e0b04a", "#7fb8b0")
    return figure(
        [
            *[box(x, 0, 22, 36, dark(own, 0.72), 5) for x in (-32, 10)],
            box(-48, 32, 96, 76, own, 14),
            box(-30, 50, 60, 38, dark(own, 0.55), 6),
            *[disc(x, 69, 7, c) for x, c in ((-14, "#e2574c"), (4, "#f2c94c"), (20, "#6aa84a"))],
            *[bar(dark(own, 0.8), 14, (s * 50, 96), (s * 68, 72), (s * 64 + 4, 52)) for s in (-1, 1)],
            bar(dark(own, 0.6), 14, (0, 106), (0, 118)),
            box(-42, 116, 84, 58, own, 16),
            box(-32, 126, 64, 34, "#22384f", 10),
            *[disc(x, 143, 8, "#8ff0e0") for x in (-14, 14)],
            bar(dark(own), 4, (0, 174), (0, 192)),
            disc(0, 196, 7, "#e2574c"),
        ],
        150,
        202,
    )


def lamp(look: Look) -> Figure:
    own = look.paint("#d9503c", "#e0b04a", "#4f7f8a")
    return figure(
        [
            poly(LAMP, (-2, 118), (62, 92), (110, 4), (-20, 4))
            if look.palette.dark
            else oval(0, 4, 1, 1, own),
            oval(-30, 7, 46, 10, dark(own, 0.75)),
            bar(dark(own, 0.75), 8, (-30, 10), (-60, 84), (-2, 150)),
            disc(-60, 84, 8, dark(own, 0.6)),
            blob(own, (-20, 158), (8, 166), (66, 108), (0, 108), sharp=(2, 3)),
            oval(34, 108, 33, 8, LAMP),
        ],
        150,
        168,
    )


def drop(look: Look) -> Figure:
    own = look.paint("#4f9fd9")
    return figure(
        [
            blob(own, (0, 0), (46, 20), (50, 56), (0, 140), (-50, 56), (-46, 20), sharp=(3,)),
            blob(dark(own, 0.85), (0, 0), (46, 20), (50, 56), (20, 104), (34, 44)),
            oval(-22, 52, 8, 18, "#e8f6fd", 14),
        ],
        100,
        140,
    )


def feather(look: Look) -> Figure:
    own = look.paint("#f4f0e6", "#4f7fa6")
    return figure(
        [
            blob(own, (-80, 14), (-20, 10), (50, 50), (104, 108), (40, 96), (-30, 54)),
            line("#9a8a70", 3, (-110, 2), (-20, 32), (100, 104)),
        ],
        220,
        110,
    )


def trophy(look: Look) -> Figure:
    own = "#e3b84a"
    return figure(
        [
            box(-40, 0, 80, 26, "#5a3a28", 4),
            bar(own, (30.0, 13.0, 26.0), (0, 26), (0, 52), (0, 76)),
            *[line(own, 9, (s * 44, 138), (s * 78, 130), (s * 66, 96), (s * 32, 88)) for s in (-1, 1)],
            blob(own, (-52, 150), (-44, 100), (0, 70), (44, 100), (52, 150), sharp=(0, 4)),
            oval(0, 150, 52, 10, pale(own, 0.4)),
            oval(-26, 122, 7, 18, pale(own, 0.5), 12),
        ],
        160,
        160,
    )


def money(look: Look) -> Figure:
    return figure(
        [
            p
            for i in range(3)
            for p in (
                box(-80 + i * 6, i * 16, 160, 62, dark("#8ab87a", 0.8 + i * 0.1), 3),
                disc(i * 6, 31 + i * 16, 19, "#d5e6c4"),
            )
        ],
        180,
        96,
    )


def medicine(look: Look) -> Figure:
    return figure(
        [
            box(-42, 0, 84, 96, "#e08a3c", 12),
            box(-42, 22, 84, 46, "#f7f3ea"),
            box(-9, 26, 18, 38, "#d9402e"),
            box(-19, 36, 38, 18, "#d9402e"),
            box(-46, 92, 92, 26, "#f7f3ea", 5),
            *[p for x in (74, 108) for p in (oval(x, 10, 17, 9, "#e2574c", 20),)],
        ],
        190,
        118,
    )


def engine(look: Look) -> Figure:
    def gear(x: float, y: float, r: float, c: str) -> list[Part]:
        teeth = [
            bar(c, r * 0.34, (x, y), (x + math.cos(a) * r * 1.2, y + math.sin(a) * r * 1.2))
            for a in (i * math.tau / 9 for i in range(9))
        ]
        return [*teeth, disc(x, y, r, c), disc(x, y, r * 0.42, "#f4efe4")]

    return figure(
        [*gear(-30, 60, 48, "#7f8a96"), *gear(54, 96, 33, "#d8a53c"), *gear(48, 30, 25, "#b8603c")], 180, 140
    )


# fmt: off
GOODS: dict[str, Prop] = {
    "phone": Prop(phone, "phone smartphone mobile_phone cell_phone telephone iphone app 手机 电话", 16, "studio"),
    "laptop": Prop(laptop, "laptop notebook_computer macbook 笔记本电脑 笔记本", 24, "studio"),
    "computer": Prop(computer, "computer monitor screen television tv keyboard 电脑 屏幕 显示器 电视机 电视 键盘", 45, "office"),
    "tablet": Prop(tablet, "tablet e-reader 平板电脑 平板", 20, "studio"),
    "headphones": Prop(headphones, "headphone headphones earphone earbud headset earbuds 耳机", 20, "studio"),
    "watch": Prop(watch, "wristwatch smartwatch smart_watch a_watch the_watch watch watches 手表 腕表", 12, "studio"),
    "backpack": Prop(backpack, "backpack rucksack bag schoolbag suitcase handbag 背包 书包 双肩包 包包 行李箱 手提包", 45, "studio"),
    "shoe": Prop(shoe, "shoe sneaker boot trainers slipper shoes sneakers 运动鞋 鞋子 跑鞋 鞋", 12, "studio"),
    "camera": Prop(camera, "camera lens 照相机 相机 镜头", 13, "studio"),
    "box": Prop(box_, "box boxes package parcel carton 盒子 箱子 纸箱 包裹 包装盒 快递", 25, "studio"),
    "gift": Prop(gift, "gift present 礼物 礼盒", 22, "studio"),
    "glasses": Prop(glasses, "glasses sunglasses eyeglasses spectacles 眼镜 墨镜", 8, "studio"),
    "umbrella": Prop(umbrella, "umbrella parasol 雨伞 伞", 95, "studio"),
    "ring": Prop(ring, "ring diamond jewel jewels jewellery jewelry necklace 戒指 钻石 首饰 珠宝", 6, "studio"),
    "hat": Prop(hat, "hat cap 帽子", 14, "studio"),
    "shirt": Prop(shirt, "shirt t-shirt tshirt jacket coat sweater hoodie 衬衫 衣服 外套 毛衣 夹克", 70, "studio"),
    "key": Prop(key, "key keys 钥匙", 6, "studio"),
    "coin": Prop(coin, "coin coins 硬币 金币 铜钱 铜币", 6, "studio"),
    "money": Prop(money, "money cash banknote banknotes 钞票 钱", 7, "studio"),
    "microphone": Prop(mic, "microphone mic 麦克风 话筒", 140, "studio"),
    "speaker": Prop(speaker, "loudspeaker speakers bluetooth_speaker smart_speaker radio 音箱 音响 收音机 喇叭", 30, "studio"),
    "vase": Prop(vase, "vase bouquet 花瓶 花束", 35, "studio"),
    "pen": Prop(pen, "pen pencil pencils 钢笔 铅笔", 9, "studio"),
    "brush": Prop(brush, "brush paintbrush paint paints 毛笔 画笔 颜料", 10, "studio"),
    "crown": Prop(crown, "crown 王冠 皇冠", 16, "studio"),
    "bell": Prop(bell, "bell bells 铃铛 钟声 大钟 古钟", 22, "studio"),
    "drum": Prop(drum, "drum drums 战鼓 大鼓 鼓", 60, "studio"),
    "guitar": Prop(guitar, "guitar lute pipa 吉他 琵琶 古琴", 100, "studio"),
    "violin": Prop(violin, "violin fiddle cello 小提琴 二胡", 60, "studio"),
    "flute": Prop(flute, "flute pipe trumpet 笛子 长笛 箫", 14, "studio"),
    "piano": Prop(piano, "piano 钢琴", 120, "room"),
    "ball": Prop(ball, "ball football soccer basketball 足球 篮球 皮球 球", 24, "studio"),
    "toy": Prop(toy, "toy toys teddy_bear teddy doll plush 玩具 布娃娃 玩偶 玩具熊", 35, "studio"),
    "book": Prop(book, "book books textbook novel diary notebook 书本 书籍 课本 日记 书", 22, "library"),
    "letter": Prop(letter, "letter envelope mail postcard 信件 信封 书信 来信 一封信 家书 信纸", 12, "room"),
    "newspaper": Prop(newspaper, "newspaper newspapers poster ballot document documents 报纸 海报 文件 选票", 30, "studio"),
    "scroll": Prop(scroll, "scroll edict manuscript parchment bamboo_slips 卷轴 竹简 圣旨 诏书 书卷", 22, "palace hall"),
    "map": Prop(map_, "map maps 地图", 30, "room"),
    "globe": Prop(globe, "globe 地球仪", 35, "classroom"),
    "candle": Prop(candle, "candle candlelight 蜡烛 烛光 红烛", 20, "room"),
    "lantern": Prop(lantern, "lantern 灯笼 花灯", 40, "street", "ceiling"),
    "treasure": Prop(chest, "treasure treasure_chest gold chest 宝藏 宝箱 黄金", 50, "studio"),
    "sword": Prop(sword, "sword blade dagger 宝剑 长剑 剑", 100, ""),
    "spear": Prop(spear, "spear lance halberd 长矛 矛", 200, ""),
    "bow": Prop(bow, "bow_and_arrow arrow arrows longbow 弓箭 弓", 120, ""),
    "shield": Prop(shield, "shield armour armor helmet 盾牌 盾 盔甲 铠甲", 80, ""),
    "telescope": Prop(telescope, "telescope 望远镜", 120, ""),
    "microscope": Prop(microscope, "microscope 显微镜", 35, "laboratory"),
    "flask": Prop(flask, "flask test_tube beaker chemical chemicals experiment potion 烧杯 试管 烧瓶 实验 药水", 20, "laboratory"),
    "light bulb": Prop(bulb, "light_bulb bulb electricity idea 灯泡 电灯", 12, "studio"),
    "magnifier": Prop(magnifier, "magnifier magnifying_glass 放大镜", 18, "studio"),
    "heart": Prop(heart, "heart hearts 心脏 爱心", 14, "studio"),
    "magnet": Prop(magnet, "magnet 磁铁", 12, "studio"),
    "robot": Prop(robot, "robot robots android 机器人", 130, "studio"),
    "lamp": Prop(lamp, "lamp lamps desk_lamp table_lamp reading_lamp 台灯 油灯 灯光 灯", 45, "studio"),
    "water drop": Prop(drop, "drop_of_water water_drop droplet drops_of_water raindrop drop 水滴 水珠 雨滴", 10, "studio"),
    "feather": Prop(feather, "feather feathers 羽毛", 16, "studio"),
    "trophy": Prop(trophy, "trophy medal prize award championship 奖杯 奖牌 金牌 冠军", 40, "studio"),
    "medicine": Prop(medicine, "medicine pill pills vaccine drug 药片 药丸 药 疫苗", 12, "hospital"),
    "machine": Prop(engine, "machine engine gear gears machinery battery 机器 发动机 齿轮 电池", 60, "factory"),
}
