"""Devices, lamps and instruments of science. About 100 units high each, whatever their size in life."""

from __future__ import annotations

import math

from servers.imagegen.painting.geometry import Figure, Part
from servers.imagegen.painting.palette import LAMP
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, box, dark, disc, figure, line, oval, pale, poly


def phone(look: Look) -> Figure:
    own = look.paint("#2f3440", "#3f5f7f", "#b89a8a")
    apps = [
        box(-32 + c * 23, 96 - r * 26, 17, 17, col, 5)
        for (r, c), col in zip(
            [(r, c) for r in range(3) for c in range(3)],
            (
                "#f2b544",
                "#e2574c",
                "#6aa84a",
                "#4f8fd9",
                "#c46aa8",
                "#f08a5d",
                "#5fb8b0",
                "#f4efe4",
                "#8a6bb8",
            ),
            strict=True,
        )
    ]
    return figure(
        [
            box(-46, 0, 92, 176, dark(own, 0.7), 15),
            box(-44, 2, 86, 172, own, 14),
            box(-39, 12, 76, 152, "#7fb8dc", 7),
            poly("#a9d3ea", (-39, 120), (37, 160), (37, 164), (-32, 164), (-39, 158)),
            *apps,
            box(-12, 152, 24, 7, "#22262e", 3),
            bar("#f4f7f8", 4, (-14, 20), (14, 20)),
        ],
        92,
        176,
    )


def laptop(look: Look) -> Figure:
    own = look.paint("#b9c0c7", "#8f98a2")
    bars_ = [
        box(-66 + i * 22, 56, 13, h, c, 2)
        for i, (h, c) in enumerate(((20, "#4f8fd9"), (34, "#5fb8b0"), (26, "#f2b544"), (46, "#e2574c")))
    ]
    return figure(
        [
            box(-104, 22, 208, 132, dark(own, 0.55), 9),
            box(-96, 30, 192, 116, "#22384f", 4),
            poly("#2d4a66", (-96, 60), (96, 140), (96, 146), (-96, 146)),
            *bars_,
            line("#9fe0d6", 4, (30, 64), (48, 84), (66, 76), (86, 110)),
            poly(own, (-112, 22), (112, 22), (138, 4), (-138, 4)),
            poly(dark(own, 0.7), (-138, 4), (138, 4), (132, -2), (-132, -2)),
            *[
                poly(
                    dark(own, 0.62),
                    (-92 - i * 6, 18 - i * 5),
                    (92 + i * 6, 18 - i * 5),
                    (94 + i * 6, 16 - i * 5),
                    (-94 - i * 6, 16 - i * 5),
                )
                for i in range(2)
            ],
        ],
        276,
        154,
    )


def computer(look: Look) -> Figure:
    return figure(
        [
            poly("#8f98a2", (-16, 10), (16, 10), (12, 44), (-12, 44)),
            oval(0, 8, 56, 8, "#a9b1b8"),
            box(-112, 40, 224, 136, "#2f3440", 9),
            box(-104, 50, 208, 118, "#3f7fa8", 4),
            poly("#5f9cc4", (-104, 96), (60, 168), (-104, 168)),
            *[box(-86, 140 - i * 17, w, 7, "#e8f2f6", 3) for i, w in enumerate((90, 130, 70, 110))],
            box(30, 66, 58, 40, "#f2b544", 4),
        ],
        224,
        176,
    )


def tablet(look: Look) -> Figure:
    return figure(
        [
            box(-78, 0, 156, 120, "#2f3440", 12),
            box(-68, 9, 136, 102, "#8fc4d9", 5),
            blob("#6aa84a", (-68, 9), (-68, 40), (-20, 56), (30, 34), (68, 50), (68, 9), sharp=(0, 1, 4, 5)),
            disc(34, 82, 13, "#f7d36a"),
        ],
        156,
        120,
    )


def headphones(look: Look) -> Figure:
    own = look.paint("#2f3440", "#c8503f", "#e8e2d6")
    return figure(
        [
            line(own, 15, (-66, 58), (-66, 116), (-34, 152), (0, 162), (34, 152), (66, 116), (66, 58)),
            line(pale(own, 0.35), 4, (-56, 122), (-28, 150), (0, 156), (28, 150), (56, 122)),
            *[
                p
                for s in (-1, 1)
                for p in (
                    box(s * 66 - 20, 4, 40, 78, dark(own, 0.72), 18),
                    box(s * 56 - 15, 8, 30, 70, own, 14),
                    oval(s * 56, 43, 7, 20, pale(own, 0.3)),
                )
            ],
        ],
        172,
        170,
    )


