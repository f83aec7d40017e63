"""One request's way through the providers: joined, authorised, handed in, followed, failed over. Crash-proof.

The ledger holds all state. A request that is called again, here or at another replica, after a crash or a day
later, goes on from what is recorded: a task that is known is followed, one of unknown outcome is looked up, a
clip that was made is given again.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.video.v1.video_pb2 import GenerateRequest, GenerateResult
from servers.chassis.context import current
from servers.chassis.engine import WorkContext
from servers.chassis.errors import UNCONFIRMED, FailedPrecondition, NotFound, ResourceExhausted
from servers.chassis.media.formats import Kind as MediaKind
from servers.chassis.media.probe import Prober
from servers.chassis.servicer import fingerprint
from servers.video import verdict
from servers.video.accounts import Account
from servers.video.choice import Choice
from servers.video.ledger.ledger import LEASE_SECONDS, Fenced, Ledger
from servers.video.ledger.records import Attempt, Held, Lease, Run, money
from servers.video.ledger.reports import Reports
from servers.video.ledger.schema import LIVE, AttemptState, RunState
from servers.video.task import Made, Task, Unconfirmed
from servers.video.vendor import Kind, Medium, Trouble

PATIENCE_SECONDS = 900.0
"""How long a run waits for a provider to have room."""
_LOOK_SECONDS = 1.0
_log = structlog.get_logger("reelmesh.video")


@dataclass(frozen=True)
class _Call:
    """What is driven: a request under the lease of its run."""

    request: GenerateRequest
    lease: Lease
    work: WorkContext
    pinned: str
    began: float = field(default_factory=time.time)
    may_begin: bool = True
    """Whether a new attempt may be made."""


class Conductor:
    """Serves requests through the accounts."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        ledger: Ledger,
        reports: Reports,
        media: Callable[[Asset, str, WorkContext], Medium],
        *,
        zone: ZoneInfo,
        failover: bool = True,
        give_up: bool = False,
    ) -> None:
        self.accounts = accounts
        self.ledger = ledger
        self.reports = reports
        self.choice = Choice(accounts, zone, failover=failover)
        self.give_up = give_up
        self.low_balances: dict[str, str] = {}
        """Accounts whose credit was found to be low, with one line for people."""
        self._media = media
        self._prober = Prober(size=2)
        self._driven: dict[tuple[str, str], asyncio.Task[None]] = {}
        """What goes on after its caller is gone: a submit whose answer has to be recorded, a cancel."""

    async def run(
        self, request: GenerateRequest, work: WorkContext, pinned: str = ""
    ) -> AsyncIterator[Progress | GenerateResult]:
        """Serves one request; see `Engine.run`.

        Raises:
            FailedPrecondition: an unknown outcome (reason UNCONFIRMED), a ceiling, a key, a credit.
            Fault: what the last provider met, see `servers.video.verdict`.
        """
        context = current()
        asked = GenerateRequest()
        asked.CopyFrom(request)
        asked.engine = pinned
        if asked.HasField("driving_audio") and not asked.HasField("duration"):
            sound = await work.path(asked.driving_audio, "driving_audio")
            heard = await self._prober.want(sound, "driving_audio", MediaKind.SOUND, MediaKind.VIDEO)
            asked.duration.FromNanoseconds(round(heard.duration * 1e9))
        begun = await self.ledger.begin(
            context, work.request_id, fingerprint(asked), asked.SerializeToString()
        )
        key = (context.owner, work.request_id)
        while True:
            if key in self._driven:
                await asyncio.wait([self._driven[key]])
            if (result := await self._kept(await self.reports.run(*key) or begun, work)) is not None:
                yield result
                return
            lease = await self.ledger.take(*key)
            if lease is not None:
                try:
                    async with self._held(lease):
                        # Read again under the lease: another server may have ended it just before.
                        run = await self.reports.run(*key) or begun
                        if (result := await self._kept(run, work)) is not None:
                            yield result
                            return
                        if run.state is not RunState.OPEN:
                            await self.ledger.reopen(lease)
                        async with contextlib.aclosing(
                            self._drive(_Call(asked, lease, work, pinned))
                        ) as items:
                            async for item in items:
                                yield item
                    return
                except Fenced:
                    _log.warning("lost the lease of a run", request_id=work.request_id)
            yield Progress(stage="elsewhere", detail="another server has this request in hand")
            await asyncio.sleep(_LOOK_SECONDS)

    async def follow(self, run: Run, work: WorkContext) -> None:
        """Follows what an abandoned run has at a vendor to its end; hands in nothing new."""
        lease = await self.ledger.take(run.owner, run.request_id)
        if lease is None:
            return
        request = GenerateRequest.FromString(run.request)
        async with self._held(lease):
            call = _Call(request, lease, work, request.engine, may_begin=False)
            with contextlib.suppress(FailedPrecondition):
                async with contextlib.aclosing(self._drive(call)) as items:
                    async for _ in items:
                        pass
            if not run.wanted:
                last = (await self.reports.attempts_of(run.owner, run.request_id))[-1:]
                if last and last[0].state not in LIVE:
                    await self.ledger.end(lease, RunState.CANCELLED)

    async def close(self) -> None:
        """Waits for what has to be recorded."""
        if self._driven:
            await asyncio.wait(list(self._driven.values()), timeout=10.0)
        for task in list(self._driven.values()):
            task.cancel()
        await self._prober.close()

    async def _drive(self, call: _Call) -> AsyncGenerator[Progress | GenerateResult, None]:
        lease, work = call.lease, call.work
        while True:
            history = await self.reports.attempts_of(lease.owner, lease.request_id)
            attempt = next((one for one in history if one.state in LIVE), None)
            if attempt is None:
                if not call.may_begin:
                    return
                async with contextlib.aclosing(self._authorise(call, history)) as steps:
                    async for step in steps:
                        if isinstance(step, Progress):
                            yield step
                        else:
                            attempt = step
                assert attempt is not None
            account = self.accounts.get(attempt.provider)
            if account is None:
                raise FailedPrecondition(
                    f'the task is at provider "{attempt.provider}", which the settings no longer name: '
                    f"put video.providers.{attempt.provider} back",
                    reason="PROVIDER_GONE",
                )
            task = Task(attempt, account, call.request, lease, self.ledger, self._medium(work), work)
            fresh = not any(one.id == attempt.id for one in history)
            try:
                await self._hand_in(task, lease, work, fresh=fresh)
            except Unconfirmed:
                raise self._unconfirmed(account, task.attempt) from None
            told = await self.reports.raised_by([attempt.id])
            async with contextlib.aclosing(self._clip(task, lease, work)) as items:
                async for item in items:
                    if isinstance(item, Progress):  # in every report: they are thinned
                        item.detail = "; ".join(filter(None, [item.detail, *told]))[:500]
                    yield item
                    if isinstance(item, GenerateResult):
                        return

    async def _hand_in(self, task: Task, lease: Lease, work: WorkContext, *, fresh: bool) -> None:
        """Brings an attempt to where the vendor's id is known, or it is refused. Not interrupted half-way."""
        if task.attempt.state not in (AttemptState.INTENT, AttemptState.UNCONFIRMED):
            return
        await self._whole(lease, work, task, task.submit() if fresh else task.reconcile())

    async def _clip(
        self, task: Task, lease: Lease, work: WorkContext
    ) -> AsyncGenerator[Progress | GenerateResult, None]:
        """Follows a task whose id is known; gives its clip as the run's result, or nothing when it failed."""
        if task.attempt.state is not AttemptState.SUBMITTED:
            return
        usual = self.choice.standings.get(task.account.name).p50_seconds
        try:
            async with contextlib.aclosing(task.follow(self._prober, usual)) as reports:
                async for item in reports:
                    if isinstance(item, Made):
                        result = await self._result(task, item, lease)
                        data = result.SerializeToString()
                        clip = item.asset.SerializeToString()
                        await self.ledger.succeeded(lease, task.attempt, clip, item.cost, data)
                        yield result
                    else:
                        yield item
        except asyncio.CancelledError:
            if work.unwanted:
                self._detach(lease, self._give_up_task(task, lease))
            raise

    async def _authorise(
        self, call: _Call, history: Sequence[Attempt]
    ) -> AsyncGenerator[Progress | Attempt, None]:
        """Waits until a provider may be asked, and yields the attempt that the ledger authorised, last."""
        waited = 0.0
        while True:
            wishes = self.choice.wishes(call.request, history, call.pinned, call.began)
            reasons = {wish.provider: verdict.why(history, wish.provider) for wish in wishes}
            asking = asyncio.create_task(self.ledger.authorise(call.lease, wishes, reasons))
            try:
                answer = await asyncio.shield(asking)
            except asyncio.CancelledError:
                self._detach(call.lease, self._withdraw(asking, call.lease))
                raise
            if isinstance(answer, Attempt):
                yield answer
                return
            wait = verdict.wait(answer)
            if waited + wait > PATIENCE_SECONDS:
                raise ResourceExhausted(_why(answer), retry_after_seconds=wait, reason="PROVIDERS_BUSY")
            yield Progress(stage="queued", detail=_why(answer)[:500])
            await asyncio.sleep(wait * random.uniform(0.8, 1.2))
            waited += wait

    async def _withdraw(self, asking: asyncio.Task[Attempt | list[Held]], lease: Lease) -> None:
        """The caller went away while an attempt was authorised: it was never sent, and costs nothing."""
        answer = await asking
        if isinstance(answer, Attempt):
            trouble = Trouble(Kind.CANCELLED, "the caller went away before it was sent")
            await self.ledger.ended(lease, answer, AttemptState.CANCELLED, trouble, 0)

    async def _result(self, task: Task, made: Made, lease: Lease) -> GenerateResult:
        result = GenerateResult(clip=made.asset, duration=made.facts.duration)
        told = result.provenance
        told.engine, told.model = task.account.name, task.attempt.model
        if made.cost:
            told.cost.CopyFrom(money(made.cost, task.attempt.currency))
        told.warnings.extend(line for line in task.attempt.fitted.split("\n") if line)
        every = await self.reports.attempts_of(lease.owner, lease.request_id)
        told.warnings.extend(verdict.line(one) for one in every if one.id != task.attempt.id)
        told.warnings.extend(await self.reports.raised_by([one.id for one in every]))
        return result

    async def _kept(self, run: Run, work: WorkContext) -> GenerateResult | None:
        """The result of a run that is done; None when it is not, or its clip is no longer in the store."""
        if run.state is not RunState.DONE:
            return None
        result = GenerateResult.FromString(run.result or b"")
        try:
            await work.path(result.clip, "clip")
        except NotFound:
            return None
        return result

    def _unconfirmed(self, account: Account, attempt: Attempt) -> FailedPrecondition:
        cost = f"{attempt.reserved / 1e9:g} {attempt.currency}" if attempt.reserved else "an unknown amount"
        message = (
            f"{account.name}: it is not known whether the task was accepted ({attempt.message}); "
            f"{cost} is at risk. It is not handed in again by itself"
        )
        reason = "UNCONFIRMED_GIVEN_UP" if self.give_up else UNCONFIRMED
        return FailedPrecondition(message, reason=reason)

    def _medium(self, work: WorkContext) -> Callable[[Asset, str], Medium]:
        return lambda asset, name: self._media(asset, name, work)

    async def _whole(
        self, lease: Lease, work: WorkContext, task: Task, step: Coroutine[Any, Any, None]
    ) -> None:
        """Runs a step that must not be cut off in the middle: it goes on when its caller is cancelled."""
        running = asyncio.create_task(step)
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            if not running.done() or work.unwanted:
                self._detach(lease, self._afterwards(running, task, lease, unwanted=work.unwanted))
            raise

    async def _afterwards(
        self, running: asyncio.Task[None], task: Task, lease: Lease, *, unwanted: bool
    ) -> None:
        with contextlib.suppress(Exception):
            await running
        if unwanted and task.attempt.state is AttemptState.SUBMITTED:
            await self._give_up_task(task, lease)

    async def _give_up_task(self, task: Task, lease: Lease) -> None:
        """The caller has cancelled: the vendor is told; where it can not stop, the record says so."""
        await self.ledger.unwanted(lease)
        outcome = await task.cancel()
        _log.info("cancelled at the provider", provider=task.account.name, outcome=outcome.value)
        if task.attempt.state is AttemptState.CANCELLED:
            await self.ledger.end(lease, RunState.CANCELLED)

    def _detach(self, lease: Lease, work: Coroutine[Any, Any, None]) -> None:
        key = (lease.owner, lease.request_id)
        kept = asyncio.create_task(self._keeping(lease, work))
        self._driven[key] = kept
        kept.add_done_callback(lambda _: self._driven.pop(key, None))

    async def _keeping(self, lease: Lease, work: Coroutine[Any, Any, None]) -> None:
        try:
            async with self._renewed(lease):
                await work
        except Fenced:
            _log.info("another server drives the run", request_id=lease.request_id)
        except Exception as error:
            _log.error("what was left to do failed", request_id=lease.request_id, exc_info=error)
        finally:
            await self.ledger.release(lease)

    @contextlib.asynccontextmanager
    async def _held(self, lease: Lease) -> AsyncIterator[None]:
        """Keeps a lease while a run is driven; lets it go at the end, unless something goes on after it."""
        try:
            async with self._renewed(lease):
                yield
        finally:
            if (lease.owner, lease.request_id) not in self._driven:
                await asyncio.shield(self.ledger.release(lease))

    @contextlib.asynccontextmanager
    async def _renewed(self, lease: Lease) -> AsyncIterator[None]:
        async def renew() -> None:
            while True:
                await asyncio.sleep(LEASE_SECONDS / 3)
                # One that is lost shows at the next write, which carries it.
                with contextlib.suppress(Fenced, SQLAlchemyError, OSError):
                    await self.ledger.renew(lease)

        renewing = asyncio.create_task(renew())
        try:
            yield
        finally:
            renewing.cancel()


def _why(held: Sequence[Held]) -> str:
    return "; ".join(one.message for one in held) or "no provider has room"
