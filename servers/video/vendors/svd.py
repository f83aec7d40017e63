"""Image-to-video models on a GPU machine of one's own, such as Stable Video Diffusion; a wire of ours.

POST {base}/generate, multipart/form-data: the file `image` (PNG or JPEG of exactly width x height) and the
fields `id` (ours; the same id twice is the same task), `width`, `height`, `frames`, `frames_per_second`,
`seed`, `prompt` and what `provider_params` names, answers 200 or 202 with {"id": "..."}.

GET {base}/tasks/{id} answers {"id", "status", "progress", "error"}: status is "queued", "running",
"succeeded", "failed" or "cancelled", progress 0 to 1 (may be null), error {"code", "message"} on failure. 404
means that there is no such task. GET {base}/tasks/{id}/clip gives the video, with ranges. DELETE
{base}/tasks/{id} cancels it. GET {base}/health answers {"status": "ready" or "loading", "device", "model"}.

Errors are {"error": {"code", "message"}}: 400 invalid, 401 key, 413 too large, 429 busy (with Retry-After),
503 loading. With a key, every request carries "Authorization: Bearer <key>".
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar

from servers.chassis.http import Answer, Http
from servers.chassis.settings import reveal
from servers.video.vendor import (
    CancelOutcome,
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

_PICTURE_BYTES = 16 * 2**20
_SIZES = ((576, 1024), (1024, 576), (768, 768))
_PARAMS = ("motion_bucket_id", "noise_aug_strength", "steps")


class StableVideo(Vendor):
    """One machine. Options: `model` (its name, default "svd"), `frames_per_second` (default 7), `lengths` (in
    seconds, default 2 and 4), `sizes` ([width, height] each), `text` (true: it needs no picture)."""

    title: ClassVar[str] = "Stable Video"
    base_url: ClassVar[str] = "http://127.0.0.1:8190"
    keyed: ClassVar[bool] = False
    findable: ClassVar[bool] = True
    cancellable: ClassVar[bool] = True

    def offers(self) -> Sequence[Offer]:
        """See `Vendor.offers`."""
        options = self.settings.options
        return [
            Offer(
                model=str(options.get("model", "svd")),
                seconds=tuple(sorted(Fraction(str(n)) for n in options.get("lengths", (2, 4)))),
                sizes=tuple((int(size[0]), int(size[1])) for size in options.get("sizes", _SIZES)),
                text=bool(options.get("text")),
                seed=True,
                params=frozenset(_PARAMS),
            )
        ]

    async def submit(self, shot: Shot, handle: str, http: Http) -> str:
        """See `Vendor.submit`."""
        rate = float(self.settings.options.get("frames_per_second", 7))
        fields = {
            "id": handle,
            "width": str(shot.width),
            "height": str(shot.height),
            "frames": str(round(float(shot.seconds) * rate)),
            "frames_per_second": f"{rate:g}",
            "seed": str((shot.seed or 0) % 2**32),
            "prompt": shot.prompt,
            **{name: value for name, value in shot.params.items() if name in _PARAMS},
        }
        parts: dict[str, Any] = {name: (None, value.encode(), "text/plain") for name, value in fields.items()}
        if shot.first_frame is not None:
            size = (shot.width, shot.height)
            content, kind = await shot.first_frame.content(most_bytes=_PICTURE_BYTES, size=size)
            parts["image"] = (f"picture.{kind.split('/')[1]}", content, kind)
        answer = await http.call("POST", "/generate", headers=self._headers(), files=parts)
        if answer.status in (200, 202) and (task_id := answer.object().get("id")):
            return str(task_id)
        if answer.refused or answer.status == 503:
            raise Refused(_trouble(answer))
        raise Unknown(answer.text())

    async def poll(self, task_id: str, shot_model: str, http: Http) -> State:
        """See `Vendor.poll`."""
        answer = await http.call("GET", f"/tasks/{task_id}", headers=self._headers())
        told = answer.object()
        if answer.status == 404 and isinstance(told.get("error"), dict):
            return Failed(
                Trouble(Kind.INTERNAL, "the machine has forgotten the task"), refunded=True, missing=True
            )
        status = told.get("status")
        if answer.status != 200 or not isinstance(status, str):
            raise Unreachable(_trouble(answer))
        if status == "succeeded":
            return Finished(url=f"{http.base_url}tasks/{task_id}/clip", headers=self._headers())
        if status == "cancelled":
            return Failed(Trouble(Kind.CANCELLED, "cancelled"), refunded=True)
        if status == "failed":
            error = told.get("error")
            error = error if isinstance(error, dict) else {}
            message, code = str(error.get("message") or "it gave no reason"), str(error.get("code") or "")
            return Failed(Trouble(Kind.INTERNAL, message[:300], code), refunded=True)
        progress = told.get("progress")
        return Running(
            fraction=float(progress) if isinstance(progress, int | float) and progress else None,
            queue_position=0 if status == "queued" else None,
        )

    async def find(self, shot: Shot, handle: str, submitted_at: float, http: Http) -> str | None:
        """See `Vendor.find`."""
        answer = await http.call("GET", f"/tasks/{handle}", headers=self._headers())
        if answer.status == 404 and isinstance(answer.object().get("error"), dict):
            return None
        if answer.status != 200 or not isinstance(answer.object().get("status"), str):
            raise Unreachable(_trouble(answer))
        return handle

    async def cancel(self, task_id: str, shot_model: str, http: Http) -> CancelOutcome:
        """See `Vendor.cancel`."""
        answer = await http.call("DELETE", f"/tasks/{task_id}", headers=self._headers())
        if answer.status in (200, 202, 204):
            return CancelOutcome.CANCELLED
        return CancelOutcome.TOO_LATE if answer.status in (404, 409) else CancelOutcome.ASKED

    async def reach(self, http: Http) -> str:
        """See `Vendor.reach`."""
        answer = await http.call("GET", "/health", headers=self._headers())
        told = answer.object()
        if answer.status != 200 or "status" not in told:
            raise Unreachable(_trouble(answer))
        return f"{told['status']}: {told.get('model', 'a model')} on {told.get('device', 'a device')}"[:200]

    def _headers(self) -> dict[str, str]:
        key = reveal(self.settings.key)
        return {"Authorization": f"Bearer {key}"} if key else {}


def _trouble(answer: Answer) -> Trouble:
    error = answer.object().get("error")
    error = error if isinstance(error, dict) else {}
    message = str(error.get("message") or answer.text() or f"HTTP {answer.status}")
    kind = kind_of(answer.status)
    return Trouble(kind, message[:300], str(error.get("code") or ""), answer.retry_after_seconds)
