"""Wonders of nature and of science: volcanoes, planets, beasts of old and of the deep. Units of a man of 150."""

from __future__ import annotations

import math

from servers.imagegen.painting.geometry import Figure, Part, Point
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, box, dark, disc, figure, line, oval, pale, poly

_EYE = "#221a18"


def _eye(x: float, y: float, r: float = 5.0) -> list[Part]:
    return [disc(x, y, r, _EYE), disc(x + r * 0.3, y + r * 0.35, r * 0.32, "#ffffff")]


def volcano(look: Look) -> Figure:
    rock = look.paint("#6f5a56")
    puffs = [
        disc(x, y, r, c)
        for x, y, r, c in (
            (-30, 286, 30, "#8a817e"),
            (22, 300, 36, "#9c938f"),
            (-8, 340, 42, "#aaa19c"),
            (46, 362, 36, "#b8b0aa"),
            (-50, 360, 32, "#b0a7a2"),
        )
    ]
    sparks = [
        disc(math.cos(a) * r, 262 + math.sin(a) * r, 6, "#f7a43c")
        for a, r in ((0.6, 74), (1.1, 92), (1.8, 88), (2.5, 78), (1.45, 116))
    ]
    return figure(
        [
            *puffs,
            *[line("#f0702c", 7, (0, 246), (s * 24, 300), (s * 62, 292)) for s in (-1, 1)],
            line("#f9b84a", 9, (0, 240), (3, 318)),
            *sparks,
            blob(
                rock,
                (-280, 0),
                (-150, 90),
                (-60, 236),
                (60, 236),
                (140, 100),
                (280, 0),
                sharp=(0, 2, 3, 5),
                pull=0.8,
            ),
            blob(
                dark(rock, 0.82),
                (30, 236),
                (60, 236),
                (140, 100),
                (280, 0),
                (70, 0),
                (60, 110),
                sharp=(0, 1, 3, 4),
            ),
            oval(0, 236, 60, 11, "#3f2a2a"),
            oval(0, 236, 48, 8, "#f0702c"),
            *[
                bar("#f0702c", (15.0, 12.0, 17.0, 5.0), *pts)
                for pts in (
                    ((-30, 234), (-52, 176), (-44, 120), (-86, 50)),
                    ((10, 234), (18, 180), (4, 130), (26, 60)),
                    ((42, 234), (70, 170), (92, 130)),
                )
            ],
        ],
        560,
        400,
    )


def waterfall(look: Look) -> Figure:
    rock = look.paint("#7a7f7a")
    water = "#d6ecf4"
    return figure(
        [
            blob(rock, (-200, 0), (-190, 200), (-150, 300), (-70, 330), (-54, 0), sharp=(0, 3, 4)),
            blob(dark(rock, 0.86), (200, 0), (176, 220), (150, 290), (64, 326), (54, 0), sharp=(0, 3, 4)),
            blob(dark(rock, 0.7), (-76, 0), (76, 0), (76, 320), (-76, 320), sharp=(0, 1, 2, 3)),
            blob(water, (-58, 0), (58, 0), (52, 300), (60, 326), (-62, 328), (-50, 300), sharp=(0, 1)),
            *[
                bar("#ffffff", (3.0, 8.0, 5.0), (x, 318), (x + 3, 160), (x - 2, 14))
                for x in (-40, -16, 8, 30)
            ],
            *[
                oval(x, y, rx, 15, c)
                for x, y, rx, c in ((-50, 6, 46, "#f4fbfd"), (46, 6, 50, "#f4fbfd"), (0, 2, 74, "#ffffff"))
            ],
            *[
                disc(x, y, r, look.palette.leaf)
                for x, y, r in (
                    (-150, 300, 26),
                    (-112, 324, 24),
                    (126, 304, 26),
                    (160, 280, 22),
                    (-182, 214, 18),
                )
            ],
        ],
        400,
        350,
    )


def earth(look: Look) -> Figure:
    green = "#6fb06a"
    lands = [
        blob(green, *pts)
        for pts in (
            ((-66, 130), (-30, 170), (10, 172), (6, 140), (-20, 120), (-24, 92), (-52, 96)),
            ((-20, 84), (14, 80), (22, 54), (0, 22), (-16, 50)),
            ((34, 132), (64, 150), (82, 122), (74, 84), (54, 70), (40, 96)),
        )
    ]
    clouds = [
        bar("#f4f9fb", (4.0, 11.0, 4.0), *pts)
        for pts in (
            ((-80, 112), (-54, 120), (-20, 112)),
            ((10, 160), (40, 164), (66, 154)),
            ((-40, 40), (-10, 36), (24, 44)),
            ((40, 60), (66, 64), (84, 72)),
        )
    ]
    return figure(
        [
            disc(0, 100, 108, "#8fc8ec"),
            disc(0, 100, 100, "#3f8fc8"),
            *lands,
            *clouds,
            blob("#2a5f94", (40, 8), (88, 52), (98, 100), (80, 160), (92, 100), (74, 44)),
        ],
        216,
        208,
    )


def planet(look: Look) -> Figure:
    own = look.paint("#d9a066", "#b8806a", "#9a8fc8")
    bands = [
        bar(c, (3.0, 11.0, 3.0), (-w, y), (0, y + 5), (w, y))
        for y, w, c in (
            (140, 78, dark(own, 0.86)),
            (108, 96, pale(own, 0.25)),
            (76, 92, dark(own, 0.86)),
            (44, 70, pale(own, 0.2)),
        )
    ]
    back = [
        line("#e8d0a0", 13, (-96, 112), (-150, 134), (-120, 146), (0, 128), (120, 90), (150, 66), (96, 76))
    ]
    front = [
        line(c, w, (-110, 128), (-156, 130), (-120, 108), (0, 82), (116, 62), (156, 62), (112, 88))
        for c, w in (("#e8d0a0", 15), ("#c9a878", 5))
    ]
    return figure(
        [
            *back,
            disc(0, 100, 94, own),
            *bands,
            blob(dark(own, 0.74), (30, 12), (80, 60), (92, 110), (66, 166), (72, 104), (56, 50)),
            *front,
        ],
        320,
        194,
    )


