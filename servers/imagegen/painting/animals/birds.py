"""Birds, facing right: perched or standing ones share one body, flying ones another."""

from __future__ import annotations

import dataclasses
from typing import Protocol

from servers.imagegen.painting.geometry import Figure, Part, Point, ellipse, limb, placed, smooth
from servers.imagegen.painting.palette import turned


class _Put(Protocol):
    """Places points of a bird's own frame in the figure."""

    def __call__(self, *points: Point) -> list[Point]: ...


@dataclasses.dataclass(frozen=True)
class Plumage:
    """What makes one kind of bird."""

    back: str
    breast: str
    beak: str
    size: float = 1.0
    """1 is about 60 units from beak to tail."""
    leg: float = 10.0
    """Length of the legs below the body."""
    neck: float = 0.0
    """How far the head stands off the body."""
    bill: float = 1.0
    """Length of the beak."""
    tail: str = "straight"
    """straight, cock, short or train."""
    comb: bool = False


PLUMAGES: dict[str, Plumage] = {
    "bird": Plumage("#4f7fa6", "#f0c9a0", "#d89a3a", 0.72),
    "sparrow": Plumage("#8f6a48", "#e6d5bb", "#5a4a3c", 0.66, bill=0.8),
    "crow": Plumage("#2a2c36", "#3a3d4a", "#1d1e24", 1.05, bill=1.35),
    "pigeon": Plumage("#8d97a8", "#b7a7bb", "#6b6b6f", 0.9),
    "dove": Plumage("#f3f1ea", "#ffffff", "#d9a08a", 0.85),
    "eagle": Plumage("#5a3f2b", "#76563b", "#e3b23c", 1.5, 12, 4, 1.5),
    "parrot": Plumage("#2f9a58", "#e4513c", "#e8b23a", 1.0, bill=1.2),
    "peacock": Plumage("#1f6f8f", "#2b8fa6", "#c9b58a", 1.15, 24, 26, 0.8, "train"),
    "chicken": Plumage("#b8622f", "#d98a4b", "#e6b040", 1.2, 16, 6, 0.8, "cock", True),
    "hen": Plumage("#c9955e", "#e5c193", "#e6b040", 1.1, 14, 4, 0.8, "short", True),
    "duck": Plumage("#8c6d4b", "#e9e2d2", "#e79b35", 1.1, 8, 10, 1.5, "short"),
    "goose": Plumage("#e9e6de", "#ffffff", "#e79b35", 1.4, 12, 34, 1.3, "short"),
    "swan": Plumage("#f4f2ee", "#ffffff", "#dd8434", 1.5, 4, 46, 1.2, "short"),
    "crane": Plumage("#eef0f0", "#ffffff", "#4a4a46", 1.3, 62, 58, 2.6, "short"),
}


def perched(kind: str, pitch: float = 0.0) -> Figure:
    """A bird standing at (0, 0); `pitch` tips it, degrees."""
    look = PLUMAGES[kind]
    size, leg = look.size, look.leg
    middle = (0.0, leg * size + 17 * size)

    def put(*points: Point) -> list[Point]:
        return placed(points, middle, size, pitch)

    head: Point = (20.0 + look.neck * 0.32, 16.0 + look.neck)
    body = put((-28, -6), (-12, 11), (8, 14), (22, 6), (24, -6), (12, -17), (-8, -16))
    parts: list[Part] = []
    for x in (-3.0, 5.0):
        [(hx, hy)] = put((x, -12.0))
        parts.append(
            Part(
                limb([(hx, hy), (hx + 1, leg * size * 0.5), (hx, 1)], [3 * size, 2 * size, 2 * size]),
                look.beak,
            )
        )
        parts.append(Part(limb([(hx - 4 * size, 1), (hx + 7 * size, 1)], [2 * size, 1.6 * size]), look.beak))
    parts += _tail(look, put)
    throat = put((12, 6), (14 + look.neck * 0.3, 10 + look.neck * 0.5), head)
    parts.append(
        Part(
            limb(
                throat,
                [22 * size, (17 if look.neck < 20 else 10) * size, (15 if look.neck < 20 else 9) * size],
            ),
            look.breast if look.neck > 20 else look.back,
        )
    )
    parts.append(Part(smooth(body), look.breast))
    wing = put((-38, -8), (-14, 12), (6, 13), (15, 3), (4, -7), (-16, -9))
    parts.append(Part(smooth(wing, sharp=(0,)), look.back))
    for drop in (0.0, 5.0):
        line = put((-24, -4 - drop * 0.6), (-8, -1 - drop), (6, 0 - drop * 0.7))
        parts.append(Part(smooth(line, closed=False), turned(look.back, 0, 1, 0.8), 1.5 * size))
    parts += _head(look, put, head)
    return Figure(tuple(parts), 66 * size, (leg + 45 + look.neck) * size)


