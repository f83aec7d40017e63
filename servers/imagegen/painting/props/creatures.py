"""Animals of old and of far lands. Units of a man of 150."""

from __future__ import annotations

import math

from servers.imagegen.painting.geometry import Figure, Part, Point
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, dark, disc, figure, line, oval, pale, poly

_EYE = "#221a18"


def _eye(x: float, y: float, r: float = 5.0) -> list[Part]:
    return [disc(x, y, r, _EYE), disc(x + r * 0.3, y + r * 0.35, r * 0.32, "#ffffff")]


def dinosaur(look: Look) -> Figure:
    own = look.paint("#6f9a5a", "#8a9a5f", "#b8854c")
    belly = pale(own, 0.4)
    plates = [
        poly(dark(own, 0.7), (x - 13, y - 6), (x + 3, y + h), (x + 15, y - 4))
        for x, y, h in (
            (-112, 108, 20),
            (-80, 132, 28),
            (-42, 146, 32),
            (-2, 146, 32),
            (36, 150, 26),
            (66, 172, 20),
        )
    ]
    return figure(
        [
            *plates,
            bar(dark(own, 0.8), (40.0, 28.0, 22.0), (-36, 84), (-44, 40), (-38, 10)),
            bar(dark(own, 0.8), (34.0, 24.0, 20.0), (44, 84), (50, 40), (54, 10)),
            bar(own, (4.0, 20.0, 42.0, 62.0), (-250, 60), (-190, 52), (-120, 76), (-50, 100)),
            blob(own, (-100, 92), (-60, 138), (0, 146), (60, 136), (82, 100), (50, 62), (-50, 56)),
            blob(belly, (-60, 66), (0, 60), (56, 74), (70, 92), (0, 84)),
            bar(own, (62.0, 46.0, 40.0, 40.0), (50, 106), (88, 160), (104, 206), (130, 226)),
            blob(own, (96, 214), (112, 254), (150, 258), (200, 236), (204, 214), (150, 200)),
            line(dark(own, 0.6), 4, (202, 222), (172, 220), (150, 226)),
            *[bar(own, (44.0, 32.0, 24.0), (x, 86), (x + 4, 44), (x + 2, 12)) for x in (-64, 62)],
            *[oval(x + 12, 8, 24, 10, dark(own, 0.9)) for x in (-64, 62)],
            *[
                oval(x, y, 9, 7, dark(own, 0.85))
                for x, y in ((-40, 116), (-8, 124), (26, 114), (-24, 98), (84, 150))
            ],
            *_eye(140, 240, 7),
        ],
        460,
        260,
    )


def panda(look: Look) -> Figure:
    black, white = "#2c2a2e", "#f6f3ec"
    return figure(
        [
            *[disc(s * 34, 146, 16, black) for s in (-1, 1)],
            blob(white, (-58, 8), (-62, 60), (-34, 98), (34, 98), (62, 60), (58, 8)),
            blob(black, (-60, 66), (-40, 100), (40, 100), (60, 66), (0, 76)),
            *[oval(s * 44, 16, 26, 19, black) for s in (-1, 1)],
            *[oval(s * 52, 56, 15, 30, black, s * 20) for s in (-1, 1)],
            oval(0, 118, 48, 41, white),
            *[oval(s * 19, 120, 11, 14, black, s * -24) for s in (-1, 1)],
            *[disc(s * 17, 122, 4, "#ffffff") for s in (-1, 1)],
            oval(0, 104, 8, 6, black),
            bar("#6a9a4a", 6, (30, 30), (74, 92)),
            *[oval(x, y, 15, 5, "#7fb356", 30) for x, y in ((80, 96), (70, 78))],
        ],
        150,
        162,
    )


def penguin(look: Look) -> Figure:
    return figure(
        [
            oval(-14, 5, 20, 8, "#e89a2c"),
            oval(22, 5, 20, 8, "#e89a2c"),
            blob("#2f3444", (-46, 10), (-52, 70), (-34, 132), (0, 152), (34, 132), (50, 70), (44, 10)),
            blob("#f7f5ee", (-26, 10), (-28, 74), (-4, 112), (24, 118), (36, 74), (32, 10)),
            blob("#2f3444", (-46, 96), (-72, 50), (-60, 40), (-38, 74)),
            blob("#2f3444", (42, 96), (66, 56), (56, 44), (40, 76)),
            *_eye(16, 126, 5),
            blob("#e89a2c", (30, 122), (54, 112), (30, 108), sharp=(1,)),
            oval(24, 106, 10, 7, "#f2c14a"),
        ],
        130,
        152,
    )


