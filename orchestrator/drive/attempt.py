"""One dispatched step instance: its slot, its look into what is remembered, its call, its retries."""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import structlog
from google.protobuf.message import DecodeError, Message
from google.rpc import code_pb2
from google.rpc.status_pb2 import Status

from orchestrator.drive import limits, money, retry
from orchestrator.drive.flights import Flight, Outcome
from orchestrator.drive.mesh import STORAGE, CallFailed, server_of
from orchestrator.drive.patience import patiently
from orchestrator.drive.record import NOTHING, Told
from orchestrator.drive.world import World
from orchestrator.pure import digest
from orchestrator.pure.graph import CompiledStep
from orchestrator.pure.signals import (
    AttemptFailed,
    Event,
    Failed,
    Key,
    Remembered,
    Started,
    Succeeded,
    Unconfirmed,
)
from orchestrator.store.claims import Claim
from orchestrator.store.rows import JobRow, RememberedRow, now
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.common.v1.engine_pb2 import Resolution
from reelmesh.common.v1.progress_pb2 import Progress
from servers.chassis.context import CallContext, child_trace

_log = structlog.get_logger("reelmesh.attempt")


class Teller(Protocol):
    """Whom an attempt tells what happened: the execution it belongs to."""

    def tell(self, event: Event, told: Told, attempt: Attempt, *, held: bool = False) -> asyncio.Future[bool]:
        """The answer comes when it is on disk; False: it never will be. `held`: it need not be at once."""

    def progressed(self, attempt: Attempt, progress: Progress) -> None:
        """Takes a report of running work."""


@dataclass(frozen=True)
class _Known:
    """What resolving told of a request."""

    engine: str = ""
    digest: bytes | None = None
    version: str = ""
    costs: bool = False
    """Whether the call is expected to cost money."""


