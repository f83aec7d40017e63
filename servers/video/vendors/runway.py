"""Runway's developer API. Source: its OpenAPI document and docs.dev.runwayml.com.

There is no list of tasks and no id of ours: a submit whose answer is lost can not be found again.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar

from reelmesh.video.v1.video_pb2 import GetBalanceResponse
from servers.chassis.http import Answer, Http
from servers.chassis.settings import reveal
from servers.video.ledger.records import money
from servers.video.vendor import (
    CancelOutcome,
    Failed,
    Finished,
    Kind,
    Medium,
    Offer,
    Refused,
    Running,
    Shot,
    State,
    Trouble,
    Unknown,
    Unreachable,
    Vendor,
    kind_of,
)

_VERSION = "2024-11-06"
_CREDIT_DOLLARS = 0.01
_PICTURE_BYTES = 3_900_000  # as base64 with its prefix it must stay below 5,242,880 characters
_PROMPT = 1000
_POLL_SECONDS = 5.0
"""It asks not to be polled more often."""
_SIX = ((1280, 720), (720, 1280), (1104, 832), (832, 1104), (960, 960), (1584, 672))
_FOUR = ((1280, 720), (720, 1280), (1080, 1920), (1920, 1080))
_TWO_TO_TEN = tuple(Fraction(n) for n in range(2, 11))
_VEO = tuple(Fraction(n) for n in (4, 6, 8))


class Runway(Vendor):
    """One account."""

    title: ClassVar[str] = "Runway"
    base_url: ClassVar[str] = "https://api.dev.runwayml.com"
    cancellable: ClassVar[bool] = True

    def offers(self) -> Sequence[Offer]:
        """See `Vendor.offers`. Prices are credits a second, of a cent each."""
        return [
            _offer("gen4_turbo", _TWO_TO_TEN, _SIX, 5, text=False),
            _offer("gen4.5", _TWO_TO_TEN, _SIX[:2], 12),
            _offer("veo3.1", _VEO, _FOUR, 40, last_frame=True, negative_prompt=True, audio=True, seed=False),
            _offer(
                "veo3.1_fast", _VEO, _FOUR, 15, last_frame=True, negative_prompt=True, audio=True, seed=False
            ),
        ]

    async def submit(self, shot: Shot, handle: str, http: Http) -> str:
        """See `Vendor.submit`."""
        body: dict[str, Any] = {
            "model": shot.model,
            "ratio": f"{shot.width}:{shot.height}",
            "duration": int(shot.seconds),
        }
        if shot.prompt:
            body["promptText"] = shot.prompt
        if shot.seed is not None:
            body["seed"] = shot.seed % 2**32
        if shot.negative_prompt:
            body["negativePrompt"] = shot.negative_prompt
        if "audio" in shot.params:
            body["audio"] = shot.params["audio"].lower() == "true"
        frames = [("first", shot.first_frame), ("last", shot.last_frame)]
        pictures = [{"uri": await _uri(frame), "position": at} for at, frame in frames if frame is not None]
        if pictures:
            body["promptImage"] = pictures if len(pictures) > 1 else pictures[0]["uri"]
        path = "/v1/image_to_video" if pictures else "/v1/text_to_video"
        answer = await http.call("POST", path, headers=self._headers(), json=body)
        task_id = answer.object().get("id")
        if answer.status == 200 and task_id:
            return str(task_id)
        if answer.refused:
            raise Refused(_trouble(answer))
        raise Unknown(answer.text())

    async def poll(self, task_id: str, shot_model: str, http: Http) -> State:
        """See `Vendor.poll`."""
        answer = await http.call("GET", f"/v1/tasks/{task_id}", headers=self._headers())
        told = answer.object()
        if answer.status == 404:
            return Failed(Trouble(Kind.CANCELLED, "the task was deleted or cancelled"), missing=True)
        status = told.get("status")
        if answer.status != 200 or not isinstance(status, str):
            raise Unreachable(_trouble(answer))
        if status == "SUCCEEDED":
            links = told.get("output") or [""]
            credits_used = (told.get("cost") or {}).get("credits")
            cost = money(round(credits_used * _CREDIT_DOLLARS * 1e9), "USD") if credits_used else None
            return Finished(url=str(links[0]), cost=cost)
        if status == "FAILED":
            return _failed(
                str(told.get("failure") or "it gave no reason"), str(told.get("failureCode") or "")
            )
        if status == "CANCELLED":
            return Failed(Trouble(Kind.CANCELLED, "cancelled"))
        progress = told.get("progress")
        fraction = float(progress) if status == "RUNNING" and isinstance(progress, int | float) else None
        return Running(fraction=fraction, queue_position=0 if status in ("PENDING", "THROTTLED") else None)

    async def cancel(self, task_id: str, shot_model: str, http: Http) -> CancelOutcome:
        """See `Vendor.cancel`."""
        answer = await http.call("DELETE", f"/v1/tasks/{task_id}", headers=self._headers())
        if answer.status == 204:
            return CancelOutcome.CANCELLED
        return CancelOutcome.TOO_LATE if answer.status == 404 else CancelOutcome.ASKED

    async def balance(self, http: Http) -> GetBalanceResponse | None:
        """See `Vendor.balance`."""
        answer = await http.call("GET", "/v1/organization", headers=self._headers())
        left = answer.object().get("creditBalance")
        if answer.status != 200 or not isinstance(left, int | float):
            raise Unreachable(_trouble(answer))
        return GetBalanceResponse(credits=left, balance=money(round(left * _CREDIT_DOLLARS * 1e9), "USD"))

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {reveal(self.settings.key)}", "X-Runway-Version": _VERSION}


def _offer(
    model: str,
    seconds: tuple[Fraction, ...],
    sizes: tuple[tuple[int, int], ...],
    credits_a_second: int,
    *,
    text: bool = True,
    last_frame: bool = False,
    negative_prompt: bool = False,
    audio: bool = False,
    seed: bool = True,
) -> Offer:
    return Offer(
        model=model,
        seconds=seconds,
        sizes=sizes,
        text=text,
        last_frame=last_frame,
        negative_prompt=negative_prompt,
        audio=audio,
        seed=seed,
        most_prompt_characters=_PROMPT,
        params=frozenset({"audio"}) if audio else frozenset(),
        price_per_second=money(round(credits_a_second * _CREDIT_DOLLARS * 1e9), "USD"),
    )


async def _uri(picture: Medium) -> str:
    types = ("image/jpeg", "image/png", "image/webp")
    content, kind = await picture.content(most_bytes=_PICTURE_BYTES, media_types=types)
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _failed(said: str, code: str) -> Failed:
    """Source: docs.dev.runwayml.com/errors/task-failures. What its rules on safety refuse is not refunded."""
    if ".SAFETY" in f".{code}":
        return Failed(Trouble(Kind.MODERATION, said, code), refunded=False)
    if code.startswith("ASSET"):
        return Failed(Trouble(Kind.INVALID, said, code))
    if "BAD_OUTPUT" in code:
        return Failed(Trouble(Kind.BAD_OUTPUT, said, code))
    return Failed(Trouble(Kind.OUTAGE if code.startswith("THIRD_PARTY") else Kind.INTERNAL, said, code))


def _trouble(answer: Answer) -> Trouble:
    told = answer.object()
    message = str(told.get("error") or answer.text() or f"HTTP {answer.status}")
    issues = told.get("issues")
    if isinstance(issues, list) and issues and isinstance(issues[0], dict):
        where = ".".join(str(part) for part in issues[0].get("path") or ())
        message = f"{message}: {where}: {issues[0].get('message', '')}"
    if answer.status == 400 and "credits" in message:
        return Trouble(Kind.CREDIT, message)
    if answer.status == 429:  # the only one it documents is the daily limit
        return Trouble(Kind.CREDIT, message, retry_after_seconds=answer.retry_after_seconds)
    return Trouble(kind_of(answer.status), message[:300])
