"""Buildings of today, and what stands in streets. In units of a man of 150."""

from __future__ import annotations

from servers.imagegen.painting.geometry import Figure, Part
from servers.imagegen.painting.palette import LAMP
from servers.imagegen.painting.props.prop import Look, Prop
from servers.imagegen.painting.shapes import bar, blob, box, dark, disc, figure, line, oval, pale, poly


def window_grid(
    look: Look,
    x: float,
    y: float,
    columns: int,
    rows: int,
    step: tuple[float, float],
    size: tuple[float, float],
) -> list[Part]:
    """Rows of windows."""
    return [
        box(x + c * step[0], y + r * step[1], size[0], size[1], look.glass, 2)
        for c in range(columns)
        for r in range(rows)
    ]


def awning(x: float, y: float, wide: float, colour: str) -> list[Part]:
    """A striped awning, its upper edge at y."""
    step = wide / 8
    return [
        p
        for i in range(8)
        for p in (
            poly(
                colour if i % 2 else "#f7f0e0",
                (x + i * step, y),
                (x + (i + 1) * step, y),
                (x - 8 + (i + 1) * (step + 2), y - 30),
                (x - 8 + i * (step + 2), y - 30),
            ),
            oval(x - 8 + (i + 0.5) * (step + 2), y - 30, step / 2 + 1, 6, colour if i % 2 else "#f7f0e0"),
        )
    ]


def shop(look: Look) -> Figure:
    own = look.paint("#c8805a", "#5f8a8a", "#d8b070", "#8a6f8f")
    return figure(
        [
            box(-120, 0, 240, 250, own),
            box(-126, 244, 252, 16, dark(own, 0.75)),
            *window_grid(look, -96, 160, 3, 1, (72, 0), (46, 60)),
            box(-120, 122, 240, 26, dark(own, 0.6)),
            *[box(-70 + i * 22, 129, 14, 12, "#f2d27a", 3) for i in range(7)],
            box(-106, 16, 124, 74, look.glass, 2),
            *[
                box(x, 22, 22, h, c, 3)
                for x, h, c in (
                    (-98, 30, "#d9503c"),
                    (-70, 44, "#e0b04a"),
                    (-42, 26, "#5f9a78"),
                    (-14, 38, "#c46a94"),
                )
            ],
            box(40, 0, 58, 92, dark(own, 0.5), 2),
            box(46, 30, 46, 56, look.glass, 2),
            *awning(-116, 124, 232, look.draw.choice(("#d9503c", "#3f7f6f", "#d8903c"))),
        ],
        260,
        260,
    )


def school(look: Look) -> Figure:
    own = look.paint("#d99a6a", "#c9805f")
    return figure(
        [
            box(-210, 0, 420, 150, own),
            box(-60, 0, 120, 196, pale(own, 0.2)),
            poly("#8a4a3c", (-74, 194), (0, 246), (74, 194)),
            box(-218, 146, 160, 12, "#8a4a3c"),
            box(58, 146, 160, 12, "#8a4a3c"),
            *window_grid(look, -194, 84, 3, 1, (44, 0), (30, 44)),
            *window_grid(look, -194, 20, 3, 1, (44, 0), (30, 44)),
            *window_grid(look, 76, 84, 3, 1, (44, 0), (30, 44)),
            *window_grid(look, 76, 20, 3, 1, (44, 0), (30, 44)),
            disc(0, 196, 19, "#f9f3e0"),
            bar("#3a3236", 3, (0, 196), (0, 208)),
            bar("#3a3236", 3, (0, 196), (9, 192)),
            *window_grid(look, -40, 110, 2, 1, (48, 0), (32, 48)),
            box(-26, 0, 52, 76, "#6b4632", 3),
            bar("#8a8a8a", 4, (-110, 150), (-110, 260)),
            blob(
                "#d9402e",
                (-108, 256),
                (-76, 262),
                (-50, 252),
                (-50, 226),
                (-78, 234),
                (-108, 228),
                sharp=(0, 2, 3, 5),
            ),
        ],
        436,
        262,
    )


def hospital(look: Look) -> Figure:
    own = look.paint("#eef2f2")
    return figure(
        [
            box(-180, 0, 220, 250, own),
            box(30, 0, 160, 170, dark(own, 0.93)),
            *window_grid(look, -162, 56, 5, 4, (41, 48), (27, 30)),
            *window_grid(look, 48, 56, 3, 2, (46, 48), (30, 30)),
            box(-186, 246, 232, 10, "#7fa8b8"),
            box(24, 166, 172, 9, "#7fa8b8"),
            box(-104, 262, 68, 68, "#f9fbfb", 6),
            box(-79, 270, 18, 52, "#d9402e"),
            box(-96, 287, 52, 18, "#d9402e"),
            box(-96, 0, 60, 42, "#5f98a8"),
            box(-110, 40, 88, 9, "#d9402e"),
        ],
        380,
        330,
    )


