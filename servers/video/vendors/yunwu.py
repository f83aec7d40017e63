"""Yunwu (云雾): its unified video API. Source: secondary, so what may differ is a setting.

Its OpenAI-style API is served by the vendor "openai" with Yunwu's base URL. There is no list and no id of
ours: a lost submit can not be found again.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar

from servers.chassis.http import Answer, Http
from servers.chassis.openai import trouble
from servers.chassis.settings import reveal
from servers.video.vendor import (
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
    sounds_moderated,
)

_PICTURE_BYTES = 8 * 2**20
_TWO = {(720, 1280): "9:16", (1280, 720): "16:9"}
_MODELS: dict[str, tuple[int, ...]] = {
    "veo3.1": (8,),
    "veo3.1-fast": (8,),
    "sora-2": (10, 15),
    "sora-2-pro": (15, 25),
    "grok-video-3": (6,),
    "jimeng-video-3.0": (5, 10),
}
_DONE = ("completed", "success", "succeeded")
_FAILED = ("failed", "error", "video_generation_failed", "video_upsampling_failed")
_QUEUED = ("pending", "queued", "submitted")
_TAKEN = (200, 201, 202)


class Yunwu(Vendor):
    """One account. Options: `lengths` (an object of lists of seconds by model) and `links` (true sends
    links to pictures in place of their bytes)."""

    title: ClassVar[str] = "Yunwu"
    base_url: ClassVar[str] = "https://yunwu.ai"

    def offers(self) -> Sequence[Offer]:
        """See `Vendor.offers`. No price is published: a setting gives it."""
        lengths = {**_MODELS, **(self.settings.options.get("lengths") or {})}
        return [
            Offer(
                model=model,
                seconds=tuple(Fraction(n) for n in seconds),
                sizes=tuple(_TWO),
                aspects=_TWO,
                audio=model.startswith(("veo", "sora")),
                params=frozenset({"enhance_prompt", "enable_upsample", "size"}),
            )
            for model, seconds in lengths.items()
        ]

    async def submit(self, shot: Shot, handle: str, http: Http) -> str:
        """See `Vendor.submit`."""
        body: dict[str, Any] = {"model": shot.model, "prompt": shot.prompt}
        if shot.model.startswith("sora"):
            body["orientation"] = "portrait" if shot.height > shot.width else "landscape"
            body |= {"duration": int(shot.seconds), "size": shot.params.get("size", "small")}
            body["watermark"] = shot.watermark
        else:
            body["aspect_ratio"] = shot.aspect
            if "size" in shot.params:
                body["size"] = shot.params["size"]
        for name in ("enhance_prompt", "enable_upsample"):
            if name in shot.params:
                body[name] = shot.params[name].lower() == "true"
        frames = [frame for frame in (shot.first_frame, shot.last_frame) if frame is not None]
        if frames:
            body["images"] = [await self._picture(frame) for frame in frames]
        answer = await http.call("POST", "/v1/video/create", headers=self._headers(), json=body)
        task_id = answer.object().get("id")
        if answer.status in _TAKEN and task_id:
            return str(task_id)
        if answer.refused:
            raise Refused(_trouble(answer))
        raise Unknown(answer.text())

    async def poll(self, task_id: str, shot_model: str, http: Http) -> State:
        """See `Vendor.poll`. The id is sent as it was given, prefix and all; unknown words mean work."""
        answer = await http.call("GET", "/v1/video/query", headers=self._headers(), params={"id": task_id})
        told = answer.object()
        status = told.get("status")
        if answer.status != 200 or not isinstance(status, str):
            raise Unreachable(_trouble(answer))
        if status in _DONE and (url := _url(told)):
            return Finished(url=url)
        if status in _FAILED:
            detail = told.get("detail")
            said = detail.get("error_message") if isinstance(detail, dict) else detail
            reason = str(told.get("error") or said or "it gave no reason")[:300]
            return Failed(Trouble(Kind.MODERATION if sounds_moderated(reason) else Kind.INTERNAL, reason))
        progress = told.get("progress")
        fraction = progress / 100 if isinstance(progress, int | float) and progress else None
        return Running(fraction=fraction, queue_position=0 if status in _QUEUED else None)

    async def _picture(self, picture: Medium) -> str:
        if self.settings.options.get("links"):
            return await picture.url()
        content, kind = await picture.content(most_bytes=_PICTURE_BYTES)
        return f"data:{kind};base64,{base64.b64encode(content).decode()}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {reveal(self.settings.key)}"}


def _url(told: dict[str, Any]) -> str:
    """Where the clip lies: in one of four places, the best first."""
    detail = told.get("detail")
    detail = detail if isinstance(detail, dict) else {}
    found = (
        detail.get("upsample_video_url"),
        told.get("video_url"),
        detail.get("video_url"),
        detail.get("url"),
    )
    return next((str(url) for url in found if url), "")


def _trouble(answer: Answer) -> Trouble:
    found = trouble(answer)
    if "quota" in found.code or "额度" in found.message or "余额" in found.message:
        return Trouble(Kind.CREDIT, found.message, found.code)
    if found.kind in (Kind.INVALID, Kind.AUTH) and sounds_moderated(found.message):
        return Trouble(Kind.MODERATION, found.message, found.code)
    return found
