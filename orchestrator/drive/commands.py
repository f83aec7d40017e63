"""What can be asked of an execution, whichever replica runs it: as it is stored, and as the walk hears it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from orchestrator.drive.record import Told
from orchestrator.pure.signals import Approve, Cancel, Decided, Event, Key, Pause, Resume
from orchestrator.store.rows import CommandRow

CANCEL, PAUSE, RESUME, DECIDE, PRIORITY, APPROVE = KINDS = (
    "cancel",
    "pause",
    "resume",
    "decide",
    "priority",
    "approve",
)


@dataclass(frozen=True)
class Command:
    """Something asked of an execution."""

    id: int
    event: Event | None = None
    """What the walk is told; None: it is not the walk's business."""
    told: Told = Told()  # noqa: RUF009 - frozen
    priority: int | None = None
    """The job's new priority."""


def decision(key: Key, decided: int, request_id: str | None) -> str:
    """The body of DECIDE. `request_id`: a new one, for another submit."""
    return json.dumps({"step": key.step, "index": key.index, "decision": decided, "request_id": request_id})


def read(row: CommandRow) -> Command | None:
    """A command as it was stored; None: one of a newer version's, which a replica of that version will do."""
    match row.kind:
        case "cancel":
            return Command(row.id, Cancel())
        case "pause":
            return Command(row.id, Pause())
        case "resume":
            return Command(row.id, Resume())
        case "approve":
            return Command(row.id, Approve(row.body))
        case "priority":
            return Command(row.id, priority=int(row.body))
        case "decide":
            body = json.loads(row.body)
            event = Decided(Key(body["step"], body["index"]), body["decision"])
            return Command(row.id, event, Told(request_id=body["request_id"]))
    return None