def factory(look: Look) -> Figure:
    own = look.paint("#a8705a", "#8f8a86")
    smoke = [
        disc(x, y, r, "#cfccc6")
        for x, y, r in ((-128, 290, 17), (-112, 316, 22), (-86, 338, 27), (-60, 268, 14), (-42, 292, 19))
    ]
    return figure(
        [
            *smoke,
            *[
                p
                for x, h in ((-138.0, 270.0), (-70.0, 250.0))
                for p in (
                    poly(dark(own, 0.8), (x - 15, 90), (x + 17, 90), (x + 12, h), (x - 10, h)),
                    box(x - 12, h - 34, 26, 12, "#e8e0d4"),
                )
            ],
            box(-200, 0, 400, 96, own),
            *[poly(dark(own, 0.86), (x, 94), (x + 84, 94), (x + 84, 108), (x, 150)) for x in (-60, 24, 108)],
            *[
                poly(look.glass, (x + 6, 104), (x + 6, 138), (x + 40, 121), (x + 40, 104))
                for x in (-60, 24, 108)
            ],
            *window_grid(look, -180, 44, 4, 1, (40, 0), (26, 30)),
            *window_grid(look, 60, 44, 3, 1, (42, 0), (28, 30)),
            box(-16, 0, 56, 62, "#4a4a50", 2),
        ],
        410,
        350,
    )


def station(look: Look) -> Figure:
    own = look.paint("#d9b98a", "#c98f6a")
    return figure(
        [
            box(-230, 0, 460, 126, own),
            *[
                p
                for x in (-200, -140, 90, 150)
                for p in (
                    blob(
                        look.glass, (x, 24), (x + 44, 24), (x + 44, 84), (x + 22, 104), (x, 84), sharp=(0, 1)
                    ),
                )
            ],
            box(-238, 122, 476, 12, dark(own, 0.75)),
            poly("#6f8f9a", (-90, 132), (90, 132), (70, 150), (-70, 150)),
            blob(pale(own, 0.2), (-80, 0), (80, 0), (80, 150), (0, 214), (-80, 150), sharp=(0, 1)),
            blob(look.glass, (-58, 60), (58, 60), (58, 138), (0, 180), (-58, 138), sharp=(0, 1)),
            *[bar(own, 4, (x, 60), (x, 170 - abs(x) * 0.7)) for x in (-28, 0, 28)],
            box(-42, 0, 84, 52, "#5a4438", 2),
            box(-14, 206, 28, 60, own),
            disc(0, 240, 20, "#f9f3e0"),
            bar("#3a3236", 3, (0, 240), (0, 253)),
            bar("#3a3236", 3, (0, 240), (9, 236)),
            poly("#8a4a3c", (-20, 264), (0, 294), (20, 264)),
        ],
        476,
        294,
    )


def skyscraper(look: Look) -> Figure:
    own = look.paint("#6f8fa3", "#8090a0", "#5f7f8f")
    return figure(
        [
            box(-60, 0, 120, 420, own, 3),
            box(20, 0, 40, 420, dark(own, 0.85)),
            box(-38, 418, 76, 40, dark(own, 0.92)),
            bar("#9aa4ac", 4, (0, 456), (0, 510)),
            *window_grid(look, -50, 20, 5, 15, (21, 26), (13, 16)),
        ],
        120,
        510,
    )


def museum(look: Look) -> Figure:
    own = look.paint("#e8dfca", "#d9cdb8")
    return figure(
        [
            *[box(-210 + i * 12, i * 10, 420 - i * 24, 10, dark(own, 0.86 + 0.04 * i)) for i in range(3)],
            box(-180, 30, 360, 120, dark(own, 0.78)),
            box(-28, 30, 56, 84, "#4a3b33"),
            *[
                p
                for x in range(-168, 169, 56)
                for p in (
                    box(x - 12, 30, 24, 120, own),
                    box(x + 4, 30, 8, 120, dark(own, 0.88)),
                    box(x - 17, 144, 34, 9, pale(own, 0.3)),
                )
            ],
            box(-192, 152, 384, 20, own),
            poly(pale(own, 0.15), (-200, 170), (0, 236), (200, 170)),
            poly(dark(own, 0.84), (-150, 176), (0, 224), (150, 176)),
            disc(0, 194, 13, own),
        ],
        420,
        236,
    )


