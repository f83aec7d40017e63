"""LimitService: limits shown, set and cleared while the mesh runs."""

from __future__ import annotations

import re
from typing import Any

from orchestrator.drive.limiting import Holding, Limits
from orchestrator.pure.fairness import Limit
from orchestrator.store.rows import duration
from reelmesh.orchestrator.v1 import limit_service_pb2 as pb
from reelmesh.orchestrator.v1.limit_service_pb2_grpc import LimitServiceServicer
from servers.chassis.errors import InvalidArgument

_NAME = re.compile(
    r"overall|(service|owner|key)/[A-Za-z0-9._@*-]{1,128}|engine/[a-z0-9-]{1,63}/[A-Za-z0-9._*-]{1,100}"
)


class LimitServer(LimitServiceServicer):
    """Serves LimitService. Faults become statuses in the chassis' interceptor."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    async def ListLimits(self, request: pb.ListLimitsRequest, context: Any) -> pb.ListLimitsResponse:
        """See the contract."""
        return pb.ListLimitsResponse(limits=[_shown(one) for one in self._limits.list()])

    async def SetLimit(self, request: pb.SetLimitRequest, context: Any) -> pb.SetLimitResponse:
        """See the contract."""
        given = request.limit
        limit = Limit(
            given.at_once if given.HasField("at_once") else None,
            given.per_second if given.HasField("per_second") else None,
            given.burst or 1,
            given.paused,
        )
        return pb.SetLimitResponse(
            limit=_shown(await self._limits.set(given.name, limit, given.weight or 1.0))
        )

    async def ClearLimit(self, request: pb.ClearLimitRequest, context: Any) -> pb.ClearLimitResponse:
        """See the contract."""
        if not _NAME.fullmatch(request.name):
            raise InvalidArgument(("name", "is no name of a limit, e.g. service/tts or owner/ann"))
        return pb.ClearLimitResponse(limit=_shown(await self._limits.clear(request.name)))


def _shown(holding: Holding) -> pb.LimitUse:
    limit = holding.limit
    shown = pb.LimitUse(
        limit=pb.Limit(
            name=holding.name,
            at_once=limit.at_once,
            per_second=limit.per_second,
            burst=limit.burst if limit.per_second is not None else 0,
            paused=limit.paused,
            weight=holding.weight if holding.name.startswith("owner/") else 0.0,
        ),
        is_set=holding.is_set,
    )
    if holding.usage is not None:
        shown.running, shown.waiting = holding.usage.running, holding.usage.waiting
    if holding.closed_seconds:
        shown.closed_for.CopyFrom(duration(holding.closed_seconds))
    return shown
