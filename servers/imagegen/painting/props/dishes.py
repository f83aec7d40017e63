"""Dishes and drinks, ready to be served. About 100 units high each."""

from __future__ import annotations

from servers.imagegen.painting.geometry import Figure, Part, Point
from servers.imagegen.painting.props.crockery import CHINA, bowl_back, bowl_front, plate, steam
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, box, dark, disc, figure, line, oval, pale, poly


def plated(*food: Part) -> Figure:
    """Food on a plate."""
    return figure([*plate(), *food], 220, 80)


def fish(look: Look) -> Figure:
    own = look.paint("#8fa3ad", "#c98a5c")
    body: list[Point] = [(-72, 34), (-40, 52), (10, 58), (62, 44), (84, 32), (62, 22), (10, 12), (-40, 18)]
    return plated(
        poly(dark(own), (-66, 34), (-104, 58), (-96, 34), (-104, 12)),
        blob(own, *body),
        blob(pale(own, 0.5), (-40, 22), (10, 14), (62, 24), (10, 26)),
        *[line(dark(own), 3, (x, 46), (x + 8, 34), (x, 24)) for x in (-34, -8, 18)],
        disc(62, 38, 5, "#fdf8ec"),
        disc(63, 38, 2.6, "#221a18"),
        *[bar("#5c9440", 7, (x, 58), (x + 22, 62)) for x in (-30, 6)],
    )


def meat(look: Look) -> Figure:
    slab: list[Point] = [(-78, 26), (-62, 56), (-10, 66), (48, 62), (80, 40), (66, 18), (0, 12), (-62, 14)]
    return plated(
        blob("#b8443f", *slab),
        *[bar("#f2d3c4", (3.0, 8.0, 3.0), (-60, y), (0, y + 10), (60, y + 2)) for y in (26, 42)],
        disc(52, 42, 9, "#f2e6d8"),
    )


def chicken(look: Look) -> Figure:
    own = "#c9803c"
    return plated(
        blob(own, (-66, 24), (-56, 62), (-6, 84), (44, 70), (66, 36), (40, 16), (-40, 14)),
        blob(pale(own, 0.25), (-40, 56), (-6, 76), (20, 70), (-10, 60)),
        blob(dark(own, 0.86), (10, 20), (30, 50), (66, 48), (72, 26), (40, 12)),
        bar("#f4ead6", (9.0, 12.0), (72, 34), (98, 44)),
        oval(-70, 22, 18, 9, "#6aa84a"),
        oval(-54, 17, 16, 8, "#85b85a"),
    )


def shrimp(look: Look) -> Figure:
    parts: list[Part] = []
    for x, y in ((-44.0, 26.0), (4.0, 38.0), (46.0, 24.0)):
        parts.append(
            bar(
                "#ee7d54",
                (6.0, 17.0, 19.0, 13.0, 5.0),
                (x + 26, y + 4),
                (x + 20, y + 24),
                (x - 4, y + 30),
                (x - 20, y + 12),
                (x - 10, y - 2),
            )
        )
        parts += [line("#fbd9c4", 3, (x + dx, y + 14), (x + dx, y + 30)) for dx in (-10, 4)]
    return plated(*parts)


def dumpling(look: Look) -> Figure:
    parts: list[Part] = []
    for x, y in ((-50.0, 26.0), (0.0, 34.0), (50.0, 26.0), (-26.0, 14.0), (28.0, 14.0)):
        parts.append(
            blob(
                "#f3e6cb",
                (x - 34, y),
                (x - 20, y + 26),
                (x + 4, y + 32),
                (x + 26, y + 22),
                (x + 36, y),
                (x, y - 5),
            )
        )
        parts += [
            line("#d3bf98", 3, (x + dx, y + 28 - abs(dx) * 0.3), (x + dx * 0.8, y + 16))
            for dx in (-18, -6, 6, 18)
        ]
    return plated(*parts)


def rice(look: Look) -> Figure:
    grains = [
        oval(
            look.draw.uniform(-54, 54),
            84 + look.draw.uniform(-6, 20),
            6,
            2.6,
            "#ffffff",
            look.draw.uniform(0, 180),
        )
        for _ in range(24)
    ]
    heap = blob("#f6f2e6", (-70, 74), (-50, 100), (0, 116), (50, 100), (70, 74), (0, 62))
    return figure([*bowl_back(CHINA), heap, *grains, *bowl_front(CHINA, band="#3f6fa0")], 160, 116)