def stadium(look: Look) -> Figure:
    return figure(
        [
            blob(
                "#dfe4e6", (-260, 0), (-270, 60), (-150, 120), (150, 120), (270, 60), (260, 0), sharp=(0, 5)
            ),
            *[bar("#b3bcc2", 6, (x, 0), (x * 1.05, 100 - abs(x) * 0.14)) for x in range(-230, 240, 46)],
            blob(
                "#f4f6f6", (-274, 58), (-140, 124), (140, 124), (274, 58), (140, 98), (-140, 98), sharp=(0, 3)
            ),
            *[
                p
                for s in (-1, 1)
                for p in (
                    bar("#8a929a", 5, (s * 200, 90), (s * 214, 200)),
                    box(s * 214 - 26, 194, 52, 24, LAMP if look.palette.dark else "#e8ecee", 3),
                )
            ],
        ],
        548,
        218,
    )


def stall(look: Look) -> Figure:
    piles = [
        p
        for x, c in ((-74.0, "#d9402e"), (-30.0, "#e0a83c"), (14.0, "#6a9a4a"), (58.0, "#ee7d3c"))
        for p in (
            *[disc(x + dx, 76 + dy, 10, c) for dx, dy in ((-13, 0), (5, 0), (-4, 13))],
            poly("#a5733c", (x - 26, 74), (x + 20, 74), (x + 15, 54), (x - 21, 54)),
        )
    ]
    return figure(
        [
            *[bar("#6b4a35", 6, (x, 0), (x, 168)) for x in (-98, 98)],
            box(-104, 0, 208, 54, "#b8854c", 2),
            *[bar("#8a5f36", 2.5, (x, 2), (x, 52)) for x in range(-80, 100, 30)],
            *piles,
            *awning(-104, 176, 200, look.paint("#d9503c", "#3f7f9f", "#d8903c")),
        ],
        230,
        178,
    )


def crane(look: Look) -> Figure:
    own = look.paint("#e0a02c", "#d9602c")
    braces = [
        bar(dark(own, 0.85), 3, (-16 if i % 2 else 16, 30 + i * 30), (16 if i % 2 else -16, 60 + i * 30))
        for i in range(11)
    ]
    jib = [
        bar(dark(own, 0.85), 3, (24 + i * 30, 372 + (i % 2) * 22), (54 + i * 30, 372 + ((i + 1) % 2) * 22))
        for i in range(8)
    ]
    return figure(
        [
            box(-46, 0, 92, 26, "#8a8f94", 3),
            *[bar(own, 7, (x, 20), (x, 370)) for x in (-16, 16)],
            *braces,
            *[bar(own, 6, (-110, y), (280, y if y == 372 else 380)) for y in (372, 396)],
            *jib,
            box(-128, 350, 52, 34, "#7a8086", 3),
            box(18, 336, 34, 34, "#f4efe4", 4),
            box(26, 344, 20, 18, "#7fb8d0", 2),
            bar(own, 6, (0, 396), (0, 440)),
            *[bar("#5a6068", 2.5, (0, 438), (x, 394)) for x in (-104, 250)],
            bar("#4a5058", 2.5, (220, 372), (220, 208)),
            box(196, 172, 48, 36, "#b8503c", 2),
        ],
        420,
        440,
    )


def street_lamp(look: Look) -> Figure:
    iron = "#3f444c"
    return figure(
        [
            box(-10, 0, 20, 14, iron, 3),
            bar(iron, (8.0, 5.0), (0, 8), (0, 200)),
            line(iron, 5, (0, 196), (8, 222), (30, 222)),
            poly(iron, (16, 222), (46, 222), (40, 232), (22, 232)),
            poly(
                LAMP if look.palette.dark or look.palette.silhouette else "#f4efe0",
                (18, 222),
                (44, 222),
                (38, 196),
                (24, 196),
            ),
        ],
        60,
        232,
    )


def bench(look: Look) -> Figure:
    own = look.paint("#8a5a35", "#6f8f6a")
    return figure(
        [
            *[bar("#3f444c", 6, (x, 0), (x, 42)) for x in (-76, 76)],
            *[bar("#3f444c", 6, (x, 40), (x * 1.04, 90)) for x in (-76, 76)],
            *[box(-96, y, 192, 9, dark(own, k), 3) for y, k in ((58, 0.92), (72, 0.97), (86, 1.0))],
            box(-98, 38, 196, 8, pale(own, 0.12), 3),
        ],
        196,
        95,
    )


def traffic_light(look: Look) -> Figure:
    return figure(
        [
            bar("#3f444c", 8, (0, 0), (0, 170)),
            box(-20, 150, 40, 100, "#2f3338", 8),
            *[disc(0, y, 12, c) for y, c in ((230, "#e2443a"), (200, "#e8b03c"), (170, "#5fb86a"))],
        ],
        40,
        250,
    )


