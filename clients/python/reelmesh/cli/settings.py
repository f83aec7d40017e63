"""The settings of one story in a manifest, named like the command's options, each checked by its rule."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from reelmesh import batches
from reelmesh.cli import arguments, casting, picturing, presenting, wanted
from reelmesh.cli.failures import UsageError
from reelmesh.cli.tables import Broken
from reelmesh.orchestrator.v1.job_pb2 import JobSpec

LABEL = "label."
SOURCES = ("story", "text", "audio")
FILES = ("story", "audio", "music")

_LABEL_NAME = re.compile(r"[a-z0-9._/-]{1,63}")
_OPTION = re.compile(r"--(?P<name>[a-z-]+) ")
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")

Read = Callable[[Any], Any]


def _text(longest: int) -> Read:
    def read(value: Any) -> str:
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise ValueError("must be text")
        if len(str(value)) > longest:
            raise ValueError(f"must have at most {longest:,} characters")
        return str(value)

    return read


def _number(low: float, high: float) -> Read:
    def read(value: Any) -> float:
        try:
            number = float(_plain(value))
        except (ValueError, OverflowError):
            number = float("nan")
        if not low <= number <= high:
            raise ValueError(f"must be a number from {low} to {high}")
        return number

    return read


def _whole(low: int, high: int) -> Read:
    def read(value: Any) -> int:
        rule = f"must be a whole number from {low} to {high}"
        try:
            number = int(_plain(value))
        except (ValueError, OverflowError):
            raise ValueError(rule) from None
        if not low <= number <= high or (isinstance(value, float) and value != number):
            raise ValueError(rule)
        return number

    return read


def _plain(value: Any) -> str | int | float:
    """A value that may stand for a number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError
    return value


def _flag(value: Any) -> bool:
    if str(value).lower() not in (*_TRUE, *_FALSE):
        raise ValueError("must be true or false")
    return str(value).lower() in _TRUE


def _choice(*words: str) -> Read:
    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return str(value)

    return read


def _size(value: Any) -> str:
    try:
        wanted.size(str(value))
    except UsageError as error:
        raise ValueError(str(error).partition(": ")[2]) from None
    return str(value)


def _engines(value: Any) -> list[str]:
    found = value if isinstance(value, list) else re.split(r"[\s;]+", str(value).strip())
    for one in found:
        try:
            wanted.set_engine(JobSpec().narrated_video, str(one))
        except UsageError as error:
            raise ValueError(str(error).removeprefix("--engine ")) from None
    return [str(one) for one in found]


def _upscale(value: Any) -> str:
    try:
        picturing.set_upscale(JobSpec().narrated_video, str(value))
    except UsageError as error:
        raise ValueError(str(error).partition(": ")[2]) from None
    return str(value)


