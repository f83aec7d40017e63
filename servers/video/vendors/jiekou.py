"""Jiekou (接口AI): many models behind one asynchronous API of Novita's shape. Source: docs.jiekou.ai,
novita.ai/docs.

A model is a slug with fields of its own, so each is described by a table below; the settings add more and
mend what a path or a field is called. There is no list and no id of ours: a lost submit can not be found
again.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, ClassVar

from servers.chassis.http import Answer, Http
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
    kind_of,
    sounds_moderated,
)

_PICTURE_BYTES = 8 * 2**20
_SMALL = ((720, 1280), (1280, 720))


@dataclass(frozen=True)
class _Model:
    """How one slug is asked. Empty names: it has no such field."""

    seconds: tuple[int, ...]
    sizes: tuple[tuple[int, int], ...] = _SMALL
    text: bool = False
    picture: bool = True
    links: bool = False
    """Takes pictures as links only."""
    size_field: str = ""
    size_sign: str = "x"
    resolution: str = ""
    """Value of the field `resolution`."""
    seconds_field: str = "duration"
    picture_field: str = "image"
    path: str = "/v3/async/{slug}"
    extra: Mapping[str, Any] = field(default_factory=dict)


_MODELS = {
    "sora-2-img2video": _Model((4, 8, 12), resolution="720p"),
    "sora-2-text2video": _Model((4, 8, 12), text=True, picture=False, size_field="size", size_sign="*"),
    "sora-2-video-reverse": _Model((10, 15), text=True, links=True, size_field="size"),
    "kling-2.5-turbo-i2v": _Model((5, 10)),
}


class Jiekou(Vendor):
    """One account. Options: `slugs`, an object of descriptions over or beside those above, by slug."""

    title: ClassVar[str] = "Jiekou"
    base_url: ClassVar[str] = "https://api.jiekou.ai"

    def offers(self) -> Sequence[Offer]:
        """See `Vendor.offers`. Its prices stand in its console alone: a setting gives them."""
        return [
            Offer(
                model=slug,
                seconds=tuple(Fraction(n) for n in model.seconds),
                sizes=model.sizes,
                text=model.text,
                first_frame=model.picture,
                params=frozenset({"professional", "watermark"}),
            )
            for slug, model in self._models().items()
        ]

    async def submit(self, shot: Shot, handle: str, http: Http) -> str:
        """See `Vendor.submit`."""
        model = self._models()[shot.model]
        body: dict[str, Any] = {"prompt": shot.prompt, model.seconds_field: int(shot.seconds), **model.extra}
        if model.size_field:
            body[model.size_field] = f"{shot.width}{model.size_sign}{shot.height}"
        if model.resolution:
            body["resolution"] = model.resolution
        if shot.first_frame is not None:
            body[model.picture_field] = await _picture(shot.first_frame, links=model.links)
        for name in ("professional", "watermark"):
            if name in shot.params:
                body[name] = shot.params[name].lower() == "true"
        answer = await http.call(
            "POST", model.path.format(slug=shot.model), headers=self._headers(), json=body
        )
        task_id = answer.object().get("task_id")
        if answer.status == 200 and task_id:
            return str(task_id)
        if answer.refused:
            raise Refused(_trouble(answer))
        raise Unknown(answer.text())

    async def poll(self, task_id: str, shot_model: str, http: Http) -> State:
        """See `Vendor.poll`."""
        answer = await http.call(
            "GET", "/v3/async/task-result", headers=self._headers(), params={"task_id": task_id}
        )
        told = answer.object()
        task = told.get("task")
        if answer.status != 200 or not isinstance(task, dict):
            raise Unreachable(_trouble(answer))
        status = str(task.get("status") or "")
        if status == "TASK_STATUS_SUCCEED":
            videos = [one for one in told.get("videos") or () if isinstance(one, dict)]
            return Finished(url=str(videos[0].get("video_url") or "") if videos else "")
        if status == "TASK_STATUS_FAILED":
            return Failed(_failure(str(task.get("reason") or "it gave no reason")))
        percent = task.get("progress_percent")  # 0 for most models, whatever they do
        fraction = percent / 100 if isinstance(percent, int | float) and percent else None
        return Running(fraction=fraction, queue_position=0 if status == "TASK_STATUS_QUEUED" else None)

    def _models(self) -> dict[str, _Model]:
        found = dict(_MODELS)
        for slug, told in (self.settings.options.get("slugs") or {}).items():
            given = {**vars(found.get(slug, _Model((5,)))), **told}
            given["seconds"] = tuple(given["seconds"])
            given["sizes"] = tuple(tuple(size) for size in given["sizes"])
            found[slug] = _Model(**given)
        return found

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {reveal(self.settings.key)}"}


async def _picture(picture: Medium, *, links: bool) -> str:
    if links:
        return await picture.url()
    content, kind = await picture.content(most_bytes=_PICTURE_BYTES)
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _failure(reason: str) -> Trouble:
    return Trouble(Kind.MODERATION if sounds_moderated(reason) else Kind.INTERNAL, reason[:300])


def _trouble(answer: Answer) -> Trouble:
    """Its errors are of no one shape: {code, reason, message}, {error: {message}}, or plain text."""
    told = answer.object()
    error = told.get("error")
    error = error if isinstance(error, dict) else {}
    code = str(told.get("reason") or error.get("code") or told.get("code") or "")
    message = str(told.get("message") or error.get("message") or answer.text() or f"HTTP {answer.status}")
    kind = kind_of(answer.status)
    if answer.status in (400, 403) and sounds_moderated(message):
        kind = Kind.MODERATION
    if any(word in f"{code} {message}".lower() for word in ("balance", "insufficient", "余额", "额度")):
        kind = Kind.CREDIT
    return Trouble(kind, message[:300], code[:100], answer.retry_after_seconds)
