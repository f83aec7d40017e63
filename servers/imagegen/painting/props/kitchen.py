"""What one cooks and eats with. About 100 units high each, whatever its size in life."""

from __future__ import annotations

from servers.imagegen.painting.geometry import Figure, Part
from servers.imagegen.painting.props import crockery
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, box, dark, disc, figure, line, oval, pale, poly


def pot(look: Look) -> Figure:
    own = look.paint("#5f7f9a", "#c8503f", "#8a9298")
    return figure(
        [
            oval(0, 96, 84, 15, dark(own, 0.7)),
            *crockery.steam(0, 112, 84),
            bar(dark(own, 0.7), 13, (-84, 66), (-110, 72), (-106, 52)),
            bar(dark(own, 0.7), 13, (84, 66), (110, 72), (106, 52)),
            box(-84, 0, 168, 92, own, 20),
            box(-84, 20, 22, 66, pale(own, 0.3), 8),
            box(50, 4, 34, 84, dark(own, 0.86), 14),
            box(-90, 84, 180, 13, pale(own, 0.25), 6),
            oval(0, 98, 84, 13, pale(own, 0.15)),
            oval(0, 105, 56, 9, pale(own, 0.35)),
            disc(0, 117, 9, "#3a3436"),
        ],
        222,
        200,
    )


def pan(look: Look) -> Figure:
    own = look.paint("#4a4a52", "#3f4a56")
    return figure(
        [
            bar("#8a5a35", (13.0, 17.0), (80, 36), (186, 66)),
            oval(0, 24, 100, 25, dark(own, 0.7)),
            blob(own, (-100, 40), (-86, 8), (-40, 0), (40, 0), (86, 8), (100, 40), sharp=(0, 5)),
            oval(0, 40, 100, 21, pale(own, 0.2)),
            oval(0, 39, 88, 16, "#e0a84a"),
            *crockery.steam(0, 52, 84),
        ],
        290,
        140,
    )


def wok(look: Look) -> Figure:
    own = look.paint("#4a4a52")
    return figure(
        [
            bar("#8a5a35", (12.0, 16.0), (104, 70), (176, 94)),
            bar(own, 10, (-106, 66), (-134, 76), (-116, 50)),
            blob(own, (-112, 66), (-70, 16), (-24, 0), (24, 0), (70, 16), (112, 66), sharp=(0, 5)),
            oval(0, 66, 112, 22, pale(own, 0.25)),
            oval(0, 63, 98, 16, "#6a4a35"),
            *[
                oval(x, 66, 15, 7, c)
                for x, c in (
                    (-56, "#d9402e"),
                    (-20, "#f2c94c"),
                    (16, "#6aa84a"),
                    (52, "#f2c94c"),
                    (0, "#d9402e"),
                )
            ],
            *crockery.steam(0, 78, 84),
        ],
        300,
        160,
    )


def stove(look: Look) -> Figure:
    flames = [
        blob(c, (x - w, 56), (x + w, 56), (x + w * 0.4, 76), (x, 56 + h), (x - w * 0.5, 74), sharp=(0, 1, 3))
        for x in (-44, -16, 14, 42)
        for w, h, c in ((13, 42, "#4f8fd9"), (7, 25, "#f7b733"))
    ]
    return figure(
        [
            *flames,
            box(-110, 0, 220, 44, "#cfd4d8", 8),
            box(-110, 0, 220, 10, "#9aa2a8", 4),
            bar("#3a3a42", 9, (-80, 50), (80, 50)),
            *[bar("#3a3a42", 7, (x, 44), (x, 56)) for x in (-74, 0, 74)],
            *[disc(x, 25, 11, "#3f4650") for x in (-66, 66)],
            *[bar("#f4efe4", 3, (x, 25), (x, 34)) for x in (-66, 66)],
        ],
        220,
        98,
    )


def oven(look: Look) -> Figure:
    return figure(
        [
            box(-75, 0, 150, 160, "#d5d9dc", 6),
            box(-60, 14, 120, 84, "#3a3a42", 6),
            box(-52, 22, 104, 66, "#e8a04a", 4),
            bar("#9aa2a8", 7, (-50, 108), (50, 108)),
            *[disc(x, 134, 9, "#3f4650") for x in (-48, -16, 16, 48)],
            *[oval(0, 44, 34, 10, "#b8743a")],
        ],
        150,
        160,
    )


def fridge(look: Look) -> Figure:
    own = look.paint("#d9e2e4", "#a9c4c0", "#e4cfc0")
    return figure(
        [
            box(-40, 0, 80, 160, own, 7),
            box(26, 2, 12, 156, dark(own, 0.9), 4),
            box(-40, 100, 80, 4, dark(own, 0.75)),
            bar("#7f8a90", 6, (-28, 112), (-28, 142)),
            bar("#7f8a90", 6, (-28, 60), (-28, 90)),
        ],
        80,
        160,
    )


