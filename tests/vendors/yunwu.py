"""Yunwu's unified video API, as those who use it describe it."""

from __future__ import annotations

from typing import Any

from tests.vendors.http import Reply, Request
from tests.vendors.simulator import SimTask, Simulator

_PREFIX = "veo3.1-components:"
_KNOWN = {
    *("model", "prompt", "images", "aspect_ratio", "size", "orientation", "duration", "watermark"),
    *("private", "enhance_prompt", "enable_upsample"),
}
_WORDS = {
    "queued": "pending",
    "running": "video_generating",
    "succeeded": "completed",
    "failed": "video_generation_failed",
}


class Yunwu(Simulator):
    """The simulator. `place` says in which of four places the clip's link stands."""

    def __init__(self, place: str = "video_url") -> None:
        super().__init__()
        self.place = place

    def answer(self, request: Request) -> Reply:
        """The API."""
        if request.headers.get("authorization") != f"Bearer {self.KEY}":
            return _error(401, "无效的令牌", "new_api_error", "")
        if request.method == "POST" and request.path == "/v1/video/create":
            return self._create(request)
        if request.method == "GET" and request.path == "/v1/video/query":
            return self._query(request)
        return _error(404, f"Invalid URL ({request.method} {request.path})", "invalid_request_error", "")

    def seconds_of(self, task: SimTask) -> float:
        """As ordered; veo's are 8 s."""
        return float(task.request.get("duration", 8))

    def _create(self, request: Request) -> Reply:
        body = request.json()
        wrong = "body is no JSON object" if not isinstance(body, dict) else _wrong(body)
        if wrong:
            code = "content_policy_violation" if "blocked" in wrong else "invalid_request"
            return _error(400, wrong, "new_api_error", code)
        task = self.accept(body)
        told = {"id": _PREFIX + task.id, "status": "pending", "status_update_time": 1, "enhanced_prompt": ""}
        return Reply.of(told)

    def _query(self, request: Request) -> Reply:
        ident = request.query.get("id", "")
        task = self.tasks.get(ident.removeprefix(_PREFIX)) if ident.startswith(_PREFIX) else None
        if task is None:
            return _error(404, "task not found", "new_api_error", "task_not_exist")
        state = self.advance(task)
        detail: dict[str, Any] = {}
        told: dict[str, Any] = {
            "id": task.id,
            "status": _WORDS.get(state, state),
            "video_url": None,
            "thumbnail_url": None,
            "progress": None,
            "enhanced_prompt": "",
            "detail": detail,
        }
        if state == "succeeded":
            place, _, inner = self.place.partition(".")
            (detail if inner else told)[inner or place] = self.clip_url(task)
        if state == "failed":
            detail["error_message"] = str(task.failure or "upstream failed")
        return Reply.of(told)


def _wrong(body: dict[str, Any]) -> str:
    unknown = sorted(set(body) - _KNOWN)
    if unknown:
        return f"unknown field {unknown[0]}"
    model = str(body.get("model", ""))
    if not model.startswith(("veo", "sora", "grok", "jimeng")):
        return "no such model"
    if not body.get("prompt"):
        return "prompt is required"
    if "blood" in body["prompt"]:
        return "the prompt was blocked by moderation"
    images = body.get("images", [])
    if not isinstance(images, list) or not all(str(i).startswith(("http", "data:image/")) for i in images):
        return "images must be a list of links"
    if model.startswith("sora"):
        if body.get("orientation") not in ("portrait", "landscape") or body.get("size") not in (
            "small",
            "large",
        ):
            return "orientation and size are required"
        if body.get("duration") not in ((15, 25) if model == "sora-2-pro" else (10, 15)):
            return "duration is not one of this model's"
    elif body.get("aspect_ratio") not in ("16:9", "9:16"):
        return "aspect_ratio is not known"
    return ""


def _error(status: int, message: str, kind: str, code: str) -> Reply:
    return Reply.of({"error": {"message": message, "type": kind, "param": "", "code": code}}, status)
