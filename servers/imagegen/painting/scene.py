"""What a picture is to show: the plan that is read from the words before anything is drawn."""

from __future__ import annotations

import dataclasses
import random

from servers.imagegen.painting.props import PROPS
from servers.imagegen.painting.vocabulary import Mention, mentions

# Where a thing is at home, when the words name no place.
_HOMES = {
    **dict.fromkeys(
        ("tiger", "deer", "bear", "wolf", "monkey", "fox", "leopard", "beasts", "snake", "rabbit"), "forest"
    ),
    **dict.fromkeys(("fish", "frog", "duck", "goose", "swan", "crane", "turtle", "reed", "bridge"), "river"),
    **dict.fromkeys(("tower", "fisherman", "sailor"), "sea"),
    **dict.fromkeys(
        ("lion", "elephant", "ant", "butterfly", "sheep", "cow", "horse", "wheat", "shepherd", "soldier"),
        "field",
    ),
    **dict.fromkeys(("grapes", "vine", "peacock"), "garden"),
    **dict.fromkeys(("eagle", "goat", "temple", "monk"), "mountain"),
    **dict.fromkeys(("donkey", "hen", "chicken", "pig", "dog", "farmer", "well", "house", "ox"), "village"),
    **dict.fromkeys(("cactus", "palm"), "desert"),
    **dict.fromkeys(("chef",), "kitchen"),
    **dict.fromkeys(("doctor", "nurse"), "hospital ward"),
    **dict.fromkeys(("teacher", "student"), "classroom"),
    **dict.fromkeys(("scientist",), "laboratory"),
    **dict.fromkeys(("official",), "office"),
    **dict.fromkeys(("mayor", "reporter", "driver", "police", "firefighter", "worker", "crowd"), "street"),
    **dict.fromkeys(("emperor", "minister"), "palace hall"),
    **dict.fromkeys(("singer", "dancer"), "hall"),
    "player": "park",
    "astronaut": "space",
    "merchant": "market",
    "painter": "room",
    "cat": "room",
}
_KINDS = {
    **dict.fromkeys(("street", "city", "square", "market", "railway", "courtyard"), "street"),
    **dict.fromkeys(
        (
            *("room", "bedroom", "classroom", "office", "library", "cafe", "laboratory", "hospital ward"),
            *("palace hall", "hall", "workshop"),
        ),
        "interior",
    ),
    "kitchen": "tabletop",
    "space": "space",
    "underwater": "underwater",
    "sky": "air",
    "studio": "studio",
}
"""The kind of scene that each place is painted as; all others are landscapes."""
_PLACE_OF_HOME = {"shop": "cafe", "hospital": "hospital ward", "factory": "workshop"}
_WATERS = ("sea", "harbour", "lake", "river")
_AIR = ("light", "time", "weather", "season", "mood", "action")
_MOST_SUBJECTS = 4
_MOST_OF_ONE = 6
_MOST_THINGS = 9


