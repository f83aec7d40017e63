"""A scene in a room: wall, window and floor, what furnishes the room, who is in it."""

from __future__ import annotations

import dataclasses

from servers.imagegen.painting.actors import act, cast_shadow, roles_of
from servers.imagegen.painting.canvas import Canvas
from servers.imagegen.painting.cast import cast
from servers.imagegen.painting.geometry import number, polygon
from servers.imagegen.painting.palette import mix, turned
from servers.imagegen.painting.props import FURNISHINGS
from servers.imagegen.painting.scene import Scene
from servers.imagegen.painting.streams import Streams
from servers.imagegen.painting.things import MAN, Item, all_items, furnishing, lifelike, potted, put
from servers.imagegen.painting.window import box_path, indoors, paint_window


@dataclasses.dataclass(frozen=True)
class Room:
    """What makes one kind of room."""

    walls: tuple[str, ...]
    floor: str
    furnish: tuple[str, ...]
    """Things along the wall, the most telling first."""
    hangs: tuple[str, ...] = ("picture",)
    """Things on the wall."""
    table: str = ""
    """What figures sit or stand at."""


ROOMS: dict[str, Room] = {
    "room": Room(
        ("#e3c9a4", "#bcd0c4", "#e2b9a0", "#c9c4dc"), "#b9834f", ("sofa", "potted plant"), ("picture",), ""
    ),
    "bedroom": Room(("#c6d0e0", "#e0c8c4", "#cfd8c4"), "#b08458", ("bed", "wardrobe"), ("picture",), ""),
    "classroom": Room(("#dfe5cf", "#e8dcc0"), "#b98d5a", ("potted plant",), ("blackboard", "clock"), "desk"),
    "office": Room(("#d5dde2", "#dcd8cc"), "#8f8a86", ("bookshelf", "potted plant"), ("clock",), "desk"),
    "library": Room(
        ("#cdb898", "#b9c4b4"), "#8a5f3c", ("bookshelf", "armchair", "globe"), ("clock",), "table"
    ),
    "cafe": Room(
        ("#d9b490", "#b4c8bc"), "#94694a", ("shop counter", "potted plant"), ("shelf",), "cafe table"
    ),
    "laboratory": Room(("#d4e2e4", "#dce0ea"), "#a9b0b4", ("cabinet", "microscope"), ("clock",), "table"),
    "hospital ward": Room(("#d6e6e2", "#e2e8e0"), "#b4bcbc", ("hospital bed", "cabinet"), ("clock",), ""),
    "palace hall": Room(("#a85a48", "#9a4f42"), "#6f4636", ("throne", "screen"), ("lantern",), ""),
    "hall": Room(("#b08a9a", "#8f9ab0"), "#8a5a3c", ("stage",), (), ""),
    "workshop": Room(("#c0b8a8", "#b4bcbc"), "#8f8880", ("machine", "cabinet"), ("clock",), "desk"),
}


def paint_interior(canvas: Canvas, scene: Scene, streams: Streams) -> None:
    """Paints a scene in a room."""
    place = next((name for name in scene.places if name in ROOMS), "room")
    room, draw = ROOMS[place], streams.place("room")
    outside = canvas.palette
    wall = draw.choice(room.walls)
    canvas.palette = indoors(outside, wall)
    tall = canvas.height > canvas.width
    floor_y = canvas.height * (0.615 if tall else 0.66)
    stage_y = canvas.height * (0.725 if tall else 0.78)
    _shell(canvas, wall, room.floor, floor_y)
    canvas.note(place)
    asked = all_items(scene, streams, canvas)
    asked += potted(scene, streams, canvas)
    windowed = [one for one in asked if one.name not in ("window", "rug")]
    left = draw.random() < 0.5
    wide = canvas.width * (0.4 if tall else 0.26)
    high = min(canvas.height * 0.29, wide * 1.25)
    x = canvas.width * (0.08 if left else 0.92) - (0 if left else wide)
    y = floor_y - canvas.height * (0.14 if tall else 0.16) - high
    paint_window(
        canvas, scene, streams, outside, (x, y, wide, high), draw.choice(("#f4efe4", "#8a5f42", "#e8dcc8"))
    )
    _on_wall(canvas, room, scene, windowed, streams, left=left, floor_y=floor_y)
    canvas.sheet(0.5)
    hero = _hero(scene, windowed)
    _along_wall(
        canvas,
        room,
        [one for one in windowed if one is not hero],
        streams,
        left=left,
        floor_y=floor_y,
        without=hero.name if hero else "",
    )
    _sunbeam(canvas, scene, x, wide, floor_y, stage_y, dark=outside.dark)
    canvas.sheet(0.4, "glow")
    _lamps(canvas, asked, streams, dark=outside.dark)
    canvas.sheet(0.3)
    _stage(canvas, scene, room, windowed, streams, stage_y, hero)
    canvas.sheet(0.08)
    _near(canvas, streams, wall)


