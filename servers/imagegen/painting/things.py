"""Props of a scene as figures: how they look, how large they are shown, how several stand together."""

from __future__ import annotations

import dataclasses

from servers.imagegen.painting.canvas import Canvas
from servers.imagegen.painting.cast import carried
from servers.imagegen.painting.geometry import Figure, extent
from servers.imagegen.painting.plants import SMALL, TREES, bush
from servers.imagegen.painting.props import PROPS, Look
from servers.imagegen.painting.scene import Scene
from servers.imagegen.painting.shapes import box, dark, moved, poly
from servers.imagegen.painting.streams import Streams
from servers.imagegen.painting.vocabulary import Mention

_MOST_OF_ONE = 12
MAN = 450.0
"""Height of a grown man on the stage, canvas units."""


@dataclasses.dataclass(frozen=True)
class Item:
    """One thing to be put somewhere."""

    name: str
    figure: Figure
    tall: float
    """In life, centimetres."""
    stands: str = "ground"

    @property
    def sides(self) -> tuple[float, float]:
        """How far it reaches to the left and right of its foot, in its own units."""
        return extent(self.figure)

    @property
    def width(self) -> float:
        """In its own units."""
        left, right = self.sides
        return right - left


def item(mention: Mention, streams: Streams, canvas: Canvas, number: int = 0) -> Item:
    """The thing of a mention; `number` tells several of a kind apart."""
    prop = PROPS[mention.name]
    look = Look(streams.place(f"thing {mention.name} {number}"), canvas.palette, mention.colour)
    return Item(mention.name, prop.build(look), prop.tall, prop.stands)


def furnishing(name: str, streams: Streams, canvas: Canvas) -> Item:
    """A thing that nobody asked for but that belongs to the place."""
    return item(Mention("thing", name, 0), streams, canvas)


def items(mention: Mention, streams: Streams, canvas: Canvas) -> list[Item]:
    """As many as the words say."""
    return [item(mention, streams, canvas, number) for number in range(min(mention.count, _MOST_OF_ONE))]


def all_items(scene: Scene, streams: Streams, canvas: Canvas) -> list[Item]:
    """Every thing of a scene, but for those that its figures carry."""
    held = carried(scene)
    canvas.note(*held)
    return [
        one for mention in scene.things if mention.name not in held for one in items(mention, streams, canvas)
    ]


def potted(scene: Scene, streams: Streams, canvas: Canvas) -> list[Item]:
    """The plants and trees of a scene that is not their home, in pots."""
    out = []
    for name in dict.fromkeys([*scene.plants, *scene.trees]):
        draw = streams.place(f"plant {name}")
        if name in ("grapes", "vine"):
            out.append(Item(name, _grapes(canvas), 16))
            continue
        grown = (SMALL.get(name) or TREES.get(name) or bush)(draw, canvas.palette)
        clay = "#c8704f"
        high = 130.0
        size = high / max(grown.height, 1.0)
        parts = [
            *moved(grown, 0, 56, size),
            poly(clay, (-34, 60), (34, 60), (25, 0), (-25, 0)),
            box(-40, 52, 80, 14, dark(clay, 1.12), 3),
        ]
        out.append(Item(name, Figure(tuple(parts), 90, high + 56), 70))
    return out


def _grapes(canvas: Canvas) -> Figure:
    from servers.imagegen.painting.shapes import bar, disc, oval

    parts = [bar("#6b5a35", 6, (0, 96), (6, 120))]
    for row, count in enumerate((5, 6, 5, 4, 2)):
        for column in range(count):
            x, y = (column - (count - 1) / 2) * 21, 88 - row * 18.0
            parts += [
                disc(x, y, 12.5, "#6b3f8c" if (row + column) % 2 else "#7a4a9c"),
                oval(x - 4, y + 4, 3, 4, "#b79acb"),
            ]
    return Figure(tuple(parts), 130, 120)


def lifelike(tall: float, power: float = 0.55) -> float:
    """Canvas units for a height in centimetres: small things are larger than life, large ones smaller."""
    return float(MAN * (tall / 172) ** power)


def put(
    canvas: Canvas,
    one: Item,
    x: float,
    y: float,
    high: float,
    distance: float,
    *,
    widest: float = 1e9,
    flip: bool = False,
    turn: float = 0.0,
    shadow: bool = True,
) -> float:
    """Draws an item centred on x with its foot at y, `high` units high unless that makes it too wide.

    Returns its size (canvas units for one of the figure's).
    """
    size = min(high / max(one.figure.height, 1.0), widest / max(one.width, 1.0))
    left, right = one.sides
    middle = (left + right) / 2 * size
    canvas.figure(
        one.figure,
        x + (middle if flip else -middle),
        y,
        size,
        distance,
        flip=flip,
        turn=turn,
        shadow=shadow,
        name=one.name,
    )
    return size
