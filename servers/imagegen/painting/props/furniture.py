"""What one sits, lies and works at. In units of a man of 150."""

from __future__ import annotations

from servers.imagegen.painting.geometry import Figure
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, box, dark, disc, figure, oval, pale, poly

_WOOD = ("#a5733c", "#8a5a35", "#b8854c")


def table(look: Look) -> Figure:
    own = look.paint(*_WOOD)
    return figure(
        [
            *[box(x, 0, 9, 62, dark(own, 0.76)) for x in (-84, 75)],
            box(-88, 52, 176, 12, dark(own, 0.86)),
            box(-100, 62, 200, 9, own, 3),
            box(-100, 68, 200, 3, pale(own, 0.3)),
        ],
        200,
        71,
    )


def cafe_table(look: Look) -> Figure:
    own = look.paint("#8a5a35", "#5f6870")
    return figure(
        [
            oval(0, 3, 34, 5, dark(own, 0.7)),
            bar(dark(own, 0.75), 8, (0, 4), (0, 62)),
            oval(0, 66, 62, 8, dark(own, 0.85)),
            oval(0, 69, 62, 8, own),
        ],
        124,
        77,
    )


def desk(look: Look) -> Figure:
    own = look.paint(*_WOOD)
    return figure(
        [
            box(-92, 0, 60, 66, dark(own, 0.86), 3),
            *[box(-87, y, 50, 17, own, 2) for y in (4, 24, 44)],
            *[disc(-62, y + 8, 2.6, "#e3c98a") for y in (4, 24, 44)],
            box(78, 0, 9, 64, dark(own, 0.78)),
            box(-100, 62, 200, 9, pale(own, 0.1), 3),
        ],
        200,
        71,
    )


def chair(look: Look) -> Figure:
    own = look.paint("#b8603c", "#4f7f8a", "#a5733c", "#d8a53c")
    return figure(
        [
            *[bar(dark(own, 0.7), 6, (x, 38), (x + d, 0)) for x, d in ((-22, -4), (24, 4))],
            *[bar(dark(own, 0.6), 5, (x, 38), (x + d, 4)) for x, d in ((-14, 0), (16, 2))],
            box(-28, 36, 58, 9, own, 4),
            blob(own, (-30, 40), (-22, 40), (-26, 100), (-37, 98), sharp=(0, 1, 2, 3), pull=0.5),
            blob(pale(own, 0.15), (-37, 70), (-25, 70), (-28, 106), (-40, 104), sharp=(0, 1)),
        ],
        72,
        106,
    )


def stool(look: Look) -> Figure:
    own = look.paint(*_WOOD)
    return figure(
        [
            *[bar(dark(own, 0.76), 6, (x * 0.7, 38), (x, 0)) for x in (-22, 0, 22)],
            box(-26, 36, 52, 8, own, 4),
        ],
        52,
        44,
    )


def armchair(look: Look) -> Figure:
    own = look.paint("#c8704f", "#5f8a7a", "#7a6a9a", "#c9a24a")
    return figure(
        [
            *[box(x, 0, 8, 12, "#5a3a28") for x in (-44, 36)],
            blob(
                dark(own, 0.85),
                (-46, 30),
                (46, 30),
                (46, 104),
                (30, 116),
                (-30, 116),
                (-46, 104),
                sharp=(0, 1),
            ),
            box(-40, 10, 80, 40, own, 8),
            box(-40, 38, 80, 14, pale(own, 0.15), 7),
            *[box(s * 46 - 11, 8, 22, 56, dark(own, 0.93), 10) for s in (-1, 1)],
        ],
        116,
        116,
    )


def sofa(look: Look) -> Figure:
    own = look.paint("#5f8a9a", "#c8804f", "#7f8f6a", "#8a6f9a")
    return figure(
        [
            *[box(x, 0, 8, 12, "#5a3a28") for x in (-100, 92)],
            box(-108, 20, 216, 82, dark(own, 0.86), 14),
            *[box(x, 44, 98, 54, dark(own, 0.94), 10) for x in (-100, 2)],
            box(-104, 10, 208, 30, own, 6),
            *[box(x, 34, 98, 18, pale(own, 0.14), 8) for x in (-100, 2)],
            *[box(s * 106 - 14, 8, 28, 62, own, 12) for s in (-1, 1)],
            box(-76, 50, 40, 36, look.draw.choice(("#e8b04a", "#e2876a", "#f0e2c4")), 8),
        ],
        240,
        102,
    )


