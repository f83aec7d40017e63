"""What a picture is to show: the plan that is read from the words before anything is drawn."""

from __future__ import annotations

import dataclasses
import random

from servers.imagegen.painting.vocabulary import Mention, mentions

# Where a thing is at home, when the words name no place.
_HOMES = {
    **dict.fromkeys(
        ("tiger", "deer", "bear", "wolf", "monkey", "fox", "leopard", "beasts", "snake", "rabbit"), "forest"
    ),
    **dict.fromkeys(("fish", "frog", "duck", "goose", "swan", "crane", "turtle", "reed", "bridge"), "river"),
    **dict.fromkeys(("boat", "tower", "fisherman"), "sea"),
    **dict.fromkeys(
        ("lion", "elephant", "ant", "butterfly", "sheep", "cow", "horse", "wheat", "shepherd"), "field"
    ),
    **dict.fromkeys(("grapes", "vine", "peacock"), "garden"),
    **dict.fromkeys(("eagle", "goat", "temple", "monk"), "mountain"),
    **dict.fromkeys(("donkey", "hen", "chicken", "pig", "dog", "farmer", "well", "house", "ox"), "village"),
    **dict.fromkeys(("cactus", "palm"), "desert"),
    "car": "city",
}
_MOST_SUBJECTS = 4
_MOST_OF_ONE = 5


@dataclasses.dataclass(frozen=True)
class Scene:
    """The plan of one picture. Empty words stand for nothing said."""

    subjects: tuple[Mention, ...]
    """Animals and people, the most important first."""
    places: tuple[str, ...]
    """Where it is; never empty."""
    trees: tuple[str, ...]
    plants: tuple[str, ...]
    buildings: tuple[Mention, ...]
    lights: tuple[str, ...]
    """sun, moon, stars, rainbow: only what was asked for."""
    actions: frozenset[str]
    time: str
    weather: str
    season: str
    mood: str
    named: tuple[str, ...]
    """Names of all that was asked for and can be drawn, in the order of the words."""


def plan(text: str, setting: str, draw: random.Random) -> Scene:
    """Reads a prompt; `setting` holds words on light and mood, which count before the prompt's own.

    A prompt without a word that the painter knows gives a landscape that the seed chooses.
    """
    found = mentions(text)
    said = [*mentions(setting), *found]
    groups: dict[str, list[Mention]] = {}
    for mention in said:
        known = groups.setdefault(mention.group, [])
        if all(mention.name != other.name for other in known):
            known.append(mention)
    first = {group: known[0].name for group, known in groups.items()}
    subjects = [
        dataclasses.replace(subject, count=min(subject.count, _MOST_OF_ONE))
        for subject in sorted([*groups.get("animal", []), *groups.get("person", [])], key=lambda one: one.at)
    ]
    places = [place.name for place in groups.get("place", [])]
    if not places:
        nouns = sorted(
            (one for one in said if one.name in _HOMES), key=lambda one: (one.group == "building", one.at)
        )
        places = [_HOMES[nouns[0].name]] if nouns else [draw.choice(("field", "hills", "mountain", "river"))]
        if "grapes" in (one.name for one in nouns):
            places = ["garden"]
    weather = _weather(groups.get("weather", []))
    season = first.get("season", "winter" if weather == "snow" else "")
    lights = tuple(light.name for light in groups.get("light", []))
    return Scene(
        subjects=tuple(subjects[:_MOST_SUBJECTS]),
        places=tuple(places[:3]),
        trees=tuple(tree.name for tree in groups.get("tree", [])),
        plants=tuple(plant.name for plant in groups.get("plant", [])),
        buildings=tuple(groups.get("building", [])[:3]),
        lights=lights,
        actions=frozenset(action.name for action in groups.get("action", [])),
        time=first.get("time", "night" if {"moon", "stars"} & set(lights) else "day"),
        weather=weather,
        season=season,
        mood=first.get("mood", ""),
        named=_named(said, subjects[:_MOST_SUBJECTS], places[:3]),
    )


def _weather(known: list[Mention]) -> str:
    """The strongest weather that is spoken of."""
    names = {mention.name for mention in known}
    return next(
        (name for name in ("storm", "snow", "rain", "fog", "cloudy", "wind", "clear") if name in names), ""
    )


def _named(said: list[Mention], subjects: list[Mention], places: list[str]) -> tuple[str, ...]:
    """What the picture will hold, most telling first: who, then what, then where, then light and weather."""
    order = ("plant", "tree", "building", "place", "light", "weather")
    kept = {subject.name for subject in subjects}
    names = [subject.name for subject in subjects]
    for group in order:
        names += [one.name for one in said if one.group == group]
    names += places
    unseen = {"clear", "wind"} | ({one.name for one in said if one.group in ("animal", "person")} - kept)
    return tuple(dict.fromkeys(name for name in names if name not in unseen))