def moon(look: Look) -> Figure:
    own = "#e6e0cf"
    return figure(
        [
            disc(0, 100, 98, own),
            *[
                p
                for x, y, r in (
                    (-36, 130, 20),
                    (24, 146, 13),
                    (30, 84, 26),
                    (-40, 62, 16),
                    (4, 40, 12),
                    (-64, 98, 10),
                )
                for p in (disc(x, y, r, dark(own, 0.84)), disc(x + 3, y - 3, r * 0.8, dark(own, 0.91)))
            ],
            blob(dark(own, 0.7), (40, 12), (86, 60), (96, 104), (74, 160), (82, 100), (64, 46)),
        ],
        196,
        198,
    )


def sun(look: Look) -> Figure:
    rays = [
        bar(
            "#f9c04a",
            (15.0, 3.0),
            (math.cos(a) * 94, 120 + math.sin(a) * 94),
            (math.cos(a) * 142, 120 + math.sin(a) * 142),
        )
        for a in (i * math.tau / 12 for i in range(12))
    ]
    return figure(
        [*rays, disc(0, 120, 92, "#f7a93c"), disc(0, 120, 80, "#fbc24e"), disc(-14, 134, 52, "#fdd878")],
        284,
        262,
    )


def comet(look: Look) -> Figure:
    return figure(
        [
            *[
                blob(c, (0, 66), (-12, 100), (-260, 190 + d), (-10, 34), sharp=(2,))
                for c, d in (("#5f8fc8", 24), ("#9cc8ea", 0))
            ],
            disc(4, 66, 36, "#f4efdc"),
            disc(12, 74, 22, "#ffffff"),
        ],
        300,
        220,
    )


def satellite(look: Look) -> Figure:
    panel = [
        p
        for s in (-1, 1)
        for p in (
            box(s * 96 - 52, 44, 104, 52, "#3f6fb8", 2),
            *[bar("#8fb4e0", 2, (s * 96 - 52 + i * 26, 44), (s * 96 - 52 + i * 26, 96)) for i in range(5)],
            bar("#8fb4e0", 2, (s * 96 - 52, 70), (s * 96 + 52, 70)),
            bar("#c9ced2", 6, (s * 30, 70), (s * 46, 70)),
        )
    ]
    return figure(
        [
            *panel,
            box(-32, 28, 64, 84, "#d8b866", 6),
            box(-24, 84, 48, 16, "#8a929a", 3),
            blob("#eef1f3", (-36, 28), (36, 28), (16, 4), (-16, 4), sharp=(0, 1)),
            bar("#8a929a", 4, (0, 6), (0, -16)),
            disc(0, -18, 5, "#e2574c"),
            bar("#c9ced2", 3, (18, 112), (30, 140)),
        ],
        300,
        150,
    )


def ufo(look: Look) -> Figure:
    return figure(
        [
            poly("#f4e9a0", (-46, 40), (46, 40), (100, -110), (-100, -110)),
            blob("#9fd9e6", (-46, 66), (-30, 108), (30, 108), (46, 66), sharp=(0, 3)),
            oval(0, 54, 118, 30, "#8a94a6"),
            oval(0, 60, 104, 22, "#b3bccb"),
            *[disc(x, 44, 7, "#f7d36a") for x in (-78, -40, 0, 40, 78)],
        ],
        236,
        220,
    )


def station(look: Look) -> Figure:
    panels = [
        p
        for x in (-170, -120, 120, 170)
        for s in (-1, 1)
        for p in (
            box(x - 19, 80 + (12 if s > 0 else -96), 38, 84, "#d89a3c", 2),
            *[
                bar(
                    "#f0c878",
                    2,
                    (x - 19, 80 + (12 if s > 0 else -96) + k),
                    (x + 19, 80 + (12 if s > 0 else -96) + k),
                )
                for k in (28, 56)
            ],
        )
    ]
    return figure(
        [
            *panels,
            bar("#b9c0c7", 9, (-196, 80), (196, 80)),
            box(-60, 56, 120, 48, "#eef0f2", 18),
            box(-18, 26, 36, 108, "#d5dadf", 14),
            *[disc(x, 80, 7, "#5f8fb0") for x in (-40, 40)],
        ],
        400,
        180,
    )


def dinosaur(look: Look) -> Figure:
    own = look.paint("#6f9a5a", "#8a9a5f", "#b8854c")
    belly = pale(own, 0.4)
    plates = [
        poly(dark(own, 0.7), (x - 13, y - 6), (x + 3, y + h), (x + 15, y - 4))
        for x, y, h in (
            (-112, 108, 20),
            (-80, 132, 28),
            (-42, 146, 32),
            (-2, 146, 32),
            (36, 150, 26),
            (66, 172, 20),
        )
    ]
    return figure(
        [
            *plates,
            bar(dark(own, 0.8), (40.0, 28.0, 22.0), (-36, 84), (-44, 40), (-38, 10)),
            bar(dark(own, 0.8), (34.0, 24.0, 20.0), (44, 84), (50, 40), (54, 10)),
            bar(own, (4.0, 20.0, 42.0, 62.0), (-250, 60), (-190, 52), (-120, 76), (-50, 100)),
            blob(own, (-100, 92), (-60, 138), (0, 146), (60, 136), (82, 100), (50, 62), (-50, 56)),
            blob(belly, (-60, 66), (0, 60), (56, 74), (70, 92), (0, 84)),
            bar(own, (62.0, 46.0, 40.0, 40.0), (50, 106), (88, 160), (104, 206), (130, 226)),
            blob(own, (96, 214), (112, 254), (150, 258), (200, 236), (204, 214), (150, 200)),
            line(dark(own, 0.6), 4, (202, 222), (172, 220), (150, 226)),
            *[bar(own, (44.0, 32.0, 24.0), (x, 86), (x + 4, 44), (x + 2, 12)) for x in (-64, 62)],
            *[oval(x + 12, 8, 24, 10, dark(own, 0.9)) for x in (-64, 62)],
            *[
                oval(x, y, 9, 7, dark(own, 0.85))
                for x, y in ((-40, 116), (-8, 124), (26, 114), (-24, 98), (84, 150))
            ],
            *_eye(140, 240, 7),
        ],
        460,
        260,
    )