def owl(look: Look) -> Figure:
    own = look.paint("#8a6a4a")
    return figure(
        [
            *[poly(dark(own, 0.85), (s * 40, 118), (s * 46, 152), (s * 14, 132)) for s in (-1, 1)],
            blob(own, (-46, 10), (-56, 70), (-44, 126), (0, 140), (44, 126), (56, 70), (46, 10)),
            blob(pale(own, 0.45), (-28, 12), (-32, 60), (0, 78), (32, 60), (28, 12)),
            *[
                line(own, 3, (x - 7, y), (x, y - 5), (x + 7, y))
                for x, y in ((-14, 50), (14, 50), (0, 38), (-14, 28), (14, 28))
            ],
            *[blob(dark(own, 0.8), (s * 46, 96), (s * 62, 50), (s * 40, 20), (s * 36, 60)) for s in (-1, 1)],
            *[
                p
                for s in (-1, 1)
                for p in (
                    disc(s * 20, 108, 19, "#f4e8cc"),
                    disc(s * 20, 108, 11, "#e8a83c"),
                    disc(s * 20, 108, 6, _EYE),
                )
            ],
            poly("#e0a03c", (-7, 100), (7, 100), (0, 84)),
            *[oval(x, 6, 10, 6, "#e0a03c") for x in (-16, 16)],
        ],
        116,
        152,
    )


def giraffe(look: Look) -> Figure:
    own, spot = "#e8b85a", "#a5672f"
    spots = [
        oval(x, y, 11, 9, spot)
        for x, y in (
            (-44, 148),
            (-20, 164),
            (8, 150),
            (28, 166),
            (-30, 130),
            (62, 200),
            (76, 236),
            (68, 178),
            (90, 268),
            (-6, 134),
        )
    ]
    return figure(
        [
            *[
                bar(dark(own, k), (19.0, 12.0, 9.0), (x, 130), (x + 2, 66), (x, 4))
                for x, k in ((-40, 0.8), (30, 0.8))
            ],
            line(own, 5, (-66, 150), (-80, 110), (-76, 90)),
            blob(own, (-70, 146), (-56, 176), (10, 184), (58, 176), (60, 140), (0, 122), (-54, 120)),
            bar(own, (54.0, 32.0, 26.0), (42, 162), (76, 236), (98, 306)),
            *[bar(own, (22.0, 13.0, 10.0), (x, 132), (x + 3, 66), (x + 2, 4)) for x in (-54, 44)],
            *[bar("#5a3f2a", 12, (x + 2, 2), (x + 4, 8)) for x in (-54, 44, -42, 28)],
            *spots,
            *[
                p
                for dx in (-4, 12)
                for p in (bar(own, 5, (96 + dx, 320), (94 + dx, 344)), disc(94 + dx, 346, 6, spot))
            ],
            blob(own, (84, 300), (90, 330), (116, 330), (150, 308), (146, 294), (112, 290)),
            oval(80, 326, 14, 7, own, 150),
            oval(142, 301, 12, 9, pale(own, 0.35)),
            *_eye(114, 316, 5),
        ],
        240,
        352,
    )


def camel(look: Look) -> Figure:
    own = look.paint("#c9984f")
    return figure(
        [
            *[bar(dark(own, 0.8), (20.0, 13.0, 10.0), (x, 90), (x + 2, 46), (x, 4)) for x in (-42, 46)],
            blob(
                own,
                (-84, 100),
                (-66, 136),
                (-50, 132),
                (-30, 178),
                (-8, 134),
                (10, 132),
                (32, 176),
                (52, 130),
                (74, 116),
                (66, 84),
                (0, 74),
                (-70, 78),
            ),
            line(own, 6, (-82, 110), (-94, 80)),
            bar(own, (40.0, 26.0, 24.0, 22.0), (62, 108), (96, 98), (112, 140), (116, 178)),
            *[bar(own, (24.0, 14.0, 11.0), (x, 92), (x + 3, 46), (x + 2, 4)) for x in (-60, 60)],
            blob(own, (100, 176), (108, 202), (130, 200), (164, 184), (158, 168), (124, 164)),
            oval(104, 202, 9, 6, dark(own, 0.9), 120),
            *_eye(130, 188, 5),
            blob("#c8402f", (-16, 128), (14, 128), (22, 92), (-22, 92)),
            line("#e8c05a", 4, (-20, 100), (20, 100)),
        ],
        260,
        206,
    )


