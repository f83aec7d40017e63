"""The profiles of a story's characters: which words stand for them, and what a scene carries of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reelmesh.imagegen.v1.imagegen_pb2 import Lora
from reelmesh.script.v1.script_pb2 import CharacterProfile, Scene
from servers.chassis.errors import InvalidArgument
from servers.chassis.text import speakable
from servers.script.choosing import seed_of
from servers.script.lexicon import Noun
from servers.script.nouns import Figure, Reader, read
from servers.script.stage import CAST

MOST_LORAS = 8
"""As many as ImageGen takes."""


class Profiles:
    """The profiles of one request, and who else has a name: those come after them."""

    def __init__(self, profiles: Sequence[CharacterProfile], others: Sequence[Figure] = ()) -> None:
        self._of = {_noun(profile): profile for profile in profiles}
        own = [
            Figure(noun, (one.name.strip(), *map(str.strip, one.aliases))) for noun, one in self._of.items()
        ]
        taken = {word.casefold() for figure in own for word in figure.words}
        self.reader = Reader([*own, *(one for one in others if one.words[0].casefold() not in taken)])
        self._cut: set[str] = set()

    @property
    def warnings(self) -> list[str]:
        """What did not go into a scene, one line each."""
        return [
            f"LoRA {name!r} was passed over where a scene's characters have more than {MOST_LORAS}"
            for name in sorted(self._cut)
        ]

    def dress(self, scene: Scene, cast: Sequence[Noun], looks: Sequence[str]) -> None:
        """Writes into a scene who is in it. `looks` describes each of the cast as the text does."""
        told = [
            _told(self._of[noun]) if noun in self._of else look
            for noun, look in zip(cast, looks, strict=True)
        ]
        scene.character = "; ".join(told)[:2000]
        known = [self._of[noun] for noun in cast if noun in self._of]
        for profile in known:
            if profile.HasField("reference_image"):
                scene.reference_image.CopyFrom(profile.reference_image)
                break
        loras: dict[str, Lora] = {}
        for lora in (lora for profile in known for lora in profile.loras):
            loras.setdefault(lora.name, lora)
        scene.loras.extend(list(loras.values())[:MOST_LORAS])
        self._cut.update(list(loras)[MOST_LORAS:])

    def dress_by_name(self, scene: Scene, names: Sequence[str], looks: Mapping[str, str], seed: int) -> None:
        """Writes into a scene that those named are in it, in place of whom the rules found.

        `looks` describes those without a profile; a character's seed comes from the plan's and its name.
        """
        by_word = {
            word.casefold(): noun for noun, one in self._of.items() for word in (one.name, *one.aliases)
        }
        cast = [by_word.get(name.casefold(), Noun("person", name, name)) for name in names]
        scene.ClearField("reference_image")
        del scene.loras[:]
        told = {name: f"{name}: {look}" if look else name for name, look in looks.items()}
        self.dress(scene, cast, [told.get(noun.english, noun.english) for noun in cast])
        scene.character_seed = 0
        if cast:
            own = self.seed_of(cast[0])
            scene.character_seed = seed_of(seed, f"character:{cast[0].english}") if own is None else own

    def seed_of(self, noun: Noun) -> int | None:
        """The seed that a character's profile gives; None for what has none."""
        profile = self._of.get(noun)
        return profile.seed if profile is not None and profile.HasField("seed") else None


def check(profiles: Sequence[CharacterProfile]) -> None:
    """Refuses profiles that can not be told apart.

    Raises:
        InvalidArgument: a name or an alias stands for two of them, or is blank.
    """
    taken: dict[str, int] = {}
    for at, profile in enumerate(profiles):
        for field, name in names_of(at, profile):
            if not speakable(name):
                raise InvalidArgument((field, "has no letter or digit that could be found in a text"))
            if taken.setdefault(name.strip().casefold(), at) != at:
                raise InvalidArgument((field, f'"{name.strip()}" stands for two characters'))


def names_of(at: int, profile: CharacterProfile) -> Iterator[tuple[str, str]]:
    """The words that stand for the request's `at`-th character, each by its field."""
    yield f"characters[{at}].name", profile.name
    for number, alias in enumerate(profile.aliases):
        yield f"characters[{at}].aliases[{number}]", alias


def _noun(profile: CharacterProfile) -> Noun:
    """A profile as a noun: what its description begins with tells whether it is an animal, a he or a she."""
    name = profile.name.strip()
    alike = [
        one.entry
        for text in (profile.description, *profile.aliases, name)
        for one in read(text)
        if isinstance(one.entry, Noun) and one.entry.kind in CAST
    ]
    kind, pronoun = (alike[0].kind, alike[0].pronoun) if alike else ("person", "")
    return Noun(kind, name, name, pronoun)


def _told(profile: CharacterProfile) -> str:
    description = " ".join(profile.description.split())
    return f"{profile.name.strip()}: {description}" if description else profile.name.strip()
