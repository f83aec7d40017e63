"""Reads the lettering of pictures, in worker processes; says what of it nobody asked for."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from reelmesh.common.v1.engine_pb2 import MISSING_KIND_EXTRA, Missing
from reelmesh.imagegen.v1.imagegen_pb2 import FoundText
from servers.chassis.settings import TextCheckSettings
from servers.chassis.worker import WorkerPool

MOST_FOUND = 50
_PACKAGES = ("rapidocr", "onnxruntime")
_MEMORY_BYTES = 4 * 2**30
_IDLE_SECONDS = 60.0
_LEAST_LETTERS = 2
"""A lone letter is most often a twig, a window or a wheel."""
_QUOTED = re.compile(
    r"\"([^\"\n]{1,200})\"|“([^”\n]{1,200})”|「([^」\n]{1,200})」|『([^』\n]{1,200})』|«([^»\n]{1,200})»"
)


class Reader:
    """Reads pictures by RapidOCR, whose models for Chinese and Latin letters come with the package."""

    def __init__(self, settings: TextCheckSettings) -> None:
        self._settings = settings
        self._workers = WorkerPool(
            "servers.imagegen.lettering.reading_worker",
            size=2,
            idle_seconds=_IDLE_SECONDS,
            memory_bytes=_MEMORY_BYTES,
        )

    @staticmethod
    def missing() -> Sequence[Missing]:
        """What stands in the way of reading."""
        return tuple(
            Missing(kind=MISSING_KIND_EXTRA, name=package, remedy='pip install "reelmesh[ocr]"')
            for package in _PACKAGES
            if importlib.util.find_spec(package) is None
        )

    @property
    def version(self) -> str:
        """Fingerprint of what decides whether there is lettering in a picture."""
        return f"{_package_version()}-{self._settings.least_confidence:g}-{self._settings.longest_side}"

    async def read(self, path: Path) -> list[FoundText]:
        """The lettering of a picture in reading order.

        Raises:
            Fault: it can not be read.
        """
        arguments = {"path": str(path), "longest_side": self._settings.longest_side}
        told = await self._workers.call("read", arguments, timeout_seconds=self._settings.timeout_seconds)
        found = [FoundText(**one) for one in told["texts"]]
        return [one for one in found if one.confidence >= self._settings.least_confidence]

    async def close(self) -> None:
        """Ends the worker processes."""
        await self._workers.close()


def unasked(found: Iterable[FoundText], allowed: Sequence[str]) -> list[FoundText]:
    """Of what was found what nobody asked for."""
    wanted = sorted({plain for text in allowed if (plain := _plain(text))}, key=len, reverse=True)
    return [one for one in found if len(_without(_plain(one.text), wanted)) >= _LEAST_LETTERS][:MOST_FOUND]


def quoted(prompt: str) -> list[str]:
    """What a prompt puts in quotation marks: lettering that is wanted."""
    return [next(filter(None, match.groups())) for match in _QUOTED.finditer(prompt)]


def area(found: Iterable[FoundText]) -> int:
    """How much of a picture lettering takes, pixels."""
    return sum(one.width_pixels * one.height_pixels for one in found)


def _plain(text: str) -> str:
    """Letters and digits alone, their case folded."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _without(text: str, wanted: Sequence[str]) -> str:
    for one in wanted:
        text = text.replace(one, "")
    return text


@functools.cache
def _package_version() -> str:
    try:
        return importlib.metadata.version(_PACKAGES[0])
    except importlib.metadata.PackageNotFoundError:
        return "none"