def whale(look: Look) -> Figure:
    own = look.paint("#4f7fa8", "#3f6f98")
    return figure(
        [
            blob(
                dark(own, 0.9), (-196, 90), (-260, 150), (-236, 98), (-276, 66), (-206, 70), sharp=(1, 2, 3)
            ),
            blob(
                own,
                (-210, 80),
                (-120, 112),
                (0, 150),
                (110, 146),
                (176, 104),
                (184, 62),
                (130, 24),
                (20, 8),
                (-90, 34),
            ),
            blob("#dfeaf0", (184, 60), (130, 24), (20, 8), (-70, 30), (40, 48), (120, 56)),
            *[line("#b3c9d6", 3, (x, 18 + abs(x - 60) * 0.06), (x + 20, 42)) for x in (0, 34, 68, 102, 132)],
            blob(dark(own, 0.85), (20, 50), (-10, 0), (-50, -26), (-34, 16), (-14, 52)),
            line(dark(own, 0.6), 4, (182, 66), (150, 62), (120, 70)),
            *_eye(132, 84, 6),
            *[
                line("#d9eef6", 6, (96, 148), (100, 190), (100 + s * 36, 208), (100 + s * 52, 186))
                for s in (-1, 1)
            ],
        ],
        460,
        210,
    )


def dolphin(look: Look) -> Figure:
    own = look.paint("#6f94b0")
    return figure(
        [
            poly(dark(own, 0.85), (-120, 26), (-168, 48), (-150, 18), (-160, -14)),
            blob(
                own,
                (-130, 22),
                (-60, 74),
                (20, 92),
                (84, 74),
                (104, 56),
                (136, 44),
                (100, 36),
                (40, 36),
                (-40, 32),
                sharp=(5,),
            ),
            blob("#e3edf2", (128, 42), (100, 36), (40, 36), (-30, 34), (40, 52), (92, 52)),
            blob(dark(own, 0.85), (-10, 88), (-36, 124), (-46, 80), sharp=(1,)),
            blob(dark(own, 0.85), (40, 46), (10, 10), (14, 46), sharp=(1,)),
            *_eye(88, 60, 4),
        ],
        310,
        124,
    )


def shark(look: Look) -> Figure:
    own = look.paint("#6f8290")
    return figure(
        [
            poly(dark(own, 0.9), (-130, 48), (-186, 104), (-164, 48), (-180, 10)),
            blob(
                own,
                (-140, 48),
                (-50, 84),
                (50, 88),
                (130, 58),
                (150, 46),
                (110, 26),
                (20, 14),
                (-70, 30),
                sharp=(4,),
            ),
            blob("#eef2f4", (146, 44), (110, 26), (20, 14), (-60, 30), (40, 40), (110, 44)),
            poly(dark(own, 0.85), (-10, 84), (-30, 132), (34, 86)),
            poly(dark(own, 0.8), (20, 34), (-20, -18), (54, 26)),
            *[line(dark(own, 0.65), 3, (x, 42), (x - 5, 62)) for x in (60, 70, 80)],
            *_eye(110, 60, 4),
        ],
        340,
        132,
    )


def octopus(look: Look) -> Figure:
    own = look.paint("#d9705f", "#a86a9a")
    arms = [
        bar(
            dark(own, 0.84 + 0.04 * i),
            (20.0, 15.0, 11.0, 4.0),
            (s * 16, 66),
            (s * (34 + i * 20), 34),
            (s * (40 + i * 30), 6 + i * 7),
            (s * (62 + i * 32), 20 + i * 14),
        )
        for i in range(4)
        for s in (-1, 1)
    ]
    return figure(
        [
            *arms,
            blob(own, (-44, 56), (-58, 110), (-34, 156), (34, 156), (58, 110), (44, 56)),
            *_eye(-18, 92, 8),
            *_eye(22, 92, 8),
            line(dark(own, 0.6), 4, (-8, 72), (2, 67), (12, 72)),
            *[disc(x, y, 6, pale(own, 0.3)) for x, y in ((-24, 132), (6, 142), (30, 126))],
        ],
        300,
        160,
    )


def jellyfish(look: Look) -> Figure:
    own = look.paint("#c8a0d9", "#8fc8d9")
    return figure(
        [
            *[
                bar(pale(own, 0.2), (6.0, 4.0, 2.0), (x, 96), (x + 9, 60), (x - 6, 30), (x + 5, 0))
                for x in (-40, -20, 0, 20, 40)
            ],
            blob(
                own,
                (-60, 94),
                (-48, 140),
                (0, 160),
                (48, 140),
                (60, 94),
                (30, 102),
                (0, 94),
                (-30, 102),
                sharp=(0, 4),
            ),
            oval(-18, 132, 9, 15, pale(own, 0.5), 30),
        ],
        124,
        160,
    )


def crab(look: Look) -> Figure:
    own = look.paint("#d9573a")
    return figure(
        [
            *[
                line(
                    dark(own, 0.8), 6, (s * 34, 34), (s * (58 + i * 5), 40 - i * 9), (s * (70 + i * 6), 8 - i)
                )
                for i in range(3)
                for s in (-1, 1)
            ],
            *[
                p
                for s in (-1, 1)
                for p in (
                    bar(own, (11.0, 11.0), (s * 40, 46), (s * 70, 66)),
                    blob(
                        own,
                        (s * 64, 62),
                        (s * 94, 70),
                        (s * 98, 102),
                        (s * 84, 86),
                        (s * 72, 100),
                        sharp=(2, 3, 4),
                    ),
                    bar(own, 5, (s * 14, 60), (s * 16, 80)),
                    disc(s * 16, 84, 7, "#fdf6ec"),
                    disc(s * 17, 85, 3.6, _EYE),
                )
            ],
            blob(own, (-54, 34), (-38, 62), (38, 62), (54, 34), (30, 12), (-30, 12)),
            line(dark(own, 0.6), 3, (-13, 30), (0, 24), (13, 30)),
        ],
        200,
        104,
    )


