"""Brings this replica's watchers what other replicas write: at their notices, and by polling behind them.

A watcher that sees a gap between two sequences reads what is missing from the store; so it is enough here to
bring the news, whatever became of the order in which they came.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from orchestrator.drive.log import LiveLog, rung
from orchestrator.store import queries
from orchestrator.store.notices import Notice
from orchestrator.store.store import Store
from reelmesh.orchestrator.v1.events_pb2 import Event
from servers.chassis.errors import Unavailable

POLL_SECONDS = 1.0
"""Time between two looks for what no notice told of."""
PAGE = 500
_log = structlog.get_logger("reelmesh.following")


class Following:
    """The way of committed events to those who watch."""

    def __init__(self, store: Store, log: LiveLog, hinted: Callable[[Notice | None], None]) -> None:
        """`hinted` gets every notice, of this replica and of others; None: one may have been missed."""
        self._store = store
        self._log = log
        self._hinted = hinted
        self._behind: dict[str, int] = {}  # watched jobs with news, and their latest sequence
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._latest = 0  # event of all, as last seen
        store.on_events = log.committed
        store.on_commit = hinted
        store.on_notice = self._heard

    def start(self) -> None:
        """Begins; nothing is to be done where no other replica can write."""
        if self._store.shared:
            self._task = asyncio.create_task(self._run(), name="following")

    async def close(self) -> None:
        """Ends."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _heard(self, notice: Notice | None) -> None:
        self._hinted(notice)
        if notice is None:
            return
        for job_id, sequence in notice.sequences.items():
            if self._log.watched(job_id):
                self._behind[job_id] = max(sequence, self._behind.get(job_id, 0))
                self._news.set()
        for owner in notice.owners:
            self._log.ring(owner)
        if self._store.claims is not None:
            self._store.claims.heard(notice.landed)
        for job_id in notice.deleted:
            self._log.deleted(job_id)

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        due = clock() + POLL_SECONDS
        while True:
            await rung(self._news, max(0.0, due - clock()))
            self._news.clear()
            try:
                if clock() >= due:
                    due = clock() + POLL_SECONDS
                    await self._look()
                behind, self._behind = self._behind, {}
                for job_id, sequence in behind.items():
                    await self._bring(job_id, sequence)
            except Unavailable as fault:
                _log.warning("other replicas' events can not be read now", cause=str(fault))

    async def _look(self) -> None:
        """Finds what no notice told of."""
        watched = self._log.jobs
        async with self._store.read() as connection:
            sequences = await queries.sequences(connection, watched) if watched else {}
            latest = await queries.latest_event_id(connection)
        for job_id in watched:
            sequence = sequences.get(job_id)
            if sequence is None:
                self._log.deleted(job_id)
            elif sequence > self._log.head(job_id):
                self._behind[job_id] = sequence
        if latest > self._latest:
            self._latest = latest
            self._log.ring(None)

    async def _bring(self, job_id: str, sequence: int) -> None:
        """Brings the events of a job up to a sequence; where it is not known from where on, only the last."""
        after = self._log.head(job_id) or sequence - 1
        while after < sequence and self._log.watched(job_id):
            async with self._store.read() as connection:
                page = await queries.events_after(connection, job_id, after, PAGE)
            for _, body in page:
                self._log.committed([("", Event.FromString(body))])
            if not page:
                return
            after = page[-1][0]
