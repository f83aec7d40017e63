"""One task at one vendor: handing it in, finding a lost one, following it to its clip. Each step is recorded.

What is true is recorded whoever finds it out; what decides (a new attempt, an end) only by who holds the
lease.
"""

from __future__ import annotations

import asyncio
import dataclasses
import random
import time
from collections.abc import AsyncGenerator, Callable
from typing import Any, NoReturn

import structlog
from sqlalchemy.exc import SQLAlchemyError

from reelmesh.common.v1.asset_pb2 import Asset, MediaFacts
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.video.v1.video_pb2 import GenerateRequest
from servers.chassis.engine import WorkContext
from servers.chassis.errors import DeadlineExceeded, Fault, InvalidArgument, NotFound
from servers.chassis.http import NoAnswer, NotSent
from servers.chassis.media.probe import Prober
from servers.video import clips, fitting
from servers.video.accounts import Account
from servers.video.ledger.ledger import Fenced, Ledger
from servers.video.ledger.records import Attempt, Lease
from servers.video.ledger.schema import AttemptState
from servers.video.vendor import (
    CancelOutcome,
    Failed,
    Finished,
    Kind,
    Medium,
    Offer,
    Refused,
    Running,
    Shot,
    State,
    Trouble,
    Unknown,
    Unreachable,
)

SUBMIT_SECONDS = 120.0
"""Bound on handing in a task: longer, and its outcome counts as unknown."""
_FIND_TRIES = 5
_SUBMIT_TRIES = 3
"""How often one attempt is handed in, under one handle, to a vendor that takes each handle once."""
_SLOWEST_POLL_SECONDS = 30.0
_POLL_GROWTH = 1.2
_FRESH_LINKS = 3
UNSEEN_SECONDS = 60.0
"""How long after its submit a vendor may know nothing of a task that it took: its parts agree later."""
_LOST_SECONDS = 86_400.0
"""A task that has not ended after a day is given up; until then it is asked about at each call."""
_log = structlog.get_logger("reelmesh.video")


class Unconfirmed(Exception):
    """Nobody can tell whether the vendor took the task."""


@dataclasses.dataclass(frozen=True)
class Made:
    """The clip of a task, in the store."""

    asset: Asset
    facts: MediaFacts
    cost: int
    """Nano units."""


