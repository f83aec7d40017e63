"""What runs on roads and rails. In units of a man of 150."""

from __future__ import annotations

import math

from servers.imagegen.painting.geometry import Figure, Part
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, box, dark, disc, figure, line, oval, pale, poly


def wheel(x: float, radius: float, hub: str = "#c9ccd0") -> list[Part]:
    """A tyre on the ground."""
    return [
        disc(x, radius, radius, "#2b2a30"),
        disc(x, radius, radius * 0.52, hub),
        disc(x, radius, radius * 0.2, "#6a6e74"),
    ]


def tram(look: Look) -> Figure:
    own = look.paint("#c8402f", "#2f7f6f", "#d8a53c", "#3f6fa8")
    glass = look.glass
    panes = [
        p
        for i in range(7)
        for p in (
            box(-232 + i * 68, 96, 54, 56, glass, 5),
            poly(
                pale(glass, 0.45),
                (-226 + i * 68, 96),
                (-210 + i * 68, 96),
                (-190 + i * 68, 152),
                (-206 + i * 68, 152),
            ),
        )
    ]
    doors = [
        p
        for x in (-98, 106)
        for p in (
            box(x - 3, 26, 60, 130, dark(own, 0.6), 3),
            box(x, 30, 25, 122, glass, 2),
            box(x + 29, 30, 25, 122, glass, 2),
        )
    ]
    return figure(
        [
            *[p for x in (-170, -110, 110, 170) for p in wheel(x, 17)],
            bar("#3a3a40", 5, (-20, 184), (-44, 214), (10, 240)),
            bar("#3a3a40", 4, (-30, 242), (50, 242)),
            box(-250, 14, 500, 164, own, 24),
            box(-250, 168, 500, 14, "#e8e0d0", 7),
            box(-250, 80, 500, 10, "#f4e6c8"),
            box(-246, 14, 492, 16, dark(own, 0.6), 8),
            *panes,
            *doors,
            disc(236, 52, 9, "#ffe9a8"),
            disc(-236, 52, 7, "#f08a6a"),
            box(196, 156, 46, 14, "#2f2c30", 3),
            box(202, 160, 34, 6, "#f2c14a"),
        ],
        500,
        244,
    )


def train(look: Look) -> Figure:
    own = look.paint("#f0f2f2", "#d8e4ea", "#3f7fa8")
    stripe = "#3f6fa8" if own != "#3f7fa8" else "#f4efe4"
    glass = look.glass
    nose = blob(
        own,
        (-330, 20),
        (200, 20),
        (318, 26),
        (350, 44),
        (322, 82),
        (262, 128),
        (200, 144),
        (-330, 144),
        sharp=(0, 1, 6, 7),
    )
    return figure(
        [
            *[p for x in (-280, -220, -60, 0, 140, 200) for p in wheel(x, 15)],
            nose,
            blob(stripe, (-330, 48), (220, 48), (346, 40), (336, 60), (240, 66), (-330, 66), sharp=(0, 5)),
            blob("#2f4a5f", (214, 88), (304, 86), (262, 126), (222, 128), sharp=(0, 1)),
            *[box(-314 + i * 62, 84, 44, 38, glass, 6) for i in range(8)],
            *[
                p
                for x in (-136,)
                for p in (box(x, 30, 40, 98, pale(own, 0.4), 4), box(x + 6, 78, 28, 42, glass, 4))
            ],
            box(-330, 140, 530, 8, dark(own, 0.8)),
            disc(330, 50, 7, "#ffe9a8"),
            box(-330, 16, 620, 9, "#4a525a"),
        ],
        680,
        150,
    )


def bus(look: Look) -> Figure:
    own = look.paint("#e0a83c", "#4f8f6a", "#3f7fb8", "#c8503f")
    glass = look.glass
    return figure(
        [
            box(-190, 26, 380, 160, own, 16),
            box(-190, 26, 380, 26, dark(own, 0.7), 8),
            box(-190, 76, 380, 9, "#f7efdc"),
            *[box(-176 + i * 58, 98, 48, 56, glass, 5) for i in range(5)],
            box(124, 34, 48, 122, dark(own, 0.65), 4),
            box(128, 38, 18, 114, glass),
            box(150, 38, 18, 114, glass),
            box(96, 162, 84, 16, "#2f2c30", 3),
            box(104, 166, 62, 7, "#f2c14a"),
            *[p for x in (-116, 84) for p in (disc(x, 30, 36, dark(own, 0.55)), *wheel(x, 29))],
            disc(184, 56, 8, "#ffe9a8"),
            disc(-184, 56, 6, "#e2574c"),
            poly(pale(own, 0.3), (-182, 176), (182, 176), (178, 184), (-178, 184)),
        ],
        380,
        186,
    )


