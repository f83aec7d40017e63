"""Numbers and states as people read them."""

from __future__ import annotations

import datetime as dt
import re

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from reelmesh.orchestrator.v1.job_pb2 import JobState, StepState

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def length(seconds: float) -> str:
    """A length of time: "0.8 s", "42 s", "3:07", "1:02:05"."""
    if seconds < 10:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d}"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


def size(count: float) -> str:
    """A number of bytes: "812 B", "3.4 MB"."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"


def moment(time: Timestamp) -> str:
    """A time in the zone of this machine, "2026-01-31 14:05:09"."""
    if not time.ToNanoseconds():
        return ""
    return time.ToDatetime(tzinfo=dt.UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def seconds(duration: Duration) -> float:
    """A duration in seconds."""
    return duration.ToNanoseconds() / 1e9


def job_state(state: JobState.ValueType) -> str:
    """A job's state in one word, lower case."""
    return JobState.Name(state).removeprefix("JOB_STATE_").lower()


def step_state(state: StepState.ValueType) -> str:
    """A step's state in one word, lower case."""
    return StepState.Name(state).removeprefix("STEP_STATE_").lower()


def one_line(text: str, width: int) -> str:
    """Text on one line without control characters, cut to a width in characters."""
    flat = _CONTROL.sub(" ", text).strip()
    return flat if len(flat) <= width else flat[: max(0, width - 1)].rstrip() + "…"
