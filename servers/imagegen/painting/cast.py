"""Who is in a picture: figures for the subjects of a scene, their poses, their sizes, where they belong."""

from __future__ import annotations

import dataclasses
import random

from servers.imagegen.painting.animals.birds import PLUMAGES, flying, perched
from servers.imagegen.painting.animals.builds import BUILDS
from servers.imagegen.painting.animals.others import OTHERS
from servers.imagegen.painting.animals.quadrupeds import quadruped
from servers.imagegen.painting.dress import PEOPLE, Dress, dressed
from servers.imagegen.painting.geometry import Figure
from servers.imagegen.painting.palette import palette_of
from servers.imagegen.painting.people import person
from servers.imagegen.painting.props import PROPS, Look
from servers.imagegen.painting.scene import Scene
from servers.imagegen.painting.shapes import bar, blob, box, moved
from servers.imagegen.painting.streams import Streams, fork
from servers.imagegen.painting.vocabulary import Mention

_MOST = 10
_CROWDS = {
    "beasts": ["deer", "rabbit", "monkey", "bear"],
    "crowd": ["man", "woman", "boy", "old man", "woman", "man", "girl"],
}
"""Who is meant by a word for many."""
_HELD = {"spear": "spear", "microphone": "mic", "brush": "brush"}
_BY_ACTION = ("run", "cook", "write", "read", "wave", "point", "sit", "talk", "walk")
"""Poses by what is done, the most telling first."""
_SEAT = palette_of("day", "", "", "", "flat", random.Random(0))
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
    name: str
    also: tuple[str, ...] = ()
    """What else is in the figure."""


def cast(scene: Scene, streams: Streams) -> list[Role]:
    """The figures for the subjects, at most ten, with sizes by which they can be seen together."""
    draw = streams.scene("figures")
    roles: list[Role] = []
    close = 1.25 if "close" in scene.actions else 0.72 if "wide" in scene.actions else 1.0
    for subject in scene.subjects:
        kinds, front = _kinds(subject, scene)
        for number, kind in enumerate(kinds):
            place = _place(kind, scene) if number < front else "behind"
            lead, own = not number and subject is scene.subjects[0], fork(draw)
            if kind in PEOPLE:
                dress = dressed(kind, streams.looks(f"{subject.name} {number}"))
                if subject.colour and kind == subject.name:
                    dress = dataclasses.replace(dress, robe=subject.colour)
                figure = _human(dress, scene, own, lead=lead, index=len(roles))
                size = 3.0 / min(dress.size, 0.9) ** 0.3
            else:
                figure = _animal(kind, scene, own, aloft=place == "air", lead=lead, colour=subject.colour)
                # Small ones are drawn larger than life, so that a mouse and an elephant can share a stage.
                size = 2.75 * (105 / max(figure.height, 30)) ** 0.5 * (0.86 if number else 1.0)
            size *= close * own.uniform(0.96, 1.06) * (0.7 if place == "behind" else 1.0)
            roles.append(Role(figure, size, place, subject.name))
    roles = roles[:_MOST]
    if _benched(scene):
        roles = _on_bench(roles, scene)
    seen = sum(role.place != "behind" for role in roles)
    smaller = {0: 1.0, 1: 1.0, 2: 0.94, 3: 0.84}.get(seen, 0.72)
    return [dataclasses.replace(role, size=role.size * smaller) for role in roles]


def _kinds(subject: Mention, scene: Scene) -> tuple[list[str], int]:
    """Who is meant by a subject, one by one, and how many of them stand in front of the rest."""
    many = _CROWDS.get(subject.name)
    if many is None:
        kinds = [subject.name] * subject.count
        return kinds, 3 if len(kinds) > 4 else len(kinds)
    if subject.name == "crowd" and 1 < subject.count <= 4:
        return many[: subject.count], subject.count
    return many, 0 if len(scene.subjects) > 1 or scene.things else 3


