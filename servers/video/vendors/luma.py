"""Luma's Dream Machine API. Source: lumaai-python's types and docs.lumalabs.ai.

Pictures are taken as links only. A lost task is looked for in the list, whose entries echo what was asked:
found, it is taken up; not found proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any, ClassVar

from reelmesh.video.v1.video_pb2 import GetBalanceResponse
from servers.chassis.http import Answer, Http
from servers.chassis.settings import reveal
from servers.video.ledger.records import money
from servers.video.vendor import (
    Failed,
    Finished,
    Kind,
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

_SECONDS = (Fraction(5), Fraction(9))
_PROMPT = 5000
_SIZES = {
    (1280, 720): "16:9",
    (720, 1280): "9:16",
    (960, 960): "1:1",
    (1108, 832): "4:3",
    (832, 1108): "3:4",
    (1680, 720): "21:9",
    (720, 1680): "9:21",
}
_MODELS = {"ray-2": 0.142, "ray-flash-2": 0.05}
"""Dollars a second at 720p, from secondary sources: a setting overrides them."""
_CLOCKS_APART_SECONDS = 120
_LISTED = 50


class Luma(Vendor):
    """One account. Options: `resolution` (540p, 720p, 1080p or 4k)."""

    title: ClassVar[str] = "Luma"
    base_url: ClassVar[str] = "https://api.lumalabs.ai/dream-machine/v1"
    findable: ClassVar[bool] = True
    links_only: ClassVar[bool] = True

    def offers(self) -> Sequence[Offer]:
        """See `Vendor.offers`."""
        return [
            Offer(
                model=model,
                seconds=_SECONDS,
                sizes=tuple(_SIZES),
                aspects=_SIZES,
                last_frame=True,
                loop=True,
                most_prompt_characters=_PROMPT,
                params=frozenset({"resolution"}),
                price_per_second=money(round(price * 1e9), "USD"),
            )
            for model, price in _MODELS.items()
        ]

    async def submit(self, shot: Shot, handle: str, http: Http) -> str:
        """See `Vendor.submit`."""
        answer = await http.call(
            "POST", "generations/video", headers=self._headers(), json=await self._body(shot)
        )
        task_id = answer.object().get("id")
        if 200 <= answer.status < 300 and task_id:
            return str(task_id)
        if answer.refused:
            raise Refused(_trouble(answer))
        raise Unknown(answer.text())

    async def poll(self, task_id: str, shot_model: str, http: Http) -> State:
        """See `Vendor.poll`."""
        answer = await http.call("GET", f"generations/{task_id}", headers=self._headers())
        told = answer.object()
        state = told.get("state")
        if answer.status != 200 or not isinstance(state, str):
            raise Unreachable(_trouble(answer))
        if state == "completed":
            return Finished(url=str((told.get("assets") or {}).get("video") or ""))
        if state == "failed":
            said = str(told.get("failure_reason") or "it gave no reason")
            moderated = any(word in said.lower() for word in ("moderation", "blacklisted"))
            kind = Kind.MODERATION if moderated else Kind.INTERNAL
            return Failed(Trouble(kind, said), refunded=True)  # its FAQ: failed generations are refunded
        return Running()

    async def find(self, shot: Shot, handle: str, submitted_at: float, http: Http) -> str | None:
        """See `Vendor.find`."""
        params = {"limit": str(_LISTED), "offset": "0"}
        answer = await http.call("GET", "generations", headers=self._headers(), params=params)
        listed = answer.object().get("generations")
        if answer.status != 200 or not isinstance(listed, list):
            raise Unreachable(_trouble(answer))
        same = [one for one in listed if isinstance(one, dict) and _is(one, shot, submitted_at)]
        if len(same) != 1:
            raise Unknown(f"{len(same)} tasks in the vendor's list could be it")
        return str(same[0]["id"])

    async def balance(self, http: Http) -> GetBalanceResponse | None:
        """See `Vendor.balance`. Luma tells cents."""
        answer = await http.call("GET", "credits", headers=self._headers())
        cents = answer.object().get("credit_balance")
        if answer.status != 200 or not isinstance(cents, int | float):
            raise Unreachable(_trouble(answer))
        return GetBalanceResponse(credits=cents, balance=money(round(cents * 1e7), "USD"))

    async def _body(self, shot: Shot) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": shot.model,
            "generation_type": "video",
            "duration": f"{int(shot.seconds)}s",
            "aspect_ratio": shot.aspect,
            "resolution": shot.params.get("resolution") or self.settings.options.get("resolution", "720p"),
        }
        if shot.prompt:
            body["prompt"] = shot.prompt
        frames = {"frame0": shot.first_frame, "frame1": shot.last_frame}
        keyframes = {
            name: {"type": "image", "url": await frame.url()}
            for name, frame in frames.items()
            if frame is not None
        }
        if keyframes:
            body["keyframes"] = keyframes
        if shot.loop and shot.last_frame is None:
            body["loop"] = True
        return body

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {reveal(self.settings.key)}"}


def _is(listed: dict[str, Any], shot: Shot, submitted_at: float) -> bool:
    asked = listed.get("request") or {}
    try:
        made = datetime.fromisoformat(str(listed.get("created_at"))).timestamp()
    except ValueError:
        return False
    frames = set(asked.get("keyframes") or {})
    given = {"frame0": shot.first_frame, "frame1": shot.last_frame}
    wanted = {name for name, frame in given.items() if frame is not None}
    return (
        asked.get("prompt", "") == shot.prompt
        and asked.get("model") == shot.model
        and frames == wanted
        and abs(made - submitted_at) < _CLOCKS_APART_SECONDS
    )


def _trouble(answer: Answer) -> Trouble:
    message = str(answer.object().get("detail") or answer.text() or f"HTTP {answer.status}")
    kind = kind_of(answer.status)
    if answer.status in (400, 403) and "credit" in message.lower():
        kind = Kind.CREDIT
    return Trouble(kind, message[:300], retry_after_seconds=answer.retry_after_seconds)