@dataclass(eq=False)
class Attempt:
    """A dispatched instance, until it has ended or was withdrawn."""

    world: World
    job: JobRow
    step: CompiledStep
    key: Key
    request: Message
    request_id: str
    context: CallContext
    failures: int
    """Attempts that have failed so far."""
    fresh: bool
    """True: what is remembered is not used."""
    task: asyncio.Task[None] | None = None
    withdrawn: bool = False
    called: bool = False
    """Whether a server may have work of it."""
    reported: float = field(default=0.0)
    """When watchers last heard of progress, by the loop's clock."""
    _engine: str = ""
    _claim: Claim | None = None
    """Under which it makes its call, or would."""
    _failed: bool = False
    _flight: Flight | None = None
    """That it flies."""
    _left: bool = False
    """Whether it is only here for others that want its flight."""

    def leave(self) -> bool:
        """Ends it. True: it goes on all the same, for others, and tells nothing any more."""
        if self._left or self.task is None:
            return self._left
        if self._flight is not None and self.world.flights.leave_to_others(self._flight, self):
            self._left, self._claim = True, None
            return True
        self.task.cancel()
        return False

    async def drive(self, teller: Teller) -> None:
        """Tries until the instance has ended for good, telling every turn."""
        try:
            await self._drive(teller)
        finally:
            self._let_go()

    async def _drive(self, teller: Teller) -> None:
        while True:
            try:
                await self._try(teller)
                return
            except CallFailed as failure:
                status = failure.status
            except Exception as error:
                _log.error("attempt failed unexpectedly", step=str(self.key), exc_info=error)
                status = Status(code=code_pb2.INTERNAL, message=f"{type(error).__name__} in the orchestrator")
            if self._left or not await self._again(status, teller):
                return

    async def _again(self, status: Status, teller: Teller) -> bool:
        """Tells of a failure. True: when its time has come, another attempt is to be made."""
        policy = self.world.rules.policy.overlaid(self.step.message.retry)
        busy = retry.is_busy(status)
        self.failures += not busy
        told = Told(request_id=self.request_id if self.called else None, failures=self.failures)
        if retry.is_unconfirmed(status):
            await teller.tell(Unconfirmed(self.key, status), told, self)
            return False
        if not retry.may_retry(status, self.failures, policy):
            self._failed = True
            await teller.tell(Failed(self.key, status), told, self)
            if status.code in (code_pb2.DEADLINE_EXCEEDED, code_pb2.UNAVAILABLE):
                # Nobody will come back for it: the server need not keep it for its linger time.
                await self.world.mesh.cancel(self.step.method, self.request_id, self.context)
            return False
        wait = retry.retry_after(status) or 0.0
        if busy:
            self.world.limits.close_for(self._full(status), wait)
        else:
            wait = max(wait, policy.delay(self.failures, random.random()))
        due = replace(told, next_attempt_time=now() + int(wait * 1e6))
        if not await teller.tell(AttemptFailed(self.key, status), due, self):
            return False
        if not busy:  # else the closed limit does the waiting
            await asyncio.sleep(wait)
        return True

    def _full(self, status: Status) -> str:
        """The name of the limit that a refusal closes: a vendor's own limit is its engine's alone."""
        server = server_of(self.step.method)
        if self._engine and retry.reason(status) == retry.RATE_LIMITED:
            return limits.engine_of(server, self._engine)
        return limits.service(server)

    async def _try(self, teller: Teller) -> None:
        method = self.step.method
        if not method.called:
            await teller.tell(Remembered(self.key, self.request), NOTHING, self)
            return
        known = await self._resolve()
        self._engine = known.engine
        name = (self.job.owner, known.digest) if known.digest is not None and not self.fresh else None
        flights, found = self.world.flights, self.world.flights.find(name)
        report = functools.partial(teller.progressed, self)
        flight = found or flights.begin(self.request_id, name, self, report)
        if name is not None and self.world.store.claims is not None:
            self._claim = self._claim_of(known, flight.request_id)
        if found is not None:
            await self._outcome(found, flights.join(found, self, report), known, teller)
            return
        self._flight = flight
        try:
            await self._outcome(flight, flights.fly(flight, self._fly(flight, known, teller)), known, teller)
        finally:
            self._flight = None

    async def _outcome(
        self, flight: Flight, coming: Awaitable[Outcome], known: _Known, teller: Teller
    ) -> None:
        """Waits for the call, this one's or another's for the same, and tells what it gave."""
        try:
            outcome = await coming
        except (CallFailed, asyncio.CancelledError):
            # Whoever asks again must ask for the same work; and the last to leave ends it.
            self.called |= flight.called
            self.request_id = flight.request_id
            raise
        if self._left:
            return
        if not flight.is_answered_by(self):
            await teller.tell(Remembered(self.key, outcome.result), Told(engine=known.engine), self)
            return
        try:
            if outcome.remembered:
                if await teller.tell(Remembered(self.key, outcome.result), Told(engine=known.engine), self):
                    self._claim = None
            else:
                told = self._learned(known, outcome.result, outcome.seconds)
                on_disk = await teller.tell(Succeeded(self.key, outcome.result), told, self)
                if on_disk and told.remembered is not None:
                    self._claim = None  # it went in the transaction that wrote the result
        finally:
            self.world.flights.forget(flight)

    async def _fly(self, flight: Flight, known: _Known, teller: Teller) -> Outcome:
        """What the flight gives: what is remembered, or another replica comes by, or a call gives."""
        claims = self.world.store.claims
        if flight.name is None:
            return await self._call(flight, known, teller)
        if claims is None:
            wanted = flight.name[1]
            stored = await patiently(lambda: recall(self.world, self.context, self.step, wanted))
            if stored is not None:
                return Outcome(stored, remembered=True)
            return await self._call(flight, known, teller)
        claim = self._claim_of(known, flight.request_id)
        while True:
            claimed = await patiently(lambda: claims.claim(claim))  # noqa: B023
            if claimed.known is not None:
                stored = await usable(self.world, self.context, self.step, claimed.known)
                if stored is not None:
                    return Outcome(stored, remembered=True)
                claim = replace(claim, anew=True)
            elif claimed.request_id:
                self.world.flights.rename(flight, claimed.request_id)
                return await self._call(flight, known, teller)
            else:
                await claims.landed(claim.digest)
                claim = replace(claim, anew=False)

    def _claim_of(self, known: _Known, request_id: str) -> Claim:
        assert known.digest is not None
        return Claim(self.job.owner, known.digest, request_id, self.job.id, self.job.lease_token)

    def _let_go(self) -> None:
        """Gives the call up that was claimed, if nobody here wants it any more."""
        claims, claim, self._claim = self.world.store.claims, self._claim, None
        if claims is None or claim is None or self.world.flights.find((claim.owner, claim.digest)):
            return
        claims.give_up(replace(claim, request_id=self.request_id), failed=self._failed)

    async def _resolve(self) -> _Known:
        # Either way it is connected then: a server that is away must not fill the slots of the others.
        if not self.world.rules.remember:
            await self.world.mesh.reach(server_of(self.step.method))
            return _Known()
        try:
            resolved, resolution = await self.world.mesh.resolve(self.step.method, self.request, self.context)
        except CallFailed as failure:
            if failure.status.code == code_pb2.UNIMPLEMENTED:  # then nothing of it can be remembered
                return _Known()
            raise
        name = digest_of(self.job.owner, resolved, resolution)
        costs = money.is_something(resolution.expected_cost)
        return _Known(resolution.engine, name, resolution.version, costs)

    async def _call(self, flight: Flight, known: _Known, teller: Teller) -> Outcome:
        """Makes the call, when its turn has come."""
        server = server_of(self.step.method)
        async with self.world.limiter.slot(
            server,
            engine=known.engine,
            owner=self.job.owner,
            key=self.job.key_name,
            priority=self.job.priority,
            age=self.job.id,
        ):
            request: Any = type(self.request)()
            request.CopyFrom(self.request)
            self.request_id = request.request_id = flight.request_id
            told = Told(request_id=self.request_id, engine=known.engine, start_time=now())
            started = teller.tell(Started(self.key), told, self, held=not known.costs)
            if known.costs:
                await started
            # What costs nothing begins before it is written that it does: the same id finds it again.
            self.called = flight.called = True
            context = replace(self.context, traceparent=child_trace(self.context.traceparent))
            bound = self.step.message.timeout.ToNanoseconds() / 1e9 or None
            begin = self.reported = asyncio.get_running_loop().time()  # that it begins is an event already
            result = await self.world.mesh.work(self.step.method, request, context, flight.report, bound)
            return Outcome(result, asyncio.get_running_loop().time() - begin)

    def _learned(self, known: _Known, result: Any, seconds: float) -> Told:
        """What a result tells beyond itself."""
        method, provenance = self.step.method, result.provenance
        engine = provenance.engine or known.engine
        if provenance.HasField("wall_time"):
            seconds = provenance.wall_time.ToNanoseconds() / 1e9
        kept = None
        # A server that was upgraded meanwhile has served another version than was resolved.
        if known.digest is not None and provenance.version in ("", known.version):
            kept = RememberedRow(
                owner=self.job.owner,
                digest=known.digest,
                method=method.path,
                engine=engine,
                result=result.SerializeToString(deterministic=True),
                create_time=now(),
            )
        return Told(
            engine=engine,
            cost=provenance.cost if provenance.HasField("cost") else None,
            remembered=kept,
            duration=(method.name, engine, seconds),
        )