def bowl(look: Look) -> Figure:
    own = look.paint("#4f7fa6", "#f4efe4", "#c8905a")
    return figure(
        [
            *crockery.bowl_back(own),
            *crockery.bowl_front(own, band="#f4d9a8" if own != "#f4efe4" else "#4f7fa6"),
        ],
        160,
        92,
    )


def plate(look: Look) -> Figure:
    own = look.paint("#f4efe4", "#a9c8d6", "#e8c9b4")
    return figure(
        [*crockery.plate(own), oval(0, 17, 104, 20, pale(own, 0.4)), oval(0, 17, 78, 14, dark(own, 0.93))],
        220,
        40,
    )


def cup(look: Look) -> Figure:
    own = look.paint("#c8503f", "#4f8f8a", "#e0b04a", "#f4efe4")
    return figure(
        [
            line(own, 12, (40, 74), (74, 68), (70, 30), (38, 26)),
            box(-46, 0, 92, 92, own, 12),
            box(18, 4, 28, 84, dark(own, 0.86), 8),
            oval(0, 92, 46, 10, pale(own, 0.3)),
            oval(0, 91, 40, 7, dark(own, 0.6)),
            box(-36, 16, 8, 60, pale(own, 0.4), 4),
        ],
        124,
        102,
    )


def wine_cup(look: Look) -> Figure:
    own = look.paint("#b89a5a", "#5f8a86")
    return figure(
        [
            oval(0, 4, 32, 7, dark(own)),
            bar(own, (20.0, 11.0, 16.0), (0, 4), (0, 26), (0, 46)),
            blob(own, (-46, 92), (-38, 56), (0, 40), (38, 56), (46, 92), sharp=(0, 4)),
            oval(0, 92, 46, 10, pale(own, 0.3)),
            oval(0, 91, 38, 7, "#7a2f3a"),
            oval(-24, 70, 5, 12, pale(own, 0.5), 14),
        ],
        92,
        102,
    )


def glass(look: Look) -> Figure:
    return figure(
        [
            poly("#d9ecf2", (-36, 0), (36, 0), (44, 100), (-44, 100)),
            poly("#7fbcd9", (-34, 4), (34, 4), (40, 70), (-40, 70)),
            oval(0, 70, 40, 7, "#a9d6ea"),
            box(-28, 12, 7, 74, "#f4fbfd", 3),
        ],
        88,
        100,
    )


def knife(look: Look) -> Figure:
    return figure(
        [
            blob("#cdd4d9", (-20, 14), (-20, 52), (70, 50), (124, 16), sharp=(0, 1, 2, 3), pull=0.6),
            poly("#eef2f4", (-20, 14), (124, 16), (70, 24), (-20, 24)),
            bar("#6b4632", 19, (-96, 36), (-24, 36)),
            *[disc(x, 36, 3.4, "#d8b88a") for x in (-82, -58, -36)],
        ],
        224,
        56,
    )


def board(look: Look) -> Figure:
    own = look.paint("#c99a62", "#b8854c")
    return figure(
        [
            poly(dark(own, 0.8), (-150, 0), (150, 0), (150, 12), (-150, 12)),
            poly(own, (-150, 12), (150, 12), (118, 46), (-118, 46)),
            *[line(dark(own, 0.9), 2.5, (-130 + d, 16), (-108 + d, 44)) for d in range(20, 250, 36)],
            oval(98, 38, 9, 3, dark(own, 0.6)),
        ],
        300,
        46,
    )


def spoon(look: Look) -> Figure:
    own = look.paint("#b8854c", "#c9ced2")
    return figure(
        [
            bar(own, (9.0, 12.0), (-20, 20), (110, 56)),
            oval(-50, 14, 40, 15, own, 8),
            oval(-50, 16, 30, 9, dark(own, 0.86), 8),
        ],
        200,
        60,
    )


def chopsticks(look: Look) -> Figure:
    own = look.paint("#8a4a35", "#3f3a3a")
    return figure(
        [
            bar(own, (4.0, 9.0), (-110, 8), (110, 40)),
            bar(dark(own), (4.0, 9.0), (-104, 0), (112, 24)),
            box(40, 0, 26, 14, "#f4efe4", 4),
        ],
        226,
        44,
    )