def car(look: Look) -> Figure:
    own = look.paint("#d4574a", "#4a86b8", "#e0b04a", "#6aa47a")
    glass = look.glass
    body = (
        (-126, 26),
        (-128, 58),
        (-96, 68),
        (-58, 108),
        (30, 110),
        (72, 74),
        (118, 64),
        (130, 44),
        (126, 26),
    )
    return figure(
        [
            blob(own, *body, sharp=(0, 8), pull=0.75),
            blob(dark(own, 0.78), (-126, 26), (126, 26), (128, 38), (-127, 40), sharp=(0, 1)),
            *[
                poly(glass, *pts)
                for pts in (
                    ((-76, 72), (-50, 101), (-12, 102), (-12, 72)),
                    ((-4, 72), (-4, 102), (26, 102), (56, 72)),
                )
            ],
            poly(pale(glass, 0.5), (-56, 74), (-46, 74), (-26, 100), (-38, 100)),
            bar(dark(own, 0.7), 2.5, (-8, 30), (-8, 104)),
            bar(dark(own, 0.6), 5, (2, 62), (16, 62)),
            *[p for x in (-74, 76) for p in (disc(x, 29, 31, dark(own, 0.5)), *wheel(x, 25))],
            oval(120, 52, 8, 6, "#ffe9a8"),
            oval(-124, 54, 5, 7, "#e2342c"),
        ],
        258,
        110,
    )


def ambulance(look: Look) -> Figure:
    return _van(look, "#f4f2ec", "#d9402e", cross=True)


def fire_engine(look: Look) -> Figure:
    one = _van(look, "#d9402e", "#f4efe4", cross=False)
    return figure(
        [
            *one.parts,
            bar("#d5dbdf", 5, (-130, 146), (90, 158)),
            bar("#d5dbdf", 5, (-130, 156), (90, 168)),
            *[
                bar("#d5dbdf", 4, (x, 145 + (x + 130) * 0.05), (x, 157 + (x + 130) * 0.05))
                for x in range(-120, 90, 24)
            ],
        ],
        320,
        172,
    )


def police_car(look: Look) -> Figure:
    one = car(Look(look.draw, look.palette, "#f4f4f0"))
    return figure(
        [
            *one.parts,
            box(-110, 44, 220, 15, "#2f4f8f"),
            box(-26, 108, 24, 10, "#4f8fe8", 3),
            box(-2, 108, 24, 10, "#e2342c", 3),
        ],
        258,
        120,
    )


def _van(look: Look, own: str, stripe: str, *, cross: bool) -> Figure:
    glass = look.glass
    parts = [
        blob(
            own,
            (-150, 24),
            (150, 24),
            (152, 70),
            (112, 88),
            (88, 142),
            (-150, 142),
            sharp=(0, 1, 2, 5),
            pull=0.5,
        ),
        box(-150, 62, 290, 14, stripe),
        poly(glass, (72, 88), (104, 88), (86, 132), (72, 132)),
        box(28, 88, 36, 44, glass, 3),
        *[p for x in (-90, 96) for p in wheel(x, 27)],
        disc(144, 50, 7, "#ffe9a8"),
        box(20, 142, 34, 12, "#4f8fe8", 4),
    ]
    if cross:
        parts += [box(-80, 86, 15, 45, stripe), box(-95, 101, 45, 15, stripe)]
    return figure(parts, 304, 154)


def truck(look: Look) -> Figure:
    own = look.paint("#4f8f6a", "#d8a53c", "#4a86b8")
    return figure(
        [
            box(-190, 34, 260, 136, "#e8e0d0", 4),
            *[bar("#cfc4ae", 3, (x, 36), (x, 168)) for x in range(-160, 60, 34)],
            blob(own, (76, 24), (170, 24), (174, 76), (150, 92), (136, 138), (76, 138), sharp=(0, 1, 5)),
            poly(look.glass, (88, 92), (142, 92), (130, 128), (88, 128)),
            box(-190, 24, 360, 13, "#3f444c"),
            *[p for x in (-140, -82, 122) for p in wheel(x, 27)],
            disc(168, 52, 7, "#ffe9a8"),
        ],
        370,
        170,
    )


