"""What makes music. About 100 units high each, whatever their size in life."""

from __future__ import annotations

from servers.imagegen.painting.geometry import Figure
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, box, dark, disc, figure, line, oval, pale


def bell(look: Look) -> Figure:
    own = look.paint("#d8a53c")
    return figure(
        [
            disc(0, 6, 14, dark(own, 0.7)),
            blob(own, (-76, 14), (-50, 34), (-40, 90), (0, 122), (40, 90), (50, 34), (76, 14), sharp=(0, 6)),
            blob(dark(own, 0.85), (76, 14), (50, 34), (40, 90), (10, 120), (20, 14), sharp=(0, 4)),
            bar(dark(own), 9, (-76, 16), (76, 16)),
            line(dark(own), 8, (-12, 122), (0, 142), (12, 122)),
            oval(-26, 76, 6, 20, pale(own, 0.5), 10),
        ],
        152,
        146,
    )


def drum(look: Look) -> Figure:
    own = look.paint("#c8402f")
    return figure(
        [
            box(-76, 10, 152, 92, own, 14),
            *[line("#f0d080", 4, (x, 94), (x + 19, 22), (x + 38, 94)) for x in (-74, -36, 2, 38)],
            oval(0, 100, 78, 20, "#e0c090"),
            oval(0, 103, 72, 16, "#f7ead0"),
            bar("#d8b04c", 8, (-76, 16), (76, 16)),
            bar("#8a5a35", 7, (20, 112), (92, 150)),
            disc(20, 112, 9, "#f4ead6"),
        ],
        170,
        152,
    )


def guitar(look: Look) -> Figure:
    own = look.paint("#c9803c", "#a5522f")
    return figure(
        [
            bar("#5a3a28", 14, (0, 100), (0, 206)),
            box(-13, 200, 26, 34, "#4a2f22", 5),
            blob(
                own,
                (0, 0),
                (48, 12),
                (54, 48),
                (32, 74),
                (38, 102),
                (0, 122),
                (-38, 102),
                (-32, 74),
                (-54, 48),
                (-48, 12),
            ),
            disc(0, 80, 18, "#3a2418"),
            box(-20, 30, 40, 8, "#4a2f22", 3),
            *[bar("#f4ead6", 1.6, (x, 34), (x * 0.7, 216)) for x in (-6, -2, 2, 6)],
        ],
        108,
        234,
    )


def violin(look: Look) -> Figure:
    own = look.paint("#a5522f")
    return figure(
        [
            blob(
                own,
                (0, 0),
                (44, 12),
                (46, 40),
                (24, 60),
                (36, 92),
                (0, 112),
                (-36, 92),
                (-24, 60),
                (-46, 40),
                (-44, 12),
            ),
            bar("#2f2220", 11, (0, 62), (0, 176)),
            disc(0, 182, 10, "#6b3a24"),
            *[line("#3a2418", 3, (s * 18, 44), (s * 14, 58), (s * 20, 70)) for s in (-1, 1)],
            bar("#6b3a24", 4, (70, 0), (40, 190)),
            bar("#f4ead6", 2, (76, 2), (46, 188)),
        ],
        130,
        192,
    )


def flute(look: Look) -> Figure:
    return figure(
        [
            bar("#b8a05a", 15, (-120, 20), (120, 64)),
            *[oval(x, 42 + x * 0.183, 4.5, 4, "#4a3a22") for x in (-60, -10, 14, 38, 62)],
            *[bar("#8a5a35", 17, (x, 42 + x * 0.183 - 1), (x + 5, 42 + x * 0.183)) for x in (-100, 96)],
        ],
        250,
        76,
    )


def piano(look: Look) -> Figure:
    own = "#33282a"
    return figure(
        [
            box(-110, 0, 220, 120, own, 6),
            box(-118, 116, 236, 12, pale(own, 0.12), 4),
            box(-118, 48, 236, 22, "#f7f3ea"),
            *[box(-108 + i * 18, 56, 8, 14, "#1d181a") for i in range(13)],
            box(-118, 40, 236, 9, dark(own, 0.8)),
            box(-46, 80, 92, 32, "#f4ead6"),
            *[bar("#8a8278", 2, (-38, y), (38, y)) for y in (90, 97, 104)],
        ],
        240,
        130,
    )


# fmt: off
MUSIC: dict[str, Prop] = {
    "bell": Prop(bell, "bell bells 铃铛 钟声 大钟 古钟", 22, "studio"),
    "drum": Prop(drum, "drum drums 战鼓 大鼓 鼓", 60, "studio"),
    "guitar": Prop(guitar, "guitar lute pipa 吉他 琵琶 古琴", 100, "studio"),
    "violin": Prop(violin, "violin fiddle cello 小提琴 二胡", 60, "studio"),
    "flute": Prop(flute, "flute pipe trumpet 笛子 长笛 箫", 14, "studio"),
    "piano": Prop(piano, "piano 钢琴", 120, "room"),
}
