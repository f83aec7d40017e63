"""Where the joints of a four-legged animal are in each pose, and its trunk, neck and legs."""

from __future__ import annotations

import math

from servers.imagegen.painting.animals.builds import Build
from servers.imagegen.painting.geometry import Part, Point, limb, placed, smooth
from servers.imagegen.painting.palette import mix, turned

POSES = ("stand", "walk", "leap", "sit", "graze")


def shaded(colour: str, value: float = 0.78) -> str:
    """The side away from the light."""
    return turned(colour, 0.0, 1.0, value)


class Body:
    """Where the joints of an animal are in a pose, and its trunk and legs."""

    def __init__(self, build: Build, pose: str) -> None:
        self.build = build
        self.pose = pose
        half = build.length / 2
        hip, shoulder = (-half, build.hip), (half, build.shoulder)
        if pose == "sit":
            hip = (-half * 0.62, build.rump * 1.05)
            shoulder = (half * 0.42, build.shoulder * 1.02)
        elif pose == "leap":
            hip, shoulder = placed([hip, shoulder], (0.0, 8.0), 1.0, 24)
            hip, shoulder = (hip[0], hip[1] + 12), (shoulder[0], shoulder[1] + 18)
        self.hip, self.shoulder = hip, shoulder

    def head_place(self, pitch: float) -> tuple[Point, float]:
        """Where the head sits, and where the muzzle points."""
        build = self.build
        lift = build.lift
        if self.pose == "graze":
            lift, pitch = -42.0, -62.0
        elif self.pose == "sit":
            lift = max(lift, 62.0)
        elif pitch > 20:
            lift += 12
        angle = math.radians(lift)
        root = (self.shoulder[0] + build.chest * 0.25, self.shoulder[1] + build.chest * 0.35)
        return (root[0] + math.cos(angle) * build.neck, root[1] + math.sin(angle) * build.neck), pitch

    def neck(self, head_at: Point) -> list[Part]:
        build = self.build
        root = (self.shoulder[0] - build.chest * 0.15, self.shoulder[1] + build.chest * 0.05)
        line = [root, ((root[0] + head_at[0]) / 2 + 1, (root[1] + head_at[1]) / 2), head_at]
        widths = [build.chest * 1.7, build.throat * 1.12, build.throat * 0.9]
        bib = [
            (root[0] + build.chest * 0.55, root[1] - build.chest * 0.55),
            (
                (root[0] + head_at[0]) / 2 + build.throat * 0.36,
                (root[1] + head_at[1]) / 2 - build.throat * 0.12,
            ),
            (head_at[0] + build.head * 0.12, head_at[1] - build.head * 0.3),
        ]
        parts = [Part(limb(line, widths), build.coat)]
        if self.build.tail == "bushy":
            parts.append(
                Part(limb(bib, [build.throat * 0.3, build.throat * 0.62, build.throat * 0.3]), build.belly)
            )
        return parts

    def torso(self) -> list[Part]:
        build, hip, shoulder = self.build, self.hip, self.shoulder
        middle = ((hip[0] + shoulder[0]) / 2, (hip[1] + shoulder[1]) / 2)
        if self.pose == "sit":
            line = [hip, (middle[0] - 1, middle[1] + 5), shoulder]
            return [Part(limb(line, [build.rump * 2.1, build.chest * 1.95, build.chest * 1.7]), build.coat)]
        tilt = math.degrees(math.atan2(shoulder[1] - hip[1], shoulder[0] - hip[0]))
        half = math.hypot(shoulder[0] - hip[0], shoulder[1] - hip[1]) / 2
        rump, chest, waist = build.rump, build.chest, build.waist
        back = (rump + chest) * 0.42
        outline = [
            (-half - rump * 0.82, 1.0),
            (-half - rump * 0.5, rump * 0.72),
            (-half + rump * 0.25, rump * 0.92),
            (0.0, back * 0.9),
            (half - chest * 0.1, chest * 0.88),
            (half + chest * 0.68, chest * 0.42),
            (half + chest * 0.72, -chest * 0.3),
            (half + chest * 0.1, -chest * 0.98),
            (0.0, -(chest + waist) * 0.48),
            (-half + rump * 0.7, -waist * 0.85),
            (-half - rump * 0.45, -rump * 0.7),
        ]
        under = [
            (half + chest * 0.5, -chest * 0.62),
            (half * 0.4, -(chest * 0.5 + waist * 0.44)),
            (-half + rump * 0.9, -waist * 0.72),
        ]
        parts = [Part(smooth(placed(outline, middle, 1.0, tilt)), build.coat)]
        if "wool" not in build.marks and "patches" not in build.marks:
            light = limb(placed(under, middle, 1.0, tilt), [2.0, chest * 0.32, waist * 0.1])
            parts.append(Part(light, build.belly))
        return parts

    def far_legs(self) -> list[Part]:
        shade = shaded(self.build.coat)
        return [part for leg in self._legs(near=False) for part in self._leg(leg, shade)]

    def near_legs(self) -> list[Part]:
        parts = [part for leg in self._legs(near=True) for part in self._leg(leg, self.build.coat)]
        if self.pose == "sit":
            thigh = smooth(
                placed(
                    [(-1.0, 0.0), (-0.5, 0.85), (0.45, 0.8), (1.05, 0.0), (0.75, -0.75), (-0.6, -0.85)],
                    (self.hip[0] + self.build.rump * 0.5, self.build.rump * 0.95),
                    self.build.rump * 1.05,
                )
            )
            parts.append(Part(thigh, shaded(self.build.coat, 0.93)))
        return parts

    def _legs(self, *, near: bool) -> list[tuple[list[Point], bool]]:
        """The joints of the hind and the fore leg of one side, from the top; True for the hind leg."""
        hip, shoulder, build = self.hip, self.shoulder, self.build
        side = 1.0 if near else -1.0
        reach = build.length * 0.13
        if self.pose == "sit":
            fore_x = shoulder[0] + build.chest * 0.25 + (0 if near else build.leg * 0.8)
            fore: list[Point] = [
                (shoulder[0], shoulder[1] - build.chest * 0.3),
                (fore_x, shoulder[1] * 0.45),
                (fore_x + 1, 3.0),
                (fore_x + build.foot, 2.5),
            ]
            hind_x = hip[0] + build.rump * (1.3 if near else 1.7)
            hind: list[Point] = [
                (hip[0], build.rump * 0.7),
                (hind_x - build.rump * 0.7, build.foot * 0.6),
                (hind_x + build.foot, 3.0),
            ]
            return [(hind, True), (fore, False)]
        if self.pose == "leap":
            swing = 6.0 * side
            fore = [
                (shoulder[0], shoulder[1] - build.chest * 0.3),
                (shoulder[0] + build.shoulder * 0.36 + swing, shoulder[1] - build.shoulder * 0.2 + swing),
                (
                    shoulder[0] + build.shoulder * 0.66 + swing,
                    shoulder[1] - build.shoulder * 0.02 + swing * 1.6,
                ),
            ]
            hind = [
                (hip[0], hip[1]),
                (hip[0] - build.hip * 0.1 - swing, hip[1] * 0.52),
                (hip[0] - build.hip * 0.42 - swing, hip[1] * 0.34),
                (hip[0] - build.hip * 0.66 - swing, hip[1] * 0.06),
            ]
            return [(hind, True), (fore, False)]
        step = reach * (1.5 if self.pose == "walk" else 0.55) * side
        top, low = hip[1], build.hip
        hind_foot = hip[0] - reach * 0.35 - step
        hind = [
            (hip[0] + 2, top),
            (hip[0] + reach * 0.62 - step * 0.3, low * 0.56),
            (hind_foot - reach * 0.42, low * 0.3),
            (hind_foot, 4.0),
            (hind_foot + build.foot * 0.7, 3.0),
        ]
        fore_foot = shoulder[0] + step * 1.1
        fore = [
            (shoulder[0], shoulder[1] - build.chest * 0.2),
            (shoulder[0] + step * 0.25, build.shoulder * 0.5),
            (fore_foot, 4.0),
            (fore_foot + build.foot * 0.7, 3.0),
        ]
        return [(hind, True), (fore, False)]

    def _leg(self, leg: tuple[list[Point], bool], colour: str) -> list[Part]:
        joints, hind = leg
        build = self.build
        top = build.leg * (1.75 if hind else 1.35)
        if self.pose == "sit" and hind:
            top = build.leg
        widths = [
            top,
            *([build.leg * 0.95] if len(joints) > 3 else []),
            build.foot * 1.05,
            build.foot,
            build.foot * 0.85,
        ]
        widths = [*widths[: len(joints) - 1], build.foot * 0.9]
        parts = [Part(limb(joints, widths), colour)]
        if build.dark and build.face in ("pointed", "long") and build.ears != "disc":
            sock = joints[-2:] if len(joints) < 4 else joints[-3:]
            near = placed([(0.0, 0.0)], ((sock[0][0] + sock[1][0]) / 2, (sock[0][1] + sock[1][1]) / 2))[0]
            share = [near, *sock[1:]] if self.build.tail == "bushy" else sock[-2:]
            thick = [build.foot * 1.0] * (len(share) - 1) + [build.foot * 0.92]
            parts.append(Part(limb(share, thick), mix(build.dark, colour, 0.18)))
        return parts
