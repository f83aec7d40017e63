"""Heads, ears, tails, coats and manes of four-legged animals."""

from __future__ import annotations

import math

from servers.imagegen.painting.animals.body import Body, shaded
from servers.imagegen.painting.animals.builds import FACES, Build
from servers.imagegen.painting.geometry import Part, Point, ellipse, limb, placed, smooth
from servers.imagegen.painting.palette import mix

_EYE = "#221a18"


def head(build: Build, at: Point, pitch: float) -> list[Part]:
    """Skull, muzzle, near ear, eye and nose; horns or antlers on top."""
    size = build.head

    def put(*points: Point) -> list[Point]:
        return placed(points, at, size, pitch)

    outline, sharp = FACES[build.face]
    skin = build.belly if "wool" in build.marks else build.coat
    parts = [*_horns(build, at, pitch), Part(smooth(put(*outline), sharp=sharp), skin)]
    parts += _cheeks(build, at, pitch)
    parts += _ear(build, at, pitch, near=True)
    if "stripes" in build.marks:
        for x in (-0.12, 0.12, 0.34):
            parts.append(
                Part(limb(put((x - 0.1, 0.58), (x - 0.02, 0.3)), [size * 0.11, size * 0.02]), build.dark)
            )
        for y in (-0.12, -0.34):
            parts.append(Part(limb(put((-0.42, y), (-0.1, y + 0.02)), [size * 0.1, size * 0.02]), build.dark))
    nose = {"pointed": (1.26, -0.06), "round": (0.84, 0.06), "long": (1.36, -0.14)}.get(build.face)
    if nose is not None:
        [(x, y)] = put(nose)
        parts.append(Part(ellipse(x, y, size * 0.11, size * 0.09, pitch), _EYE))
    if build.face == "snout":
        [(x, y)] = put((1.04, -0.04))
        parts.append(Part(ellipse(x, y, size * 0.12, size * 0.26, pitch), build.dark))
    if build.face == "trunk":
        parts += _trunk(build, at, pitch)
    eye = {"pointed": (0.36, 0.12), "round": (0.4, 0.14), "long": (0.34, 0.1), "trunk": (0.3, 0.14)}
    [(x, y)] = put(eye.get(build.face, (0.4, 0.12)))
    parts.append(
        Part(
            ellipse(x, y, size * 0.085, size * 0.095, pitch), _EYE if "wool" not in build.marks else "#f4eee2"
        )
    )
    [(x, y)] = put((eye.get(build.face, (0.4, 0.12))[0] + 0.03, eye.get(build.face, (0.4, 0.12))[1] + 0.04))
    parts.append(Part(ellipse(x, y, size * 0.03), "#ffffff"))
    return parts


def _cheeks(build: Build, at: Point, pitch: float) -> list[Part]:
    """The light fur of muzzle and cheek."""
    size = build.head
    if build.face == "pointed":
        patch: list[Point] = [
            (1.22, -0.1),
            (0.7, -0.08),
            (0.34, -0.12),
            (0.02, -0.2),
            (-0.16, -0.42),
            (0.12, -0.6),
            (0.55, -0.41),
            (1.14, -0.23),
        ]
        return [Part(smooth(placed(patch, at, size, pitch), sharp=(5,)), build.belly)]
    if build.face == "round":
        muzzle = placed([(0.62, -0.2), (0.02, -0.36)], at, size, pitch)
        parts = [Part(ellipse(*muzzle[0], size * 0.31, size * 0.27, pitch), build.belly)]
        if "stripes" in build.marks:
            parts.append(Part(ellipse(*muzzle[1], size * 0.34, size * 0.2, pitch), build.belly))
        mouth = placed([(0.9, -0.18), (0.72, -0.3), (0.5, -0.26)], at, size, pitch)
        parts.append(Part(smooth(mouth, closed=False), shaded(build.dark), size * 0.05))
        return parts
    if build.face == "long":
        [tip] = placed([(1.26, -0.22)], at, size, pitch)
        light = build.belly if "wool" not in build.marks else shaded(build.belly)
        return [Part(ellipse(*tip, size * 0.25, size * 0.21, pitch), mix(build.coat, light, 0.75))]
    return []


