"""Who is in a picture: figures for the subjects of a scene, their poses, their sizes, where they belong."""

from __future__ import annotations

import dataclasses
import random

from servers.imagegen.painting.animals.birds import PLUMAGES, flying, perched
from servers.imagegen.painting.animals.builds import BUILDS
from servers.imagegen.painting.animals.others import OTHERS
from servers.imagegen.painting.animals.quadrupeds import quadruped
from servers.imagegen.painting.geometry import Figure
from servers.imagegen.painting.people import PEOPLE, person
from servers.imagegen.painting.scene import Scene

_MOST = 8
_CROWD = ("deer", "rabbit", "monkey", "bear")
"""Who is meant by "the beasts"."""
_PERCHING = ("crow", "sparrow", "pigeon", "parrot", "bird", "dove", "eagle")
_NEVER_SIT = ("horse", "deer", "cow", "ox", "elephant", "sheep", "pig", "donkey")


@dataclasses.dataclass(frozen=True)
class Role:
    """One figure, and where it is to be."""

    figure: Figure
    size: float
    """Canvas units for one of the figure's."""
    place: str
    """ground, air, branch or behind (in the crowd behind the others)."""


def cast(scene: Scene, draw: random.Random) -> list[Role]:
    """The figures for the subjects, at most eight, with sizes by which they can be seen together."""
    roles: list[Role] = []
    close = 1.25 if "close" in scene.actions else 0.72 if "wide" in scene.actions else 1.0
    for subject in scene.subjects:
        crowd = subject.name == "beasts"
        for number, name in enumerate(_CROWD if crowd else [subject.name] * subject.count):
            place = "behind" if crowd and len(scene.subjects) > 1 else _place(name, scene)
            lead = not number and subject is scene.subjects[0]
            figure = _figure(name, scene, draw, aloft=place == "air", lead=lead)
            # Small ones are drawn larger than life, so that a mouse and an elephant can share a stage.
            size = (3.0 if name in PEOPLE else 2.75) * (105 / max(figure.height, 30)) ** 0.5 * close
            size *= (0.86 if number else draw.uniform(0.92, 1.1)) * (0.66 if place == "behind" else 1.0)
            roles.append(Role(figure, size, place))
    roles = roles[:_MOST]
    seen = sum(role.place != "behind" for role in roles)
    smaller = {0: 1.0, 1: 1.0, 2: 0.84, 3: 0.74}.get(seen, 0.64)
    return [dataclasses.replace(role, size=role.size * smaller) for role in roles]


def _place(name: str, scene: Scene) -> str:
    if name not in PLUMAGES:
        return "ground"
    if "fly" in scene.actions:
        return "air"
    if name in _PERCHING:
        if {"tree", "pine", "bare tree"} & set(scene.trees) or {"grapes", "vine"} & set(scene.plants):
            return "branch"
        if name in ("eagle", "dove", "bird") and len(scene.subjects) > 1:
            return "air"
    return "ground"


def _figure(name: str, scene: Scene, draw: random.Random, *, aloft: bool, lead: bool) -> Figure:
    """One animal or person in the pose that the words ask for."""
    looks_up = "up" in scene.actions or ({"grapes", "vine"} & set(scene.plants) and lead)
    if name in BUILDS:
        pose = "stand"
        if lead and "leap" in scene.actions:
            pose = "leap"
        elif "sit" in scene.actions and name not in (
            "horse",
            "deer",
            "cow",
            "ox",
            "elephant",
            "sheep",
            "pig",
            "donkey",
        ):
            pose = "sit"
        elif "graze" in scene.actions and not looks_up:
            pose = "graze"
        elif {"walk", "follow", "lead"} & scene.actions:
            pose = "walk"
        else:
            pose = draw.choice(("stand", "walk", "walk", "sit" if name not in _NEVER_SIT else "stand"))
        pitch = 30.0 if looks_up else draw.uniform(-14, 4)
        return quadruped(name, pose, pitch, young=not lead and draw.random() < 0.5 and name == "deer")
    if name in PLUMAGES:
        return flying(name, draw.uniform(0.55, 0.95)) if aloft else perched(name, 8.0 if looks_up else 0.0)
    if name in OTHERS:
        return OTHERS[name]()
    return person(name, walking="walk" in scene.actions, pointing=bool(looks_up) or draw.random() < 0.3)
