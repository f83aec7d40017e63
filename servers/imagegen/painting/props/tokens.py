"""Treasure, arms and writing. About 100 units high each, whatever their size in life."""

from __future__ import annotations

from servers.imagegen.painting.geometry import Figure
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, box, dark, disc, figure, line, oval, pale, poly


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


# fmt: off
TOKENS: dict[str, Prop] = {
    "book": Prop(book, "book books textbook novel diary notebook 书本 书籍 课本 日记 书", 22, "library"),
    "letter": Prop(letter, "letter envelope mail postcard 信件 信封 书信 来信 一封信 家书 信纸", 12, "room"),
    "newspaper": Prop(newspaper, "newspaper newspapers poster ballot document documents 报纸 海报 文件 选票", 30, "studio"),
    "scroll": Prop(scroll, "scroll edict manuscript parchment bamboo_slips 卷轴 竹简 圣旨 诏书 书卷", 22, "palace hall"),
    "map": Prop(map_, "map maps 地图", 30, "room"),
    "globe": Prop(globe, "globe 地球仪", 35, "classroom"),
    "pen": Prop(pen, "pen pencil pencils 钢笔 铅笔", 9, "studio"),
    "brush": Prop(brush, "brush paintbrush paint paints 毛笔 画笔 颜料", 10, "studio"),
    "crown": Prop(crown, "crown 王冠 皇冠", 16, "studio"),
    "coin": Prop(coin, "coin coins 硬币 金币 铜钱 铜币 silver 白银", 6, "studio"),
    "money": Prop(money, "money cash banknote banknotes 钞票 钱", 7, "studio"),
    "key": Prop(key, "key keys 钥匙", 6, "studio"),
    "treasure": Prop(chest, "treasure treasure_chest gold chest 宝藏 宝箱 黄金", 50, "studio"),
    "sword": Prop(sword, "sword blade dagger 宝剑 长剑 剑", 100, ""),
    "spear": Prop(spear, "spear lance halberd 长矛 矛", 200, ""),
    "bow": Prop(bow, "bow_and_arrow arrow arrows longbow 弓箭 弓 箭", 120, ""),
    "shield": Prop(shield, "shield armour armor helmet 盾牌 盾 盔甲 铠甲", 80, ""),
    "trophy": Prop(trophy, "trophy medal prize award championship 奖杯 奖牌 金牌 冠军", 40, "studio"),
    "ring": Prop(ring, "ring diamond jewel jewels jewellery jewelry necklace 戒指 钻石 首饰 珠宝", 6, "studio"),
    "feather": Prop(feather, "feather feathers 羽毛", 16, "studio"),
}