def squirrel(look: Look) -> Figure:
    own = look.paint("#b8683a")
    return figure(
        [
            bar(
                dark(own, 0.9),
                (14.0, 38.0, 46.0, 36.0, 10.0),
                (-18, 14),
                (-54, 40),
                (-54, 92),
                (-20, 124),
                (2, 108),
            ),
            blob(own, (-24, 4), (-30, 44), (-8, 78), (18, 70), (26, 34), (20, 4)),
            blob("#f2dcc0", (4, 8), (6, 50), (22, 56), (24, 20)),
            oval(-8, 10, 24, 12, dark(own, 0.9)),
            oval(16, 92, 25, 22, own),
            poly(own, (2, 106), (4, 130), (18, 112)),
            oval(34, 86, 10, 8, "#f2dcc0"),
            *_eye(26, 96, 5),
            bar(own, (11.0, 8.0), (8, 60), (34, 52)),
            oval(42, 54, 10, 12, "#8a5a35"),
        ],
        110,
        130,
    )


def hedgehog(look: Look) -> Figure:
    spikes = [
        bar(
            "#5a4436",
            (9.0, 1.0),
            (math.cos(a) * 40 - 6, 26 + math.sin(a) * 34),
            (math.cos(a) * 66 - 12, 30 + math.sin(a) * 56),
        )
        for a in (0.5 + i * 0.22 for i in range(13))
    ]
    return figure(
        [
            *spikes,
            blob("#7a5f4a", (-60, 8), (-54, 52), (-10, 74), (34, 58), (44, 12)),
            blob("#e8cfa8", (26, 10), (32, 48), (58, 40), (82, 20), (60, 6)),
            disc(82, 20, 6, _EYE),
            *_eye(56, 32, 5),
            *[oval(x, 4, 10, 5, "#c9a27a") for x in (-30, 34)],
        ],
        160,
        92,
    )


def dragon(look: Look) -> Figure:
    own = look.paint("#c8402f", "#3f8f7a", "#d8a53c")
    spine: list[Point] = [
        (-250, 60),
        (-190, 120),
        (-130, 80),
        (-70, 30),
        (0, 60),
        (40, 120),
        (100, 150),
        (150, 130),
    ]
    fins = [
        poly("#f2b83c", (x - 12, y + 12), (x + 2, y + 42), (x + 15, y + 12))
        for x, y in ((-190, 126), (-150, 100), (-20, 62), (16, 92), (50, 136), (90, 158))
    ]
    return figure(
        [
            *fins,
            bar(own, (4.0, 26.0, 38.0, 42.0, 44.0, 42.0, 40.0, 40.0), *spine),
            *[
                bar("#f7dc9a", (3.0, 12.0, 12.0, 3.0), *pts)
                for pts in (((-130, 70), (-70, 18), (0, 46), (34, 96)),)
            ],
            *[
                p
                for x, y in ((-80, 30), (60, 120))
                for p in (
                    bar(own, (17.0, 10.0), (x, y), (x + 14, y - 36), (x + 34, y - 40)),
                    *[bar("#f7e6c0", 4, (x + 34, y - 40), (x + 48, y - 34 - d)) for d in (0, 10, 18)],
                )
            ],
            blob("#f2b83c", (128, 150), (110, 184), (150, 176), (160, 196), (176, 166)),
            blob(own, (126, 112), (134, 160), (172, 172), (232, 150), (236, 128), (180, 108)),
            line(dark(own, 0.6), 4, (236, 134), (206, 128), (184, 134)),
            *[line("#d8a53c", 6, (148, 166), (134, 196 + d), (112, 210 + d)) for d in (0, 8)],
            *[line("#f2b83c", 3, (226, 142), (256, 120 + d), (280, 130 + d)) for d in (0, 26)],
            *_eye(180, 152, 7),
        ],
        540,
        230,
    )


# fmt: off
CREATURES: dict[str, Prop] = {
    "dinosaur": Prop(dinosaur, "dinosaur dinosaurs tyrannosaurus stegosaurus brontosaurus t-rex 恐龙 霸王龙", 420, "forest"),
    "panda": Prop(panda, "panda pandas badger 大熊猫 熊猫", 120, "forest"),
    "penguin": Prop(penguin, "penguin penguins 企鹅", 100, "sea"),
    "owl": Prop(owl, "owl owls 猫头鹰", 70, "forest"),
    "giraffe": Prop(giraffe, "giraffe giraffes 长颈鹿", 450, "field"),
    "camel": Prop(camel, "camel camels caravan 骆驼 驼队", 220, "desert"),
    "squirrel": Prop(squirrel, "squirrel squirrels chipmunk 松鼠", 60, "forest"),
    "hedgehog": Prop(hedgehog, "hedgehog porcupine 刺猬", 50, "forest"),
    "dragon": Prop(dragon, "dragon dragons 神龙 巨龙 龙", 350, "sky", "air"),
}