def noodles(look: Look) -> Figure:
    strands = [
        line(c, 6, (-62, 76 + d), (-24, 92 + d), (14, 78 + d), (60, 90 + d))
        for d, c in ((-4, "#d9b25c"), (4, "#f0d083"), (10, "#e3bf6c"), (0, "#f5dc9a"))
    ]
    lifted = [line("#f0d083", 5, (x, 88), (x + 4, 120), (20, 150)) for x in (6, 18, 30)]
    sticks = [bar("#8a4a35", 5, (0, 132 + d), (116, 176 + d)) for d in (0, 12)]
    bowl = "#c8503f"
    return figure(
        [
            *bowl_back(bowl),
            *strands,
            *lifted,
            *sticks,
            *[disc(x, 84, 5, "#5c9440") for x in (-40, -28, 48)],
            *bowl_front(bowl, band="#f4d9a8"),
        ],
        196,
        150,
    )


def soup(look: Look) -> Figure:
    own = look.paint("#4f7fa6", "#c8905a", "#6f8f5a")
    return figure(
        [
            *bowl_back(own),
            oval(0, 73, 70, 12, "#e0a04a"),
            *[oval(x, 74, 8, 3, c) for x, c in ((-34, "#5c9440"), (6, "#d9503c"), (36, "#5c9440"))],
            *bowl_front(own, band="#f4ead6"),
            *steam(0, 84),
        ],
        160,
        160,
    )


def bread(look: Look) -> Figure:
    crust = look.paint("#c98a4a", "#b8743a")
    loaf: list[Point] = [(-96, 20), (-88, 54), (-40, 78), (40, 78), (88, 54), (96, 20), (70, 2), (-70, 2)]
    cuts = [bar("#f2d7a4", (3.0, 11.0, 3.0), (x - 12, 42), (x, 60), (x + 14, 70)) for x in (-48, -6, 36)]
    return figure(
        [blob(crust, *loaf), blob(dark(crust, 0.84), (-92, 20), (0, 12), (94, 20), (70, 2), (-70, 2)), *cuts],
        192,
        80,
    )


def cake(look: Look) -> Figure:
    cream, base = look.paint("#f7e3e0", "#fbf1dc"), "#d9a066"
    drips = [
        blob(cream, (x - 11, 76), (x + 11, 76), (x + 9, 56), (x, 48 + (i % 2) * 8), (x - 9, 56), sharp=(0, 1))
        for i, x in enumerate(range(-70, 71, 20))
    ]
    berries = [
        part
        for x in (-48, -16, 16, 48)
        for part in (disc(x, 92, 11, "#d93a48"), disc(x - 3, 95, 3, "#f49aa2"))
    ]
    candles = [
        part
        for x in (-30, 0, 30)
        for part in (
            bar("#6f9fc9", 6, (x, 92), (x, 124)),
            blob("#f7b733", (x, 126), (x + 6, 134), (x, 146), (x - 6, 134)),
        )
    ]
    return figure(
        [
            *plate(),
            box(-82, 18, 164, 60, base, 8),
            box(-82, 40, 164, 8, "#f7ead2"),
            *drips,
            oval(0, 80, 82, 15, pale(cream, 0.4)),
            *candles,
            *berries,
        ],
        220,
        146,
    )


def cheese(look: Look) -> Figure:
    return figure(
        [
            poly("#f2c14a", (-80, 0), (80, 0), (80, 62), (-80, 22)),
            poly("#f8d877", (-80, 22), (80, 62), (30, 80)),
            *[
                oval(x, y, r, r * 0.8, "#d9a534")
                for x, y, r in ((20, 22, 9), (54, 40, 7), (-20, 14, 6), (56, 14, 6))
            ],
        ],
        160,
        80,
    )


def butter(look: Look) -> Figure:
    return plated(
        poly("#f2d768", (-60, 14), (60, 14), (60, 48), (-60, 48)),
        poly("#f9e89a", (-60, 48), (60, 48), (74, 58), (-46, 58)),
        poly("#dcbd4c", (60, 14), (74, 24), (74, 58), (60, 48)),
    )