def watch(look: Look) -> Figure:
    own = look.paint("#3a3f4a", "#8a5a3c", "#4f7fa6")
    ticks = [
        bar(
            "#5a6068", 3, (math.cos(a) * 40, 90 + math.sin(a) * 40), (math.cos(a) * 34, 90 + math.sin(a) * 34)
        )
        for a in (i * math.tau / 12 for i in range(12))
    ]
    return figure(
        [
            poly(own, (-28, 0), (28, 0), (34, 60), (-34, 60)),
            poly(own, (-34, 120), (34, 120), (28, 180), (-28, 180)),
            *[box(-4, y, 8, 8, dark(own, 0.6), 4) for y in (14, 30)],
            box(52, 82, 14, 16, "#b8a06a", 4),
            disc(0, 90, 58, "#d8b866" if look.draw.random() < 0.5 else "#c3c9ce"),
            disc(0, 90, 48, "#f9f6ee"),
            *ticks,
            bar("#2f3440", 6, (0, 90), (-16, 112)),
            bar("#2f3440", 4.5, (0, 90), (24, 106)),
            bar("#d9503c", 2.5, (0, 90), (4, 56)),
            disc(0, 90, 4.5, "#2f3440"),
        ],
        132,
        180,
    )


def camera(look: Look) -> Figure:
    own = look.paint("#33363e", "#5a4a42")
    return figure(
        [
            box(-90, 0, 180, 104, own, 12),
            box(-90, 24, 180, 50, dark(own, 0.72)),
            box(-34, 98, 64, 24, own, 6),
            box(46, 100, 26, 10, "#c8503f", 4),
            box(-80, 80, 30, 14, "#e8e2d0", 3),
            disc(0, 50, 47, "#1f2228"),
            disc(0, 50, 40, "#8a929a"),
            disc(0, 50, 34, "#1d2c3a"),
            disc(0, 50, 22, "#35597a"),
            oval(-10, 62, 9, 6, "#bfe0f0", 30),
            disc(9, 40, 4, "#7fb8dc"),
        ],
        180,
        122,
    )


def mic(look: Look) -> Figure:
    own = look.paint("#3a3f48")
    return figure(
        [
            oval(0, 5, 46, 9, dark(own)),
            bar(own, 8, (0, 8), (0, 108)),
            bar(own, (15.0, 23.0), (0, 104), (0, 146)),
            box(-27, 142, 54, 66, "#8f98a2", 26),
            *[bar("#5f6870", 2.5, (-24, y), (24, y)) for y in (158, 170, 182, 194)],
            bar("#d9503c", 8, (-24, 144), (24, 144)),
            oval(-10, 190, 5, 10, "#d9dfe2", 20),
        ],
        92,
        208,
    )


def speaker(look: Look) -> Figure:
    own = look.paint("#3a3236", "#7a5238")
    return figure(
        [
            box(-56, 0, 112, 168, own, 12),
            *[
                p
                for y, r in ((56, 42), (130, 22))
                for p in (
                    disc(0, y, r, dark(own, 0.6)),
                    disc(0, y, r * 0.82, "#6a7078"),
                    disc(0, y, r * 0.4, "#2a2c32"),
                )
            ],
            oval(-14, 70, 8, 5, "#aab0b6", 30),
        ],
        112,
        168,
    )


def telescope(look: Look) -> Figure:
    return figure(
        [
            *[bar("#6b4632", 8, (0, 92), (x, 0)) for x in (-48, 0, 48)],
            bar("#3f5a7a", (32.0, 32.0), (-20, 84), (60, 136)),
            bar("#d8b04c", 37, (56, 133), (70, 142)),
            bar("#7f8a96", (17.0, 22.0), (-76, 50), (-22, 84)),
            disc(0, 95, 13, "#2f3440"),
        ],
        170,
        160,
    )


