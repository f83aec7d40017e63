"""What every vendor's simulator shares: tasks with a scripted life, a bill, injected faults, and clips to
download.

A simulator is written from the vendor's published facts, not from our client, and is strict: what the vendor
would refuse, it refuses. It counts what it accepted, which is what a vendor would bill.
"""

from __future__ import annotations

import functools
import itertools
import re
import subprocess
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from servers.chassis.media import commands
from tests.vendors.http import Reply, Request, Server


@dataclass
class SimTask:
    """One accepted task."""

    id: str
    request: Any
    """What was asked, decoded."""
    created: float = field(default_factory=time.time)
    polls: int = 0
    cancelled: bool = False
    state: str = "queued"
    """queued, running, succeeded, failed; or a word of the vendor's own, sent as it is."""
    failure: Any = None
    handle: str = ""


@dataclass
class Life:
    """How tasks go from now on."""

    queued_polls: int = 1
    running_polls: int = 1
    end: str = "succeeded"
    failure: Any = None
    words: tuple[str, ...] = ()
    """Status words to send, one for each poll, before the end."""


class Simulator(ABC):
    """One vendor over HTTP. A context manager; `url` is its base URL."""

    KEY = "test-key"

    def __init__(self) -> None:
        self.tasks: dict[str, SimTask] = {}
        self.life = Life()
        self.faults: deque[tuple[str, Reply]] = deque()
        """(regular expression of "METHOD /path", reply): each is used once, for the first request it fits."""
        self.seen: list[Request] = []
        self.on_request: Callable[[str, str], None] = lambda line, when: None
        """Called with ("METHOD /path", "before" or "after" the API took note of it), before it answers."""
        self.drop_after_accepting = 0
        """So many submits are accepted, and then the connection is dropped."""
        self.unknown_polls = 0
        """For so many polls it knows of no task."""
        self.clip_faults: deque[Reply] = deque()
        self.clip_seconds = 0.0
        """Length of the clips; 0: as asked."""
        self.expired: set[str] = set()
        """Names of clips whose links no longer work."""
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._server = Server(self._handle)

    def __enter__(self) -> Simulator:
        self._server.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.__exit__(*problem)

    @property
    def url(self) -> str:
        """Its base URL."""
        return self._server.url

    @property
    def accepted(self) -> int:
        """How many tasks it took: what it would bill."""
        return len(self.tasks)

    @abstractmethod
    def answer(self, request: Request) -> Reply:
        """The API itself."""

    def accept(self, request: Any, handle: str = "", ident: str = "") -> SimTask:
        """Takes a task."""
        task = SimTask(ident or f"task-{next(self._numbers)}", request, handle=handle)
        self.tasks[task.id] = task
        return task

    def advance(self, task: SimTask) -> str:
        """One more poll of a task: its state from now on."""
        life = self.life
        task.polls += 1
        if task.cancelled or task.state in ("succeeded", "failed"):
            return task.state
        if task.polls <= len(life.words):
            return life.words[task.polls - 1]
        polls = task.polls - len(life.words)
        if polls <= life.queued_polls:
            task.state = "queued"
        elif polls <= life.queued_polls + life.running_polls:
            task.state = "running"
        else:
            task.state, task.failure = life.end, life.failure
        return task.state

    def clip_url(self, task: SimTask) -> str:
        """A fresh link to a task's clip."""
        return f"{self.url}/files/{task.id}.{next(self._numbers)}.mp4"

    def seconds_of(self, task: SimTask) -> float:
        """How long a clip was ordered; simulators override it."""
        return 5.0

    def _handle(self, request: Request) -> Reply:
        with self._lock:
            self.seen.append(request)
            line = f"{request.method} {request.path}"
            self.on_request(line, "before")
            for index, (pattern, reply) in enumerate(self.faults):
                if re.search(pattern, line):
                    del self.faults[index]
                    return reply
            if request.path.startswith("/files/"):
                return self._file(request)
            before = self.accepted
            if self.unknown_polls and self.accepted and request.method == "GET":
                self.unknown_polls -= 1
                tasks, self.tasks = self.tasks, {}
                try:
                    return self.answer(request)
                finally:
                    self.tasks = tasks
            reply = self.answer(request)
            self.on_request(line, "after")
            if self.accepted > before and self.drop_after_accepting:
                self.drop_after_accepting -= 1
                return Reply(drop=True)
            return reply

    def _file(self, request: Request) -> Reply:
        name = request.path.rsplit("/", 1)[1]
        ident = name.split(".")[0]
        if name in self.expired:
            return Reply(403, b"expired")
        if self.clip_faults:
            return self.clip_faults.popleft()
        content = clip(self.clip_seconds or self.seconds_of(self.tasks[ident]))
        if (wanted := request.headers.get("range", "")).startswith("bytes="):
            begin = int(wanted[6:].split("-")[0])
            if begin >= len(content):
                return Reply(416, b"", {"content-range": f"bytes */{len(content)}"})
            told = {
                "content-range": f"bytes {begin}-{len(content) - 1}/{len(content)}",
                "content-type": "video/mp4",
            }
            return Reply(206, content[begin:], told)
        return Reply(200, content, {"content-type": "video/mp4", "accept-ranges": "bytes"})


@functools.cache
def clip(seconds: float) -> bytes:
    """A small, real clip with moving content."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        source = f"testsrc2=size=128x72:rate=10:duration={seconds}"
        arguments = ["-v", "error", "-f", "lavfi", "-i", source, "-c:v", "libx264", "-preset", "ultrafast"]
        subprocess.run(
            [commands.executable(), *arguments, "-pix_fmt", "yuv420p", str(path)],
            check=True,
            capture_output=True,
        )
        return path.read_bytes()
