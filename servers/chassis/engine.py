"""The seam between a server and the engines behind its contract.

An engine is one module with one class, found through an entry point (`reelmesh.tts.engines`,
`reelmesh.imagegen.engines`, ...). It says what it is, what it lacks and how a request resolves, and does
the work in an async generator that yields `Progress` and ends with its result. Joining, queueing,
cancelling, thinning of progress and error details are the chassis' business, never an engine's.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from google.protobuf.message import Message
from google.type.money_pb2 import Money

from reelmesh.common.v1.asset_pb2 import Asset, MediaFacts
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.engine_pb2 import Missing
from servers.chassis.models.executor import Executor

RequestT = TypeVar("RequestT", bound=Message)


@dataclasses.dataclass(frozen=True)
class Resolved(Generic[RequestT]):
    """How a request would be served: see `reelmesh.common.v1.Resolution`."""

    request: RequestT
    """The request with every default filled in. A copy, never the caller's message."""
    version: str
    """Fingerprint of engine and model: changes whenever the same request would give another output."""
    model: str = ""
    """The model that would serve it; empty when there is no choice."""
    cacheable: bool = True
    """Whether an earlier result for the same request and version may stand for a new one."""
    expected_seconds: float | None = None
    """How long it would take, not counting waiting."""
    expected_cost: Money | None = None
    """What it would cost; None when nothing."""


class WorkContext(Protocol):
    """What a running piece of work may use. The chassis makes one for each."""

    @property
    def owner(self) -> str:
        """On whose behalf the work runs."""

    @property
    def request_id(self) -> str:
        """The request's id; the server made one up where the caller gave none."""

    @property
    def unwanted(self) -> bool:
        """True when it is cancelled because a caller no longer wants it, not as the server stops."""

    @property
    def scratch(self) -> Path:
        """A folder of the work's own, on the store's filesystem, empty at first and removed at the end."""

    @property
    def kept(self) -> Path:
        """A folder of the server's own on the store's filesystem, which need not exist yet.

        What lies in it stays from work to work: the engine bounds it.
        """

    async def path(self, asset: Asset, field: str) -> Path:
        """A local, read-only file with the asset's bytes.

        `field` is the path of the request's field that named the asset, for the error.

        Raises:
            NotFound: the asset is not in the store or not the owner's; the details name the field.
        """

    async def store(self, path: Path, media_type: str, facts: MediaFacts | None = None) -> Asset:
        """Moves a finished file from scratch into the store and gives the owner a reference to it.

        The file is moved, not copied: `path` no longer exists afterwards.

        Raises:
            ResourceExhausted: the disk is nearly full.
        """


@runtime_checkable
class RunsModels(Protocol):
    """An engine that runs models, on this machine's devices or wherever the settings say."""

    def use(self, models: Executor) -> None:
        """Gives it what runs the server's models, once, before its first run. It may warm some up."""


class Engine(ABC):
    """One engine. Instances are made once for a server, used concurrently, and closed at the end.

    Making one, `describe`, `missing` and `resolve` are quick and import nothing heavy: models, and
    libraries such as numpy, are loaded by the first `run` (better: in a worker process, see
    `servers.chassis.worker`).
    """

    name: str
    """Name in requests and settings. Unique within the server."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """`settings` is the engine's own part of the server's settings (`<server>.options.<name>`)."""
        self.settings = settings

    @abstractmethod
    def describe(self) -> Description:
        """What the engine is: description, version, models, languages, capabilities, remote, license.

        The chassis fills in `name`, `ready`, `missing` and `is_default`.
        """

    def missing(self) -> Sequence[Missing]:
        """What stands in the way of serving requests; empty when ready. Quick, asked often."""
        return ()

    @property
    def on_request(self) -> bool:
        """True for an engine that serves only requests which name it: it is never the default."""
        return False

    @property
    def paid(self) -> bool:
        """Whether a run may cost money: nothing is then made again without the caller's word. What asks
        another machine may, unless it knows better."""
        return self.describe().remote

    def serves(self, request: Message) -> bool:
        """Whether the engine can serve this request at all, e.g. knows its language.

        Asked only when the request names no engine and the server looks for the first that can.
        """
        return True

    @abstractmethod
    def resolve(self, request: Any) -> Resolved[Any]:
        """Fills in every default and checks what only the engine knows.

        The chassis calls it before `run` too, so `run` always gets a resolved request.

        Raises:
            InvalidArgument: a field asks for what the engine can not do, e.g. an unknown voice.
            FailedPrecondition: something the request needs is lacking.
        """

    @abstractmethod
    def run(self, request: Any, work: WorkContext) -> AsyncIterator[Message]:
        """Does the work: yields any number of `Progress`, then exactly one result message, last.

        Cancelling the generator must end the work within a second and leave no process behind. The
        chassis fills in the result's `provenance` but for `seed`, `cost` and `warnings`.

        Raises:
            Fault: whatever goes wrong, see `servers.chassis.errors`.
        """

    async def close(self) -> None:
        """Ends worker processes and frees what the engine holds."""
        return
