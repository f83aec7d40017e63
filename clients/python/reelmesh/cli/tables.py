"""Manifests as tables: CSV (RFC 4180) and JSON Lines read into rows, each with the line where it begins."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from reelmesh.cli import encodings

ENDINGS = (".csv", ".jsonl")
TABLE_BYTES = 64 * 2**20
_UNDECODED = re.compile(r"[\ud800-\udfff]")
_WORDS = {
    "unexpected end of data": "a quotation mark is opened and never closed",
    "Expecting value": "a value is missing or is not JSON",
}

Row = tuple[int, "dict[str, Any] | Broken"]
"""A row's line, from 1, and its cells by column; or what is wrong with it."""


class Broken(Exception):
    """A row, or a whole table, that is refused: the field and the rule that it breaks."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}" if field else rule)
        self.field = field
        """The field. Empty: the row as a whole."""
        self.rule = rule
        """The rule."""


def read(path: Path, check: Callable[[str], object], encoding: str = encodings.DEFAULT) -> Iterator[Row]:
    """The rows of a table, empty ones left out. Bytes of another encoding spoil only their own row.

    `check` is called with the name of each column of a CSV file, and raises Broken for one that is unknown:
    then there are no rows.

    Raises:
        Broken: the table is too large, or of another encoding.
        OSError: it can not be read.
    """
    with path.open("rb") as file:
        raw = file.read(TABLE_BYTES + 1)
    if len(raw) > TABLE_BYTES:
        raise Broken("", f"is too large: a manifest has at most {TABLE_BYTES >> 20} MiB")
    try:
        text = encodings.decoded(raw, encoding, "surrogateescape")
    except UnicodeDecodeError:
        raise Broken("", encodings.rule(encoding)) from None
    rows = _json_lines(text) if path.suffix.lower() == ".jsonl" else _csv(text, check)
    return ((line, _checked(cells, encoding)) for line, cells in rows)


def _checked(cells: dict[str, Any] | Broken, encoding: str) -> dict[str, Any] | Broken:
    told = {cells.field: ""} if isinstance(cells, Broken) else cells
    for name, value in told.items():
        if _UNDECODED.search(name) or _UNDECODED.search(str(value)):
            return Broken(_UNDECODED.sub("?", name), encodings.rule(encoding))
    return cells


def _json_lines(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: a string may hold U+2028
        if not line.strip():
            continue
        try:
            told = json.loads(line, object_pairs_hook=_once)
        except json.JSONDecodeError as error:
            yield number, Broken("", f"{_WORDS.get(error.msg, error.msg.lower())} (column {error.colno})")
        except RecursionError:
            yield number, Broken("", "is nested too deeply")
        except Broken as broken:
            yield number, broken
        except ValueError as error:
            yield number, Broken("", str(error))
        else:
            yield number, told if isinstance(told, dict) else Broken("", "must be a JSON object")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for name, value in pairs:
        if name in cells:
            raise Broken(name, "is given twice")
        cells[name] = value
    return cells


def _csv(text: str, check: Callable[[str], object]) -> Iterator[Row]:
    csv.field_size_limit(TABLE_BYTES)  # a cell may hold a whole story
    first = text.lstrip("\r\n").partition("\n")[0]
    # Spreadsheets write what their country uses; `strict` tells of a stray quotation mark, and guesses not.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, Broken("", _WORDS.get(str(error), str(error)))
            if header is None:
                return
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = [name.strip() for name in cells]
            if wrong := _wrong(header, check):
                yield line, wrong
                return
            continue
        yield line, _row(header, cells)


def _wrong(header: list[str], check: Callable[[str], object]) -> Broken | None:
    for name in filter(None, header):
        if header.count(name) > 1:
            return Broken(name, "there are two columns of this name")
        try:
            check(name)
        except Broken as broken:
            return broken
    return None


def _row(header: list[str], cells: list[str]) -> dict[str, Any] | Broken:
    unnamed = [cell for name, cell in zip(header, cells, strict=False) if not name]
    if any(cell.strip() for cell in (*unnamed, *cells[len(header) :])):
        columns = sum(1 for name in header if name)
        return Broken(
            "", f"has more cells than the {columns} columns that have a name: is a quotation missing?"
        )
    return {name: cell for name, cell in zip(header, cells, strict=False) if name}