def digest_of(owner: str, resolved: Message, resolution: Resolution) -> bytes | None:
    """The digest under which a result can be remembered; None: it can not."""
    if not resolution.cacheable:
        return None
    try:
        return digest.digest(owner, resolved, resolution.version)
    except ValueError:  # a newer server filled in what this build does not know
        return None


async def recall(world: World, context: CallContext, step: CompiledStep, name: bytes) -> Message | None:
    """The result that is remembered under a digest, if all its assets are still there.

    Raises:
        CallFailed: Storage can not be asked.
        Unavailable: the database can not be asked.
    """
    row = await world.store.recall(context.owner, name)
    return await usable(world, context, step, row) if row is not None else None


async def usable(
    world: World, context: CallContext, step: CompiledStep, row: RememberedRow
) -> Message | None:
    """A remembered result, if it is one of this step's method and all its assets are still there.

    Raises:
        CallFailed: Storage can not be asked.
    """
    if row.method != step.method.path:
        return None
    try:
        result = step.method.result.FromString(row.result)
    except DecodeError:
        return None
    digests = assets_in(result)
    if digests and world.mesh.has(STORAGE) and await world.mesh.find_missing(context, digests):
        return None
    return result


def assets_in(message: Message) -> set[str]:
    """The digests of all assets that a message names."""
    if isinstance(message, Asset):
        return {message.digest} if message.digest else set()
    found: set[str] = set()
    for descriptor, value in message.ListFields():
        inner = descriptor.message_type
        if inner is None:
            continue
        if inner.GetOptions().map_entry:
            values = value.values() if inner.fields_by_name["value"].message_type is not None else ()
        else:
            values = value if descriptor.is_repeated else (value,)
        for item in values:
            found |= assets_in(item)
    return found
