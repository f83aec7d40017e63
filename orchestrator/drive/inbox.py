"""What happened to an execution and is not taken in yet.

Most of it is to be taken in at once. That a call has begun may wait a little: where it ends soon, both are
taken in, and written, in one go. It never waits longer than what came after it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.drive.record import Told
from orchestrator.pure.signals import Event

if TYPE_CHECKING:
    from orchestrator.drive.attempt import Attempt

HOLD_SECONDS = 0.2
"""How long it may wait to be told that a call has begun. It has begun no later for it, and after a crash it
is made under the same request_id whether it was told or not."""


def _future() -> asyncio.Future[bool]:
    return asyncio.get_running_loop().create_future()


@dataclass(eq=False, slots=True)
class Item:
    """Something that happened."""

    event: Event | None = None
    """What the walk is told; None: it is not the walk's business."""
    told: Told = Told()  # noqa: RUF009 - frozen
    attempt: Attempt | None = None
    """Whose it is."""
    command: int | None = None
    """The command that it does."""
    done: asyncio.Future[bool] = field(default_factory=_future)
    """Whether it is on disk. False: it never will be."""

    def settle(self, *, on_disk: bool) -> None:
        """Tells whoever waits for it, and has not left meanwhile."""
        if not self.done.done():
            self.done.set_result(on_disk)


class Inbox:
    """Items in the order in which they came. One task takes them."""

    def __init__(self) -> None:
        self.closed = False
        """Whether it takes nothing in any more."""
        self._items: list[Item] = []
        self._due = False
        self._bell: asyncio.Future[None] | None = None
        self._hold: asyncio.TimerHandle | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is in it."""
        return not self._items

    def put(self, item: Item, *, held: bool = False) -> asyncio.Future[bool]:
        """Adds an item; returns whether it comes to be on disk. `held`: it may wait for others to come."""
        if self.closed:
            item.settle(on_disk=False)
            return item.done
        self._items.append(item)
        if not held:
            self._ring()
        elif self._hold is None:
            self._hold = asyncio.get_running_loop().call_later(HOLD_SECONDS, self._ring)
        return item.done

    async def take(self) -> list[Item]:
        """All that is in it, as soon as something may not wait."""
        while not self._due:
            self._bell = asyncio.get_running_loop().create_future()
            await self._bell
        self._due = False
        items, self._items = self._items, []
        return items

    def close(self) -> None:
        """Takes nothing in any more. What is in it never comes to be on disk."""
        self.closed = True
        items, self._items = self._items, []
        if self._hold is not None:
            self._hold.cancel()
        for item in items:
            item.settle(on_disk=False)

    def _ring(self) -> None:
        self._due = True
        if self._hold is not None:
            self._hold.cancel()
            self._hold = None
        if self._bell is not None and not self._bell.done():
            self._bell.set_result(None)
