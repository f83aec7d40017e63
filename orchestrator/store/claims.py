"""Claims of calls that replicas share: who makes a call whose result others want, too.

A claim is a row of `flights`, and as good as the lease of the job it was made for: when that ends, anybody
may take the call over, and makes it under the request_id that it had, so that a server which has the work
still is joined and not asked anew. It goes in the transaction that writes the result.

A commit of these statements does not wait for the disk. What a lost one could cost is work done twice, never
a paid call: that waits until a later write, and so this one, is on the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.engine import URL

from orchestrator.store.direct import REFUSALS, Direct
from orchestrator.store.notices import CHANNEL
from orchestrator.store.rows import RememberedRow

POLL_SECONDS = 1.0
"""Time between two looks at another replica's call of whose end no notice told."""
AT_ONCE = 500
_log = structlog.get_logger("reelmesh.store")


@dataclass(frozen=True)
class Claim:
    """A call that somebody wants to make."""

    owner: str
    digest: bytes
    request_id: str
    """That it has if nobody has begun it."""
    job_id: str
    token: int
    """Of the job's lease."""
    anew: bool = False
    """Whether it is wanted although its result is remembered: something of that is gone."""


@dataclass(frozen=True)
class Claimed:
    """What became of a claim."""

    known: RememberedRow | None = None
    """The result, which is remembered."""
    request_id: str = ""
    """The call is to be made, under this. Empty: another replica makes it."""