def bed(look: Look) -> Figure:
    quilt = look.paint("#5f7fa6", "#b8604f", "#6f8f6a", "#8a6f9a")
    wood = look.draw.choice(_WOOD)
    stripes = [poly(pale(quilt, 0.22), (x, 24), (x + 12, 24), (x + 12, 54), (x, 56)) for x in (-20, 20, 60)]
    return figure(
        [
            box(-124, 0, 14, 92, wood, 5),
            box(112, 0, 12, 50, wood, 4),
            box(-118, 12, 236, 18, dark(wood, 0.85)),
            box(-112, 26, 226, 22, "#f4efe4", 6),
            blob("#fdfbf4", (-108, 46), (-104, 68), (-58, 66), (-50, 46)),
            blob(quilt, (-52, 22), (114, 22), (114, 48), (60, 60), (0, 60), (-50, 54), sharp=(0, 1)),
            *stripes,
            blob(pale(quilt, 0.5), (-54, 44), (-50, 58), (-30, 60), (-34, 44)),
        ],
        250,
        92,
    )


def bookshelf(look: Look) -> Figure:
    wood = look.paint("#8a5a35", "#a5733c", "#6f5040")
    parts = [box(-70, 0, 140, 188, dark(wood, 0.8), 3), box(-64, 6, 128, 176, dark(wood, 0.5))]
    colours = ("#b8503c", "#3f6f8f", "#d8a53c", "#5a7a4a", "#7a4f7f", "#e8dcc0", "#c8805a")
    for shelf in range(4):
        y, x = 8 + shelf * 44, -62.0
        while x < 56:
            wide, high = look.draw.uniform(7, 13), look.draw.uniform(24, 36)
            if look.draw.random() < 0.12:
                x += 14
                continue
            parts.append(box(x, y, min(wide, 61 - x), high, look.draw.choice(colours)))
            x += wide + 0.8
        parts.append(box(-66, y - 5, 132, 5, wood))
    return figure(parts, 140, 188)


def wardrobe(look: Look) -> Figure:
    own = look.paint(*_WOOD)
    return figure(
        [
            box(-62, 0, 124, 176, dark(own, 0.84), 3),
            *[box(x, 10, 54, 156, own, 3) for x in (-57, 3)],
            *[box(x + 8, y, 38, h, dark(own, 0.9), 2) for x in (-57, 3) for y, h in ((18, 60), (88, 70))],
            *[disc(x, 84, 3.4, "#e3c98a") for x in (-9, 9)],
            box(-66, 174, 132, 8, own, 2),
        ],
        132,
        182,
    )


def cabinet(look: Look) -> Figure:
    own = look.paint("#b8854c", "#7f9a8a", "#c9a080")
    return figure(
        [
            *[box(x, 0, 6, 14, dark(own, 0.6)) for x in (-66, 60)],
            box(-74, 12, 148, 58, own, 3),
            *[box(x, 18, 64, 46, pale(own, 0.14), 3) for x in (-69, 5)],
            *[disc(x, 42, 3, "#5a3a28") for x in (-12, 12)],
            box(-78, 68, 156, 6, dark(own, 0.85), 2),
        ],
        156,
        74,
    )


def throne(look: Look) -> Figure:
    own, gold = look.paint("#a8303a"), "#d8b04c"
    return figure(
        [
            box(-70, 0, 140, 14, "#8a6a3a", 3),
            blob(
                gold,
                (-48, 40),
                (48, 40),
                (52, 128),
                (26, 150),
                (0, 164),
                (-26, 150),
                (-52, 128),
                sharp=(0, 1),
            ),
            blob(own, (-38, 44), (38, 44), (40, 122), (0, 146), (-40, 122), sharp=(0, 1)),
            box(-46, 14, 92, 34, dark(gold, 0.85), 3),
            box(-44, 42, 88, 12, own, 5),
            *[box(s * 52 - 8, 14, 16, 60, gold, 4) for s in (-1, 1)],
            disc(0, 152, 9, "#e2455a"),
        ],
        140,
        164,
    )


