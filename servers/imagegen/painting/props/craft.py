"""What sails and what flies. In units of a man of 150."""

from __future__ import annotations

from servers.imagegen.painting.geometry import Figure
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, box, dark, disc, figure, line, oval, pale, poly


def ship(look: Look) -> Figure:
    own = look.paint("#3f5a7a", "#a8402f", "#2f6f6a")
    boxes = [
        box(-196 + i * 44, 52 + r * 26, 42, 24, c)
        for r, row in enumerate(
            (
                ("#d9503c", "#e0a83c", "#4f8fa8", "#6a9a5a", "#d9503c"),
                ("#4f8fa8", "#e0a83c", "#c8805a", "#d9503c"),
            )
        )
        for i, c in enumerate(row)
    ]
    return figure(
        [
            *boxes,
            box(60, 50, 100, 96, "#f4f0e6", 5),
            box(72, 144, 64, 24, "#e8e2d4", 4),
            *[box(68 + i * 22, 120, 15, 13, look.glass, 2) for i in range(4)],
            *[box(68 + i * 22, 92, 15, 13, look.glass, 2) for i in range(4)],
            box(92, 166, 30, 40, "#c8402f", 3),
            box(92, 190, 30, 9, "#f4efe4"),
            poly(own, (-250, 56), (-216, -12), (180, -12), (236, 70), (196, 54), (-240, 50)),
            poly("#a8402f" if own != "#a8402f" else "#3a3f48", (-226, 6), (-216, -12), (180, -12), (194, 6)),
            bar("#f4efe4", 4, (-244, 44), (204, 50)),
            *[
                p
                for x, y, r in ((112, 226, 17), (94, 248, 22), (66, 268, 26))
                for p in (disc(x, y, r, "#dfe2e2"),)
            ],
        ],
        490,
        220,
    )


def warship(look: Look) -> Figure:
    """A junk of old, with battened sails."""
    own = "#7a4a30"
    sails = [
        p
        for x, h, w in ((-70.0, 210.0, 96.0), (60.0, 250.0, 120.0))
        for p in (
            bar("#5a3a28", 8, (x, 40), (x, h + 20)),
            blob(
                "#c8603c",
                (x - w * 0.3, 64),
                (x + w * 0.66, 72),
                (x + w * 0.56, h * 0.8),
                (x, h),
                (x - w * 0.36, h * 0.9),
                sharp=(0, 1, 3),
            ),
            *[
                line("#8a3a28", 4, (x - w * 0.32, 64 + (h - 80) * k), (x + w * 0.6, 74 + (h - 96) * k))
                for k in (0.2, 0.42, 0.64, 0.84)
            ],
        )
    ]
    return figure(
        [
            *sails,
            blob(
                own,
                (-190, 74),
                (-150, -8),
                (150, -8),
                (206, 92),
                (160, 62),
                (0, 40),
                (-130, 46),
                sharp=(0, 3),
            ),
            line("#e3c79a", 5, (-182, 64), (0, 34), (190, 76)),
            box(-176, 60, 62, 42, dark(own, 0.86), 3),
            poly("#a8402f", (-184, 100), (-108, 100), (-116, 116), (-176, 116)),
            poly("#d9402e", (60, 270), (112, 260), (60, 246)),
            *[disc(x, 22, 7, "#4a2c1e") for x in (-80, -30, 20, 70)],
        ],
        400,
        280,
    )


def sailboat(look: Look) -> Figure:
    return figure(
        [
            bar("#6b4a35", (6.0, 4.0), (-6, 20), (-4, 190)),
            blob("#f4ead6", (4, 184), (60, 96), (76, 40), (4, 44), sharp=(0, 2, 3)),
            blob(
                look.paint("#e2574c", "#4f8fa8"), (-14, 172), (-46, 96), (-56, 44), (-14, 46), sharp=(0, 2, 3)
            ),
            blob("#8a5436", (-104, 34), (-74, -8), (66, -8), (104, 40), (0, 26), sharp=(0, 3)),
            line("#e3c79a", 5, (-104, 34), (0, 26), (104, 40)),
        ],
        210,
        190,
    )