class Claims:
    """Claims, made together by those who want them at once."""

    def __init__(self, url: URL, holder: int) -> None:
        self._direct = Direct(url, synchronous_commit="off")
        self._holder = holder
        self._waiting: list[tuple[Claim, asyncio.Future[Claimed]]] = []
        self._task: asyncio.Task[None] | None = None
        self._bells: dict[bytes, asyncio.Event] = {}
        self._giving_up: dict[str, asyncio.Task[bool]] = {}

    async def claim(self, claim: Claim) -> Claimed:
        """Looks for the result, and claims the call where there is none.

        Raises:
            OperationalError: the database can not be reached now.
        """
        future: asyncio.Future[Claimed] = asyncio.get_running_loop().create_future()
        self._waiting.append((claim, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="claims")
        return await asyncio.shield(future)

    async def landed(self, digest: bytes) -> None:
        """Waits until another replica's call has ended, or a while."""
        bell = self._bells.setdefault(digest, asyncio.Event())
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await bell.wait()
        except TimeoutError:
            pass
        finally:
            if self._bells.get(digest) is bell:
                del self._bells[digest]

    def heard(self, digests: Collection[str]) -> None:
        """Takes notice of calls that have ended."""
        for digest in digests:
            bell = self._bells.get(bytes.fromhex(digest))
            if bell is not None:
                bell.set()

    def give_up(self, claim: Claim, *, failed: bool) -> None:
        """Gives a claim up, in the background. `failed`: its call failed for good, and who wants the result
        asks under a request_id of his own; else he goes on with the call. See `handed_over`."""
        task = asyncio.create_task(self._give_up(claim, failed), name=f"claim of {claim.request_id}")
        self._giving_up[claim.request_id] = task
        task.add_done_callback(lambda _: self._given_up(claim.request_id, task))

    async def handed_over(self, request_id: str) -> bool:
        """Whether another replica wants what a given up claim was of: the server must keep the work."""
        task = self._giving_up.get(request_id)
        return task is not None and await asyncio.shield(task)

    async def _give_up(self, claim: Claim, failed: bool) -> bool:
        mine = (claim.owner, claim.digest, self._holder, CHANNEL)
        try:
            if failed:
                await self._direct.fetch(_DROP, *mine)
                return False
            left = await self._direct.fetch(_LEAVE, *mine)
            wanted = bool(left and left[0]["wanted"])
            if left and not wanted:
                await self._direct.fetch(_FORGET, claim.owner, claim.digest)
            return wanted
        except REFUSALS as fault:
            _log.warning("a claim could not be given up: it ends with the lease", cause=str(fault))
            return False

    def _given_up(self, request_id: str, task: asyncio.Task[bool]) -> None:
        if self._giving_up.get(request_id) is task:
            del self._giving_up[request_id]

    async def sweep(self) -> None:
        """Takes claims away that nobody came back for, e.g. after a crash; not those just handed over.

        Raises:
            OperationalError: the database can not be reached now.
        """
        await self._direct.fetch(_SWEEP)

    async def close(self) -> None:
        """Does what is under way and closes the connection."""
        ending = [*self._giving_up.values(), *([self._task] if self._task is not None else [])]
        await asyncio.gather(*ending, return_exceptions=True)
        await self._direct.close()

    async def _run(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)  # lets tasks that were woken together join
            taken, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            try:
                answers = await self._ask([claim for claim, _ in taken])
            except Exception as fault:  # told to everybody who asked
                for _, future in taken:
                    if not future.done():
                        future.set_exception(fault)
                continue
            for (_, future), answer in zip(taken, answers, strict=True):
                if not future.done():
                    future.set_result(answer)

    async def _ask(self, claims: Sequence[Claim]) -> list[Claimed]:
        # Two of the same can not go into one statement; the later one finds the claim of the former.
        asked = {(claim.owner, claim.digest): claim for claim in reversed(claims)}
        made = await self._direct.fetch(
            _CLAIM,
            *(
                [getattr(claim, name) for claim in asked.values()]
                for name in ("owner", "digest", "request_id", "job_id", "token", "anew")
            ),
            self._holder,
        )
        mine = [row for row in made if row["holder"] == self._holder]
        claimed = {(row["owner"], row["digest"]): row["request_id"] for row in mine}
        # After the claims: a result that was written before one was made is seen by this.
        rows = await self._direct.fetch(_RECALL, *map(list, zip(*asked, strict=True)))
        known = {(row["owner"], row["digest"]): RememberedRow(**row) for row in rows}
        answers = []
        for claim in claims:
            name = (claim.owner, claim.digest)
            result, request_id = known.get(name), claimed.get(name, "")
            if result is not None and not claim.anew:
                if request_id:  # the result was written at the same time
                    self.give_up(claim, failed=False)
                answers.append(Claimed(result))
            else:
                answers.append(Claimed(None, request_id))
        return answers


_ASKED = "unnest($1::text[], $2::bytea[]) AS asked (owner, digest)"
_RECALL = f"SELECT remembered.* FROM {_ASKED} JOIN remembered USING (owner, digest)"
_ENDED = """NOT EXISTS (SELECT FROM jobs WHERE jobs.id = flight.job_id AND jobs.lease_token = flight.token
  AND jobs.lease_holder IS NOT NULL)"""
_CLAIM = f"""
INSERT INTO flights AS flight (owner, digest, request_id, holder, job_id, token, wanted)
SELECT asked.owner, asked.digest, asked.request_id, $7, asked.job_id, asked.token, false
FROM unnest($1::text[], $2::bytea[], $3::text[], $4::text[], $5::int8[], $6::bool[])
  AS asked (owner, digest, request_id, job_id, token, anew)
WHERE asked.anew OR NOT EXISTS
  (SELECT FROM remembered WHERE remembered.owner = asked.owner AND remembered.digest = asked.digest)
ORDER BY asked.owner, asked.digest
ON CONFLICT (owner, digest) DO UPDATE SET (holder, job_id, token, wanted) = (
  SELECT CASE WHEN free THEN excluded.holder ELSE flight.holder END,
    CASE WHEN free THEN excluded.job_id ELSE flight.job_id END,
    CASE WHEN free THEN excluded.token ELSE flight.token END,
    flight.wanted OR NOT free
  FROM (SELECT flight.holder = excluded.holder OR {_ENDED} AS free) AS it
)
RETURNING owner, digest, request_id, holder
"""
_MINE = "owner = $1 AND digest = $2 AND holder = $3"
_TELL = """
SELECT wanted, CASE WHEN wanted THEN pg_notify($4, json_build_array($3::int8, 0, 0, json_build_object(),
  json_build_array(), json_build_array(), json_build_array(encode(digest, 'hex')))::text) END FROM given_up
"""
_DROP = f"WITH given_up AS (DELETE FROM flights WHERE {_MINE} RETURNING digest, wanted) {_TELL}"
_FREED = f"UPDATE flights SET token = 0, holder = 0 WHERE {_MINE} RETURNING digest, wanted"
_LEAVE = f"WITH given_up AS ({_FREED}) {_TELL}"
_FORGET = "DELETE FROM flights WHERE owner = $1 AND digest = $2 AND token = 0 AND NOT wanted"
_SWEEP = f"DELETE FROM flights AS flight WHERE {_ENDED} AND NOT (flight.wanted AND flight.holder = 0)"
