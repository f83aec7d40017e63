"""What replicas tell each other at a commit, so that none has to wait for its next look into the database.

A notice is a hint: whoever missed one finds the same by polling.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")
CHANNEL = "reelmesh"
NAMES_IN_ONE = 30
"""Names of jobs or owners in one payload, which must stay below NOTIFY's 8,000 bytes."""


@dataclass
class Notice:
    """What a commit brought."""

    waiting: bool = False
    """A job waits for a replica to take it."""
    commands: bool = False
    """Something was asked of an execution."""
    sequences: dict[str, int] = field(default_factory=dict)
    """The latest sequence of every job that has new events."""
    owners: set[str] = field(default_factory=set)
    """Whose they are."""
    deleted: set[str] = field(default_factory=set)
    """Jobs that are no more."""
    landed: set[str] = field(default_factory=set)
    """Digests, in hexadecimal, of calls that others wait for and that have ended."""
    freed: set[str] = field(default_factory=set)
    """Limits of which there is more to take, or of which somebody wants more. "*": some were set."""

    def __bool__(self) -> bool:
        return bool(
            self.waiting or self.commands or self.sequences or self.deleted or self.landed or self.freed
        )

    def payloads(self, holder: int) -> Iterator[str]:
        """The notice as texts for NOTIFY. `holder` is the sender."""
        if self.waiting or self.commands:
            yield json.dumps([holder, int(self.waiting), int(self.commands), {}, [], []])
        for part in _parts(list(self.sequences.items())):
            yield json.dumps([holder, 0, 0, dict(part), [], []])
        for names in _parts(sorted(self.owners)):
            yield json.dumps([holder, 0, 0, {}, names, []], ensure_ascii=False)
        for names in _parts(sorted(self.deleted)):
            yield json.dumps([holder, 0, 0, {}, [], names])
        for names in _parts(sorted(self.landed)):
            yield json.dumps([holder, 0, 0, {}, [], [], names])
        for names in _parts(sorted(self.freed)):
            yield json.dumps([holder, 0, 0, {}, [], [], [], names], ensure_ascii=False)


def read(payload: str, holder: int) -> Notice | None:
    """A notice that was heard; None: one's own."""
    sender, waiting, commands, sequences, owners, deleted, *others = json.loads(payload)
    if sender == holder:
        return None
    notice = Notice(bool(waiting), bool(commands), sequences, set(owners), set(deleted))
    for names, more in zip((notice.landed, notice.freed), others, strict=False):
        names.update(more)
    return notice


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for begin in range(0, len(items), NAMES_IN_ONE):
        yield items[begin : begin + NAMES_IN_ONE]
