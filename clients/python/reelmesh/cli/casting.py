"""Characters and stock clips: from a command's options, or a manifest's row, to what a film asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reelmesh.cli.failures import UsageError
from reelmesh.orchestrator.v1.narrated_video_pb2 import NarratedVideo
from reelmesh.script.v1.script_pb2 import CharacterProfile

CLIP_ENDINGS = (".mp4", ".mov", ".m4v", ".webm", ".mkv")
MOST_CLIPS = 500
PICTURE_MARK = "@"
_NEXT = re.compile(r"\s*[;\n]\s*(?=[^;=\n]+=)")


@dataclass(frozen=True)
class Character:
    """One thing that is said of a character: what it looks like, or a picture of it."""

    name: str
    description: str = ""
    picture: str = ""
    """A file's path. Empty: none."""

    @classmethod
    def read(cls, text: str) -> Character:
        """Of "NAME=DESCRIPTION" or "NAME=@PICTURE".

        Raises:
            ValueError: it has another form; the rule that it breaks.
        """
        name, _, told = (part.strip() for part in text.partition("="))
        if not name or not told or told == PICTURE_MARK:
            raise ValueError("must be NAME=DESCRIPTION or NAME=@PICTURE")
        if told.startswith(PICTURE_MARK):
            return cls(name, picture=told[1:])
        return cls(name, description=told)

    def beside(self, folder: Path) -> Character:
        """The same, its picture's path taken from a folder."""
        return Character(self.name, self.description, str(folder / self.picture) if self.picture else "")


def characters(texts: Sequence[str]) -> list[Character]:
    """What `--character` says, one of each.

    Raises:
        UsageError: one has another form, or there is no such picture.
    """
    found = []
    for text in texts:
        try:
            found.append(Character.read(text))
        except ValueError as error:
            raise UsageError(f"--character {text}: {error}") from None
        check_picture(found[-1], "--character")
    return found


def check_picture(character: Character, flag: str) -> None:
    """Refuses a picture that can not be read, before anything is made.

    Raises:
        UsageError: it can not.
    """
    if not character.picture:
        return
    try:
        Path(character.picture).open("rb").close()
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", "") or str(error)).lower()
        raise UsageError(f"{flag} {character.name}=@{character.picture}: {reason}") from None


def in_one_cell(text: str) -> list[str]:
    """The characters of a table's cell: "Mira=a girl; Rex=a dog", by semicolons or lines."""
    return [part for part in _NEXT.split(text.strip()) if part]


def stock(folder: str, share: float | None) -> list[str]:
    """The clips that `--stock` names, by name.

    Raises:
        UsageError: there is no such folder, or no clip in it, or too many; or the share is missing.
    """
    if not folder:
        if share is not None:
            raise UsageError("--stock-share needs --stock FOLDER, the folder of the clips")
        return []
    if share is None:
        raise UsageError("--stock needs --stock-share X, the share of the scenes that show a clip of it")
    if not 0 <= share <= 1:
        raise UsageError(f"--stock-share {share:g}: must be a number from 0 to 1")
    return clips_of(folder, "--stock")


def clips_of(folder: str, flag: str) -> list[str]:
    """The clips in a folder, by name.

    Raises:
        UsageError: there is no such folder, or no clip in it, or too many.
    """
    try:
        found = sorted(
            str(path)
            for path in Path(folder).iterdir()
            if path.suffix.lower() in CLIP_ENDINGS and not path.name.startswith(".") and path.is_file()
        )
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", "") or str(error)).lower()
        raise UsageError(f"{flag} {folder}: {reason}") from None
    if not found:
        raise UsageError(f"{flag} {folder}: there is no clip in it ({', '.join(CLIP_ENDINGS)})")
    if len(found) > MOST_CLIPS:
        raise UsageError(f"{flag} {folder}: has more than {MOST_CLIPS} clips")
    return found


def profile(video: NarratedVideo, name: str) -> CharacterProfile:
    """The profile of that name in a film, made when it is not there."""
    for known in video.characters:
        if known.name == name:
            return known
    return video.characters.add(name=name)


def describe(video: NarratedVideo, told: Iterable[Character]) -> None:
    """Sets what the characters look like; their pictures are still to be uploaded."""
    for character in told:
        known = profile(video, character.name)
        known.description = character.description or known.description
