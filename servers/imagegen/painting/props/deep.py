"""Animals of the sea. Units of a man of 150."""

from __future__ import annotations

from servers.imagegen.painting.geometry import Figure, Part
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, dark, disc, figure, line, oval, pale, poly

_EYE = "#221a18"


def _eye(x: float, y: float, r: float = 5.0) -> list[Part]:
    return [disc(x, y, r, _EYE), disc(x + r * 0.3, y + r * 0.35, r * 0.32, "#ffffff")]


def whale(look: Look) -> Figure:
    own = look.paint("#4f7fa8", "#3f6f98")
    return figure(
        [
            blob(
                dark(own, 0.9), (-196, 90), (-260, 150), (-236, 98), (-276, 66), (-206, 70), sharp=(1, 2, 3)
            ),
            blob(
                own,
                (-210, 80),
                (-120, 112),
                (0, 150),
                (110, 146),
                (176, 104),
                (184, 62),
                (130, 24),
                (20, 8),
                (-90, 34),
            ),
            blob("#dfeaf0", (184, 60), (130, 24), (20, 8), (-70, 30), (40, 48), (120, 56)),
            *[line("#b3c9d6", 3, (x, 18 + abs(x - 60) * 0.06), (x + 20, 42)) for x in (0, 34, 68, 102, 132)],
            blob(dark(own, 0.85), (20, 50), (-10, 0), (-50, -26), (-34, 16), (-14, 52)),
            line(dark(own, 0.6), 4, (182, 66), (150, 62), (120, 70)),
            *_eye(132, 84, 6),
            *[
                line("#d9eef6", 6, (96, 148), (100, 190), (100 + s * 36, 208), (100 + s * 52, 186))
                for s in (-1, 1)
            ],
        ],
        460,
        210,
    )


def dolphin(look: Look) -> Figure:
    own = look.paint("#6f94b0")
    return figure(
        [
            poly(dark(own, 0.85), (-120, 26), (-168, 48), (-150, 18), (-160, -14)),
            blob(
                own,
                (-130, 22),
                (-60, 74),
                (20, 92),
                (84, 74),
                (104, 56),
                (136, 44),
                (100, 36),
                (40, 36),
                (-40, 32),
                sharp=(5,),
            ),
            blob("#e3edf2", (128, 42), (100, 36), (40, 36), (-30, 34), (40, 52), (92, 52)),
            blob(dark(own, 0.85), (-10, 88), (-36, 124), (-46, 80), sharp=(1,)),
            blob(dark(own, 0.85), (40, 46), (10, 10), (14, 46), sharp=(1,)),
            *_eye(88, 60, 4),
        ],
        310,
        124,
    )


def shark(look: Look) -> Figure:
    own = look.paint("#6f8290")
    return figure(
        [
            poly(dark(own, 0.9), (-130, 48), (-186, 104), (-164, 48), (-180, 10)),
            blob(
                own,
                (-140, 48),
                (-50, 84),
                (50, 88),
                (130, 58),
                (150, 46),
                (110, 26),
                (20, 14),
                (-70, 30),
                sharp=(4,),
            ),
            blob("#eef2f4", (146, 44), (110, 26), (20, 14), (-60, 30), (40, 40), (110, 44)),
            poly(dark(own, 0.85), (-10, 84), (-30, 132), (34, 86)),
            poly(dark(own, 0.8), (20, 34), (-20, -18), (54, 26)),
            *[line(dark(own, 0.65), 3, (x, 42), (x - 5, 62)) for x in (60, 70, 80)],
            *_eye(110, 60, 4),
        ],
        340,
        132,
    )


def octopus(look: Look) -> Figure:
    own = look.paint("#d9705f", "#a86a9a")
    arms = [
        bar(
            dark(own, 0.84 + 0.04 * i),
            (20.0, 15.0, 11.0, 4.0),
            (s * 16, 66),
            (s * (34 + i * 20), 34),
            (s * (40 + i * 30), 6 + i * 7),
            (s * (62 + i * 32), 20 + i * 14),
        )
        for i in range(4)
        for s in (-1, 1)
    ]
    return figure(
        [
            *arms,
            blob(own, (-44, 56), (-58, 110), (-34, 156), (34, 156), (58, 110), (44, 56)),
            *_eye(-18, 92, 8),
            *_eye(22, 92, 8),
            line(dark(own, 0.6), 4, (-8, 72), (2, 67), (12, 72)),
            *[disc(x, y, 6, pale(own, 0.3)) for x, y in ((-24, 132), (6, 142), (30, 126))],
        ],
        300,
        160,
    )


def jellyfish(look: Look) -> Figure:
    own = look.paint("#c8a0d9", "#8fc8d9")
    return figure(
        [
            *[
                bar(pale(own, 0.2), (6.0, 4.0, 2.0), (x, 96), (x + 9, 60), (x - 6, 30), (x + 5, 0))
                for x in (-40, -20, 0, 20, 40)
            ],
            blob(
                own,
                (-60, 94),
                (-48, 140),
                (0, 160),
                (48, 140),
                (60, 94),
                (30, 102),
                (0, 94),
                (-30, 102),
                sharp=(0, 4),
            ),
            oval(-18, 132, 9, 15, pale(own, 0.5), 30),
        ],
        124,
        160,
    )


def crab(look: Look) -> Figure:
    own = look.paint("#d9573a")
    return figure(
        [
            *[
                line(
                    dark(own, 0.8), 6, (s * 34, 34), (s * (58 + i * 5), 40 - i * 9), (s * (70 + i * 6), 8 - i)
                )
                for i in range(3)
                for s in (-1, 1)
            ],
            *[
                p
                for s in (-1, 1)
                for p in (
                    bar(own, (11.0, 11.0), (s * 40, 46), (s * 70, 66)),
                    blob(
                        own,
                        (s * 64, 62),
                        (s * 94, 70),
                        (s * 98, 102),
                        (s * 84, 86),
                        (s * 72, 100),
                        sharp=(2, 3, 4),
                    ),
                    bar(own, 5, (s * 14, 60), (s * 16, 80)),
                    disc(s * 16, 84, 7, "#fdf6ec"),
                    disc(s * 17, 85, 3.6, _EYE),
                )
            ],
            blob(own, (-54, 34), (-38, 62), (38, 62), (54, 34), (30, 12), (-30, 12)),
            line(dark(own, 0.6), 3, (-13, 30), (0, 24), (13, 30)),
        ],
        200,
        104,
    )


# fmt: off
DEEP: dict[str, Prop] = {
    "whale": Prop(whale, "whale whales blue_whale 蓝鲸 鲸鱼 鲸", 420, "underwater", "water"),
    "dolphin": Prop(dolphin, "dolphin dolphins 海豚", 200, "underwater", "water"),
    "shark": Prop(shark, "shark sharks 鲨鱼", 220, "underwater", "water"),
    "octopus": Prop(octopus, "octopus squid 章鱼 乌贼", 160, "underwater", "water"),
    "jellyfish": Prop(jellyfish, "jellyfish 水母", 120, "underwater", "water"),
    "crab": Prop(crab, "crab crabs clam lobster 螃蟹 蟹 河蚌", 60, "sea"),
}