def back_of_head(build: Build, at: Point, pitch: float) -> list[Part]:
    """What lies behind the neck: the far ear and the far horn."""
    behind = placed([(build.head * 0.14, build.head * 0.03)], at, 1.0, pitch)[0]
    return [Part(part.d, shaded(part.colour)) for part in _ear(build, behind, pitch, near=False)]


def _ear(build: Build, at: Point, pitch: float, *, near: bool) -> list[Part]:
    size = build.head

    def put(*points: Point) -> list[Point]:
        return placed(points, at, size, pitch)

    if build.ears == "pointed":
        tall = 0.72 if build.tail == "bushy" else 0.56
        outer = put((-0.42, 0.2), (-0.36, 0.4 + tall), (0.1, 0.4))
        inner = put((-0.3, 0.32), (-0.31, 0.22 + tall), (-0.02, 0.4))
        parts = [Part(smooth(outer, sharp=(1,)), build.coat)]
        if near:
            parts.append(Part(smooth(inner, sharp=(1,)), mix(build.dark, build.coat, 0.25)))
        return parts
    if build.ears in ("round", "disc"):
        radius = 0.24 if build.ears == "round" else 0.46
        [(x, y)] = put((-0.26, 0.5 if build.ears == "round" else 0.6))
        parts = [Part(ellipse(x, y, size * radius), build.coat)]
        if near:
            parts.append(Part(ellipse(x, y, size * radius * 0.6), mix(build.coat, "#e8a79c", 0.5)))
        return parts
    if build.ears == "leaf":
        leaf = put((-0.2, 0.3), (-0.62, 0.62), (-1.0, 0.62), (-0.62, 0.3))
        return [Part(smooth(leaf, sharp=(2,)), build.coat if near else shaded(build.coat))]
    if build.ears == "long":
        long = put((-0.3, 0.25), (-0.56, 0.8), (-0.5, 1.35), (-0.2, 0.9), (0.02, 0.36))
        return [Part(smooth(long), build.coat)]
    if build.ears == "fan":
        fan = put((-0.1, 0.42), (-0.62, 0.62), (-1.05, 0.2), (-0.92, -0.5), (-0.4, -0.7), (-0.05, -0.2))
        return [Part(smooth(fan), shaded(build.coat, 0.88))]
    drop = put((-0.28, 0.36), (-0.52, 0.1), (-0.5, -0.38), (-0.24, -0.42), (-0.02, 0.1))
    return [Part(smooth(drop), shaded(build.dark if "wool" not in build.marks else build.belly, 0.95))]


def _trunk(build: Build, at: Point, pitch: float) -> list[Part]:
    size = build.head
    line = placed([(0.5, 0.05), (0.86, -0.5), (0.82, -1.2), (0.95, -1.75), (1.25, -1.72)], at, size, pitch)
    tusk = placed([(0.5, -0.42), (0.86, -0.74), (1.25, -0.66)], at, size, pitch)
    return [
        Part(limb(line, [size * 0.62, size * 0.46, size * 0.32, size * 0.22, size * 0.18]), build.coat),
        Part(limb(tusk, [size * 0.16, size * 0.12, size * 0.03]), "#f6efdd"),
    ]


def _horns(build: Build, at: Point, pitch: float) -> list[Part]:
    size = build.head
    if "antlers" in build.marks:
        beam = [(0.0, 0.36), (-0.42, 0.95), (-0.34, 1.6), (0.16, 2.2)]
        tines = [[(-0.36, 0.9), (0.1, 1.15), (0.34, 1.5)], [(-0.4, 1.35), (-0.72, 1.7), (-0.74, 2.05)]]
        parts = []
        for shift in (-0.2, 0.1):
            for line, thick in ((beam, 0.15), (tines[0], 0.1), (tines[1], 0.1)):
                points = placed([(x + shift, y) for x, y in line], at, size, pitch)
                widths = [size * thick] * (len(line) - 1) + [size * 0.03]
                parts.append(Part(limb(points, widths), "#8a6a4a" if shift > 0 else "#6f543a"))
        return parts
    if "horns" not in build.marks:
        return []
    if "beard" in build.marks:
        curve = [(0.0, 0.36), (-0.3, 0.95), (-0.85, 1.2), (-1.2, 0.95)]
        beard = placed([(0.75, -0.36), (0.62, -0.8), (0.7, -1.05)], at, size, pitch)
        return [
            Part(
                limb(placed(curve, at, size, pitch), [size * 0.26, size * 0.2, size * 0.14, 1.0]), "#7a6650"
            ),
            Part(limb(beard, [size * 0.36, size * 0.2, 1.0]), build.coat),
        ]
    curve = [(-0.05, 0.3), (-0.2, 0.72), (0.2, 1.12), (0.62, 1.2)]
    return [
        Part(limb(placed(curve, at, size, pitch), [size * 0.26, size * 0.22, size * 0.14, 1.0]), "#d9cdb4")
    ]


