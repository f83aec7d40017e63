"""The seam between the router and a vendor's API.

A vendor is one module with one class: what it can make (`offer`), and how its API is spoken (`submit`,
`poll`, and where the API has them `find`, `cancel`, `balance`, `reach`). It keeps no state and decides
nothing: who is asked, whether a submit may be sent, what is retried, what is paid and what becomes of a lost
answer are the router's and the ledger's business. So a vendor's module is only translation, and can not pay
twice.

The one rule that a vendor has to keep: `submit` sends at most one request that can cost money, and tells
truly what is known of it. A `Refused` says that the vendor certainly did not take the task; an `Unknown` says
that it may have.

Vendors are polled. Webhooks, which some offer, are not used: they need an address of ours that the open
internet reaches, tell nothing that polling does not, and would have to be trusted.
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import ClassVar, Protocol

from google.type.money_pb2 import Money

from reelmesh.common.v1.engine_pb2 import Missing
from reelmesh.video.v1.video_pb2 import GenerateRequest, GetBalanceResponse
from servers.chassis.http import Http
from servers.chassis.settings import ProviderSettings
from servers.chassis.trouble import Kind as Kind
from servers.chassis.trouble import Trouble as Trouble
from servers.chassis.trouble import Unreachable as Unreachable
from servers.chassis.trouble import kind_of as kind_of
from servers.chassis.trouble import sounds_moderated as sounds_moderated


class Refused(Exception):
    """The vendor certainly did not take the task: nothing is paid, and another may be asked."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.message)
        self.trouble = trouble


class Unknown(Exception):
    """The task was sent, and nobody knows whether the vendor took it."""


class Medium(Protocol):
    """A picture or a sound of the request, in whichever form a vendor takes it."""

    @property
    def media_type(self) -> str:
        """RFC 6838 media type, e.g. "image/png"."""

    async def url(self) -> str:
        """A link that the vendor can read, signed and for a limited time.

        Raises:
            FailedPrecondition: the store has no address that the vendor can reach; it names the setting.
        """

    async def content(
        self,
        *,
        most_bytes: int,
        media_types: Sequence[str] = ("image/jpeg", "image/png"),
        size: tuple[int, int] | None = None,
    ) -> tuple[bytes, str]:
        """The bytes and their media type; a picture is shrunk, or coded anew, when it must be.

        `size` is the width and height that a picture must have exactly: it is cut to its middle and scaled.

        Raises:
            InvalidArgument: it can not be brought within the bound.
        """


@dataclass(frozen=True)
class Shot:
    """What is asked of a vendor: a request that was fitted to one of its offers."""

    prompt: str
    negative_prompt: str
    seconds: Fraction
    """One of the offer's lengths."""
    width: int
    height: int
    """One of the offer's sizes."""
    aspect: str
    """The offer's word for its proportions, e.g. "9:16"; empty where it has none."""
    seed: int | None
    model: str
    first_frame: Medium | None = None
    last_frame: Medium | None = None
    driving_audio: Medium | None = None
    loop: bool = False
    watermark: bool = False
    params: Mapping[str, str] = field(default_factory=dict)
    """`provider_params` of the request, those that the offer names."""


@dataclass(frozen=True)
class Offer:
    """What one model of a vendor can make."""

    model: str
    seconds: tuple[Fraction, ...] = ()
    """Lengths that it makes, rising; empty: any from `least_seconds` to `most_seconds`."""
    least_seconds: Fraction = Fraction(1, 2)
    most_seconds: Fraction = Fraction(120)
    sizes: tuple[tuple[int, int], ...] = ()
    """Width and height that it makes; empty: any."""
    aspects: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """The vendor's word for each size's proportions, where it wants one."""
    text: bool = True
    """Makes clips of a prompt alone."""
    first_frame: bool = True
    last_frame: bool = False
    driving_audio: bool = False
    negative_prompt: bool = False
    seed: bool = False
    loop: bool = False
    audio: bool = False
    """Clips come with sound."""
    most_prompt_characters: int = 0
    """0: no bound known."""
    params: frozenset[str] = frozenset()
    """Names in `provider_params` that it takes."""
    price_per_second: Money | None = None
    """What a second costs, by default; a setting overrides it. None: nothing is known."""
    price: Money | None = None
    """What a clip costs on top, whatever its length."""


@dataclass(frozen=True)
class Running:
    """The vendor is at it."""

    fraction: float | None = None
    """0 to 1, where the vendor tells it truly; None: to be estimated."""
    queue_position: int | None = None
    next_poll_seconds: float | None = None
    """When the vendor wants to be asked again."""