def sign(look: Look) -> Figure:
    own = look.paint("#3f7fa8", "#a5733c", "#d9503c")
    return figure(
        [
            bar("#6b5a4a", 8, (0, 0), (0, 130)),
            box(-62, 92, 124, 60, own, 6),
            *[bar("#f7f3ea", 5, (-44, y), (w, y)) for y, w in ((134, 44), (120, 20), (106, 36))],
        ],
        124,
        152,
    )


def flag(look: Look) -> Figure:
    own = look.paint("#d9402e", "#3f6fa8", "#d8a53c")
    return figure(
        [
            box(-12, 0, 24, 10, "#8a8f94", 3),
            bar("#9aa0a6", (6.0, 4.0), (0, 6), (0, 292)),
            disc(0, 296, 7, "#d8b04c"),
            blob(
                own,
                (2, 286),
                (46, 296),
                (86, 276),
                (138, 284),
                (138, 204),
                (86, 196),
                (46, 214),
                (2, 204),
                sharp=(0, 3, 4, 7),
            ),
            blob(dark(own, 0.85), (46, 296), (86, 276), (86, 196), (46, 214), sharp=(0, 1, 2, 3), pull=0.5),
        ],
        150,
        303,
    )


def barrel(look: Look) -> Figure:
    own = look.paint("#9a6a3c")
    return figure(
        [
            blob(own, (-34, 0), (34, 0), (46, 44), (34, 90), (-34, 90), (-46, 44), sharp=(0, 1, 3, 4)),
            *[line(dark(own, 0.8), 2, (x, 2), (x * 1.35, 44), (x, 88)) for x in (-18, 0, 18)],
            *[line("#4a4a50", 6, (-w, y), (0, y - 4), (w, y)) for w, y in ((40, 20), (40, 70))],
            oval(0, 90, 34, 7, pale(own, 0.2)),
        ],
        92,
        97,
    )


def dock(look: Look) -> Figure:
    return figure(
        [
            box(-200, 34, 400, 15, "#a5774a"),
            *[bar("#7a5535", 11, (x, -30), (x, 60)) for x in (-180, -90, 0, 90, 180)],
            *[bar("#8a6340", 2, (x, 36), (x, 48)) for x in range(-190, 200, 20)],
        ],
        400,
        64,
    )


# fmt: off
STRUCTURES: dict[str, Prop] = {
    "shop": Prop(shop, "shop shops store stores bakery restaurant restaurants inn hotel boutique 商店 店铺 超市 饭店 餐厅 餐馆 客栈 酒店 面包店 bookshop pharmacy greengrocer supermarket 书店 药店 水果店", 400, "street"),
    "school": Prop(school, "school schools university college kindergarten 学校 大学 小学 中学 幼儿园 校园", 900, "street"),
    "hospital": Prop(hospital, "hospital hospitals clinic 医院 诊所", 1200, "street"),
    "factory": Prop(factory, "factory factories plant_building power_station mill_building 工厂 厂房 车间 发电站", 900, "street"),
    "railway station": Prop(station, "railway_station train_station station stations terminal airport 火车站 车站 高铁站 地铁站 站台 机场", 900, "railway"),
    "skyscraper": Prop(skyscraper, "skyscraper skyscrapers tower_block office_building high-rise apartment apartments bank 摩天大楼 高楼 大厦 大楼 写字楼 银行 公寓", 2500, "street"),
    "museum": Prop(museum, "museum parliament town_hall city_hall courthouse government library_building 博物馆 市政府 议会 法院 大会堂 美术馆 prison courtroom observatory 市政厅 监狱 法庭 天文台", 1100, "street"),
    "stadium": Prop(stadium, "stadium arena gymnasium 体育场 体育馆 球场", 2000, "street"),
    "market stall": Prop(stall, "stall stalls market_stall kiosk booth 摊位 货摊 摊子 小摊", 240, "market"),
    "crane machine": Prop(crane, "tower_crane harbour_crane harbor_crane construction_crane construction_site cargo_crane 起重机 吊车 塔吊 工地", 2500, "street"),
    "street lamp": Prop(street_lamp, "street_lamp streetlamp streetlight street_light lamppost 路灯 街灯", 400, "street"),
    "bench": Prop(bench, "bench park_bench 长椅 长凳", 90, "park"),
    "traffic light": Prop(traffic_light, "traffic_light traffic_lights crossroads intersection 红绿灯 十字路口", 320, "street"),
    "sign": Prop(sign, "sign signpost signboard billboard 路牌 招牌 标志", 220, "street"),
    "flag": Prop(flag, "flag flags banner banners 国旗 旗帜 红旗 旗子 旗", 600, ""),
    "barrel": Prop(barrel, "barrel barrels 木桶 酒桶", 100, ""),
    "dock": Prop(dock, "dock pier quay jetty wharf 码头 栈桥", 90, "sea", "water"),
}
