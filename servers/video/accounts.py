"""Providers as the settings name them: one account at one vendor, with its prices and bounds."""

from __future__ import annotations

import dataclasses
import importlib.metadata
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import structlog
from google.protobuf.message import Message

from reelmesh.common.v1.engine_pb2 import MISSING_KIND_KEY, MISSING_KIND_SETTING, Missing
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.video.v1 import video_pb2
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import FailedPrecondition, InvalidArgument
from servers.chassis.http import Http
from servers.chassis.settings import ProviderSettings, VideoSettings, reveal
from servers.video import fitting, variants
from servers.video.ledger.records import NANOS, Wish, money
from servers.video.vendor import Offer, Vendor, serves

GROUP = "reelmesh.video.vendors"
VERSION = "1"
_log = structlog.get_logger("reelmesh.video")


class Conducts(Protocol):
    """Brings requests to accounts, and pays for nothing twice."""

    def run(
        self, request: video_pb2.GenerateRequest, work: WorkContext, pinned: str = ""
    ) -> AsyncIterator[Message]:
        """Serves a request, by the account that it is pinned to; see `Engine.run`."""


class Account(Engine):
    """One account at one vendor. It is an engine like any other; its work goes through the ledger."""

    def __init__(self, name: str, settings: ProviderSettings, vendor: Vendor, position: int) -> None:
        super().__init__({})
        self.name = name
        self.vendor = vendor
        self.account = settings
        self.position = position
        self.conductor: Conducts | None = None
        """Set once the ledger is open."""
        self._http: Http | None = None
        self._outdated: list[Http] = []
        """Calls under earlier keys may still be under way there."""
        self.adopt(settings)

    def adopt(self, settings: ProviderSettings) -> bool:
        """Takes settings, also while running: keys, bounds, prices, priority, whether it is enabled.

        Returns whether the vendor is reached otherwise than before: by another key or address.
        """
        changed = _reached(settings) != _reached(self.account)
        if changed and self._http is not None:
            self._outdated.append(self._http)
            self._http = None
        self.account = self.vendor.settings = settings
        self.offers = tuple(_priced(offer, settings) for offer in _chosen(self.vendor, settings))
        return changed

    @property
    def http(self) -> Http:
        """Calls to the vendor. Made when it is first asked for: secrets are looked up no earlier."""
        if self._http is None:
            secrets = [reveal(value) for value in (self.account.key, self.account.secret)]
            self._http = Http(
                self.account.base_url or self.vendor.base_url,
                secrets,
                private_hosts=self.account.private_hosts,
            )
        return self._http

    def describe(self) -> Description:
        """See `Engine.describe`."""
        return Description(
            description=f"{self.vendor.title}: {', '.join(offer.model for offer in self.offers)}"[:500],
            version=VERSION,
            models=[offer.model for offer in self.offers],
            capabilities=sorted(set().union(*map(_abilities, self.offers))),
            remote=True,
        )

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`: the key, or that it is switched off."""
        where = f"video.providers.{self.name}"
        if not self.account.enabled:
            return (
                Missing(kind=MISSING_KIND_SETTING, name="enabled", remedy=f"set {where}.enabled to true"),
            )
        if self.vendor.keyed:
            try:
                keyed = bool(reveal(self.account.key))
            except FailedPrecondition as fault:
                return (Missing(kind=MISSING_KIND_KEY, name="key", remedy=fault.message),)
            if not keyed:
                remedy = (
                    f'set {where}.key to a reference such as "${{{self.name.upper().replace("-", "_")}_KEY}}"'
                )
                return (Missing(kind=MISSING_KIND_KEY, name="key", remedy=remedy),)
        return self.vendor.missing()

    def provider(self) -> video_pb2.Provider:
        """What is known of it without asking anyone; the listing adds how it stands."""
        told = video_pb2.Provider(concurrency=self.account.concurrency)
        told.capabilities.cancel = self.vendor.cancellable
        told.models.extend(self._model(offer) for offer in self.offers)
        for model in told.models[:1]:
            told.capabilities.CopyFrom(model.capabilities)
            if model.HasField("price_per_second"):
                told.price_per_second.CopyFrom(model.price_per_second)
        return told

    def _model(self, offer: Offer) -> video_pb2.ProviderModel:
        """What one model can make, and at what price."""
        model = video_pb2.ProviderModel(model=offer.model, abilities=sorted(_abilities(offer)))
        lengths = offer.seconds or (offer.least_seconds, offer.most_seconds)
        _set(model.capabilities.min_duration, lengths[0])
        _set(model.capabilities.max_duration, lengths[-1])
        for length in offer.seconds:
            _set(model.capabilities.durations.add(), length)
        model.capabilities.sizes.extend(f"{width}x{height}" for width, height in offer.sizes)
        model.capabilities.max_prompt_characters = offer.most_prompt_characters
        model.capabilities.cancel = self.vendor.cancellable
        for price, given in ((model.price_per_second, offer.price_per_second), (model.price, offer.price)):
            if given is not None:
                price.CopyFrom(given)
        return model

    def offer_for(self, request: video_pb2.GenerateRequest) -> Offer | str:
        """The first offer that serves a request, or why none does."""
        refusals = [serves(offer, request) for offer in self.offers]
        if not refusals:
            return "the settings allow none of its models"
        return next((offer for offer, why in zip(self.offers, refusals, strict=True) if not why), refusals[0])

    def serves(self, request: Message) -> bool:
        """See `Engine.serves`."""
        assert isinstance(request, video_pb2.GenerateRequest)
        return isinstance(self.offer_for(request), Offer)

    def resolve(self, request: video_pb2.GenerateRequest) -> Resolved[video_pb2.GenerateRequest]:
        """See `Engine.resolve`: a request that is pinned to this account."""
        filled = with_defaults(request)
        offer = self.offer_for(filled)
        if isinstance(offer, str):
            field, _, rule = offer.partition(": ")
            raise InvalidArgument((field, rule) if rule else ("engine", f"{self.name}: {offer}"))
        fit = fitting.fit(filled, offer)
        cost = fitting.cost_nanos(fit.seconds, offer)
        return Resolved(
            filled,
            version=f"{self.vendor.title}/{offer.model}/{VERSION}",
            model=offer.model,
            cacheable=request.HasField("seed"),
            expected_cost=money(cost, self.account.currency) if cost else None,
        )

    def run(self, request: video_pb2.GenerateRequest, work: WorkContext) -> AsyncIterator[Message]:
        """See `Engine.run`."""
        assert self.conductor is not None
        return self.conductor.run(request, work, pinned=self.name)

    def wish(self, request: video_pb2.GenerateRequest, zone: ZoneInfo) -> Wish | str:
        """What the ledger is asked for: or why it can not serve the request."""
        offer = self.offer_for(request)
        if isinstance(offer, str):
            return offer
        fit = fitting.fit(request, offer)
        cost = fitting.cost_nanos(fit.seconds, offer)
        day, month = starts(zone)
        return Wish(
            provider=self.name,
            vendor=self.vendor.title,
            model=offer.model,
            currency=self.account.currency,
            cost=cost,
            concurrency=self.account.concurrency,
            per_minute=self.account.requests_per_minute,
            daily=_nanos(self.account.daily_ceiling),
            monthly=_nanos(self.account.monthly_ceiling),
            day_start=day,
            month_start=month,
            fitted="\n".join(fit.changed),
        )

    async def close(self) -> None:
        """Closes its connections."""
        for http in [*self._outdated, *([self._http] if self._http is not None else [])]:
            await http.close()


def load(settings: VideoSettings) -> list[Account]:
    """The accounts that the settings name.

    One whose vendor can not be loaded is left out and logged; the listing then lacks it.
    """
    found = {point.name: point for point in importlib.metadata.entry_points(group=GROUP)}
    accounts = []
    for position, (name, given) in enumerate(settings.providers.items()):
        kind = given.type or name
        if kind not in found:
            _log.error("no such vendor", provider=name, type=kind, known=sorted(found))
            continue
        try:
            vendor: Vendor = found[kind].load()(given)
        except Exception as error:  # a third party's vendor must not keep the server from starting
            _log.error("vendor can not be loaded", provider=name, type=kind, error=repr(error))
            continue
        accounts.append(Account(name, given, vendor, position))
    return accounts


def with_defaults(request: video_pb2.GenerateRequest) -> video_pb2.GenerateRequest:
    """A copy with every default of the contract filled in."""
    filled = video_pb2.GenerateRequest()
    filled.CopyFrom(request)
    variants.settle(filled)
    if request.HasField("driving_audio") and not request.HasField("duration"):
        # As long as the sound; where nothing is told of it, that is measured when the work begins.
        if request.driving_audio.facts.HasField("duration"):
            filled.duration.CopyFrom(request.driving_audio.facts.duration)
    elif not request.HasField("duration"):
        filled.duration.FromSeconds(5)
    filled.width_pixels = request.width_pixels or 1080
    filled.height_pixels = request.height_pixels or 1920
    filled.frames_per_second = request.frames_per_second or 30.0
    odd = [(f, "must be even") for f in ("width_pixels", "height_pixels") if getattr(filled, f) % 2]
    if odd:
        raise InvalidArgument(*odd)
    return filled


def _reached(settings: ProviderSettings) -> tuple[object, ...]:
    """What calls are made with."""
    return settings.base_url, settings.key, settings.secret, settings.private_hosts


def _abilities(offer: Offer) -> set[str]:
    """What a model can do, in the words of the contract."""
    flags = {
        "audio": offer.audio,
        "first-frame": offer.first_frame,
        "last-frame": offer.last_frame,
        "loop": offer.loop,
        "negative-prompt": offer.negative_prompt,
        "seed": offer.seed,
        "talking-head": offer.driving_audio,
        "text-to-video": offer.text,
    }
    return {name for name, given in flags.items() if given}


def _chosen(vendor: Vendor, settings: ProviderSettings) -> Sequence[Offer]:
    """The vendor's offers that the settings allow, in the settings' order."""
    offered = {offer.model: offer for offer in vendor.offers()}
    if not settings.models:
        return tuple(offered.values())
    return tuple(offered[model] for model in settings.models if model in offered)


def _priced(offer: Offer, settings: ProviderSettings) -> Offer:
    changes: dict[str, Any] = {}
    for name, given in (("price_per_second", settings.price_per_second), ("price", settings.price)):
        if given is not None:
            changes[name] = money(round(given * NANOS), settings.currency)
    return dataclasses.replace(offer, **changes) if changes else offer


def starts(zone: ZoneInfo) -> tuple[float, float]:
    """When the day and the month began, seconds since the epoch."""
    day = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return day.timestamp(), day.replace(day=1).timestamp()


def _nanos(amount: float | None) -> int | None:
    return None if amount is None else round(amount * NANOS)


def _set(duration: Any, seconds: Any) -> None:
    duration.FromNanoseconds(int(seconds * NANOS))
