"""Luma's Dream Machine API, as its SDK's types and documents describe it."""

from __future__ import annotations

import urllib.request
from datetime import UTC, datetime
from typing import Any

from tests.vendors.http import Reply, Request
from tests.vendors.simulator import SimTask, Simulator

_KNOWN = {
    "model", "prompt", "aspect_ratio", "duration", "resolution", "loop", "keyframes", "concepts",
    "callback_url", "generation_type",
}  # fmt: skip
_ROOT = "/dream-machine/v1"


class Luma(Simulator):
    """The simulator. It fetches the pictures whose links it is given, as the real one does."""

    def __init__(self) -> None:
        super().__init__()
        self.cents = 5000.0

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{super().url}{_ROOT}"

    def clip_url(self, task: SimTask) -> str:
        """On the bare host."""
        return super().clip_url(task).replace(_ROOT, "")

    def answer(self, request: Request) -> Reply:
        """The API."""
        if request.headers.get("authorization") != f"Bearer {self.KEY}":
            return Reply.of({"detail": "Not authenticated"}, 401)
        line = f"{request.method} {request.path.removeprefix(_ROOT)}"
        if line in ("POST /generations", "POST /generations/video"):
            return self._create(request)
        if line == "GET /generations":
            return self._list(request)
        if line == "GET /credits":
            return Reply.of({"credit_balance": self.cents})
        if line == "GET /ping":
            return Reply.of({"message": "pong"})
        task = self.tasks.get(request.path.rsplit("/", 1)[1])
        if task is None:
            return Reply.of({"detail": "Generation not found"}, 404)
        return Reply.of(self._told(task, self.advance(task)))

    def seconds_of(self, task: SimTask) -> float:
        """As ordered."""
        return float(task.request["duration"].rstrip("s"))

    def _create(self, request: Request) -> Reply:
        body = request.json()
        if not isinstance(body, dict):
            return Reply.of({"detail": "Invalid request"}, 422)
        if (wrong := _wrong(body)) is not None:
            return Reply.of({"detail": wrong}, 400)
        task = self.accept(body)
        for frame in body.get("keyframes", {}).values():
            with urllib.request.urlopen(frame["url"], timeout=5) as answer:
                if not answer.headers.get("content-type", "").startswith("image/"):
                    task.state, task.failure = "failed", "Could not read the input frames"
        return Reply.of(self._told(task, task.state), 201)

    def _list(self, request: Request) -> Reply:
        limit, offset = int(request.query.get("limit", "100")), int(request.query.get("offset", "0"))
        newest = list(reversed(self.tasks.values()))
        shown = [self._told(task, task.state) for task in newest[offset : offset + limit]]
        more = len(newest) > offset + limit
        return Reply.of(
            {"generations": shown, "count": len(newest), "has_more": more, "limit": limit, "offset": offset}
        )

    def _told(self, task: SimTask, state: str) -> dict[str, Any]:
        words = {"running": "dreaming", "succeeded": "completed"}
        return {
            "id": task.id,
            "generation_type": "video",
            "state": words.get(state, state),
            "failure_reason": (task.failure or "Job failed") if state == "failed" else None,
            "created_at": datetime.fromtimestamp(task.created, UTC).isoformat(),
            "assets": {"video": self.clip_url(task)} if state == "succeeded" else None,
            "model": task.request["model"],
            "request": task.request,
        }


def _wrong(body: dict[str, Any]) -> str | None:
    unknown = sorted(set(body) - _KNOWN)
    if unknown:
        return f"unknown field {unknown[0]}"
    if body.get("model") not in ("ray-1-6", "ray-2", "ray-flash-2"):
        return "Unknown model"
    keyframes = body.get("keyframes") or {}
    prompt = body.get("prompt", "")
    if not prompt and not keyframes:
        return "Prompt is required"
    if prompt and not 3 <= len(prompt) <= 5000:
        return "Prompt is too short, minimum length is 3 characters"
    if body.get("duration") not in ("5s", "9s") or body.get("resolution") not in (
        "540p",
        "720p",
        "1080p",
        "4k",
    ):
        return "Invalid duration or resolution"
    if body.get("aspect_ratio") not in ("1:1", "16:9", "9:16", "4:3", "3:4", "21:9", "9:21"):
        return "Invalid aspect ratio"
    if body.get("loop") and "frame1" in keyframes:
        return "Loop is not supported for keyframes"
    for frame in keyframes.values():
        if frame.get("type") == "image" and not frame.get("url", "").startswith(("https://", "http://")):
            return "Image must be a URL"
    return None
