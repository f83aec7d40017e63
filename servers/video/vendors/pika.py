"""Pika's own API, for its partners. Source: secondary, so every part of it that may differ is a setting.

It has no list, no cancel and no id of ours: a submit whose answer is lost can not be found again.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar

from servers.chassis.http import Answer, Http
from servers.chassis.settings import reveal
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
    sounds_moderated,
)

_PICTURE_BYTES = 8 * 2**20
_SIZES = ((1920, 1080), (1080, 1920), (1080, 1080), (1440, 1080), (1080, 1440))


class Pika(Vendor):
    """One account. Options: `version` (of the API's paths, default 2.2), `resolution` (720p or 1080p)."""

    title: ClassVar[str] = "Pika"
    base_url: ClassVar[str] = "https://devapi.pika.art"

    def offers(self) -> Sequence[Offer]:
        """See `Vendor.offers`. No price is published: a setting gives it."""
        return [
            Offer(
                model=f"pika-{self._version()}",
                seconds=(Fraction(5), Fraction(10)),
                sizes=_SIZES,
                negative_prompt=True,
                seed=True,
                params=frozenset({"resolution"}),
            )
        ]

    async def submit(self, shot: Shot, handle: str, http: Http) -> str:
        """See `Vendor.submit`."""
        fields = {
            "promptText": shot.prompt or "natural, subtle motion",
            "duration": str(int(shot.seconds)),
            "resolution": shot.params.get("resolution")
            or str(self.settings.options.get("resolution", "1080p")),
        }
        if shot.negative_prompt:
            fields["negativePrompt"] = shot.negative_prompt
        if shot.seed is not None:
            fields["seed"] = str(shot.seed % 2**31)
        root = f"/generate/{self._version()}"
        if shot.first_frame is not None:
            content, kind = await shot.first_frame.content(most_bytes=_PICTURE_BYTES)
            files = {"image": (f"picture.{kind.split('/')[1]}", content, kind)}
            answer = await http.call("POST", f"{root}/i2v", headers=self._headers(), data=fields, files=files)
        else:
            fields["aspectRatio"] = f"{shot.width / shot.height:.4f}"
            answer = await http.call("POST", f"{root}/t2v", headers=self._headers(), data=fields)
        task_id = answer.object().get("video_id")
        if 200 <= answer.status < 300 and task_id:
            return str(task_id)
        if answer.refused:
            raise Refused(_trouble(answer))
        raise Unknown(answer.text())

    async def poll(self, task_id: str, shot_model: str, http: Http) -> State:
        """See `Vendor.poll`."""
        answer = await http.call("GET", f"/videos/{task_id}", headers=self._headers())
        told = answer.object()
        status = told.get("status")
        if answer.status != 200 or not isinstance(status, str):
            raise Unreachable(_trouble(answer))
        if status == "finished":
            return Finished(url=str(told.get("url") or ""))
        if status == "failed":
            said = str(told.get("error") or "it gave no reason")
            return Failed(Trouble(Kind.MODERATION if sounds_moderated(said) else Kind.INTERNAL, said))
        progress = told.get("progress")
        return Running(fraction=progress / 100 if isinstance(progress, int | float) and progress else None)

    def _version(self) -> str:
        return str(self.settings.options.get("version", "2.2"))

    def _headers(self) -> dict[str, str]:
        return {"X-API-KEY": reveal(self.settings.key)}


def _trouble(answer: Answer) -> Trouble:
    detail = answer.object().get("detail")
    if isinstance(detail, list) and detail and isinstance(detail[0], dict):
        detail = f"{'.'.join(str(part) for part in detail[0].get('loc') or ())}: {detail[0].get('msg')}"
    message = str(detail or answer.text() or f"HTTP {answer.status}")
    return Trouble(kind_of(answer.status), message[:300], "", answer.retry_after_seconds)