def _shell(canvas: Canvas, wall: str, floor: str, floor_y: float) -> None:
    """Wall, skirting board and floor boards."""
    palette = canvas.palette
    lit = palette.lit(wall, 0.12)
    canvas.backdrop(
        ((0.0, turned(lit, 0, 1.05, 0.86)), (0.6, lit), (1.0, mix(lit, "#ffffff", 0.12))), floor_y
    )
    stripe = turned(lit, 0, 1.0, 0.965)
    step = 90.0
    for index in range(int(canvas.width / step) + 1):
        if index % 2:
            canvas.shape(box_path(index * step, 0, step, floor_y), stripe)
    canvas.shape(box_path(-5, floor_y - 26, canvas.width + 10, 26), mix(lit, "#ffffff", 0.4))
    canvas.sheet(0.62)
    near, far = palette.lit(turned(floor, 0, 1.1, 0.74), 0.0), palette.lit(floor, 0.12)
    canvas.shape(
        box_path(-60, floor_y, canvas.width + 120, canvas.height - floor_y + 60),
        canvas.gradient(((0.0, far, 1.0), (1.0, near, 1.0)), floor_y, canvas.height),
    )
    middle, dark = canvas.width / 2, turned(near, 0, 1, 0.72)
    for index in range(-12, 13):
        top, bottom = middle + index * canvas.width * 0.07, middle + index * canvas.width * 0.19
        canvas.line(
            f"M{number(top)} {number(floor_y)}L{number(bottom)} {number(canvas.height)}", dark, 2.6, 0.4
        )
    canvas.line(f"M-10 {number(floor_y + 3)}H{number(canvas.width + 10)}", dark, 6, 0.5)


def _on_wall(
    canvas: Canvas,
    room: Room,
    scene: Scene,
    asked: list[Item],
    streams: Streams,
    *,
    left: bool,
    floor_y: float,
) -> None:
    """What hangs on the wall beside the window, and what of the world is too large for the room."""
    hung = [one for one in asked if one.stands == "wall"]
    hung += [
        Item(one.name, one.figure, 45, "wall")
        for one in asked
        if (one.stands == "ground" and one.tall > 260) or one.stands in ("air", "water")
    ]
    framed = {one.name for one in asked if one.stands == "water" or one.tall > 200} - FURNISHINGS.keys()
    for name in room.hangs:
        if len(hung) < 2 and name not in [one.name for one in hung]:
            hung.append(furnishing(name, streams, canvas))
    share = 0.74 if left else 0.26
    over = floor_y - min(640.0, floor_y * 0.62)  # above the tallest furniture
    side = 1 if left else -1
    spots = [
        (share, over),
        (share, over - 300),
        (share - 0.2 * side, over - 60),
        (share + 0.1 * side, over - 330),
    ]
    for one, (sx, foot) in zip(hung, spots, strict=False):
        widest = canvas.width * (0.5 if one.name == "blackboard" else 0.34)
        size = 2.4 if one.name in FURNISHINGS else 190 / max(one.figure.height, 1)
        x = canvas.width * sx
        if one.name == "blackboard":
            foot, x = floor_y - canvas.height * 0.15, canvas.width * (0.7 if left else 0.3)
        if one.name in framed:
            frame = canvas.palette.lit("#8a5f3c", 0.1)
            wide, tall = min(one.width * size, widest) + 60, 190 + 60
            canvas.shape(box_path(x - wide / 2, foot - tall + 24, wide, tall), frame)
            canvas.shape(
                box_path(x - wide / 2 + 14, foot - tall + 38, wide - 28, tall - 28),
                canvas.palette.lit("#e8eee6", 0.1),
            )
        put(canvas, one, x, foot, one.figure.height * size, 0.1, widest=widest)