def bee(look: Look) -> Figure:
    return figure(
        [
            *[oval(x, 92, 17, 36, "#dcecf2", t) for x, t in ((-14, 28), (16, -8))],
            oval(-6, 48, 50, 34, "#f2b83c"),
            *[
                poly("#3a2c22", (x - 7, 48 + h), (x + 7, 48 + h), (x + 7, 48 - h), (x - 7, 48 - h))
                for x, h in ((-30, 27), (-4, 33), (20, 29))
            ],
            poly("#3a2c22", (-54, 54), (-54, 42), (-74, 47)),
            disc(48, 52, 25, "#f2b83c"),
            *_eye(58, 56, 6),
            line("#3a2c22", 3, (50, 74), (58, 92), (72, 96)),
            line("#3a2c22", 3, (44, 76), (48, 96), (58, 104)),
            line("#8a5a2c", 3, (54, 40), (62, 38), (68, 43)),
        ],
        150,
        126,
    )


def snail(look: Look) -> Figure:
    own = look.paint("#c8804f")
    return figure(
        [
            blob("#d9c48e", (-86, 0), (60, 0), (86, 26), (84, 62), (70, 66), (58, 30), (-20, 22), (-84, 9)),
            *[p for x in (74, 90) for p in (bar("#d9c48e", 4, (x - 4, 60), (x, 84)), disc(x, 86, 5, _EYE))],
            disc(-10, 58, 47, own),
            line(
                dark(own, 0.7),
                6,
                (30, 40),
                (24, 84),
                (-14, 96),
                (-44, 74),
                (-40, 38),
                (-10, 28),
                (12, 50),
                (0, 72),
                (-18, 68),
                (-18, 54),
            ),
        ],
        180,
        106,
    )


def spider(look: Look) -> Figure:
    own = look.paint("#3f363c")
    return figure(
        [
            *[
                line(own, 5, (s * 12, 46), (s * (44 + i * 9), 74 - i * 6), (s * (60 + i * 12), 4 + i * 2))
                for i in range(4)
                for s in (-1, 1)
            ],
            oval(-16, 52, 36, 30, own),
            disc(24, 46, 20, dark(own, 1.3)),
            *_eye(30, 52, 5),
            *_eye(20, 52, 4),
        ],
        190,
        84,
    )


def caterpillar(look: Look) -> Figure:
    own = look.paint("#7fb34a")
    return figure(
        [
            *[
                p
                for i in range(6)
                for p in (
                    disc(-72 + i * 26, 26 + 8 * math.sin(i * 1.3), 22, dark(own, 0.88 + 0.04 * (i % 3))),
                    bar("#4a3a2a", 5, (-72 + i * 26, 8), (-72 + i * 26, 1)),
                )
            ],
            disc(80, 44, 26, own),
            *_eye(88, 50, 5),
            *[
                p
                for x in (72, 90)
                for p in (line("#4a3a2a", 3, (x, 66), (x + 4, 84)), disc(x + 4, 86, 4, "#d9503c"))
            ],
            line("#4a6a2a", 3, (82, 34), (90, 32), (96, 37)),
        ],
        200,
        90,
    )


def ladybird(look: Look) -> Figure:
    return figure(
        [
            disc(44, 30, 19, "#2a2226"),
            blob("#d9382c", (-50, 6), (-44, 44), (0, 64), (36, 46), (44, 6), sharp=(0, 4)),
            bar("#2a2226", 3, (-2, 6), (6, 62)),
            *[disc(x, y, 7, "#2a2226") for x, y in ((-28, 22), (-20, 44), (22, 24), (18, 44))],
            *_eye(50, 36, 4),
        ],
        110,
        64,
    )


def dragonfly(look: Look) -> Figure:
    own = look.paint("#3f8fa8", "#c8503f")
    return figure(
        [
            *[
                oval(x, y, 54, 10, "#d6ecf2", t)
                for x, y, t in ((-6, 76, 118), (34, 80, 66), (-20, 58, 152), (50, 64, 30))
            ],
            bar(own, (5.0, 7.0, 12.0), (-110, 22), (-40, 38), (14, 46)),
            disc(34, 50, 14, own),
            *_eye(42, 54, 6),
        ],
        200,
        130,
    )


def panda(look: Look) -> Figure:
    black, white = "#2c2a2e", "#f6f3ec"
    return figure(
        [
            *[disc(s * 34, 146, 16, black) for s in (-1, 1)],
            blob(white, (-58, 8), (-62, 60), (-34, 98), (34, 98), (62, 60), (58, 8)),
            blob(black, (-60, 66), (-40, 100), (40, 100), (60, 66), (0, 76)),
            *[oval(s * 44, 16, 26, 19, black) for s in (-1, 1)],
            *[oval(s * 52, 56, 15, 30, black, s * 20) for s in (-1, 1)],
            oval(0, 118, 48, 41, white),
            *[oval(s * 19, 120, 11, 14, black, s * -24) for s in (-1, 1)],
            *[disc(s * 17, 122, 4, "#ffffff") for s in (-1, 1)],
            oval(0, 104, 8, 6, black),
            bar("#6a9a4a", 6, (30, 30), (74, 92)),
            *[oval(x, y, 15, 5, "#7fb356", 30) for x, y in ((80, 96), (70, 78))],
        ],
        150,
        162,
    )


def penguin(look: Look) -> Figure:
    return figure(
        [
            oval(-14, 5, 20, 8, "#e89a2c"),
            oval(22, 5, 20, 8, "#e89a2c"),
            blob("#2f3444", (-46, 10), (-52, 70), (-34, 132), (0, 152), (34, 132), (50, 70), (44, 10)),
            blob("#f7f5ee", (-26, 10), (-28, 74), (-4, 112), (24, 118), (36, 74), (32, 10)),
            blob("#2f3444", (-46, 96), (-72, 50), (-60, 40), (-38, 74)),
            blob("#2f3444", (42, 96), (66, 56), (56, 44), (40, 76)),
            *_eye(16, 126, 5),
            blob("#e89a2c", (30, 122), (54, 112), (30, 108), sharp=(1,)),
            oval(24, 106, 10, 7, "#f2c14a"),
        ],
        130,
        152,
    )


