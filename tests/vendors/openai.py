"""OpenAI's /v1/videos, as its SDK's types describe it."""

from __future__ import annotations

import struct
import time
from typing import Any

from tests.vendors.http import Reply, Request
from tests.vendors.simulator import SimTask, Simulator, clip

_SIZES = {
    "sora-2": ("720x1280", "1280x720"),
    "sora-2-pro": ("720x1280", "1280x720", "1024x1792", "1792x1024"),
}
_KNOWN = {"prompt", "model", "seconds", "size"}


class OpenAI(Simulator):
    """The simulator; its base URL ends with /v1. `lists` False: a service without a list."""

    def __init__(self) -> None:
        super().__init__()
        self.poll_after_ms = ""

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{super().url}/v1"

    def answer(self, request: Request) -> Reply:
        """The API."""
        if request.headers.get("authorization") != f"Bearer {self.KEY}":
            return _error(401, "Incorrect API key provided", "invalid_request_error", "invalid_api_key")
        parts = request.path.strip("/").split("/")
        if parts[:2] != ["v1", "videos"]:
            return _error(404, "Invalid URL", "invalid_request_error")
        if request.method == "POST" and len(parts) == 2:
            return self._create(request)
        if request.method == "GET" and len(parts) == 2:
            return self._list(request)
        task = self.tasks.get(parts[2]) if len(parts) > 2 else None
        if task is None or task.cancelled:
            return _error(404, "Video not found", "invalid_request_error")
        if request.method == "DELETE":
            task.cancelled = True
            return Reply.of({"id": task.id, "deleted": True, "object": "video.deleted"})
        if parts[3:] == ["content"]:
            if task.state != "succeeded":
                return _error(400, "Video is not ready yet", "invalid_request_error")
            if self.clip_faults:
                return self.clip_faults.popleft()
            return Reply(200, clip(self.clip_seconds or self.seconds_of(task)), {"content-type": "video/mp4"})
        headers = {"openai-poll-after-ms": self.poll_after_ms} if self.poll_after_ms else {}
        return Reply.of(self._told(task, self.advance(task)), 200, **headers)

    def seconds_of(self, task: SimTask) -> float:
        """As ordered."""
        return float(task.request["seconds"])

    def _create(self, request: Request) -> Reply:
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            return _error(415, "expected multipart/form-data", "invalid_request_error")
        form, files = request.form(), request.files()
        unknown = sorted((set(form) - _KNOWN) | (set(files) - {"input_reference"}))
        if unknown:
            return _error(400, f"Unknown parameter: '{unknown[0]}'.", "invalid_request_error")
        model, size = form.get("model", "sora-2"), form.get("size", "720x1280")
        if (
            model not in _SIZES
            or size not in _SIZES[model]
            or form.get("seconds", "4") not in ("4", "8", "12")
        ):
            return _error(400, "Invalid value for model, size or seconds", "invalid_request_error")
        if not form.get("prompt"):
            return _error(400, "Missing required parameter: 'prompt'.", "invalid_request_error")
        if "input_reference" in files:
            width, height = _size_of(files["input_reference"][1])
            if f"{width}x{height}" != size:
                text = "Inpaint image must match the requested width and height"
                return _error(400, text, "invalid_request_error")
        if "blood" in form["prompt"]:
            return _error(400, "Your request was blocked", "invalid_request_error", "moderation_blocked")
        task = self.accept({"seconds": "4", "model": model, "size": size, **form})
        return Reply.of(self._told(task, "queued"))

    def _list(self, request: Request) -> Reply:
        newest = list(self.tasks.values())
        if request.query.get("order", "desc") == "desc":
            newest.reverse()
        shown = newest[: int(request.query.get("limit", "20"))]
        return Reply.of(
            {
                "object": "list",
                "data": [self._told(task, task.state) for task in shown],
                "has_more": len(shown) < len(newest),
            }
        )

    def _told(self, task: SimTask, state: str) -> dict[str, Any]:
        words = {"running": "in_progress", "succeeded": "completed"}
        told = {
            "id": task.id,
            "object": "video",
            "model": task.request["model"],
            "status": words.get(state, state),
            "progress": {"queued": 0, "running": 42, "succeeded": 100}.get(state, 0),
            "created_at": int(task.created),
            "completed_at": int(time.time()) if state == "succeeded" else None,
            "expires_at": int(time.time()) + 3600 if state == "succeeded" else None,
            "prompt": task.request["prompt"],
            "seconds": task.request["seconds"],
            "size": task.request["size"],
            "error": None,
        }
        if state == "failed":
            told["error"] = task.failure or {"code": "internal_error", "message": "generation failed"}
        return told


def _error(status: int, message: str, kind: str, code: str | None = None) -> Reply:
    return Reply.of({"error": {"message": message, "type": kind, "param": None, "code": code}}, status)


def _size_of(content: bytes) -> tuple[int, int]:
    """Width and height of a PNG or a baseline JPEG."""
    if content.startswith(b"\x89PNG"):
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    at = 2
    while content[at] == 0xFF:
        marker, length = content[at + 1], struct.unpack(">H", content[at + 2 : at + 4])[0]
        if marker in (0xC0, 0xC1, 0xC2):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return 0, 0
