"""What `submit` is given, as stories: files, folders and manifests. What is wrong is refused by its place."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reelmesh.cli import encodings, settings, tables
from reelmesh.cli.failures import UsageError
from reelmesh.cli.tables import Broken
from reelmesh.orchestrator.v1.job_pb2 import JobSpec

STORY_ENDINGS = (".txt", ".md")
MOST_STORIES = 10_000


@dataclass(frozen=True)
class Story:
    """One story of a batch."""

    row: str
    """What names it within the batch: its file's name, or its manifest's with its number there."""
    place: str
    """Where it was found, for people: "stories.csv:3"."""
    spec: JobSpec
    """The job, but for the files that are still to be uploaded."""
    options: argparse.Namespace
    """Names those files."""


@dataclass(frozen=True)
class Refused:
    """A row that breaks a rule."""

    place: str
    """Where it is, for people: "stories.csv:3"."""
    field: str
    """The field. Empty: the row as a whole."""
    rule: str
    """The rule."""

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, self.field, self.rule) if part)


def is_batch(options: argparse.Namespace) -> bool:
    """Whether `submit` is given more than one story, or what may hold more."""
    stories: Sequence[str] = options.stories
    return len(stories) > 1 or bool(options.batch) or any(_is_many(Path(one)) for one in stories)


def _is_many(path: Path) -> bool:
    return path.suffix.lower() in tables.ENDINGS or path.is_dir()


def read(options: argparse.Namespace) -> tuple[list[Story], list[Refused]]:
    """The stories that the options name, in order, and what was refused of them.

    Raises:
        UsageError: the options fit no batch.
    """
    if options.audio:
        raise UsageError("--audio is for one film: give a manifest with the column `audio`")
    if not options.stories:
        raise UsageError("give stories: text files, folders of them, or a manifest (.csv or .jsonl)")
    stories: list[Story] = []
    refused: list[Refused] = []
    seen: Counter[str] = Counter()
    for number, (row, place, cells, folder) in enumerate(
        _found(options.stories, encodings.checked(options.encoding)), 1
    ):
        if number > MOST_STORIES:
            raise UsageError(f"there are more than {MOST_STORIES:,} stories: make several batches of them")
        seen[row] += 1
        name = row if seen[row] == 1 else f"{row} ({seen[row]})"
        try:
            if isinstance(cells, Broken):
                raise cells
            stories.append(Story(name, place, *settings.story(cells, options, folder)))
        except Broken as broken:
            refused.append(Refused(place, broken.field, broken.rule))
    return stories, refused


_Found = tuple[str, str, "dict[str, Any] | Broken", Path | None]


def _found(named: Sequence[str], encoding: str) -> Iterator[_Found]:
    """(name, place, cells or what is wrong, folder of its paths) of everything that is named."""
    for one in named:
        path = Path(one)
        try:
            if path.is_dir():
                yield from _of_folder(path)
            elif path.suffix.lower() in tables.ENDINGS:
                yield from _of_table(path, encoding)
            else:
                yield settings.as_text(path.name), settings.as_text(one), {"story": one}, None
        except OSError as error:
            yield one, settings.as_text(one), Broken("", (error.strerror or str(error)).lower()), None
        except Broken as broken:
            yield one, settings.as_text(one), broken, None


def _of_folder(folder: Path) -> Iterator[_Found]:
    files = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in STORY_ENDINGS and not path.name.startswith(".") and path.is_file()
    )
    if not files:
        raise Broken("", f"there is no {' or '.join(STORY_ENDINGS)} file in this folder")
    for path in files:
        yield settings.as_text(path.name), settings.as_text(str(path)), {"story": str(path)}, None


def _of_table(path: Path, encoding: str) -> Iterator[_Found]:
    place, number = settings.as_text(str(path)), 0
    for number, (line, cells) in enumerate(tables.read(path, settings.checked_name, encoding), 1):
        yield f"{settings.as_text(path.name)}#{number}", f"{place}:{line}", cells, path.parent
    if not number:
        raise Broken("", "there is no row in it")