def chocolate(look: Look) -> Figure:
    own = "#6b3f2a"
    return figure(
        [
            box(-60, 0, 120, 90, own, 6),
            *[box(-52 + c * 36, 8 + r * 27, 31, 22, pale(own, 0.16), 4) for c in range(3) for r in range(3)],
            poly("#c8503f", (-64, -2), (64, -2), (64, 36), (-64, 28)),
        ],
        128,
        92,
    )


def tofu(look: Look) -> Figure:
    return plated(
        *[
            p
            for x, y in ((-52.0, 16.0), (8.0, 16.0), (-22.0, 42.0))
            for p in (
                box(x, y, 46, 32, "#f5ead0", 3),
                poly("#fffaf0", (x, y + 32), (x + 46, y + 32), (x + 54, y + 40), (x + 10, y + 40)),
            )
        ]
    )


def pizza(look: Look) -> Figure:
    return figure(
        [
            oval(0, 16, 112, 28, "#b8743a"),
            oval(0, 21, 110, 28, "#d99a50"),
            oval(0, 23, 96, 22, "#f0c458"),
            *[oval(x, y, 15, 5, "#c8402f") for x, y in ((-54, 26), (-8, 36), (46, 28), (8, 14), (-36, 14))],
            *[oval(x, y, 6, 3, "#5c9440", 20) for x, y in ((-26, 26), (24, 24), (64, 20))],
        ],
        224,
        50,
    )


def burger(look: Look) -> Figure:
    return figure(
        [
            box(-62, 0, 124, 22, "#d9994c", 10),
            box(-66, 20, 132, 16, "#6b3f2a", 7),
            poly("#f2c14a", (-64, 38), (64, 38), (40, 26), (20, 36)),
            blob("#7cb34a", (-70, 38), (-30, 46), (0, 38), (34, 46), (70, 38), (0, 32)),
            blob("#dd9d50", (-64, 44), (-48, 82), (0, 96), (48, 82), (64, 44), sharp=(0, 4)),
            *[oval(x, y, 4, 2.4, "#f9ead0", 20) for x, y in ((-24, 74), (4, 84), (28, 70))],
        ],
        136,
        96,
    )


def ice_cream(look: Look) -> Figure:
    return figure(
        [
            poly("#d9a560", (-28, 60), (28, 60), (0, -4)),
            *[line("#b88445", 2.5, (x, 58), (x * 0.2, 10)) for x in (-14, 14)],
            disc(0, 78, 34, look.paint("#f4a9b8", "#f4e3c0", "#a9d6c0")),
            disc(0, 116, 25, "#f7ecd8"),
            disc(0, 142, 8, "#cf3b44"),
        ],
        70,
        150,
    )


def fruit(look: Look) -> Figure:
    own = "#c8905a"
    balls = [
        part
        for x, y, c in (
            (-42.0, 84.0, "#cf3b32"),
            (44.0, 84.0, "#f0922e"),
            (0.0, 92.0, "#b9c751"),
            (-20.0, 112.0, "#f2d13c"),
            (26.0, 112.0, "#d9573a"),
        )
        for part in (disc(x, y, 29, c), oval(x - 9, y + 10, 5, 8, pale(c, 0.5), 30))
    ]
    return figure([*bowl_back(own, 96), *balls, *bowl_front(own, 96, band="#8a5a35")], 192, 142)


def vegetables(look: Look) -> Figure:
    weave = [line("#8a5f36", 3, (-84 + d, 58), (-60 + d, 4)) for d in range(0, 150, 22)]
    heads = [
        blob("#7fb356", (-70, 56), (-74, 104), (-40, 120), (-12, 104), (-16, 56)),
        bar("#ec7f2c", (24.0, 20.0, 6.0), (16, 60), (22, 96), (34, 116)),
        disc(58, 76, 29, "#d9402e"),
        *[bar("#4f9440", (9.0, 3.0), (6 + d, 60), (-6 + d * 2, 140)) for d in (-6, 0, 6)],
    ]
    return figure(
        [
            *heads,
            poly("#b8854c", (-90, 60), (90, 60), (70, 0), (-70, 0)),
            *weave,
            bar("#8a5f36", 10, (-92, 60), (92, 60)),
        ],
        184,
        140,
    )