def owl(look: Look) -> Figure:
    own = look.paint("#8a6a4a")
    return figure(
        [
            *[poly(dark(own, 0.85), (s * 40, 118), (s * 46, 152), (s * 14, 132)) for s in (-1, 1)],
            blob(own, (-46, 10), (-56, 70), (-44, 126), (0, 140), (44, 126), (56, 70), (46, 10)),
            blob(pale(own, 0.45), (-28, 12), (-32, 60), (0, 78), (32, 60), (28, 12)),
            *[
                line(own, 3, (x - 7, y), (x, y - 5), (x + 7, y))
                for x, y in ((-14, 50), (14, 50), (0, 38), (-14, 28), (14, 28))
            ],
            *[blob(dark(own, 0.8), (s * 46, 96), (s * 62, 50), (s * 40, 20), (s * 36, 60)) for s in (-1, 1)],
            *[
                p
                for s in (-1, 1)
                for p in (
                    disc(s * 20, 108, 19, "#f4e8cc"),
                    disc(s * 20, 108, 11, "#e8a83c"),
                    disc(s * 20, 108, 6, _EYE),
                )
            ],
            poly("#e0a03c", (-7, 100), (7, 100), (0, 84)),
            *[oval(x, 6, 10, 6, "#e0a03c") for x in (-16, 16)],
        ],
        116,
        152,
    )


def giraffe(look: Look) -> Figure:
    own, spot = "#e8b85a", "#a5672f"
    spots = [
        oval(x, y, 11, 9, spot)
        for x, y in (
            (-44, 148),
            (-20, 164),
            (8, 150),
            (28, 166),
            (-30, 130),
            (62, 200),
            (76, 236),
            (68, 178),
            (90, 268),
            (-6, 134),
        )
    ]
    return figure(
        [
            *[
                bar(dark(own, k), (19.0, 12.0, 9.0), (x, 130), (x + 2, 66), (x, 4))
                for x, k in ((-40, 0.8), (30, 0.8))
            ],
            line(own, 5, (-66, 150), (-80, 110), (-76, 90)),
            blob(own, (-70, 146), (-56, 176), (10, 184), (58, 176), (60, 140), (0, 122), (-54, 120)),
            bar(own, (54.0, 32.0, 26.0), (42, 162), (76, 236), (98, 306)),
            *[bar(own, (22.0, 13.0, 10.0), (x, 132), (x + 3, 66), (x + 2, 4)) for x in (-54, 44)],
            *[bar("#5a3f2a", 12, (x + 2, 2), (x + 4, 8)) for x in (-54, 44, -42, 28)],
            *spots,
            *[
                p
                for dx in (-4, 12)
                for p in (bar(own, 5, (96 + dx, 320), (94 + dx, 344)), disc(94 + dx, 346, 6, spot))
            ],
            blob(own, (84, 300), (90, 330), (116, 330), (150, 308), (146, 294), (112, 290)),
            oval(80, 326, 14, 7, own, 150),
            oval(142, 301, 12, 9, pale(own, 0.35)),
            *_eye(114, 316, 5),
        ],
        240,
        352,
    )


def camel(look: Look) -> Figure:
    own = look.paint("#c9984f")
    return figure(
        [
            *[bar(dark(own, 0.8), (20.0, 13.0, 10.0), (x, 90), (x + 2, 46), (x, 4)) for x in (-42, 46)],
            blob(
                own,
                (-84, 100),
                (-66, 136),
                (-50, 132),
                (-30, 178),
                (-8, 134),
                (10, 132),
                (32, 176),
                (52, 130),
                (74, 116),
                (66, 84),
                (0, 74),
                (-70, 78),
            ),
            line(own, 6, (-82, 110), (-94, 80)),
            bar(own, (40.0, 26.0, 24.0, 22.0), (62, 108), (96, 98), (112, 140), (116, 178)),
            *[bar(own, (24.0, 14.0, 11.0), (x, 92), (x + 3, 46), (x + 2, 4)) for x in (-60, 60)],
            blob(own, (100, 176), (108, 202), (130, 200), (164, 184), (158, 168), (124, 164)),
            oval(104, 202, 9, 6, dark(own, 0.9), 120),
            *_eye(130, 188, 5),
            blob("#c8402f", (-16, 128), (14, 128), (22, 92), (-22, 92)),
            line("#e8c05a", 4, (-20, 100), (20, 100)),
        ],
        260,
        206,
    )


def squirrel(look: Look) -> Figure:
    own = look.paint("#b8683a")
    return figure(
        [
            bar(
                dark(own, 0.9),
                (14.0, 38.0, 46.0, 36.0, 10.0),
                (-18, 14),
                (-54, 40),
                (-54, 92),
                (-20, 124),
                (2, 108),
            ),
            blob(own, (-24, 4), (-30, 44), (-8, 78), (18, 70), (26, 34), (20, 4)),
            blob("#f2dcc0", (4, 8), (6, 50), (22, 56), (24, 20)),
            oval(-8, 10, 24, 12, dark(own, 0.9)),
            oval(16, 92, 25, 22, own),
            poly(own, (2, 106), (4, 130), (18, 112)),
            oval(34, 86, 10, 8, "#f2dcc0"),
            *_eye(26, 96, 5),
            bar(own, (11.0, 8.0), (8, 60), (34, 52)),
            oval(42, 54, 10, 12, "#8a5a35"),
        ],
        110,
        130,
    )


def hedgehog(look: Look) -> Figure:
    spikes = [
        bar(
            "#5a4436",
            (9.0, 1.0),
            (math.cos(a) * 40 - 6, 26 + math.sin(a) * 34),
            (math.cos(a) * 66 - 12, 30 + math.sin(a) * 56),
        )
        for a in (0.5 + i * 0.22 for i in range(13))
    ]
    return figure(
        [
            *spikes,
            blob("#7a5f4a", (-60, 8), (-54, 52), (-10, 74), (34, 58), (44, 12)),
            blob("#e8cfa8", (26, 10), (32, 48), (58, 40), (82, 20), (60, 6)),
            disc(82, 20, 6, _EYE),
            *_eye(56, 32, 5),
            *[oval(x, 4, 10, 5, "#c9a27a") for x in (-30, 34)],
        ],
        160,
        92,
    )


