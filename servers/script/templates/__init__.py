"""What models are told, in versioned files: a change of their words is a new file or another digest."""

from __future__ import annotations

import hashlib
import string
from collections.abc import Mapping
from pathlib import Path

PLAN = "plan.v1.txt"
TOPIC = "topic.v1.txt"


class Templates:
    """The files of one folder; those that it lacks are our own."""

    def __init__(self, folder: Path | None = None) -> None:
        """Reads them.

        Raises:
            OSError: the folder can not be read.
        """
        own = Path(__file__).parent
        self._texts = {}
        for name in (PLAN, TOPIC):
            given = folder / name if folder is not None else own / name
            path = given if given.exists() else own / name
            self._texts[name] = path.read_text(encoding="utf-8")

    @property
    def digest(self) -> str:
        """Changes when any of their words does."""
        told = "\0".join(f"{name}\0{text}" for name, text in sorted(self._texts.items()))
        return hashlib.sha256(told.encode()).hexdigest()[:12]

    def filled(self, name: str, values: Mapping[str, str]) -> str:
        """A template with its `$name` slots filled; what is put in is not read as a template again."""
        return string.Template(self._texts[name]).safe_substitute(values).strip()