def bicycle(look: Look) -> Figure:
    own = look.paint("#d9503c", "#3f7fb8", "#2f8f7f", "#e0b04a")
    rims = [
        p
        for x in (-54, 54)
        for p in (
            line(
                "#2f2d33",
                5,
                *[
                    (x + math.cos(a) * 34, 35 + math.sin(a) * 34)
                    for a in (i * math.tau / 12 for i in range(13))
                ],
            ),
            *[
                line(
                    "#9aa0a6",
                    1.4,
                    (x - math.cos(a) * 32, 35 - math.sin(a) * 32),
                    (x + math.cos(a) * 32, 35 + math.sin(a) * 32),
                )
                for a in (i * math.pi / 4 for i in range(4))
            ],
            disc(x, 35, 4, "#6a6e74"),
        )
    ]
    return figure(
        [
            *rims,
            *[
                bar(own, 5.5, a, b)
                for a, b in (
                    ((-54, 35), (-8, 34)),
                    ((-8, 34), (-26, 84)),
                    ((-54, 35), (-26, 84)),
                    ((-24, 78), (38, 82)),
                    ((-8, 34), (38, 80)),
                    ((54, 35), (36, 92)),
                )
            ],
            bar("#3a3236", 8, (-38, 89), (-12, 89)),
            line("#3a3236", 5, (36, 92), (30, 104), (52, 106)),
            disc(-8, 34, 9, "#6a6e74"),
            bar("#3a3236", 4, (-8, 34), (-2, 18)),
            bar("#3a3236", 5, (-8, 17), (6, 17)),
        ],
        176,
        108,
    )


def motorcycle(look: Look) -> Figure:
    own = look.paint("#c8402f", "#3f5f8f", "#3a3f48")
    return figure(
        [
            *wheel(-62, 32),
            *wheel(66, 32),
            bar("#8f98a2", 6, (66, 32), (40, 92)),
            blob(own, (-70, 62), (-40, 78), (0, 70), (34, 86), (46, 66), (10, 40), (-36, 44)),
            blob("#2f2d33", (-76, 74), (-64, 84), (-16, 80), (-14, 70)),
            bar("#8f98a2", 11, (-84, 34), (10, 36)),
            line("#2f2d33", 5, (38, 90), (34, 104), (22, 106)),
            disc(50, 82, 9, "#ffe9a8"),
        ],
        200,
        110,
    )


def cart(look: Look) -> Figure:
    spokes = [
        bar("#5a3f2b", 5, (-8 - x, 34 - y), (-8 + x, 34 + y))
        for x, y in ((27, 0), (0, 27), (19, 19), (19, -19))
    ]
    return figure(
        [
            bar("#6b4a35", (7.0, 5.0), (70, 46), (140, 30)),
            poly("#a5774a", (-84, 44), (76, 44), (92, 92), (-98, 92)),
            bar("#7a5535", 5, (-94, 78), (88, 78)),
            disc(-8, 34, 35, "#5a3f2b"),
            disc(-8, 34, 27, "#c9a06c"),
            disc(-8, 34, 8, "#5a3f2b"),
            *spokes,
        ],
        240,
        100,
    )


# fmt: off
VEHICLES: dict[str, Prop] = {
    "tram": Prop(tram, "tram trams streetcar trolley tramway tramcar 有轨电车 电车", 340, "street"),
    "train": Prop(train, "train trains locomotive metro subway carriage_of_train high-speed_train 高铁 列车 地铁 火车 动车", 300, "railway"),
    "bus": Prop(bus, "bus buses coach school_bus 公共汽车 公交车 公交 巴士 校车", 300, "street"),
    "car": Prop(car, "car cars automobile taxi taxis traffic vehicle vehicles 出租车 小汽车 汽车 轿车 车辆", 150, "street"),
    "ambulance": Prop(ambulance, "ambulance 救护车", 230, "street"),
    "fire engine": Prop(fire_engine, "fire_engine fire_truck 消防车", 260, "street"),
    "police car": Prop(police_car, "police_car 警车", 150, "street"),
    "truck": Prop(truck, "truck trucks lorry lorries van 卡车 货车 tractor digger excavator 拖拉机 挖掘机 面包车", 280, "street"),
    "bicycle": Prop(bicycle, "bicycle bicycles bike bikes cyclist cyclists 自行车 单车", 105, "street"),
    "motorcycle": Prop(motorcycle, "motorcycle motorbike scooter 摩托车 电动车", 110, "street"),
    "cart": Prop(cart, "cart wagon carriage chariot 马车 牛车 战车 sledge sleigh wheelbarrow 雪橇 独轮车", 130, "village"),
}