@dataclass(frozen=True)
class Finished:
    """The clip is there."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers for the download, e.g. our key where the clip lies on the vendor's API host."""
    cost: Money | None = None
    """What the vendor says that it cost."""


@dataclass(frozen=True)
class Failed:
    """The vendor ended the task without a clip."""

    trouble: Trouble
    refunded: bool | None = None
    """Whether it costs nothing; None: unknown."""
    missing: bool = False
    """The vendor knows nothing of the task: it was deleted, or not all of the vendor has heard of it yet."""


State = Running | Finished | Failed


class CancelOutcome(enum.Enum):
    """What became of a request to cancel."""

    CANCELLED = "cancelled"
    """It will not be made, and costs nothing."""
    ASKED = "asked"
    """The vendor was told; it may still finish, and cost."""
    TOO_LATE = "too_late"
    """It had ended already."""
    IMPOSSIBLE = "impossible"
    """The vendor has no way to cancel: the money is spent."""


class Vendor(ABC):
    """One vendor's API, for one account. Instances are made once and used concurrently."""

    title: ClassVar[str]
    """Name for people, e.g. "Runway"."""
    base_url: ClassVar[str]
    """Where the API lives unless a setting says otherwise."""
    keyed: ClassVar[bool] = True
    """Needs a key."""
    findable: ClassVar[bool] = False
    """A lost task can be found again by `find`."""
    cancellable: ClassVar[bool] = False
    links_only: ClassVar[bool] = False
    """Takes pictures as links only, so Storage's links must be reachable from the open internet."""

    def __init__(self, settings: ProviderSettings) -> None:
        self.settings = settings

    def missing(self) -> Sequence[Missing]:
        """What else it lacks than a key. Quick."""
        return ()

    @abstractmethod
    def offers(self) -> Sequence[Offer]:
        """What it can make, the default model first."""

    @abstractmethod
    async def submit(self, shot: Shot, handle: str, http: Http) -> str:
        """Hands in the task and returns the vendor's id of it.

        `handle` is unique to this attempt, 36 characters of [0-9a-f-]: a vendor that takes an id of ours
        gets it.

        Raises:
            Refused: the vendor certainly did not take the task.
            Unknown: it may have taken it.
        """

    @abstractmethod
    async def poll(self, task_id: str, shot_model: str, http: Http) -> State:
        """How the task stands.

        Raises:
            Unreachable: no usable answer; ask again later.
        """

    async def find(self, shot: Shot, handle: str, submitted_at: float, http: Http) -> str | None:
        """The vendor's id of a task whose submit was never answered; None: the vendor certainly has none.

        Asked only where `findable`. `submitted_at` is in seconds since the epoch.

        Raises:
            Unreachable: no usable answer; ask again later.
            Unknown: the vendor answered, and it is still not certain.
        """
        raise Unknown

    async def cancel(self, task_id: str, shot_model: str, http: Http) -> CancelOutcome:
        """Tells the vendor that the clip is no longer wanted.

        Raises:
            Unreachable: no usable answer.
        """
        return CancelOutcome.IMPOSSIBLE

    async def balance(self, http: Http) -> GetBalanceResponse | None:
        """The credit that is left; None where the vendor can not tell.

        Raises:
            Unreachable: no usable answer.
        """
        return None

    async def reach(self, http: Http) -> str:
        """Asks the vendor with a call that costs nothing; returns what it said, one line.

        Raises:
            Unreachable: no usable answer, or the key is not taken (its kind tells).
        """
        found = await self.balance(http)
        if found is None:
            return "a key is set; this vendor has no call that would check it and cost nothing"
        return f"{found.credits:g} credits left" if found.credits else "the key is taken"


def can_be_tested(vendor: Vendor) -> bool:
    """Whether the vendor has a call that costs nothing and tells whether it could serve."""
    kind = type(vendor)
    return kind.reach is not Vendor.reach or kind.balance is not Vendor.balance


def serves(offer: Offer, request: GenerateRequest) -> str:
    """Why an offer can not serve a request; empty when it can. Lengths and sizes are fitted."""
    if request.model and request.model != offer.model:
        return f"model {request.model} is not {offer.model}"
    if request.HasField("driving_audio") and not offer.driving_audio:
        return "driving_audio: it makes no talking heads"
    if request.HasField("last_frame") and not offer.last_frame:
        return "last_frame: it can not aim at a last picture"
    if request.HasField("first_frame") and not offer.first_frame:
        return "first_frame: it makes clips of words alone"
    if not request.HasField("first_frame") and not offer.text and not request.HasField("driving_audio"):
        return "first_frame: must be given, it makes clips of pictures"
    if offer.driving_audio and not request.HasField("driving_audio"):
        return "driving_audio: must be given, it makes talking heads"
    return ""
