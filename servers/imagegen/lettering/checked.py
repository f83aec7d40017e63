"""Any engine that draws, with a look at its pictures: lettering that nobody asked for is told, or avoided.

A picture that costs money is made again only with the caller's word (`redo_paid`), as often as the request
says: what that comes to at most is in the resolution's cost. One that was made, and paid for, is never lost:
where a redo fails, or the picture can not be read, it is kept and a warning says so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from google.protobuf.message import Message
from google.type.money_pb2 import Money

from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.engine_pb2 import Missing
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.imagegen.v1 import imagegen_pb2
from reelmesh.imagegen.v1.imagegen_pb2 import GenerateRequest, GenerateResult, Image
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import FailedPrecondition, Fault, InvalidArgument
from servers.chassis.money import money, nanos_of
from servers.chassis.settings import EngineChoice, ImageGenSettings, TextCheckSettings
from servers.imagegen import listing
from servers.imagegen.lettering.reading import Reader, area, quoted, unasked
from servers.imagegen.upscaling.engine import Upscaler

_MODES = {
    "off": imagegen_pb2.TEXT_CHECK_OFF,
    "warn": imagegen_pb2.TEXT_CHECK_WARN,
    "redo": imagegen_pb2.TEXT_CHECK_REDO,
}
_LOOKS = (imagegen_pb2.TEXT_CHECK_WARN, imagegen_pb2.TEXT_CHECK_REDO)
_CAPABILITY = "text-check"
_DRAWN = 0.7
"""Share of the progress that the first drawing is."""
_READING_SECONDS = 2.0
_SHOWN_CHARACTERS = 60


def around(settings: EngineChoice) -> Callable[[Engine], Engine]:
    """What lays the look around each engine of a server that draws. All share one reader."""
    assert isinstance(settings, ImageGenSettings)
    reader = Reader(settings.text_check)
    return lambda engine: (
        engine if isinstance(engine, Upscaler) else Checked(engine, reader, settings.text_check)
    )


class Checked(Engine):
    """An engine whose pictures are looked at where a request, or the settings, ask for it."""

    def __init__(self, engine: Engine, reader: Reader, settings: TextCheckSettings) -> None:
        super().__init__(engine.settings)
        self.name = engine.name
        self._engine, self._reader, self._check = engine, reader, settings

    def describe(self) -> Description:
        """See `Engine.describe`."""
        description = self._engine.describe()
        if not self._reader.missing():
            able = sorted({*description.capabilities, _CAPABILITY})
            del description.capabilities[:]
            description.capabilities.extend(able)
        return description

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`: the engine's own, since it draws without a reader too."""
        return self._engine.missing()

    @property
    def on_request(self) -> bool:
        """See `Engine.on_request`."""
        return self._engine.on_request

    @property
    def paid(self) -> bool:
        """See `Engine.paid`."""
        return self._engine.paid

    def serves(self, request: Message) -> bool:
        """See `Engine.serves`: what draws does not enlarge."""
        return isinstance(request, GenerateRequest) and self._engine.serves(request)

    def models(self) -> Sequence[imagegen_pb2.Model]:
        """See `listing.ListsModels`."""
        return listing.models_of(self._engine)

    def resolve(self, request: Any) -> Resolved[GenerateRequest]:
        """See `Engine.resolve`.

        Raises:
            InvalidArgument: it is no request for pictures.
            FailedPrecondition: they are to be looked at, and the reader lacks its packages.
        """
        if not isinstance(request, GenerateRequest):
            rule = f'"{self.name}" draws and does not enlarge: name one that does, or add "resample" to '
            raise InvalidArgument(("engine", f"{rule}imagegen.engines in the settings"))
        resolved = self._engine.resolve(request)
        full = resolved.request
        full.text_check = request.text_check or _MODES[self._check.mode]
        if full.text_check not in _LOOKS:
            if self._check.mode == "off":  # then off goes without saying, and is remembered as one
                full.ClearField("text_check")
            full.ClearField("text_check_options")
            return resolved
        if missing := self._reader.missing():
            what = "; ".join(f"{item.name} is missing: {item.remedy}" for item in missing)
            raise FailedPrecondition(f"text_check: {what}", reason="TEXT_CHECK_NOT_READY", missing=missing)
        options = full.text_check_options
        if full.text_check == imagegen_pb2.TEXT_CHECK_REDO:
            options.most_redos = options.most_redos or self._check.redos
        else:
            options.most_redos, options.redo_paid = 0, False
        times = 1 + self._redos(full)
        seconds, cost = resolved.expected_seconds, resolved.expected_cost
        return dataclasses.replace(
            resolved,
            version=f"{resolved.version}+text-{self._reader.version}",
            expected_seconds=None if seconds is None else seconds + full.count * _READING_SECONDS,
            expected_cost=None if cost is None else money(nanos_of(cost) * times, cost.currency_code),
        )

    def _redos(self, request: GenerateRequest) -> int:
        """How often a picture may be made again."""
        options = request.text_check_options
        return 0 if self._engine.paid and not options.redo_paid else options.most_redos

    async def run(self, request: GenerateRequest, work: WorkContext) -> AsyncIterator[Message]:
        """See `Engine.run`."""
        if request.text_check not in _LOOKS:
            async for item in self._engine.run(request, work):
                yield item
            return
        result = GenerateResult()
        async for item in self._engine.run(request, work):
            if isinstance(item, Progress):
                yield _within(item, 0.0, _DRAWN)
            else:
                assert isinstance(item, GenerateResult)
                result.MergeFrom(item)
        each = (1.0 - _DRAWN) / max(1, len(result.images))
        for index in range(len(result.images)):
            async for progress in self._settle(request, result, index, work):
                yield _within(progress, _DRAWN + index * each, each)
        if result.images:
            result.provenance.seed = result.images[0].seed
        yield result

    async def _settle(
        self, request: GenerateRequest, result: GenerateResult, index: int, work: WorkContext
    ) -> AsyncIterator[Progress]:
        """Looks at one picture of a result, and makes it again as often as it has to and may be."""
        told, most = result.provenance.warnings, self._redos(request)
        which = f"picture {index + 1} of {len(result.images)}" if len(result.images) > 1 else "the picture"
        allowed = [*request.text_check_options.allowed_texts, *quoted(request.prompt)]
        best, latest, made = Image(), result.images[index], 0
        for redo in range(most + 1):
            if redo:
                latest = Image()
                with _kept(told, which):
                    async for item in self._engine.run(_again(request, index, redo), work):
                        if isinstance(item, Progress):
                            yield _within(item, redo / (most + 1), 1 / (most + 1))
                        elif isinstance(item, GenerateResult):
                            latest.CopyFrom(item.images[0])
                            _add_cost(result.provenance.cost, item.provenance.cost)
                if not latest.HasField("asset"):
                    break
                made = redo
            yield Progress(stage="reading", fraction=redo / (most + 1), detail=which)
            try:
                found = unasked(await self._reader.read(await work.path(latest.asset, "images")), allowed)
            except Fault as fault:
                told.append(f"{which} could not be looked at for lettering: {fault.message}"[:400])
                break
            latest.texts.extend(found)
            if not best.HasField("asset") or area(found) < area(best.texts):
                best.CopyFrom(latest)
            if not found:
                break
        if best.HasField("asset"):
            result.images[index].CopyFrom(best)
        result.images[index].redos = made
        told.extend(self._warnings(request, which, result.images[index]))

    def _warnings(self, request: GenerateRequest, which: str, image: Image) -> Iterator[str]:
        if not image.texts:
            return
        shown = ", ".join(f'"{one.text}"' for one in image.texts)
        shown = shown if len(shown) <= _SHOWN_CHARACTERS else f"{shown[:_SHOWN_CHARACTERS]}…"
        yield f"{which} shows lettering: {shown}" + (
            f"; it was made again {image.redos} times, and this one has the least" if image.redos else ""
        )
        if request.text_check == imagegen_pb2.TEXT_CHECK_REDO and not self._redos(request):
            yield f"{which} was not made again, since it costs money: text_check_options.redo_paid allows it"

    async def close(self) -> None:
        """Closes the engine and ends the reader's processes."""
        await self._engine.close()
        await self._reader.close()


def _again(request: GenerateRequest, index: int, redo: int) -> GenerateRequest:
    """The request for one picture of another seed, one that no other picture of the request gets."""
    again = GenerateRequest()
    again.CopyFrom(request)
    again.count = 1
    if request.HasField("seed"):
        seed = request.seed + index + redo * request.count
        again.seed = seed if seed < 2**63 else seed - 2**64
    return again


def _within(progress: Progress, begin: float, share: float) -> Progress:
    """Progress of a part, as progress of the whole."""
    whole = Progress()
    whole.CopyFrom(progress)
    whole.fraction = begin + share * progress.fraction
    return whole


@contextmanager
def _kept(told: Any, which: str) -> Iterator[None]:
    """A redo that fails: the picture that there is is kept."""
    try:
        yield
    except Fault as fault:
        told.append(f"{which} could not be made again: {fault.message}"[:400])


def _add_cost(cost: Money, more: Money) -> None:
    if not cost.currency_code:
        cost.CopyFrom(more)
    elif cost.currency_code == more.currency_code:
        cost.CopyFrom(money(nanos_of(cost) + nanos_of(more), cost.currency_code))