def tail(build: Build, body: Body) -> list[Part]:
    """The tail, behind the body."""
    rump = build.rump
    x, y = body.hip[0] - rump * 0.7, body.hip[1] + rump * 0.45
    if body.pose == "sit":
        x, y = body.hip[0] - rump * 0.6, rump * 0.55
    size = build.hip / 62 if build.hip > 30 else 0.55
    if build.tail == "bushy":
        return _brush(build, body, (x, y), size)
    if build.tail == "thin":
        line: list[Point] = [
            (x + 8, y),
            (x - 22 * size, y + 2),
            (x - 34 * size, y - 16 * size),
            (x - 50 * size, y - 10 * size),
            (x - 54 * size, y + 14 * size),
        ]
        if body.pose == "sit":
            line = [
                (x + 8, y),
                (x - 20 * size, y - 8),
                (x - 38 * size, y + 2),
                (x - 40 * size, y + 24 * size),
            ]
        if build.face == "trunk":
            line = [(x + 8, y), (x - 6, y - 14), (x - 10, y - 44)]
        widths = [9 * size, *([7.5 * size] * (len(line) - 2)), 6 * size]
        if build.ears == "disc":
            widths = [4, *([2.6] * (len(line) - 2)), 1]
        parts = [Part(limb(line, widths), build.coat if build.ears != "disc" else "#d9a59c")]
        if "stripes" in build.marks:
            parts.append(Part(limb(line[-2:], [7.8 * size, 6.2 * size]), build.dark))
        return parts
    if build.tail == "tuft":
        line = [(x + 8, y), (x - 12, y - 4), (x - 18, y - 26 * size), (x - 20, y - 44 * size)]
        tuft = [(x - 19, y - 40 * size), (x - 20, y - 52 * size), (x - 18, y - 62 * size)]
        return [
            Part(limb(line, [8, 6, 4.5, 4]), build.coat),
            Part(limb(tuft, [5, 11, 2]), build.dark),
        ]
    if build.tail == "flowing":
        line = [(x + 10, y + 4), (x - 14, y - 2), (x - 26, y - 30), (x - 22, y - 62)]
        return [Part(limb(line, [12, 18, 22, 4]), build.dark)]
    if build.tail == "short":
        line = [(x + 6, y), (x - 8, y + 8)]
        return [Part(limb(line, [12, 7]), build.belly if "antlers" in build.marks else build.coat)]
    return []


def _brush(build: Build, body: Body, root: Point, size: float) -> list[Part]:
    """A fox's tail: wide, with a light tip that ends in a point."""
    x, y = root
    line: list[Point] = [(x + 10, y), (x - 22, y - 8), (x - 50, y - 20), (x - 76, y - 14), (x - 94, y + 6)]
    if body.pose == "sit":
        line = [(x + 14, y - 4), (x - 14, y - 6), (x - 42, y - 4), (x - 62, y + 12), (x - 66, y + 36)]
    elif body.pose == "leap":
        line = [(x + 10, y), (x - 20, y + 4), (x - 48, y - 2), (x - 76, y + 4), (x - 96, y + 20)]
    line = [(x + (px - x) * size, y + (py - y) * size) for px, py in line]
    widths = [12 * size, 21 * size, 28 * size, 23 * size, 2.0]
    tip = [((line[2][0] * 0.25 + line[3][0] * 0.75), (line[2][1] * 0.25 + line[3][1] * 0.75)), *line[3:]]
    return [
        Part(limb(line, widths), build.coat),
        Part(limb(tip, [22.5 * size, 22.8 * size, 2.0]), build.belly),
    ]