def tea(look: Look) -> Figure:
    own = look.paint("#7a5a46", "#b8503f", "#5f8a86")
    return figure(
        [
            line(own, 11, (50, 66), (88, 62), (80, 22), (46, 22)),
            blob(own, (-56, 40), (-40, 8), (0, 0), (44, 8), (58, 42), (30, 76), (-30, 76)),
            bar(own, (20.0, 9.0), (-46, 40), (-92, 78)),
            oval(0, 78, 34, 8, dark(own, 0.84)),
            disc(0, 92, 9, own),
            oval(-22, 48, 7, 16, pale(own, 0.4), 20),
            *steam(-94, 84, 60),
        ],
        180,
        100,
    )


def coffee(look: Look) -> Figure:
    own = look.paint("#f4efe4", "#c8503f", "#4f7fa6")
    return figure(
        [
            oval(0, 8, 84, 13, dark(own, 0.85)),
            oval(0, 12, 82, 13, own),
            line(own, 10, (46, 66), (76, 62), (70, 32), (40, 30)),
            blob(own, (-50, 74), (-42, 28), (-20, 12), (20, 12), (42, 28), (50, 74), sharp=(0, 5)),
            oval(0, 75, 50, 11, dark(own, 0.9)),
            oval(0, 74, 44, 8, "#5a3523"),
            *steam(0, 84, 62),
        ],
        168,
        146,
    )


# fmt: off
DISHES: dict[str, Prop] = {
    "fish dish": Prop(fish, "fried_fish steamed_fish fish_fillet fillet 蒸鱼 煎鱼 烤鱼 鱼肉", 10, "kitchen"),
    "meat": Prop(meat, "meat beef pork steak bacon ham 牛肉 猪肉 羊肉 五花肉 排骨 肉片 肉丝 肉 mutton 火腿", 10, "kitchen"),
    "roast chicken": Prop(chicken, "roast_chicken roast_duck roast_goose turkey chicken_breast 烤鸡 鸡肉 鸡翅 烤鸭", 15, "kitchen"),
    "shrimp": Prop(shrimp, "shrimp prawn 虾仁 大虾 虾", 8, "kitchen"),
    "dumplings": Prop(dumpling, "dumpling 饺子 水饺 馄饨 包子 粽子 bun", 8, "kitchen"),
    "rice": Prop(rice, "rice bowl_of_rice 米饭 白饭 炒饭 大米 饭菜 饭", 11, "kitchen"),
    "noodles": Prop(noodles, "noodle bowl_of_noodles ramen pasta spaghetti 面条 拉面 汤面 米粉 意面 炒面", 14, "kitchen"),
    "soup": Prop(soup, "soup broth stew porridge bowl_of_soup 鸡汤 汤 粥", 14, "kitchen"),
    "bread": Prop(bread, "bread loaf loaves baguette toast dough 面包 面团 馒头 吐司", 11, "kitchen"),
    "cake": Prop(cake, "cake birthday_cake pie pancake cupcake mooncake 蛋糕 月饼 糕点 点心 biscuit cookie 馅饼 煎饼 饼干", 15, "kitchen"),
    "cheese": Prop(cheese, "cheese 奶酪 芝士", 9, "kitchen"),
    "butter": Prop(butter, "butter 黄油", 7, "kitchen"),
    "chocolate": Prop(chocolate, "chocolate candy candies sweets 巧克力 糖果", 9, "kitchen"),
    "tofu": Prop(tofu, "tofu 豆腐", 8, "kitchen"),
    "pizza": Prop(pizza, "pizza 披萨 比萨", 6, "kitchen"),
    "burger": Prop(burger, "burger hamburger sandwich 汉堡 三明治", 11, "kitchen"),
    "ice cream": Prop(ice_cream, "ice_cream 冰淇淋 雪糕", 15, "kitchen"),
    "fruit": Prop(fruit, "fruit fruits 水果 果盘 果子 mango pineapple pomegranate persimmon lychee kiwi grapefruit 芒果 菠萝 石榴 柿子 荔枝 猕猴桃 柚子 红枣 李子", 22, "kitchen"),
    "vegetables": Prop(vegetables, "vegetable vegetables greens ingredient ingredients 蔬菜 食材 cucumber celery eggplant 黄瓜 茄子 芹菜", 26, "kitchen"),
    "tea": Prop(tea, "tea teapot 茶壶 茶水 热茶 茶", 15, "kitchen"),
    "coffee": Prop(coffee, "coffee latte cappuccino hot_chocolate 咖啡", 11, "kitchen"),
}