def fork(look: Look) -> Figure:
    own = "#c9ced2"
    return figure(
        [
            bar(own, (10.0, 7.0), (110, 30), (-20, 12)),
            *[bar(own, 4, (-20, 12), (-44, 10 + d), (-84, 8 + d)) for d in (-7, 0, 7)],
        ],
        200,
        40,
    )


def steamer(look: Look) -> Figure:
    own = "#d0a868"
    tiers = [
        part
        for y in (0, 42)
        for part in (
            box(-92, y, 184, 40, own, 5),
            box(-92, y + 28, 184, 10, dark(own, 0.84)),
            *[line(dark(own, 0.8), 2.5, (x, y + 4), (x, y + 26)) for x in range(-76, 80, 22)],
        )
    ]
    return figure(
        [
            *tiers,
            oval(0, 84, 92, 18, pale(own, 0.25)),
            bar(dark(own), 9, (-18, 100), (0, 114), (18, 100)),
            *crockery.steam(0, 112, 76),
        ],
        184,
        190,
    )


def basket(look: Look) -> Figure:
    own = look.paint("#b8854c", "#a5733c")
    weave = [line(dark(own, 0.82), 3, (-76 + d, 66), (-62 + d * 0.86, 4)) for d in range(10, 150, 18)]
    return figure(
        [
            line(dark(own, 0.8), 10, (-74, 64), (-56, 132), (0, 156), (56, 132), (74, 64)),
            poly(own, (-84, 68), (84, 68), (66, 0), (-66, 0)),
            *weave,
            line(dark(own, 0.85), 4, (-76, 34), (76, 34)),
            bar(dark(own), 12, (-86, 68), (86, 68)),
        ],
        172,
        160,
    )


def rolling_pin(look: Look) -> Figure:
    return figure(
        [
            bar("#a5733c", 14, (-130, 18), (130, 18)),
            box(-86, 0, 172, 36, "#d9b27a", 12),
            box(-80, 24, 160, 7, "#ecd0a4", 3),
        ],
        270,
        36,
    )


def steam_only(look: Look) -> Figure:
    parts: list[Part] = crockery.steam(0, 0, 150)
    return figure(parts, 90, 150)


# fmt: off
KITCHEN: dict[str, Prop] = {
    "pot": Prop(pot, "pot saucepan cauldron casserole 汤锅 砂锅 蒸锅 锅子 锅", 26, "kitchen"),
    "pan": Prop(pan, "pan frying_pan skillet 平底锅 煎锅", 18, "kitchen"),
    "wok": Prop(wok, "wok stir-fry stir_fry stir-fried 炒锅 铁锅 热锅", 22, "kitchen"),
    "stove": Prop(stove, "stove gas_stove cooker burner hob 炉子 灶台 炉灶 煤气灶 火炉 灶", 15, "kitchen"),
    "oven": Prop(oven, "oven microwave 烤箱 微波炉", 60, "kitchen"),
    "fridge": Prop(fridge, "fridge refrigerator 冰箱", 175, "kitchen"),
    "bowl": Prop(bowl, "bowl 饭碗 汤碗 大碗 碗", 9, "kitchen"),
    "plate": Prop(plate, "plate dish saucer platter 盘子 碟子 餐盘 盘", 5, "kitchen"),
    "cup": Prop(cup, "cup mug teacup 茶杯 水杯 杯子 杯 马克杯", 11, "kitchen"),
    "wine cup": Prop(wine_cup, "wine_cup goblet wine_glass chalice 酒杯 酒盏 金樽", 14, "kitchen"),
    "glass": Prop(glass, "glass_of_water a_glass glass_of_milk glass_of_juice juice lemonade tumbler 玻璃杯 果汁", 14, "kitchen"),
    "knife": Prop(knife, "knife knives kitchen_knife cleaver 菜刀 小刀 刀子 刀", 6, "kitchen"),
    "cutting board": Prop(board, "cutting_board chopping_board 砧板 案板 菜板", 5, "kitchen"),
    "spoon": Prop(spoon, "spoon spatula ladle spoonful tablespoon teaspoon 勺子 汤匙 汤勺 锅铲 勺", 6, "kitchen"),
    "chopsticks": Prop(chopsticks, "chopstick chopsticks 筷子 筷", 5, "kitchen"),
    "fork": Prop(fork, "fork 叉子", 4, "kitchen"),
    "steamer": Prop(steamer, "steamer bamboo_steamer 蒸笼", 22, "kitchen"),
    "basket": Prop(basket, "basket 篮子 竹篮 筐", 30, "kitchen"),
    "rolling pin": Prop(rolling_pin, "rolling_pin 擀面杖", 6, "kitchen"),
    "steam": Prop(steam_only, "steam vapour vapor 蒸汽 热气 水蒸气", 20, "kitchen", "air"),
}
