"""Things one wears, carries and gives. About 100 units high each, whatever their size in life."""

from __future__ import annotations

import math

from servers.imagegen.painting.geometry import Figure
from servers.imagegen.painting.palette import LAMP
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, box, dark, disc, figure, line, oval, pale, poly


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


# fmt: off
GOODS: dict[str, Prop] = {
    "backpack": Prop(backpack, "backpack rucksack bag schoolbag suitcase handbag 背包 书包 双肩包 包包 行李箱 手提包", 45, "studio"),
    "shoe": Prop(shoe, "shoe sneaker boot trainers slipper shoes sneakers 运动鞋 鞋子 跑鞋 鞋", 12, "studio"),
    "box": Prop(box_, "box boxes package parcel carton 盒子 箱子 纸箱 包裹 包装盒 快递", 25, "studio"),
    "gift": Prop(gift, "gift present 礼物 礼盒", 22, "studio"),
    "glasses": Prop(glasses, "glasses sunglasses eyeglasses spectacles 眼镜 墨镜", 8, "studio"),
    "umbrella": Prop(umbrella, "umbrella parasol 雨伞 伞", 95, "studio"),
    "hat": Prop(hat, "hat cap 帽子", 14, "studio"),
    "shirt": Prop(shirt, "shirt t-shirt tshirt jacket coat sweater hoodie 衬衫 衣服 外套 毛衣 夹克 dress scarf skirt 大衣 裙子 围巾", 70, "studio"),
    "vase": Prop(vase, "vase bouquet 花瓶 花束", 35, "studio"),
    "ball": Prop(ball, "ball football soccer basketball 足球 篮球 皮球 球", 24, "studio"),
    "toy": Prop(toy, "toy toys teddy_bear teddy doll plush 玩具 布娃娃 玩偶 玩具熊", 35, "studio"),
    "candle": Prop(candle, "candle candlelight 蜡烛 烛光 红烛", 20, "room"),
    "lantern": Prop(lantern, "lantern 灯笼 花灯", 40, "street", "ceiling"),
    "heart": Prop(heart, "heart hearts 心脏 爱心", 14, "studio"),
    "water drop": Prop(drop, "drop_of_water water_drop droplet drops_of_water raindrop 水滴 水珠 雨滴", 10, "studio", "air"),
}
