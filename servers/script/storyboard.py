"""What a model says of a text: where its scenes end and what each shows, checked and mended; and how a plan
is drawn from it. Pure.

The model sees a text as numbered pieces and answers with numbers, so it can not change a word of it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reelmesh.script.v1.script_pb2 import PlanRequest, PlanResult, Scene, SceneDraft
from servers.chassis.text import speakable
from servers.script.chat import Wrong
from servers.script.choosing import seed_of
from servers.script.profiles import Profiles

_MOST_PROMPT, _MOST_MOTION, _MOST_SETTING = 3000, 1000, 300
_MOST_NAME, _MOST_LOOKS, _MOST_CHARACTERS = 100, 600, 50
_MOST_TITLE, _MOST_DESCRIPTION, _MOST_TAGS, _MOST_TAG = 120, 2000, 12, 40
_MOST_SUMMARY = 2000
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


@dataclass(frozen=True)
class Look:
    """What one scene shows."""

    image: str
    motion: str
    cast: tuple[str, ...]
    setting: str


@dataclass(frozen=True)
class Part:
    """What the model made of some pieces of the text."""

    ends: tuple[int, ...]
    """Numbers of the pieces that scenes end behind, rising; the last is the last piece's."""
    looks: tuple[Look, ...]
    """One for each of `ends`."""
    sheet: Mapping[str, str]
    """Looks of all characters so far, by name."""
    summary: str
    title: str
    description: str
    tags: tuple[str, ...]


@dataclass
class Storyboard:
    """What was said of the whole, part by part."""

    looks: dict[int, Look] = field(default_factory=dict)
    """What is seen while a piece is read, by its number; what the model said nothing of is not in it."""
    ends: list[int] = field(default_factory=list)
    sheet: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()

    def add(self, first: int, part: Part) -> None:
        """Takes what was said of the pieces from `first` on."""
        start = first
        for end, look in zip(part.ends, part.looks, strict=True):
            self.looks.update(dict.fromkeys(range(start, end + 1), look))
            start = end + 1
        self.ends += part.ends
        self.sheet.update(part.sheet)
        self.summary = part.summary
        self.title, self.description, self.tags = part.title, part.description, part.tags


def schema() -> dict[str, Any]:
    """The JSON schema of an answer, with nothing that strict schemas forbid."""
    text = {"type": "string"}
    scene = {
        "last": {"type": "integer"},
        "image_prompt": text,
        "motion_prompt": text,
        "characters": {"type": "array", "items": text},
        "setting": text,
    }
    character = {"name": text, "looks": text}
    return _object(
        {
            "scenes": {"type": "array", "items": _object(scene)},
            "characters": {"type": "array", "items": _object(character)},
            "summary": text,
            "title": text,
            "description": text,
            "tags": {"type": "array", "items": text},
        }
    )


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def read(told: Any, first: int, last: int, known: Mapping[str, str], *, each: bool) -> Part:
    """An answer about the pieces `first` to `last`, mended where that is safe.

    Mended are a last scene that ends too early, a character who changes looks, one in a scene who is not on
    the sheet, and whatever is too long. `known` is the sheet so far. `each`: every piece is its own scene.

    Raises:
        Wrong: what is left can not be used.
    """
    scenes = _list(told, "scenes")
    ends = [_number(scene, "last") for scene in scenes]
    if each and ends != list(range(first, last + 1)):
        raise Wrong(f'"scenes" must have one scene for each piece, with "last" {first} to {last} in order')
    if not ends or any(after <= before for before, after in itertools.pairwise(ends)):
        raise Wrong('"last" must rise from scene to scene')
    if ends[0] < first or ends[-1] > last:
        raise Wrong(f'"last" must be from {first} to {last}')
    ends[-1] = last
    sheet = dict(known)
    for one in _list(told, "characters")[:_MOST_CHARACTERS]:
        name = _line(one, "name", _MOST_NAME)
        if speakable(name) and len(sheet) < _MOST_CHARACTERS:
            sheet.setdefault(name, _line(one, "looks", _MOST_LOOKS))
    return Part(
        ends=tuple(ends),
        looks=tuple(_look(scene, number) for number, scene in enumerate(scenes, 1)),
        sheet=sheet,
        summary=_line(told, "summary", _MOST_SUMMARY),
        title=_line(told, "title", _MOST_TITLE),
        description=_line(told, "description", _MOST_DESCRIPTION),
        tags=tuple(
            dict.fromkeys(
                tag for one in _list(told, "tags") if speakable(tag := _cleaned(one, _MOST_TAG).lstrip("#"))
            )
        )[:_MOST_TAGS],
    )


def _look(scene: Any, number: int) -> Look:
    image = _line(scene, "image_prompt", _MOST_PROMPT)
    motion = _line(scene, "motion_prompt", _MOST_MOTION)
    for name, text in (("image_prompt", image), ("motion_prompt", motion)):
        if not speakable(text):
            raise Wrong(f'"{name}" of scene {number} is empty')
    cast = dict.fromkeys(_cleaned(name, _MOST_NAME) for name in _list(scene, "characters"))
    return Look(image, motion, tuple(filter(speakable, cast)), _line(scene, "setting", _MOST_SETTING))


def _list(told: Any, name: str) -> list[Any]:
    found = told.get(name) if isinstance(told, dict) else None
    if not isinstance(found, list):
        raise Wrong(f'"{name}" must be a list')
    return found


def _number(told: Any, name: str) -> int:
    found = told.get(name) if isinstance(told, dict) else None
    if not isinstance(found, int) or isinstance(found, bool):
        raise Wrong(f'"{name}" must be a whole number')
    return found


def _line(told: Any, name: str, most: int) -> str:
    found = told.get(name) if isinstance(told, dict) else None
    if not isinstance(found, str):
        raise Wrong(f'"{name}" must be a text')
    return _cleaned(found, most)


def _cleaned(text: Any, most: int) -> str:
    return " ".join(_CONTROL.sub(" ", str(text)).split())[:most].strip()


def drawn(
    request: PlanRequest,
    result: PlanResult,
    looks: Sequence[Look | None],
    board: Storyboard,
    drafts: Sequence[SceneDraft] = (),
) -> None:
    """Lays what the model said over the plan of the rules; `looks` has one for each scene.

    What the user wrote stays: prompts of a draft, a setting, the profiles of characters.
    """
    profiles = Profiles(request.characters)
    for at, (scene, look) in enumerate(zip(result.scenes, looks, strict=True)):
        if look is not None:
            _draw(request, scene, look, board, profiles, drafts[at] if at < len(drafts) else SceneDraft())
    result.title = board.title or result.title
    result.description = board.description or result.description
    if board.tags:
        result.tags[:] = board.tags
    result.provenance.warnings.extend(profiles.warnings)


def _draw(
    request: PlanRequest, scene: Scene, look: Look, board: Storyboard, profiles: Profiles, draft: SceneDraft
) -> None:
    parts = request.prompt_parts
    if not draft.image_prompt:
        pieces = (parts.prefix, look.image, parts.setting, parts.suffix)
        scene.image_prompt = ", ".join(piece.strip() for piece in pieces if piece.strip())
    scene.motion_prompt = draft.motion_prompt or look.motion
    scene.setting = parts.setting.strip() or look.setting
    scene.place_seed = seed_of(request.seed, f"place:{scene.setting}")
    profiles.dress_by_name(scene, look.cast, board.sheet, request.seed)
