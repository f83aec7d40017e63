"""Pika through fal's queue. Source: docs.fal.ai (queue, errors) and fal's model pages.

A failed task is COMPLETED too: its result answers with the error. There is no idempotency and no list that
is sure to hold what is still queued, so a submit whose answer is lost can not be found again.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar
from urllib.parse import urlsplit

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

_PICTURE_BYTES = 8 * 2**20
_SIZES = {
    (1280, 720): "16:9",
    (720, 1280): "9:16",
    (960, 960): "1:1",
    (864, 1080): "4:5",
    (1080, 864): "5:4",
    (1080, 720): "3:2",
    (720, 1080): "2:3",
}
_TYPES = {
    "content_policy_violation": Kind.MODERATION,
    "image_too_large": Kind.INVALID,
    "image_too_small": Kind.INVALID,
    "file_download_error": Kind.INVALID,
    "file_too_large": Kind.INVALID,
    "unsupported_image_format": Kind.INVALID,
    "generation_timeout": Kind.INTERNAL,
    "downstream_service_error": Kind.INTERNAL,
}


class Fal(Vendor):
    """One account. Options: `app` (a model of fal's, default fal-ai/pika/v2.2), `resolution`, `links` (true
    sends
    links to pictures in place of their bytes)."""

    title: ClassVar[str] = "Pika by fal"
    base_url: ClassVar[str] = "https://queue.fal.run"
    cancellable: ClassVar[bool] = True

    def offers(self) -> Sequence[Offer]:
        """See `Vendor.offers`. The price is of 5 s at 720p."""
        return [
            Offer(
                model=str(self.settings.options.get("app", "fal-ai/pika/v2.2")),
                seconds=(Fraction(5), Fraction(10)),
                sizes=tuple(_SIZES),
                aspects=_SIZES,
                negative_prompt=True,
                seed=True,
                params=frozenset({"resolution"}),
                price_per_second=money(40_000_000, "USD"),
            )
        ]

    async def submit(self, shot: Shot, handle: str, http: Http) -> str:
        """See `Vendor.submit`. The id is what fal gave us to ask with: its addresses."""
        body: dict[str, Any] = {
            "prompt": shot.prompt or "natural, subtle motion",
            "duration": int(shot.seconds),
            "resolution": shot.params.get("resolution") or self.settings.options.get("resolution", "720p"),
        }
        if shot.negative_prompt:
            body["negative_prompt"] = shot.negative_prompt
        if shot.seed is not None:
            body["seed"] = shot.seed % 2**31
        if shot.first_frame is not None:
            body["image_url"] = await self._picture(shot.first_frame)
            path = f"/{shot.model}/image-to-video"
        else:
            body["aspect_ratio"] = shot.aspect
            path = f"/{shot.model}/text-to-video"
        answer = await http.call("POST", path, headers=self._headers(), json=body)
        told = answer.object()
        if answer.status in (200, 201, 202) and told.get("request_id"):
            return json.dumps(
                {name: _path(told.get(f"{name}_url")) for name in ("status", "response", "cancel")}
            )
        if answer.refused:
            raise Refused(_trouble(answer))
        raise Unknown(answer.text())

    async def poll(self, task_id: str, shot_model: str, http: Http) -> State:
        """See `Vendor.poll`."""
        places = json.loads(task_id)
        answer = await http.call("GET", places["status"], headers=self._headers())
        told = answer.object()
        status = told.get("status")
        if answer.status == 404 and status == "NOT_FOUND":
            return Failed(Trouble(Kind.CANCELLED, "the request was cancelled"), missing=True)
        if answer.status not in (200, 202) or not isinstance(status, str):
            raise Unreachable(_trouble(answer))
        if status == "IN_QUEUE":
            return Running(queue_position=int(told.get("queue_position") or 0))
        if status != "COMPLETED":
            return Running()
        result = await http.call("GET", places["response"], headers=self._headers())
        video = result.object().get("video")
        if result.status == 200 and isinstance(video, dict):
            return Finished(url=str(video.get("url") or ""))
        if result.status in (502, 503, 504) and result.headers.get("x-fal-retryable", "").lower() == "true":
            raise Unreachable(_trouble(result))
        return Failed(_trouble(result), refunded=result.status >= 500)  # its docs: 5xx is not billed

    async def cancel(self, task_id: str, shot_model: str, http: Http) -> CancelOutcome:
        """Takes a queued task out; to a running one it is only a signal."""
        places = json.loads(task_id)
        standing = await http.call("GET", places["status"], headers=self._headers())
        answer = await http.call("PUT", places["cancel"], headers=self._headers())
        if answer.status == 202:
            queued = standing.object().get("status") == "IN_QUEUE"
            return CancelOutcome.CANCELLED if queued else CancelOutcome.ASKED
        return CancelOutcome.TOO_LATE if answer.status in (400, 404) else CancelOutcome.ASKED

    async def _picture(self, picture: Medium) -> str:
        if self.settings.options.get("links"):
            return await picture.url()
        content, kind = await picture.content(most_bytes=_PICTURE_BYTES)
        return f"data:{kind};base64,{base64.b64encode(content).decode()}"

    def _headers(self) -> dict[str, str]:
        # Its own gateway would hand a failed task in again, several times.
        return {"Authorization": f"Key {reveal(self.settings.key)}", "x-fal-no-retry": "1"}


def _path(url: object) -> str:
    """The path of an address that fal gave: it is asked at the host of the settings, never at another."""
    parts = urlsplit(str(url or ""))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _trouble(answer: Answer) -> Trouble:
    told = answer.object()
    detail = told.get("detail")
    if isinstance(detail, list) and detail and isinstance(detail[0], dict):
        code = str(detail[0].get("type") or "")
        message = f"{'.'.join(str(part) for part in detail[0].get('loc') or ())}: {detail[0].get('msg')}"
    else:
        code = str(told.get("error_type") or answer.headers.get("x-fal-error-type", ""))
        message = str(detail or answer.text() or f"HTTP {answer.status}")
    kind = _TYPES.get(code) or kind_of(answer.status)
    if answer.status == 403:
        kind = Kind.CREDIT if any(word in message for word in ("locked", "balance", "TOP_UP")) else Kind.AUTH
    return Trouble(kind, message[:300], code, answer.retry_after_seconds)