def rowboat(look: Look) -> Figure:
    own = look.paint("#7a5238", "#5f4636")
    return figure(
        [
            blob(dark(own, 0.6), (-126, 36), (0, 18), (126, 40), (0, 30), sharp=(0, 2)),
            blob(
                own, (-134, 42), (-88, -8), (84, -10), (140, 50), (70, 22), (0, 16), (-70, 20), sharp=(0, 3)
            ),
            line("#c9a06c", 4, (-132, 40), (0, 15), (136, 46)),
            bar("#a5774a", 6, (-10, 60), (94, -18)),
        ],
        274,
        60,
    )


def submarine(look: Look) -> Figure:
    own = look.paint("#e0b04a", "#4f8fa8")
    return figure(
        [
            blob(
                own, (-150, 50), (-110, 14), (60, 6), (140, 30), (156, 54), (140, 80), (60, 102), (-110, 92)
            ),
            box(-30, 96, 70, 42, own, 10),
            bar(dark(own), 8, (10, 136), (10, 172), (34, 172)),
            *[p for x in (-60, 0, 60) for p in (disc(x, 56, 20, dark(own, 0.7)), disc(x, 56, 14, "#bfe6f2"))],
            *[bar(dark(own, 0.7), 10, (-150, 52), (-172, 52 + d)) for d in (-32, 32)],
        ],
        330,
        176,
    )


def plane(look: Look) -> Figure:
    own = look.paint("#f4f4f0", "#e8eef2")
    accent = look.draw.choice(("#3f7fb8", "#d9503c", "#2f8f7f"))
    return figure(
        [
            poly(accent, (-190, 66), (-236, 140), (-196, 140), (-140, 76)),
            blob(
                own,
                (-226, 62),
                (-150, 36),
                (140, 32),
                (208, 52),
                (214, 66),
                (150, 92),
                (-150, 84),
                sharp=(0,),
            ),
            blob(
                dark(own, 0.86),
                (-226, 62),
                (-150, 36),
                (140, 32),
                (208, 52),
                (100, 46),
                (-140, 50),
                sharp=(0,),
            ),
            poly(dark(own, 0.8), (30, 52), (-70, -24), (-112, -24), (-50, 50)),
            poly(dark(own, 0.92), (0, 84), (-50, 128), (-76, 128), (-46, 84)),
            poly(dark(accent, 0.85), (-170, 58), (-226, 30), (-204, 28), (-140, 52)),
            blob("#2f4a5f", (176, 70), (202, 68), (190, 80), (170, 84)),
            *[oval(x, 66, 6, 7, "#5f8fb0") for x in range(-120, 160, 24)],
            bar(accent, 6, (-190, 54), (160, 50)),
            box(-46, 10, 44, 20, "#8f98a2", 9),
        ],
        450,
        150,
    )


def helicopter(look: Look) -> Figure:
    own = look.paint("#d9503c", "#4f8fa8", "#e0b04a")
    return figure(
        [
            bar("#4a525a", 5, (-60, 6), (90, 6)),
            *[bar("#4a525a", 4, (x, 6), (x, 30)) for x in (-20, 50)],
            bar(own, (30.0, 12.0), (-30, 74), (-160, 92)),
            poly(dark(own), (-176, 120), (-150, 120), (-140, 88), (-166, 84)),
            blob(own, (-60, 70), (-40, 30), (50, 24), (104, 44), (98, 84), (40, 114), (-30, 108)),
            blob("#bfe0ec", (40, 48), (98, 50), (88, 84), (44, 100)),
            bar("#4a525a", 7, (10, 112), (10, 134)),
            bar("#6a727a", 6, (-130, 136), (150, 136)),
        ],
        320,
        140,
    )


def balloon(look: Look) -> Figure:
    own = look.paint("#e2574c", "#e0a83c", "#4f8fa8")
    gores = [
        blob(c, (0, 258), (s * 96, 214), (s * 104, 160), (s * 26, 70), (-s * 0, 70), sharp=(0, 3, 4))
        for s, c in ((-1, own), (1, dark(own, 0.86)))
    ]
    mid = [oval(0, 168, w, 90, c) for w, c in ((62, "#f7e6c0"), (22, own))]
    return figure(
        [
            *gores,
            *mid,
            *[bar("#6b5a45", 2, (x, 74), (x * 0.6, 34)) for x in (-26, 26)],
            box(-20, 0, 40, 36, "#a5733c", 5),
            bar("#7a5230", 6, (-22, 36), (22, 36)),
        ],
        210,
        258,
    )