def dragon(look: Look) -> Figure:
    own = look.paint("#c8402f", "#3f8f7a", "#d8a53c")
    spine: list[Point] = [
        (-250, 60),
        (-190, 120),
        (-130, 80),
        (-70, 30),
        (0, 60),
        (40, 120),
        (100, 150),
        (150, 130),
    ]
    fins = [
        poly("#f2b83c", (x - 12, y + 12), (x + 2, y + 42), (x + 15, y + 12))
        for x, y in ((-190, 126), (-150, 100), (-20, 62), (16, 92), (50, 136), (90, 158))
    ]
    return figure(
        [
            *fins,
            bar(own, (4.0, 26.0, 38.0, 42.0, 44.0, 42.0, 40.0, 40.0), *spine),
            *[
                bar("#f7dc9a", (3.0, 12.0, 12.0, 3.0), *pts)
                for pts in (((-130, 70), (-70, 18), (0, 46), (34, 96)),)
            ],
            *[
                p
                for x, y in ((-80, 30), (60, 120))
                for p in (
                    bar(own, (17.0, 10.0), (x, y), (x + 14, y - 36), (x + 34, y - 40)),
                    *[bar("#f7e6c0", 4, (x + 34, y - 40), (x + 48, y - 34 - d)) for d in (0, 10, 18)],
                )
            ],
            blob("#f2b83c", (128, 150), (110, 184), (150, 176), (160, 196), (176, 166)),
            blob(own, (126, 112), (134, 160), (172, 172), (232, 150), (236, 128), (180, 108)),
            line(dark(own, 0.6), 4, (236, 134), (206, 128), (184, 134)),
            *[line("#d8a53c", 6, (148, 166), (134, 196 + d), (112, 210 + d)) for d in (0, 8)],
            *[line("#f2b83c", 3, (226, 142), (256, 120 + d), (280, 130 + d)) for d in (0, 26)],
            *_eye(180, 152, 7),
        ],
        540,
        230,
    )


def sprout(look: Look) -> Figure:
    """A plant growing from its seed, in four steps."""
    green, soil = "#6fae4a", "#7a5538"

    def leaf(x: float, y: float, s: float, side: float) -> Part:
        return blob(
            green,
            (x, y),
            (x + side * s * 0.5, y + s * 0.5),
            (x + side * s, y + s * 0.3),
            (x + side * s * 0.5, y - s * 0.02),
            sharp=(0, 2),
        )

    stems = [
        bar(dark(green, 0.85), (7.0, 5.0), (x, -6), (x + 2, h)) for x, h in ((-66, 30), (16, 66), (108, 120))
    ]
    leaves = [
        leaf(-64, 26, 34, 1),
        leaf(-64, 26, 30, -1),
        leaf(18, 60, 44, 1),
        leaf(18, 54, 44, -1),
        leaf(17, 30, 28, 1),
        leaf(110, 112, 46, 1),
        leaf(110, 106, 48, -1),
        leaf(109, 74, 46, 1),
        leaf(109, 66, 44, -1),
        leaf(108, 36, 38, 1),
    ]
    roots = [
        line("#e8d2a8", 3, (x, -12), (x + dx, -12 - d))
        for x, k in ((-66, 18), (16, 28), (108, 36))
        for dx, d in ((-k * 0.6, k * 0.7), (0, k), (k * 0.6, k * 0.7))
    ]
    return figure(
        [
            blob(soil, (-196, -50), (-190, 4), (-80, 11), (40, 8), (180, 4), (190, -50), sharp=(0, 5)),
            blob(dark(soil, 0.8), (-196, -50), (-192, -24), (190, -24), (190, -50), sharp=(0, 1, 2, 3)),
            *roots,
            oval(-146, -12, 15, 10, "#d9a860", 20),
            line("#b8843c", 2.5, (-156, -14), (-138, -8)),
            oval(-66, -8, 9, 7, "#c9984f"),
            *stems,
            *leaves,
            *[
                disc(110 + math.cos(a) * 17, 138 + math.sin(a) * 17, 11, "#f2b544")
                for a in (i * math.tau / 7 for i in range(7))
            ],
            disc(110, 138, 12, "#8a5a2c"),
        ],
        380,
        170,
    )


def lotus(look: Look) -> Figure:
    pink = look.paint("#ee9ab0", "#f4c4d0")
    pads = [oval(x, 8, 62, 13, c) for x, c in ((-70, "#4f8f5f"), (66, "#5f9f68"))]
    petals = [
        blob(
            dark(pink, k),
            (x * 0.3, 62),
            (x - 17, 92),
            (x * 1.25, 128 - abs(x) * 0.5),
            (x + 15, 88),
            sharp=(2,),
        )
        for x, k in ((-50, 0.86), (50, 0.86), (-30, 0.94), (30, 0.94), (0, 1.04))
    ]
    return figure(
        [
            *pads,
            line("#3f7f52", 2.5, (-70, 8), (-40, 12)),
            bar("#4f8f5f", 6, (0, 4), (0, 62)),
            *petals,
            blob(pale(pink, 0.3), (-32, 62), (-22, 82), (0, 90), (22, 82), (32, 62), (0, 54)),
            disc(0, 74, 8, "#f2c94c"),
            blob(pink, (86, 76), (76, 98), (88, 122), (99, 98), sharp=(0, 2)),
            bar("#4f8f5f", 5, (86, 8), (87, 78)),
        ],
        260,
        130,
    )


def willow(look: Look) -> Figure:
    leaf = look.palette.leaf
    strands = []
    for i in range(17):
        x = -122 + i * 15.4 + look.draw.uniform(-5, 5)
        top = 300 - abs(x) * 0.62
        low = look.draw.uniform(50, 130)
        strands.append(
            bar(
                dark(leaf, look.draw.uniform(0.8, 1.12)),
                (4.0, 10.0, 8.0, 2.0),
                (x * 0.7, top),
                (x, top - 46),
                (x * 1.06 + 4, (top + low) / 2),
                (x * 1.08 + look.draw.uniform(-10, 10), low),
            )
        )
    return figure(
        [
            bar(look.palette.bark, (32.0, 21.0, 15.0), (0, -5), (-9, 130), (10, 262)),
            *[bar(look.palette.bark, (11.0, 4.0), (0, 190), (s * 60, 262)) for s in (-1, 1)],
            blob(dark(leaf, 0.84), (-100, 232), (-66, 292), (0, 322), (66, 292), (100, 232), (0, 248)),
            *strands,
        ],
        290,
        322,
    )