def _tail(look: Plumage, put: _Put) -> list[Part]:
    if look.tail == "cock":
        feathers = (
            ((-24, 0), (-44, 22), (-40, 46)),
            ((-24, -2), (-52, 14), (-58, 34)),
            ((-24, -4), (-50, 2), (-64, 14)),
        )
        colours = ("#2f5a4c", "#24463f", "#7a3a26")
        widths = [10 * look.size, 13 * look.size, 3 * look.size]
        return [
            Part(limb(put(*line), widths), colour) for line, colour in zip(feathers, colours, strict=True)
        ]
    if look.tail == "train":
        parts = []
        for index in range(7):
            x, y = -118 + abs(index - 3) * 7, -38 + index * 17
            parts.append(
                Part(
                    limb(put((-20, 0), (x * 0.6, y * 0.7), (x, y)), [8, 12, 16]),
                    "#2f7a5a" if index % 2 else "#3a8a66",
                )
            )
            [(ex, ey)] = put((x, y))
            parts += [Part(ellipse(ex, ey, 8), "#d8b24a"), Part(ellipse(ex, ey, 4.5), "#22558a")]
        return parts
    if look.tail == "short":
        return [Part(smooth(put((-20, 6), (-42, 12), (-40, 0), (-20, -8)), sharp=(1,)), look.back)]
    fan = put((-20, 4), (-52, -10), (-56, -20), (-44, -20), (-18, -8))
    return [Part(smooth(fan, sharp=(1, 2, 3)), turned(look.back, 0, 1, 0.86))]


def _head(look: Plumage, put: _Put, head: Point) -> list[Part]:
    size, (x, y) = look.size, head
    radius = 12.5 if look.neck < 20 else 9.0
    beak = put((x + radius * 0.7, y + 4), (x + radius + 11 * look.bill, y - 2.5), (x + radius * 0.7, y - 5))
    if look.size == PLUMAGES["eagle"].size and look.bill == PLUMAGES["eagle"].bill:
        beak = put((x + 8, y + 5), (x + 20, y + 3), (x + 21, y - 8), (x + 14, y - 3), (x + 8, y - 5))
    [centre] = put(head)
    [eye] = put((x + 4, y + 3))
    white_head = look.beak == "#e3b23c"
    parts = [Part(smooth(beak, sharp=(0, 1, 2)), look.beak)]
    parts.append(Part(ellipse(*centre, radius * size), "#efe9dc" if white_head else look.back))
    if look.comb:
        for dx, dy in ((-6.0, 11.0), (0.0, 14.0), (6.0, 12.0)):
            parts.append(Part(ellipse(*put((x + dx, y + dy))[0], 4.4 * size), "#cf3f35"))
        parts.append(Part(ellipse(*put((x + 11, y - 11))[0], 3.4 * size, 6 * size), "#cf3f35"))
    if look.bill > 2:
        parts.append(Part(ellipse(*put((x, y + 6))[0], 6 * size, 3.5 * size), "#cf3f35"))
    bright = "#f6f1e2" if sum(bytes.fromhex(look.back[1:])) < 240 else "#221a18"
    parts.append(Part(ellipse(*eye, 2.7 * size), bright))
    if bright != "#221a18":
        parts.append(Part(ellipse(eye[0] + 0.4, eye[1], 1.5 * size), "#0c0c10"))
    return parts


def flying(kind: str, beat: float = 0.5) -> Figure:
    """A bird on the wing about (0, 0); `beat` is where its wings are, 0 (down) to 1 (up)."""
    look = PLUMAGES[kind]
    size = look.size
    up = -46 + 118 * beat

    def put(*points: Point) -> list[Point]:
        return placed(points, (0.0, 0.0), size, 6)

    reach: Point = (27.0 + look.neck * 0.7, 7.0 + look.neck * 0.2)
    far = put((14, 4), (22, up * 0.5), (6, up + 10), (-10, up * 0.6), (-10, 3))
    near = put((16, 3), (8, up * 0.5), (-30, up), (-34, up * 0.62), (-22, up * 0.2), (-18, 0))
    body = put((-30, 2), (-8, 10), (18, 10), (31, 6), (22, -6), (-2, -9))
    tail = put((-20, 4), (-54, 8), (-48, 1), (-52, -6), (-20, -4))
    parts = [
        Part(smooth(far, sharp=(2,)), turned(look.back, 0, 1, 0.75)),
        Part(smooth(tail, sharp=(1, 2, 3)), look.back),
        Part(limb(put((18, 2), reach), [13 * size, (14 if look.neck < 20 else 8) * size]), look.back),
        Part(smooth(body), look.breast),
        *_head(look, put, reach),
        Part(smooth(near, sharp=(2, 3)), turned(look.back, 0, 1, 1.12)),
    ]
    return Figure(tuple(parts), 80 * size, 60 * size)
