"""A whole mesh as a user starts it: `reelmesh up` in a process of its own, in a home of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import reelmesh
from reelmesh.compose.v1.timeline_pb2 import Canvas
from reelmesh.mesh import discovery
from reelmesh.orchestrator.v1.events_pb2 import Event
from reelmesh.orchestrator.v1.job_pb2 import Job, JobState, StepState

SMALL = Canvas(width_pixels=180, height_pixels=320, frames_per_second=10)
"""A frame that is quickly drawn."""
ENDED = (JobState.JOB_STATE_SUCCEEDED, JobState.JOB_STATE_FAILED, JobState.JOB_STATE_CANCELLED)
NOT_INHERITED = ("REELMESH_", "XDG_")
"""A developer's own settings stay out."""


@dataclass(frozen=True)
class Up:
    """A mesh that runs."""

    home: Path
    """Its home."""
    pid: int
    """Process that keeps it."""

    def client(self) -> reelmesh.Client:
        """A client of it."""
        return reelmesh.Client(home=self.home)

    def pids(self) -> dict[str, int]:
        """Processes of its servers as they are now."""
        found = discovery.read(self.home)
        assert found is not None, "the mesh has ended"
        return dict(found.pids)

    def logs(self) -> str:
        """What its servers have logged."""
        return "\n".join(file.read_text() for file in sorted((self.home / "logs").glob("*.log")))


@contextlib.contextmanager
def mesh(*arguments: str, home: Path | None = None, **settings: str) -> Iterator[Up]:
    """`reelmesh up` with arguments and settings (TTS__CAPACITY="1"); drained at the end.

    `home` is one that shall outlive it; left out, it has one that is removed with it.
    """
    with tempfile.TemporaryDirectory(prefix="rm-") as folder:
        home = home or Path(folder) / "home"
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)
        }
        environment["REELMESH_MESH__HOME"] = str(home)
        environment["XDG_CONFIG_HOME"] = str(Path(folder) / "config")
        environment |= {f"REELMESH_{name}": value for name, value in settings.items()}
        process = subprocess.Popen(
            [sys.executable, "-m", "reelmesh.cli", "up", "--json", *arguments],
            stdout=subprocess.PIPE,
            env=environment,
            cwd=folder,
            text=True,
        )
        assert process.stdout is not None
        try:
            told = json.loads(process.stdout.readline())
            assert told["type"] == "ready"
            yield Up(home, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.stdout.close()
            process.wait()


def states(job: Job) -> dict[str, str]:
    """How the steps of a job stand: {"narrate[0]": "SUCCEEDED"}; those that were skipped are left out."""
    return {
        f"{step.step}[{step.index}]" if step.HasField("index") else step.step: name
        for step in job.execution.steps
        if (name := StepState.Name(step.state).removeprefix("STEP_STATE_")) != "SKIPPED"
    }


def recorded(events: list[Event]) -> Counter[tuple[str, int]]:
    """How often each step instance was recorded as done."""
    return Counter(
        (event.step_changed.step.step, event.step_changed.step.index)
        for event in events
        if event.step_changed.step.state == StepState.STEP_STATE_SUCCEEDED
    )