def _characters(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = [f"{name}={looks}" for name, looks in value.items()]
    found = value if isinstance(value, list) else casting.in_one_cell(str(value))
    for one in found:
        if not isinstance(one, str):
            raise ValueError("must be text, NAME=DESCRIPTION or NAME=@PICTURE")
        casting.Character.read(one)
    return found


def _when(value: Any) -> str:
    if value not in ("first", "last"):
        try:
            presenting.times(str(value))
        except UsageError as error:
            raise ValueError(str(error).partition(": ")[2]) from None
    return str(value)


SETTINGS: Mapping[str, Read] = {
    "story": _text(4096),
    "text": _text(wanted.STORY_CHARACTERS),
    "audio": _text(4096),
    "music": _text(4096),
    "title": _text(300),
    "name": _text(300),
    "lang": _text(100),
    "voice": _text(200),
    "style": _text(200),
    "size": _size,
    "fps": _number(1, 120),
    "speed": _number(0.5, 2),
    "animate": _number(0, 1),
    "character": _characters,
    "stock": _text(4096),
    "stock_share": _number(0, 1),
    "variants": _whole(1, 5),
    "presenter": _text(2000),
    "presenter_shape": _choice(*presenting.SHAPES),
    "presenter_at": _choice(*presenting.PLACES),
    "presenter_size": _number(0.05, 1),
    "presenter_when": _when,
    "presenter_cut_out": _flag,
    "seed": _whole(-(2**63), 2**63 - 1),
    "priority": _whole(0, 9),
    "cover": _choice(*picturing.COVERS),
    "cover_prompt": _text(5000),
    "cover_title": _text(300),
    "upscale": _upscale,
    "text_check": _choice(*picturing.TEXT_CHECKS),
    "subtitles": _choice(*wanted.SUBTITLES),
    "subtitle_style": _choice("karaoke", "phrase", "line"),
    "transition": _choice(*arguments.TRANSITIONS),
    "codec": _choice(*arguments.CODECS),
    "show_title": _flag,
    "clean_copy": _flag,
    "preview": _flag,
    "narration_file": _flag,
    "engine": _engines,
}
"""What a story may set, by name, and how its value is read; a ValueError is the rule that it breaks."""


def checked_name(column: str) -> str:
    """A column's setting: "Show-Title" is `show_title`.

    Raises:
        Broken: there is no such setting.
    """
    name = column.strip().lower().replace("-", "_") if not column.startswith(LABEL) else column.strip()
    if name in SETTINGS or name.startswith(LABEL) or name == LABEL[:-1]:
        return name
    near = difflib.get_close_matches(name, SETTINGS, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(SETTINGS)} and {LABEL}NAME"
    raise Broken(column, f"is no setting; {hint}")


def label(name: str, value: Any) -> tuple[str, str]:
    """A label of the user's own.

    Raises:
        Broken: it breaks a rule.
    """
    field = f"{LABEL}{name}"
    if not _LABEL_NAME.fullmatch(name):
        raise Broken(field, "must be named with 1 to 63 of a-z, 0-9, '.', '_', '/' and '-'")
    if name in batches.RESERVED:
        raise Broken(field, "is set by the batch itself")
    try:
        return name, str(_text(200)(value)).strip()
    except ValueError as error:
        raise Broken(field, str(error)) from None


def story(
    cells: Mapping[str, Any], given: argparse.Namespace, folder: Path | None = None
) -> tuple[JobSpec, argparse.Namespace]:
    """The job of a row, and the options that name the files to upload for it.

    `given` are the command's own options, which the row goes before. Paths in it are relative to `folder`;
    without one the row was named on the command line.

    Raises:
        Broken: a field breaks a rule.
    """
    values, labels = _values(cells)
    source = _source(values)
    if folder is not None:
        for field in FILES:
            if field in values:
                values[field] = _file(field, values[field], folder)
        _cast(values, folder)
    both = {name: [*getattr(given, name), *values.pop(name, [])] for name in ("engine", "character")}
    options = argparse.Namespace(**{**vars(given), "story": None, "audio": None, **values, **both})
    spec = _drafted(source, values, options)
    video = spec.narrated_video
    named = "" if source == "text" or values[source] == "-" else Path(values[source]).stem
    titled = spec.WhichOneof("work") == "narrated_video" and video.title
    spec.display_name = options.name or spec.display_name or ("" if titled else as_text(named))
    if options.priority is not None:
        spec.priority = options.priority
    spec.labels.update(dict(label(*one) for one in given.label))
    spec.labels.update(labels)
    return spec, options


def _values(cells: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    values: dict[str, Any] = {}
    labels: dict[str, str] = {}
    for column, cell in cells.items():
        name = checked_name(column)
        value = cell.strip() if isinstance(cell, str) and name != "text" else cell
        if value is None or value == "":
            continue
        if name == LABEL[:-1]:
            if not isinstance(value, dict):
                raise Broken(column, "must be an object of labels")
            labels.update(dict(label(*one) for one in value.items()))
        elif name.startswith(LABEL):
            labels.update([label(name.removeprefix(LABEL), value)])
        elif name in values:
            raise Broken(column, "is given twice")
        else:
            try:
                values[name] = SETTINGS[name](value)
            except ValueError as error:
                raise Broken(column, str(error)) from None
    return values, labels


def _source(values: Mapping[str, Any]) -> str:
    """Which of `SOURCES` the row has."""
    found = [name for name in SOURCES if name in values]
    if not found:
        raise Broken("story", f"is missing: give one of {', '.join(SOURCES)}")
    if len(found) > 1:
        raise Broken(found[1], f"can not be given together with {found[0]}")
    if found == ["text"] and not values["text"].strip():
        raise Broken("text", "there is no text in it")
    return found[0]


def _file(field: str, named: str, folder: Path) -> str:
    path = folder / named
    try:
        there = path.is_file()
    except ValueError:  # as with a NUL in it
        there = False
    if not there:
        raise Broken(field, f"there is no such file: {path}")
    return str(path)


def _cast(values: dict[str, Any], folder: Path) -> None:
    """Takes the pictures of characters and the stock clips from the manifest's folder."""
    try:
        if "stock" in values:
            values["stock"] = str(folder / values["stock"])
            casting.clips_of(values["stock"], "")
    except UsageError as error:
        raise Broken("stock", str(error).strip()) from None
    if values.get("presenter", "").startswith(presenting.FILE_MARK):
        mark = presenting.FILE_MARK
        values["presenter"] = mark + _file("presenter", values["presenter"].removeprefix(mark), folder)
    found = [casting.Character.read(one).beside(folder) for one in values.get("character", [])]
    for character in found:
        if character.picture:
            _file("character", character.picture, Path())
    if found:
        values["character"] = [
            f"{one.name}={one.description or casting.PICTURE_MARK + one.picture}" for one in found
        ]


def _drafted(source: str, values: Mapping[str, Any], options: argparse.Namespace) -> JobSpec:
    try:
        if source != "text":
            return wanted.draft(options)
        spec = JobSpec()
        spec.narrated_video.text = values["text"]
        wanted.fill_in(spec.narrated_video, options)
    except UsageError as error:
        if option := _OPTION.match(str(error)):
            raise Broken(option["name"].replace("-", "_"), str(error)[option.end() :]) from None
        raise Broken(source, str(error).removeprefix(f"{values[source]}: ")) from None
    except OSError as error:
        raise Broken(source, (error.strerror or str(error)).lower()) from None
    return spec


def as_text(name: str) -> str:
    """A file's name as text: what the file system holds need not be Unicode."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