def counter(look: Look) -> Figure:
    own = look.paint("#8a5a35", "#5f8a7a", "#b8503c")
    return figure(
        [
            box(-130, 0, 260, 78, own, 2),
            *[box(-122 + i * 63, 10, 54, 56, pale(own, 0.12), 2) for i in range(4)],
            box(-138, 76, 276, 10, "#e3d2b0", 3),
        ],
        276,
        86,
    )


def crib(look: Look) -> Figure:
    return figure(
        [
            box(-54, 12, 108, 12, "#e3cfa4"),
            box(-50, 22, 100, 22, "#f7efe2", 8),
            *[bar("#d0b07c", 4, (x, 10), (x, 76)) for x in range(-54, 55, 12)],
            bar("#d0b07c", 7, (-58, 76), (58, 76)),
            *[bar("#d0b07c", 6, (x, 0), (x, 14)) for x in (-52, 52)],
        ],
        116,
        80,
    )


def hospital_bed(look: Look) -> Figure:
    return figure(
        [
            *[disc(x, 5, 5, "#5a6268") for x in (-90, 90)],
            *[bar("#9aa4ac", 5, (x, 8), (x, 34)) for x in (-90, 90)],
            box(-108, 32, 216, 10, "#9aa4ac", 3),
            box(-104, 40, 208, 16, "#fdfdf8", 6),
            blob("#ffffff", (-100, 54), (-96, 80), (-58, 76), (-52, 56)),
            blob("#a9d0d6", (-46, 40), (104, 40), (104, 58), (20, 68), (-42, 62), sharp=(0, 1)),
            bar("#9aa4ac", 4, (-108, 34), (-112, 98)),
            bar("#9aa4ac", 3, (86, 40), (86, 150)),
            box(76, 118, 20, 30, "#d9eef2", 6),
        ],
        226,
        150,
    )


# fmt: off
FURNITURE: dict[str, Prop] = {
    "table": Prop(table, "table dining_table tabletop 餐桌 圆桌 桌子 桌上 桌", 75, "room"),
    "cafe table": Prop(cafe_table, "cafe_table coffee_table 茶几 咖啡桌", 75, "cafe"),
    "desk": Prop(desk, "desk workbench 书桌 课桌 办公桌 讲台", 75, "office"),
    "chair": Prop(chair, "chair chairs seat 椅子 座椅 椅", 95, "room"),
    "stool": Prop(stool, "stool 凳子 板凳", 45, "room"),
    "armchair": Prop(armchair, "armchair rocking_chair 扶手椅 摇椅 躺椅", 105, "room"),
    "sofa": Prop(sofa, "sofa couch settee 沙发", 90, "room"),
    "bed": Prop(bed, "bed beds pillow blanket quilt 床铺 床上 床前 枕头 被子 床", 90, "bedroom"),
    "bookshelf": Prop(bookshelf, "bookshelf bookshelves bookcase shelves_of_books 书架 书柜", 205, "library"),
    "wardrobe": Prop(wardrobe, "wardrobe closet cupboard 衣柜 柜子 橱柜", 200, "bedroom"),
    "cabinet": Prop(cabinet, "cabinet drawer drawers sideboard 抽屉 橱子", 80, "room"),
    "throne": Prop(throne, "throne 宝座 王位 龙椅", 180, "palace hall"),
    "shop counter": Prop(counter, "shop_counter checkout 柜台 收银台", 90, "shop"),
    "cradle": Prop(crib, "cradle crib 摇篮 婴儿床", 80, "bedroom"),
    "hospital bed": Prop(hospital_bed, "hospital_bed patient 病床 病人", 150, "hospital"),
}