def coat(build: Build, body: Body) -> list[Part]:
    """What is on the flank: stripes, spots, patches, wool."""
    hip, shoulder = body.hip, body.shoulder
    middle = ((hip[0] + shoulder[0]) / 2, (hip[1] + shoulder[1]) / 2)
    tilt = math.degrees(math.atan2(shoulder[1] - hip[1], shoulder[0] - hip[0]))
    half = math.hypot(shoulder[0] - hip[0], shoulder[1] - hip[1]) / 2
    depth = (build.chest + build.rump) / 2

    def put(*points: Point) -> list[Point]:
        return placed(points, middle, 1.0, tilt)

    parts: list[Part] = []
    if "stripes" in build.marks:
        thick = depth * 0.26
        for index in range(7):
            x = -half - build.rump * 0.25 + index * (2 * half + build.chest * 0.6) / 6.6
            long = depth * (0.35 if index % 2 else -0.1)
            stripe = put((x + 2, depth * 0.86), (x - 2, depth * 0.35), (x + 4, long - depth * 0.3))
            parts.append(Part(limb(stripe, [thick * 0.7, thick, thick * 0.1]), build.dark))
            if index % 2 == 0:
                low = put((x + 8, -depth * 0.72), (x + 5, -depth * 0.35))
                parts.append(Part(limb(low, [thick * 0.7, thick * 0.1]), build.dark))
    if "spots" in build.marks:
        colour, size = (build.belly, 0.085) if build.ears == "leaf" else (build.dark, 0.13)
        for index in range(13):
            x = -half - depth * 0.2 + (index * 0.618 % 1.0) * (2 * half + depth * 0.4)
            y = depth * (0.62 - 0.85 * (index * 0.755 % 1.0))
            [(sx, sy)] = put((x, y))
            parts.append(Part(ellipse(sx, sy, depth * size * 1.2, depth * size), colour))
    if "patches" in build.marks:
        blots: tuple[list[Point], ...] = (
            [
                (-half * 0.9, depth * 0.7),
                (-half * 0.3, depth * 0.78),
                (-half * 0.2, 0.0),
                (-half * 0.8, -depth * 0.3),
            ],
            [
                (half * 0.2, depth * 0.75),
                (half * 0.95, depth * 0.6),
                (half * 0.8, -depth * 0.1),
                (half * 0.4, depth * 0.1),
            ],
        )
        parts += [Part(smooth(put(*blot)), build.dark) for blot in blots]
    if "wool" in build.marks:
        parts += _wool(build, middle, half, depth)
    return parts


def _wool(build: Build, middle: Point, half: float, depth: float) -> list[Part]:
    puffs = []
    for index in range(12):
        turn = math.tau * index / 12
        x, y = middle[0] + math.cos(turn) * (half + 12), middle[1] + 4 + math.sin(turn) * depth * 0.92
        puffs.append(Part(ellipse(x, y, 14), build.coat))
    puffs.append(Part(ellipse(middle[0], middle[1] + 4, half + 16, depth * 1.05), build.coat))
    for x, y in ((-14, 8), (6, 14), (-26, -6), (16, -4), (-4, -8)):
        curl = [
            (middle[0] + x - 5, middle[1] + y),
            (middle[0] + x, middle[1] + y - 4),
            (middle[0] + x + 5, middle[1] + y),
        ]
        puffs.append(Part(smooth(curl, closed=False), shaded(build.coat, 0.86), 1.8))
    return puffs


def mane(build: Build, body: Body, head_at: Point) -> list[Part]:
    """A lion's mane or the crest on a horse's neck, behind the face."""
    size = build.head
    if "mane" in build.marks:
        points = []
        for index in range(24):
            turn, far = math.tau * index / 24, (1.3 if index % 2 else 1.08)
            points.append(
                (
                    head_at[0] - size * 0.32 + math.cos(turn) * size * far * 0.96,
                    head_at[1] - size * 0.16 + math.sin(turn) * size * far,
                )
            )
        inner = ellipse(head_at[0] - size * 0.2, head_at[1] - size * 0.12, size * 0.82)
        return [Part(smooth(points), build.dark), Part(inner, mix(build.dark, build.coat, 0.35))]
    if "crest" in build.marks:
        root = (body.shoulder[0] - build.chest * 0.3, body.shoulder[1] + build.chest * 0.85)
        middle = ((root[0] + head_at[0]) / 2 - size * 0.34, (root[1] + head_at[1]) / 2 + size * 0.24)
        top = (head_at[0] - size * 0.2, head_at[1] + size * 0.42)
        return [Part(limb([root, middle, top], [size * 0.2, size * 0.56, size * 0.34]), build.dark)]
    return []