@dataclasses.dataclass(frozen=True)
class Scene:
    """The plan of one picture. Empty words stand for nothing said."""

    kind: str
    """landscape, street, interior, tabletop, studio, space, underwater or air."""
    subjects: tuple[Mention, ...]
    """Animals and people, the most important first."""
    things: tuple[Mention, ...]
    """Props, the most important first."""
    places: tuple[str, ...]
    """Where it is, the nearest first; never empty."""
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
    """Names of all that was asked for, the most telling first."""
    colours: dict[str, str] = dataclasses.field(default_factory=dict)
    """Colours that the words give, by name of the thing."""

    def outdoors(self) -> Scene:
        """What is seen of this scene from a window: the land and the weather, nobody."""
        far = tuple(place for place in self.places if place not in _KINDS or _KINDS[place] == "street")
        return dataclasses.replace(
            self, kind="landscape", subjects=(), things=(), plants=(), places=far or ("hills",)
        )


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
    ][:_MOST_SUBJECTS]
    things = groups.get("thing", [])[:_MOST_THINGS]
    actions = frozenset(action.name for action in groups.get("action", []))
    lights = tuple(light.name for light in groups.get("light", []))
    places = [place.name for place in groups.get("place", [])]
    places.sort(key=lambda place: place == "sky")  # over every land
    if any(PROPS[one.name].stands == "water" for one in things):  # a boat lies on water, wherever else it is
        places.sort(key=lambda place: place not in _WATERS)
        if places and _KINDS.get(places[0]) == "street":
            places.insert(0, "harbour")
    if places == ["road"] and any(PROPS[one.name].home == "street" for one in things):
        places = ["street"]
    if not places or places == ["sky"]:
        fallback = draw.choice(("field", "hills", "mountain", "river"))
        places = [_home(said, subjects, things, actions) or (places or [fallback])[0]]
    if _kind(places) in ("landscape", "street") and any(one.name == "book" for one in things):
        actions |= {"read"} if any(one.group == "person" for one in subjects) else set()
    weather = _weather(groups.get("weather", []))
    kind = _kind(places)
    if kind not in ("interior", "tabletop", "studio"):  # no wall for them to hang on
        things = [one for one in things if PROPS[one.name].stands != "wall"]
    if kind in ("landscape", "street") and any(PROPS[one.name].tall >= 200 for one in things):
        # Beside a tram a loaf of bread would be as long as a boat.
        things = [one for one in things if PROPS[one.name].home != "kitchen"]
    return Scene(
        kind=kind,
        subjects=tuple(subjects),
        things=tuple(things),
        places=tuple(places[:3]),
        trees=tuple(tree.name for tree in groups.get("tree", [])),
        plants=tuple(plant.name for plant in groups.get("plant", [])),
        buildings=tuple(groups.get("building", [])[:3]),
        lights=lights,
        actions=actions,
        time=first.get("time", "night" if {"moon", "stars"} & set(lights) else "day"),
        weather=weather,
        season=first.get("season", "winter" if weather == "snow" else ""),
        mood=first.get("mood", ""),
        named=_named(said, subjects, places[:3]),
        colours={one.name: one.colour for one in said if one.colour},
    )


def _kind(places: list[str]) -> str:
    """The kind of scene that is painted of places, the nearest of which comes first."""
    return _KINDS.get(places[0], "landscape")


def _home(
    said: list[Mention], subjects: list[Mention], things: list[Mention], actions: frozenset[str]
) -> str:
    """The place where what is spoken of belongs; "" where nothing tells."""
    if {"sun", "moon"} <= {one.name for one in said} and all(one.group in _AIR for one in said):
        return "space"
    people = [one for one in subjects if one.group == "person"]
    others = [
        one for one in said if one.group in ("tree", "plant", "building", "animal") and one.name in _HOMES
    ]
    if "grapes" in (one.name for one in others):
        return "garden"
    # What one can stand before tells more of where it is than what one can carry.
    telling = sorted(things, key=lambda one: PROPS[one.name].stands != "ground" or PROPS[one.name].tall < 200)
    homes = [_place(PROPS[one.name].home) for one in telling if PROPS[one.name].home]
    animals = [one for one in subjects if one.group == "animal" and one.name != "cat"]
    if homes and animals and homes[0] == "studio":
        homes = []
    if homes and (len(things) > 1 or not others or things[0].at < others[0].at or people):
        if homes[0] == "studio" and people:
            return next((_HOMES[one.name] for one in people if one.name in _HOMES), "room")
        return homes[0]
    nouns = sorted(others, key=lambda one: (one.group == "building", one.at))
    if nouns:
        return _HOMES[nouns[0].name]
    for one in subjects:
        if one.name in _HOMES:
            return _HOMES[one.name]
    if "cook" in actions:
        return "kitchen"
    if "sleep" in actions:
        return "bedroom"
    if people and actions & {"talk", "read", "write"}:
        return "room"
    if actions & {"fly"} and not subjects:
        return "sky"
    return ""


def _place(home: str) -> str:
    return _PLACE_OF_HOME.get(home, home)


def _weather(known: list[Mention]) -> str:
    """The strongest weather that is spoken of."""
    names = {mention.name for mention in known}
    return next(
        (name for name in ("storm", "snow", "rain", "fog", "cloudy", "wind", "clear") if name in names), ""
    )


def _named(said: list[Mention], subjects: list[Mention], places: list[str]) -> tuple[str, ...]:
    """What was asked for, most telling first: who, then what, then where, then light and weather."""
    names = [subject.name for subject in subjects]
    for group in ("thing", "plant", "tree", "building", "place", "light", "weather"):
        names += [one.name for one in said if one.group == group]
    return tuple(dict.fromkeys([*names, *places]))
