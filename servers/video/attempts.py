"""Attempts, and what happened to providers, as the contract tells them."""

from __future__ import annotations

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.video.v1 import video_pb2
from reelmesh.video.v1.video_pb2 import GenerateRequest
from servers.chassis import paging
from servers.chassis.errors import InvalidArgument
from servers.video.ledger.records import Attempt, money
from servers.video.ledger.reports import Reports
from servers.video.ledger.schema import AttemptState, attempts, runs

_STATES = {getattr(video_pb2, f"ATTEMPT_STATE_{state.name}"): state for state in AttemptState}
_NUMBERS = {state: number for number, state in _STATES.items()}


async def listed(
    reports: Reports, owner: str, request: video_pb2.ListAttemptsRequest
) -> video_pb2.ListAttemptsResponse:
    """One page of an owner's attempts.

    Raises:
        InvalidArgument: the page token is not one of this server's.
    """
    size = request.page_size or paging.DEFAULT_PAGE_SIZE
    where: list[Any] = [attempts.c.owner == owner]
    for column, value in (
        (attempts.c.request_id, request.request_id),
        (runs.c.job_id, request.job_id),
        (attempts.c.provider, request.provider),
    ):
        if value:
            where.append(column == value)
    states = [_STATES[state] for state in request.states if state in _STATES]
    if states:
        where.append(attempts.c.state.in_(states))
    rows = await reports.page(where=where, size=size + 1, before=_place(request.page_token))
    response = video_pb2.ListAttemptsResponse(attempts=[_told(one, row) for one, row in rows[:size]])
    if len(rows) > size:
        last = rows[size - 1][0]
        response.next_page_token = paging.encode(f"{last.intent_time!r} {last.id}")
    return response


def told_event(row: Any) -> video_pb2.ProviderEvent:
    """A row of `events`."""
    return video_pb2.ProviderEvent(
        sequence=row["sequence"],
        time=_timestamp(row["time"]),
        provider=row["provider"],
        kind=getattr(video_pb2, f"PROVIDER_EVENT_KIND_{row['kind'].upper()}"),
        message=row["message"],
        attempt_id=row["attempt_id"],
    )


def _place(token: str) -> tuple[float, str] | None:
    if not token:
        return None
    at, _, ident = paging.decode(token).partition(" ")
    try:
        return float(at), ident
    except ValueError:
        raise InvalidArgument(("page_token", "is not a token of this server")) from None


def _told(attempt: Attempt, row: Any) -> video_pb2.Attempt:
    told = video_pb2.Attempt(
        id=attempt.id,
        request_id=attempt.request_id,
        job_id=row["job_id"],
        step=row["step"],
        number=attempt.number,
        provider=attempt.provider,
        model=attempt.model,
        state=_NUMBERS[attempt.state],
        why=attempt.why,
        task_id=attempt.task_id,
        request=GenerateRequest.FromString(row["request"]),
        fitted=[line for line in attempt.fitted.split("\n") if line],
        trouble=attempt.kind,
        message=attempt.message,
        code=attempt.code,
        intent_time=_timestamp(attempt.intent_time),
    )
    if attempt.clip is not None:
        told.clip.CopyFrom(Asset.FromString(attempt.clip))
    if attempt.at_risk:
        told.cost.CopyFrom(money(attempt.at_risk, attempt.currency))
    if attempt.submit_time is not None:
        told.submit_time.CopyFrom(_timestamp(attempt.submit_time))
    if attempt.end_time is not None:
        told.end_time.CopyFrom(_timestamp(attempt.end_time))
    return told


def _timestamp(seconds: float) -> Timestamp:
    stamp = Timestamp()
    stamp.FromNanoseconds(int(seconds * 1e9))
    return stamp