class Task:
    """One attempt, driven by who holds its run's lease."""

    def __init__(
        self,
        attempt: Attempt,
        account: Account,
        request: GenerateRequest,
        lease: Lease,
        ledger: Ledger,
        media: Callable[[Asset, str], Medium],
        work: WorkContext,
    ) -> None:
        self.attempt = attempt
        self.account = account
        self._request = request
        self._lease = lease
        self._ledger = ledger
        self._media = media
        self._work = work
        self._sent = 0
        self._again = False
        """Handed in again after a submit that was never answered."""

    async def submit(self) -> None:
        """Hands it in, and records what came of it.

        Afterwards the attempt is SUBMITTED or REFUSED.

        Raises:
            Unconfirmed: nobody can tell; the attempt stays as it is.
        """
        shot = self._shot()
        self._sent += 1
        try:
            async with asyncio.timeout(SUBMIT_SECONDS):
                task_id = await self.account.vendor.submit(shot, self.attempt.id, self.account.http)
        except Refused as refused:
            await self._refused(refused.trouble, shot)
        except (InvalidArgument, NotFound) as fault:  # a picture that can not be had: nothing was sent
            await self._end(AttemptState.REFUSED, Trouble(Kind.INVALID, fault.message), 0)
            raise
        except Fault as fault:  # e.g. a store without a public address; another vendor may need none
            trouble = Trouble(Kind.SETUP, fault.message, str(fault.reason or ""))
            await self._end(AttemptState.REFUSED, trouble, 0)
        except NotSent as error:
            await self._end(AttemptState.REFUSED, Trouble(Kind.OUTAGE, str(error)), 0)
        except (Unknown, NoAnswer, TimeoutError) as error:
            _log.warning("submit without an answer", attempt=self.attempt.id, provider=self.account.name)
            await self.reconcile(str(error))
        except (Fenced, SQLAlchemyError):
            raise
        except Exception as error:  # an answer of a shape that nobody foresaw: it may have been taken
            _log.error("submit can not be read", provider=self.account.name, exc_info=error)
            await self.reconcile("its answer can not be read")
        else:
            await self._submitted(task_id)

    async def reconcile(self, said: str = "") -> None:
        """Finds out what became of a submit that was never answered.

        A vendor that knows our handle, and certainly has no task of it, is handed the very same attempt
        again.

        Raises:
            Unconfirmed: nobody can tell.
        """
        vendor, account = self.account.vendor, self.account
        for number in range(_FIND_TRIES if vendor.findable else 0):
            if number:
                await asyncio.sleep(min(1.5**number, 8.0))
            try:
                found = await vendor.find(
                    self._shot(), self.attempt.id, self.attempt.intent_time, account.http
                )
            except (Unreachable, NotSent, NoAnswer) as error:
                said = str(error) or said
                continue
            except Unknown:
                break
            if found is not None:
                await self._submitted(found)
                return
            if self._sent < _SUBMIT_TRIES:
                self._again = True
                await self.submit()
                return
            break
        message = account.http.redacted(said) or "the server ended while the task was being handed in"
        await self._unconfirmed(message)

    async def _refused(self, trouble: Trouble, shot: Shot) -> None:
        """A refusal; or, of what was handed in before under the same handle, perhaps only of its twin."""
        if self._again and self.account.vendor.findable:
            try:
                found = await self.account.vendor.find(
                    shot, self.attempt.id, self.attempt.intent_time, self.account.http
                )
            except (Unreachable, NotSent, NoAnswer, Unknown) as error:
                message = self.account.http.redacted(str(error) or trouble.message)
                await self._unconfirmed(message)
            if found is not None:
                await self._submitted(found)
                return
        await self._end(AttemptState.REFUSED, trouble, 0)

    async def _unconfirmed(self, message: str) -> NoReturn:
        await self._ledger.unconfirmed(self._lease, self.attempt, message)
        self.attempt = dataclasses.replace(self.attempt, state=AttemptState.UNCONFIRMED, message=message)
        raise Unconfirmed

    async def follow(self, prober: Prober, usual: float | None) -> AsyncGenerator[Progress | Made, None]:
        """Polls until the task ends. Yields progress, and, last, the clip; nothing when it failed.

        Raises:
            DeadlineExceeded: it takes longer than the account allows and can not be cancelled: it is asked
            about
                again by the next call.
        """
        links, seen = 0, False
        pace = self.account.account.poll_seconds
        began = self.attempt.submit_time or time.time()
        while True:
            state = await self._ask()
            if isinstance(state, Failed) and state.missing and not seen and self._is_fresh():
                state = None
            seen = seen or state is not None
            if isinstance(state, Finished):
                yield Progress(stage="downloading", fraction=0.9)
                try:
                    yield await self._take(state, prober)
                    return
                except clips.Later as later:
                    _log.warning("download without an end", provider=self.account.name, error=str(later))
                except clips.Gone:
                    links += 1
                    if links > _FRESH_LINKS:
                        gone = Trouble(Kind.BAD_OUTPUT, "the clip's link is not good, nor are fresh ones")
                        await self._end(AttemptState.FAILED, gone, self.attempt.reserved)
                        return
                except clips.Bad as bad:
                    await self._end(AttemptState.FAILED, bad.trouble, _paid(state.cost, self.attempt))
                    return
            if isinstance(state, Failed):
                await self._end(
                    AttemptState.FAILED, state.trouble, 0 if state.refunded else self.attempt.reserved
                )
                return
            elapsed = time.time() - began
            if elapsed > self.account.account.timeout_seconds:
                await self._too_long(elapsed)
                return
            if isinstance(state, Running):
                yield _progress(state, elapsed, usual)
            wanted = state.next_poll_seconds if isinstance(state, Running) else None
            await asyncio.sleep((wanted or pace) * random.uniform(0.85, 1.15))
            pace = min(pace * _POLL_GROWTH, max(_SLOWEST_POLL_SECONDS, self.account.account.poll_seconds))

    def _is_fresh(self) -> bool:
        return time.time() < (self.attempt.submit_time or 0.0) + UNSEEN_SECONDS

    async def cancel(self) -> CancelOutcome:
        """Tells the vendor that the clip is not wanted, and records it."""
        outcome = await self._tell()
        if outcome is CancelOutcome.CANCELLED:
            await self._end(AttemptState.CANCELLED, Trouble(Kind.CANCELLED, "cancelled by the caller"), 0)
        return outcome

    async def _tell(self) -> CancelOutcome:
        try:
            return await self.account.vendor.cancel(
                self.attempt.task_id, self.attempt.model, self.account.http
            )
        except (Unreachable, NotSent, NoAnswer):
            return CancelOutcome.ASKED

    async def _ask(self) -> State | None:
        """How it stands; None where no usable answer came: a paid task is asked about until its deadline."""
        try:
            return await self.account.vendor.poll(self.attempt.task_id, self.attempt.model, self.account.http)
        except (Unreachable, NotSent, NoAnswer) as error:
            _log.info("poll without an answer", provider=self.account.name, error=str(error)[:200])
            return None
        except (
            Exception
        ) as error:  # an answer of a shape that nobody foresaw: the task is paid for all the same
            _log.error("poll can not be read", provider=self.account.name, exc_info=error)
            return None

    async def _take(self, finished: Finished, prober: Prober) -> Made:
        raw, out = self._work.scratch / "raw", self._work.scratch / "clip.mp4"
        raw.unlink(missing_ok=True)
        await clips.fetch(finished, self.account.http, raw)
        probe = await clips.check(raw, self._fit().seconds, prober)
        facts = await clips.suit(raw, probe, self._request, out)
        asset = await self._work.store(out, "video/mp4", facts)
        return Made(asset, facts, _paid(finished.cost, self.attempt))

    async def _too_long(self, elapsed: float) -> None:
        told = f"it takes longer than {elapsed:.0f} s"
        outcome = await self._tell()
        if outcome is CancelOutcome.CANCELLED:
            await self._end(AttemptState.FAILED, Trouble(Kind.OUTAGE, f"{told}, and was cancelled"), 0)
            return
        if elapsed > max(_LOST_SECONDS, 4 * self.account.account.timeout_seconds):
            lost = Trouble(Kind.INTERNAL, f"{told}: it is given up for lost")
            await self._end(AttemptState.FAILED, lost, self.attempt.reserved)
            return
        raise DeadlineExceeded(
            f"{self.account.name}: {told} and can not be cancelled; "
            "it is asked about again when the call is repeated",
            reason="PROVIDER_TIMEOUT",
        )

    async def _submitted(self, task_id: str) -> None:
        await self._ledger.submitted(self.attempt, task_id)
        changes: dict[str, Any] = {"state": AttemptState.SUBMITTED, "submit_time": time.time()}
        self.attempt = dataclasses.replace(self.attempt, task_id=task_id, **changes)

    async def _end(self, state: AttemptState, trouble: Trouble, cost: int) -> None:
        safe = dataclasses.replace(trouble, message=self.account.http.redacted(trouble.message))
        await self._ledger.ended(self._lease, self.attempt, state, safe, cost)
        self.attempt = dataclasses.replace(
            self.attempt, state=state, kind=safe.kind, code=safe.code, message=safe.message, cost=cost
        )

    def _offer(self) -> Offer:
        """What was ordered; also where the settings allow that model no longer."""
        known = {offer.model: offer for offer in (*self.account.vendor.offers(), *self.account.offers)}
        return known.get(self.attempt.model) or Offer(model=self.attempt.model)

    def _fit(self) -> fitting.Fit:
        return fitting.fit(self._request, self._offer())

    def _shot(self) -> Shot:
        request, offer, fit = self._request, self._offer(), self._fit()

        def medium(field: str) -> Medium | None:
            given = {known.name: value for known, value in request.ListFields()}
            return self._media(given[field], field) if field in given else None

        return Shot(
            prompt=fit.prompt,
            negative_prompt=request.negative_prompt if offer.negative_prompt else "",
            seconds=fit.seconds,
            width=fit.width,
            height=fit.height,
            aspect=fit.aspect,
            seed=request.seed if offer.seed and request.HasField("seed") else None,
            model=self.attempt.model,
            first_frame=medium("first_frame"),
            last_frame=medium("last_frame"),
            driving_audio=medium("driving_audio"),
            loop=request.loop and offer.loop,
            watermark=request.watermark,
            params={key: value for key, value in request.provider_params.items() if key in offer.params},
        )


def _progress(state: Running, elapsed: float, usual: float | None) -> Progress:
    """Progress as the vendor tells it, else as such tasks usually go, which is marked."""
    if state.queue_position is not None and state.fraction is None:
        return Progress(stage="queued", queue_position=state.queue_position)
    if state.fraction is not None:
        return Progress(stage="generating", fraction=0.88 * min(max(state.fraction, 0.0), 1.0))
    expected = usual or 60.0
    return Progress(stage="generating", fraction=0.88 * elapsed / (elapsed + expected), detail="estimated")


def _paid(told: Any, attempt: Attempt) -> int:
    """What it cost: what the vendor says where it says so in our currency, else what was expected."""
    if told is not None and told.currency_code == attempt.currency:
        return int(told.units) * 1_000_000_000 + int(told.nanos)
    return attempt.reserved
