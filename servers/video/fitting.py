"""Fitting a request to what a vendor makes: the nearest length and size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from reelmesh.video.v1.video_pb2 import GenerateRequest
from servers.video.vendor import Offer


@dataclass(frozen=True)
class Fit:
    """What is asked of the vendor in place of what was asked of us."""

    seconds: Fraction
    width: int
    height: int
    aspect: str
    prompt: str
    changed: tuple[str, ...]
    """What differs, one line each for people."""


def asked_seconds(request: GenerateRequest) -> Fraction:
    """The length that is wanted; 5 s where it is not known yet."""
    if not request.HasField("duration"):
        return Fraction(5)
    return Fraction(request.duration.ToNanoseconds(), 1_000_000_000)


def fit(request: GenerateRequest, offer: Offer) -> Fit:
    """The nearest that the offer makes: the next longer length; the size of nearest shape, then area."""
    changed: list[str] = []
    wanted = asked_seconds(request)
    seconds = _length(wanted, offer)
    if seconds > wanted:
        changed.append(f"{offer.model} makes {_told(seconds)}: trimmed to {_told(wanted)}")
    elif seconds < wanted:
        changed.append(
            f"{offer.model} makes at most {_told(seconds)}: shorter than the {_told(wanted)} asked for"
        )
    width, height = _size(request.width_pixels, request.height_pixels, offer)
    if (width, height) != (request.width_pixels, request.height_pixels):
        changed.append(
            f"{offer.model} makes {width}x{height}: scaled to {request.width_pixels}x{request.height_pixels}"
        )
    prompt = request.prompt
    if offer.most_prompt_characters and len(prompt) > offer.most_prompt_characters:
        prompt = prompt[: offer.most_prompt_characters]
        changed.append(
            f"prompt: cut to the {offer.most_prompt_characters} characters that {offer.model} takes"
        )
    for name, given, able in (
        ("negative_prompt", bool(request.negative_prompt), offer.negative_prompt),
        ("seed", request.HasField("seed"), offer.seed),
        ("loop", request.loop, offer.loop),
    ):
        if given and not able:
            changed.append(f"{name} was passed over: {offer.model} does not take it")
    unknown = sorted(set(request.provider_params) - offer.params)
    if unknown:
        changed.append(f"provider_params passed over: {', '.join(unknown)[:200]}")
    return Fit(seconds, width, height, offer.aspects.get((width, height), ""), prompt, tuple(changed))


def cost_nanos(seconds: Fraction, offer: Offer) -> int:
    """What a clip costs by the offer's prices, nano units, rounded up."""
    total = 0
    if offer.price_per_second is not None:
        nanos = offer.price_per_second.units * 1_000_000_000 + offer.price_per_second.nanos
        total += math.ceil(seconds * nanos)
    if offer.price is not None:
        total += offer.price.units * 1_000_000_000 + offer.price.nanos
    return total


def _length(wanted: Fraction, offer: Offer) -> Fraction:
    if offer.seconds:
        return next((length for length in offer.seconds if length >= wanted), offer.seconds[-1])
    return min(max(wanted, offer.least_seconds), offer.most_seconds)


def _size(width: int, height: int, offer: Offer) -> tuple[int, int]:
    if not offer.sizes:
        return width, height

    def distance(size: tuple[int, int]) -> tuple[float, float]:
        shape = abs(math.log(size[0] / size[1]) - math.log(width / height))
        area = abs(math.log(size[0] * size[1]) - math.log(width * height))
        return round(shape, 3), area

    return min(offer.sizes, key=distance)


def _told(seconds: Fraction) -> str:
    return f"{float(seconds):g} s"
