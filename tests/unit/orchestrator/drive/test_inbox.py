"""What waits in an execution's inbox: in order, for as long as it may, and never for good."""

from __future__ import annotations

import asyncio

import pytest

from orchestrator.drive import inbox
from orchestrator.drive.inbox import Inbox, Item
from orchestrator.pure.signals import Key, Started, Succeeded
from reelmesh.tts.v1.tts_pb2 import SynthesizeResult

KEY = Key("a")
BEGUN, ENDED = Started(KEY), Succeeded(KEY, SynthesizeResult())


async def test_that_a_call_has_begun_is_taken_in_with_what_comes_after_it() -> None:
    box = Inbox()
    box.put(Item(BEGUN), held=True)
    taking = asyncio.create_task(box.take())
    await asyncio.sleep(0)
    assert not taking.done()
    box.put(Item(ENDED))
    assert [item.event for item in await taking] == [BEGUN, ENDED]
    assert box.empty


async def test_it_waits_for_a_while_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "HOLD_SECONDS", 0.01)
    box = Inbox()
    for _ in range(2):
        box.put(Item(BEGUN), held=True)
        assert [item.event for item in await box.take()] == [BEGUN]


async def test_what_an_execution_that_has_ended_is_told_is_never_on_disk() -> None:
    box = Inbox()
    before = box.put(Item(BEGUN), held=True)
    box.close()
    after = box.put(Item(ENDED))
    assert (await before, await after) == (False, False)