def toy_balloons(look: Look) -> Figure:
    return figure(
        [
            p
            for x, y, c in ((-34.0, 120.0, "#e2574c"), (30.0, 130.0, "#4f8fd9"), (0.0, 166.0, "#f2b544"))
            for p in (
                line("#8a8278", 2, (0, 0), (x * 0.5, y * 0.5), (x, y - 34)),
                oval(x, y, 28, 34, c),
                oval(x - 10, y + 12, 5, 9, pale(c, 0.55), 20),
            )
        ],
        124,
        200,
    )


def kite(look: Look) -> Figure:
    own = look.paint("#e2574c", "#4f8fd9")
    return figure(
        [
            poly(own, (0, 120), (-52, 60), (0, 0)),
            poly("#f2b544", (0, 120), (52, 60), (0, 0)),
            line("#5a4a3a", 2.5, (0, 0), (-20, -40), (10, -76), (-10, -120)),
            *[
                poly(c, (x - 14, y - 8), (x - 14, y + 8), (x, y), (x + 14, y + 8), (x + 14, y - 8), (x, y))
                for x, y, c in ((-19, -40, own), (8, -76, "#f2b544"))
            ],
        ],
        104,
        240,
    )


def rocket(look: Look) -> Figure:
    own = look.paint("#f0f0ee")
    red = "#d9503c"
    flame = [
        blob(c, (-w, 6), (w, 6), (w * 0.7, -h * 0.5), (0, -h), (-w * 0.7, -h * 0.5), sharp=(0, 1, 3))
        for w, h, c in ((28, 110, "#f0782f"), (19, 78, "#f9b84a"), (10, 44, "#fdf0c0"))
    ]
    return figure(
        [
            *flame,
            *[
                blob(red, (s * 36, 84), (s * 78, 36), (s * 80, 0), (s * 34, 30), sharp=(0, 1, 2, 3), pull=0.6)
                for s in (-1, 1)
            ],
            blob(
                own,
                (-30, 10),
                (30, 10),
                (46, 90),
                (40, 176),
                (0, 262),
                (-40, 176),
                (-46, 90),
                sharp=(0, 1, 4),
            ),
            blob(dark(own, 0.82), (30, 10), (46, 90), (40, 176), (0, 262), (22, 176), (20, 60), sharp=(0, 3)),
            blob(red, (-36, 188), (0, 264), (36, 188), (0, 180), sharp=(0, 1, 2)),
            disc(0, 134, 23, "#6a7884"),
            disc(0, 134, 17, "#8fd0ee"),
            oval(-6, 141, 5, 3, "#e8f8fd", 30),
            box(-30, 6, 60, 14, "#6a7884", 4),
            poly(red, (-8, 80), (8, 80), (6, 0), (-6, 0)),
        ],
        164,
        264,
    )


# fmt: off
CRAFT: dict[str, Prop] = {
    "ship": Prop(ship, "ship ships cargo_ship ferry freighter steamer_ship cruise_ship vessel 轮船 货轮 邮轮 货船 渡轮 军舰", 1200, "sea", "water"),
    "junk": Prop(warship, "junk warship fleet treasure_ship galleon 战船 宝船 船队 大船", 1100, "sea", "water"),
    "boat": Prop(sailboat, "boat boats sail sailboat sailing_boat 帆船 船只 船", 600, "sea", "water"),
    "rowboat": Prop(rowboat, "rowboat rowing_boat canoe raft lone_boat lonely_boat fishing_boat 孤舟 扁舟 渔船 小船 小舟 舟 木筏 独木舟", 90, "river", "water"),
    "submarine": Prop(submarine, "submarine 潜艇 潜水艇", 600, "underwater", "water"),
    "aeroplane": Prop(plane, "aeroplane aeroplanes airplane airplanes plane planes aircraft jet flight airliner 飞机 客机 航班", 900, "sky", "air"),
    "helicopter": Prop(helicopter, "helicopter drone 直升机 无人机", 350, "sky", "air"),
    "hot-air balloon": Prop(balloon, "hot-air_balloon hot_air_balloon 热气球", 900, "sky", "air"),
    "balloons": Prop(toy_balloons, "balloon balloons 气球", 110, "", "air"),
    "kite": Prop(kite, "kite kites 风筝", 110, "field", "air"),
    "rocket": Prop(rocket, "rocket rockets spaceship spacecraft space_shuttle launch 火箭 飞船 航天器", 1500, "space", "air"),
}
