"""ListVoices: the voices of all ready engines, filtered and in pages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from reelmesh.tts.v1.tts_pb2 import ListVoicesRequest, ListVoicesResponse, Voice
from servers.chassis.assets import Assets
from servers.chassis.context import CallContext
from servers.chassis.engines import Engines
from servers.chassis.paging import page


@runtime_checkable
class HasVoices(Protocol):
    """An engine that can say which voices it has. One that has no choice of voices need not."""

    def voices(self) -> Sequence[Voice]:
        """Its voices, each with the engine's name. Quick, asked often."""


@runtime_checkable
class LearnsVoices(Protocol):
    """An engine whose voices another machine knows."""

    async def learn_voices(self) -> None:
        """Asks for them where it is time to; leaves what is known where nobody answers."""


class TTSMethods:
    """What TTSService offers besides work."""

    def __init__(self, engines: Engines, assets: Assets) -> None:
        self._engines = engines

    async def ListVoices(self, request: ListVoicesRequest, context: CallContext) -> ListVoicesResponse:
        """See the contract.

        Raises:
            InvalidArgument: the page token is not one of ours.
        """
        ready = self._engines.ready() if request.engine else self._engines.offered()
        engines = [one for one in ready if request.engine in ("", one.name)]
        await asyncio.gather(*(one.learn_voices() for one in engines if isinstance(one, LearnsVoices)))
        voices = [
            voice
            for engine in engines
            if isinstance(engine, HasVoices)
            for voice in engine.voices()
            if _wanted(voice, request)
        ]
        shown, token = page(voices, request.page_size, request.page_token, _order)
        return ListVoicesResponse(voices=shown, next_page_token=token)


def _wanted(voice: Voice, request: ListVoicesRequest) -> bool:
    if request.gender and voice.gender != request.gender:
        return False
    prefix = request.language.lower()
    tags = (tag.lower() for tag in voice.languages)
    return not prefix or any(tag == prefix or tag.startswith(f"{prefix}-") for tag in tags)


def _order(voice: Voice) -> str:
    return "\n".join((voice.engine, voice.languages[0] if voice.languages else "", voice.name))
