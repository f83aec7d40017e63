"""Small animals, large as a story needs them. Units of a man of 150."""

from __future__ import annotations

import math

from servers.imagegen.painting.geometry import Figure, Part
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, dark, disc, figure, line, oval, poly

_EYE = "#221a18"


def _eye(x: float, y: float, r: float = 5.0) -> list[Part]:
    return [disc(x, y, r, _EYE), disc(x + r * 0.3, y + r * 0.35, r * 0.32, "#ffffff")]


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


# fmt: off
INSECTS: dict[str, Prop] = {
    "bee": Prop(bee, "bee bees honeybee bumblebee wasp mosquito fly_insect firefly fireflies 蜜蜂 黄蜂 蚊子 萤火虫", 45, "garden", "air"),
    "snail": Prop(snail, "snail snails 蜗牛", 45, "garden"),
    "spider": Prop(spider, "spider spiders mantis grasshopper cricket cicada beetle 蜘蛛 螳螂 蚱蜢 蟋蟀 甲虫", 45, "garden"),
    "caterpillar": Prop(caterpillar, "caterpillar worm worms silkworm 毛毛虫 蚕 虫子", 45, "garden"),
    "ladybird": Prop(ladybird, "ladybird ladybug 瓢虫", 40, "garden"),
    "dragonfly": Prop(dragonfly, "dragonfly dragonflies 蜻蜓", 45, "lake", "air"),
}
