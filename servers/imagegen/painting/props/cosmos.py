"""Planets and what flies between them, and the small world of science. Units of a man of 150."""

from __future__ import annotations

import math

from servers.imagegen.painting.geometry import Figure
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, box, dark, disc, figure, line, oval, pale, poly


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


# fmt: off
COSMOS: dict[str, Prop] = {
    "earth": Prop(earth, "earth the_earth planet_earth 地球", 190, "space", "air"),
    "planet": Prop(planet, "planet planets saturn jupiter mars venus mercury neptune 行星 土星 木星 火星 金星", 190, "space", "air"),
    "moon globe": Prop(moon, "moon_surface lunar_surface lunar 月球", 180, "space", "air"),
    "comet": Prop(comet, "comet meteor meteorite asteroid shooting_star 彗星 流星 陨石 小行星", 150, "space", "air"),
    "satellite": Prop(satellite, "satellite satellites probe 人造卫星 卫星 探测器", 150, "space", "air"),
    "ufo": Prop(ufo, "ufo alien aliens flying_saucer 飞碟 外星人", 150, "space", "air"),
    "space station": Prop(station, "space_station 空间站", 300, "space", "air"),
    "atom": Prop(atom, "atom atoms molecule molecules electron physics 原子 分子 电子", 40, "studio"),
    "dna": Prop(dna, "dna gene genes cell cells chromosome 基因 细胞", 40, "studio"),
}