def microscope(look: Look) -> Figure:
    return figure(
        [
            box(-60, 0, 120, 17, "#3f4a5a", 7),
            blob(
                "#56667a", (30, 14), (58, 60), (50, 118), (18, 142), (8, 128), (30, 106), (34, 66), (10, 20)
            ),
            box(-46, 48, 84, 11, "#2f3844", 3),
            box(-22, 59, 44, 5, "#a9d6ea"),
            bar("#eef1f3", 28, (-30, 92), (-6, 140)),
            bar("#2f3844", 19, (-4, 142), (10, 168)),
            bar("#9aa4ae", 16, (-34, 84), (-40, 70)),
            disc(42, 78, 13, "#9aa4ae"),
            disc(-2, 30, 11, LAMP),
        ],
        120,
        176,
    )


def flask(look: Look) -> Figure:
    own = look.paint("#5fb8b0", "#e2574c", "#8a6bb8", "#6aa84a")
    return figure(
        [
            blob(
                "#e2eff3",
                (-62, 8),
                (62, 8),
                (56, 22),
                (16, 88),
                (16, 138),
                (-16, 138),
                (-16, 88),
                (-56, 22),
                sharp=(3, 4, 5, 6),
            ),
            blob(own, (-56, 10), (56, 10), (30, 62), (-30, 62), sharp=(2, 3)),
            oval(0, 62, 29, 6, pale(own, 0.35)),
            *[disc(x, y, r, pale(own, 0.5)) for x, y, r in ((-14, 34, 6), (12, 44, 5), (4, 22, 4))],
            box(-21, 134, 42, 9, "#c9dbe2", 4),
        ],
        124,
        142,
    )


def bulb(look: Look) -> Figure:
    return figure(
        [
            disc(0, 98, 52, LAMP),
            blob(LAMP, (-38, 66), (38, 66), (20, 36), (-20, 36)),
            disc(-16, 112, 13, "#fff6d8"),
            line("#d08a2c", 4, (-16, 40), (-12, 84), (0, 72), (12, 84), (16, 40)),
            box(-21, 6, 42, 34, "#8f98a2", 5),
            *[bar("#6a727a", 3, (-21, y), (21, y)) for y in (14, 23, 32)],
            oval(0, 5, 12, 6, "#4a5058"),
        ],
        104,
        150,
    )


def magnifier(look: Look) -> Figure:
    return figure(
        [
            bar("#6b4632", (20.0, 16.0), (-70, 10), (-12, 60)),
            disc(28, 98, 57, "#3f4a5a"),
            disc(28, 98, 46, "#cfe8f2"),
            blob("#f2fbfd", (2, 104), (14, 126), (34, 134), (20, 112)),
        ],
        160,
        156,
    )


def magnet(look: Look) -> Figure:
    def arch(c: str, w: float) -> Part:
        return line(c, w, (-44, 20), (-44, 80), (-24, 110), (0, 118), (24, 110), (44, 80), (44, 20))

    return figure([arch("#d9402e", 34), *[box(x - 17, 0, 34, 30, "#d5dbdf") for x in (-44, 44)]], 124, 136)


def robot(look: Look) -> Figure:
    own = look.paint("#9fb4c4", "#e0b04a", "#7fb8b0")
    return figure(
        [
            *[box(x, 0, 22, 36, dark(own, 0.72), 5) for x in (-32, 10)],
            box(-48, 32, 96, 76, own, 14),
            box(-30, 50, 60, 38, dark(own, 0.55), 6),
            *[disc(x, 69, 7, c) for x, c in ((-14, "#e2574c"), (4, "#f2c94c"), (20, "#6aa84a"))],
            *[bar(dark(own, 0.8), 14, (s * 50, 96), (s * 68, 72), (s * 64 + 4, 52)) for s in (-1, 1)],
            bar(dark(own, 0.6), 14, (0, 106), (0, 118)),
            box(-42, 116, 84, 58, own, 16),
            box(-32, 126, 64, 34, "#22384f", 10),
            *[disc(x, 143, 8, "#8ff0e0") for x in (-14, 14)],
            bar(dark(own), 4, (0, 174), (0, 192)),
            disc(0, 196, 7, "#e2574c"),
        ],
        150,
        202,
    )