def sunflower(look: Look) -> Figure:
    petals = [
        oval(
            math.cos(a) * 34,
            168 + math.sin(a) * 34,
            21,
            9,
            "#f2b82c" if i % 2 else "#e8a31f",
            math.degrees(a),
        )
        for i, a in enumerate(k * math.tau / 14 for k in range(14))
    ]
    return figure(
        [
            bar("#5c9440", (9.0, 7.0), (0, -4), (0, 160)),
            *[
                blob("#5c9440", (0, y), (s * 30, y + 30), (s * 62, y + 22), (s * 30, y), sharp=(0, 2))
                for s, y in ((-1, 50), (1, 78))
            ],
            *petals,
            disc(0, 168, 26, "#6b4226"),
            disc(0, 168, 16, "#8a5a30"),
        ],
        124,
        222,
    )


def fire(look: Look) -> Figure:
    flames = [
        blob(c, (-w, 12), (w, 12), (w * 0.8, h * 0.45), (w * 0.1, h), (-w * 0.6, h * 0.6), sharp=(3,))
        for w, h, c in ((48, 140, "#e2602c"), (33, 100, "#f29a3c"), (17, 58, "#fbdc7a"))
    ]
    return figure(
        [
            *flames,
            bar("#5a3a28", 15, (-56, 6), (40, 20)),
            bar("#6b4632", 15, (56, 6), (-40, 20)),
            *[disc(x, y, 4, "#f9b84a") for x, y in ((-30, 130), (36, 118), (14, 158))],
        ],
        124,
        160,
    )


def snowman(look: Look) -> Figure:
    return figure(
        [
            disc(0, 48, 50, "#f4f7fa"),
            disc(0, 116, 36, "#f9fbfd"),
            disc(0, 166, 26, "#ffffff"),
            *[bar("#6b4a35", (6.0, 3.0), (s * 32, 122), (s * 78, 148)) for s in (-1, 1)],
            *[disc(0, y, 4, "#33282a") for y in (100, 118, 136)],
            poly("#ee7d2c", (4, 168), (4, 160), (36, 162)),
            disc(-8, 174, 3.6, "#221a18"),
            disc(10, 174, 3.6, "#221a18"),
            bar("#d9402e", 11, (-24, 144), (24, 144)),
            bar("#d9402e", 10, (16, 142), (24, 112)),
            box(-23, 186, 46, 32, "#33303a", 2),
            bar("#33303a", 7, (-34, 187), (34, 187)),
        ],
        160,
        218,
    )


def iceberg(look: Look) -> Figure:
    return figure(
        [
            poly("#e3f1f7", (-150, 0), (-110, 74), (-60, 60), (-10, 150), (40, 96), (80, 118), (140, 0)),
            poly("#b9dbe9", (-10, 150), (40, 96), (80, 118), (140, 0), (30, 0)),
            poly("#f7fcfe", (-110, 74), (-60, 60), (-10, 150), (-40, 70)),
        ],
        290,
        150,
    )


def nest(look: Look) -> Figure:
    twigs = [
        line(
            dark("#8a6a42", look.draw.uniform(0.75, 1.15)),
            4,
            (-66 + look.draw.uniform(0, 20), look.draw.uniform(4, 40)),
            (0, look.draw.uniform(-2, 26)),
            (66 - look.draw.uniform(0, 20), look.draw.uniform(4, 40)),
        )
        for _ in range(14)
    ]
    return figure(
        [
            oval(0, 42, 60, 15, "#5a4328"),
            *[oval(x, 52, 15, 19, "#cfe3e6") for x in (-26, 2, 30)],
            blob("#8a6a42", (-68, 42), (-40, 4), (40, 4), (68, 42), (0, 30), sharp=(0, 3)),
            *twigs,
        ],
        140,
        70,
    )


def atom(look: Look) -> Figure:
    rings = [
        line(
            "#4f8fd9",
            5,
            *[
                (
                    math.cos(a) * 90 * math.cos(t) - math.sin(a) * 32 * math.sin(t),
                    95 + math.cos(a) * 90 * math.sin(t) + math.sin(a) * 32 * math.cos(t),
                )
                for a in (i * math.tau / 20 for i in range(21))
            ],
        )
        for t in (0.0, math.pi / 3, -math.pi / 3)
    ]
    return figure(
        [
            *rings,
            *[
                disc(x, y, 13, c)
                for x, y, c in ((-9, 90, "#e2574c"), (9, 100, "#f2b544"), (4, 84, "#e2574c"))
            ],
            *[disc(x, y, 9, "#2f6fb0") for x, y in ((90, 95), (-45, 17), (-45, 173))],
        ],
        190,
        190,
    )


def dna(look: Look) -> Figure:
    left = [(math.sin(i * 0.55) * 40, i * 12.0) for i in range(18)]
    right = [(-x, y) for x, y in left]
    return figure(
        [
            *[
                bar(c, 5, left[i], right[i])
                for i, c in zip(range(1, 17), ("#f2b544", "#6aa84a", "#e2574c", "#8a6bb8") * 4, strict=True)
            ],
            line("#4f8fd9", 9, *left),
            line("#c8503f", 9, *right),
        ],
        90,
        206,
    )


def leaf_big(look: Look) -> Figure:
    own = look.paint("#6fae4a", "#d9903c", "#c8503f")
    return figure(
        [
            blob(own, (0, 10), (50, 40), (44, 96), (0, 150), (-44, 96), (-50, 40), sharp=(0, 3)),
            line(dark(own, 0.7), 4, (0, -10), (0, 140)),
            *[
                line(dark(own, 0.75), 2.5, (0, y), (s * 34, y + 24))
                for y in (30, 56, 82, 106)
                for s in (-1, 1)
            ],
        ],
        100,
        156,
    )