def _human(dress: Dress, scene: Scene, draw: random.Random, *, lead: bool, index: int) -> Figure:
    """A person in the pose that the words ask for, on a seat where it sits."""
    looks_up = "up" in scene.actions or ({"grapes", "vine"} & set(scene.plants) and lead)
    wanted = [pose for pose in _BY_ACTION if pose in scene.actions]
    if wanted and (lead or wanted[0] in ("sit", "run", "walk", "talk")):
        pose = wanted[0]
    elif index % 2 and "talk" in scene.actions:
        pose = "talk"
    elif looks_up:
        pose = "point"
    else:
        pose = (
            "walk" if {"follow", "lead"} & scene.actions else draw.choice(("stand", "stand", "talk", "point"))
        )
    if scene.kind in ("tabletop", "space", "underwater", "air") and pose in ("sit", "walk", "run"):
        pose = "hold"
    figure = person(dress, pose)
    if pose != "sit" or _benched(scene):
        return figure
    if scene.kind == "interior":
        seat = moved(PROPS["chair"].build(Look(draw, _SEAT)), 0, 0)
    elif {"park", "street", "city", "square", "railway", "garden"} & set(scene.places):
        seat = [
            box(-30, 38, 60, 8, "#8a5a35", 3),
            box(-30, 62, 60, 8, "#7a4f2f", 3),
            *[bar("#3f444c", 5, (x, 2), (x, 70)) for x in (-26, 24)],
        ]
    else:
        seat = [blob("#8a8780", (-36, -3), (-32, 30), (-10, 40), (16, 36), (30, 18), (34, -3), sharp=(0, 5))]
    return Figure((*seat, *figure.parts), figure.width + 20, figure.height)


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


def _benched(scene: Scene) -> bool:
    """True when people sit on a bench that the words speak of."""
    return "sit" in scene.actions and any(one.name == "bench" for one in scene.things)


def _on_bench(roles: list[Role], scene: Scene) -> list[Role]:
    """The first two or three on one bench, turned to each other, and the rest."""
    people = [role for role in roles if role.name in PEOPLE or role.name == "crowd"][:3]
    if not people:
        return roles
    parts = list(PROPS["bench"].build(Look(random.Random(0), _SEAT)).parts)
    for role, x in zip(people, ((0.0,), (-52.0, 52.0), (-66.0, 0.0, 66.0))[len(people) - 1], strict=True):
        parts += moved(role.figure, x - (12 if x <= 0 else -12), 0, 1.0, flip=x > 0)
    group = Role(
        Figure(tuple(parts), 210, 140),
        3.0,
        "ground",
        people[0].name,
        ("bench", *(one.name for one in people)),
    )
    return [group, *(role for role in roles if role not in people)]


def carried(scene: Scene) -> set[str]:
    """Things of the scene that its figures hold or sit on, and that need not be drawn again."""
    held = {PEOPLE[one.name].holds for one in scene.subjects if one.name in PEOPLE}
    out = {name for name, what in _HELD.items() if what in held}
    if "read" in scene.actions and any(one.name in PEOPLE for one in scene.subjects):
        out.add("book")
    if _benched(scene) and any(one.name in PEOPLE for one in scene.subjects):
        out.add("bench")
    return out & {one.name for one in scene.things}


def _animal(name: str, scene: Scene, draw: random.Random, *, aloft: bool, lead: bool, colour: str) -> Figure:
    """One animal in the pose that the words ask for."""
    looks_up = "up" in scene.actions or ({"grapes", "vine"} & set(scene.plants) and lead)
    if name in BUILDS:
        if lead and "leap" in scene.actions:
            pose = "leap"
        elif "sit" in scene.actions and name not in _NEVER_SIT:
            pose = "sit"
        elif "graze" in scene.actions and not looks_up:
            pose = "graze"
        elif {"walk", "run", "follow", "lead"} & scene.actions:
            pose = "walk"
        else:
            pose = draw.choice(("stand", "walk", "walk", "sit" if name not in _NEVER_SIT else "stand"))
        pitch = 30.0 if looks_up else draw.uniform(-14, 4)
        young = not lead and draw.random() < 0.5 and name == "deer"
        return quadruped(name, pose, pitch, young=young, coat=colour)
    if name in PLUMAGES:
        return flying(name, draw.uniform(0.55, 0.95)) if aloft else perched(name, 8.0 if looks_up else 0.0)
    return OTHERS[name]()