def lamp(look: Look) -> Figure:
    own = look.paint("#d9503c", "#e0b04a", "#4f7f8a")
    return figure(
        [
            poly(LAMP, (-2, 118), (62, 92), (110, 4), (-20, 4))
            if look.palette.dark
            else oval(0, 4, 1, 1, own),
            oval(-30, 7, 46, 10, dark(own, 0.75)),
            bar(dark(own, 0.75), 8, (-30, 10), (-60, 84), (-2, 150)),
            disc(-60, 84, 8, dark(own, 0.6)),
            blob(own, (-20, 158), (8, 166), (66, 108), (0, 108), sharp=(2, 3)),
            oval(34, 108, 33, 8, LAMP),
        ],
        150,
        168,
    )


def medicine(look: Look) -> Figure:
    return figure(
        [
            box(-42, 0, 84, 96, "#e08a3c", 12),
            box(-42, 22, 84, 46, "#f7f3ea"),
            box(-9, 26, 18, 38, "#d9402e"),
            box(-19, 36, 38, 18, "#d9402e"),
            box(-46, 92, 92, 26, "#f7f3ea", 5),
            *[p for x in (74, 108) for p in (oval(x, 10, 17, 9, "#e2574c", 20),)],
        ],
        190,
        118,
    )


def engine(look: Look) -> Figure:
    def gear(x: float, y: float, r: float, c: str) -> list[Part]:
        teeth = [
            bar(c, r * 0.34, (x, y), (x + math.cos(a) * r * 1.2, y + math.sin(a) * r * 1.2))
            for a in (i * math.tau / 9 for i in range(9))
        ]
        return [*teeth, disc(x, y, r, c), disc(x, y, r * 0.42, "#f4efe4")]

    return figure(
        [*gear(-30, 60, 48, "#7f8a96"), *gear(54, 96, 33, "#d8a53c"), *gear(48, 30, 25, "#b8603c")], 180, 140
    )


# fmt: off
DEVICES: dict[str, Prop] = {
    "phone": Prop(phone, "phone smartphone mobile_phone cell_phone telephone iphone app 手机 电话", 16, "studio"),
    "laptop": Prop(laptop, "laptop notebook_computer macbook 笔记本电脑 笔记本", 24, "studio"),
    "computer": Prop(computer, "computer monitor screen television tv keyboard 电脑 屏幕 显示器 电视机 电视 键盘", 45, "office"),
    "tablet": Prop(tablet, "tablet e-reader 平板电脑 平板", 20, "studio"),
    "headphones": Prop(headphones, "headphone headphones earphone earbud headset earbuds 耳机", 20, "studio"),
    "watch": Prop(watch, "wristwatch smartwatch smart_watch a_watch the_watch watch watches 手表 腕表", 12, "studio"),
    "camera": Prop(camera, "camera lens 照相机 相机 镜头", 13, "studio"),
    "microphone": Prop(mic, "microphone mic 麦克风 话筒", 140, "studio"),
    "speaker": Prop(speaker, "loudspeaker speakers bluetooth_speaker smart_speaker radio 音箱 音响 收音机 喇叭", 30, "studio"),
    "robot": Prop(robot, "robot robots android 机器人", 130, "studio"),
    "lamp": Prop(lamp, "lamp lamps desk_lamp table_lamp reading_lamp 台灯 油灯 灯光 灯", 45, "studio"),
    "light bulb": Prop(bulb, "light_bulb bulb electricity idea 灯泡 电灯", 12, "studio"),
    "telescope": Prop(telescope, "telescope 望远镜", 120, ""),
    "microscope": Prop(microscope, "microscope 显微镜", 35, "laboratory"),
    "flask": Prop(flask, "flask test_tube beaker chemical chemicals experiment potion 烧杯 试管 烧瓶 实验 药水", 20, "laboratory"),
    "magnifier": Prop(magnifier, "magnifier magnifying_glass 放大镜", 18, "studio"),
    "magnet": Prop(magnet, "magnet 磁铁", 12, "studio"),
    "machine": Prop(engine, "machine engine gear gears machinery 机器 发动机 齿轮", 60, "factory"),
    "medicine": Prop(medicine, "medicine pill pills vaccine drug 药片 药丸 药 疫苗", 12, "hospital"),
}
