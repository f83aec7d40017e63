"""Wonders of nature: volcanoes, waterfalls, fire and ice, plants that stand for themselves. Units of a man of 150."""

from __future__ import annotations

import math

from servers.imagegen.painting.geometry import Figure, Part
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, box, dark, disc, figure, line, oval, pale, poly


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
    "coral": Prop(coral, "coral corals reef seaweed 珊瑚 海草", 120, "underwater"),
    "sprout": Prop(sprout, "sprout sprouts seedling seedlings plant_growing growing_plant germination plant plants 幼苗 发芽 嫩芽 小苗 植物", 70, "garden"),
    "seed": Prop(seeds, "seed seeds bean beans grain_of nut nuts peanut 种子 豆子 花生 黄豆 绿豆 acorn chestnut walnut 栗子 核桃 橡果", 18, "garden"),
    "lotus": Prop(lotus, "lotus water_lily lotus_flower 荷花 莲花 荷叶", 90, "lake", "water"),
    "willow": Prop(willow, "willow willows weeping_willow 垂柳 杨柳 柳树 柳", 700, "river"),
    "sunflower": Prop(sunflower, "sunflower sunflowers 向日葵", 180, "field"),
    "fire": Prop(fire, "fire fires flame flames campfire bonfire 篝火 火焰 火堆 大火 火光 火", 120, ""),
    "snowman": Prop(snowman, "snowman 雪人", 160, "village"),
    "iceberg": Prop(iceberg, "iceberg glacier ice_floe 冰山 冰川", 900, "sea", "water"),
    "nest": Prop(nest, "nest bird's_nest 鸟窝 鸟巢", 35, ""),
    "leaf": Prop(leaf_big, "leaf leaves fallen_leaves tea_leaf tea_leaves 树叶 叶子 落叶 枫叶 茶叶", 40, ""),
}