def _hero(scene: Scene, asked: list[Item]) -> Item | None:
    """The piece of furniture that is the subject itself, where nobody is in the room."""
    if scene.subjects:
        return None
    own = [
        one
        for one in asked
        if one.name in FURNISHINGS and one.stands == "ground" and one.name not in _AT_TABLE
    ]
    small = [one for one in asked if one.name not in FURNISHINGS]
    return own[0] if own and not small else None


def _along_wall(
    canvas: Canvas,
    room: Room,
    asked: list[Item],
    streams: Streams,
    *,
    left: bool,
    floor_y: float,
    without: str = "",
) -> None:
    """Furniture that stands at the wall: tall pieces beside the window, low ones below it."""
    furniture = [
        one
        for one in asked
        if one.name in FURNISHINGS and one.stands == "ground" and one.name not in _AT_TABLE
    ]
    names = [without, *(one.name for one in asked)]
    for name in room.furnish:
        if len(furniture) < 3 and name not in names:
            furniture.append(furnishing(name, streams, canvas))
    # What is tall stands beside the window, what is low below it.
    away, under = (0.76, 0.27) if left else (0.24, 0.73)
    free = {"tall": [away, 0.5, 1.0 if left else 0.0], "low": [under, 0.5, away, 0.0 if left else 1.0]}
    for one in sorted(furniture, key=lambda one: -one.tall):
        spots = free["low" if one.tall < 115 else "tall"]
        if not spots:
            continue
        share = spots[0]
        free = {kind: [spot for spot in those if spot != share] for kind, those in free.items()}
        y = floor_y + canvas.height * 0.012
        widest = canvas.width * 0.52
        size = min(MAN / 150, widest / one.width, floor_y * 0.62 / one.figure.height)
        if one.name not in FURNISHINGS:
            size = lifelike(one.tall) * 1.2 / one.figure.height
        half = one.width * size / 2
        x = min(max(canvas.width * share, half * 0.8), canvas.width - half * 0.8)
        cast_shadow(canvas, x, y, half * 1.04)
        put(canvas, one, x, y, one.figure.height * size, 0.1)


def _sunbeam(
    canvas: Canvas, scene: Scene, x: float, wide: float, floor_y: float, stage_y: float, *, dark: bool
) -> None:
    """Light from the window on the floor."""
    if canvas.palette.ink or scene.weather in ("rain", "storm", "fog", "snow"):
        return
    lean = canvas.width * 0.12
    light = "#cfdcff" if dark else "#fff3cf"
    canvas.shape(
        polygon(
            [
                (x + lean * 0.4, floor_y + 4),
                (x + wide + lean * 0.4, floor_y + 4),
                (x + wide + lean * 1.5, stage_y + 60),
                (x + lean * 1.3, stage_y + 60),
            ]
        ),
        light,
        0.2,
    )


def _lamps(canvas: Canvas, asked: list[Item], streams: Streams, *, dark: bool) -> None:
    """What hangs from the ceiling, with its light."""
    hanging = [one for one in asked if one.stands == "ceiling"] or [
        furnishing("ceiling lamp", streams, canvas)
    ]
    for index, one in enumerate(hanging[:4]):
        x = canvas.width * (0.5, 0.22, 0.78, 0.36)[index]
        lantern = one.name == "lantern"
        y = canvas.height * (0.2 if lantern else 0.0)
        if lantern:
            canvas.line(f"M{number(x)} 0V{number(y - 150)}", canvas.palette.lit("#4a4040", 0.1), 4)
        if dark and not canvas.palette.ink:
            canvas.glow(x, canvas.height * 0.16, 330, "#ffd98a", 0.5)
        canvas.figure(one.figure, x, y, 1.5 if lantern else 1.9, 0.05, name=one.name, shadow=False)


_AT_TABLE = ("table", "cafe table", "desk", "chair", "stool", "rug")