def seeds(look: Look) -> Figure:
    return figure(
        [
            p
            for x, y, t in (
                (-40.0, 14.0, 20.0),
                (0.0, 22.0, -14.0),
                (40.0, 14.0, 8.0),
                (18.0, 44.0, 30.0),
                (-18.0, 42.0, -20.0),
            )
            for p in (oval(x, y, 24, 14, "#b8854c", t), oval(x - 5, y + 4, 9, 3, "#e0bd8a", t))
        ],
        130,
        62,
    )


def coral(look: Look) -> Figure:
    own = look.paint("#e8705f", "#e8a04a", "#c86a9a")
    return figure(
        [
            bar(own, (22.0, 15.0, 10.0), (0, 0), (4, 60), (0, 112)),
            *[
                p
                for s, y in ((-1, 30), (1, 46), (-1, 72))
                for p in (
                    bar(own, (13.0, 11.0, 9.0), (0, y), (s * 34, y + 22), (s * 38, y + 54)),
                    bar(own, (9.0, 7.0), (s * 22, y + 14), (s * 58, y + 26)),
                )
            ],
        ],
        130,
        130,
    )


# fmt: off
NATURE: dict[str, Prop] = {
    "volcano": Prop(volcano, "volcano volcanoes eruption lava 火山 岩浆", 4000, "mountain"),
    "waterfall": Prop(waterfall, "waterfall waterfalls cascade 瀑布 飞流", 1800, "mountain"),
    "earth": Prop(earth, "earth the_earth planet_earth 地球", 190, "space", "air"),
    "planet": Prop(planet, "planet planets saturn jupiter mars venus mercury neptune 行星 土星 木星 火星 金星", 190, "space", "air"),
    "moon globe": Prop(moon, "moon_surface lunar_surface lunar 月球", 180, "space", "air"),
    "comet": Prop(comet, "comet meteor meteorite asteroid shooting_star 彗星 流星 陨石 小行星", 150, "space", "air"),
    "satellite": Prop(satellite, "satellite satellites probe 人造卫星 卫星 探测器", 150, "space", "air"),
    "ufo": Prop(ufo, "ufo alien aliens flying_saucer 飞碟 外星人", 150, "space", "air"),
    "space station": Prop(station, "space_station 空间站", 300, "space", "air"),
    "dinosaur": Prop(dinosaur, "dinosaur dinosaurs tyrannosaurus stegosaurus brontosaurus t-rex 恐龙 霸王龙", 420, "forest"),
    "whale": Prop(whale, "whale whales blue_whale 蓝鲸 鲸鱼 鲸", 420, "underwater", "water"),
    "dolphin": Prop(dolphin, "dolphin dolphins 海豚", 200, "underwater", "water"),
    "shark": Prop(shark, "shark sharks 鲨鱼", 220, "underwater", "water"),
    "octopus": Prop(octopus, "octopus squid 章鱼 乌贼", 160, "underwater", "water"),
    "jellyfish": Prop(jellyfish, "jellyfish 水母", 120, "underwater", "water"),
    "coral": Prop(coral, "coral corals reef seaweed 珊瑚 海草", 120, "underwater"),
    "crab": Prop(crab, "crab crabs clam lobster 螃蟹 蟹 河蚌", 60, "sea"),
    "bee": Prop(bee, "bee bees honeybee bumblebee wasp mosquito fly_insect firefly fireflies 蜜蜂 黄蜂 蚊子 萤火虫", 45, "garden", "air"),
    "snail": Prop(snail, "snail snails 蜗牛", 45, "garden"),
    "spider": Prop(spider, "spider spiders mantis grasshopper cricket cicada beetle 蜘蛛 螳螂 蚱蜢 蟋蟀 甲虫", 45, "garden"),
    "caterpillar": Prop(caterpillar, "caterpillar worm worms silkworm 毛毛虫 蚕 虫子", 45, "garden"),
    "ladybird": Prop(ladybird, "ladybird ladybug 瓢虫", 40, "garden"),
    "dragonfly": Prop(dragonfly, "dragonfly dragonflies 蜻蜓", 45, "lake", "air"),
    "panda": Prop(panda, "panda pandas badger 大熊猫 熊猫", 120, "forest"),
    "penguin": Prop(penguin, "penguin penguins 企鹅", 100, "sea"),
    "owl": Prop(owl, "owl owls 猫头鹰", 70, "forest"),
    "giraffe": Prop(giraffe, "giraffe giraffes 长颈鹿", 450, "field"),
    "camel": Prop(camel, "camel camels caravan 骆驼 驼队", 220, "desert"),
    "squirrel": Prop(squirrel, "squirrel squirrels chipmunk 松鼠", 60, "forest"),
    "hedgehog": Prop(hedgehog, "hedgehog porcupine 刺猬", 50, "forest"),
    "dragon": Prop(dragon, "dragon dragons 神龙 巨龙 龙", 350, "sky", "air"),
    "sprout": Prop(sprout, "sprout sprouts seedling seedlings plant_growing growing_plant germination plant plants 幼苗 发芽 嫩芽 小苗 植物", 70, "garden"),
    "seed": Prop(seeds, "seed seeds bean beans grain_of nut nuts peanut 种子 豆子 花生 黄豆 绿豆", 18, "garden"),
    "lotus": Prop(lotus, "lotus water_lily lotus_flower 荷花 莲花 荷叶", 90, "lake", "water"),
    "willow": Prop(willow, "willow willows weeping_willow 垂柳 杨柳 柳树 柳", 700, "river"),
    "sunflower": Prop(sunflower, "sunflower sunflowers 向日葵", 180, "field"),
    "fire": Prop(fire, "fire fires flame flames campfire bonfire 篝火 火焰 火堆 大火 火光", 120, ""),
    "snowman": Prop(snowman, "snowman 雪人", 160, "village"),
    "iceberg": Prop(iceberg, "iceberg glacier ice_floe 冰山 冰川", 900, "sea", "water"),
    "nest": Prop(nest, "nest bird's_nest 鸟窝 鸟巢", 35, ""),
    "atom": Prop(atom, "atom atoms molecule molecules electron physics 原子 分子 电子", 40, "studio"),
    "dna": Prop(dna, "dna gene genes cell cells chromosome 基因 细胞", 40, "studio"),
    "leaf": Prop(leaf_big, "leaf leaves fallen_leaves 树叶 叶子 落叶 枫叶", 40, ""),
}
