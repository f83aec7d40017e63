"""Vegetables, fruit and what comes in bottles and jars. About 100 units high each."""

from __future__ import annotations

import math

from servers.imagegen.painting.geometry import Figure, Part, Point
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, box, dark, disc, figure, line, oval, pale, poly


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


# fmt: off
GROCERIES: dict[str, Prop] = {
    "egg": Prop(egg, "egg 鸡蛋 鸭蛋 蛋", 7, "kitchen"),
    "tomato": Prop(tomato, "tomato 番茄 西红柿", 9, "kitchen"),
    "potato": Prop(potato, "potato 土豆 马铃薯 红薯", 8, "kitchen"),
    "onion": Prop(onion, "onion 洋葱", 9, "kitchen"),
    "garlic": Prop(garlic, "garlic 大蒜 蒜头 蒜", 7, "kitchen"),
    "ginger": Prop(ginger, "ginger 生姜 姜片 姜", 8, "kitchen"),
    "carrot": Prop(carrot, "carrot 胡萝卜 红萝卜 萝卜 radish", 9, "kitchen"),
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
    "oil": Prop(oil, "oil olive_oil vegetable_oil oil_bottle 食用油 橄榄油 香油 油瓶 热油 油", 27, "kitchen"),
    "soy sauce": Prop(sauce, "soy_sauce sauce vinegar ketchup 酱油 生抽 老抽 料酒 醋", 24, "kitchen"),
    "wine": Prop(wine, "wine beer wine_bottle liquor 美酒 葡萄酒 酒瓶 酒壶 啤酒 酒", 30, "kitchen"),
    "milk": Prop(milk, "milk cream yogurt yoghurt 牛奶 酸奶 奶油", 25, "kitchen"),
    "bottle": Prop(bottle, "bottle water_bottle vial thermos perfume 瓶子 水瓶 水壶 保温杯 药瓶 香水", 26, "studio"),
    "honey": Prop(honey, "honey jam jar 蜂蜜 果酱 罐子", 14, "kitchen"),
    "sugar": Prop(sugar, "sugar 白糖 砂糖 冰糖 糖", 14, "kitchen"),
    "salt": Prop(salt, "salt spice spices seasoning 食盐 盐 调料 香料", 11, "kitchen"),
    "flour": Prop(flour, "flour 面粉", 22, "kitchen"),
}