def _stage(
    canvas: Canvas,
    scene: Scene,
    room: Room,
    asked: list[Item],
    streams: Streams,
    stage_y: float,
    hero: Item | None,
) -> None:
    """The figures on a rug, at a table with what was asked for on it."""
    rug = furnishing("rug", streams, canvas)
    put(canvas, rug, canvas.width / 2, stage_y + 30, 1e6, 0.04, widest=canvas.width * 0.86, shadow=False)
    goods = [
        one
        for one in asked
        if one.stands == "ground"
        and one.tall <= 260
        and (one.name not in FURNISHINGS or one.name in ("chair", "stool"))
    ]
    small = [one for one in goods if one.tall <= 60 and one.name not in FURNISHINGS]
    big = [one for one in goods if one not in small]
    tables = [one for one in asked if one.name in ("table", "cafe table", "desk")]
    roles = [
        role if role.place != "branch" else dataclasses.replace(role, place="ground")
        for role in cast(scene, streams)
    ]
    roles = [dataclasses.replace(role, place="ground") if role.place == "air" else role for role in roles]
    if hero is not None:
        size = min(MAN / 150 * 1.25, canvas.width * 0.84 / hero.width)
        cast_shadow(canvas, canvas.width / 2, stage_y + 32, hero.width * size / 2)
        put(canvas, hero, canvas.width / 2, stage_y + 30, hero.figure.height * size, 0.0)
        roles, big = [], [*big]
    need = bool(small) or bool(tables) or (bool(room.table) and len(roles) <= 3)
    draw = streams.scene("stand")
    middle = canvas.width / 2
    if not need:
        canvas.sheet(0.2, "breathe")
        act(canvas, scene, [*roles, *roles_of(big)], draw, lambda x: stage_y, framed=True)
        return
    table = tables[0] if tables else furnishing(room.table or "table", streams, canvas)
    size = min(MAN / 150 * 0.85, canvas.width * 0.5 / table.width)
    if not roles and not big:
        size = min(MAN / 150 * 1.5, canvas.width * 0.8 / table.width)
    reach = min(canvas.width, canvas.height * 1.35)
    behind = [role for role in roles if role.place == "behind"]
    people = [role for role in roles if role.place != "behind"]
    # The first half stands left of the table, the rest right of it, facing each other across it.
    people += [*roles_of(big)]
    half = table.width * size / 2
    act(canvas, scene, behind, draw, lambda x: stage_y - 40)
    if len(people) == 1:
        offset = -reach * 0.1 if half < reach * 0.34 else 0.0
        middle -= offset
    canvas.sheet(0.24, "breathe")
    left, right = people[: (len(people) + 1) // 2], people[(len(people) + 1) // 2 :]
    edge = (canvas.width - reach) / 2
    if left:
        act(canvas, scene, left, draw, lambda x: stage_y, framed=True, room=(edge, middle - half * 0.3))
    if right:
        act(
            canvas,
            scene,
            right,
            draw,
            lambda x: stage_y,
            framed=True,
            room=(middle + half * 0.3, canvas.width - edge),
            turned_left=True,
        )
    canvas.sheet(0.2)
    cast_shadow(canvas, middle, stage_y + 34, half)
    put(canvas, table, middle, stage_y + 30, table.figure.height * size, 0.0)
    top = stage_y + 30 - table.figure.height * size + 4
    _upon(canvas, small, middle, top, half * 1.8, 1.0 if people else 1.6)


def _upon(canvas: Canvas, small: list[Item], middle: float, top: float, wide: float, scale: float) -> None:
    """Small things on a table, side by side."""
    if not small:
        return
    small = small[:9]
    highs = [min(max(lifelike(one.tall, 0.5) * 0.62, 66), 190) * scale for one in small]
    wides = [one.width * high / max(one.figure.height, 1) for one, high in zip(small, highs, strict=True)]
    wides = [min(width, 260.0 * scale) for width in wides]
    fit = min(1.0, wide * 0.96 / sum(wides))
    gap = (wide - fit * sum(wides)) / (len(small) + 1)
    x = middle - wide / 2 + gap
    for one, high, width in zip(small, highs, wides, strict=True):
        put(canvas, one, x + width * fit / 2, top, high * fit, 0.0, widest=width * fit)
        x += width * fit + gap


def _near(canvas: Canvas, streams: Streams, wall: str) -> None:
    """A dark edge close to the lens: the leaves of a plant in one corner, the back of a seat in the other."""
    from servers.imagegen.painting.plants import fern

    palette = canvas.palette
    dark = mix(turned(palette.lit(wall, 0.0), 0, 1.2, 0.34), "#14181e", 0.4)
    if palette.ink:
        dark = palette.near
    leaves = fern(streams.place("near"), palette, dark)
    canvas.figure(leaves, canvas.width * 0.02, canvas.height * 1.01, 1.15, 0.0, shadow=False)
    canvas.figure(leaves, canvas.width * 0.99, canvas.height * 1.02, 0.9, 0.0, flip=True, shadow=False)
