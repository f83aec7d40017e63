"""Settings for people: every setting with its default, and what is wrong with a file, by path and line.

python -m servers.chassis.config init     prints a file with every setting, commented
python -m servers.chassis.config check    says what is wrong, or prints where settings come from
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticUndefined

from servers.chassis.settings import PREFIX, Settings, config_files


def explain(error: ValidationError) -> list[str]:
    """One line for each fault: where it stands (file and line, or environment variable) and what is wrong."""
    return [
        _where(tuple(str(part) for part in fault["loc"])) + f": {fault['msg']}" for fault in error.errors()
    ]


def problems() -> list[str]:
    """What is wrong with the settings as they are now; empty when nothing is."""
    found = []
    for path in config_files():
        if path.is_file():
            found.extend(_syntax(path))
            found.extend(_unknown(path))
    if found:
        return found
    try:
        Settings()
    except ValidationError as error:
        return explain(error)
    return []


def template() -> str:
    """A settings file with every setting, commented out, with its default and meaning."""
    lines = [
        "# Settings of reelmesh. Every line is commented out and shows the default.",
        "# An environment variable overrides each: REELMESH_TTS__CAPACITY=2 sets tts.capacity.",
        '# Secrets are given as "${NAME}" and read from the environment when they are used.',
        "",
    ]
    lines.extend(_render(Settings, 0))
    return "\n".join(lines) + "\n"


def _render(model: type[BaseModel], depth: int) -> Iterator[str]:
    margin = "  " * depth
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield f"{margin}# {name}:{'  # ' + (kind.__doc__ or '').splitlines()[0] if kind.__doc__ else ''}"
            yield from _render(kind, depth + 1)
            if depth == 0:
                yield ""
            continue
        default = field.get_default(call_default_factory=True, validated_data={})
        shown = (
            ""
            if default in (None, PydanticUndefined)
            else json.dumps(default, default=str, ensure_ascii=False)
        )
        yield f"{margin}# {name}: {shown}".rstrip() + (
            f"  # {field.description}" if field.description else ""
        )


def _where(location: tuple[str, ...]) -> str:
    name = ".".join(location)
    variable = PREFIX + "__".join(part.upper() for part in location)
    if variable in os.environ:
        return f"{variable} ({name})"
    for path in reversed(config_files()):
        line = _line(path, location)
        if line is not None:
            return f"{path}:{line}: {name}"
    return name


def _line(path: Path, location: tuple[str, ...]) -> int | None:
    """The line in which a setting stands in a file, from 1."""
    if not path.is_file():
        return None
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    line: int | None = None
    for part in location:
        if not isinstance(node, yaml.MappingNode):
            break
        for key, value in node.value:
            if key.value == part:
                node, line = value, key.start_mark.line + 1
                break
        else:
            return None
    return line


def _syntax(path: Path) -> list[str]:
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        return [f"{path}:{line}: {error.problem}"]
    except UnicodeDecodeError:
        return [f"{path}:1: is not UTF-8 text"]
    if content is not None and not isinstance(content, dict):
        return [f"{path}:1: must be a mapping of sections"]
    return []


def _unknown(path: Path) -> list[str]:
    """Sections that do not exist; names within a section are pydantic's to check."""
    if _syntax(path):
        return []
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    known = ", ".join(Settings.model_fields)
    return [
        f"{path}:{_line(path, (str(name),))}: {name}: is not a section ({known})"
        for name in content
        if name not in Settings.model_fields
    ]


def main(arguments: list[str]) -> int:
    """Runs one of the two commands and returns the exit code."""
    if arguments == ["init"]:
        print(template(), end="")
        return 0
    if arguments != ["check"]:
        print("usage: python -m servers.chassis.config init|check", file=sys.stderr)
        return 2
    found = problems()
    for line in found:
        print(line, file=sys.stderr)
    if found:
        return 1
    for path in config_files():
        print(f"{path}: {'read' if path.is_file() else 'not there'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
